//! Twilio's webhooks. Nothing of one is believed before its signature is verified against the public address, which
//! is a setting; a `Host` header is the sender's own word.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequest, OriginalUri, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use trunkline_twilio::{
    CallWebhook, SIGNATURE_HEADER, SignedBody, StatusWebhook, TWIML_CONTENT_TYPE, TextWebhook, Verb,
    WebhookForm, twiml, verify_signature,
};
use trunkline_voice::{CallAnswer, IncomingCall, IncomingText, TextAnswer};

use super::Api;
use crate::ApiState;
use crate::description::asked;
use crate::description::refusals::OfWebhook;
use crate::extract::unread;
use crate::problem::{ErrorCode, Problem};

/// A form that Twilio has signed.
#[derive(Debug)]
pub(crate) struct SignedForm(WebhookForm);

impl FromRequest<Arc<ApiState>> for SignedForm {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &Arc<ApiState>) -> Result<Self, Problem> {
        let url = signed_url(state, &request).ok_or_else(unsigned)?;
        let signature = request.headers().get(SIGNATURE_HEADER).and_then(|value| value.to_str().ok());
        let signature = signature.ok_or_else(unsigned)?.to_owned();
        let body = Bytes::from_request(request, state).await.map_err(|rejection| unread(&rejection))?;
        let form = WebhookForm::parse(&body);
        let fields = SignedBody::Form(form.fields());
        if verify_signature(&state.webhook_auth_tokens, &url, fields, &signature) {
            Ok(Self(form))
        } else {
            Err(unsigned())
        }
    }
}

/// The address that Twilio was told, with the path and the query that came.
fn signed_url(state: &ApiState, request: &Request) -> Option<String> {
    let public_url = state.public_url.as_ref()?.as_str().trim_end_matches('/');
    let original = request.extensions().get::<OriginalUri>().map_or(request.uri(), |OriginalUri(uri)| uri);
    Some(format!("{public_url}{}", original.path_and_query()?))
}

fn unsigned() -> Problem {
    let detail = "This request is not signed by Twilio for this server's PUBLIC_URL. Nothing was done.";
    Problem::new(ErrorCode::Forbidden, detail)
}

/// Twilio: a call comes in
///
/// Answered with instructions in TwiML. Only what Twilio has signed for this server's `PUBLIC_URL` is believed.
#[utoipa::path(
    post,
    path = "/api/voice-agent/handle-call",
    operation_id = "handleCall",
    tag = "webhooks",
    params(("X-Twilio-Signature" = Option<String>, Header, description = "Twilio's signature over the public address and the form.")),
    request_body(content = asked::TwilioForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "What to do with the call.", body = String, content_type = "text/xml"),
        OfWebhook,
    ),
    security(()),
)]
pub(crate) async fn call(State(api): Api, SignedForm(form): SignedForm) -> Response {
    let CallWebhook { call_sid, from, to, .. } = CallWebhook::from(&form);
    let answer = api.voice.answer_call(&IncomingCall { id: call_sid, called: to, caller: from }).await;
    instructions(&call_verbs(answer))
}

/// Twilio: a text comes in
///
/// Answered with instructions in TwiML.
#[utoipa::path(
    post,
    path = "/api/voice-agent/handle-sms",
    operation_id = "handleText",
    tag = "webhooks",
    params(("X-Twilio-Signature" = Option<String>, Header, description = "Twilio's signature over the public address and the form.")),
    request_body(content = asked::TwilioForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "What to do with the text.", body = String, content_type = "text/xml"),
        OfWebhook,
    ),
    security(()),
)]
pub(crate) async fn text(State(api): Api, SignedForm(form): SignedForm) -> Response {
    let TextWebhook { message_sid, from, to, .. } = TextWebhook::from(&form);
    match api.voice.answer_text(&IncomingText { id: message_sid, called: to, sender: from }).await {
        TextAnswer::Silent => instructions(&[]),
    }
}

/// Twilio: a call has a new status
#[utoipa::path(
    post,
    path = "/api/voice-agent/status",
    operation_id = "handleStatus",
    tag = "webhooks",
    params(("X-Twilio-Signature" = Option<String>, Header, description = "Twilio's signature over the public address and the form.")),
    request_body(content = asked::TwilioForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 204, description = "Noted."),
        OfWebhook,
    ),
    security(()),
)]
pub(crate) async fn status(SignedForm(form): SignedForm) -> StatusCode {
    let StatusWebhook { call_sid, call_status, duration_s, .. } = StatusWebhook::from(&form);
    tracing::debug!(call.id = call_sid, call.status = call_status, duration_s, "a call has a new status");
    StatusCode::NO_CONTENT
}

/// Every plan for a call is so far a sentence.
fn call_verbs(answer: CallAnswer) -> [Verb; 2] {
    [Verb::Say { text: answer.sentence().to_owned() }, Verb::Hangup]
}

fn instructions(verbs: &[Verb]) -> Response {
    ([(header::CONTENT_TYPE, TWIML_CONTENT_TYPE)], twiml(verbs)).into_response()
}
