//! The service of payments over mocks of both its ports: what is asked of whom, and in which order.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use mockall::Sequence;
use mockall::predicate::eq;
use trunkline_domain::{Clock, Currency, DeploymentId, Money, Origin, PaymentId, RandomIds, UserId};
use trunkline_notices::{MailRoute, MockAlertStore};
use trunkline_payments::{
    AssessError, AssessmentAnswer, CheckoutCommand, CheckoutError, EventClaims, EventOutcome, EventSubject,
    GatewayError, GatewayEvent, MockPaymentGateway, MockPaymentStore, MockTopUpStore, OpenedPage,
    OpeningAnswer, Payment, PaymentBounds, PaymentFinding, PaymentKind, PaymentMark, PaymentPage,
    PaymentParts, PaymentRef, PaymentReport, PaymentState, PaymentTerms, Payments, Progress, Repair,
    ReportPage, ReturnPages, Taking, TakingKind, TakingStanding,
};
use trunkline_wallet::WalletStoreError;
use uuid::Uuid;

use crate::alarms::Heard;

pub(crate) struct Noon;

impl Clock for Noon {
    fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp(1_790_000_000, 0).unwrap()
    }
}

pub(crate) fn usd(text: &str) -> Money {
    Money::parse(text, Currency::USD).unwrap()
}

pub(crate) fn ann() -> UserId {
    "ann".parse().unwrap()
}

pub(crate) fn here() -> DeploymentId {
    DeploymentId::from_uuid(Uuid::from_u128(7))
}

pub(crate) fn id() -> PaymentId {
    PaymentId::from_uuid(Uuid::from_u128(1))
}

fn payments(gateway: MockPaymentGateway, store: MockPaymentStore) -> Payments {
    payments_with(gateway, store, MockTopUpStore::new())
}

fn payments_with(gateway: MockPaymentGateway, store: MockPaymentStore, top_ups: MockTopUpStore) -> Payments {
    payments_that_alarm(gateway, store, top_ups, Arc::default())
}

pub(crate) fn payments_that_alarm(
    gateway: MockPaymentGateway,
    store: MockPaymentStore,
    top_ups: MockTopUpStore,
    alarms: Arc<Heard>,
) -> Payments {
    let bounds = PaymentBounds::new("5 USD".parse().unwrap(), "500 USD".parse().unwrap(), None).unwrap();
    let page = |path: &str| format!("https://numbers.example.com/{path}").parse().unwrap();
    let terms = PaymentTerms {
        deployment: here(),
        bounds,
        pages: ReturnPages { done: page("done"), cancelled: page("cancelled") },
        look_after: Duration::from_mins(5),
    };
    let parts = PaymentParts {
        gateway: Arc::new(gateway),
        store: Arc::new(store),
        top_ups: Arc::new(top_ups),
        alerts: Arc::new(MockAlertStore::new()),
        mail: MailRoute::Missing,
        clock: Arc::new(Noon),
        ids: Arc::new(RandomIds),
        alarms,
    };
    Payments::new(parts, terms)
}

pub(crate) fn payment(state: PaymentState) -> Payment {
    Payment {
        id: id(),
        user: ann(),
        kind: PaymentKind::Checkout,
        asked: usd("25"),
        state,
        session: None,
        page: None,
        page_expires_at: None,
        intent: None,
        paid: None,
        decline: None,
        description: "Funds added".to_owned(),
        opened_at: Noon.now(),
        updated_at: Noon.now(),
    }
}

fn page() -> OpenedPage {
    OpenedPage {
        session: "cs_1".parse().unwrap(),
        url: "https://pay.example/1".parse().unwrap(),
        expires_at: Noon.now() + TimeDelta::hours(1),
    }
}

pub(crate) fn report(deployment: DeploymentId, progress: Progress) -> PaymentReport {
    PaymentReport {
        mark: Some(PaymentMark { deployment: deployment.to_string(), payment: id(), user: ann() }),
        session: Some("cs_1".parse().unwrap()),
        intent: Some("pi_1".parse().unwrap()),
        asked: usd("25"),
        progress,
        decline: None,
        takings: Vec::new(),
    }
}

fn event(claims: EventClaims) -> GatewayEvent {
    GatewayEvent {
        id: "evt_1".to_owned(),
        kind: "checkout.session.completed".to_owned(),
        subject: EventSubject::Payment(PaymentRef::Session("cs_1".parse().unwrap())),
        claims,
    }
}

fn lost() -> WalletStoreError {
    WalletStoreError::OutcomeUnknown("the line was cut".into())
}

