//! Numbers as a provider holds them, and what is asked of them.

use chrono::{DateTime, Utc};
use trunkline_domain::{
    AccountSid, Capabilities, Country, NumberType, PhoneNumber, ProviderIdentity, RegulatoryIds, WebhookUrls,
};

/// A number that the provider says an account of ours owns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderNumber {
    /// Owning account and number id.
    pub identity: ProviderIdentity,
    /// The number, in E.164.
    pub phone_number: PhoneNumber,
    /// The provider's label, in which purchases carry their marker.
    pub friendly_name: String,
    /// Its type, where the provider says it and we know it.
    pub number_type: Option<NumberType>,
    /// What it can do.
    pub capabilities: Capabilities,
    /// Where the provider sends what happens on it.
    pub webhooks: WebhookUrls,
    /// When the account got it, by the provider's clock, to the second.
    pub date_created: DateTime<Utc>,
    /// When it last changed there, by the same clock. Equal to `date_created` on a number that was just bought.
    pub date_updated: DateTime<Utc>,
}

/// A complete answer to "do we hold this number?". An incomplete one is an error, never an empty sighting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighting {
    /// The number, or `None` where the account certainly showed nothing under exactly this number.
    pub number: Option<ProviderNumber>,
    /// The provider's clock when it answered (its `Date` header), to the second.
    pub provider_time: DateTime<Utc>,
}

/// What to buy, and how to set it up in the same request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberPurchase {
    /// Exactly this number.
    pub phone_number: PhoneNumber,
    /// Its country.
    pub country: Country,
    /// The type it is bought as; the provider refuses another.
    pub number_type: NumberType,
    /// The account to buy it in.
    pub account: AccountSid,
    /// Display name and marker, at most 64 characters.
    pub friendly_name: String,
    /// Where calls, texts and ends of calls go. A number that takes no texts gets no `sms_url`.
    pub webhooks: WebhookUrls,
    /// The operator's approved bundle and address, where set.
    pub regulatory: RegulatoryIds,
}

/// The provider's answer to a purchase that it says succeeded, unjudged: the caller compares it with what was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bought {
    /// What the provider says was bought.
    pub number: ProviderNumber,
}

/// Settings to change on an owned number; `None` leaves a setting as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NumberSettings {
    /// Display name and marker, at most 64 characters.
    pub friendly_name: Option<String>,
    /// All three addresses; an absent one is cleared.
    pub webhooks: Option<WebhookUrls>,
}

/// What became of a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReleaseAnswer {
    /// Given back now.
    Released,
    /// The account does not have it, by the provider's own words: given back before, or moved; see
    /// [`crate::NumberProvider::locate`].
    Gone,
}

/// Everything an account holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// The account that was listed.
    pub account: AccountSid,
    /// What it holds, in the provider's order.
    pub numbers: Vec<ProviderNumber>,
    /// Whether every page was read. An incomplete listing proves presence, never absence.
    pub complete: bool,
    /// The provider's clock when the first page was answered.
    pub begun_at: DateTime<Utc>,
}
