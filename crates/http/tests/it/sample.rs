//! Sample values: a number of Ann's, the order that bought it, what the provider says of it.

use chrono::{DateTime, TimeDelta, Utc};
use trunkline_domain::{
    AccountSid, BusinessId, Capabilities, Country, Currency, Money, NumberId, NumberStatus, NumberType,
    Order, OrderId, OrderState, OwnedNumber, ProviderIdentity, TransferId, UserId, WebhookUrls,
};
use trunkline_provider::ProviderNumber;
use trunkline_provisioning::{PurchaseEnd, Purchased};
use trunkline_wallet::AccountId;
use uuid::Uuid;

pub(crate) const UNKNOWN_ID: &str = "00000000-0000-7000-8000-00000000dead";

pub(crate) fn at(seconds: i64) -> DateTime<Utc> {
    "2026-03-01T12:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::seconds(seconds)
}

fn id(last: u64) -> Uuid {
    Uuid::from_u64_pair(0x0192_f0c1_2d3e_7000, 0x8000_0000_0000_0000 | last)
}

pub(crate) fn ann() -> UserId {
    "ann".parse().unwrap()
}

pub(crate) fn account() -> AccountSid {
    format!("AC{}", "0".repeat(32)).parse().unwrap()
}

pub(crate) fn bakery() -> BusinessId {
    BusinessId::from_uuid(id(0xb))
}

pub(crate) fn usd(amount: &str) -> Money {
    Money::parse(amount, Currency::USD).unwrap()
}

pub(crate) fn webhooks() -> WebhookUrls {
    let url = |name: &str| Some(format!("https://numbers.example/api/voice-agent/{name}"));
    WebhookUrls {
        voice_url: url("handle-call"),
        sms_url: url("handle-sms"),
        status_callback_url: url("status"),
    }
}

pub(crate) fn capabilities() -> Capabilities {
    Capabilities { voice: true, sms: true, mms: false, fax: false }
}

pub(crate) fn identity() -> ProviderIdentity {
    ProviderIdentity { account: account(), number: format!("PN{}", "a".repeat(32)).parse().unwrap() }
}

pub(crate) fn number() -> OwnedNumber {
    OwnedNumber {
        id: NumberId::from_uuid(id(0xa)),
        user: ann(),
        business: Some(bakery()),
        phone_number: "+14152300101".parse().unwrap(),
        display_name: "Front desk".parse().unwrap(),
        country: Country::US,
        kind: NumberType::Local.into(),
        status: NumberStatus::Active,
        is_primary: false,
        is_active: true,
        provider: OwnedNumber::PROVIDER.to_owned(),
        identity: Some(identity()),
        order: Some(order().id),
        monthly_cost: usd("1.50"),
        capabilities: capabilities(),
        notes: None,
        webhooks: webhooks(),
        review: None,
        purchased_at: at(2),
        created_at: at(2),
        updated_at: at(2),
        version: 1,
    }
}

pub(crate) fn order() -> Order {
    Order {
        id: OrderId::from_uuid(id(0xc)),
        user: ann(),
        business: Some(bakery()),
        phone_number: "+14152300101".parse().unwrap(),
        display_name: "Front desk".parse().unwrap(),
        country: Country::US,
        number_type: NumberType::Local,
        charge: usd("1.50"),
        monthly_cost: usd("1.50"),
        account: account(),
        wallet: AccountId::wallet(&ann(), Currency::USD).into(),
        hold: TransferId::from_uuid(id(0xd)),
        state: OrderState::Ordering,
        failure: None,
        review: None,
        number_sid: None,
        number: None,
        opened_at: at(0),
        updated_at: at(1),
    }
}

/// What the account holds: the number, under a label that is nobody's.
pub(crate) fn provider_number() -> ProviderNumber {
    ProviderNumber {
        identity: identity(),
        phone_number: order().phone_number,
        friendly_name: "Front desk".to_owned(),
        number_type: Some(order().number_type),
        capabilities: capabilities(),
        webhooks: webhooks(),
        date_created: at(1),
        date_updated: at(1),
    }
}

pub(crate) fn completed() -> PurchaseEnd {
    let purchased = Purchased { number: number(), transaction: order().hold, amount: usd("1.50") };
    PurchaseEnd::Completed(Box::new(purchased))
}
