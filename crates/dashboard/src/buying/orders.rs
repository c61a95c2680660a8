//! `/dashboard/numbers/orders`: every purchase, the newest first.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;

use super::record::Orders;
use crate::DashboardState;
use crate::api::Api;
use crate::error::Failure;
use crate::format::phone_number;
use crate::page::{Frame, Section, html};
use crate::settings::formats_of;
use crate::visitor::Visit;

#[derive(Template)]
#[template(path = "buying/orders.html")]
struct OrdersPage {
    frame: Frame,
    rows: Vec<Row>,
    older: Option<String>,
    is_first: bool,
}

struct Row {
    page: String,
    number: String,
    badge: (&'static str, &'static str),
    began: String,
    money: String,
}

/// Which page.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    cursor: String,
}

pub(super) async fn page(
    State(state): State<Arc<DashboardState>>,
    visit: Visit,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let api = Api::new(&state.api, &visit);
    let mut query = vec![("limit", "25")];
    if !asked.cursor.is_empty() {
        query.push(("cursor", &asked.cursor));
    }
    let orders: Orders = api.get("/api/orders", &query).await?;
    let formats = formats_of(&api, &visit).await?;
    let rows = orders.orders.iter().map(|order| {
        let amount = order.amount().map(|amount| formats.money(amount)).unwrap_or_default();
        Row {
            page: format!("/dashboard/numbers/orders/{}", order.id),
            number: phone_number(&order.phone_number),
            badge: order.progress().badge(),
            began: formats.moment(order.created_at),
            money: order.money(&amount),
        }
    });
    html(&OrdersPage {
        frame: Frame::new(&state, &visit, Section::Numbers),
        rows: rows.collect(),
        older: orders.next_cursor.map(|cursor| format!("/dashboard/numbers/orders?cursor={cursor}")),
        is_first: asked.cursor.is_empty(),
    })
}
