//! The businesses of a customer, those of others in which they are a member, and adding one.

use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::http::Method;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use super::{BUSINESSES, tabs};
use crate::DashboardState;
use crate::api::Api;
use crate::businesses::{Business, BusinessPage, MembershipPage, OneBusiness};
use crate::error::Failure;
use crate::form::{Field, Note, Trouble};
use crate::link::{Tab, link};
use crate::page::{Frame, Section};
use crate::visitor::Visit;

const SHOWN: &[&str] = &["name", "timeZone"];

/// From where on, and what was just done.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct BusinessesQuery {
    cursor: String,
    done: String,
}

/// The form as it is sent.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Sent {
    id: String,
    name: String,
    time_zone: String,
}

#[derive(Template)]
#[template(path = "settings/businesses.html")]
struct BusinessesPage {
    frame: Frame,
    tabs: Vec<Tab>,
    note: Option<Note>,
    rows: Vec<Row>,
    /// Whose they are matters to operators alone, who see everybody's and add none.
    is_operator: bool,
    shared: Vec<SharedRow>,
    newest: Option<String>,
    older: Option<String>,
    /// The new one's id, so that it is added once.
    id: String,
    name: Field,
    time_zone: Field,
    zones: Vec<&'static str>,
    /// By which others make the visitor a member.
    account: Option<String>,
}

struct Row {
    address: String,
    business: Business,
}

struct SharedRow {
    address: String,
    name: String,
    owner: String,
    role: &'static str,
}

/// Every zone that a business can be in.
pub(super) fn zones() -> Vec<&'static str> {
    chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name()).filter(|name| name.contains('/')).collect()
}

pub(super) async fn list(
    State(state): State<Arc<DashboardState>>,
    visit: Visit,
    Query(query): Query<BusinessesQuery>,
) -> Result<Response, Failure> {
    let note = match query.done.as_str() {
        "deleted" => Some("The business is deleted."),
        "left" => Some("You are not a member of the business any more."),
        _ => None,
    };
    let sent = Sent { id: Uuid::now_v7().to_string(), ..Sent::default() };
    page(&state, &visit, sent, &query.cursor, note.map(Note::good), &Trouble::NONE).await
}

pub(super) async fn add(
    State(state): State<Arc<DashboardState>>,
    visit: Visit,
    Form(sent): Form<Sent>,
) -> Result<Response, Failure> {
    let body = json!({ "id": sent.id, "name": sent.name, "timeZone": sent.time_zone });
    let api = Api::new(&state.api, &visit);
    match api.change::<OneBusiness>(Method::POST, "/api/businesses", Some(body)).await {
        Ok(added) => {
            let address = format!("{BUSINESSES}/{}", added.business.id);
            Ok(Redirect::to(&link(&address, &[("done", "added")])).into_response())
        }
        Err(refusal) => page(&state, &visit, sent, "", None, &Trouble::of(refusal, SHOWN)).await,
    }
}

async fn page(
    state: &DashboardState,
    visit: &Visit,
    sent: Sent,
    cursor: &str,
    note: Option<Note>,
    trouble: &Trouble,
) -> Result<Response, Failure> {
    let api = Api::new(&state.api, visit);
    let asked: &[(&str, &str)] = if cursor.is_empty() { &[] } else { &[("cursor", cursor)] };
    let listed: BusinessPage = api.get("/api/businesses", &asked).await?;
    let account = visit.visitor.user().map(ToOwned::to_owned);
    let shared = match &account {
        Some(_) => api.get::<MembershipPage>("/api/memberships", &()).await?.memberships,
        None => Vec::new(),
    };
    let shared = shared.into_iter().map(|membership| SharedRow {
        address: format!("{BUSINESSES}/{}", membership.business_id),
        name: membership.business_name,
        owner: membership.owner_id,
        role: membership.role.label(),
    });
    let row = |business: Business| Row { address: format!("{BUSINESSES}/{}", business.id), business };
    let page = BusinessesPage {
        frame: Frame::new(state, visit, Section::Settings),
        tabs: tabs(state, visit, BUSINESSES),
        note: trouble.note().or(note),
        rows: listed.businesses.into_iter().map(row).collect(),
        is_operator: visit.visitor.is_operator(),
        shared: shared.collect(),
        newest: (!cursor.is_empty()).then(|| BUSINESSES.to_owned()),
        older: listed.next_cursor.map(|cursor| link(BUSINESSES, &[("cursor", &cursor.to_string())])),
        id: sent.id,
        name: Field::new("name", "Name").value(sent.name).required().after(trouble),
        time_zone: zone_field(sent.time_zone).after(trouble),
        zones: zones(),
        account,
    };
    trouble.answer(&page)
}

/// The field for where a business's clocks are.
pub(super) fn zone_field(value: String) -> Field {
    let field = Field::new("timeZone", "Time zone").value(value);
    let field =
        field.hint("Such as Europe/Berlin. Times of its numbers are shown in it; without one, in UTC.");
    Field { suggestions: Some("zones"), ..field }
}
