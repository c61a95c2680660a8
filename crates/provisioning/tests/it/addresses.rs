//! The account's addresses in a purchase: which goes with it, and the one further attempt that an address allows.

use std::sync::atomic::{AtomicUsize, Ordering};

use rstest::rstest;
use trunkline_domain::{Country, FailureReason, PriceBook, RegulatoryIds};
use trunkline_provider::{AccountAddress, AddressRequirement, NumberPurchase, ProviderError, Refusal};
use trunkline_provisioning::{CurrentPrices, PurchaseEnd, PurchaseError, PurchaseOutcome};

use crate::fixture::{available, bought, command, outcome_unknown, refused, seconds};
use crate::lingering::{Delay, LingeringProvider};
use crate::stage::{Scene, Stage};

fn sid(last: u8) -> String {
    format!("AD{last:032x}")
}

fn address(last: u8, country: Country, city: &str) -> AccountAddress {
    AccountAddress {
        sid: sid(last).parse().unwrap(),
        customer_name: "Bakery".to_owned(),
        city: city.to_owned(),
        country: Some(country),
        validated: true,
    }
}

/// A stage whose account has addresses in London and in two American towns, and whose number wants one.
fn stage_wanting(requirement: AddressRequirement) -> Stage {
    let mut stage = Stage::new();
    stage.provider.expect_search().returning(move |_| {
        Ok(vec![trunkline_provider::AvailableNumber { address_requirement: requirement, ..available() }])
    });
    stage.account.expect_addresses().returning(|| {
        Ok(vec![
            address(1, Country::GB, "London"),
            address(2, Country::US, "Boston"),
            address(3, Country::US, "San Francisco"),
        ])
    });
    stage
}

/// Answers purchases in order.
fn buys(
    stage: &mut Stage,
    answers: &'static (dyn Fn(usize, &NumberPurchase) -> Option<ProviderError> + Sync),
) {
    let (log, asked) = (stage.asked.buys.clone(), AtomicUsize::new(0));
    stage.provider.expect_buy().returning(move |purchase| {
        log.note(purchase);
        answers(asked.fetch_add(1, Ordering::SeqCst), purchase).map_or_else(|| bought(purchase), Err)
    });
}

fn sent(scene: &Scene) -> Vec<Option<String>> {
    scene.asked.buys.all().into_iter().map(|purchase| purchase.regulatory.address_sid).collect()
}

#[rstest]
#[case(AddressRequirement::None, None)]
#[case(AddressRequirement::Any, Some(3))]
#[case(AddressRequirement::Local, Some(3))]
#[case(AddressRequirement::Foreign, Some(1))]
#[tokio::test(start_paused = true)]
async fn the_accounts_fitting_address_goes_with_the_purchase(
    #[case] requirement: AddressRequirement,
    #[case] expected: Option<u8>,
) {
    let scene = stage_wanting(requirement).open();
    scene.provisioning.purchase(command()).await.unwrap();
    assert_eq!(sent(&scene), [expected.map(sid)]);
}

/// What the operator has set is not second-guessed, before or after a refusal.
#[tokio::test(start_paused = true)]
async fn an_address_that_is_set_is_the_one() {
    let mut stage = stage_wanting(AddressRequirement::Local);
    let text = format!("[US.local]\nmonthly = {{ USD = \"1.50\" }}\naddress_sid = \"{}\"", sid(9));
    stage.prices = CurrentPrices::new(PriceBook::parse(&text).unwrap());
    buys(&mut stage, &|_, _| Some(refused(Refusal::AddressRequired, 21615)));
    let scene = stage.open();
    assert_address_required(scene.provisioning.purchase(command()).await);
    assert_eq!(sent(&scene), [Some(sid(9))]);
}

