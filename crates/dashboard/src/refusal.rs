//! A refusal of the API, in words for a person: what happened, whether they were charged, what to do.

use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value};
use trunkline_domain::ChargeState;
use trunkline_http::charge_sentence;

/// What is said of keys to whoever calls with one.
const KEYS: [&str; 2] = ["; use a key that may", "; use a key that has it"];

/// What the API refused: its problem document.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    document: Map<String, Value>,
    mistakes: Vec<Mistake>,
}

/// What is wrong with one field of a form.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Mistake {
    pub(crate) field: String,
    pub(crate) message: String,
}

impl Refusal {
    pub(crate) fn read(status: StatusCode, bytes: &[u8]) -> Self {
        match serde_json::from_slice(bytes) {
            Ok(Value::Object(document)) => {
                let mistakes = document.get("fields").cloned().unwrap_or_default();
                let mistakes = serde_json::from_value(mistakes).unwrap_or_default();
                Self { status, document, mistakes }
            }
            Ok(_) | Err(_) => Self { status, ..Self::ours() },
        }
    }

    /// A mistake of ours.
    pub(crate) fn ours() -> Self {
        let detail = "Something went wrong on our side. Try again in a moment.";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL_ERROR", detail)
    }

    /// There is nothing under this address.
    pub(crate) fn absent() -> Self {
        Self::new(StatusCode::NOT_FOUND, "NOT_FOUND", "There is nothing under this address.")
    }

    /// A mistake in a form that cannot be sent on as it is.
    pub(crate) fn of_mistake(field: &str, message: &str) -> Self {
        let mistake = Mistake { field: field.to_owned(), message: message.to_owned() };
        let refusal = Self::new(StatusCode::BAD_REQUEST, "VALIDATION_FAILED", message);
        Self { mistakes: vec![mistake], ..refusal }
    }

    /// A page's own refusal of something that is not so any more; nothing was done.
    pub(crate) fn overtaken(detail: &str) -> Self {
        Self::new(StatusCode::CONFLICT, "OVERTAKEN", detail)
    }

    fn new(status: StatusCode, code: &str, detail: &str) -> Self {
        let document = [("code", code), ("detail", detail)];
        let document = document.map(|(name, text)| (name.to_owned(), text.into())).into_iter().collect();
        Self { status, document, mistakes: Vec::new() }
    }

    /// The API's code.
    pub(crate) fn code(&self) -> &str {
        self.text("code")
    }

    /// What operators find it by in the log.
    pub(crate) fn request_id(&self) -> &str {
        self.text("requestId")
    }

    fn text(&self, name: &str) -> &str {
        self.member(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// A member of the document that belongs to its code.
    pub(crate) fn member(&self, name: &str) -> Option<&Value> {
        self.document.get(name)
    }

    /// What is wrong with a field, as a sentence; empty where nothing is.
    pub(crate) fn of_field(&self, field: &str) -> Option<String> {
        let mistakes = self.mistakes.iter().filter(|mistake| mistake.field == field);
        let said: Vec<_> = mistakes.map(|mistake| mistake.message.as_str()).collect();
        (!said.is_empty()).then(|| sentence(&of_this(&said.join(", and "))))
    }

    /// What is wrong with fields that a form does not show, as sentences.
    pub(crate) fn elsewhere_than<'r>(&'r self, shown: &'r [&str]) -> impl Iterator<Item = String> + 'r {
        let elsewhere = self.mistakes.iter().filter(|mistake| !shown.contains(&mistake.field.as_str()));
        elsewhere.map(|mistake| sentence(&format!("{} {}", mistake.field, mistake.message)))
    }

    /// What happened. Mistakes in fields stand at their fields.
    pub(crate) fn sentence(&self) -> String {
        if self.code() == "VALIDATION_FAILED" && !self.mistakes.is_empty() {
            return "Something in the form is not right yet; nothing was done.".to_owned();
        }
        match self.code() {
            "IDEMPOTENCY_KEY_REUSED" => {
                "This form was sent before with something else in it, and nothing was done now. Look what came of that; the form can \
                 be sent anew."
                    .to_owned()
            }
            "RATE_LIMITED" => "You have asked too often within a short time. Wait a moment, and try again.".to_owned(),
            _ => without_asides(self.text("detail")),
        }
    }

    /// Where the visitor's money is, where the API says.
    pub(crate) fn charged(&self) -> Option<ChargeState> {
        serde_json::from_value(self.member("charged")?.clone()).ok()
    }

    /// The same, as a sentence.
    pub(crate) fn charge(&self) -> Option<&'static str> {
        self.charged().map(charge_sentence)
    }
}

/// What a message says of its field, from the beginning of a sentence: some begin with a verb, others with their subject.
fn of_this(message: &str) -> String {
    const VERBS: [&str; 7] = ["is", "must", "has", "can", "cannot", "needs", "does"];
    if message.split(' ').next().is_some_and(|first| VERBS.contains(&first)) {
        return format!("This {message}");
    }
    let mut letters = message.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    first + letters.as_str()
}

/// The same without what is said to programs alone.
fn without_asides(text: &str) -> String {
    let text = KEYS.iter().fold(text.to_owned(), |text, aside| text.replace(aside, ""));
    match text.split_once(" (with ").and_then(|(before, rest)| Some((before, rest.split_once(')')?))) {
        Some((before, (aside, after))) if aside.contains("Idempotency-Key") => format!("{before}{after}"),
        Some(_) | None => text,
    }
}

fn sentence(text: &str) -> String {
    let text = text.trim_end();
    if text.ends_with('.') { text.to_owned() } else { format!("{text}.") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_document_becomes_sentences() {
        let document =
            br#"{"code":"NUMBER_UNAVAILABLE","detail":"It was taken.","charged":"no","alternatives":["+1"]}"#;
        let refusal = Refusal::read(StatusCode::GONE, document);
        assert_eq!((refusal.code(), refusal.sentence().as_str()), ("NUMBER_UNAVAILABLE", "It was taken."));
        assert_eq!(refusal.charge(), Some("You were not charged."));
        assert!(refusal.member("alternatives").is_some() && refusal.of_field("amount").is_none());
    }

    #[test]
    fn people_are_not_told_of_keys() {
        let document = br#"{"code":"INSUFFICIENT_BALANCE","detail":"Nothing was charged; add money, then buy again (with a new Idempotency-Key, if you use one)."}"#;
        let refusal = Refusal::read(StatusCode::PAYMENT_REQUIRED, document);
        assert_eq!(refusal.sentence(), "Nothing was charged; add money, then buy again.");
        assert_eq!(without_asides("as it is (with care)"), "as it is (with care)");
        assert_eq!(without_asides("Nothing was done; use a key that may."), "Nothing was done.");
    }

    #[test]
    fn a_mistake_stands_at_its_field() {
        let document = br#"{"code":"VALIDATION_FAILED","detail":"x","fields":[{"field":"amount","message":"is missing"}]}"#;
        let refusal = Refusal::read(StatusCode::BAD_REQUEST, document);
        assert_eq!(refusal.of_field("amount").unwrap(), "This is missing.");
        let refusal = Refusal::of_mistake("amount", "a cost cannot be negative");
        assert_eq!(refusal.of_field("amount").unwrap(), "A cost cannot be negative.");
        assert!(refusal.sentence().ends_with("nothing was done."));
    }

    #[test]
    fn what_is_no_document_is_a_mistake_of_ours() {
        assert_eq!(Refusal::read(StatusCode::BAD_GATEWAY, b"<html>").code(), "INTERNAL_ERROR");
    }
}
