//! A coaching studio's own web service, which gives each coach a phone number.
//!
//! It has its own users and its own idea of a business, no HTTP server of Trunkline's and no API keys: it embeds
//! [`Provisioning`] and sells numbers from its own handler. What it brings is in this file; what it wires is in
//! `main.rs`.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use trunkline_domain::{Actor, BusinessId, Currency, Origin, RequestContext, UserId};
use trunkline_provisioning::port::{Businesses, BusinessesError, OpenRefusal};
use trunkline_provisioning::{Provisioning, PurchaseCommand, PurchaseError, PurchaseOutcome};

/// The studio's own users, by the session that they are signed in with, and their studios.
#[derive(Default)]
pub struct Studio {
    /// Session to user.
    pub sessions: HashMap<String, UserId>,
    /// Studio to owner.
    pub studios: HashMap<BusinessId, UserId>,
}

/// Trunkline asks the host whose business something is; it has no table of users.
#[async_trait]
impl Businesses for Studio {
    async fn owner_of(&self, business: BusinessId) -> Result<Option<UserId>, BusinessesError> {
        Ok(self.studios.get(&business).cloned())
    }
}

#[derive(Clone)]
struct Service {
    studio: Arc<Studio>,
    provisioning: Provisioning,
}

/// The service's router, with its one route: `POST /coaches/{coach}/number`.
pub fn router(studio: Arc<Studio>, provisioning: Provisioning) -> Router {
    Router::new()
        .route("/coaches/{coach}/number", post(give_number))
        .with_state(Service { studio, provisioning })
}

#[derive(Deserialize)]
struct NumberRequest {
    phone_number: String,
    studio: Option<BusinessId>,
}

/// Buys a number for a coach from the wallet of whoever is signed in.
async fn give_number(
    State(service): State<Service>,
    Path(coach): Path<String>,
    headers: HeaderMap,
    Json(request): Json<NumberRequest>,
) -> (StatusCode, Json<Value>) {
    let session = headers.get("x-session").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let Some(user) = service.studio.sessions.get(session).cloned() else {
        return (StatusCode::UNAUTHORIZED, Json(json!({ "sorry": "sign in first" })));
    };
    let (Ok(phone_number), Ok(display_name)) = (request.phone_number.parse(), coach.parse()) else {
        return (StatusCode::BAD_REQUEST, Json(json!({ "sorry": "that is no phone number" })));
    };
    let command = PurchaseCommand {
        origin: Origin {
            actor: Actor::User { user: user.clone(), key: None },
            context: RequestContext::NONE,
        },
        user,
        phone_number,
        display_name,
        business: request.studio,
        country: None,
        number_type: None,
        currency: Currency::USD,
        max_amount: None,
        request: None,
    };
    match service.provisioning.purchase(command).await {
        Ok(PurchaseOutcome::Completed(bought)) => {
            (StatusCode::OK, Json(json!({ "coach": coach, "number": bought.number.phone_number })))
        }
        Ok(PurchaseOutcome::Pending(order)) => {
            (StatusCode::ACCEPTED, Json(json!({ "coach": coach, "waiting_for": order.id })))
        }
        Err(PurchaseError::Refused(OpenRefusal::InsufficientBalance { required, available })) => {
            let sorry = format!("it costs {required}, and you have {available}");
            (StatusCode::PAYMENT_REQUIRED, Json(json!({ "sorry": sorry })))
        }
        Err(error) => (StatusCode::CONFLICT, Json(json!({ "sorry": error.to_string() }))),
    }
}
