//! Charging saved methods over mocks of every port: what is sent, when it is only looked for, and what a failure means.

use chrono::TimeDelta;
use mockall::predicate::eq;
use trunkline_domain::{Change, Clock};
use trunkline_payments::{
    Assessment, AssessmentAnswer, GatewayError, MockPaymentGateway, MockPaymentStore, MockTopUpStore,
    Payment, PaymentKind, PaymentReport, PaymentState, Progress, ReportPage, SavedCharge, SavedMethod,
    StoredCharge, Sweep,
};

use crate::service::{Noon, here, id, payment, payments_with, report, usd};

/// Of whom it is known whether they still want what was claimed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wish {
    Stands,
    Withdrawn,
}

/// A charge that was claimed so many hours ago, and of which nothing is known.
struct Claimed {
    gateway: MockPaymentGateway,
    store: MockPaymentStore,
    top_ups: MockTopUpStore,
}

impl Claimed {
    fn ago(hours: i64, wish: Wish) -> Self {
        let (gateway, mut store, mut top_ups) =
            (MockPaymentGateway::new(), MockPaymentStore::new(), MockTopUpStore::new());
        let claimed = Payment {
            kind: PaymentKind::TopUp,
            opened_at: Noon.now() - TimeDelta::hours(hours),
            ..payment(PaymentState::Opening)
        };
        let due = claimed.clone();
        store.expect_due().returning(move |_, _| Ok(vec![due.clone()]));
        store.expect_payment().returning(move |_| Ok(Some(claimed.clone())));
        let method = SavedMethod {
            customer: "cus_1".parse().unwrap(),
            id: "pm_1".parse().unwrap(),
            label: "visa".to_owned(),
        };
        let stored = StoredCharge { method, is_wanted: wish == Wish::Stands };
        top_ups.expect_charge().with(eq(id())).returning(move |_| Ok(Some(stored.clone())));
        Self { gateway, store, top_ups }
    }

    fn sends(mut self, times: usize, answer: fn() -> Result<PaymentReport, GatewayError>) -> Self {
        self.gateway.expect_charge_saved().times(times).returning(move |charge: &SavedCharge| {
            assert_eq!((charge.payment, charge.amount), (id(), usd("25")));
            answer()
        });
        self
    }

    /// On the second page of everything that was charged meanwhile.
    fn finds(mut self, found: Option<PaymentReport>) -> Self {
        self.gateway.expect_payments_between().returning(move |from, to, after| {
            assert!(from < to);
            Ok(match after {
                None => ReportPage { reports: vec![], next: Some("pi_0".parse().unwrap()) },
                Some(_) => ReportPage { reports: found.clone().into_iter().collect(), next: None },
            })
        });
        self
    }

    fn ends(mut self, state: PaymentState) -> Self {
        self.store.expect_assess().once().returning(move |change: &Change<Assessment>| {
            assert_eq!(change.body.state, state);
            Ok(AssessmentAnswer::Stands { payment: payment(state), moved: true })
        });
        self
    }

    async fn sweep(self) -> Sweep {
        payments_with(self.gateway, self.store, self.top_ups).sweep().await.unwrap()
    }
}

fn unknown() -> Result<PaymentReport, GatewayError> {
    Err(GatewayError::OutcomeUnknown { detail: "a timeout".to_owned(), source: None })
}

fn paid() -> PaymentReport {
    report(here(), Progress::Paid { amount: usd("25") })
}

const ENDED: Sweep = Sweep { due: 1, ended: 1, unanswered: 0 };

/// The gateway may repeat for a day that it failed, although the charge stands.
#[tokio::test]
async fn a_charge_without_an_answer_is_found_by_its_mark() {
    let claimed = Claimed::ago(1, Wish::Stands).sends(1, unknown).finds(Some(paid()));
    assert_eq!(claimed.ends(PaymentState::Completed).sweep().await, ENDED);
}

#[tokio::test]
async fn a_charge_without_an_answer_that_is_nowhere_is_asked_about_again() {
    let unanswered = Claimed::ago(1, Wish::Stands).sends(1, unknown).finds(None).sweep().await;
    assert_eq!(unanswered, Sweep { due: 1, ended: 0, unanswered: 1 });
}

/// The gateway has dropped the key by then: sending it again would charge again.
#[tokio::test]
async fn after_a_day_a_charge_is_looked_for_and_never_sent() {
    let looked_for = Claimed::ago(23, Wish::Stands).sends(1, unknown).finds(None).sweep().await;
    assert_eq!(looked_for.unanswered, 1, "at the end of the time the key still holds");
    let found = Claimed::ago(24, Wish::Stands).finds(Some(paid())).ends(PaymentState::Completed);
    assert_eq!(found.sweep().await, ENDED);
    let waited_for = Claimed::ago(24, Wish::Stands).finds(None).sweep().await;
    assert_eq!(waited_for, Sweep { due: 1, ended: 0, unanswered: 0 });
    let given_up = Claimed::ago(25, Wish::Stands).finds(None).ends(PaymentState::Expired);
    assert_eq!(given_up.sweep().await, ENDED);
}

/// Its user has switched it off, or has another method: what was perhaps sent is looked for, and not sent.
#[tokio::test]
async fn a_charge_that_nobody_wants_any_more_is_not_sent() {
    let waited_for = Claimed::ago(1, Wish::Withdrawn).finds(None).sweep().await;
    assert_eq!(waited_for, Sweep { due: 1, ended: 0, unanswered: 0 });
    let found = Claimed::ago(1, Wish::Withdrawn).finds(Some(paid())).ends(PaymentState::Completed);
    assert_eq!(found.sweep().await, ENDED, "yes beats no");
}

/// Certainly nothing was done: it is tried again, and nothing is looked for.
#[tokio::test]
async fn a_gateway_that_cannot_be_reached_is_asked_again() {
    let away =
        || Err(GatewayError::Unavailable { retry_after: None, detail: "away".to_owned(), source: None });
    let unanswered = Claimed::ago(1, Wish::Stands).sends(1, away).sweep().await;
    assert_eq!(unanswered, Sweep { due: 1, ended: 0, unanswered: 1 });
}

/// Of another payment nothing is believed, whatever the gateway says under our key.
#[tokio::test]
async fn an_answer_about_another_payment_moves_nothing() {
    let others = || Ok(PaymentReport { mark: None, ..paid() });
    let unanswered = Claimed::ago(1, Wish::Stands).sends(1, others).sweep().await;
    assert_eq!(unanswered.unanswered, 1);
}
