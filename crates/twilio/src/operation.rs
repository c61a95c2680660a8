//! The operations of the adapter, and what each of them may do: which share of the requests it draws on, and after
//! which failures it may be sent again.

use crate::classification::Meaning;

/// What a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    Search,
    Types,
    List,
    Look,
    Fetch,
    Buy,
    Configure,
    Release,
}

/// A share of the requests that may be under way at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Share {
    /// Searches and listings.
    Reads,
    /// What a purchase, a release or a change of settings needs.
    Writes,
}

impl Operation {
    #[cfg(test)]
    pub(crate) const ALL: [Self; 8] = [
        Self::Search,
        Self::Types,
        Self::List,
        Self::Look,
        Self::Fetch,
        Self::Buy,
        Self::Configure,
        Self::Release,
    ];

    /// The name in logs.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Search => "search",
            Self::Types => "types",
            Self::List => "list",
            Self::Look => "look",
            Self::Fetch => "fetch",
            Self::Buy => "buy",
            Self::Configure => "configure",
            Self::Release => "release",
        }
    }

    pub(crate) const fn share(self) -> Share {
        match self {
            Self::Search | Self::Types | Self::List => Share::Reads,
            Self::Look | Self::Fetch | Self::Buy | Self::Configure | Self::Release => Share::Writes,
        }
    }

    /// Whether it only asks.
    pub(crate) const fn is_read(self) -> bool {
        match self {
            Self::Search | Self::Types | Self::List | Self::Look | Self::Fetch => true,
            Self::Buy | Self::Configure | Self::Release => false,
        }
    }

    /// Whether it may be sent again after a failure. What changes something is repeated only after a rate limit,
    /// which Twilio never processes (its page on error 20429); a read also where nobody knows what became of it.
    pub(crate) const fn may_repeat_after(self, meaning: Meaning) -> bool {
        match meaning {
            Meaning::RateLimited => true,
            Meaning::NotSent | Meaning::Unknown => self.is_read(),
            Meaning::NumberUnavailable
            | Meaning::WrongType
            | Meaning::AddressRequired
            | Meaning::BundleRequired
            | Meaning::AreaCode
            | Meaning::AccountRestricted
            | Meaning::NotFound
            | Meaning::Unauthorized
            | Meaning::OtherRefusal => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_repeated_only_after_a_rate_limit() {
        for operation in Operation::ALL {
            assert!(operation.may_repeat_after(Meaning::RateLimited));
            assert!(!operation.may_repeat_after(Meaning::NumberUnavailable));
            assert_eq!(operation.may_repeat_after(Meaning::Unknown), operation.is_read(), "{operation:?}");
            assert_eq!(operation.may_repeat_after(Meaning::NotSent), operation.is_read(), "{operation:?}");
        }
    }

    #[test]
    fn searching_cannot_hold_up_a_purchase() {
        for operation in [Operation::Look, Operation::Buy, Operation::Release] {
            assert_eq!(operation.share(), Share::Writes);
        }
        assert_eq!(Operation::Search.share(), Share::Reads);
    }
}
