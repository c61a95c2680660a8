//! Whether numbers are sold, for how long Twilio's balance lasts, and what waits for an operator.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::{OVERVIEW, tabs};
use crate::DashboardState;
use crate::error::Failure;
use crate::link::Tab;
use crate::page::{Frame, Section, html};
use crate::visitor::Visit;

#[derive(Template)]
#[template(path = "operator/overview.html")]
struct OverviewPage {
    frame: Frame,
    tabs: Vec<Tab>,
}

pub(super) async fn show(
    State(state): State<Arc<DashboardState>>,
    visit: Visit,
) -> Result<Response, Failure> {
    html(&OverviewPage { frame: Frame::new(&state, &visit, Section::Operator), tabs: tabs(OVERVIEW) })
}
