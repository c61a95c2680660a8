//! A request as far as the simulated API looks at it.

use axum::{
    body::to_bytes,
    extract::Request,
    http::{HeaderMap, header},
};
use base64::{Engine, prelude::BASE64_STANDARD};

use crate::{
    form::Form,
    journal::{RecordedRequest, RequestOutcome},
};

/// The largest form that is read; Stripe's parameters fit many times over.
const BODY_BYTES_MAX: usize = 256 * 1024;

/// Method, path, parameters and credentials.
#[derive(Clone)]
pub(crate) struct Call {
    pub(crate) id: String,
    pub(crate) method: String,
    pub(crate) path: String,
    /// What came in the query and in the form.
    pub(crate) form: Form,
    /// Scheme and host, as the client asked for them.
    pub(crate) base: String,
    pub(crate) secret_key: Option<String>,
    pub(crate) idempotency_key: Option<String>,
    pub(crate) stripe_version: Option<String>,
    /// The form was too long to be read, or broke off.
    pub(crate) is_unreadable: bool,
}

impl Call {
    /// Reads the request to its end.
    pub(crate) async fn read(request: Request, id: String) -> Self {
        let (parts, body) = request.into_parts();
        let body = to_bytes(body, BODY_BYTES_MAX).await;
        let mut form = Form::decode(parts.uri.query().unwrap_or_default().as_bytes());
        if let Ok(body) = &body {
            form.append(Form::decode(body));
        }
        Self {
            id,
            method: parts.method.as_str().to_owned(),
            path: parts.uri.path().to_owned(),
            form,
            base: base(&parts.headers),
            secret_key: secret_key(&parts.headers),
            idempotency_key: text(&parts.headers, "idempotency-key").map(ToOwned::to_owned),
            stripe_version: text(&parts.headers, "stripe-version").map(ToOwned::to_owned),
            is_unreadable: body.is_err(),
        }
    }

    /// The request as it is written down.
    pub(crate) fn record(&self, authenticated: bool) -> RecordedRequest {
        RecordedRequest {
            sequence: 0,
            id: self.id.clone(),
            method: self.method.clone(),
            path: self.path.clone(),
            parameters: self.form.pairs().to_vec(),
            idempotency_key: self.idempotency_key.clone(),
            stripe_version: self.stripe_version.clone(),
            authenticated,
            outcome: RequestOutcome::Pending,
        }
    }

    /// What two requests with one idempotency key must have in common.
    pub(crate) fn fingerprint(&self) -> String {
        let mut pairs = self.form.pairs().to_vec();
        pairs.sort_unstable();
        format!("{} {} {pairs:?}", self.method, self.path)
    }
}

/// Scheme and host that a client asked for.
pub(crate) fn base(headers: &HeaderMap) -> String {
    format!("http://{}", text(headers, header::HOST.as_str()).unwrap_or("localhost"))
}

/// The key of `Bearer sk_…`, or the user name of `Basic`.
fn secret_key(headers: &HeaderMap) -> Option<String> {
    let (scheme, rest) = text(headers, header::AUTHORIZATION.as_str())?.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(rest.trim().to_owned());
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(BASE64_STANDARD.decode(rest.trim()).ok()?).ok()?;
    decoded.split_once(':').map(|(user, _)| user.to_owned())
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
