//! `/dashboard/numbers/orders/{id}`: what becomes of a purchase, live until it is decided.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};

use serde::Deserialize;

use super::record::{OneOrder, Order, Orders, Progress};
use crate::DashboardState;
use crate::api::{Api, segment};
use crate::error::Failure;
use crate::format::phone_number;
use crate::page::{Frame, Section, html};
use crate::settings::formats_of;
use crate::visitor::Visit;

#[derive(Template)]
#[template(path = "buying/order.html")]
struct OrderPage {
    frame: Frame,
    here: String,
    number: String,
    progress: Progress,
    why: Option<String>,
    money: String,
    began: String,
    changed: String,
    number_page: Option<String>,
    id: String,
}

#[derive(Template)]
#[template(path = "buying/waiting.html")]
struct WaitingPage {
    frame: Frame,
    number: String,
}

/// For which business the number is, if for one.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct OfBusiness {
    #[serde(rename = "businessId")]
    business: String,
}

pub(super) async fn page(
    State(state): State<Arc<DashboardState>>,
    visit: Visit,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let api = Api::new(&state.api, &visit);
    let OneOrder { order } = api.get(&format!("/api/orders/{}", segment(&id)), &()).await?;
    let formats = formats_of(&api, &visit).await?;
    let amount = order.amount().map(|amount| formats.money(amount)).unwrap_or_default();
    html(&OrderPage {
        frame: Frame::new(&state, &visit, Section::Numbers),
        here: visit.here.clone(),
        number: phone_number(&order.phone_number),
        progress: order.progress(),
        money: order.money(&amount),
        began: formats.moment(order.created_at),
        changed: formats.moment(order.updated_at),
        number_page: order.number_id.map(|id| format!("/dashboard/numbers/{id}")),
        id: order.id.to_string(),
        why: order.error,
    })
}

/// The newest order of a number that was just sent, which may not be written down yet: then this page looks again.
pub(super) async fn of_number(
    State(state): State<Arc<DashboardState>>,
    visit: Visit,
    Path(number): Path<String>,
    Query(of): Query<OfBusiness>,
) -> Result<Response, Failure> {
    let api = Api::new(&state.api, &visit);
    let mut query = vec![("limit", "20")];
    if !of.business.is_empty() {
        query.push(("businessId", &of.business));
    }
    let newest: Orders = api.get("/api/orders", &query).await?;
    let is_it = |order: &&Order| order.phone_number == number;
    if let Some(order) = newest.orders.iter().find(is_it) {
        return Ok(Redirect::to(&format!("/dashboard/numbers/orders/{}", order.id)).into_response());
    }
    html(&WaitingPage { frame: Frame::new(&state, &visit, Section::Numbers), number: phone_number(&number) })
}
