//! A purchase from its command to a certain end: TX1, the look, what is sent, and TX2 for every *yes* and *no*.

use std::num::NonZeroU32;

use rstest::rstest;
use serde_json::json;
use trunkline_domain::{
    BundleGap, BundleStatus, BusinessId, Change, Currency, Event, EventId, FailureReason, NumberType,
    OrderId, RegulatoryIds, RequestOperation, TransferId,
};
use trunkline_provider::{Bundle, NumberPurchase, ProviderError, ProviderNumber, Refusal};
use trunkline_provisioning::port::{
    Authority, ClaimEnd, OpenAnswer, OpenRefusal, PauseCause, PurchaseAbort, PurchaseOpening,
    PurchaseSettlement,
};
use trunkline_provisioning::{
    CurrentPrices, LeaseTerms, LimitReached, PurchaseCommand, PurchaseEnd, PurchaseError, PurchaseOutcome,
    UserLimits,
};
use trunkline_wallet::{HoldCapture, HoldPlacement, HoldVoid};

use crate::fixture::{
    account, at, call, command, id, keyed, lease, marker, number, order, origin, outcome_unknown,
    provider_number, purchased, refused, seconds, settings, sighting, unavailable, usd, user, webhooks,
    webhooks_without_sms,
};
use crate::stage::{Scene, Stage};

fn opening() -> Change<PurchaseOpening> {
    let hold = HoldPlacement::new(
        TransferId::from_uuid(id(2)),
        user(),
        usd("1.50"),
        order().id,
        "Phone number +14152300101".to_owned(),
    );
    let terms = LeaseTerms { lease: seconds(60) };
    let mut audit = origin().audit("order.open", order().id, Some(&user()), at(0));
    audit.details = json!({ "phoneNumber": "+14152300101", "charge": usd("1.50") });
    Change::new(PurchaseOpening {
        order: order(),
        hold,
        terms,
        send_window: seconds(20),
        daily_cap: None,
        limits: UserLimits::NONE,
    })
    .audit(audit)
}

fn settlement() -> Change<PurchaseSettlement> {
    let end = PurchaseEnd::Completed(Box::new(purchased()));
    let data = json!({ "order": order().id, "phoneNumber": "+14152300101", "amount": usd("1.50") });
    let event = Event {
        id: EventId::from_uuid(id(4)),
        kind: "number.purchased".to_owned(),
        user: user(),
        subject: number().id.to_string(),
        at: at(0),
        data: data.clone(),
    };
    let mut bought = origin().audit("number.purchase", number().id, Some(&user()), at(0));
    bought.details = data;
    let mut settled = origin().audit("order.settle", order().id, Some(&user()), at(0));
    settled.details = json!({
        "number": number().id, "numberSid": provider_number().identity.number, "amount": usd("1.50"),
        "calls": [call("look", "absent"), call("search", "found"), call("buy", "bought")],
    });
    let capture =
        HoldCapture { transfer: TransferId::from_uuid(id(5)), hold: order().hold, number: number().id };
    let number_sid = provider_number().identity.number;
    Change::new(PurchaseSettlement {
        order: order().id,
        number: number(),
        number_sid,
        capture,
        end,
        at: at(0),
    })
    .event(event)
    .audit(bought)
    .audit(settled)
}

fn abort(reason: FailureReason) -> Change<PurchaseAbort> {
    let end = match reason {
        FailureReason::ProviderUnavailable
        | FailureReason::NeverArrived
        | FailureReason::ProviderNotConfigured
        | FailureReason::VoidedByOperator => None,
        _ => Some(PurchaseEnd::Failed { order: order().id, reason: reason.clone() }),
    };
    let data = json!({ "order": order().id, "phoneNumber": "+14152300101", "failure": reason });
    let void = HoldVoid { transfer: TransferId::from_uuid(id(3)), hold: order().hold };
    let event = Event {
        id: EventId::from_uuid(id(4)),
        kind: "order.failed".to_owned(),
        user: user(),
        subject: order().id.to_string(),
        at: at(0),
        data: data.clone(),
    };
    let mut audit = origin().audit("order.abort", order().id, Some(&user()), at(0));
    audit.details = data;
    let (authority, claim) = (Authority::Lease(lease()), ClaimEnd::Free);
    let mut change =
        Change::new(PurchaseAbort { order: order().id, authority, reason, claim, void, end, at: at(0) });
    change.events.push(event);
    change.audit.push(audit);
    change
}

