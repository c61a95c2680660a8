//! A number as the API answers it, as far as pages show it.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use trunkline_domain::{BusinessId, Currency, JsonMoney, Money, NumberId, PhoneNumber};

use crate::api::{Api, segment};
use crate::refusal::Refusal;

/// What a number may be able to do: the API's names, and words for people.
const ABILITIES: [(&str, &str); 4] =
    [("voice", "Calls"), ("sms", "Texts"), ("mms", "Pictures"), ("fax", "Fax")];

/// A number of the API.
#[derive(Debug, Clone, Deserialize)]
#[expect(clippy::struct_field_names, reason = "the API calls them so")]
pub(crate) struct Number {
    pub(crate) id: NumberId,
    pub(crate) user_id: String,
    pub(crate) business_id: Option<BusinessId>,
    pub(crate) phone_number: PhoneNumber,
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
    pub(crate) updated_at: DateTime<Utc>,
}

#[derive(Deserialize)]
struct Shown {
    number: Number,
}

impl Number {
    /// The number with this id, if it is the visitor's to see.
    pub(crate) async fn find(api: &Api<'_>, id: &str) -> Result<Self, Refusal> {
        let shown: Shown = api.get(&format!("/api/numbers/{}", segment(id)), &()).await?;
        Ok(shown.number)
    }

    /// The number as people read it.
    pub(crate) fn readable(&self) -> String {
        self.phone_number.readable()
    }

    /// What it can do, in words.
    pub(crate) fn can(&self) -> Vec<&'static str> {
        self.abilities(true)
    }

    /// What it cannot do, in words.
    pub(crate) fn cannot(&self) -> Vec<&'static str> {
        self.abilities(false)
    }

    fn abilities(&self, able: bool) -> Vec<&'static str> {
        let has = |name: &str| self.features.iter().any(|feature| feature == name);
        ABILITIES.into_iter().filter(|(name, _)| has(name) == able).map(|(_, word)| word).collect()
    }

    /// Whether its user may change it now, or give it back.
    pub(crate) fn accepts_changes(&self) -> bool {
        ["active", "suspended"].contains(&self.status.as_str())
    }

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

/// The types of numbers, by the API's names.
pub(crate) const TYPES: [&str; 5] = ["local", "mobile", "toll_free", "international", "vanity"];

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
