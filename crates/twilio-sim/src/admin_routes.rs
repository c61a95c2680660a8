//! The admin endpoint under `/_sim/`: [`Admin`] over HTTP, in JSON with camel case. It asks for no credentials,
//! because a simulator holds nothing worth guarding and listens where its owner says.

mod terms;

use axum::{
    Json, Router,
    extract::{FromRequest, Path, Query, Request, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::{
    Admin, ConsoleError, NumberType,
    fault::{Fault, path_matches},
};

/// The routes, to be nested under `/_sim`.
pub(crate) fn admin_routes(admin: Admin) -> Router {
    Router::new()
        .route("/state", get(state))
        .route("/reset", post(reset))
        .route("/faults", get(faults).post(script).delete(clear_faults))
        .route("/numbers", get(numbers).post(purchase))
        .route("/numbers/{number}", post(change).delete(release))
        .route("/numbers/{number}/reclaim", post(terms::reclaim))
        .route("/clock", get(terms::clock).post(terms::advance))
        .route("/charges", get(terms::charges))
        .route("/accounts", get(terms::accounts))
        .route("/accounts/{sid}", post(terms::change_account))
        .route("/bundles", get(terms::bundles).post(terms::set_bundle))
        .route("/available", get(available))
        .route("/requests", get(requests).delete(clear_requests))
        .route("/held/release", post(release_held))
        .route("/held/drop", post(drop_held))
        .route("/lists/catch-up", post(end_list_lag))
        .fallback(|| async { refuse(StatusCode::NOT_FOUND, "the admin endpoint has no such path") })
        .with_state(admin)
}

/// A summary: what is owned, what is scripted, how much was asked.
async fn state(State(admin): State<Admin>) -> Json<Value> {
    Json(json!({
        "accountSid": admin.account_sid(),
        "owned": admin.owned(),
        "faults": admin.faults(),
        "struck": admin.struck(),
        "requestCount": admin.request_count(),
        "held": admin.held(),
    }))
}

async fn reset(State(admin): State<Admin>) -> StatusCode {
    admin.reset();
    StatusCode::NO_CONTENT
}

async fn faults(State(admin): State<Admin>) -> Json<Vec<Fault>> {
    Json(admin.faults())
}

/// Takes one fault or a list; of a list with a mistake in it none is taken.
async fn script(State(admin): State<Admin>, Body(body): Body<Value>) -> Response {
    let faults = if body.is_array() {
        serde_json::from_value::<Vec<Fault>>(body)
    } else {
        serde_json::from_value(body).map(|fault| vec![fault])
    };
    match faults {
        Ok(faults) => {
            if let Some(mistake) = faults.iter().find_map(Fault::mistake) {
                return refuse(StatusCode::BAD_REQUEST, &format!("this is not a fault: {mistake}"));
            }
            for fault in faults {
                admin.script(fault);
            }
            (StatusCode::CREATED, Json(admin.faults())).into_response()
        }
        Err(error) => refuse(StatusCode::BAD_REQUEST, &format!("this is not a fault: {error}")),
    }
}

async fn clear_faults(State(admin): State<Admin>) -> StatusCode {
    admin.clear_faults();
    StatusCode::NO_CONTENT
}

async fn numbers(State(admin): State<Admin>) -> Response {
    Json(admin.owned()).into_response()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PurchaseBody {
    phone_number: String,
    friendly_name: String,
}

async fn purchase(State(admin): State<Admin>, Body(body): Body<PurchaseBody>) -> Response {
    match admin.console_purchase(&body.phone_number, &body.friendly_name) {
        Ok(number) => (StatusCode::CREATED, Json(number)).into_response(),
        Err(error) => refuse_console(&error),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ChangeBody {
    friendly_name: Option<String>,
    voice_url: Option<String>,
    sms_url: Option<String>,
}

async fn change(
    State(admin): State<Admin>,
    Path(number): Path<String>,
    Body(body): Body<ChangeBody>,
) -> Response {
    let Some(owned) =
        admin.owned().into_iter().find(|owned| owned.sid == number || owned.phone_number == number)
    else {
        return refuse_console(&ConsoleError::NotOwned(number));
    };
    let voice_url = body.voice_url.unwrap_or(owned.voice_url);
    let sms_url = body.sms_url.unwrap_or(owned.sms_url);
    let name = body.friendly_name.unwrap_or(owned.friendly_name);
    let changed =
        admin.rename(&owned.sid, &name).and_then(|_| admin.repoint(&owned.sid, &voice_url, &sms_url));
    match changed {
        Ok(number) => Json(number).into_response(),
        Err(error) => refuse_console(&error),
    }
}

async fn release(State(admin): State<Admin>, Path(number): Path<String>) -> Response {
    match admin.console_release(&number) {
        Ok(number) => Json(number).into_response(),
        Err(error) => refuse_console(&error),
    }
}

#[derive(Deserialize)]
struct AvailableQuery {
    country: String,
    r#type: NumberType,
}

async fn available(State(admin): State<Admin>, Query(query): Query<AvailableQuery>) -> Response {
    Json(admin.available(&query.country, query.r#type)).into_response()
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
            && query.path.as_ref().is_none_or(|path| path_matches(path, &request.path))
    });
    Json(requests).into_response()
}

async fn clear_requests(State(admin): State<Admin>) -> StatusCode {
    admin.clear_requests();
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

async fn end_list_lag(State(admin): State<Admin>) -> StatusCode {
    admin.end_list_lag();
    StatusCode::NO_CONTENT
}

/// A JSON body; what is wrong with it is said in JSON too.
struct Body<T>(T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let body = Json::<T>::from_request(request, state).await;
        body.map(|Json(value)| Self(value)).map_err(|error| refuse(error.status(), &error.body_text()))
    }
}

fn refuse_console(error: &ConsoleError) -> Response {
    let status = match error {
        ConsoleError::NotAvailable(_) => StatusCode::CONFLICT,
        ConsoleError::NotOwned(_) | ConsoleError::NoAccount(_) => StatusCode::NOT_FOUND,
        ConsoleError::FriendlyName => StatusCode::BAD_REQUEST,
    };
    refuse(status, &error.to_string())
}

fn refuse(status: StatusCode, message: &str) -> Response {
    (status, Json(json!({ "error": message }))).into_response()
}