fn command(amount: Money) -> CheckoutCommand {
    CheckoutCommand { user: ann(), amount, request: None, origin: Origin::system() }
}

/// Written down, asked for, noted: nobody is sent to a page that is not noted.
#[tokio::test]
async fn a_payment_is_written_down_before_the_gateway_hears_of_it() {
    let (mut gateway, mut store, mut order) =
        (MockPaymentGateway::new(), MockPaymentStore::new(), Sequence::new());
    gateway.expect_can_express().return_const(true);
    store.expect_open().once().in_sequence(&mut order).returning(|_| Err(lost()));
    store
        .expect_open()
        .once()
        .in_sequence(&mut order)
        .returning(|_| Ok(OpeningAnswer::Opened(payment(PaymentState::Opening))));
    gateway
        .expect_open_checkout()
        .once()
        .in_sequence(&mut order)
        .withf(|request| request.payment == id() && request.amount == usd("25"))
        .returning(|_| Ok(page()));
    store.expect_note_page().once().in_sequence(&mut order).returning(|change| {
        assert_eq!(change.body.session.as_str(), "cs_1");
        Ok(payment(PaymentState::Open))
    });
    let checkout = payments(gateway, store).open_checkout(command(usd("25"))).await.unwrap();
    assert_eq!(checkout.url, page().url);
}

/// What is not taken is not written down.
#[tokio::test]
async fn an_amount_that_is_not_taken_is_nobodys_business() {
    let refused =
        payments(MockPaymentGateway::new(), MockPaymentStore::new()).open_checkout(command(usd("4"))).await;
    assert!(matches!(refused, Err(CheckoutError::Amount(_))), "{refused:?}");
    let mut gateway = MockPaymentGateway::new();
    gateway.expect_can_express().with(eq(usd("7.005"))).return_const(false);
    let refused = payments(gateway, MockPaymentStore::new()).open_checkout(command(usd("7.005"))).await;
    assert!(matches!(refused, Err(CheckoutError::Amount(_))), "{refused:?}");
}

/// Half an hour later the gateway would open no page any more, and nobody has seen one.
#[tokio::test]
async fn a_page_that_was_never_seen_is_given_up_in_time() {
    let (mut gateway, mut store) = (MockPaymentGateway::new(), MockPaymentStore::new());
    gateway.expect_can_express().return_const(true);
    let old = Payment { opened_at: Noon.now() - TimeDelta::minutes(30), ..payment(PaymentState::Opening) };
    store.expect_open().returning(move |_| Ok(OpeningAnswer::Repeated(old.clone())));
    store.expect_assess().once().returning(|change| {
        assert_eq!((change.body.state, &change.body.credit), (PaymentState::Expired, &None));
        Ok(AssessmentAnswer::Stands { payment: payment(PaymentState::Expired), moved: false })
    });
    let ended = payments(gateway, store).open_checkout(command(usd("25"))).await;
    assert!(matches!(ended, Err(CheckoutError::Ended(payment)) if payment.state == PaymentState::Expired));
}

/// Other programs use the same account of the gateway.
#[tokio::test]
async fn what_bears_another_mark_is_left_alone() {
    for mark in [None, report(DeploymentId::from_uuid(Uuid::from_u128(8)), Progress::Open).mark] {
        let mut gateway = MockPaymentGateway::new();
        gateway.expect_read_event().returning(|_, _, _| Ok(event(EventClaims::default())));
        let others = PaymentReport { mark, ..report(here(), Progress::Paid { amount: usd("25") }) };
        gateway.expect_payment().returning(move |_| Ok(Some(others.clone())));
        let heard = payments(gateway, MockPaymentStore::new()).hear(b"{}", "t=1").await.unwrap();
        assert_eq!(heard, EventOutcome::Ignored);
    }
}

/// The gateway's word counts, and the event's only where it agrees.
#[tokio::test]
async fn an_event_that_claims_something_else_moves_nothing() {
    let lies = [
        EventClaims { payment: Some(PaymentId::from_uuid(Uuid::from_u128(2))), ..EventClaims::default() },
        EventClaims { user: Some("bob".parse().unwrap()), ..EventClaims::default() },
        EventClaims { asked: Some(usd("26")), ..EventClaims::default() },
        EventClaims { asked: Some(Money::parse("25", Currency::INR).unwrap()), ..EventClaims::default() },
    ];
    for claims in lies {
        let mut gateway = MockPaymentGateway::new();
        let told = event(claims);
        gateway.expect_read_event().returning(move |_, _, _| Ok(told.clone()));
        gateway
            .expect_payment()
            .returning(|_| Ok(Some(report(here(), Progress::Paid { amount: usd("25") }))));
        let refused = payments(gateway, MockPaymentStore::new()).hear(b"{}", "t=1").await;
        assert!(matches!(refused, Err(AssessError::Contradicts(_))), "{refused:?}");
    }
}

