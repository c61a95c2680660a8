//! The operations of the adapter, and what each of them may do: which share of the requests it draws on, which
//! breaker guards it, and after which failures it may be sent again.

use crate::classification::Meaning;

/// What a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    Search,
    Types,
    List,
    Look,
    Fetch,
    Locate,
    Buy,
    Configure,
    Release,
    Credentials,
    Status,
    Balance,
    Addresses,
    Bundles,
    Regulations,
    Costs,
}

/// A share of the requests that may be under way at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Share {
    /// Searches, listings, and questions about the account.
    Reads,
    /// What a purchase, a release or a change of settings needs.
    Writes,
}

/// Endpoints that fail together, and that one breaker guards. What buys and what releases stand apart from what
/// reads, and the looks that a purchase waits for apart from long listings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    Searches,
    Looks,
    Listings,
    Purchases,
    Settings,
    Releases,
    Account,
    /// Apart from the account, whose addresses purchases wait for: it is asked for all the time.
    Balance,
    Regulatory,
    Pricing,
}

impl Family {
    pub(crate) const ALL: [Self; 10] = [
        Self::Searches,
        Self::Looks,
        Self::Listings,
        Self::Purchases,
        Self::Settings,
        Self::Releases,
        Self::Account,
        Self::Balance,
        Self::Regulatory,
        Self::Pricing,
    ];

    /// The name in logs and errors.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Searches => "searches",
            Self::Looks => "looks",
            Self::Listings => "listings",
            Self::Purchases => "purchases",
            Self::Settings => "settings",
            Self::Releases => "releases",
            Self::Account => "account",
            Self::Balance => "balance",
            Self::Regulatory => "regulatory",
            Self::Pricing => "pricing",
        }
    }
}

impl Operation {
    #[cfg(test)]
    pub(crate) const ALL: [Self; 16] = [
        Self::Search,
        Self::Types,
        Self::List,
        Self::Look,
        Self::Fetch,
        Self::Locate,
        Self::Buy,
        Self::Configure,
        Self::Release,
        Self::Credentials,
        Self::Status,
        Self::Balance,
        Self::Addresses,
        Self::Bundles,
        Self::Regulations,
        Self::Costs,
    ];

    /// The name in logs.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Search => "search",
            Self::Types => "types",
            Self::List => "list",
            Self::Look => "look",
            Self::Fetch => "fetch",
            Self::Locate => "locate",
            Self::Buy => "buy",
            Self::Configure => "configure",
            Self::Release => "release",
            Self::Credentials => "credentials",
            Self::Status => "status",
            Self::Balance => "balance",
            Self::Addresses => "addresses",
            Self::Bundles => "bundles",
            Self::Regulations => "regulations",
            Self::Costs => "costs",
        }
    }

    pub(crate) const fn family(self) -> Family {
        match self {
            Self::Search | Self::Types => Family::Searches,
            Self::Look | Self::Fetch => Family::Looks,
            Self::List | Self::Locate => Family::Listings,
            Self::Buy => Family::Purchases,
            Self::Configure => Family::Settings,
            Self::Release => Family::Releases,
            Self::Credentials | Self::Status | Self::Addresses => Family::Account,
            Self::Balance => Family::Balance,
            Self::Bundles | Self::Regulations => Family::Regulatory,
            Self::Costs => Family::Pricing,
        }
    }

    /// A purchase may wait for the account's addresses, so these are of the purchases' share.
    pub(crate) const fn share(self) -> Share {
        match self {
            Self::Search
            | Self::Types
            | Self::List
            | Self::Locate
            | Self::Credentials
            | Self::Status
            | Self::Balance
            | Self::Bundles
            | Self::Regulations
            | Self::Costs => Share::Reads,
            Self::Look | Self::Fetch | Self::Buy | Self::Configure | Self::Release | Self::Addresses => {
                Share::Writes
            }
        }
    }

    /// Whether it only asks.
    pub(crate) const fn is_read(self) -> bool {
        match self {
            Self::Search
            | Self::Types
            | Self::List
            | Self::Look
            | Self::Fetch
            | Self::Locate
            | Self::Credentials
            | Self::Status
            | Self::Balance
            | Self::Addresses
            | Self::Bundles
            | Self::Regulations
            | Self::Costs => true,
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
            | Meaning::AddressRejected
            | Meaning::BundleRequired
            | Meaning::AreaCode
            | Meaning::TakesNoTexts
            | Meaning::WebhookRejected
            | Meaning::AccountInactive
            | Meaning::AccountRestricted
            | Meaning::TestCredentials
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
        for operation in [Operation::Look, Operation::Buy, Operation::Release, Operation::Addresses] {
            assert_eq!(operation.share(), Share::Writes);
        }
        assert_eq!(Operation::Search.share(), Share::Reads);
    }

    #[test]
    fn what_changes_something_shares_its_breaker_with_nothing() {
        for operation in Operation::ALL.into_iter().filter(|operation| !operation.is_read()) {
            let beside = Operation::ALL.into_iter().filter(|other| other.family() == operation.family());
            assert_eq!(beside.collect::<Vec<_>>(), [operation]);
        }
    }
}