#[track_caller]
fn assert_address_required(answer: Result<PurchaseOutcome, PurchaseError>) {
    match answer {
        Err(PurchaseError::Failed { reason, .. }) => assert_eq!(reason, FailureReason::AddressRequired),
        other => panic!("not failed: {other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_number_that_asks_for_an_address_after_all_gets_one() {
    let mut stage = stage_wanting(AddressRequirement::None);
    buys(&mut stage, &|attempt, _| (attempt == 0).then(|| refused(Refusal::AddressRequired, 21631)));
    let scene = stage.open();
    let answer = scene.provisioning.purchase(command()).await.unwrap();
    assert!(matches!(answer, PurchaseOutcome::Completed(_)));
    assert_eq!(sent(&scene), [None, Some(sid(3))]);
    let end = scene.asked.settled.only().body.end;
    assert!(matches!(end, PurchaseEnd::Completed(_)));
}

/// Another address is tried, never the refused one again, and never a third time.
#[tokio::test(start_paused = true)]
async fn an_address_that_is_too_far_is_followed_by_one_other() {
    let mut stage = stage_wanting(AddressRequirement::Any);
    buys(&mut stage, &|_, _| Some(refused(Refusal::AddressRequired, 21615)));
    let scene = stage.open();
    assert_address_required(scene.provisioning.purchase(command()).await);
    assert_eq!(sent(&scene), [Some(sid(3)), Some(sid(2))]);
    assert_eq!(scene.asked.aborted.count(), 1);
}

#[rstest]
#[case::another_refusal(refused(Refusal::BundleRequired, 21649))]
#[case::an_address_that_must_be_mended(refused(Refusal::AddressRejected, 21629))]
#[case::a_rate_limit(crate::fixture::unavailable())]
#[tokio::test(start_paused = true)]
async fn nothing_else_is_tried_again(#[case] error: ProviderError) {
    let mut stage = stage_wanting(AddressRequirement::Any);
    stage.buy(|_| Err(error));
    let scene = stage.open();
    assert!(scene.provisioning.purchase(command()).await.is_err());
    assert_eq!(scene.asked.buys.count(), 1);
}

/// An unknown outcome is looked after, however much an address might have helped.
#[tokio::test(start_paused = true)]
async fn an_unknown_outcome_is_never_followed_by_another_attempt() {
    let mut stage = stage_wanting(AddressRequirement::Any);
    buys(&mut stage, &|_, _| Some(outcome_unknown()));
    let scene = stage.open();
    let answer = scene.provisioning.purchase(command()).await.unwrap();
    assert!(matches!(answer, PurchaseOutcome::Pending(_)), "{answer:?}");
    assert_eq!(scene.asked.buys.count(), 1);
}

/// The second attempt may be undecided as the first one may.
#[tokio::test(start_paused = true)]
async fn the_further_attempt_may_end_unknown() {
    let mut stage = stage_wanting(AddressRequirement::None);
    buys(&mut stage, &|attempt, _| {
        Some(if attempt == 0 { refused(Refusal::AddressRequired, 21631) } else { outcome_unknown() })
    });
    let scene = stage.open();
    let answer = scene.provisioning.purchase(command()).await.unwrap();
    assert!(matches!(answer, PurchaseOutcome::Pending(_)), "{answer:?}");
    assert_eq!((scene.asked.buys.count(), scene.asked.aborted.count()), (2, 0));
}

#[tokio::test(start_paused = true)]
async fn without_a_fitting_address_the_refusal_stands() {
    let mut stage = Stage::new();
    stage.account.expect_addresses().returning(|| Err(outcome_unknown()));
    buys(&mut stage, &|_, _| Some(refused(Refusal::AddressRequired, 21631)));
    let scene = stage.open();
    assert_address_required(scene.provisioning.purchase(command()).await);
    assert_eq!(scene.asked.buys.only().regulatory, RegulatoryIds::default());
}

/// The refusal comes when less than a whole request timeout is left before `send_by`.
#[tokio::test(start_paused = true)]
async fn a_further_attempt_that_would_be_too_late_is_not_made() {
    let mut stage = stage_wanting(AddressRequirement::None);
    (stage.settings.send_window, stage.settings.request_timeout) = (seconds(20), seconds(10));
    buys(&mut stage, &|_, _| Some(refused(Refusal::AddressRequired, 21631)));
    let late = Delay::of(seconds(10));
    let scene = stage.open_with(
        move |provider| std::sync::Arc::new(LingeringProvider::new(provider).with_buy(late)),
        |purchases| std::sync::Arc::new(purchases),
    );
    assert_address_required(scene.provisioning.purchase(command()).await);
    assert_eq!(scene.asked.buys.count(), 1);
}
