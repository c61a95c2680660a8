//! What the provider was asked about an order, and what it answered: noted by the sagas as they go, and stored in the
//! audit line of the order's next transition.
//!
//! *Invariants*: a note names the call and what its answer means, with the provider's code and the beginning of its
//! sentence; never a body, a credential or an address. What a transition has stored is not stored again.

use std::future::Future;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::time::Instant;
use trunkline_domain::Order;
use trunkline_provider::{ProviderError, Sighting};

use crate::engine::Engine;
use crate::evidence::{LookVerdict, judge_look};

/// How many notes one audit line takes: the first ones and the last ones of a saga that went on for long.
const NOTES_MAX: usize = 24;

/// How many of them are the first ones.
const FIRST_NOTES: usize = 8;

/// How much of the provider's sentence a note keeps, in characters.
const SENTENCE_MAX: usize = 160;

/// One call to the provider about an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProviderCall {
    /// When it began, by our clock.
    pub at: DateTime<Utc>,
    /// What was asked.
    pub call: CallKind,
    /// What the answer means.
    pub answer: CallAnswer,
    /// The provider's own error code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<u32>,
    /// The beginning of what the provider, or the way to it, said of a failure. For operators only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub says: Option<String>,
    /// How long the answer took.
    pub took_ms: u64,
}

/// What the provider was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallKind {
    /// Whether the account holds the number.
    Look,
    /// To sell the number.
    Buy,
    /// The number under an id.
    Fetch,
    /// What the number on offer can do and asks for.
    Search,
    /// The account's addresses.
    Addresses,
    /// The account's regulatory bundles.
    Bundles,
}

impl CallKind {
    /// The name in JSON, and for people.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Look => "look",
            Self::Buy => "buy",
            Self::Fetch => "fetch",
            Self::Search => "search",
            Self::Addresses => "addresses",
            Self::Bundles => "bundles",
        }
    }
}

/// What an answer of the provider means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallAnswer {
    /// A complete answer without the number.
    Absent,
    /// The account holds the number under the order's marker.
    Ours,
    /// The account holds the number under any other label.
    Other,
    /// Bought now, for this order.
    Bought,
    /// The purchase was taken for an update of a number that the account had before.
    OwnedBefore,
    /// The answer to the purchase names another number, account or type.
    Mismatch,
    /// The answer to the purchase names the number under another label.
    Unlabelled,
    /// Answered, with what was asked for.
    Found,
    /// Answered: there is no such thing.
    NotFound,
    /// The provider said no.
    Refused,
    /// Certainly not processed: a rate limit, or no connection.
    Unavailable,
    /// The credentials are not accepted.
    Unauthorized,
    /// No provider is configured.
    NotConfigured,
    /// No answer that says anything: a timeout, a server error. A purchase may have happened.
    Unknown,
}

impl CallAnswer {
    /// For people.
    pub const fn phrase(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Ours => "ours",
            Self::Other => "held under another label",
            Self::Bought => "bought",
            Self::OwnedBefore => "owned before",
            Self::Mismatch => "something else than was ordered",
            Self::Unlabelled => "bought under another label",
            Self::Found => "answered",
            Self::NotFound => "nothing there",
            Self::Refused => "refused",
            Self::Unavailable => "cannot say: not available",
            Self::Unauthorized => "credentials not accepted",
            Self::NotConfigured => "no provider is configured",
            Self::Unknown => "cannot say: no answer that counts",
        }
    }
}

/// An answer, before it is known when it was asked for.
#[derive(Debug)]
pub(crate) struct Heard {
    answer: CallAnswer,
    code: Option<u32>,
    says: Option<String>,
}

impl Heard {
    /// No answer came within a limit of ours.
    pub(crate) fn nothing_within(limit: Duration) -> Self {
        let says = Some(format!("no answer within {} s", limit.as_secs_f32()));
        Self { answer: CallAnswer::Unknown, code: None, says }
    }
}

impl From<CallAnswer> for Heard {
    fn from(answer: CallAnswer) -> Self {
        Self { answer, code: None, says: None }
    }
}

impl From<&LookVerdict> for Heard {
    fn from(verdict: &LookVerdict) -> Self {
        match verdict {
            LookVerdict::Absent => CallAnswer::Absent,
            LookVerdict::Ours(_) => CallAnswer::Ours,
            LookVerdict::Other => CallAnswer::Other,
        }
        .into()
    }
}

impl From<&ProviderError> for Heard {
    fn from(error: &ProviderError) -> Self {
        let (answer, code, says) = match error {
            ProviderError::Refused { code, message, .. } => (CallAnswer::Refused, *code, Some(message)),
            ProviderError::Unavailable { detail, .. } => (CallAnswer::Unavailable, None, Some(detail)),
            ProviderError::Unauthorized { code } => (CallAnswer::Unauthorized, *code, None),
            ProviderError::NotConfigured => (CallAnswer::NotConfigured, None, None),
            ProviderError::OutcomeUnknown { detail, .. } => (CallAnswer::Unknown, None, Some(detail)),
        };
        Self { answer, code, says: says.map(String::as_str).and_then(beginning) }
    }
}

/// The beginning of a sentence, without the characters that no database or terminal should be given.
fn beginning(sentence: &str) -> Option<String> {
    let readable = sentence.chars().map(|c| if c.is_control() { ' ' } else { c });
    let kept: String = readable.take(SENTENCE_MAX).collect();
    let kept = kept.trim();
    (!kept.is_empty()).then(|| kept.to_owned())
}

