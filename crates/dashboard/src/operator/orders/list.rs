//! `/operator/orders`: what waits for a decision, and every other order on request.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;
use trunkline_domain::OrderState;

use super::ORDERS;
use super::record::{Order, Orders};
use super::words::{badge, in_short};
use crate::DashboardState;
use crate::api::Api;
use crate::error::Failure;
use crate::form::{Field, Trouble};
use crate::format::Formats;
use crate::link::{Tab, link};
use crate::operator::customers::customer_page;
use crate::operator::tabs;
use crate::page::{Frame, Section};
use crate::visitor::Visit;

/// What can be chosen: its name in the address, and in words.
const CHOICES: [(&str, &str); 7] = [
    ("", "Not decided"),
    ("review", "Waiting for you"),
    ("unresolved", "Being found out"),
    ("ordering", "Being bought"),
    ("completed", "Bought"),
    ("failed", "Not bought"),
    ("all", "All"),
];

/// Which orders.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Asked {
    state: String,
    user_id: String,
    cursor: String,
}

impl Asked {
    /// The address of this choice, from an order on.
    fn address(&self, cursor: &str) -> String {
        link(ORDERS, &[("state", &self.state), ("userId", &self.user_id), ("cursor", cursor)])
    }

    fn query(&self) -> Vec<(&'static str, &str)> {
        let which = match self.state.as_str() {
            "" => ("stuck", "true"),
            "all" => ("state", ""),
            state => ("state", state),
        };
        let asked = [which, ("userId", self.user_id.trim()), ("cursor", &self.cursor), ("limit", "50")];
        asked.into_iter().filter(|(_, value)| !value.is_empty()).collect()
    }
}

#[derive(Template)]
#[template(path = "operator/orders.html")]
struct OrdersPage {
    frame: Frame,
    tabs: Vec<Tab>,
    choices: Vec<Choice>,
    user: Field,
    note: Option<crate::form::Note>,
    rows: Vec<Row>,
    /// What to say where there are none.
    nothing: &'static str,
    newest: Option<String>,
    older: Option<String>,
}

struct Choice {
    value: &'static str,
    text: &'static str,
    is_chosen: bool,
}

struct Row {
    page: String,
    number: String,
    user: String,
    customer_page: String,
    badge: (&'static str, &'static str),
    why: Option<&'static str>,
    money: String,
    began: String,
    changed: String,
}

pub(super) async fn show(
    State(state): State<Arc<DashboardState>>,
    visit: Visit,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let listed = Api::new(&state.api, &visit).get::<Orders>("/api/operator/orders", &asked.query()).await;
    let (mut listed, trouble) = match listed {
        Ok(listed) => (listed, Trouble::NONE),
        Err(refusal) => {
            (Orders { orders: Vec::new(), next_cursor: None }, Trouble::of_operators(refusal, &["userId"]))
        }
    };
    // What waits for a person stands first; within that the newest.
    listed.orders.sort_by_key(|order| asked.state.is_empty() && order.status != OrderState::Review);
    let choice =
        |(value, text): (&'static str, &'static str)| Choice { value, text, is_chosen: value == asked.state };
    let page = OrdersPage {
        frame: Frame::new(&state, &visit, Section::Operator),
        tabs: tabs(ORDERS),
        choices: CHOICES.into_iter().map(choice).collect(),
        user: Field::new("userId", "Customer").value(&asked.user_id).after(&trouble),
        note: trouble.note(),
        rows: listed.orders.iter().map(|order| row(&visit.formats, order)).collect(),
        nothing: match (asked.state.as_str(), asked.user_id.trim().is_empty()) {
            ("", true) => "Nothing waits: every order is decided.",
            ("all", true) => "Nobody has bought anything yet.",
            (_, _) => "There are no such orders.",
        },
        newest: (!asked.cursor.is_empty()).then(|| asked.address("")),
        older: listed.next_cursor.map(|cursor| asked.address(&cursor.to_string())),
    };
    trouble.answer(&page)
}

fn row(formats: &Formats, order: &Order) -> Row {
    Row {
        page: format!("{ORDERS}/{}", order.id),
        number: order.phone_number.readable(),
        user: order.user_id.clone(),
        customer_page: customer_page(&order.user_id),
        badge: badge(order.status),
        why: in_short(order),
        money: order.amount().map(|amount| formats.money(amount)).unwrap_or_default(),
        began: formats.moment(order.created_at),
        changed: formats.moment(order.updated_at),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_decided_is_asked_for_unless_somebody_says_otherwise() {
        let query = |state: &str| {
            let asked = Asked { state: state.to_owned(), user_id: " ann ".to_owned(), ..Asked::default() };
            asked.query().iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
        };
        assert_eq!(query(""), "stuck=true&userId=ann&limit=50");
        assert_eq!(query("all"), "userId=ann&limit=50");
        assert_eq!(query("failed"), "state=failed&userId=ann&limit=50");
    }
}
