//! Charging saved methods over mocks of every port: what is sent, when it is only looked for, and what a failure means.

use std::sync::Arc;

use chrono::TimeDelta;
use mockall::predicate::eq;
use rstest::rstest;
use trunkline_domain::{Change, Clock};
use trunkline_payments::{
    Assessment, AssessmentAnswer, Brake, GatewayError, MockPaymentGateway, MockPaymentStore, MockTopUpStore,
    Payment, PaymentKind, PaymentPage, PaymentReport, PaymentState, Progress, Repair, ReportPage,
    SavedCharge, SavedMethod, SendAnswer, SendBegin, Sends, Sweep, WITHDRAWN,
};

use crate::alarms::Heard;
use crate::service::{Noon, here, id, payment, payments_that_alarm, report, usd};

/// A charge that was claimed, of which nothing is known, and that is due.
struct Claimed {
    gateway: MockPaymentGateway,
    store: MockPaymentStore,
    top_ups: MockTopUpStore,
    alarms: Arc<Heard>,
}

impl Claimed {
    fn hours_ago(hours: i64) -> Self {
        let (mut gateway, mut store, mut top_ups) =
            (MockPaymentGateway::new(), MockPaymentStore::new(), MockTopUpStore::new());
        let claimed = Payment {
            kind: PaymentKind::TopUp,
            opened_at: Noon.now() - TimeDelta::hours(hours),
            ..payment(PaymentState::Opening)
        };
        let due = claimed.clone();
        store.expect_due().returning(move |_, _| Ok(vec![due.clone()]));
        store.expect_payment().returning(move |_| Ok(Some(claimed.clone())));
        store.expect_undecided_since().returning(|_, _, _, _| Ok(nothing()));
        store.expect_credited_between().returning(|_, _, _, _| Ok(nothing()));
        gateway.expect_can_express().return_const(true);
        gateway.expect_payments_between().returning(|_, _, _| Ok(ReportPage { reports: vec![], next: None }));
        gateway.expect_taken_between().returning(|_, _| Ok(vec![]));
        top_ups.expect_charge().with(eq(id())).returning(|_| Ok(Some(method())));
        Self { gateway, store, top_ups, alarms: Arc::default() }
    }

    /// What the store says of the next send, and of whichever comes after it.
    fn then(mut self, brake: Option<Brake>, answer: SendAnswer) -> Self {
        self.top_ups.expect_begin_send().once().returning(move |change: &Change<SendBegin>| {
            assert_eq!((change.body.payment, change.body.brake), (id(), brake));
            Ok(answer.clone())
        });
        self
    }

    fn may_be_sent(self) -> Self {
        self.then(None, SendAnswer::Send(method()))
    }

    fn may_be_looked_for(self, minutes: i64) -> Self {
        let last = Noon.now() - TimeDelta::minutes(minutes);
        self.then(None, SendAnswer::Look(Sends { first: last - TimeDelta::hours(1), last, now: Noon.now() }))
    }

    fn answers(mut self, answer: fn() -> Result<PaymentReport, GatewayError>) -> Self {
        self.gateway.expect_charge_saved().once().returning(move |charge: &SavedCharge| {
            assert_eq!((charge.payment, charge.amount), (id(), usd("25")));
            answer()
        });
        self
    }

    fn finds(mut self, found: &[PaymentReport]) -> Self {
        let found = found.to_vec();
        self.gateway.expect_charges_of().once().returning(move |payment, from, to| {
            assert!(payment == id() && from < to, "{from} {to}");
            Ok(found.clone())
        });
        self
    }

    fn notes_that_it_is_unsent(mut self) -> Self {
        self.top_ups.expect_note_unsent().once().returning(|payment, _| {
            assert_eq!(payment, id());
            Ok(())
        });
        self
    }

    fn ends(mut self, state: PaymentState) -> Self {
        self.store.expect_assess().once().returning(move |change: &Change<Assessment>| {
            assert_eq!((change.body.state, change.body.switch_off.is_some()), (state, false));
            Ok(AssessmentAnswer::Stands { payment: payment(state), moved: true })
        });
        self
    }

