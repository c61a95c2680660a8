//! The one table that says what a failed request means, and above all whether it may have happened.
//!
//! A refusal is certain only in Twilio's own words: a 4xx whose body carries one of Twilio's codes. Whatever could
//! come from something between us and Twilio, or leaves open whether Twilio acted, is [`Meaning::Unknown`].
//! The codes are those of Twilio's error dictionary.

use trunkline_provider::Refusal;

use crate::operation::Operation;

/// What was seen of a request that did not succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seen {
    /// No connection was made, or we held the request back ourselves: not a byte of it was sent.
    NotSent,
    /// Time ran out when the request may have left.
    TimedOut,
    /// The connection ended before a whole answer had come.
    Broken,
    /// An answer of success that is not what it should be: cut, not JSON, without what makes it a success.
    Unreadable,
    /// An answer that is no success, with the code of Twilio's error body; `None` where it has no such body.
    Answered {
        /// The HTTP status.
        status: u16,
        /// Twilio's error code.
        code: Option<u32>,
    },
}

/// What a failure means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// The number is not to be had.
    NumberUnavailable,
    /// The number is not of the type it was asked as.
    WrongType,
    /// An address is missing or does not do.
    AddressRequired,
    /// A regulatory bundle or document is missing or does not do.
    BundleRequired,
    /// No such area code, or nothing in it.
    AreaCode,
    /// The account may not do this.
    AccountRestricted,
    /// What was asked for does not exist, by Twilio's own words.
    NotFound,
    /// A refusal that nobody acts on in a particular way.
    OtherRefusal,
    /// The credentials are not accepted.
    Unauthorized,
    /// Too many requests at once; not processed.
    RateLimited,
    /// Nothing was sent.
    NotSent,
    /// It may have happened.
    Unknown,
}

/// Twilio's codes that mean something other than a plain refusal. Each is certain only together with a 4xx status.
const CODES: &[(u32, Meaning)] = &[
    (10001, Meaning::AccountRestricted), // account is not active
    (10002, Meaning::AccountRestricted), // not for trial accounts
    (20003, Meaning::Unauthorized),      // authenticate
    (20005, Meaning::AccountRestricted), // account not active
    (20006, Meaning::AccountRestricted), // access denied
    (20008, Meaning::AccountRestricted), // not with test credentials
    (20403, Meaning::AccountRestricted), // forbidden
    (20409, Meaning::Unknown),           // conflict
    (20429, Meaning::RateLimited),       // too many requests
    (20500, Meaning::Unknown),           // Twilio's own failures
    (20503, Meaning::Unknown),
    (20504, Meaning::Unknown),
    (21401, Meaning::NumberUnavailable), // not a valid North American number
    (21404, Meaning::AccountRestricted), // a trial account has one number
    (21421, Meaning::NumberUnavailable), // not a valid number
    (21422, Meaning::NumberUnavailable), // not available
    (21451, Meaning::AreaCode),          // invalid area code
    (21452, Meaning::AreaCode),          // no numbers in the area code
    (21458, Meaning::WrongType),         // number and sub-resource do not match
    (21613, Meaning::AddressRequired),   // no address that satisfies the requirement
    (21615, Meaning::AddressRequired),   // a local address is needed
    (21628, Meaning::AddressRequired),   // address validation failed
    (21629, Meaning::AddressRequired),   // a corrected address is suggested
    (21631, Meaning::AddressRequired),   // AddressSid was empty
    (21649, Meaning::BundleRequired),    // no bundle, or one that does not do
    (21650, Meaning::BundleRequired),    // a verified identity document is needed
    (21651, Meaning::BundleRequired),    // the document does not satisfy the regulation
    (22300, Meaning::AccountRestricted), // restricted from provisioning
];

/// What a failure means. Total: what the table does not know is a plain refusal if it is certain, else unknown.
pub(crate) fn meaning(seen: Seen) -> Meaning {
    match seen {
        Seen::NotSent => Meaning::NotSent,
        Seen::TimedOut | Seen::Broken | Seen::Unreadable => Meaning::Unknown,
        Seen::Answered { status, code } => meaning_of_answer(status, code),
    }
}

fn meaning_of_answer(status: u16, code: Option<u32>) -> Meaning {
    match (status, code) {
        (429, _) => Meaning::RateLimited,
        (404, Some(20404)) => Meaning::NotFound,
        (401, Some(_)) => Meaning::Unauthorized,
        (status, Some(code)) if refuses(status) => {
            CODES.iter().find(|(known, _)| *known == code).map_or(Meaning::OtherRefusal, |(_, means)| *means)
        }
        (_, Some(_) | None) => Meaning::Unknown,
    }
}

/// Whether a status says that the request was not carried out. Not so a request that was given up waiting for
/// (408), a conflict with something under way (409), and a 404 that is not plainly about the resource.
const fn refuses(status: u16) -> bool {
    matches!(status, 400..=499) && !matches!(status, 404 | 408 | 409)
}

impl Meaning {
    /// The refusal that an operation reports; `None` where the meaning is no refusal.
    pub(crate) fn refusal(self, operation: Operation, message: &str) -> Option<Refusal> {
        match self {
            Self::WrongType => Some(Refusal::WrongType),
            Self::AddressRequired => Some(Refusal::AddressRequired),
            Self::BundleRequired => Some(Refusal::BundleRequired),
            Self::AreaCode if operation == Operation::Search => {
                Some(Refusal::Filter { field: "area_code", message: message.to_owned() })
            }
            Self::NumberUnavailable | Self::AreaCode => Some(Refusal::NumberUnavailable),
            Self::AccountRestricted => Some(Refusal::AccountRestricted),
            Self::NotFound if operation == Operation::Search => Some(Refusal::TypeNotOffered),
            Self::NotFound | Self::OtherRefusal => Some(Refusal::Other),
            Self::Unauthorized | Self::RateLimited | Self::NotSent | Self::Unknown => None,
        }
    }
}

#[cfg(test)]
#[path = "classification_tests.rs"]
mod tests;
