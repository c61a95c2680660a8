//! Numbers: what the original has of one, beside what the provider says of it, becomes a number of ours or a reason why
//! not. Pure.
//!
//! The provider is believed about what a number is there (its id, what it can do, where its calls go, its type), the
//! original about whose it is, what it is called, when it was bought and what it costs.

use chrono::{DateTime, Utc};
use serde_json::Value;
use trunkline_domain::{
    AccountSid, BusinessId, Capabilities, Country, Currency, DisplayName, Money, NumberId, NumberKind,
    NumberSid, NumberStatus, NumberType, Order, OrderId, OrderState, OwnedNumber, PhoneNumber, PriceBook,
    TransferId, UserId, WebhookUrls,
};
use trunkline_provider::ProviderNumber;
use trunkline_wallet::AccountId;

use crate::account::Sighted;
use crate::{NumberImport, OriginalRow};

/// A row that may be moved, as far as the original tells.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Draft {
    pub(crate) id: NumberId,
    pub(crate) phone_number: PhoneNumber,
    pub(crate) status: NumberStatus,
    /// Where it is at the provider.
    pub(crate) place: Place,
    row: OriginalRow,
}

/// Where a number is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// At Twilio, under this id where the original has one, on this account where it says so.
    Twilio { sid: Option<NumberSid>, account: Option<AccountSid> },
    /// With somebody else: the original only had a record of it.
    Elsewhere { provider: String },
}

/// What a row of the original comes to before the provider is asked.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Read {
    Draft(Box<Draft>),
    /// Its user gave it back; it is history.
    GivenBack,
    Left(String),
}

/// What prices and times are reckoned by.
pub(crate) struct Terms<'a> {
    pub(crate) currency: Currency,
    pub(crate) prices: &'a PriceBook,
    pub(crate) now: DateTime<Utc>,
}

/// Where the price of an imported number comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PricedBy {
    Original,
    PriceFile,
    /// A record of a number elsewhere, which is never charged.
    Nobody,
}

/// A number as it would be here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OldNumber {
    pub(crate) import: NumberImport,
    pub(crate) priced_by: PricedBy,
    /// What of it is not quite as it was.
    pub(crate) adjusted: Vec<String>,
}

/// A number that is not to be moved, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unmoved {
    /// Under which it may be here all the same.
    pub(crate) id: Option<NumberId>,
    pub(crate) subject: String,
    pub(crate) why: Why,
}

/// Why a number is not to be moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Why {
    /// Its user gave it back in the original; it is history.
    GivenBack,
    /// It cannot be, for this reason.
    Left(String),
}

impl Unmoved {
    pub(crate) fn of(row: &OriginalRow, why: Why) -> Self {
        Self { id: row.uuid(&["id"]).map(NumberId::from_uuid), subject: subject(row), why }
    }

    /// How it differs from what is here under its id; `None` where both have been given back.
    pub(crate) fn difference(&self, here: &OwnedNumber) -> Option<String> {
        match (&self.why, here.status.is_live()) {
            (Why::GivenBack, false) => None,
            (Why::GivenBack, true) => {
                Some(format!("it is {} here, and was given back there", here.status.as_str()))
            }
            (Why::Left(why), true) => Some(format!("it is {} here: {why}", here.status.as_str())),
            (Why::Left(_), false) => Some("it was given back here, and not there".to_owned()),
        }
    }
}

/// What people call a row.
pub(crate) fn subject(row: &OriginalRow) -> String {
    let id = row.text(&["id"]).unwrap_or_else(|| "without an id".to_owned());
    match row.text(&["phone_number"]) {
        Some(phone_number) => format!("number {phone_number} ({id})"),
        None => format!("number {id}"),
    }
}

