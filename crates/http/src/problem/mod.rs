//! Failures as clients see them: RFC 9457 problem documents with a code.
//!
//! A [`Problem`] is made where something is refused, travels as an extension of an empty response, and becomes a
//! document once, at the edge, where the request's id is known and its cause is logged. Its sentence says what
//! happened, whether money moved, and what to do; it never says what only the operator may know.

mod code;
mod of_approvals;
mod of_decisions;
mod of_limits;
mod of_members;
mod of_notices;
mod of_payments;
mod of_provisioning;
mod of_tenancy;
mod of_wallet;

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Map, Value, json};
use trunkline_domain::ChargeState;

use crate::page::ProblemPage;

pub use code::ErrorCode;
pub(crate) use of_members::as_told_to;
pub(crate) use of_provisioning::{order_failure_sentence, undecided_purchase, unsupported_type};

/// Where a customer's money is, as a sentence for them.
pub const fn charge_sentence(charged: ChargeState) -> &'static str {
    match charged {
        ChargeState::No => "You were not charged.",
        ChargeState::Held => "The price is held in the wallet until this is decided; it is not spent.",
        ChargeState::Yes => "You were charged.",
    }
}

/// A failure on its way to a client.
#[derive(Debug, Clone)]
pub(crate) struct Problem(Box<Inner>);

#[derive(Debug, Clone)]
struct Inner {
    code: ErrorCode,
    detail: String,
    charged: Option<ChargeState>,
    nothing_begun: bool,
    members: Map<String, Value>,
    retry_after: Option<Duration>,
    cause: Option<Arc<dyn Error + Send + Sync>>,
}

/// One part of a request that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Mistake {
    /// The member of the body, the parameter of the query, or the header.
    pub field: String,
    /// What is wrong with it.
    pub message: String,
}

impl Problem {
    pub(crate) fn new(code: ErrorCode, detail: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            code,
            detail: detail.into(),
            charged: None,
            nothing_begun: false,
            members: Map::new(),
            retry_after: None,
            cause: None,
        }))
    }

    /// Whether money moved.
    pub(crate) fn charged(mut self, charged: ChargeState) -> Self {
        self.0.charged = Some(charged);
        self
    }

    /// Says that certainly nothing was begun, of a code that may mean otherwise.
    pub(crate) fn nothing_begun(mut self) -> Self {
        self.0.nothing_begun = true;
        self
    }

    /// Adds a member to the document.
    pub(crate) fn member(mut self, name: &str, value: impl Serialize) -> Self {
        self.0.members.insert(name.to_owned(), json!(value));
        self
    }

    /// When the client may ask again.
    pub(crate) fn retry_after(mut self, pause: Duration) -> Self {
        self.0.retry_after = Some(pause);
        self
    }

    /// What caused it: logged, never shown.
    pub(crate) fn because(mut self, cause: impl Error + Send + Sync + 'static) -> Self {
        self.0.cause = Some(Arc::new(cause));
        self
    }

    /// A request that is not valid, with everything that is wrong with it.
    pub(crate) fn invalid(mistakes: Vec<Mistake>) -> Self {
        let named: Vec<_> = mistakes.iter().map(|m| format!("{}: {}", m.field, m.message)).collect();
        let detail =
            format!("{}. Nothing was done; correct the request and send it again.", named.join("; "));
        Self::new(ErrorCode::ValidationFailed, detail).member("fields", mistakes)
    }

    /// A request with one mistake.
    pub(crate) fn invalid_field(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::invalid(vec![Mistake { field: field.into(), message: message.into() }])
    }

    /// The one answer for what does not exist and for what is another user's.
    pub(crate) fn absent(code: ErrorCode) -> Self {
        Self::new(code, format!("{}. Check the id and whose it is.", code.title()))
    }

    /// The database failed; certainly nothing was changed, or nothing that money depends on.
    pub(crate) fn storage() -> Self {
        let detail = "The database is not available. Nothing was charged; try again in a moment.";
        Self::new(ErrorCode::StorageUnavailable, detail)
    }

    /// A mistake of ours.
    pub(crate) fn internal() -> Self {
        let detail = "Something went wrong on our side. Tell the operator the requestId.";
        Self::new(ErrorCode::Internal, detail)
    }

    pub(crate) fn code(&self) -> ErrorCode {
        self.0.code
    }

    pub(crate) fn cause(&self) -> Option<&(dyn Error + Send + Sync + 'static)> {
        self.0.cause.as_deref()
    }

    /// Says of a problem that a purchase met what it does not say itself: whether money moved.
    ///
    /// What was refused before the order is free of charge. A mistake of ours or a timeout may lie behind it; then
    /// the honest answer is that the price may be held.
    pub(crate) fn of_purchase(mut self) -> Self {
        let undetermined =
            matches!(self.0.code, ErrorCode::Internal | ErrorCode::Overloaded) && !self.0.nothing_begun;
        let charged = if undetermined { ChargeState::Held } else { ChargeState::No };
        self.0.charged.get_or_insert(charged);
        self
    }

    /// Makes the document. Headers that the response has already (`Allow`) stay.
    pub(crate) fn render(self, response: &mut Response, request_id: &str) {
        let document = self.document(request_id).to_string();
        self.fill(response, document, "application/problem+json");
    }

    /// Makes a page of it, for somebody who looks at it in a browser.
    pub(crate) fn render_page(self, response: &mut Response, request_id: &str) {
        let charge = self.0.charged.map(charge_sentence);
        let (title, detail) = (self.code().title(), self.0.detail.clone());
        let page = ProblemPage { title, detail: &detail, charge, request_id };
        match page.render() {
            Ok(page) => self.fill(response, page, "text/html; charset=utf-8"),
            Err(_) => self.render(response, request_id),
        }
    }

    fn document(&self, request_id: &str) -> Value {
        let Inner { code, detail, charged, members, .. } = &*self.0;
        let mut document = json!({
            "type": format!("urn:trunkline:error:{}", code.as_str()),
            "title": code.title(),
            "status": code.status().as_u16(),
            "detail": detail,
            "success": false,
            "error": detail,
            "code": code.as_str(),
            "requestId": request_id,
        });
        if let Value::Object(document) = &mut document {
            if let Some(charged) = charged {
                document.insert("charged".to_owned(), json!(charged));
            }
            document.extend(members.clone());
        }
        document
    }

    fn fill(self, response: &mut Response, text: String, kind: &'static str) {
        let Inner { code, retry_after, .. } = *self.0;
        *response.status_mut() = code.status();
        let headers = response.headers_mut();
        headers.remove(header::CONTENT_LENGTH);
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        if let Some(pause) = retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(pause.as_secs().max(1)));
        }
        if code == ErrorCode::Unauthenticated {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        *response.body_mut() = Body::from(text);
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.code().status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}