/// A gateway that does not answer is no gateway that says no: the event is to be sent again.
#[tokio::test]
async fn an_unanswered_question_moves_nothing_and_is_asked_again() {
    let mut gateway = MockPaymentGateway::new();
    gateway.expect_read_event().returning(|_, _, _| Ok(event(EventClaims::default())));
    gateway
        .expect_payment()
        .returning(|_| Err(GatewayError::OutcomeUnknown { detail: "a timeout".to_owned(), source: None }));
    let unheard = payments(gateway, MockPaymentStore::new()).hear(b"{}", "t=1").await;
    assert!(matches!(unheard, Err(AssessError::Gateway(_))), "{unheard:?}");
}

/// The store is asked again, unchanged, until it says what became of it.
#[tokio::test]
async fn what_was_paid_is_credited_although_the_answer_is_lost() {
    let (mut gateway, mut store, mut order) =
        (MockPaymentGateway::new(), MockPaymentStore::new(), Sequence::new());
    gateway.expect_read_event().returning(|_, _, _| Ok(event(EventClaims::default())));
    gateway.expect_payment().returning(|_| Ok(Some(report(here(), Progress::Paid { amount: usd("20") }))));
    store.expect_payment().returning(|_| Ok(Some(payment(PaymentState::Open))));
    store.expect_assess().times(2).in_sequence(&mut order).returning(|_| Err(lost()));
    store.expect_assess().once().in_sequence(&mut order).returning(|change| {
        let credit = change.body.credit.as_ref().unwrap();
        assert_eq!(credit.amount, usd("20"), "what was paid, whatever was asked for");
        Ok(AssessmentAnswer::Stands { payment: payment(PaymentState::Completed), moved: true })
    });
    let heard = payments(gateway, store).hear(b"{}", "t=1").await.unwrap();
    assert_eq!(heard, EventOutcome::Applied);
}

/// The mark at the gateway and the row here name different users: somebody changed one of them.
#[tokio::test]
async fn a_mark_that_names_another_user_moves_nothing() {
    let (mut gateway, mut store) = (MockPaymentGateway::new(), MockPaymentStore::new());
    gateway.expect_read_event().returning(|_, _, _| Ok(event(EventClaims::default())));
    gateway.expect_payment().returning(|_| Ok(Some(report(here(), Progress::Paid { amount: usd("25") }))));
    let bobs = Payment { user: "bob".parse().unwrap(), ..payment(PaymentState::Open) };
    store.expect_payment().returning(move |_| Ok(Some(bobs.clone())));
    let refused = payments(gateway, store).hear(b"{}", "t=1").await;
    assert!(matches!(refused, Err(AssessError::Contradicts("another user"))), "{refused:?}");
}

/// A dispute of an old payment whose events were lost: the list of disputes names it.
#[tokio::test]
async fn what_was_taken_of_an_old_payment_is_found_by_when_it_was_taken() {
    let (mut gateway, mut store) = (MockPaymentGateway::new(), MockPaymentStore::new());
    gateway.expect_payments_between().returning(|_, _, _| Ok(ReportPage { reports: vec![], next: None }));
    gateway.expect_taken_between().returning(|_, _| Ok(vec!["pi_1".parse().unwrap()]));
    let disputed = Taking {
        id: "dp_1".parse().unwrap(),
        kind: TakingKind::Dispute,
        amount: usd("25"),
        standing: TakingStanding::Taken,
    };
    let paid =
        PaymentReport { takings: vec![disputed], ..report(here(), Progress::Paid { amount: usd("25") }) };
    gateway.expect_payment().once().returning(move |_| Ok(Some(paid.clone())));
    let completed = Payment { paid: Some(usd("25")), ..payment(PaymentState::Completed) };
    store.expect_undecided_since().returning(|_, _, _, _| Ok(PaymentPage { payments: vec![], next: None }));
    store.expect_credited_between().returning(|_, _, _, _| Ok(PaymentPage { payments: vec![], next: None }));
    store.expect_takings().returning(|_| Ok(vec![]));
    store.expect_payment().returning(move |_| Ok(Some(completed.clone())));
    store.expect_assess().once().returning(|change| {
        assert_eq!(change.body.takings.len(), 1);
        Ok(AssessmentAnswer::Stands { payment: payment(PaymentState::Completed), moved: true })
    });
    let comparison =
        payments(gateway, store).compare_lately(TimeDelta::days(7), Repair::Missing).await.unwrap();
    assert!(comparison.agrees() && comparison.finding_count == 1, "{comparison:?}");
}

