//! Sample values for this crate's unit tests: one user, one order, one number.

use chrono::{DateTime, TimeDelta, Utc};
use trunkline_domain::{
    AccountSid, Actor, Capabilities, Country, Currency, DeploymentId, Money, NumberId, NumberStatus,
    NumberType, Order, OrderId, OrderState, Origin, OwnedNumber, ProviderIdentity, RequestContext,
    TransferId, UserId, WebhookUrls,
};
use trunkline_provider::ProviderNumber;
use trunkline_wallet::AccountId;
use uuid::Uuid;

use crate::{Marker, ProvisioningSettings, PurchaseCommand};

pub(crate) fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_780_000_000, 0).unwrap() + TimeDelta::seconds(seconds)
}

pub(crate) fn user() -> UserId {
    "ann".parse().unwrap()
}

pub(crate) fn account() -> AccountSid {
    format!("AC{}", "0".repeat(32)).parse().unwrap()
}

pub(crate) fn marker() -> Marker {
    Marker {
        deployment: DeploymentId::from_uuid(Uuid::from_u128(1)),
        order: OrderId::from_uuid(Uuid::from_u128(2)),
    }
}

pub(crate) fn webhooks() -> WebhookUrls {
    WebhookUrls {
        voice_url: Some("https://numbers.example/voice".to_owned()),
        sms_url: Some("https://numbers.example/sms".to_owned()),
        status_callback_url: Some("https://numbers.example/status".to_owned()),
    }
}

pub(crate) fn settings() -> ProvisioningSettings {
    ProvisioningSettings::new(marker().deployment, webhooks())
}

pub(crate) fn price() -> Money {
    Money::parse("1.50", Currency::USD).unwrap()
}

pub(crate) fn origin() -> Origin {
    Origin { actor: Actor::User { user: user(), key: None }, context: RequestContext::with_id("r1") }
}

pub(crate) fn order() -> Order {
    Order {
        id: marker().order,
        user: user(),
        business: None,
        phone_number: "+14152300101".parse().unwrap(),
        display_name: "Front desk".parse().unwrap(),
        country: Country::US,
        number_type: NumberType::Local,
        charge: price(),
        monthly_cost: price(),
        account: account(),
        wallet: AccountId::wallet(&user(), Currency::USD).into(),
        hold: TransferId::from_uuid(Uuid::from_u128(3)),
        state: OrderState::Ordering,
        failure: None,
        review: None,
        number_sid: None,
        number: None,
        opened_at: at(0),
        updated_at: at(0),
    }
}

pub(crate) fn provider_number() -> ProviderNumber {
    ProviderNumber {
        identity: ProviderIdentity {
            account: account(),
            number: format!("PN{}", "a".repeat(32)).parse().unwrap(),
        },
        phone_number: order().phone_number,
        friendly_name: marker().friendly_name(&order().display_name),
        number_type: Some(NumberType::Local),
        capabilities: Capabilities { voice: true, sms: true, mms: true, fax: false },
        webhooks: webhooks(),
        date_created: at(1),
        date_updated: at(1),
    }
}

pub(crate) fn purchase_command() -> PurchaseCommand {
    PurchaseCommand {
        user: user(),
        phone_number: order().phone_number,
        display_name: order().display_name,
        business: None,
        country: None,
        number_type: None,
        currency: Currency::USD,
        max_amount: None,
        request: None,
        origin: origin(),
    }
}

pub(crate) fn number() -> OwnedNumber {
    OwnedNumber {
        id: NumberId::from_uuid(Uuid::from_u128(4)),
        user: user(),
        business: None,
        phone_number: order().phone_number,
        display_name: order().display_name,
        country: Country::US,
        kind: NumberType::Local.into(),
        status: NumberStatus::Active,
        is_primary: false,
        is_active: true,
        provider: OwnedNumber::PROVIDER.to_owned(),
        identity: Some(provider_number().identity),
        order: Some(order().id),
        monthly_cost: price(),
        capabilities: provider_number().capabilities,
        notes: None,
        webhooks: webhooks(),
        review: None,
        purchased_at: at(1),
        created_at: at(1),
        updated_at: at(1),
        version: 1,
    }
}
