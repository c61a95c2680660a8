//! Sample values: one user who buys one number, and what the provider and the stores say about it.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use trunkline_domain::{
    AccountSid, Actor, Capabilities, Country, Currency, DeploymentId, FailureReason, Fingerprint, Money,
    NumberId, NumberStatus, NumberType, Order, OrderId, OrderState, Origin, OwnedNumber, ProviderIdentity,
    RequestContext, RequestKey, RequestOperation, ReviewReason, TransferId, UserId, WebhookUrls,
};
use trunkline_provider::{
    AddressRequirement, AvailableNumber, Bought, NumberPurchase, ProviderError, ProviderNumber, Refusal,
    Sighting,
};
use trunkline_provisioning::port::{StalledOrder, StoreError};
use trunkline_provisioning::{LeaseToken, Marker, ProvisioningSettings, PurchaseCommand, Purchased};
use trunkline_wallet::AccountId;
use uuid::Uuid;

/// A moment by the manual clock, which is also the stores' and the provider's: seconds after the test begins.
pub(crate) fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_780_000_000, 0).unwrap() + TimeDelta::seconds(seconds)
}

/// The id that the predictable source gives out as its `n`th, from 1.
pub(crate) fn id(n: u128) -> Uuid {
    Uuid::from_u128(0x1000 + n)
}

pub(crate) fn user() -> UserId {
    "ann".parse().unwrap()
}

pub(crate) fn account() -> AccountSid {
    format!("AC{}", "0".repeat(32)).parse().unwrap()
}

pub(crate) fn other_account() -> AccountSid {
    format!("AC{}", "9".repeat(32)).parse().unwrap()
}

pub(crate) fn deployment() -> DeploymentId {
    DeploymentId::from_uuid(Uuid::from_u128(1))
}

/// The marker of the order that a test's first purchase opens.
pub(crate) fn marker() -> Marker {
    Marker { deployment: deployment(), order: order().id }
}

pub(crate) fn webhooks() -> WebhookUrls {
    WebhookUrls {
        voice_url: Some("https://numbers.example/voice".to_owned()),
        sms_url: Some("https://numbers.example/sms".to_owned()),
        status_callback_url: Some("https://numbers.example/status".to_owned()),
    }
}

pub(crate) fn webhooks_without_sms() -> WebhookUrls {
    WebhookUrls { sms_url: None, ..webhooks() }
}

pub(crate) fn settings() -> ProvisioningSettings {
    ProvisioningSettings::new(deployment(), webhooks())
}

pub(crate) fn usd(text: &str) -> Money {
    Money::parse(text, Currency::USD).unwrap()
}

pub(crate) fn origin() -> Origin {
    Origin { actor: Actor::User { user: user(), key: None }, context: RequestContext::with_id("r1") }
}

pub(crate) fn lease() -> LeaseToken {
    LeaseToken::from_i64(1)
}

pub(crate) fn command() -> PurchaseCommand {
    PurchaseCommand {
        user: user(),
        phone_number: "+14152300101".parse().unwrap(),
        display_name: "Front desk".parse().unwrap(),
        business: None,
        country: None,
        number_type: None,
        currency: Currency::USD,
        max_amount: None,
        request: None,
        origin: origin(),
    }
}

pub(crate) fn keyed(operation: RequestOperation) -> RequestKey {
    RequestKey::new(user(), operation, "key-1", Fingerprint::of(&["what", "was", "asked"])).unwrap()
}

/// The order that a test's first purchase opens.
pub(crate) fn order() -> Order {
    Order {
        id: OrderId::from_uuid(id(1)),
        user: user(),
        business: None,
        phone_number: command().phone_number,
        display_name: command().display_name,
        country: Country::US,
        number_type: NumberType::Local,
        charge: usd("1.50"),
        monthly_cost: usd("1.50"),
        account: account(),
        wallet: AccountId::wallet(&user(), Currency::USD).into(),
        hold: TransferId::from_uuid(id(2)),
        state: OrderState::Ordering,
        failure: None,
        review: None,
        number_sid: None,
        number: None,
        opened_at: at(0),
        updated_at: at(0),
    }
}