/// A second intent under the mark of a payment was paid: a finding and an alarm until it is refunded, and nothing of it moves
/// anything here, neither its money nor its refund.
#[tokio::test]
async fn a_payment_that_is_paid_twice_is_a_finding() {
    for (refunded, findings) in [("0", 1), ("10", 1), ("25", 0)] {
        let (mut gateway, mut store) = (MockPaymentGateway::new(), MockPaymentStore::new());
        let first = report(here(), Progress::Paid { amount: usd("25") });
        let taking = Taking {
            id: "re_1".parse().unwrap(),
            kind: TakingKind::Refund,
            amount: usd(refunded),
            standing: TakingStanding::Taken,
        };
        let takings = if refunded == "0" { vec![] } else { vec![taking] };
        let second = PaymentReport { intent: Some("pi_2".parse().unwrap()), takings, ..first.clone() };
        let reports = vec![second.clone(), first];
        gateway
            .expect_payments_between()
            .returning(move |_, _, _| Ok(ReportPage { reports: reports.clone(), next: None }));
        gateway.expect_taken_between().returning(|_, _| Ok(vec!["pi_2".parse().unwrap()]));
        let intent = Some("pi_1".parse().unwrap());
        let completed = Payment { paid: Some(usd("25")), intent, ..payment(PaymentState::Completed) };
        let stands = completed.clone();
        store
            .expect_undecided_since()
            .returning(|_, _, _, _| Ok(PaymentPage { payments: vec![], next: None }));
        store
            .expect_credited_between()
            .returning(|_, _, _, _| Ok(PaymentPage { payments: vec![], next: None }));
        store.expect_takings().returning(|_| Ok(vec![]));
        store.expect_payment().returning(move |_| Ok(Some(completed.clone())));
        store.expect_assess().returning(move |_| Ok(AssessmentAnswer::OtherIntent(stands.clone())));
        let alarms = Arc::<Heard>::default();
        let payments = payments_that_alarm(gateway, store, MockTopUpStore::new(), Arc::clone(&alarms));
        let comparison = payments.compare_lately(TimeDelta::days(7), Repair::Missing).await.unwrap();
        assert_eq!(
            (comparison.finding_count, comparison.agrees()),
            (findings, findings == 0),
            "{comparison:?}"
        );
        assert_eq!(alarms.raised().len(), usize::try_from(findings).unwrap());
        if let [finding] = comparison.findings.as_slice() {
            assert!(matches!(finding, PaymentFinding::PaidTwice { .. }), "{finding:?}");
            assert_eq!(alarms.raised(), ["payment_contradicts pi_2"]);
        }
        assert_eq!(payments.apply(&second).await.is_ok(), findings == 0);
    }
}

/// Another program's payment in words that are not ours: its events are taken, so that they are not sent for days.
#[tokio::test]
async fn an_unreadable_payment_of_somebody_else_is_left_alone() {
    let mut gateway = MockPaymentGateway::new();
    gateway.expect_read_event().returning(|_, _, _| Ok(event(EventClaims::default())));
    gateway.expect_payment().returning(|_| Err(GatewayError::NotOurs));
    let heard = payments(gateway, MockPaymentStore::new()).hear(b"{}", "t=1").await.unwrap();
    assert_eq!(heard, EventOutcome::Ignored);
}

/// The gateway does not know it any more: a day after its page has closed nobody waits for it.
#[tokio::test]
async fn a_payment_that_the_gateway_has_forgotten_is_given_up() {
    for (hours, is_given_up) in [(23, false), (25, true)] {
        let (mut gateway, mut store) = (MockPaymentGateway::new(), MockPaymentStore::new());
        let forgotten = Payment {
            session: Some("cs_1".parse().unwrap()),
            page_expires_at: Some(Noon.now() - TimeDelta::hours(hours)),
            ..payment(PaymentState::Open)
        };
        store.expect_due().returning(move |_, _| Ok(vec![forgotten.clone()]));
        gateway.expect_payment().returning(|_| Ok(None));
        store.expect_assess().times(usize::from(is_given_up)).returning(|change| {
            assert_eq!(change.body.state, PaymentState::Expired);
            Ok(AssessmentAnswer::Stands { payment: payment(PaymentState::Expired), moved: false })
        });
        let sweep = payments(gateway, store).sweep().await.unwrap();
        assert_eq!((sweep.due, sweep.ended), (1, u32::from(is_given_up)));
    }
}