/// Reads a row.
pub(crate) fn read(row: &OriginalRow) -> Read {
    let status = match row.text(&["status"]).map(|status| status.to_ascii_lowercase()).as_deref() {
        None | Some("active" | "inactive" | "assigned" | "purchased") => NumberStatus::Active,
        Some("suspended" | "paused") => NumberStatus::Suspended,
        Some("released" | "cancelled" | "canceled" | "deleted" | "expired") => return Read::GivenBack,
        Some(other) => {
            return Read::Left(format!("its status is `{other}`: finish or end it in the original first"));
        }
    };
    match draft(row, status) {
        Ok(draft) => Read::Draft(Box::new(draft)),
        Err(why) => Read::Left(why),
    }
}

fn draft(row: &OriginalRow, status: NumberStatus) -> Result<Draft, String> {
    let Some(id) = row.uuid(&["id"]).map(NumberId::from_uuid) else {
        return Err("its id is no UUID".to_owned());
    };
    let country = row.text(&["country_code", "country"]).and_then(|code| code.parse().ok());
    let written = row.text(&["phone_number"]).unwrap_or_default();
    let phone_number =
        PhoneNumber::parse(&written, country).map_err(|error| format!("`{written}`: {error}"))?;
    let sid = match row.text(&["twilio_sid", "phone_number_sid", "provider_sid"]) {
        Some(text) => Some(text.parse::<NumberSid>().map_err(|error| error.to_string())?),
        None => None,
    };
    let account = row.text(&["twilio_account_sid", "account_sid"]).and_then(|sid| sid.parse().ok());
    let provider = row.text(&["provider"]).filter(|name| !name.eq_ignore_ascii_case(OwnedNumber::PROVIDER));
    let place = match (provider, sid) {
        (Some(provider), None) => Place::Elsewhere { provider: provider.chars().take(64).collect() },
        (_, sid) => Place::Twilio { sid, account },
    };
    Ok(Draft { id, phone_number, status, place, row: row.clone() })
}

/// The number at Twilio, or why it stays where it is. Only a certain answer is believed.
pub(crate) fn held(draft: &Draft, sighted: Sighted, account: &AccountSid) -> Result<ProviderNumber, String> {
    match sighted {
        Sighted::Held(held) if held.phone_number == draft.phone_number => Ok(*held),
        Sighted::Held(held) => Err(format!(
            "{} is {} at Twilio: put the original's row right, then run this again",
            held.identity.number, held.phone_number
        )),
        Sighted::Absent => Err(format!("account {account} does not have it any more")),
        Sighted::ElsewhereBy(other) => {
            Err(format!("it is on account {other}, and this deployment sells on {account}"))
        }
        Sighted::Unanswered(why) => {
            Err(format!("Twilio did not say whether it has it ({why}): run this again"))
        }
    }
}