pub(crate) fn unresolved() -> Order {
    Order { state: OrderState::Unresolved, ..order() }
}

pub(crate) fn in_review(reason: ReviewReason) -> Order {
    Order { state: OrderState::Review, review: Some(reason), ..order() }
}

pub(crate) fn failed(reason: FailureReason) -> Order {
    Order { state: OrderState::Failed, failure: Some(reason), ..order() }
}

/// The order as a worker takes it over, a minute after it was opened.
pub(crate) fn stalled(order: Order) -> StalledOrder {
    StalledOrder {
        order,
        lease: LeaseToken::from_i64(2),
        send_by: at(20),
        claimed_at: at(60),
        first_absent_at: None,
        unanswered: 0,
    }
}

pub(crate) fn identity() -> ProviderIdentity {
    ProviderIdentity { account: account(), number: format!("PN{}", "a".repeat(32)).parse().unwrap() }
}

/// What the provider says of the number once it is bought for [`order`].
pub(crate) fn provider_number() -> ProviderNumber {
    ProviderNumber {
        identity: identity(),
        phone_number: order().phone_number,
        friendly_name: marker().friendly_name(&order().display_name),
        number_type: Some(NumberType::Local),
        capabilities: Capabilities { voice: true, sms: true, mms: true, fax: false },
        webhooks: webhooks(),
        date_created: at(1),
        date_updated: at(1),
    }
}

/// What the provider answers to a purchase that it carries out.
#[expect(clippy::unnecessary_wraps, reason = "the shape of the port's answer")]
pub(crate) fn bought(purchase: &NumberPurchase) -> Result<Bought, ProviderError> {
    let number = ProviderNumber {
        friendly_name: purchase.friendly_name.clone(),
        webhooks: purchase.webhooks.clone(),
        ..provider_number()
    };
    Ok(Bought { number })
}

pub(crate) fn sighting(number: Option<ProviderNumber>) -> Sighting {
    Sighting { number, provider_time: at(0) }
}

pub(crate) fn available() -> AvailableNumber {
    AvailableNumber {
        phone_number: order().phone_number,
        friendly_name: "(415) 230-0101".to_owned(),
        locality: Some("San Francisco".to_owned()),
        region: Some("CA".to_owned()),
        country: Country::US,
        capabilities: provider_number().capabilities,
        address_requirement: AddressRequirement::None,
    }
}

/// The number that the settlement of [`order`] makes: its id is the third that the source gives out.
pub(crate) fn number() -> OwnedNumber {
    OwnedNumber {
        id: NumberId::from_uuid(id(3)),
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
        identity: Some(identity()),
        order: Some(order().id),
        monthly_cost: usd("1.50"),
        capabilities: provider_number().capabilities,
        notes: None,
        webhooks: webhooks(),
        review: None,
        purchased_at: at(0),
        created_at: at(0),
        updated_at: at(0),
        version: 1,
    }
}

pub(crate) fn purchased() -> Purchased {
    Purchased { number: number(), transaction: order().hold, amount: usd("1.50") }
}

pub(crate) fn refused(reason: Refusal, code: u32) -> ProviderError {
    ProviderError::Refused { reason, code: Some(code), message: "no".to_owned() }
}

pub(crate) fn unavailable() -> ProviderError {
    ProviderError::Unavailable { retry_after: None, detail: "limited".to_owned(), source: None }
}

pub(crate) fn outcome_unknown() -> ProviderError {
    ProviderError::OutcomeUnknown { detail: "reset".to_owned(), source: None }
}

pub(crate) fn store_down() -> StoreError {
    StoreError::Unavailable("down".into())
}

pub(crate) fn acknowledgement_lost() -> StoreError {
    StoreError::OutcomeUnknown("lost".into())
}

pub(crate) const fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

/// A call to the provider as an audit line notes it, at the first moment and answered at once.
pub(crate) fn call(call: &str, answer: &str) -> Value {
    json!({ "at": at(0), "call": call, "answer": answer, "tookMs": 0 })
}
