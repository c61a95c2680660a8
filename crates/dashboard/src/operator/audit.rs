//! The audit trail: who did what, when, why, and what changed.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;

use super::alarms::details;
use super::customers::customer_page;
use super::record::{Audit, Line};
use super::{AUDIT, tabs};
use crate::DashboardState;
use crate::api::Api;
use crate::error::Failure;
use crate::form::{Field, Note, Trouble};
use crate::funds::passed_on;
use crate::link::{Tab, link};
use crate::page::{Frame, Section};
use crate::refusal::Refusal;
use crate::visitor::Visit;

const SHOWN: &[&str] = &["userId", "subject", "action", "from", "to"];
/// How many lines a page shows.
const PAGE: &str = "50";

/// Which lines.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct AuditQuery {
    #[serde(rename = "userId")]
    user: String,
    subject: String,
    action: String,
    /// From which day on, by UTC.
    from: String,
    /// Up to which day, that one included.
    to: String,
    cursor: String,
}

#[derive(Template)]
#[template(path = "operator/audit.html")]
struct AuditTrailPage {
    frame: Frame,
    tabs: Vec<Tab>,
    note: Option<Note>,
    fields: Vec<Field>,
    rows: Vec<Row>,
    is_filtered: bool,
    newest: Option<String>,
    older: Option<String>,
    sheet: String,
}

struct Row {
    when: String,
    who: String,
    action: String,
    subject: String,
    /// Whose, with the page about them.
    customer: Option<(String, String)>,
    reason: Option<String>,
    details: Vec<(String, String)>,
}

pub(super) async fn list(
    State(state): State<Arc<DashboardState>>,
    visit: Visit,
    Query(query): Query<AuditQuery>,
) -> Result<Response, Failure> {
    let mut asked = query.asked_for();
    asked.push(("limit", PAGE.to_owned()));
    if !query.cursor.is_empty() {
        asked.push(("cursor", query.cursor.clone()));
    }
    let found: Result<Audit, Refusal> = Api::new(&state.api, &visit).get("/api/audit", &asked).await;
    let (found, trouble) = match found {
        Ok(found) => (found, Trouble::NONE),
        Err(refusal) if SHOWN.iter().any(|field| refusal.of_field(field).is_some()) => {
            (Audit { lines: Vec::new(), next_cursor: None }, Trouble::of_operators(refusal, SHOWN))
        }
        Err(refusal) if refusal.code() == "USER_NOT_FOUND" => {
            let unknown = Refusal::of_mistake("userId", "is no customer's account");
            (Audit { lines: Vec::new(), next_cursor: None }, Trouble::of_operators(unknown, SHOWN))
        }
        Err(refusal) => return Err(refusal.into()),
    };
    let typed = query.typed();
    let further = |cursor: &str| {
        let all: Vec<_> = typed.into_iter().chain([("cursor", cursor)]).collect();
        link(AUDIT, &all)
    };
    let page = AuditTrailPage {
        frame: Frame::new(&state, &visit, Section::Operator),
        tabs: tabs(AUDIT),
        note: trouble.note(),
        fields: query.fields(&trouble),
        is_filtered: typed.iter().any(|(_, value)| !value.is_empty()),
        newest: (!query.cursor.is_empty()).then(|| further("")),
        older: found.next_cursor.map(|cursor| further(&cursor)),
        sheet: link("/operator/audit.csv", &typed),
        rows: found.lines.into_iter().map(|line| row(&visit, line)).collect(),
    };
    trouble.answer(&page)
}

/// The lines as a file for spreadsheets, as the API makes it.
pub(super) async fn sheet(
    State(state): State<Arc<DashboardState>>,
    visit: Visit,
    Query(query): Query<AuditQuery>,
) -> Result<Response, Failure> {
    let file = Api::new(&state.api, &visit).raw("/api/audit", &query.asked_for(), "text/csv").await?;
    Ok(passed_on(file))
}

impl AuditQuery {
    fn typed(&self) -> [(&'static str, &str); 5] {
        [
            ("userId", self.user.trim()),
            ("subject", self.subject.trim()),
            ("action", self.action.trim()),
            ("from", self.from.trim()),
            ("to", self.to.trim()),
        ]
    }

    /// The same as the API reads it: days begin at midnight by UTC. What is no day goes there as it is, which says so.
    fn asked_for(&self) -> Vec<(&'static str, String)> {
        let said = self.typed().into_iter().filter(|(_, value)| !value.is_empty());
        let asked = said.map(|(name, value)| {
            let day = value.parse::<chrono::NaiveDate>().ok();
            let day = if name == "to" { day.and_then(|day| day.succ_opt()) } else { day };
            match (name, day) {
                ("from" | "to", Some(day)) => (name, format!("{day}T00:00:00Z")),
                (_, _) => (name, value.to_owned()),
            }
        });
        asked.collect()
    }

    fn fields(&self, trouble: &Trouble) -> Vec<Field> {
        let labels = ["Customer", "Thing", "Action", "From day", "To day"];
        let fields = self.typed().into_iter().zip(labels).map(|((name, value), label)| {
            let kind = if matches!(name, "from" | "to") { "date" } else { "text" };
            Field { kind, ..Field::new(name, label) }.value(value).after(trouble)
        });
        fields.collect()
    }
}

fn row(visit: &Visit, line: Line) -> Row {
    let mut said = details(&line.details);
    said.extend(line.request_id.map(|id| ("Request".to_owned(), id)));
    said.extend(line.address.map(|address| ("From address".to_owned(), address)));
    Row {
        when: visit.formats.moment(line.at),
        who: line.actor.name(visit),
        action: line.action,
        subject: line.subject,
        customer: line.user_id.map(|user| (customer_page(&user), user)),
        reason: line.reason,
        details: said,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_day_is_included() {
        let query =
            AuditQuery { from: "2026-11-28".into(), to: "2026-11-30".into(), ..AuditQuery::default() };
        let asked = query.asked_for();
        assert_eq!(asked, [("from", "2026-11-28T00:00:00Z".into()), ("to", "2026-12-01T00:00:00Z".into())]);
        let query = AuditQuery { to: "soon".into(), ..AuditQuery::default() };
        assert_eq!(query.asked_for(), [("to", "soon".to_owned())]);
    }
}
