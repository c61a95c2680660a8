//! Whole requests, by the real router over the real services and a real SQLite file: whatever is sent, the answer is one of
//! ours. Never a 500, never without end, a problem document where it is no success; money comes back digit by digit, and
//! a webhook that is answered was signed.

mod world;

use axum::body::{Body, Bytes};
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, Uri, header};
use secrecy::SecretString;
use serde_json::Value;
use trunkline_twilio::{SIGNATURE_HEADER, SignedBody, WebhookForm, sign};

use self::world::{AUTH_TOKEN, PUBLIC_URL, World};
use crate::exact::Exact;

/// The longest answer, in bytes: what the requests to one world can have left in its audit trail, as CSV.
const ANSWER_MAX: usize = 16 * 1024 * 1024;

/// The input is a request as it stands on the wire: `METHOD /path?query`, headers, an empty line, the body. A caller is
/// named by `Authorization: Bearer ann | ben | service | operator`, whose keys are put in; `X-Twilio-Signature: right`
/// becomes the right one.
pub(crate) fn run(input: &[u8]) {
    let Some(call) = Call::read(input) else { return };
    world::with(|world| {
        let answer = world.answer(call.request(world));
        assert!(answer.body.len() <= ANSWER_MAX, "{} bytes are no bounded answer", answer.body.len());
        assert_ne!(answer.status, StatusCode::INTERNAL_SERVER_ERROR, "{:?}", answer.body);
        assert!(answer.headers.contains_key("x-request-id"), "an answer without the request's id");
        if answer.status.is_client_error() || answer.status.is_server_error() {
            answer.is_a_problem();
        } else {
            call.was_understood(&answer);
        }
    });
}

/// A request, as somebody wrote it.
struct Call {
    method: Method,
    target: Uri,
    headers: HeaderMap,
    body: Bytes,
}

/// What came of it.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Call {
    /// `None` where HTTP itself refuses it, which is no business of ours.
    fn read(input: &[u8]) -> Option<Self> {
        let (head, body) = match input.windows(2).position(|two| two == b"\n\n") {
            Some(end) => (&input[..end], &input[end + 2..]),
            None => (input, &[][..]),
        };
        let mut lines = head.split(|byte| *byte == b'\n');
        let (method, target) = std::str::from_utf8(lines.next()?).ok()?.split_once(' ')?;
        let mut headers = HeaderMap::new();
        for line in lines {
            let (name, value) = line.split_at(line.iter().position(|byte| *byte == b':')?);
            let name = HeaderName::from_bytes(name).ok()?;
            headers.try_append(name, HeaderValue::from_bytes(value[1..].trim_ascii()).ok()?).ok()?;
        }
        let target = target.parse::<Uri>().ok().filter(|uri| uri.path().starts_with('/'))?;
        let body = Bytes::copy_from_slice(body);
        Some(Self { method: method.parse().ok()?, target, headers, body })
    }

    fn request(&self, world: &World) -> Request<Body> {
        let mut request = Request::new(Body::from(self.body.clone()));
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = self.target.clone();
        *request.headers_mut() = self.headers.clone();
        let named = self.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        if let Some(key) = named.and_then(|named| world.key_of(named.strip_prefix("Bearer ")?)) {
            request.headers_mut().insert(header::AUTHORIZATION, key);
        }
        if self.headers.get(SIGNATURE_HEADER).is_some_and(|value| value == "right") {
            let right = HeaderValue::try_from(self.signature()).expect("a signature is base64");
            request.headers_mut().insert(HeaderName::from_static("x-twilio-signature"), right);
        }
        request
    }

    /// The signature that Twilio would send.
    fn signature(&self) -> String {
        let path = self.target.path_and_query().map(PathAndQuery::as_str).unwrap_or_default();
        let form = WebhookForm::parse(&self.body);
        sign(&SecretString::from(AUTH_TOKEN), &format!("{PUBLIC_URL}{path}"), SignedBody::Form(form.fields()))
    }

    /// What was done is what was asked.
    fn was_understood(&self, answer: &Answer) {
        let path = self.target.path();
        if path.starts_with("/api/voice-agent/") && self.method == Method::POST {
            let claimed = self.headers.get(SIGNATURE_HEADER).and_then(|value| value.to_str().ok());
            let claimed = claimed.expect("a webhook without a signature was answered");
            assert!(claimed == "right" || claimed == self.signature(), "a forged webhook was answered");
        } else if path.starts_with("/api/") && self.method != Method::OPTIONS {
            assert!(self.headers.contains_key(header::AUTHORIZATION), "a stranger was answered");
        }
        if path == "/api/wallet/credits" && self.method == Method::POST {
            let sent: Value = serde_json::from_slice(&self.body).expect("a credit is JSON");
            let done: Value = serde_json::from_slice(&answer.body).expect("the answer is JSON");
            let digits = |amount: &Value| Exact::of(amount.as_str().unwrap_or(&amount.to_string()).trim());
            let (sent, done) = (digits(&sent["amount"]), digits(&done["transaction"]["amount"]));
            assert!(sent.is_some() && sent == done, "asked for {sent:?}, credited {done:?}");
        }
    }
}

impl Answer {
    /// A problem document (RFC 9457) with a code of ours, or no body at all where HTTP wants none.
    fn is_a_problem(&self) {
        if self.body.is_empty() {
            return;
        }
        let kind = self.headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
        assert_eq!(kind, Some(&b"application/problem+json"[..]), "{}: {:?}", self.status, self.body);
        let problem: Value = serde_json::from_slice(&self.body).expect("a problem is JSON");
        assert!(problem["code"].is_string() && problem["status"] == self.status.as_u16(), "{problem}");
    }
}
