//! Identities. Ours are UUIDv7 newtypes, so two kinds cannot be mixed up; those of other systems are opaque text.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Text that is not an id of the kind asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Not a UUID.
    #[error("`{0}` is not a UUID")]
    NotUuid(String),
    /// An idempotency key that is empty, too long, or not visible ASCII.
    #[error("an idempotency key is 1 to 255 visible ASCII characters")]
    IdempotencyKey,
    /// A user id that is empty, too long, or has blanks or control characters.
    #[error("a user id is 1 to 128 visible characters without blanks")]
    UserId,
    /// Not two letters and 32 hexadecimal digits.
    #[error("`{text}` is not a SID that begins with {prefix}")]
    Sid {
        /// What was given, cut to 40 characters.
        text: String,
        /// The two letters that were expected.
        prefix: &'static str,
    },
}

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps a UUID that is known to be of this kind.
            pub const fn from_uuid(id: Uuid) -> Self {
                Self(id)
            }

            /// The bare UUID.
            pub const fn as_uuid(&self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                Uuid::parse_str(text).map(Self).map_err(|_| IdError::NotUuid(text.chars().take(40).collect()))
            }
        }
    };
}

uuid_id!(
    /// One attempt to buy a number.
    OrderId
);
uuid_id!(
    /// One owned or recorded number.
    NumberId
);
uuid_id!(
    /// What numbers are assigned to; belongs to a user.
    BusinessId
);
uuid_id!(
    /// One payment of a customer's into their wallet. The transfer that credits it has the same id.
    PaymentId
);
uuid_id!(
    /// One row of the ledger's journal. For a hold it is also what its capture or void refers to.
    TransferId
);
uuid_id!(
    /// A credit or correction that another operator must approve. Its transfer, once there is one, has the same UUID, so
    /// that it can never be posted twice.
    ApprovalId
);
uuid_id!(
    /// One wallet: a user's balance in one currency.
    WalletId
);
uuid_id!(
    /// One installation of Trunkline with a database of its own; made once, stored there.
    DeploymentId
);
uuid_id!(
    /// One event of the outbox.
    EventId
);
uuid_id!(
    /// One notice to a customer.
    NoticeId
);
uuid_id!(
    /// One API key; not the secret.
    ApiKeyId
);
uuid_id!(
    /// One account that can sign in at a browser; nothing of the ledger's.
    SignInAccountId
);
uuid_id!(
    /// One time that somebody is signed in at a browser; not its token.
    SessionId
);

impl PaymentId {
    /// The transfer that credits it.
    pub const fn transfer(&self) -> TransferId {
        TransferId::from_uuid(self.as_uuid())
    }
}

impl ApprovalId {
    /// The approval of what would be this transfer.
    pub const fn of(transfer: TransferId) -> Self {
        Self::from_uuid(transfer.as_uuid())
    }

    /// What is posted when it is approved.
    pub const fn transfer(&self) -> TransferId {
        TransferId::from_uuid(self.as_uuid())
    }
}

/// The namespace in which the orders of imported numbers have their ids.
const IMPORTED: Uuid = Uuid::from_u128(0x3f5b_4a0e_92c7_4d3c_8a61_c1de_70b2_5e94);

impl OrderId {
    /// The order of a number that was brought here from another system. It follows from the number's id, so it is the
    /// same at every attempt, and an imported number is known by it.
    pub fn of_imported(number: NumberId) -> Self {
        Self(Uuid::new_v5(&IMPORTED, number.0.as_bytes()))
    }
}

/// The paying customer: opaque text from the identity provider, 1 to 128 visible characters without blanks.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UserId(String);

impl UserId {
    /// The longest accepted id, in characters.
    pub const MAX_CHARS: usize = 128;

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for UserId {
    type Error = IdError;

    fn try_from(text: String) -> Result<Self, IdError> {
        let length = text.chars().count();
        let visible = text.chars().all(|c| !c.is_whitespace() && !c.is_control());
        if (1..=Self::MAX_CHARS).contains(&length) && visible { Ok(Self(text)) } else { Err(IdError::UserId) }
    }
}

impl From<UserId> for String {
    fn from(id: UserId) -> Self {
        id.0
    }
}

impl FromStr for UserId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        Self::try_from(text.to_owned())
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

macro_rules! sid {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;

            fn try_from(text: String) -> Result<Self, IdError> {
                let digits = text.strip_prefix($prefix);
                if digits.is_some_and(|d| d.len() == 32 && d.bytes().all(|b| b.is_ascii_hexdigit())) {
                    Ok(Self(text))
                } else {
                    Err(IdError::Sid { text: text.chars().take(40).collect(), prefix: $prefix })
                }
            }
        }

        impl From<$name> for String {
            fn from(sid: $name) -> Self {
                sid.0
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                Self::try_from(text.to_owned())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

sid!(
    /// The provider account that owns a number.
    AccountSid, "AC"
);
sid!(
    /// One number at the provider. Never reused, so an action by SID can be repeated safely.
    NumberSid, "PN"
);
sid!(
    /// An address of the account's at the provider.
    AddressSid, "AD"
);
sid!(
    /// A regulatory bundle at the provider: the evidence about an end user that a country asks for.
    BundleSid, "BU"
);

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("user123", true)]
    #[case("1b4e28ba-2fa1-11d2-883f-0016d3cca427", true)]
    #[case("auth0|5f7c8ec7c33c6c004bbafe82", true)]
    #[case("", false)]
    #[case("two words", false)]
    #[case("line\nbreak", false)]
    fn user_ids_are_visible_text(#[case] text: &str, #[case] good: bool) {
        assert_eq!(text.parse::<UserId>().is_ok(), good);
    }

    #[test]
    fn user_ids_end_at_128_characters() {
        assert!("ü".repeat(128).parse::<UserId>().is_ok());
        assert_eq!("ü".repeat(129).parse::<UserId>(), Err(IdError::UserId));
    }

    #[test]
    fn sids_keep_their_kind() {
        let text = format!("PN{}", "0a".repeat(16));
        assert!(text.parse::<NumberSid>().is_ok());
        assert!(text.parse::<AccountSid>().is_err());
        assert!("PN123".parse::<NumberSid>().is_err());
    }
}
