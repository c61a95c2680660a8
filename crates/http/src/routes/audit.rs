//! The audit trail: an owner's own lines, an operator's all; a page at a time as JSON, or all of them as CSV.
//!
//! *Invariant*: whose lines are read and how much of a line is shown are both tenancy's to say, and the CSV goes through
//! the same two answers as the page.

use std::num::NonZeroU32;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use trunkline_domain::UserId;
use trunkline_tenancy::{Action, ActionName, AuditFilter, AuditPlace, Scope};

use super::{Api, PAGE_MAX, moment, sheet};
use crate::HttpSettings;
use crate::access::Caller;
use crate::answer::AuditAnswer;
use crate::description::asked;
use crate::description::refusals::OfReading;
use crate::extract::{Fields, Input, Query, first_accepted};
use crate::problem::Problem;

/// How many lines one CSV has at most.
const CSV_LINES_MAX: NonZeroU32 = NonZeroU32::new(100_000).unwrap();
/// The longest id of a thing, in characters.
const SUBJECT_MAX: usize = 255;

/// In which form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Json,
    Csv,
}

impl Format {
    /// What a client may accept, and what it gets.
    const OFFERED: [(&'static str, Self); 4] = [
        ("text/csv", Self::Csv),
        ("application/json", Self::Json),
        ("*/*", Self::Json),
        ("application/*", Self::Json),
    ];
}

/// Which lines, of whom, in which form.
#[derive(Debug)]
pub(crate) struct AuditQuery {
    user: Option<UserId>,
    filter: AuditFilter,
    format: Option<Format>,
    has_limit: bool,
}

impl Input for AuditQuery {
    fn read(fields: &mut Fields, _: &HttpSettings) -> Option<Self> {
        let subject = fields.read("subject", |text| {
            let fits = text.chars().count() <= SUBJECT_MAX;
            if fits { Ok(text.to_owned()) } else { Err("is the id of a thing, of 255 characters at most") }
        });
        let action = fields.optional::<ActionName>("action");
        let (from, until) = (moment(fields, "from"), moment(fields, "to"));
        if from.zip(until).is_some_and(|(from, until)| from >= until) {
            fields.note("to", "is not after `from`: it is the moment before which lines are read");
        }
        let after = fields.optional::<AuditPlace>("cursor");
        let limit = fields.whole("limit", 1..=PAGE_MAX);
        let format = fields.read("format", |name| match name {
            "json" => Ok(Format::Json),
            "csv" => Ok(Format::Csv),
            _ => Err("is json or csv"),
        });
        let user = fields.optional("userId");
        let (has_limit, limit) = (limit.is_some(), limit.unwrap_or(PAGE_MAX));
        let filter = AuditFilter { subject, user: None, action, from, until, after, limit };
        Some(Self { user, filter, format, has_limit })
    }
}

/// Read the audit trail
///
/// Who did what, newest first: an owner's own lines, an operator's all. What is an operator's to know is left out for
/// everybody else. As CSV all lines come, at most 100,000; narrow them by `from` and `to`.
#[utoipa::path(
    get,
    path = "/api/audit",
    operation_id = "listAudit",
    tag = "callers",
    params(asked::ForUser, asked::AuditQuery),
    responses(
        (status = 200, description = "A page of lines; or all of them, as CSV.", content(
            (AuditAnswer = "application/json"),
            (String = "text/csv"),
        )),
        OfReading,
    ),
)]
pub(crate) async fn list(
    State(api): Api,
    caller: Caller,
    headers: HeaderMap,
    Query(query): Query<AuditQuery>,
) -> Result<Response, Problem> {
    let AuditQuery { user, filter, format, has_limit } = query;
    let scope = caller.scope(&api.tenancy, Action::ReadAccount, user.as_ref()).await?;
    let audience = caller.audience();
    let user = match scope {
        Scope::User(user) => Some(user),
        Scope::Everyone => None,
    };
    let filter = AuditFilter { user, ..filter };
    let format = format.or_else(|| first_accepted(&headers, &Format::OFFERED));
    match format.unwrap_or(Format::Json) {
        Format::Json => {
            let page = api.audit.page(&filter).await?;
            Ok(Json(AuditAnswer::new(page, audience)).into_response())
        }
        Format::Csv if has_limit => Err(Problem::invalid_field(
            "limit",
            "is for pages; as CSV every line comes, or narrow it by from and to",
        )),
        Format::Csv => sheet::send(api.audit.export(filter, audience, CSV_LINES_MAX), "audit.csv").await,
    }
}
