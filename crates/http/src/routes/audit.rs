//! The audit trail: an owner's own lines, an operator's all; a page at a time as JSON, or all of them as CSV.
//!
//! *Invariant*: whose lines are read and how much of a line is shown are both tenancy's to say, and the CSV goes through
//! the same two answers as the page.

use std::num::NonZeroU32;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use futures::stream;
use trunkline_domain::UserId;
use trunkline_tenancy::{Action, ActionName, AuditExport, AuditFilter, AuditPlace, Scope, TenancyStoreError};

use super::{Api, PAGE_MAX, moment};
use crate::HttpSettings;
use crate::access::Caller;
use crate::answer::AuditAnswer;
use crate::description::asked;
use crate::description::refusals::OfReading;
use crate::extract::{Fields, Input, Query};
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
    match format.unwrap_or_else(|| wanted(&headers)) {
        Format::Json => {
            let page = api.audit.page(&filter).await?;
            Ok(Json(AuditAnswer::new(page, audience)).into_response())
        }
        Format::Csv if has_limit => Err(Problem::invalid_field(
            "limit",
            "is for pages; as CSV every line comes, or narrow it by from and to",
        )),
        Format::Csv => sheet(api.audit.export(filter, audience, CSV_LINES_MAX)).await,
    }
}

/// What a client accepts that names no format: CSV if it asks for that before anything else that there is here.
fn wanted(headers: &HeaderMap) -> Format {
    let accepted = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let mut kinds = accepted.flat_map(|line| line.split(',')).map(|range| {
        let kind = range.split(';').next().unwrap_or_default();
        kind.trim().to_ascii_lowercase()
    });
    let first =
        kinds.find(|kind| ["text/csv", "application/json", "*/*", "application/*"].contains(&kind.as_str()));
    if first.as_deref() == Some("text/csv") { Format::Csv } else { Format::Json }
}

/// The lines, sent while they are read. What fails before the first line is a problem as any other; what fails after it
/// breaks the connection off, so that no client takes the half for the whole.
async fn sheet(mut export: AuditExport) -> Result<Response, Problem> {
    let first = export.next().await?.unwrap_or_default();
    let later = stream::try_unfold(export, |mut export| async move {
        let part = export.next().await.inspect_err(|error| {
            tracing::warn!(error = error as &dyn std::error::Error, "the audit trail as CSV is broken off");
        })?;
        Ok::<_, TenancyStoreError>(part.map(|part| (part, export)))
    });
    let whole = futures::StreamExt::chain(stream::once(async { Ok(first) }), later);
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8; header=present"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"audit.csv\""),
    ];
    Ok((headers, Body::from_stream(whole)).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_accepted_first_is_given() {
        for (accepted, format) in [
            ("text/csv", Format::Csv),
            ("Text/CSV; charset=utf-8", Format::Csv),
            ("text/html, text/csv;q=0.9, */*;q=0.1", Format::Csv),
            ("application/json, text/csv", Format::Json),
            ("*/*", Format::Json),
            ("", Format::Json),
        ] {
            let headers = [(header::ACCEPT, accepted.parse().unwrap())].into_iter().collect();
            assert_eq!(wanted(&headers), format, "{accepted}");
        }
    }
}