    async fn sweep(self) -> (Sweep, Arc<Heard>) {
        let payments = payments_that_alarm(self.gateway, self.store, self.top_ups, Arc::clone(&self.alarms));
        payments.compare_lately(TimeDelta::days(7), Repair::Missing).await.unwrap();
        (payments.sweep().await.unwrap(), self.alarms)
    }

    async fn comes_to(self, sweep: Sweep) {
        let (swept, alarms) = self.sweep().await;
        assert_eq!((swept, alarms.raised()), (sweep, vec![]));
    }
}

fn nothing() -> PaymentPage {
    PaymentPage { payments: vec![], next: None }
}

fn method() -> SavedMethod {
    SavedMethod { customer: "cus_1".parse().unwrap(), id: "pm_1".parse().unwrap(), label: "visa".to_owned() }
}

fn unknown() -> Result<PaymentReport, GatewayError> {
    Err(GatewayError::OutcomeUnknown { detail: "a timeout".to_owned(), source: None })
}

fn paid() -> PaymentReport {
    PaymentReport { session: None, ..report(here(), Progress::Paid { amount: usd("25") }) }
}

fn withdrawn() -> SendAnswer {
    let decline = Some(WITHDRAWN.to_owned());
    SendAnswer::Stands(Payment { decline, ..payment(PaymentState::Failed) })
}

const ENDED: Sweep = Sweep { due: 1, ended: 1, unanswered: 0 };
const WAITS: Sweep = Sweep { due: 1, ended: 0, unanswered: 0 };
const UNANSWERED: Sweep = Sweep { due: 1, ended: 0, unanswered: 1 };

/// The gateway may repeat for a day that it failed, although the charge stands.
#[tokio::test]
async fn a_charge_without_an_answer_is_found_by_its_mark() {
    let claimed = Claimed::hours_ago(1).may_be_sent().answers(unknown).finds(&[paid()]);
    claimed.ends(PaymentState::Completed).comes_to(ENDED).await;
}

#[tokio::test]
async fn a_charge_without_an_answer_that_is_nowhere_is_asked_about_again() {
    Claimed::hours_ago(1).may_be_sent().answers(unknown).finds(&[]).comes_to(UNANSWERED).await;
}

/// The gateway has dropped the key by then, or something keeps the charge: sending it again would charge again.
#[tokio::test]
async fn what_may_not_be_sent_again_is_looked_for_and_given_up_after_an_hour() {
    let found = Claimed::hours_ago(24).may_be_looked_for(5).finds(&[paid()]);
    found.ends(PaymentState::Completed).comes_to(ENDED).await;
    Claimed::hours_ago(24).may_be_looked_for(60).finds(&[]).comes_to(WAITS).await;
    let clock_ahead = Claimed::hours_ago(1).may_be_looked_for(-90);
    clock_ahead.finds(&[]).comes_to(WAITS).await;
    let given_up = Claimed::hours_ago(24).may_be_looked_for(61).finds(&[]);
    given_up.ends(PaymentState::Expired).comes_to(ENDED).await;
}

/// The store has withdrawn it: nothing is sent.
#[tokio::test]
async fn what_is_withdrawn_has_ended() {
    Claimed::hours_ago(1).then(None, withdrawn()).comes_to(ENDED).await;
}

/// Certainly nothing was done, and that is written down: it is tried again, and nothing is looked for.
#[tokio::test]
async fn a_gateway_that_cannot_be_reached_is_asked_again() {
    let away =
        || Err(GatewayError::Unavailable { retry_after: None, detail: "away".to_owned(), source: None });
    let claimed = Claimed::hours_ago(1).may_be_sent().answers(away).notes_that_it_is_unsent();
    claimed.comes_to(UNANSWERED).await;
}

/// What is not the card's fault is no decline: the charge is withdrawn, the customer hears nothing, and an operator does.
#[rstest]
#[case(|| Err(GatewayError::Refused { code: None, message: "no".to_owned() }))]
#[case(|| Err(GatewayError::NoSuchCustomer { message: "No such customer".to_owned() }))]
#[tokio::test]
async fn the_operators_mistake_is_no_decline(#[case] refused: fn() -> Result<PaymentReport, GatewayError>) {
    let claimed = Claimed::hours_ago(1).may_be_sent().answers(refused).notes_that_it_is_unsent();
    let (sweep, alarms) = claimed.then(Some(Brake::Refused), withdrawn()).sweep().await;
    assert_eq!((sweep, alarms.raised()), (ENDED, vec!["top_up_stalled charges".to_owned()]));
}

