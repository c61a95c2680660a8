//! A request as far as the simulated API looks at it.

use axum::{
    body::to_bytes,
    extract::Request,
    http::{header, request::Parts},
};

use crate::{
    accounts::Credentials,
    journal::{Outcome, RecordedRequest},
    parameters::Parameters,
};

/// The largest form that is read; Twilio's parameters fit many times over.
const BODY_BYTES_MAX: usize = 64 * 1024;

/// Method, path, parameters and credentials.
pub(crate) struct Call {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) raw_query: String,
    pub(crate) query: Parameters,
    pub(crate) form: Parameters,
    /// The host that the client asked.
    host: String,
    pub(crate) user_agent: String,
    pub(crate) content_type: String,
    /// The form as it was sent.
    pub(crate) body: String,
    pub(crate) credentials: Option<Credentials>,
    /// The form was too long to be read, or broke off.
    pub(crate) unreadable: bool,
}

impl Call {
    /// Reads the request to its end. Only a form has parameters; a body of another type is read past, as Twilio does.
    pub(crate) async fn read(request: Request) -> Self {
        let (parts, body) = request.into_parts();
        let body = to_bytes(body, BODY_BYTES_MAX).await;
        let raw_query = parts.uri.query().unwrap_or_default().to_owned();
        Self {
            method: parts.method.as_str().to_owned(),
            path: parts.uri.path().to_owned(),
            query: Parameters::decode(raw_query.as_bytes()),
            raw_query,
            form: match &body {
                Ok(bytes) if is_form(&parts) => Parameters::decode(bytes),
                _ => Parameters::default(),
            },
            host: header_text(&parts, header::HOST).unwrap_or("localhost").to_owned(),
            user_agent: header_text(&parts, header::USER_AGENT).unwrap_or_default().to_owned(),
            content_type: header_text(&parts, header::CONTENT_TYPE).unwrap_or_default().to_owned(),
            body: body
                .as_ref()
                .map_or_else(|_| String::new(), |bytes| String::from_utf8_lossy(bytes).into_owned()),
            credentials: header_text(&parts, header::AUTHORIZATION).and_then(Credentials::read),
            unreadable: body.is_err(),
        }
    }

    /// The request as it is written down.
    pub(crate) fn record(&self, authenticated: bool) -> RecordedRequest {
        RecordedRequest {
            sequence: 0,
            method: self.method.clone(),
            path: self.path.clone(),
            query: self.query.clone(),
            form: self.form.clone(),
            authenticated,
            outcome: Outcome::Pending,
        }
    }

    /// A path as an absolute link to this simulator.
    pub(crate) fn absolute(&self, path: &str) -> String {
        format!("http://{}{path}", self.host)
    }

    /// Path and query, as answers repeat them.
    pub(crate) fn uri(&self) -> String {
        if self.raw_query.is_empty() {
            self.path.clone()
        } else {
            format!("{}?{}", self.path, self.raw_query)
        }
    }
}

fn is_form(parts: &Parts) -> bool {
    header_text(parts, header::CONTENT_TYPE)
        .is_some_and(|content_type| content_type.starts_with("application/x-www-form-urlencoded"))
}

fn header_text(parts: &Parts, name: header::HeaderName) -> Option<&str> {
    parts.headers.get(name).and_then(|value| value.to_str().ok())
}
