//! Who the customers are: the table of them, by id.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;

use super::record::{OneUser, User, Users};
use super::{USERS, tabs};
use crate::DashboardState;
use crate::api::{Api, segment};
use crate::error::Failure;
use crate::form::{Note, Trouble};
use crate::link::{Tab, link};
use crate::page::{Frame, Section};
use crate::visitor::Visit;

/// How many customers a page shows.
const PAGE: &str = "50";

/// Which customers.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct CustomersQuery {
    search: String,
    cursor: String,
}

#[derive(Template)]
#[template(path = "operator/customers.html")]
struct CustomersPage {
    frame: Frame,
    tabs: Vec<Tab>,
    note: Option<Note>,
    search: String,
    mistake: Option<String>,
    rows: Vec<Row>,
    newest: Option<String>,
    older: Option<String>,
}

struct Row {
    address: String,
    id: String,
    email: String,
    since: String,
}

pub(super) async fn list(
    State(state): State<Arc<DashboardState>>,
    visit: Visit,
    Query(query): Query<CustomersQuery>,
) -> Result<Response, Failure> {
    let search = query.search.trim();
    let asked = [("search", search), ("cursor", &query.cursor), ("limit", PAGE)];
    let asked: Vec<_> = asked.into_iter().filter(|(_, value)| !value.is_empty()).collect();
    let api = Api::new(&state.api, &visit);
    let (listed, trouble) = match api.get::<Users>("/api/operator/users", &asked).await {
        Ok(listed) => (listed, Trouble::NONE),
        Err(refusal) if refusal.of_field("search").is_some() => {
            (Users { users: Vec::new(), next_cursor: None }, Trouble::of_operators(refusal, &["search"]))
        }
        Err(refusal) => return Err(refusal.into()),
    };
    let mut users = listed.users;
    if query.cursor.is_empty() && users.is_empty() {
        users.extend(who_signs_in_as(&state, &api, search).await?);
    }
    let row = |user: User| Row {
        address: customer_page(&user.id),
        email: user.email.unwrap_or_default(),
        since: visit.formats.day(user.created_at),
        id: user.id,
    };
    let page = CustomersPage {
        frame: Frame::new(&state, &visit, Section::Operator),
        tabs: tabs(USERS),
        note: trouble.note(),
        mistake: trouble.at("search"),
        rows: users.into_iter().map(row).collect(),
        newest: (!query.cursor.is_empty()).then(|| link(USERS, &[("search", search)])),
        older: listed.next_cursor.map(|cursor| link(USERS, &[("search", search), ("cursor", &cursor)])),
        search: query.search,
    };
    trouble.answer(&page)
}

/// Who signs in with this address, which need not be the one that they are written to.
async fn who_signs_in_as(
    state: &DashboardState,
    api: &Api<'_>,
    search: &str,
) -> Result<Option<User>, Failure> {
    let (Some(sessions), Ok(email)) = (&state.sessions, search.parse()) else { return Ok(None) };
    let user = sessions.user_with_email(email).await.map_err(|error| {
        tracing::error!(error = %error, "the store of accounts cannot be asked");
        Failure::Unavailable
    })?;
    let Some(user) = user else { return Ok(None) };
    let OneUser { user } = api.get(&format!("/api/operator/users/{}", segment(user.as_str())), &()).await?;
    Ok(Some(user))
}

/// The page of one of them.
pub(super) fn customer_page(id: &str) -> String {
    format!("{USERS}/{}", segment(id))
}