/// A refusal after an earlier send without an answer says nothing about that one: it is looked for.
#[tokio::test]
async fn a_refusal_does_not_end_what_was_perhaps_sent_before() {
    let refused = || Err(GatewayError::Refused { code: None, message: "no".to_owned() });
    let claimed = Claimed::hours_ago(1).may_be_sent().answers(refused).notes_that_it_is_unsent();
    let sends = Sends { first: Noon.now(), last: Noon.now(), now: Noon.now() };
    let claimed = claimed.then(Some(Brake::Refused), SendAnswer::Look(sends)).finds(&[]);
    assert_eq!(claimed.sweep().await.0, WAITS);
}

/// Of another payment nothing is believed, whatever the gateway says under our key.
#[tokio::test]
async fn an_answer_about_another_payment_moves_nothing() {
    let others = || Ok(PaymentReport { mark: None, ..paid() });
    Claimed::hours_ago(1).may_be_sent().answers(others).comes_to(UNANSWERED).await;
}

/// Nobody confirmed it, or it waits for its owner: it is ended at the gateway, and what the gateway says then is applied.
#[rstest]
#[case(Progress::Failed, PaymentState::Failed)]
#[case(Progress::Paid { amount: usd("25") }, PaymentState::Completed)]
#[tokio::test]
async fn a_charge_that_waits_for_somebody_is_ended(#[case] then: Progress, #[case] ends: PaymentState) {
    let open = PaymentReport { progress: Progress::Open, ..paid() };
    let mut claimed = Claimed::hours_ago(1).may_be_sent().answers(unknown).finds(&[open]);
    claimed.gateway.expect_cancel_charge().once().returning(move |intent| {
        assert_eq!(intent.as_str(), "pi_1");
        Ok(PaymentReport { progress: then, ..paid() })
    });
    claimed.ends(ends).comes_to(ENDED).await;
}

/// Until the gateway says so nothing has ended, and after a day somebody is told.
#[tokio::test]
async fn a_charge_that_cannot_be_ended_raises_an_alarm_after_a_day() {
    for (hours, raised) in [(23, vec![]), (25, vec![format!("top_up_stalled {}", id())])] {
        let open = PaymentReport { progress: Progress::Open, ..paid() };
        let mut claimed = Claimed::hours_ago(hours).may_be_looked_for(5).finds(&[open]);
        claimed.gateway.expect_cancel_charge().once().returning(|_| unknown());
        let (sweep, alarms) = claimed.sweep().await;
        assert_eq!((sweep, alarms.raised()), (UNANSWERED, raised));
    }
    let (_, alarms) = Claimed::hours_ago(25).then(None, withdrawn()).sweep().await;
    assert_eq!(alarms.ended(), [format!("top_up_stalled {}", id())]);
}

/// Of two charges under one mark the one that was paid is applied first, and the other one moves nothing.
#[tokio::test]
async fn of_two_charges_the_paid_one_is_applied_first() {
    let failed =
        PaymentReport { intent: Some("pi_0".parse().unwrap()), progress: Progress::Failed, ..paid() };
    let mut claimed = Claimed::hours_ago(1).may_be_looked_for(5).finds(&[failed, paid()]);
    claimed.store.expect_assess().times(2).returning(|change: &Change<Assessment>| {
        let completed = payment(PaymentState::Completed);
        Ok(match change.body.intent.as_ref().unwrap().as_str() {
            "pi_1" => AssessmentAnswer::Stands { payment: completed, moved: true },
            _ => AssessmentAnswer::OtherIntent(completed),
        })
    });
    claimed.comes_to(ENDED).await;
}

/// The database may be a backup's: before both books were compared nothing is sent.
#[tokio::test]
async fn nothing_is_sent_before_the_books_were_compared() {
    let Claimed { gateway, store, top_ups, alarms } = Claimed::hours_ago(1);
    assert_eq!(payments_that_alarm(gateway, store, top_ups, alarms).sweep().await.unwrap(), WAITS);
}