impl Draft {
    /// The number as it would be here; `held` where Twilio has it.
    pub(crate) fn build(
        &self,
        held: Option<&ProviderNumber>,
        user: &UserId,
        businesses: &[BusinessId],
        terms: &Terms<'_>,
    ) -> Result<OldNumber, String> {
        let (row, mut adjusted) = (&self.row, Vec::new());
        let named = row.text(&["country_code", "country"]).and_then(|code| code.parse::<Country>().ok());
        // +1 toll-free numbers belong to two countries, and the row says to which.
        let country = named.or_else(|| self.phone_number.country());
        let Some(country) = country else { return Err("it is of no country".to_owned()) };
        let (number_type, kind) = self.kind(held);
        let (monthly_cost, priced_by) = self.price(held, country, number_type, terms)?;
        if priced_by == PricedBy::PriceFile {
            adjusted.push(format!(
                "it costs {monthly_cost} a month, from the price file: the original has no price"
            ));
        }
        let business = self.business(businesses, &mut adjusted);
        let is_active = self.is_active();
        let wants_primary = row.flag(&["is_primary"]).unwrap_or(false);
        let is_primary = wants_primary && business.is_some() && is_active;
        if wants_primary && !is_primary {
            adjusted.push("it is not primary here: a primary number is active and has a business".to_owned());
        }
        let purchased_at = self.purchased_at(held, terms.now);
        let created_at = row.time(&["created_at"]).filter(|at| *at <= terms.now).unwrap_or(purchased_at);
        let number = OwnedNumber {
            id: self.id,
            user: user.clone(),
            business,
            phone_number: self.phone_number.clone(),
            display_name: self.display_name(&mut adjusted),
            country,
            kind,
            status: self.status,
            is_primary,
            is_active,
            provider: match &self.place {
                Place::Twilio { .. } => OwnedNumber::PROVIDER.to_owned(),
                Place::Elsewhere { provider } => provider.clone(),
            },
            identity: held.map(|held| held.identity.clone()),
            order: held.map(|_| OrderId::of_imported(self.id)),
            monthly_cost,
            capabilities: held.map_or_else(|| self.capabilities(), |held| held.capabilities),
            notes: row.text(&["notes"]),
            webhooks: held.map_or_else(WebhookUrls::default, |held| held.webhooks.clone()),
            review: None,
            purchased_at,
            created_at,
            updated_at: terms.now,
            version: 1,
        };
        let order = held.map(|held| order_of(&number, held, number_type));
        Ok(OldNumber { import: NumberImport { number, order }, priced_by, adjusted })
    }

    /// What it is bought as, and what it is called in records.
    fn kind(&self, held: Option<&ProviderNumber>) -> (NumberType, NumberKind) {
        let named = self.row.text(&["number_type", "type"]).and_then(|name| name.parse::<NumberKind>().ok());
        let number_type = held
            .and_then(|held| held.number_type)
            .or_else(|| self.phone_number.plan_type())
            .or_else(|| named.and_then(|kind| NumberType::try_from(kind).ok()))
            .unwrap_or(NumberType::Local);
        (number_type, named.unwrap_or_else(|| number_type.into()))
    }

    /// What a month costs from now on: what the original asks for it, or else the price file's price.
    fn price(
        &self,
        held: Option<&ProviderNumber>,
        country: Country,
        number_type: NumberType,
        terms: &Terms<'_>,
    ) -> Result<(Money, PricedBy), String> {
        let currency = match self.row.text(&["currency", "currency_code"]) {
            Some(code) => code.parse::<Currency>().map_err(|error| error.to_string())?,
            None => terms.currency,
        };
        let asked = self.row.decimal(&["monthly_cost", "monthly_price", "monthly_fee"]);
        let asked =
            asked.map_err(|text| format!("its monthly cost `{text}` is no amount"))?.unwrap_or_default();
        let asked = Money::new(asked, currency).map_err(|error| format!("its monthly cost: {error}"))?;
        if asked.is_negative() {
            return Err(format!("its monthly cost is {asked}"));
        }
        if held.is_none() {
            return Ok((asked, PricedBy::Nobody));
        }
        if asked.is_positive() {
            return Ok((asked, PricedBy::Original));
        }
        match terms.prices.offer(country, number_type, currency) {
            Some(offer) => Ok((offer.monthly, PricedBy::PriceFile)),
            None => Err(format!(
                "the original has no price for it, and the price file none for {country} {number_type} in {currency}"
            )),
        }
    }

    fn business(&self, businesses: &[BusinessId], adjusted: &mut Vec<String>) -> Option<BusinessId> {
        let named = self.row.text(&["business_id"])?;
        let business = named.parse::<BusinessId>().ok().filter(|business| businesses.contains(business));
        if business.is_none() {
            adjusted.push(format!("it has no business here: its user has no business {named}"));
        }
        business
    }

    /// Off where the original says so in either way.
    fn is_active(&self) -> bool {
        let is_named_inactive =
            self.row.text(&["status"]).is_some_and(|status| status.eq_ignore_ascii_case("inactive"));
        self.row.flag(&["is_active"]).unwrap_or(true) && !is_named_inactive
    }

