//! Users: the paying customers, known by the id that the identity provider gave them.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use trunkline_domain::UserId;

/// A paying customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Identity, the identity provider's.
    pub id: UserId,
    /// Where to write to them.
    pub email: Option<Email>,
    /// When they were added.
    pub created_at: DateTime<Utc>,
}

/// An email address, as far as that can be told without sending to it: something, an `@`, something, no blanks.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Email(String);

/// Text that is no email address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "an email address has an @ between two parts, no blanks, and at most {} characters",
    Email::MAX_CHARS
)]
pub struct EmailError;

impl Email {
    /// The longest address, in characters: what SMTP can carry (RFC 5321).
    pub const MAX_CHARS: usize = 254;

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Email {
    type Error = EmailError;

    fn try_from(text: String) -> Result<Self, EmailError> {
        let parts = text.rsplit_once('@');
        let two_parts = parts.is_some_and(|(local, host)| !local.is_empty() && !host.is_empty());
        let visible = !text.chars().any(|c| c.is_whitespace() || c.is_control());
        let fits = text.chars().count() <= Self::MAX_CHARS;
        if two_parts && visible && fits { Ok(Self(text)) } else { Err(EmailError) }
    }
}

impl FromStr for Email {
    type Err = EmailError;

    fn from_str(text: &str) -> Result<Self, EmailError> {
        Self::try_from(text.trim().to_owned())
    }
}

impl From<Email> for String {
    fn from(email: Email) -> Self {
        email.0
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What to find: users whose id or email address contains the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserSearch(String);

/// Text that nobody can be found by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is a part of an id or of an email address, of 1 to {} characters", UserSearch::MAX_CHARS)]
pub struct UserSearchError;

impl UserSearch {
    /// The longest text that is searched for, in characters: that of the longest id.
    pub const MAX_CHARS: usize = 255;

    /// The text, its letters A to Z small.
    pub fn text(&self) -> &str {
        &self.0
    }
}

impl FromStr for UserSearch {
    type Err = UserSearchError;

    fn from_str(text: &str) -> Result<Self, UserSearchError> {
        let text = text.trim();
        let fits = (1..=Self::MAX_CHARS).contains(&text.chars().count());
        let visible = !text.chars().any(char::is_control);
        if fits && visible { Ok(Self(text.to_ascii_lowercase())) } else { Err(UserSearchError) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_need_two_parts_and_no_blanks() {
        for good in ["a@b", "maria+desk@example.com", " padded@example.com ", "\"odd@local\"@example.com"] {
            assert!(good.parse::<Email>().is_ok(), "{good}");
        }
        for bad in ["", "maria", "@example.com", "maria@", "two words@example.com", "a@b\nc"] {
            assert_eq!(bad.parse::<Email>(), Err(EmailError), "{bad}");
        }
        assert!(format!("{}@b", "a".repeat(253)).parse::<Email>().is_err());
    }

    #[test]
    fn what_is_searched_for_is_visible_and_of_small_letters() {
        assert_eq!(" Ann@Example ".parse::<UserSearch>().unwrap().text(), "ann@example");
        for bad in ["", "  ", "a\nb", &"a".repeat(256)] {
            assert_eq!(bad.parse::<UserSearch>(), Err(UserSearchError), "{bad:?}");
        }
    }
}
