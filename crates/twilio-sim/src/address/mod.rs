//! Addresses: where the account, or its customers, are. Some numbers are sold only to somebody with an address, in
//! the number's own country or outside of it.

mod validation;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use self::validation::validate;
use crate::{
    inventory::AddressRequirements,
    number::{API_VERSION, is_friendly_name, rfc_2822},
    parameters::Parameters,
    refusal::Refusal,
    sid,
};

/// How long a customer's name may be in UTF-8: Twilio says 21 characters of three bytes.
const CUSTOMER_NAME_BYTES_MAX: usize = 64;

/// An address of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Address {
    pub(crate) sid: String,
    pub(crate) account_sid: String,
    pub(crate) customer_name: String,
    pub(crate) friendly_name: String,
    pub(crate) street: String,
    pub(crate) street_secondary: Option<String>,
    pub(crate) city: String,
    pub(crate) region: String,
    pub(crate) postal_code: String,
    /// Two letters; it never changes.
    pub(crate) iso_country: String,
    pub(crate) emergency_enabled: bool,
    /// Checked against what is known of the country; `false` where nothing is.
    pub(crate) validated: bool,
    pub(crate) date_created: DateTime<Utc>,
    pub(crate) date_updated: DateTime<Utc>,
}

type Field = fn(&mut Address) -> &mut String;

/// What an address must have. It may be changed, but not emptied.
const NEEDED: [(&str, Field); 5] = [
    ("CustomerName", |address| &mut address.customer_name),
    ("Street", |address| &mut address.street),
    ("City", |address| &mut address.city),
    ("Region", |address| &mut address.region),
    ("PostalCode", |address| &mut address.postal_code),
];

impl Address {
    /// A new address of an account.
    pub(crate) fn create(account_sid: &str, form: &Parameters, now: DateTime<Utc>) -> Result<Self, Refusal> {
        let iso_country = form.given("IsoCountry").filter(|country| is_country(country));
        let mut address = Self {
            sid: sid::fresh("AD"),
            account_sid: account_sid.to_owned(),
            customer_name: String::new(),
            friendly_name: String::new(),
            street: String::new(),
            street_secondary: None,
            city: String::new(),
            region: String::new(),
            postal_code: String::new(),
            iso_country: iso_country.ok_or_else(|| Refusal::address_parameter("IsoCountry"))?.to_owned(),
            emergency_enabled: false,
            validated: false,
            date_created: now,
            date_updated: now,
        };
        if let Some((name, _)) = NEEDED.into_iter().find(|(name, _)| form.given(name).is_none()) {
            return Err(Refusal::address_parameter(name));
        }
        address.change(form, now)?;
        Ok(address)
    }

    /// Changes what the parameters name, or says what is wrong; the address may then be half changed and must be
    /// thrown away.
    pub(crate) fn change(&mut self, form: &Parameters, now: DateTime<Utc>) -> Result<(), Refusal> {
        for (name, field) in NEEDED {
            match form.get(name) {
                None => {}
                Some(value) if value.trim().is_empty() => return Err(Refusal::address_parameter(name)),
                Some(value) => value.clone_into(field(self)),
            }
        }
        if let Some(name) = form.given("FriendlyName") {
            if !is_friendly_name(name) {
                return Err(Refusal::friendly_name());
            }
            name.clone_into(&mut self.friendly_name);
        }
        if let Some(secondary) = form.get("StreetSecondary") {
            self.street_secondary = Some(secondary.to_owned()).filter(|text| !text.is_empty());
        }
        if let Some(enabled) = form.boolean("EmergencyEnabled")? {
            self.emergency_enabled = enabled;
        }
        if self.customer_name.len() > CUSTOMER_NAME_BYTES_MAX {
            return Err(Refusal::address_parameter("CustomerName"));
        }
        validate(self, form.boolean("AutoCorrectAddress")?.unwrap_or(true))?;
        self.date_updated = now;
        Ok(())
    }

    /// Whether it is what a number in this country asks for.
    pub(crate) fn satisfies(&self, requirements: AddressRequirements, country: &str) -> bool {
        match requirements {
            AddressRequirements::None | AddressRequirements::Any => true,
            AddressRequirements::Local => self.iso_country == country,
            AddressRequirements::Foreign => self.iso_country != country,
        }
    }

    /// Whether a list with these filters shows it.
    pub(crate) fn is_shown(&self, query: &Parameters) -> Result<bool, Refusal> {
        let same = |name: &str, value: &str| query.given(name).is_none_or(|wanted| wanted == value);
        Ok(same("CustomerName", &self.customer_name)
            && same("FriendlyName", &self.friendly_name)
            && same("IsoCountry", &self.iso_country)
            && query.boolean("EmergencyEnabled")?.is_none_or(|wanted| wanted == self.emergency_enabled))
    }

    /// The address as Twilio writes it. `verified` is false for every address here.
    pub(crate) fn to_json(&self) -> Value {
        json!({
            "account_sid": self.account_sid,
            "city": self.city,
            "customer_name": self.customer_name,
            "date_created": rfc_2822(self.date_created),
            "date_updated": rfc_2822(self.date_updated),
            "emergency_enabled": self.emergency_enabled,
            "friendly_name": self.friendly_name,
            "iso_country": self.iso_country,
            "postal_code": self.postal_code,
            "region": self.region,
            "sid": self.sid,
            "street": self.street,
            "street_secondary": self.street_secondary,
            "uri": format!("/{API_VERSION}/Accounts/{}/Addresses/{}.json", self.account_sid, self.sid),
            "validated": self.validated,
            "verified": false,
        })
    }
}

fn is_country(text: &str) -> bool {
    text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase())
}
