//! Pages for people: HTML that needs nothing else, so that it can be kept as a file and printed.
//!
//! *Invariant*: a page allows itself its own style and nothing more; whatever comes from somebody is escaped by the
//! template.

use askama::Template;
use axum::http::header;
use axum::response::{Html, IntoResponse, Response};
use trunkline_domain::{Money, UserId};
use trunkline_wallet::{Statement, StatementLine, StatementState, TransactionDirection};

use crate::problem::Problem;

/// The style of the page, which is part of it.
const STYLE: &str = include_str!("../templates/statement.css");

/// Nothing is loaded or run. The style is allowed by its digest; the test below says which that is.
const POLICY: &str = "default-src 'none'; style-src 'sha256-ZebP3qD/J5677CMCNMJ/GpshO29eFtOIHEIcJeq36cw='; frame-ancestors 'none'";

/// A problem that somebody meets on the way to a page, where there is no page that could say it.
#[derive(Template)]
#[template(path = "problem.html")]
pub(crate) struct ProblemPage<'a> {
    pub(crate) title: &'a str,
    pub(crate) detail: &'a str,
    /// Where their money is, where any is involved.
    pub(crate) charge: Option<&'static str>,
    pub(crate) request_id: &'a str,
}

/// A statement to be printed.
#[derive(Template)]
#[template(path = "statement.html")]
pub(crate) struct StatementPage {
    style: &'static str,
    user: UserId,
    /// As `2026-11`.
    month: String,
    /// As `November 2026`.
    name: String,
    currency: &'static str,
    first_day: String,
    last_day: String,
    closed: Option<String>,
    opening: String,
    lines: Vec<PrintedLine>,
    total_in: String,
    total_out: String,
    closing: String,
    held: String,
    wallet: String,
    after_version: i64,
    last_version: i64,
}

struct PrintedLine {
    date: String,
    description: String,
    come: String,
    gone: String,
    balance: String,
}

impl StatementPage {
    pub(crate) fn new(user: UserId, statement: &Statement, lines: Vec<StatementLine>) -> Self {
        let month = statement.month;
        let closed = match statement.state {
            StatementState::Open => None,
            StatementState::Closed { at } => Some(at.format("%Y-%m-%d %H:%M UTC").to_string()),
        };
        Self {
            style: STYLE,
            user,
            month: month.to_string(),
            name: month.begins().format("%B %Y").to_string(),
            currency: statement.currency().code(),
            first_day: month.begins().date_naive().to_string(),
            last_day: month.last_day().to_string(),
            closed,
            opening: digits(statement.opening),
            lines: lines.into_iter().map(PrintedLine::of).collect(),
            total_in: digits(statement.total_in),
            total_out: digits(statement.total_out),
            closing: digits(statement.closing),
            held: digits(statement.held),
            wallet: statement.wallet.to_string(),
            after_version: statement.after_version,
            last_version: statement.last_version,
        }
    }

    /// The page as an answer.
    pub(crate) fn answer(&self) -> Result<Response, Problem> {
        let page = self.render().map_err(|error| Problem::internal().because(error))?;
        Ok(([(header::CONTENT_SECURITY_POLICY, POLICY)], Html(page)).into_response())
    }
}

impl PrintedLine {
    fn of(line: StatementLine) -> Self {
        let (come, gone) = match line.direction {
            TransactionDirection::Credit => (digits(line.amount), String::new()),
            TransactionDirection::Debit => (String::new(), digits(line.amount)),
        };
        let date = line.date.format("%Y-%m-%d %H:%M").to_string();
        Self { date, description: line.description, come, gone, balance: digits(line.balance) }
    }
}

fn digits(money: Money) -> String {
    money.amount().to_string()
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use sha2::{Digest, Sha256};

    use super::*;

    #[test]
    fn the_policy_allows_the_style_that_the_page_has() {
        let digest = STANDARD.encode(Sha256::digest(STYLE));
        assert!(POLICY.contains(&format!("style-src 'sha256-{digest}';")), "the style's digest is {digest}");
    }
}
