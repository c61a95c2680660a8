//! A number as the API answers it, as far as pages show it.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use trunkline_domain::{BusinessId, Currency, JsonMoney, Money, NumberId};

/// A number of the API.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Number {
    pub(crate) id: NumberId,
    pub(crate) business_id: Option<BusinessId>,
    pub(crate) phone_number: String,
    pub(crate) display_name: String,
    pub(crate) country_code: String,
    pub(crate) number_type: String,
    pub(crate) status: String,
    pub(crate) is_primary: bool,
    pub(crate) is_active: bool,
    pub(crate) provider: String,
    pub(crate) purchase_date: DateTime<Utc>,
    pub(crate) monthly_cost: JsonMoney,
    pub(crate) currency: Currency,
    pub(crate) features: Vec<String>,
    pub(crate) notes: Option<String>,
}

impl Number {
    /// What it costs a month.
    pub(crate) fn monthly(&self) -> Option<Money> {
        Money::new(self.monthly_cost.0, self.currency).ok()
    }

    /// Whether it lives at another provider, and is only recorded here.
    pub(crate) fn is_recorded(&self) -> bool {
        self.provider != "twilio"
    }

    /// Its state in a word for people, and how to mark it: nothing, good, waiting or bad.
    pub(crate) fn state(&self) -> (&'static str, &'static str) {
        match (self.status.as_str(), self.is_active) {
            ("active", true) => ("Active", "good"),
            ("active", false) => ("Switched off", "plain"),
            ("suspended", _) => ("Suspended", "bad"),
            ("releasing", _) => ("Being released", "waiting"),
            ("review", _) => ("Being looked at", "waiting"),
            ("released", _) => ("Released", "plain"),
            _ => ("Unknown", "plain"),
        }
    }
}

/// A type of number in words.
pub(crate) fn type_label(name: &str) -> &'static str {
    match name {
        "local" => "Local",
        "mobile" => "Mobile",
        "toll_free" | "tollFree" => "Toll-free",
        "international" => "International",
        "vanity" => "Vanity",
        _ => "Other",
    }
}