/// When something was asked, and how long the answer took.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked {
    at: DateTime<Utc>,
    took: Duration,
}

/// The calls of a saga that no transition has stored yet.
#[derive(Debug, Default)]
pub(crate) struct Calls {
    notes: Vec<ProviderCall>,
    left_out: u64,
}

impl Calls {
    /// Notes a call.
    pub(crate) fn note(&mut self, asked: Asked, call: CallKind, heard: impl Into<Heard>) {
        let Heard { answer, code, says } = heard.into();
        let took_ms = asked.took.as_millis().try_into().unwrap_or(u64::MAX);
        self.push(ProviderCall { at: asked.at, call, answer, code, says, took_ms });
    }

    /// Takes over the notes of what went on beside it.
    pub(crate) fn append(&mut self, beside: Self) {
        self.left_out += beside.left_out;
        for note in beside.notes {
            self.push(note);
        }
        self.notes.sort_by_key(|note| note.at);
    }

    /// Forgets what a transition has stored.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    /// The details of an audit line, with the calls among them.
    pub(crate) fn within(&self, mut details: Value) -> Value {
        if let Value::Object(members) = &mut details {
            members.insert("calls".to_owned(), json!(self.notes));
            if self.left_out > 0 {
                members.insert("callsLeftOut".to_owned(), json!(self.left_out));
            }
        }
        details
    }

    fn push(&mut self, note: ProviderCall) {
        if self.notes.len() == NOTES_MAX {
            self.notes.remove(FIRST_NOTES);
            self.left_out += 1;
        }
        self.notes.push(note);
    }
}

impl Engine {
    /// Asks, and measures how long the answer takes.
    pub(crate) async fn ask<T>(&self, question: impl Future<Output = T>) -> (T, Asked) {
        let (at, started) = (self.now(), Instant::now());
        let answer = question.await;
        (answer, Asked { at, took: started.elapsed() })
    }

    /// Looks for an order's number and says what the answer proves, beside the answer itself.
    pub(crate) async fn look_for(
        &self,
        order: &Order,
        calls: &mut Calls,
    ) -> Result<(LookVerdict, Sighting), ProviderError> {
        let (looked, asked) = self.ask(self.parts.provider.look(&order.phone_number)).await;
        match looked {
            Ok(sighting) => {
                let verdict = judge_look(sighting.clone(), order, self.marker(order));
                calls.note(asked, CallKind::Look, &verdict);
                Ok((verdict, sighting))
            }
            Err(error) => {
                calls.note(asked, CallKind::Look, &error);
                Err(error)
            }
        }
    }

    /// Notes that nobody could be asked at all.
    pub(crate) fn note_unasked(&self, calls: &mut Calls, error: &ProviderError) {
        calls.note(Asked { at: self.now(), took: Duration::ZERO }, CallKind::Look, error);
    }
}

#[cfg(test)]
mod tests {
    use trunkline_provider::Refusal;

    use super::*;
    use crate::sample;

    fn asked(seconds: i64) -> Asked {
        Asked { at: sample::at(seconds), took: Duration::from_millis(310) }
    }

    #[test]
    fn a_note_says_what_was_answered_and_reads_back() {
        let mut calls = Calls::default();
        calls.note(asked(1), CallKind::Look, CallAnswer::Absent);
        let message = format!("\u{1b}[31mNo such number\n{}", "x".repeat(500));
        let refused =
            ProviderError::Refused { reason: Refusal::NumberUnavailable, code: Some(21422), message };
        calls.note(asked(2), CallKind::Buy, &refused);
        let details = calls.within(json!({ "failure": "number_unavailable" }));
        let notes: Vec<ProviderCall> = serde_json::from_value(details["calls"].clone()).unwrap();
        assert_eq!(notes, calls.notes);
        assert_eq!(details["calls"][0]["tookMs"], 310);
        let says = notes[1].says.clone().unwrap();
        assert_eq!((notes[1].answer, notes[1].code), (CallAnswer::Refused, Some(21422)));
        assert!(says.starts_with("[31mNo such number x") && says.chars().count() <= SENTENCE_MAX, "{says}");
        assert_eq!(details["failure"], "number_unavailable");
    }

    #[test]
    fn a_long_saga_keeps_its_beginning_and_its_end() {
        let mut calls = Calls::default();
        for second in 0..100 {
            calls.note(asked(second), CallKind::Look, CallAnswer::Absent);
        }
        let seconds: Vec<i64> =
            calls.notes.iter().map(|note| (note.at - sample::at(0)).num_seconds()).collect();
        assert_eq!(seconds.len(), NOTES_MAX);
        assert_eq!(seconds[..FIRST_NOTES], (0..8).collect::<Vec<_>>());
        assert_eq!(seconds[FIRST_NOTES..], (84..100).collect::<Vec<_>>());
        assert_eq!(calls.within(json!({}))["callsLeftOut"], 76);
        calls.clear();
        assert_eq!(calls.within(json!({})), json!({ "calls": [] }));
    }

    #[test]
    fn what_went_on_side_by_side_is_told_in_order() {
        let (mut calls, mut beside) = (Calls::default(), Calls::default());
        calls.note(asked(1), CallKind::Look, CallAnswer::Absent);
        calls.note(asked(3), CallKind::Buy, CallAnswer::Bought);
        beside.note(asked(2), CallKind::Search, CallAnswer::NotFound);
        calls.append(beside);
        let kinds: Vec<_> = calls.notes.iter().map(|note| note.call).collect();
        assert_eq!(kinds, [CallKind::Look, CallKind::Search, CallKind::Buy]);
    }
}
