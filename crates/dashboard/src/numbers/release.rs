//! Giving a number back: what that means before it is done, how far it is while it is under way, and what came of it.
//!
//! All of it stands under one address, which shows the number as it is: to be confirmed, under way, or released. The form
//! carries the key under which it releases once. Reloading, going back, or sending it twice releases nothing further.

use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::Method;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::Value;
use trunkline_domain::NumberId;
use uuid::Uuid;

use super::Number;
use crate::DashboardState;
use crate::api::Api;
use crate::businesses::business;
use crate::error::Failure;
use crate::page::{Frame, Section, html};
use crate::refusal::Refusal;
use crate::visitor::Visit;

/// How many other numbers of a business are offered to become the primary one.
const OTHERS: u8 = 10;

/// Whether the page follows a release that was begun.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Came {
    began: String,
}

/// The form of confirmation.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Confirmation {
    key: String,
}

#[derive(Deserialize)]
struct Listed {
    numbers: Vec<Number>,
}

/// What there is to show.
enum Stage {
    /// It can be released.
    Confirm {
        /// The key under which the form does it once.
        key: String,
    },
    /// It is the primary number of its business.
    Primary {
        /// The business, where the visitor sees its name.
        business: String,
        /// Those that could be primary instead.
        others: Vec<Other>,
    },
    /// It is being released.
    UnderWay,
    /// An operator has a look.
    Review,
    /// It is released.
    Released,
    /// The visitor may not release it.
    NotTheirs,
}

/// Another number of the same business.
struct Other {
    id: NumberId,
    readable: String,
    name: String,
}

#[derive(Template)]
#[template(path = "numbers/release.html")]
struct ReleasePage {
    frame: Frame,
    id: NumberId,
    readable: String,
    number: Number,
    monthly: String,
    stage: Stage,
    /// The number was on its way out when the visitor came, and is theirs again.
    came_back: bool,
    refusal: Option<Refusal>,
}

pub(super) async fn show(
    State(state): State<Arc<DashboardState>>,
    visit: Visit,
    Path(id): Path<String>,
    Query(came): Query<Came>,
) -> Result<Response, Failure> {
    let api = Api::new(&state.api, &visit);
    let number = Number::find(&api, &id).await?;
    let standing = standing(&api, &visit, &number, Uuid::new_v4().to_string()).await;
    let came_back = !came.began.is_empty() && number.accepts_changes();
    html(&page(&state, &visit, number, standing, came_back))
}

pub(super) async fn release(
    State(state): State<Arc<DashboardState>>,
    visit: Visit,
    Path(id): Path<String>,
    Form(Confirmation { key }): Form<Confirmation>,
) -> Result<Response, Failure> {
    let api = Api::new(&state.api, &visit);
    let number = Number::find(&api, &id).await?;
    let here = format!("/dashboard/numbers/{}/release", number.id);
    let refusal = match Uuid::parse_str(&key) {
        Ok(key) => {
            let path = format!("/api/numbers/{}/release", number.id);
            match api.change_once::<Value>(Method::DELETE, &path, None, &key.to_string()).await {
                Ok(_) => return Ok(Redirect::to(&format!("{here}?began=1")).into_response()),
                Err(refusal) => refusal,
            }
        }
        Err(_) => Refusal::overtaken("Nothing was released: the form was not complete. Send it again."),
    };
    // Whatever was refused, the page says how the number stands now: it may be on its way out by another form.
    let number = Number::find(&api, &id).await?;
    if !number.accepts_changes() {
        return Ok(Redirect::to(&here).into_response());
    }
    let status = refusal.status;
    // The key is spent on the refusal, which would be repeated.
    let standing = standing(&api, &visit, &number, Uuid::new_v4().to_string()).await;
    let page = ReleasePage { refusal: Some(refusal), ..page(&state, &visit, number, standing, false) };
    let mut response = html(&page)?;
    *response.status_mut() = status;
    Ok(response)
}

fn page(
    state: &DashboardState,
    visit: &Visit,
    number: Number,
    standing: Stage,
    came_back: bool,
) -> ReleasePage {
    ReleasePage {
        frame: Frame::new(state, visit, Section::Numbers),
        id: number.id,
        readable: number.readable(),
        monthly: number.monthly().map(|monthly| visit.formats.money(monthly)).unwrap_or_default(),
        number,
        stage: standing,
        came_back,
        refusal: None,
    }
}

async fn standing(api: &Api<'_>, visit: &Visit, number: &Number, key: String) -> Stage {
    match number.status.as_str() {
        "releasing" => Stage::UnderWay,
        "review" => Stage::Review,
        "released" => Stage::Released,
        // Operators release from their own pages, with a reason.
        _ if visit.visitor.is_operator() => Stage::NotTheirs,
        _ if number.is_primary => primary(api, number).await,
        _ => Stage::Confirm { key },
    }
}

/// What else could be the primary number. What cannot be read is left out; the page says what to do without it.
async fn primary(api: &Api<'_>, number: &Number) -> Stage {
    let Some(id) = number.business_id else {
        return Stage::Primary { business: String::new(), others: Vec::new() };
    };
    let business = business(api, id).await.map(|business| business.name).unwrap_or_default();
    let query =
        [("businessId", id.to_string()), ("status", "active".to_owned()), ("limit", OTHERS.to_string())];
    let numbers = api.get::<Listed>("/api/numbers", &query).await.map(|listed| listed.numbers);
    let others = numbers.unwrap_or_default().into_iter();
    let others = others.filter(|other| other.id != number.id && other.is_active);
    let other = |other: Number| Other { id: other.id, readable: other.readable(), name: other.display_name };
    Stage::Primary { business, others: others.map(other).collect() }
}
