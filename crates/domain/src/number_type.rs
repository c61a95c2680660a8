//! Kinds of phone numbers: the three that can be bought, and the two more that can only be recorded.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A kind of number that can be bought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NumberType {
    /// Belongs to a place.
    Local,
    /// The callee pays.
    TollFree,
    /// A mobile number.
    Mobile,
}

/// A kind of number that can stand in the records: everything that can be bought, and what lives elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NumberKind {
    /// Belongs to a place.
    Local,
    /// The callee pays.
    TollFree,
    /// A mobile number.
    Mobile,
    /// Not bound to a country; recorded only.
    International,
    /// A number that spells a word; recorded only.
    Vanity,
}

/// Text that names no number type, or one that cannot be bought.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NumberTypeError {
    /// No such type.
    #[error("`{0}` is not a number type: use local, tollFree or mobile")]
    Unknown(String),
    /// A type that numbers may be recorded as, and that nobody sells.
    #[error("`{0}` numbers can be recorded, not bought: use local, tollFree or mobile")]
    RecordedOnly(NumberKind),
}

impl NumberType {
    /// All types that can be bought.
    pub const ALL: [Self; 3] = [Self::Local, Self::TollFree, Self::Mobile];

    /// The name in records, SQL and answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::TollFree => "toll_free",
            Self::Mobile => "mobile",
        }
    }
}

impl NumberKind {
    /// The name in records, SQL and answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::TollFree => "toll_free",
            Self::Mobile => "mobile",
            Self::International => "international",
            Self::Vanity => "vanity",
        }
    }
}

impl From<NumberType> for NumberKind {
    fn from(number_type: NumberType) -> Self {
        match number_type {
            NumberType::Local => Self::Local,
            NumberType::TollFree => Self::TollFree,
            NumberType::Mobile => Self::Mobile,
        }
    }
}

impl TryFrom<NumberKind> for NumberType {
    type Error = NumberTypeError;

    fn try_from(kind: NumberKind) -> Result<Self, NumberTypeError> {
        match kind {
            NumberKind::Local => Ok(Self::Local),
            NumberKind::TollFree => Ok(Self::TollFree),
            NumberKind::Mobile => Ok(Self::Mobile),
            NumberKind::International | NumberKind::Vanity => Err(NumberTypeError::RecordedOnly(kind)),
        }
    }
}

impl FromStr for NumberKind {
    type Err = NumberTypeError;

    /// Reads without regard to case, `_`, `-` and blanks: `tollFree`, `toll_free`, `TOLL-FREE`, `toll free`.
    fn from_str(text: &str) -> Result<Self, NumberTypeError> {
        let plain: String = text
            .chars()
            .filter(|c| !matches!(c, '_' | '-' | ' '))
            .map(|c| c.to_ascii_lowercase())
            .take(20)
            .collect();
        match plain.as_str() {
            "local" => Ok(Self::Local),
            "tollfree" => Ok(Self::TollFree),
            "mobile" => Ok(Self::Mobile),
            "international" => Ok(Self::International),
            "vanity" => Ok(Self::Vanity),
            _ => Err(NumberTypeError::Unknown(text.chars().take(20).collect())),
        }
    }
}

impl FromStr for NumberType {
    type Err = NumberTypeError;

    /// Reads as [`NumberKind`] does, and refuses what cannot be bought.
    fn from_str(text: &str) -> Result<Self, NumberTypeError> {
        text.parse::<NumberKind>()?.try_into()
    }
}

impl fmt::Display for NumberType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for NumberKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("tollFree")]
    #[case("toll_free")]
    #[case("TOLL-FREE")]
    #[case("Toll Free")]
    fn toll_free_in_any_spelling(#[case] text: &str) {
        assert_eq!(text.parse(), Ok(NumberType::TollFree));
    }

    #[test]
    fn recorded_kinds_are_told_apart_from_nonsense() {
        assert_eq!("vanity".parse::<NumberType>(), Err(NumberTypeError::RecordedOnly(NumberKind::Vanity)));
        assert!(matches!("landline".parse::<NumberType>(), Err(NumberTypeError::Unknown(_))));
    }
}
