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
    /// An address is missing, or one in the number's own area is needed.
    AddressRequired,
    /// The address that was given does not do.
    AddressRejected,
    /// A regulatory bundle or document is missing or does not do.
    BundleRequired,
    /// No such area code, nothing in it, or none to be asked for.
    AreaCode,
    /// The number takes no texts, so it takes no address for them.
    TakesNoTexts,
    /// One of our webhook addresses or its method is not accepted.
    WebhookRejected,
    /// The account is suspended or closed.
    AccountInactive,
    /// The account may not do this.
    AccountRestricted,
    /// Not with test credentials.
    TestCredentials,
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

/// What a row of the table is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pattern {
    /// Not a byte was sent.
    NotSent,
    /// An answer with this status, whoever gave it.
    Status(u16),
    /// An answer with this status and any code of Twilio's.
    StatusWithCode(u16),
    /// An answer with this status and this code.
    Exactly(u16, u32),
    /// An answer of a status that refuses, with this code.
    Code(u32),
    /// An answer of a status that refuses, with any code of Twilio's.
    AnyCode,
}

/// The table. The first row that matches decides; what no row knows may have happened.
const TABLE: &[(Pattern, Meaning)] = &[
    (Pattern::NotSent, Meaning::NotSent),
    (Pattern::Status(429), Meaning::RateLimited), // from anybody: whoever limits does not process
    (Pattern::StatusWithCode(401), Meaning::Unauthorized),
    (Pattern::Exactly(404, 20404), Meaning::NotFound), // a bare 404 may be a proxy's
    (Pattern::Code(10001), Meaning::AccountInactive),  // account is not active
    (Pattern::Code(10002), Meaning::AccountRestricted), // not for trial accounts
    (Pattern::Code(20003), Meaning::Unauthorized),     // authenticate, permission denied
    (Pattern::Code(20005), Meaning::AccountInactive),  // account not active
    (Pattern::Code(20006), Meaning::AccountRestricted), // access denied
    (Pattern::Code(20008), Meaning::TestCredentials),  // not with test credentials
    (Pattern::Code(20403), Meaning::AccountRestricted), // forbidden
    (Pattern::Code(20409), Meaning::Unknown),          // conflict
    (Pattern::Code(20429), Meaning::RateLimited),      // too many requests
    (Pattern::Code(20500), Meaning::Unknown),          // Twilio's own failures
    (Pattern::Code(20503), Meaning::Unknown),
    (Pattern::Code(20504), Meaning::Unknown),
    (Pattern::Code(21401), Meaning::NumberUnavailable), // not a valid North American number
    (Pattern::Code(21402), Meaning::WebhookRejected),   // invalid URL
    (Pattern::Code(21403), Meaning::WebhookRejected),   // invalid method
    (Pattern::Code(21404), Meaning::AccountRestricted), // a trial account has one number
    (Pattern::Code(21405), Meaning::WebhookRejected),   // fallback without a voice URL
    (Pattern::Code(21406), Meaning::WebhookRejected),   // fallback without an SMS URL
    (Pattern::Code(21407), Meaning::TakesNoTexts),      // the type of number has no SMS
    (Pattern::Code(21421), Meaning::NumberUnavailable), // not a valid number
    (Pattern::Code(21422), Meaning::NumberUnavailable), // not available
    (Pattern::Code(21451), Meaning::AreaCode),          // invalid area code
    (Pattern::Code(21452), Meaning::AreaCode),          // no numbers in the area code
    (Pattern::Code(21457), Meaning::AreaCode),          // the resource takes no area code
    (Pattern::Code(21458), Meaning::WrongType),         // number and sub-resource do not match
    (Pattern::Code(21613), Meaning::AddressRejected),   // no such address that satisfies the requirement
    (Pattern::Code(21615), Meaning::AddressRequired),   // a local address is needed
    (Pattern::Code(21628), Meaning::AddressRejected),   // address validation failed
    (Pattern::Code(21629), Meaning::AddressRejected),   // a corrected address is suggested
    (Pattern::Code(21631), Meaning::AddressRequired),   // AddressSid was empty
    (Pattern::Code(21649), Meaning::BundleRequired),    // no bundle, or one that does not do
    (Pattern::Code(21650), Meaning::BundleRequired),    // a verified identity document is needed
    (Pattern::Code(21651), Meaning::BundleRequired),    // the document does not satisfy the regulation
    (Pattern::Code(22300), Meaning::AccountRestricted), // restricted from provisioning
    (Pattern::AnyCode, Meaning::OtherRefusal),
];

