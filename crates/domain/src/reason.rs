//! Why a person decided something: one line that the audit trail keeps for good.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A person's reason: 1 to 200 characters on one line, without blanks around them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Reason(String);

/// A text that is no reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a reason is 1 to 200 characters on one line")]
pub struct ReasonError;

impl Reason {
    /// The longest reason, in characters.
    pub const MAX_CHARS: usize = 200;

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Reason {
    type Err = ReasonError;

    fn from_str(text: &str) -> Result<Self, ReasonError> {
        let text = text.trim();
        let fits = (1..=Self::MAX_CHARS).contains(&text.chars().count());
        if fits && !text.chars().any(char::is_control) { Ok(Self(text.to_owned())) } else { Err(ReasonError) }
    }
}

impl TryFrom<String> for Reason {
    type Error = ReasonError;

    fn try_from(text: String) -> Result<Self, ReasonError> {
        text.parse()
    }
}

impl From<Reason> for String {
    fn from(reason: Reason) -> Self {
        reason.0
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_one_line_of_at_most_200_characters() {
        assert_eq!("  Twilio case 118 \n".parse::<Reason>().unwrap().as_str(), "Twilio case 118");
        assert!("ü".repeat(200).parse::<Reason>().is_ok());
        for text in ["", " \t", &"ü".repeat(201), "two\nlines", "\u{1b}[31mred"] {
            assert_eq!(text.parse::<Reason>(), Err(ReasonError), "{text:?}");
        }
    }
}
