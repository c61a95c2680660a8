//! One business: its name and zone, who works with it, and its end.

use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::Method;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::businesses::{zone_field, zones};
use super::record::{Member, Members};
use super::{BUSINESSES, tabs};
use crate::DashboardState;
use crate::api::{Api, segment};
use crate::businesses::{Business, OneBusiness, Role};
use crate::error::Failure;
use crate::form::{Field, Note, Trouble};
use crate::format::Formats;
use crate::link::{Tab, link};
use crate::page::{Frame, Section};
use crate::refusal::Refusal;
use crate::visitor::Visit;

const SHOWN: &[&str] = &["name", "timeZone", "userId", "role"];

/// What was just done.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct BusinessQuery {
    done: String,
}

/// A form of this page as it is sent: what to do, and what it is about.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Sent {
    #[serde(rename = "do")]
    what: String,
    name: Option<String>,
    time_zone: Option<String>,
    user_id: Option<String>,
    role: String,
}

#[derive(Template)]
#[template(path = "settings/business.html")]
struct BusinessPage {
    frame: Frame,
    tabs: Vec<Tab>,
    note: Option<Note>,
    here: String,
    title: String,
    role: &'static str,
    is_owner: bool,
    /// Whether the visitor is a member, who may leave: their account.
    leaver: Option<String>,
    name: Field,
    time_zone: Field,
    zones: Vec<&'static str>,
    members: Vec<Row>,
    user: Field,
    roles: Vec<(&'static str, &'static str, bool)>,
}

struct Row {
    is_owner: bool,
    since: String,
    /// Each role that they could have, and whether it is theirs.
    roles: Vec<(&'static str, &'static str, bool)>,
    role: &'static str,
    user: String,
}

pub(super) async fn show(
    State(state): State<Arc<DashboardState>>,
    visit: Visit,
    Path(id): Path<String>,
    Query(query): Query<BusinessQuery>,
) -> Result<Response, Failure> {
    let done = match query.done.as_str() {
        "added" => Some("The business is added. Numbers can be bought for it, and others can work with it."),
        "changed" => Some("Saved."),
        "member" => Some("Saved. They have this role from now on."),
        "removed" => Some("They are not a member any more."),
        _ => None,
    };
    page(&state, &visit, &id, &Sent::default(), done.map(Note::good), &Trouble::NONE).await
}

pub(super) async fn change(
    State(state): State<Arc<DashboardState>>,
    visit: Visit,
    Path(id): Path<String>,
    Form(sent): Form<Sent>,
) -> Result<Response, Failure> {
    match act(&Api::new(&state.api, &visit), &id, &sent).await {
        Ok(next) => Ok(Redirect::to(&next).into_response()),
        Err(refusal) => page(&state, &visit, &id, &sent, None, &Trouble::of(refusal, SHOWN)).await,
    }
}

/// Does what the form asks for, and says where to go then.
async fn act(api: &Api<'_>, id: &str, sent: &Sent) -> Result<String, Refusal> {
    let path = format!("/api/businesses/{}", segment(id));
    let here = format!("{BUSINESSES}/{}", segment(id));
    let text = |typed: &Option<String>| typed.as_deref().unwrap_or_default().trim().to_owned();
    let user = text(&sent.user_id);
    let member = format!("{path}/members/{}", segment(&user));
    match sent.what.as_str() {
        "change" => {
            let zone = text(&sent.time_zone);
            let zone = if zone.is_empty() { Value::Null } else { zone.into() };
            let body = json!({ "name": text(&sent.name), "timeZone": zone });
            api.change::<Value>(Method::PATCH, &path, Some(body)).await?;
            Ok(link(&here, &[("done", "changed")]))
        }
        // A path without a name in it is another path.
        "put-member" | "remove-member" | "leave" if user.is_empty() => {
            Err(Refusal::of_mistake("userId", "is required"))
        }
        "put-member" => {
            api.change::<Value>(Method::PUT, &member, Some(json!({ "role": sent.role }))).await?;
            Ok(link(&here, &[("done", "member")]))
        }
        "remove-member" => {
            api.change::<Value>(Method::DELETE, &member, None).await?;
            Ok(link(&here, &[("done", "removed")]))
        }
        "leave" => {
            api.change::<Value>(Method::DELETE, &member, None).await?;
            Ok(link(BUSINESSES, &[("done", "left")]))
        }
        "delete" => {
            api.change::<Value>(Method::DELETE, &path, None).await?;
            Ok(link(BUSINESSES, &[("done", "deleted")]))
        }
        _ => Err(Refusal::absent()),
    }
}

async fn page(
    state: &DashboardState,
    visit: &Visit,
    id: &str,
    sent: &Sent,
    note: Option<Note>,
    trouble: &Trouble,
) -> Result<Response, Failure> {
    let api = Api::new(&state.api, visit);
    let path = format!("/api/businesses/{}", segment(id));
    let OneBusiness { business } = api.get(&path, &()).await?;
    let members: Members = api.get(&format!("{path}/members"), &()).await?;
    let Business { name, time_zone, role, .. } = business;
    let formats = visit.formats.in_zone(time_zone.as_deref());
    let user = Field::new("userId", "Their account").value(sent.user_id.clone().unwrap_or_default());
    let user = user.hint("They find it in their own settings, under Businesses.").required();
    let page = BusinessPage {
        frame: Frame::new(state, visit, Section::Settings),
        tabs: tabs(state, visit, BUSINESSES),
        note: trouble.note().or(note),
        here: format!("{BUSINESSES}/{}", segment(id)),
        is_owner: role == Some(Role::Owner),
        leaver: visit.visitor.user().filter(|_| role != Some(Role::Owner)).map(ToOwned::to_owned),
        role: role.map(Role::label).unwrap_or_default(),
        name: Field::new("name", "Name")
            .value(sent.name.clone().unwrap_or_else(|| name.clone()))
            .required()
            .after(trouble),
        time_zone: zone_field(sent.time_zone.clone().or(time_zone).unwrap_or_default()).after(trouble),
        title: name,
        zones: zones(),
        members: members.members.into_iter().map(|member| row(&formats, member)).collect(),
        user: user.after(trouble),
        roles: roles(&sent.role),
    };
    trouble.answer(&page)
}

/// What a member can be, each with whether it is chosen; the first, where nothing is.
fn roles(chosen: &str) -> Vec<(&'static str, &'static str, bool)> {
    let all = [Role::Viewer, Role::Manager];
    all.into_iter().map(|role| (role.as_str(), role.label(), role.as_str() == chosen)).collect()
}

fn row(formats: &Formats, member: Member) -> Row {
    Row {
        is_owner: member.role == Role::Owner,
        since: formats.day(member.added_at),
        roles: roles(member.role.as_str()),
        role: member.role.label(),
        user: member.user_id,
    }
}