/// What a failure means.
pub(crate) fn meaning(seen: Seen) -> Meaning {
    meaning_by(TABLE.iter(), seen)
}

fn meaning_by<'t>(mut rows: impl Iterator<Item = &'t (Pattern, Meaning)>, seen: Seen) -> Meaning {
    rows.find(|(pattern, _)| pattern.matches(seen)).map_or(Meaning::Unknown, |(_, meaning)| *meaning)
}

impl Pattern {
    fn matches(self, seen: Seen) -> bool {
        match (self, seen) {
            (Self::NotSent, seen) => seen == Seen::NotSent,
            (Self::Status(wanted), Seen::Answered { status, .. })
            | (Self::StatusWithCode(wanted), Seen::Answered { status, code: Some(_) }) => status == wanted,
            (Self::Exactly(wanted, known), Seen::Answered { status, code: Some(code) }) => {
                (status, code) == (wanted, known)
            }
            (Self::Code(known), Seen::Answered { status, code: Some(code) }) => {
                refuses(status) && code == known
            }
            (Self::AnyCode, Seen::Answered { status, code: Some(_) }) => refuses(status),
            (
                Self::Status(_) | Self::StatusWithCode(_) | Self::Exactly(..) | Self::Code(_) | Self::AnyCode,
                Seen::NotSent
                | Seen::TimedOut
                | Seen::Broken
                | Seen::Unreadable
                | Seen::Answered { code: None, .. },
            ) => false,
        }
    }
}

/// Whether a status says that the request was not carried out. Not so a request that was given up waiting for
/// (408), a conflict with something under way (409), and a 404 that is not plainly about the resource.
const fn refuses(status: u16) -> bool {
    matches!(status, 400..=499) && !matches!(status, 404 | 408 | 409)
}

impl Seen {
    /// Whether nobody was there who could answer. Whatever Twilio refuses or limits, it is there.
    pub(crate) const fn is_outage(self) -> bool {
        match self {
            Self::NotSent | Self::TimedOut | Self::Broken | Self::Unreadable => true,
            Self::Answered { status, .. } => !matches!(status, 400..=499),
        }
    }
}

impl Meaning {
    /// The refusal that an operation reports; `None` where the meaning is no refusal.
    pub(crate) fn refusal(self, operation: Operation, message: &str) -> Option<Refusal> {
        match self {
            Self::WrongType => Some(Refusal::WrongType),
            Self::AddressRequired => Some(Refusal::AddressRequired),
            Self::AddressRejected => Some(Refusal::AddressRejected),
            Self::BundleRequired => Some(Refusal::BundleRequired),
            Self::AreaCode if operation == Operation::Search => {
                Some(Refusal::Filter { field: "area_code", message: message.to_owned() })
            }
            Self::NumberUnavailable | Self::AreaCode => Some(Refusal::NumberUnavailable),
            Self::AccountInactive => Some(Refusal::AccountInactive),
            Self::AccountRestricted => Some(Refusal::AccountRestricted),
            Self::TestCredentials => Some(Refusal::TestCredentials),
            Self::NotFound if operation == Operation::Search => Some(Refusal::TypeNotOffered),
            Self::NotFound | Self::TakesNoTexts | Self::WebhookRejected | Self::OtherRefusal => {
                Some(Refusal::Other)
            }
            Self::Unauthorized | Self::RateLimited | Self::NotSent | Self::Unknown => None,
        }
    }
}

#[cfg(test)]
#[path = "classification_tests.rs"]
mod tests;