    /// The day from which its months are counted. The provider charges by its own.
    fn purchased_at(&self, held: Option<&ProviderNumber>, now: DateTime<Utc>) -> DateTime<Utc> {
        let named =
            self.row.time(&["purchase_date"]).or_else(|| self.row.time(&["purchased_at", "created_at"]));
        named.filter(|at| *at <= now).or_else(|| held.map(|held| held.date_created)).unwrap_or(now)
    }

    fn display_name(&self, adjusted: &mut Vec<String>) -> DisplayName {
        let called = self.row.text(&["display_name", "friendly_name", "name"]).unwrap_or_default();
        called.parse().unwrap_or_else(|_| {
            if !called.is_empty() {
                adjusted.push(format!("it is named by itself here: `{called}` is longer than a name may be"));
            }
            DisplayName::of_phone_number(&self.phone_number)
        })
    }

    /// What a record says that its number can do: an object of flags, or a list of names.
    fn capabilities(&self) -> Capabilities {
        let has = |name: &str| {
            ["capabilities", "features"].into_iter().any(|column| match self.row.columns.get(column) {
                Some(Value::Object(flags)) => flags.get(name).and_then(Value::as_bool).unwrap_or(false),
                Some(Value::Array(names)) => names.iter().any(|listed| listed.as_str() == Some(name)),
                _ => false,
            })
        };
        Capabilities { voice: has("voice"), sms: has("sms"), mms: has("mms"), fax: has("fax") }
    }
}

/// The order that stands for a purchase in the original: completed, and charging nothing here.
fn order_of(number: &OwnedNumber, held: &ProviderNumber, number_type: NumberType) -> Order {
    let id = OrderId::of_imported(number.id);
    let currency = number.monthly_cost.currency();
    Order {
        id,
        user: number.user.clone(),
        business: number.business,
        phone_number: number.phone_number.clone(),
        display_name: number.display_name.clone(),
        country: number.country,
        number_type,
        charge: Money::zero(currency),
        monthly_cost: number.monthly_cost,
        account: held.identity.account.clone(),
        wallet: AccountId::wallet(&number.user, currency).into(),
        hold: TransferId::from_uuid(id.as_uuid()),
        state: OrderState::Completed,
        failure: None,
        review: None,
        number_sid: Some(held.identity.number.clone()),
        number: Some(number.id),
        opened_at: number.purchased_at,
        updated_at: number.updated_at,
    }
}

/// What of a number here is otherwise than it would be if it were moved now.
pub(crate) fn differences(here: &OwnedNumber, old: &OldNumber) -> Vec<String> {
    let there = &old.import.number;
    let mut found = Vec::new();
    let mut compare = |what: &str, here: String, there: String| {
        if here != there {
            found.push(format!("{what} is {here} here, {there} there"));
        }
    };
    let business =
        |number: &OwnedNumber| number.business.map_or_else(|| "none".to_owned(), |id| id.to_string());
    let sid = |number: &OwnedNumber| {
        number.identity.as_ref().map_or_else(|| "none".to_owned(), |identity| identity.number.to_string())
    };
    compare("the number", here.phone_number.to_string(), there.phone_number.to_string());
    compare("its user", here.user.to_string(), there.user.to_string());
    compare("its id at Twilio", sid(here), sid(there));
    compare("its status", here.status.as_str().to_owned(), there.status.as_str().to_owned());
    compare("its business", business(here), business(there));
    compare("its name", here.display_name.to_string(), there.display_name.to_string());
    compare("whether it is active", here.is_active.to_string(), there.is_active.to_string());
    compare("whether it is primary", here.is_primary.to_string(), there.is_primary.to_string());
    if old.priced_by != PricedBy::PriceFile {
        compare("its price", here.monthly_cost.to_string(), there.monthly_cost.to_string());
    }
    found
}

#[cfg(test)]
mod tests;
