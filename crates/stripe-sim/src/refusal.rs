//! Refusals with Stripe's error bodies: `{"error": {"type", "code", "message", "param", …}}`.

use serde_json::{Map, Value, json};

use crate::answer::Answer;

/// A refusal of Stripe's. Whoever returns one has changed nothing, but for a declined payment, which leaves its
/// payment intent and charge behind as Stripe does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    kind: &'static str,
    code: Option<&'static str>,
    pub(crate) message: String,
    param: Option<String>,
    /// Fields that only some refusals have.
    more: Map<String, Value>,
}

impl Refusal {
    fn new(status: u16, kind: &'static str, code: Option<&'static str>, message: impl Into<String>) -> Self {
        Self { status, kind, code, message: message.into(), param: None, more: Map::new() }
    }

    /// 400 about what was asked.
    pub(crate) fn invalid(code: Option<&'static str>, message: impl Into<String>) -> Self {
        Self::new(400, "invalid_request_error", code, message)
    }

    #[must_use]
    pub(crate) fn about(mut self, param: &str) -> Self {
        self.param = Some(param.to_owned());
        self
    }

    pub(crate) fn missing_parameter(param: &str) -> Self {
        Self::invalid(Some("parameter_missing"), format!("Missing required param: {param}.")).about(param)
    }

    pub(crate) fn unknown_parameter(param: &str) -> Self {
        Self::invalid(Some("parameter_unknown"), format!("Received unknown parameter: {param}")).about(param)
    }

    pub(crate) fn empty_parameter(param: &str) -> Self {
        let message = format!(
            "You passed an empty string for '{param}'. We assume empty values are an attempt to unset a parameter; \
             however '{param}' cannot be unset. You should remove '{param}' from your request or supply a non-empty \
             value."
        );
        Self::invalid(Some("parameter_invalid_empty"), message).about(param)
    }

    pub(crate) fn no_integer(param: &str, given: &str) -> Self {
        Self::invalid(Some("parameter_invalid_integer"), format!("Invalid integer: {given}")).about(param)
    }

    /// 400: the value is none of those that are allowed.
    pub(crate) fn none_of(param: &str, allowed: &[&str]) -> Self {
        Self::invalid(None, format!("Invalid {param}: must be one of {}", allowed.join(", "))).about(param)
    }

    pub(crate) fn no_such(noun: &str, id: &str) -> Self {
        Self::new(404, "invalid_request_error", Some("resource_missing"), format!("No such {noun}: '{id}'"))
            .about("id")
    }

    /// 400: a parameter names an object that there is not.
    pub(crate) fn names_no(noun: &str, id: &str, param: &str) -> Self {
        Self::invalid(Some("resource_missing"), format!("No such {noun}: '{id}'")).about(param)
    }

    pub(crate) fn unrecognized_url(method: &str, path: &str) -> Self {
        let message = format!("Unrecognized request URL ({method}: {path}).");
        Self::new(404, "invalid_request_error", None, message)
    }

    pub(crate) fn no_key() -> Self {
        let message = "You did not provide an API key. You need to provide your API key in the Authorization header, \
                       using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').";
        Self::new(401, "invalid_request_error", None, message)
    }

    /// 401 for a key that opens nothing here; of the key only its end is repeated.
    pub(crate) fn wrong_key(given: &str) -> Self {
        let end: String = given.chars().rev().take(4).collect::<Vec<_>>().into_iter().rev().collect();
        Self::new(401, "invalid_request_error", None, format!("Invalid API Key provided: ****{end}"))
    }

    pub(crate) fn other_parameters() -> Self {
        let message = "Keys for idempotent requests can only be used with the same parameters they were first used \
                       with. Try using a key other than the one that you sent if you meant to execute a different \
                       request.";
        Self::new(400, "idempotency_error", None, message)
    }

    pub(crate) fn key_in_use() -> Self {
        let message = "There is currently another in-progress request using this Idempotent Key (that probably means \
                       you submitted twice, and the other request is still going through). Please try again later.";
        Self::new(409, "idempotency_error", Some("idempotency_key_in_use"), message)
    }

    /// A status that a fault script answers.
    pub(crate) fn of_status(status: u16) -> Self {
        match status {
            429 => {
                let message = "Request rate limit exceeded. You can learn more about rate limits here \
                               https://stripe.com/docs/rate-limits.";
                Self::new(429, "invalid_request_error", Some("rate_limit"), message)
            }
            400..=499 => Self::new(status, "invalid_request_error", None, "Refused by a fault script."),
            _ => Self::new(status, "api_error", None, "An unknown error occurred"),
        }
    }

    /// 500 of the simulator's own, which Stripe never answers.
    pub(crate) fn full(most: usize) -> Self {
        let message = format!("This simulator keeps at most {most} objects; reset it to go on.");
        Self::new(500, "api_error", None, message)
    }

    pub(crate) fn body_too_large() -> Self {
        Self::new(
            413,
            "invalid_request_error",
            None,
            "The request could not be read: it is too large or broke off.",
        )
    }

    /// 402: the bank said no.
    pub(crate) fn declined(code: &'static str, decline_code: &str, message: &str) -> Self {
        let mut refusal = Self::new(402, "card_error", Some(code), message);
        refusal.more.insert("decline_code".to_owned(), json!(decline_code));
        refusal
    }

    #[must_use]
    pub(crate) fn with(mut self, field: &str, value: Value) -> Self {
        self.more.insert(field.to_owned(), value);
        self
    }

    pub(crate) fn answer(&self) -> Answer {
        let mut error = self.more.clone();
        error.insert("type".to_owned(), json!(self.kind));
        error.insert("message".to_owned(), json!(self.message));
        if let Some(code) = self.code {
            error.insert("code".to_owned(), json!(code));
            error.insert(
                "doc_url".to_owned(),
                json!(format!("https://stripe.com/docs/error-codes/{}", code.replace('_', "-"))),
            );
        }
        if let Some(param) = &self.param {
            error.insert("param".to_owned(), json!(param));
        }
        Answer::of(self.status, &json!({ "error": error }))
    }
}
