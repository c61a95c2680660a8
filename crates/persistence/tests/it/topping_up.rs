//! The watch over low wallets on the real store, for an hour: a card that declines, and a program that spends without end.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use chrono::TimeDelta;
use trunkline_alarms::LoggedAlarms;
use trunkline_domain::{Actor, Change, Clock, Currency, DeploymentId, Money, RandomIds, TransferId};
use trunkline_notices::{Alerts, MailRoute, MockAlertStore};
use trunkline_payments::contract::PaymentFixture;
use trunkline_payments::{
    CONSENT_VERSION, Consent, DECLINES_MAX, MockPaymentGateway, PaymentBounds, PaymentMark, PaymentParts,
    PaymentReport, PaymentTerms, Payments, Progress, ReturnPages, SavedCharge, SetupBegin, SetupEnd,
    SetupOutcome, TopUp, TopUpSettings, TopUpSetup, TopUpState, TopUpTerms, TopUps,
};
use trunkline_wallet::{AccountId, Adjustment, TransactionDirection};
use uuid::Uuid;

use crate::engine;

fn usd(text: &str) -> Money {
    Money::parse(text, Currency::USD).unwrap()
}

/// A gateway whose card declines every charge, and counts them.
fn declining(deployment: DeploymentId, charges: &Arc<AtomicU32>) -> MockPaymentGateway {
    let mut gateway = MockPaymentGateway::new();
    let charges = Arc::clone(charges);
    gateway.expect_charge_saved().returning(move |charge: &SavedCharge| {
        charges.fetch_add(1, Ordering::Relaxed);
        let mark = PaymentMark {
            deployment: deployment.to_string(),
            payment: charge.payment,
            user: charge.user.clone(),
        };
        Ok(PaymentReport {
            mark: Some(mark),
            session: None,
            intent: Some(format!("pi_{}", charge.payment.as_uuid().simple()).parse().unwrap()),
            asked: charge.amount,
            progress: Progress::Failed,
            decline: Some("card_declined".to_owned()),
            takings: Vec::new(),
        })
    });
    gateway
}

fn top_ups(f: &PaymentFixture, charges: &Arc<AtomicU32>) -> TopUps {
    let deployment = DeploymentId::from_uuid(Uuid::from_u128(7));
    let mut alerts = MockAlertStore::new();
    alerts.expect_alerts().returning(|_, _| Ok(Alerts::default()));
    let page = |path: &str| format!("https://trunkline.example/{path}").parse().unwrap();
    let bounds = PaymentBounds::new("5 USD".parse().unwrap(), "500 USD".parse().unwrap(), None).unwrap();
    let terms = PaymentTerms {
        deployment,
        bounds,
        pages: ReturnPages { done: page("done"), cancelled: page("cancelled") },
        look_after: std::time::Duration::from_mins(5),
    };
    let parts = PaymentParts {
        gateway: Arc::new(declining(deployment, charges)),
        store: Arc::clone(&f.store),
        top_ups: Arc::clone(&f.top_ups),
        alerts: Arc::new(alerts),
        mail: MailRoute::Missing,
        clock: Arc::clone(&f.clock) as Arc<dyn Clock>,
        ids: Arc::new(RandomIds),
        alarms: Arc::new(LoggedAlarms),
    };
    let settings = TopUpSettings { cool_down: std::time::Duration::from_hours(1) };
    TopUps::new(Payments::new(parts, terms), settings)
}

async fn switch_on(f: &PaymentFixture) {
    let (user, at, id) = ("ann".parse().unwrap(), f.clock.now(), Uuid::from_u128(1));
    let terms = TopUpTerms { threshold: usd("5"), amount: usd("25"), monthly_cap: usd("1000") };
    let setup = TopUpSetup {
        id,
        user,
        terms,
        customer: "cus_1".parse().unwrap(),
        session: "cs_1".parse().unwrap(),
        consent: Consent { version: CONSENT_VERSION, by: Actor::System, at },
        expires_at: at + TimeDelta::hours(1),
    };
    let user = setup.user.clone();
    let begin = SetupBegin { setup, look_after: std::time::Duration::from_hours(100) };
    f.top_ups.begin_setup(&Change::new(begin)).await.unwrap();
    let outcome = SetupOutcome::Saved { method: "pm_1".parse().unwrap(), label: "visa".to_owned() };
    let end = SetupEnd { setup: id, user, currency: Currency::USD, outcome, at };
    f.top_ups.end_setup(&Change::new(end)).await.unwrap().unwrap();
}

async fn top_up(f: &PaymentFixture) -> TopUp {
    f.top_ups.top_up(&"ann".parse().unwrap(), Currency::USD).await.unwrap().unwrap()
}

async fn post(f: &PaymentFixture, n: u128, direction: TransactionDirection, amount: Money) {
    let user = "ann".parse().unwrap();
    let adjustment = Adjustment {
        transfer: TransferId::from_uuid(Uuid::from_u128(n)),
        wallet: AccountId::wallet(&user, amount.currency()),
        user,
        direction,
        amount,
        description: "spent".to_owned(),
        at: f.clock.now(),
        approval: None,
    };
    f.wallets.adjust(&Change::new(adjustment)).await.unwrap();
}

/// Two servers look after every debit. The hours after it bring one attempt each, until it is off.
#[tokio::test]
async fn five_hundred_debits_in_an_hour_are_one_attempt() {
    let f = &engine::sqlite::payments().await;
    let charges = Arc::new(AtomicU32::new(0));
    let servers = [top_ups(f, &charges), top_ups(f, &charges)];
    post(f, 1_000, TransactionDirection::Credit, usd("6")).await;
    switch_on(f).await;
    let look = async || {
        let (one, other) = tokio::join!(servers[0].run_once(), servers[1].run_once());
        one.unwrap().claimed + other.unwrap().claimed
    };
    assert_eq!(look().await, 0, "enough is available");
    post(f, 1_001, TransactionDirection::Debit, usd("1")).await;
    assert_eq!(look().await, 0, "the threshold itself is enough");
    let mut claimed = 0;
    for n in 0..500 {
        post(f, 2_000 + n, TransactionDirection::Debit, usd("0.01")).await;
        claimed += look().await;
        f.clock.advance(TimeDelta::seconds(7));
    }
    assert_eq!((claimed, charges.load(Ordering::Relaxed)), (1, 1));
    assert_eq!((top_up(f).await.declines, top_up(f).await.state), (1, TopUpState::On));
    for _ in 0..10 {
        f.clock.advance(TimeDelta::hours(1));
        look().await;
    }
    assert_eq!(
        (charges.load(Ordering::Relaxed), top_up(f).await.state),
        (DECLINES_MAX, TopUpState::Declined)
    );
}
