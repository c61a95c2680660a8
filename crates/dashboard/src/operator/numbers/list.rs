//! `/operator/numbers`: what waits for a decision, and the way to any number.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use trunkline_domain::{NumberId, NumberSid, PhoneNumber};

use super::record::{Listed, Orphan, Row};
use super::{NUMBERS, page_of};
use crate::DashboardState;
use crate::api::Api;
use crate::error::Failure;
use crate::form::{Field, Note, Trouble};
use crate::format::Formats;
use crate::link::{Tab, link};
use crate::operator::orders::{ORDERS, review_in_short};
use crate::operator::tabs;
use crate::page::{Frame, Section};
use crate::refusal::Refusal;
use crate::visitor::Visit;

/// Where from, or which number to look at.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    name: String,
    cursor: String,
}

#[derive(Template)]
#[template(path = "operator/numbers.html")]
struct NumbersPage {
    frame: Frame,
    tabs: Vec<Tab>,
    note: Option<Note>,
    name: Field,
    rows: Vec<Waiting>,
    orphans: Vec<Waiting>,
    newest: Option<String>,
    older: Option<String>,
}

/// A number that waits.
struct Waiting {
    page: String,
    number: String,
    /// Whose, or by which order nobody's.
    of: String,
    why: &'static str,
    since: String,
    /// What it is costing a month, where a row says.
    monthly: String,
    order: Option<String>,
    attempts: u32,
}

pub(super) async fn show(
    State(state): State<Arc<DashboardState>>,
    visit: Visit,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let trouble = match (asked.name.trim(), found(&asked.name)) {
        ("", _) => Trouble::NONE,
        (_, Some(name)) => return Ok(Redirect::to(&page_of(&name)).into_response()),
        (_, None) => {
            let mistake = "is no number: write it as +1 415 555 0100, or take Twilio's id (PN…) or ours";
            Trouble::of_operators(Refusal::of_mistake("name", mistake), &["name"])
        }
    };
    let api = Api::new(&state.api, &visit);
    let mut query = vec![("review", "true"), ("limit", "50")];
    if !asked.cursor.is_empty() {
        query.push(("cursor", &asked.cursor));
    }
    let listed: Listed = api.get("/api/operator/numbers", &query).await?;
    let formats = &visit.formats;
    let page = NumbersPage {
        frame: Frame::new(&state, &visit, Section::Operator),
        tabs: tabs(NUMBERS),
        note: trouble.note(),
        name: Field::new("name", "Phone number with its country code, Twilio's id (PN…), or our id")
            .value(&asked.name)
            .after(&trouble),
        rows: listed.numbers.iter().map(|row| of_row(formats, row)).collect(),
        orphans: listed.orphans.iter().map(|orphan| of_orphan(formats, orphan)).collect(),
        newest: (!asked.cursor.is_empty()).then(|| NUMBERS.to_owned()),
        older: listed.next_cursor.map(|cursor| link(NUMBERS, &[("cursor", &cursor.to_string())])),
    };
    trouble.answer(&page)
}

/// The name under which the API knows what somebody typed, if it can be one.
fn found(typed: &str) -> Option<String> {
    let typed = typed.trim();
    if let Ok(id) = typed.parse::<NumberId>() {
        return Some(id.to_string());
    }
    if let Ok(sid) = typed.parse::<NumberSid>() {
        return Some(sid.as_str().to_owned());
    }
    let digits = typed.replace(|letter: char| letter.is_whitespace() || "-().\u{a0}".contains(letter), "");
    digits.parse::<PhoneNumber>().ok().map(|number| number.to_string())
}

fn of_row(formats: &Formats, row: &Row) -> Waiting {
    Waiting {
        page: page_of(&row.id.to_string()),
        number: row.phone_number.readable(),
        of: row.user_id.clone(),
        why: row.review.map(review_in_short).unwrap_or_default(),
        since: formats.moment(row.updated_at),
        monthly: row.monthly().map(|monthly| formats.money(monthly)).unwrap_or_default(),
        order: None,
        attempts: 0,
    }
}

fn of_orphan(formats: &Formats, orphan: &Orphan) -> Waiting {
    Waiting {
        page: page_of(&orphan.number_sid),
        number: orphan.phone_number.readable(),
        of: orphan.number_sid.clone(),
        why: orphan.review.map(review_in_short).unwrap_or_default(),
        since: formats.moment(orphan.updated_at),
        monthly: String::new(),
        order: Some(format!("{ORDERS}/{}", orphan.order_id)),
        attempts: orphan.attempts,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_found_as_people_write_it() {
        let (id, sid) = ("01890a5d-ac96-774b-bcce-b302099a8057", format!("PN{}", "7".repeat(32)));
        assert_eq!(found(&format!(" {id} ")).as_deref(), Some(id));
        assert_eq!(found(&sid), Some(sid));
        for typed in ["+1 415 555 0100", "+1 (415) 555-0100", "+14155550100"] {
            assert_eq!(found(typed).as_deref(), Some("+14155550100"), "{typed}");
        }
        for typed in ["", "Front desk", "PN7", "../orders"] {
            assert_eq!(found(typed), None, "{typed}");
        }
    }
}
