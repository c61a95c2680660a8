//! The admin endpoint under `/_sim/`: [`Admin`] over HTTP, in JSON with camel case. It asks for no credentials,
//! because a simulator holds nothing worth guarding and listens where its owner says.

use axum::{
    Json, Router,
    body::to_bytes,
    extract::{FromRequest, Path, Query, Request, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::{
    Admin,
    admin::{DisputeKind, PayLater},
    error::AdminError,
    fault::Fault,
    flow::RefundFate,
    model::{Behaviour, Outcome},
    webhook::WebhookChange,
};

/// The largest body that is read.
const BODY_BYTES_MAX: usize = 256 * 1024;

/// The routes, to be nested under `/_sim`.
pub(crate) fn admin_routes(admin: Admin) -> Router {
    Router::new()
        .route("/state", get(state))
        .route("/reset", post(reset))
        .route("/clock", get(clock).post(advance))
        .route("/requests", get(requests).delete(clear_requests))
        .route("/faults", get(faults).post(script).delete(clear_faults))
        .route("/held/release", post(release_held))
        .route("/held/drop", post(drop_held))
        .route("/objects/{id}", get(object))
        .route("/sessions/{id}/{act}", post(act_on_session))
        .route("/payments/{id}/settle", post(settle))
        .route("/payments/{id}/refunds", post(refund))
        .route("/payments/{id}/disputes", post(dispute))
        .route("/refunds/{id}/settle", post(settle_refund))
        .route("/disputes/{id}/{act}", post(act_on_dispute))
        .route("/customers/{id}/payment-methods", post(add_method))
        .route("/payment-methods/{id}", post(set_behaviour))
        .route("/events", get(events))
        .route("/events/{id}/resend", post(resend))
        .route("/webhooks", get(webhooks).post(configure_webhooks))
        .route("/webhooks/{act}", post(act_on_webhooks))
        .fallback(|| async { refuse(StatusCode::NOT_FOUND, "the admin endpoint has no such path") })
        .with_state(admin)
}

async fn state(State(admin): State<Admin>) -> Json<Value> {
    Json(admin.state())
}

async fn reset(State(admin): State<Admin>) -> StatusCode {
    admin.reset();
    StatusCode::NO_CONTENT
}

async fn clock(State(admin): State<Admin>) -> Json<Value> {
    let now = admin.now();
    Json(json!({ "now": now, "iso": DateTime::<Utc>::from_timestamp(now, 0).map(|time| time.to_rfc3339()) }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ClockBody {
    #[serde(rename = "advanceS")]
    advance_s: Option<i64>,
    advance_days: Option<i64>,
    to: Option<DateTime<Utc>>,
}

async fn advance(State(admin): State<Admin>, Body(body): Body<ClockBody>) -> Response {
    let seconds = match (body.advance_s, body.advance_days, body.to) {
        (Some(seconds), None, None) => seconds,
        (None, Some(days), None) => days.saturating_mul(24 * 3600),
        (None, None, Some(to)) => to.timestamp().saturating_sub(admin.now()),
        _ => return refuse(StatusCode::BAD_REQUEST, "give one of advanceS, advanceDays and to"),
    };
    // A hundred years, so that no time overflows.
    if !(0..=100 * 366 * 24 * 3600).contains(&seconds) {
        return refuse(StatusCode::BAD_REQUEST, "the clock goes ahead only, a hundred years at most");
    }
    admin.advance(seconds.saturating_mul(1000));
    clock(State(admin)).await.into_response()
}

#[derive(Deserialize)]
struct RequestsQuery {
    method: Option<String>,
    path: Option<String>,
}

async fn requests(State(admin): State<Admin>, Query(query): Query<RequestsQuery>) -> Response {
    let mut requests = admin.requests();
    requests.retain(|request| {
        query.method.as_ref().is_none_or(|method| method.eq_ignore_ascii_case(&request.method))
            && query.path.as_ref().is_none_or(|path| request.path.starts_with(path.as_str()))
    });
    Json(requests).into_response()
}

async fn clear_requests(State(admin): State<Admin>) -> StatusCode {
    admin.clear_requests();
    StatusCode::NO_CONTENT
}

async fn faults(State(admin): State<Admin>) -> Json<Vec<Fault>> {
    Json(admin.faults())
}

async fn script(State(admin): State<Admin>, Body(fault): Body<Fault>) -> Response {
    match admin.script(fault) {
        Ok(()) => (StatusCode::CREATED, Json(admin.faults())).into_response(),
        Err(error) => refuse_as(&error),
    }
}

async fn clear_faults(State(admin): State<Admin>) -> StatusCode {
    admin.clear_faults();
    StatusCode::NO_CONTENT
}

async fn release_held(State(admin): State<Admin>) -> StatusCode {
    admin.release_held();
    StatusCode::NO_CONTENT
}

async fn drop_held(State(admin): State<Admin>) -> StatusCode {
    admin.drop_held();
    StatusCode::NO_CONTENT
}

async fn object(State(admin): State<Admin>, Path(id): Path<String>) -> Response {
    let found = admin.object(&id);
    show(found.ok_or_else(|| AdminError::NotFound(format!("No such object: '{id}'"))))
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct SessionBody {
    decline_code: Option<String>,
    #[serde(rename = "settleAfterS")]
    settle_after_s: Option<i64>,
    outcome: Option<Outcome>,
    behaviour: Option<Behaviour>,
}

async fn act_on_session(
    State(admin): State<Admin>,
    Path((id, act)): Path<(String, String)>,
    Body(body): Body<SessionBody>,
) -> Response {
    let later = body
        .settle_after_s
        .map(|settle_after_s| PayLater { settle_after_s, outcome: body.outcome.unwrap_or(Outcome::Succeed) });
    show(match act.as_str() {
        "pay" => admin.pay(&id),
        "decline" => admin.decline(&id, body.decline_code.as_deref().unwrap_or("generic_decline")),
        "pay-later" => admin.pay_later(&id, later),
        "save" => admin.save(&id, body.behaviour.unwrap_or(Behaviour::Accept)),
        "expire" => admin.expire(&id),
        // Whoever leaves changes nothing: the session stays open until it expires.
        "abandon" => admin.object(&id).ok_or_else(|| AdminError::NotFound(format!("No such object: '{id}'"))),
        _ => {
            return refuse(
                StatusCode::NOT_FOUND,
                "a session can: pay, decline, pay-later, save, abandon, expire",
            );
        }
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OutcomeBody {
    outcome: Outcome,
}

async fn settle(
    State(admin): State<Admin>,
    Path(id): Path<String>,
    Body(body): Body<OutcomeBody>,
) -> Response {
    show(admin.settle(&id, body.outcome))
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct RefundBody {
    amount: Option<i64>,
    outcome: Option<RefundFate>,
}

async fn refund(
    State(admin): State<Admin>,
    Path(id): Path<String>,
    Body(body): Body<RefundBody>,
) -> Response {
    show(admin.refund(&id, body.amount, body.outcome.unwrap_or(RefundFate::Succeeded)))
}

async fn settle_refund(
    State(admin): State<Admin>,
    Path(id): Path<String>,
    Body(body): Body<OutcomeBody>,
) -> Response {
    show(admin.settle_refund(&id, body.outcome))
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct DisputeBody {
    amount: Option<i64>,
    reason: Option<String>,
    status: Option<DisputeKind>,
}

async fn dispute(
    State(admin): State<Admin>,
    Path(id): Path<String>,
    Body(body): Body<DisputeBody>,
) -> Response {
    let kind = body.status.unwrap_or(DisputeKind::NeedsResponse);
    show(admin.dispute(&id, body.amount, body.reason.as_deref().unwrap_or("fraudulent"), kind))
}

async fn act_on_dispute(State(admin): State<Admin>, Path((id, act)): Path<(String, String)>) -> Response {
    show(match act.as_str() {
        "win" => admin.win(&id),
        "lose" => admin.lose(&id),
        "close" => admin.close(&id),
        "escalate" => admin.escalate(&id),
        _ => return refuse(StatusCode::NOT_FOUND, "a dispute can: win, lose, close, escalate"),
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BehaviourBody {
    behaviour: Behaviour,
}

async fn add_method(
    State(admin): State<Admin>,
    Path(id): Path<String>,
    Body(body): Body<BehaviourBody>,
) -> Response {
    show(admin.add_payment_method(&id, body.behaviour))
}

async fn set_behaviour(
    State(admin): State<Admin>,
    Path(id): Path<String>,
    Body(body): Body<BehaviourBody>,
) -> Response {
    show(admin.set_behaviour(&id, body.behaviour))
}

async fn events(State(admin): State<Admin>) -> Response {
    Json(admin.events()).into_response()
}

async fn resend(State(admin): State<Admin>, Path(id): Path<String>) -> Response {
    match admin.resend(&id) {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => refuse_as(&error),
    }
}

async fn webhooks(State(admin): State<Admin>) -> Json<Value> {
    Json(admin.webhook_state())
}

async fn configure_webhooks(State(admin): State<Admin>, Body(change): Body<WebhookChange>) -> Response {
    match admin.configure_webhooks(change) {
        Ok(()) => Json(admin.webhook_state()).into_response(),
        Err(error) => refuse_as(&error),
    }
}

async fn act_on_webhooks(State(admin): State<Admin>, Path(act): Path<String>) -> Response {
    match act.as_str() {
        "pause" => admin.pause_webhooks(),
        "resume" => admin.resume_webhooks(),
        "deliver" => admin.deliver_webhooks().await,
        "wait" => admin.wait_for_webhooks().await,
        _ => return refuse(StatusCode::NOT_FOUND, "webhooks can: pause, resume, deliver, wait"),
    }
    Json(admin.webhook_state()).into_response()
}

/// A JSON body, or none for `{}`; what is wrong with it is said in JSON too.
struct Body<T>(T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Response;

    async fn from_request(request: Request, _: &S) -> Result<Self, Response> {
        let bytes = to_bytes(request.into_body(), BODY_BYTES_MAX).await;
        let bytes = bytes.map_err(|error| refuse(StatusCode::PAYLOAD_TOO_LARGE, &error.to_string()))?;
        let text: &[u8] = if bytes.is_empty() { b"{}" } else { &bytes };
        serde_json::from_slice(text)
            .map(Self)
            .map_err(|error| refuse(StatusCode::BAD_REQUEST, &format!("the body is not understood: {error}")))
    }
}

fn show(done: Result<Value, AdminError>) -> Response {
    match done {
        Ok(object) => Json(object).into_response(),
        Err(error) => refuse_as(&error),
    }
}

fn refuse_as(error: &AdminError) -> Response {
    let status = match error {
        AdminError::NotFound(_) => StatusCode::NOT_FOUND,
        AdminError::Refused(_) => StatusCode::CONFLICT,
    };
    refuse(status, &error.to_string())
}

fn refuse(status: StatusCode, message: &str) -> Response {
    (status, Json(json!({ "error": message }))).into_response()
}