/// The ids of an abort's parts in the order that they are drawn, and what the provider was asked before it: told apart
/// here, so that [`abort`] need not know.
fn with_parts_of(mut expected: Change<PurchaseAbort>, seen: &Change<PurchaseAbort>) -> Change<PurchaseAbort> {
    expected.body.void.transfer = seen.body.void.transfer;
    expected.events[0].id = seen.events[0].id;
    expected.audit[0].details["calls"] = seen.audit[0].details["calls"].clone();
    expected
}

#[track_caller]
fn assert_failed(answer: Result<PurchaseOutcome, PurchaseError>, expected: &FailureReason) {
    match answer {
        Err(PurchaseError::Failed { order: failed, reason }) => {
            assert_eq!((failed, &reason), (order().id, expected));
        }
        other => panic!("a failed order was expected: {other:?}"),
    }
}

/// The order ended with nothing sent to the provider.
#[track_caller]
fn assert_nothing_bought(scene: &Scene, reason: &FailureReason) {
    assert_eq!(scene.asked.settled.count(), 0);
    let aborted = scene.asked.aborted.only();
    assert_eq!(aborted, with_parts_of(abort(reason.clone()), &aborted));
}

#[tokio::test(start_paused = true)]
async fn a_number_is_bought_held_for_and_charged_once() {
    let scene = Stage::new().open();
    let answer = scene.provisioning.purchase(command()).await.unwrap();
    assert_eq!(answer, PurchaseOutcome::Completed(Box::new(purchased())));
    assert_eq!(scene.asked.opened.only(), opening());
    assert_eq!(scene.asked.looks.count(), 1);
    let sent = NumberPurchase {
        phone_number: order().phone_number,
        country: order().country,
        number_type: NumberType::Local,
        account: account(),
        friendly_name: format!("Front desk {}", marker()),
        webhooks: webhooks(),
        regulatory: RegulatoryIds::default(),
    };
    assert_eq!(scene.asked.buys.only(), sent);
    assert_eq!(scene.asked.settled.only(), settlement());
    assert_eq!(scene.asked.configured.count(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_request_key_travels_with_the_first_transaction() {
    let scene = Stage::new().open();
    let request = Some(keyed(RequestOperation::Purchase));
    let keyed_command = PurchaseCommand { request: request.clone(), ..command() };
    scene.provisioning.purchase(keyed_command).await.unwrap();
    assert_eq!(scene.asked.opened.only(), opening().request(request));
    assert_eq!(scene.asked.settled.only().request, None, "the store knows the order's request");
}

#[tokio::test(start_paused = true)]
async fn what_the_operator_had_approved_goes_into_the_purchase() {
    let needs = RegulatoryIds {
        bundle_sid: Some(format!("BU{}", "1".repeat(32))),
        address_sid: Some(format!("AD{}", "2".repeat(32))),
    };
    let text = format!(
        "[GB.mobile]\nmonthly = {{ USD = \"3.00\" }}\nsetup = {{ USD = \"1.25\" }}\nbundle_sid = \"{}\"\naddress_sid = \"{}\"",
        needs.bundle_sid.as_deref().unwrap(),
        needs.address_sid.as_deref().unwrap(),
    );
    let mut stage = Stage::new();
    stage.prices = CurrentPrices::new(trunkline_domain::PriceBook::parse(&text).unwrap());
    stage.buy(|_| Err(refused(Refusal::BundleRequired, 21649)));
    let scene = stage.open();
    let mobile = PurchaseCommand { phone_number: "+447400123456".parse().unwrap(), ..command() };
    assert_failed(scene.provisioning.purchase(mobile).await, &FailureReason::BundleRequired { gap: None });
    let sent = scene.asked.buys.only();
    assert_eq!((sent.regulatory, sent.number_type), (needs, NumberType::Mobile));
    let opened = scene.asked.opened.only().body;
    assert_eq!((opened.hold.amount, opened.order.charge), (usd("4.25"), usd("4.25")));
    assert_eq!(opened.order.monthly_cost, usd("3.00"));
}

/// A number that needs a bundle, and an account whose only one is still looked at.
#[rstest]
#[case(Refusal::BundleRequired, FailureReason::BundleRequired { gap: Some(BundleGap::Unapproved(BundleStatus::InReview)) })]
#[case(Refusal::AddressRequired, FailureReason::AddressRequired)]
#[tokio::test(start_paused = true)]
async fn a_refusal_for_want_of_a_bundle_says_what_is_wrong_with_the_one_there_is(
    #[case] refusal: Refusal,
    #[case] reason: FailureReason,
) {
    let mut stage = Stage::new();
    stage.buy(|_| Err(refused(refusal, 21649)));
    stage.account.expect_bundles().returning(|country, number_type| {
        let sid = format!("BU{}", "3".repeat(32)).parse().unwrap();
        let friendly_name = "Bakery".to_owned();
        Ok(vec![Bundle {
            sid,
            friendly_name,
            country,
            number_type,
            status: BundleStatus::InReview,
            valid_until: None,
        }])
    });
    let scene = stage.open();
    assert_failed(scene.provisioning.purchase(command()).await, &reason);
    assert_nothing_bought(&scene, &reason);
}

#[rstest]
#[case(refused(Refusal::NumberUnavailable, 21422), FailureReason::NumberUnavailable)]
#[case(refused(Refusal::WrongType, 21458), FailureReason::WrongType)]
#[case(refused(Refusal::AddressRequired, 21631), FailureReason::AddressRequired)]
#[case(refused(Refusal::BundleRequired, 21649), FailureReason::BundleRequired { gap: None })]
#[case(refused(Refusal::AccountRestricted, 21404), FailureReason::ProviderRejected { code: Some(21404) })]
#[case(refused(Refusal::TypeNotOffered, 20404), FailureReason::ProviderRejected { code: Some(20404) })]
#[case(refused(Refusal::Other, 21402), FailureReason::ProviderRejected { code: Some(21402) })]
#[case(ProviderError::Unauthorized { code: Some(20003) }, FailureReason::ProviderRejected { code: Some(20003) })]
#[case(ProviderError::NotConfigured, FailureReason::ProviderNotConfigured)]
#[case(unavailable(), FailureReason::ProviderUnavailable)]
#[tokio::test(start_paused = true)]
async fn a_certain_no_gives_the_money_back_at_once(
    #[case] error: ProviderError,
    #[case] reason: FailureReason,
) {
    let mut stage = Stage::new();
    stage.buy(|_| Err(error));
    let scene = stage.open();
    assert_failed(scene.provisioning.purchase(command()).await, &reason);
    assert_eq!(scene.asked.buys.count(), 1);
    assert_nothing_bought(&scene, &reason);
}

#[rstest]
#[case(outcome_unknown(), FailureReason::ProviderUnavailable)]
#[case(unavailable(), FailureReason::ProviderUnavailable)]
#[case(refused(Refusal::Other, 20001), FailureReason::ProviderUnavailable)]
#[case(refused(Refusal::AccountInactive, 20005), FailureReason::ProviderRejected { code: Some(20005) })]
#[case(ProviderError::Unauthorized { code: None }, FailureReason::ProviderRejected { code: None })]
#[case(ProviderError::NotConfigured, FailureReason::ProviderNotConfigured)]
#[tokio::test(start_paused = true)]
async fn a_look_that_cannot_say_ends_the_order_with_nothing_sent(
    #[case] error: ProviderError,
    #[case] reason: FailureReason,
) {
    let mut stage = Stage::new();
    stage.look(|| Err(error));
    let scene = stage.open();
    assert_failed(scene.provisioning.purchase(command()).await, &reason);
    assert_eq!(scene.asked.buys.count(), 0);
    assert_nothing_bought(&scene, &reason);
}

#[rstest]
#[case("somebody else's")]
#[case(&provider_number().friendly_name)]
#[tokio::test(start_paused = true)]
async fn a_number_that_the_account_holds_is_not_bought_again(#[case] friendly_name: &str) {
    let held = ProviderNumber { friendly_name: friendly_name.to_owned(), ..provider_number() };
    let mut stage = Stage::new();
    stage.look(|| Ok(sighting(Some(held))));
    let scene = stage.open();
    assert_failed(scene.provisioning.purchase(command()).await, &FailureReason::HeldAtProvider);
    assert_eq!(scene.asked.buys.count(), 0);
    assert_nothing_bought(&scene, &FailureReason::HeldAtProvider);
}

#[tokio::test(start_paused = true)]
async fn a_look_that_shows_a_longer_number_shows_nothing() {
    let longer = ProviderNumber { phone_number: "+14152300199".parse().unwrap(), ..provider_number() };
    let mut stage = Stage::new();
    stage.look(|| Ok(sighting(Some(longer))));
    let scene = stage.open();
    assert!(matches!(scene.provisioning.purchase(command()).await, Ok(PurchaseOutcome::Completed(_))));
}

#[rstest]
#[case(OpenRefusal::InsufficientBalance { required: usd("1.50"), available: usd("1.00") })]
#[case(OpenRefusal::AlreadyOwned { number: number().id })]
#[case(OpenRefusal::AlreadyOrdering { order: OrderId::from_uuid(id(99)) })]
#[case(OpenRefusal::TakenByOther)]
#[case(OpenRefusal::CoolingDown)]
#[case(OpenRefusal::SalesPaused { why: PauseCause::OperatorStop })]
#[case(OpenRefusal::LimitExceeded { reached: LimitReached::Numbers { allowed: NonZeroU32::MIN } })]
#[tokio::test(start_paused = true)]
async fn a_refusal_of_the_first_transaction_is_final_and_reaches_nobody(#[case] refusal: OpenRefusal) {
    let mut stage = Stage::new();
    let answer = refusal.clone();
    stage.purchases.expect_open().times(1).return_once(|_| Ok(OpenAnswer::Refused(answer)));
    let scene = stage.open();
    match scene.provisioning.purchase(command()).await {
        Err(PurchaseError::Refused(told)) => assert_eq!(told, refusal),
        other => panic!("a refusal was expected: {other:?}"),
    }
    assert_eq!((scene.asked.looks.count(), scene.asked.buys.count()), (0, 0));
    assert_eq!(scene.asked.aborted.count(), 0);
}

#[tokio::test(start_paused = true)]
async fn what_contradicts_itself_is_refused_before_anything_is_held() {
    let scene = Stage::new().open();
    let buy = |command| scene.provisioning.purchase(command);
    let toll_free = PurchaseCommand {
        phone_number: "+18332300101".parse().unwrap(),
        number_type: Some(NumberType::Local),
        ..command()
    };
    assert!(matches!(buy(toll_free).await, Err(PurchaseError::Validation { field: "numberType", .. })));
    let canadian = PurchaseCommand { country: Some("CA".parse().unwrap()), ..command() };
    assert!(matches!(buy(canadian).await, Err(PurchaseError::Validation { field: "countryCode", .. })));
    let rupees = PurchaseCommand { currency: Currency::INR, ..command() };
    assert!(matches!(buy(rupees).await, Err(PurchaseError::PricingUnavailable { .. })));
    let cheap = PurchaseCommand { max_amount: Some(usd("1.49")), ..command() };
    match buy(cheap).await {
        Err(PurchaseError::PriceChanged { charge, max }) => {
            assert_eq!((charge, max), (usd("1.50"), usd("1.49")));
        }
        other => panic!("a changed price was expected: {other:?}"),
    }
    assert_eq!((scene.asked.opened.count(), scene.asked.looks.count()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn only_ones_own_business_gets_a_number() {
    let business = BusinessId::from_uuid(id(50));
    let for_business = PurchaseCommand { business: Some(business), ..command() };
    for owner in [None, Some("bob".parse().unwrap())] {
        let mut stage = Stage::new();
        stage.businesses.expect_owner_of().returning(move |_| Ok(owner.clone()));
        let scene = stage.open();
        let answer = scene.provisioning.purchase(for_business.clone()).await;
        assert!(matches!(answer, Err(PurchaseError::BusinessNotFound)));
        assert_eq!(scene.asked.opened.count(), 0);
    }
    let scene = Stage::new().open();
    scene.provisioning.purchase(for_business).await.unwrap();
    assert_eq!(scene.asked.opened.only().body.order.business, Some(business));
    assert_eq!(scene.asked.settled.only().body.number.business, Some(business));
}

#[tokio::test(start_paused = true)]
async fn without_a_provider_nothing_is_opened() {
    let mut stage = Stage::new();
    stage.configured_account(Err(()));
    let scene = stage.open();
    let answer = scene.provisioning.purchase(command()).await;
    assert!(matches!(answer, Err(PurchaseError::NotConfigured)));
    assert_eq!(scene.asked.opened.count(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_purchase_that_would_be_sent_too_late_is_not_sent() {
    let mut stage = Stage::new();
    stage.settings.send_window = seconds(20);
    stage.settings.request_timeout = seconds(10);
    // The first transaction takes 11 seconds: 9 are left until `send_by`, less than one request may take.
    let standing = stage.standing.clone();
    let late = crate::lingering::Delay::of(seconds(11));
    stage.purchases.expect_open().times(1).returning(move |change| {
        standing.put_order(&change.body.order);
        Ok(crate::stage::opened(change))
    });
    let scene = stage.open_with(
        |provider| std::sync::Arc::new(provider),
        |purchases| std::sync::Arc::new(crate::lingering::LingeringPurchases::delayed(purchases, late)),
    );
    assert_failed(scene.provisioning.purchase(command()).await, &FailureReason::ProviderUnavailable);
    assert_eq!(scene.asked.buys.count(), 0);
    assert_nothing_bought(&scene, &FailureReason::ProviderUnavailable);
}

#[tokio::test(start_paused = true)]
async fn a_number_without_texts_is_bought_without_an_address_for_texts() {
    let mut stage = Stage::new();
    let mut hit = crate::fixture::available();
    hit.capabilities.sms = false;
    stage.provider.expect_search().returning(move |_| Ok(vec![hit.clone()]));
    stage.buy(|purchase| {
        let mut bought = crate::fixture::bought(purchase)?;
        bought.number.capabilities.sms = false;
        Ok(bought)
    });
    let scene = stage.open();
    scene.provisioning.purchase(command()).await.unwrap();
    assert_eq!(scene.asked.buys.only().webhooks, webhooks_without_sms());
    assert_eq!(scene.asked.settled.only().body.number.webhooks, webhooks_without_sms());
    assert_eq!(scene.asked.configured.count(), 0, "an address for texts would be refused");
}

#[test]
fn settings_that_contradict_each_other_are_refused() {
    use trunkline_provisioning::SettingsError;
    assert!(settings().validate().is_ok());
    let mut outlived = settings();
    outlived.request_timeout = outlived.send_window;
    assert!(matches!(outlived.validate(), Err(SettingsError::RequestTimeout { .. })));
    let mut short = settings();
    short.lease = seconds(19);
    assert!(matches!(short.validate(), Err(SettingsError::Lease { .. })));
    let mut endless = settings();
    endless.release_attempts = 0;
    assert_eq!(endless.validate(), Err(SettingsError::Zero("release_attempts")));
}
