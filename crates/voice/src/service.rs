//! The service: one look into the directory, one plan.

use std::fmt;
use std::sync::Arc;

use tracing::{debug, error, warn};
use trunkline_domain::{NumberStatus, PhoneNumber};

use crate::{CallAnswer, CalledNumber, NumberDirectory, TextAnswer};

/// A call that waits for an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IncomingCall {
    /// The carrier's id of the call; only for logs.
    pub id: Option<String>,
    /// The number that was called; `None` where the carrier names something that is no phone number.
    pub called: Option<PhoneNumber>,
    /// Who calls, as the carrier writes it.
    pub caller: Option<String>,
}

/// A text that has come in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IncomingText {
    /// The carrier's id of the text; only for logs.
    pub id: Option<String>,
    /// The number that was written to; `None` where the carrier names something that is no phone number.
    pub called: Option<PhoneNumber>,
    /// Who wrote, as the carrier writes it.
    pub sender: Option<String>,
}

/// Answers calls and texts.
#[derive(Clone)]
pub struct Voice {
    directory: Arc<dyn NumberDirectory>,
}

/// What the directory knows of a number.
enum Line {
    Open(CalledNumber),
    Closed,
    Unknown,
}

impl Voice {
    /// The service over the records of numbers.
    pub fn new(directory: Arc<dyn NumberDirectory>) -> Self {
        Self { directory }
    }

    /// The plan for a call. There always is one.
    pub async fn answer_call(&self, call: &IncomingCall) -> CallAnswer {
        let id = call.id.as_deref().unwrap_or("-");
        match self.line(call.called.as_ref()).await {
            Line::Open(number) => {
                debug!(call.id = id, number.id = %number.number, "a call for a number without an agent");
                CallAnswer::NoAgentYet
            }
            Line::Closed => CallAnswer::NotInService,
            Line::Unknown => CallAnswer::CannotAnswerNow,
        }
    }

    /// The plan for a text. There always is one.
    pub async fn answer_text(&self, text: &IncomingText) -> TextAnswer {
        let id = text.id.as_deref().unwrap_or("-");
        match self.line(text.called.as_ref()).await {
            Line::Open(number) => {
                debug!(text.id = id, number.id = %number.number, "a text for a number without an agent");
            }
            Line::Closed | Line::Unknown => {}
        }
        TextAnswer::Silent
    }

    async fn line(&self, called: Option<&PhoneNumber>) -> Line {
        let Some(called) = called else { return Line::Closed };
        match self.directory.find(called).await {
            Ok(Some(number)) if is_open(&number) => Line::Open(number),
            Ok(Some(number)) => {
                debug!(number.id = %number.number, status = number.status.as_str(), "a number out of service");
                Line::Closed
            }
            Ok(None) => {
                warn!(called = called.masked(), "the carrier asks about a number that nobody holds here");
                Line::Closed
            }
            Err(failure) => {
                error!(error = &failure as &dyn std::error::Error, "no answer from the records of numbers");
                Line::Unknown
            }
        }
    }
}

/// Whether a number works. One under review does: an open question of the operator's must not silence a customer.
const fn is_open(number: &CalledNumber) -> bool {
    match number.status {
        NumberStatus::Active | NumberStatus::Review => number.is_active,
        NumberStatus::Suspended | NumberStatus::Releasing | NumberStatus::Released => false,
    }
}

impl fmt::Debug for Voice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Voice").finish_non_exhaustive()
    }
}
