//! JSON bodies.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, FailedToBufferBody};
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use serde_json::Value;

use super::{Fields, Input};
use crate::ApiState;
use crate::load::{BodyCut, overloaded};
use crate::problem::{ErrorCode, Problem};

/// A body that is declared as JSON and holds an object that reads as `T`.
#[derive(Debug)]
pub(crate) struct JsonBody<T>(pub T);

impl<T: Input> FromRequest<Arc<ApiState>> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &Arc<ApiState>) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            let detail = "Send the body as JSON, with Content-Type: application/json. Nothing was done.";
            return Err(Problem::new(ErrorCode::UnsupportedMediaType, detail));
        }
        let bytes = Bytes::from_request(request, state).await.map_err(|rejection| unread(&rejection))?;
        let members = match serde_json::from_slice(&bytes) {
            Ok(Value::Object(members)) => members,
            Ok(_) => return Err(Problem::invalid_field("body", "must be a JSON object")),
            Err(error) => return Err(Problem::invalid_field("body", format!("is not JSON: {error}"))),
        };
        let mut fields = Fields::of_object(members);
        let input = T::read(&mut fields, &state.settings);
        fields.finish(input).map(Self)
    }
}

/// `application/json` and its relatives (`application/problem+json`), with or without a charset.
fn is_json(headers: &HeaderMap) -> bool {
    let declared = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = declared.and_then(|text| text.split(';').next()).unwrap_or_default().trim();
    let essence = essence.to_ascii_lowercase();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}

/// A body that is too large, or ended early.
pub(crate) fn unread(rejection: &BytesRejection) -> Problem {
    match rejection {
        BytesRejection::FailedToBufferBody(FailedToBufferBody::LengthLimitError(_)) => Problem::new(
            ErrorCode::BodyTooLarge,
            "The body is larger than this server reads. Nothing was done; send less.",
        ),
        other => match BodyCut::of(other) {
            Some(BodyCut::TooSlow) => Problem::new(
                ErrorCode::BodyTooSlow,
                "The body did not arrive in time. Nothing was done; send the request again.",
            ),
            Some(BodyCut::NoPlace) => overloaded(),
            None => Problem::invalid_field("body", "did not arrive whole"),
        },
    }
}
