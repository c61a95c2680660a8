//! What a simulator is told before it starts. Nothing here changes while it runs.

use std::{fmt, path::PathBuf};

use serde::{Deserialize, Serialize};

use crate::{NumberType, accounts::AccountType};

/// A bundle that [`SimulatorConfig::new`] holds approved for every type of number in Great Britain.
///
/// Twilio approves a bundle for one type of number and one type of end user; this one stands for three bundles,
/// because most settings files name one bundle per country.
pub const GB_BUNDLE_SID: &str = "BU00000000000000000000000000000044";

/// How a simulator behaves and what it remembers.
#[derive(Clone)]
pub struct SimulatorConfig {
    /// The account that owns the numbers: `AC` and 32 hexadecimal digits.
    pub account_sid: String,
    /// The account's password. It is never logged, and `Debug` does not show it.
    pub auth_token: String,
    /// Accounts below that account. Its credentials reach them too; theirs reach only themselves.
    pub subaccounts: Vec<Subaccount>,
    /// Whether the account pays, or is on trial and may own one number.
    pub account_type: AccountType,
    /// API keys, which are credentials of one account without its password.
    pub api_keys: Vec<ApiKey>,
    /// Credentials with which nothing happens.
    pub test_credentials: Option<TestCredentials>,
    /// Which stock is for sale: the same seed gives the same numbers, always.
    pub inventory_seed: u64,
    /// What buying a number does that the account owns already.
    pub rebuy: Rebuy,
    /// The regulatory bundles that exist, approved or not.
    pub approved_bundles: Vec<Bundle>,
    /// Where owned numbers are kept from one run to the next; with `None` they end with the process.
    pub state_file: Option<PathBuf>,
    /// How many requests may be in progress at once before Twilio's 429 is answered; `None` is no limit.
    pub concurrent_requests_max: Option<usize>,
    /// A file to which every request is appended with its answer, one JSON object a line, without credentials. With
    /// `None` the environment variable `TWILIO_SIM_RECORD` may name one, so that a whole run of tests is recorded.
    pub record_file: Option<PathBuf>,
}

impl SimulatorConfig {
    /// One account, seed 1, rebuying an update as reported of Twilio, [`GB_BUNDLE_SID`] approved, nothing kept.
    pub fn new(account_sid: impl Into<String>, auth_token: impl Into<String>) -> Self {
        let approved_bundles = NumberType::ALL
            .into_iter()
            .map(|number_type| Bundle {
                sid: GB_BUNDLE_SID.to_owned(),
                country: "GB".to_owned(),
                number_type,
                status: BundleStatus::TwilioApproved,
            })
            .collect();
        Self {
            account_sid: account_sid.into(),
            auth_token: auth_token.into(),
            subaccounts: Vec::new(),
            account_type: AccountType::Full,
            api_keys: Vec::new(),
            test_credentials: None,
            inventory_seed: 1,
            rebuy: Rebuy::Update,
            approved_bundles,
            state_file: None,
            concurrent_requests_max: None,
            record_file: None,
        }
    }
}

impl fmt::Debug for SimulatorConfig {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("SimulatorConfig")
            .field("account_sid", &self.account_sid)
            .field("subaccounts", &self.subaccounts)
            .field("account_type", &self.account_type)
            .field("api_keys", &self.api_keys)
            .field("test_credentials", &self.test_credentials)
            .field("inventory_seed", &self.inventory_seed)
            .field("rebuy", &self.rebuy)
            .field("approved_bundles", &self.approved_bundles)
            .field("state_file", &self.state_file)
            .field("concurrent_requests_max", &self.concurrent_requests_max)
            .field("record_file", &self.record_file)
            .finish_non_exhaustive()
    }
}

/// An account below the main one.
#[derive(Clone)]
pub struct Subaccount {
    /// `AC` and 32 hexadecimal digits.
    pub sid: String,
    /// Its own password; `Debug` does not show it.
    pub auth_token: String,
    /// What it is called.
    pub friendly_name: String,
}

impl fmt::Debug for Subaccount {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Subaccount")
            .field("sid", &self.sid)
            .field("friendly_name", &self.friendly_name)
            .finish_non_exhaustive()
    }
}

/// A key of an account. It reaches this account and none below it.
#[derive(Clone)]
pub struct ApiKey {
    /// `SK` and 32 hexadecimal digits; the user name.
    pub sid: String,
    /// The password; `Debug` does not show it.
    pub secret: String,
    /// The account that it opens.
    pub account_sid: String,
    /// How far it reaches there.
    pub kind: ApiKeyKind,
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ApiKey")
            .field("sid", &self.sid)
            .field("account_sid", &self.account_sid)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

/// How far an API key reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApiKeyKind {
    /// As far as the account's own password.
    Main,
    /// Not to accounts themselves.
    Standard,
}

/// An account SID and a password of their own: the only thing they do is to buy the magic numbers, which are not
/// kept.
#[derive(Clone)]
pub struct TestCredentials {
    /// `AC` and 32 hexadecimal digits, other ones than the account's.
    pub account_sid: String,
    /// The password; `Debug` does not show it.
    pub auth_token: String,
}

impl fmt::Debug for TestCredentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("TestCredentials")
            .field("account_sid", &self.account_sid)
            .finish_non_exhaustive()
    }
}

/// What buying a number does that the same account owns already. One public report (2019) says that Twilio updates
/// it; nothing documents that, so a client should be correct under both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Rebuy {
    /// 201 with the number as it is now: an update that looks like a purchase.
    #[default]
    Update,
    /// 400 with code 21422, as for a number of somebody else.
    Refuse,
}

/// Evidence that a country's regulator wants before a type of number may be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Bundle {
    /// `BU` and 32 hexadecimal digits.
    pub sid: String,
    /// The country it was made for, two letters.
    pub country: String,
    /// The type of number it was made for.
    pub number_type: NumberType,
    /// Only an approved bundle buys a number.
    pub status: BundleStatus,
}

/// Where a bundle is in Twilio's review.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BundleStatus {
    /// Not yet submitted.
    Draft,
    /// Submitted.
    PendingReview,
    /// Being looked at.
    InReview,
    /// Refused.
    TwilioRejected,
    /// Good for purchases.
    TwilioApproved,
    /// Approved until more evidence comes.
    ProvisionallyApproved,
}
