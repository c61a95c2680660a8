//! API keys: which there are, making one, rotating and revoking.
//!
//! *Invariant*: a secret is on one page only, the answer to the form that made it. No address leads to it again.

use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::http::Method;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use trunkline_tenancy::KeyScope;

use super::record::{Issued, Key, Keys};
use super::{KEYS, tabs};
use crate::DashboardState;
use crate::api::{Api, segment};
use crate::error::Failure;
use crate::form::{Field, Note, Trouble};
use crate::format::Formats;
use crate::link::{Tab, link};
use crate::page::{Frame, Section, html};
use crate::refusal::Refusal;
use crate::settings::formats_of;
use crate::visitor::Visit;

const SHOWN: &[&str] = &["name", "scopes", "expiresAt"];
/// How the keys of sign-in accounts are called.
const OF_ACCOUNT: &str = "sign-in account ";

/// What a customer's key may be for, in words.
const SCOPES: [(KeyScope, &str); 4] = [
    (KeyScope::Read, "Read: search, and see numbers, orders and wallets"),
    (KeyScope::Manage, "Manage: change businesses and the records of numbers; costs nothing"),
    (KeyScope::Trade, "Trade: buy and release numbers; spends money"),
    (KeyScope::Keys, "Keys: make and revoke keys"),
];

/// From where on, and what was just done.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct KeyQuery {
    cursor: String,
    done: String,
}

/// A form of this page as it is sent: what to do, and what it is about.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Sent {
    #[serde(rename = "do")]
    what: String,
    key: String,
    name: String,
    read: String,
    manage: String,
    trade: String,
    keys: String,
    /// A day.
    expires: String,
}

impl Sent {
    /// The scopes that were ticked.
    fn scopes(&self) -> Vec<&'static str> {
        let ticked = [&self.read, &self.manage, &self.trade, &self.keys];
        let scopes = SCOPES.iter().zip(ticked).filter(|(_, ticked)| !ticked.is_empty());
        scopes.map(|((scope, _), _)| scope.as_str()).collect()
    }
}

#[derive(Template)]
#[template(path = "settings/keys.html")]
struct KeysPage {
    frame: Frame,
    tabs: Vec<Tab>,
    note: Option<Note>,
    rows: Vec<Row>,
    newest: Option<String>,
    older: Option<String>,
    /// Operators see everybody's keys, and make theirs on the server's machine.
    is_operator: bool,
    name: Field,
    scopes: Vec<(&'static str, &'static str, bool)>,
    scopes_mistake: Option<String>,
    expires: Field,
}

struct Row {
    id: String,
    name: String,
    holder: String,
    scopes: String,
    state: (&'static str, &'static str),
    is_open: bool,
    /// Whether somebody signs in with it, who is kept by commands.
    is_of_account: bool,
    made: String,
    ends: String,
    used: String,
}

/// The one page with the secret.
#[derive(Template)]
#[template(path = "settings/key_made.html")]
struct MadePage {
    frame: Frame,
    tabs: Vec<Tab>,
    name: String,
    secret: String,
    scopes: String,
    ends: String,
    /// When the key that it replaces ends.
    old_ends: Option<String>,
}

pub(super) async fn list(
    State(state): State<Arc<DashboardState>>,
    visit: Visit,
    Query(query): Query<KeyQuery>,
) -> Result<Response, Failure> {
    let note =
        (query.done == "revoked").then(|| Note::good("The key is revoked. It opens nothing any more."));
    let sent = Sent { read: "yes".to_owned(), ..Sent::default() };
    page(&state, &visit, &sent, &query.cursor, note, &Trouble::NONE).await
}

