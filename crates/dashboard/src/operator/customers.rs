//! Who the customers are: the table of them, by id.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;

use super::record::{User, Users};
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
            (Users { users: Vec::new(), next_cursor: None }, Trouble::of(refusal, &["search"]))
        }
        Err(refusal) => return Err(refusal.into()),
    };
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
        rows: listed.users.into_iter().map(row).collect(),
        newest: (!query.cursor.is_empty()).then(|| link(USERS, &[("search", search)])),
        older: listed.next_cursor.map(|cursor| link(USERS, &[("search", search), ("cursor", &cursor)])),
        search: query.search,
    };
    trouble.answer(&page)
}

/// The page of one of them.
pub(super) fn customer_page(id: &str) -> String {
    format!("{USERS}/{}", segment(id))
}
