//! The table of numbers.

use std::collections::HashMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use trunkline_domain::{BusinessId, NumberId};

use super::{Number, type_label};
use crate::DashboardState;
use crate::api::Api;
use crate::error::Failure;
use crate::page::{Frame, Section, html};
use crate::visitor::Visit;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    numbers: Vec<Number>,
    total: u64,
    next_cursor: Option<NumberId>,
}

#[derive(Template)]
#[template(path = "numbers/list.html")]
struct ListPage {
    frame: Frame,
    rows: Vec<Row>,
}

struct Row {
    business: String,
    kind: &'static str,
    can: String,
    state: (&'static str, &'static str),
    monthly: String,
    number: Number,
}

pub(super) async fn show(
    State(state): State<Arc<DashboardState>>,
    visit: Visit,
) -> Result<Response, Failure> {
    let api = Api::new(&state.api, &visit);
    let listed: Listed = api.get("/api/numbers", &()).await?;
    let names: HashMap<BusinessId, String> = HashMap::new();
    let rows = listed.numbers.into_iter().map(|number| row(&visit, &names, number)).collect();
    html(&ListPage { frame: Frame::new(&state, &visit, Section::Numbers), rows })
}

fn row(visit: &Visit, names: &HashMap<BusinessId, String>, number: Number) -> Row {
    let business = number.business_id.and_then(|id| names.get(&id).cloned()).unwrap_or_default();
    Row {
        business,
        kind: type_label(&number.number_type),
        can: number.features.join(", "),
        state: number.state(),
        monthly: number.monthly().map(|monthly| visit.formats.money(monthly)).unwrap_or_default(),
        number,
    }
}