pub(super) async fn change(
    State(state): State<Arc<DashboardState>>,
    visit: Visit,
    Form(sent): Form<Sent>,
) -> Result<Response, Failure> {
    let api = Api::new(&state.api, &visit);
    let one = format!("/api/keys/{}", segment(&sent.key));
    let issued: Result<Issued, Refusal> = match sent.what.as_str() {
        "revoke" => match api.change::<Value>(Method::DELETE, &one, None).await {
            Ok(_) => return Ok(Redirect::to(&link(KEYS, &[("done", "revoked")])).into_response()),
            Err(refusal) => Err(refusal),
        },
        "rotate" => api.change(Method::POST, &format!("{one}/rotate"), Some(json!({}))).await,
        "make" if sent.scopes().is_empty() => {
            Err(Refusal::of_mistake("scopes", "key would open nothing: tick what it is for"))
        }
        "make" => {
            let expires = sent.expires.trim();
            let expires = (!expires.is_empty()).then(|| format!("{expires}T00:00:00Z"));
            let body = json!({ "name": sent.name, "scopes": sent.scopes(), "expiresAt": expires });
            api.change(Method::POST, "/api/keys", Some(body)).await
        }
        _ => Err(Refusal::absent()),
    };
    match issued {
        Ok(issued) => made(&state, &visit, issued).await,
        Err(refusal) => page(&state, &visit, &sent, "", None, &Trouble::of(refusal, SHOWN)).await,
    }
}

/// No redirect, unlike everywhere else: what is shown here is nowhere to be had again.
async fn made(state: &DashboardState, visit: &Visit, issued: Issued) -> Result<Response, Failure> {
    let formats =
        formats_of(&Api::new(&state.api, visit), visit).await.unwrap_or_else(|_| visit.formats.clone());
    let Issued { key, secret, old_key_ends_at } = issued;
    html(&MadePage {
        frame: Frame::new(state, visit, Section::Settings),
        tabs: tabs(state, visit, KEYS),
        name: name_of(&key),
        secret,
        scopes: key.scopes.join(", "),
        ends: key.expires_at.map_or("Never".to_owned(), |at| formats.moment(at)),
        old_ends: old_key_ends_at.map(|at| formats.moment(at)),
    })
}

async fn page(
    state: &DashboardState,
    visit: &Visit,
    sent: &Sent,
    cursor: &str,
    note: Option<Note>,
    trouble: &Trouble,
) -> Result<Response, Failure> {
    let api = Api::new(&state.api, visit);
    let formats = formats_of(&api, visit).await?;
    let asked: &[(&str, &str)] = if cursor.is_empty() { &[] } else { &[("cursor", cursor)] };
    let listed: Keys = api.get("/api/keys", &asked).await?;
    let ticked = sent.scopes();
    let scopes = SCOPES.iter().map(|(scope, text)| (scope.as_str(), *text, ticked.contains(&scope.as_str())));
    let name =
        Field::new("name", "Name").value(&sent.name).hint("What you know it by, such as where it is used.");
    let expires = Field { kind: "date", ..Field::new("expires", "Ends on") };
    let page = KeysPage {
        frame: Frame::new(state, visit, Section::Settings),
        tabs: tabs(state, visit, KEYS),
        note: trouble.note().or(note),
        rows: listed.keys.iter().map(|key| row(&formats, key)).collect(),
        newest: (!cursor.is_empty()).then(|| KEYS.to_owned()),
        older: listed.next_cursor.map(|cursor| link(KEYS, &[("cursor", &cursor.to_string())])),
        is_operator: visit.visitor.is_operator(),
        name: name.after(trouble),
        scopes: scopes.collect(),
        scopes_mistake: trouble.at("scopes"),
        expires: Field {
            mistake: trouble.at("expiresAt"),
            ..expires
                .value(&sent.expires)
                .hint("At the day's beginning, by UTC. Without a day it does not end.")
        },
    };
    trouble.answer(&page)
}

fn name_of(key: &Key) -> String {
    key.name.clone().unwrap_or_else(|| "Without a name".to_owned())
}

fn row(formats: &Formats, key: &Key) -> Row {
    let state = match key.state.as_str() {
        "open" => ("In use", "good"),
        "expired" => ("Ended", "plain"),
        "revoked" => ("Revoked", "bad"),
        _ => ("Unknown", "plain"),
    };
    Row {
        id: key.id.to_string(),
        name: name_of(key),
        holder: key.user_id.clone().unwrap_or_else(|| key.kind.clone()),
        scopes: key.scopes.join(", "),
        state,
        is_open: key.state == "open",
        is_of_account: key.kind == "operator"
            && key.name.as_deref().is_some_and(|name| name.starts_with(OF_ACCOUNT)),
        made: formats.day(key.created_at),
        ends: key.expires_at.map_or("Never".to_owned(), |at| formats.moment(at)),
        used: key.last_used_at.map_or("Never".to_owned(), |at| formats.moment(at)),
    }
}
