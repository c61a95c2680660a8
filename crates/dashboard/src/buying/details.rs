//! `/dashboard/numbers/buy/details`: for which business the chosen number is, and how it is called.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};

use super::selection::{SEARCH, Selection, new_key};
use crate::DashboardState;
use crate::api::Api;
use crate::businesses::{Businesses, Choice};
use crate::error::Failure;
use crate::format::phone_number;
use crate::page::{Frame, Section, html};
use crate::visitor::Visit;

#[derive(Template)]
#[template(path = "buying/details.html")]
struct DetailsPage {
    frame: Frame,
    number: String,
    place: String,
    back: String,
    businesses: Vec<Choice>,
    name: String,
    hidden: Vec<(String, String)>,
}

pub(super) async fn page(
    State(state): State<Arc<DashboardState>>,
    visit: Visit,
    Query(it): Query<Selection>,
) -> Result<Response, Failure> {
    if it.number.is_empty() {
        return Ok(Redirect::to(SEARCH).into_response());
    }
    let api = Api::new(&state.api, &visit);
    let mut known = Businesses::of(&api, &visit.visitor).await?;
    known.learn(&api, it.business.parse().ok().as_slice()).await;
    let businesses = known.to_make_in(&it.business);
    let mut hidden = it.without(&["business", "name", "key"]);
    hidden.push(("key".to_owned(), if it.key.is_empty() { new_key() } else { it.key.clone() }));
    html(&DetailsPage {
        frame: Frame::new(&state, &visit, Section::Numbers),
        number: phone_number(&it.number),
        back: it.search_address(),
        businesses,
        name: if it.name.is_empty() { proposed_name(&it) } else { it.name },
        place: it.place,
        hidden,
    })
}

/// A name to begin with: the town, or the type.
fn proposed_name(it: &Selection) -> String {
    let town = it.place.split(',').next().unwrap_or_default().trim();
    let kind = crate::numbers::type_label(&it.kind);
    let name = if town.is_empty() { format!("{kind} number") } else { format!("{town} line") };
    name.chars().take(60).collect()
}
