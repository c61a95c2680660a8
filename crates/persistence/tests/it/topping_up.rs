//! The watch over low wallets on the real store, for an hour: a card that declines, and a program that spends without end.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use trunkline_alarms::LoggedAlarms;
use trunkline_domain::{
    Actor, Change, Clock, Currency, DeploymentId, Money, Origin, PaymentId, RandomIds, TransferId,
};
use trunkline_notices::{Alerts, MailRoute, MockAlertStore};
use trunkline_payments::contract::PaymentFixture;
use trunkline_payments::{
    Agreement, CONSENT_VERSION, Consent, DECLINES_MAX, GatewayError, MockPaymentGateway, OpenedPage,
    PageNoted, PaymentBounds, PaymentKind, PaymentMark, PaymentOpening, PaymentParts, PaymentReport,
    PaymentTerms, Payments, Progress, RemoveTopUpCommand, Repair, ReportPage, ReturnPages, SavedCharge,
    SetUpCommand, SetupBegin, SetupEnd, SetupOutcome, SetupProgress, SetupReport, SetupRequest, TopUp,
    TopUpCommand, TopUpError, TopUpSettings, TopUpSetup, TopUpState, TopUpTerms, TopUps, Watched,
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

/// Nothing was paid or taken at the gateway, and every amount can be charged.
fn quiet(mut gateway: MockPaymentGateway) -> MockPaymentGateway {
    gateway.expect_payments_between().returning(|_, _, _| Ok(ReportPage { reports: vec![], next: None }));
    gateway.expect_taken_between().returning(|_, _| Ok(vec![]));
    gateway.expect_can_express().return_const(true);
    gateway
}

fn here() -> DeploymentId {
    DeploymentId::from_uuid(Uuid::from_u128(7))
}

/// Top-ups of a process that has compared both books.
async fn top_ups(f: &PaymentFixture, gateway: MockPaymentGateway, most: &str) -> TopUps {
    let payments = payments(f, quiet(gateway), most);
    payments.compare_lately(TimeDelta::days(7), Repair::Missing).await.unwrap();
    TopUps::new(payments, SETTINGS)
}

fn payments(f: &PaymentFixture, gateway: MockPaymentGateway, most: &str) -> Payments {
    let deployment = here();
    let mut alerts = MockAlertStore::new();
    alerts.expect_alerts().returning(|_, _| Ok(Alerts::default()));
    let page = |path: &str| format!("https://trunkline.example/{path}").parse().unwrap();
    let bounds = PaymentBounds::new("5 USD".parse().unwrap(), most.parse().unwrap(), None).unwrap();
    let terms = PaymentTerms {
        deployment,
        bounds,
        pages: ReturnPages { done: page("done"), cancelled: page("cancelled") },
        look_after: std::time::Duration::from_mins(5),
    };
    let parts = PaymentParts {
        gateway: Arc::new(gateway),
        store: Arc::clone(&f.store),
        top_ups: Arc::clone(&f.top_ups),
        alerts: Arc::new(alerts),
        mail: MailRoute::Missing,
        clock: Arc::clone(&f.clock) as Arc<dyn Clock>,
        ids: Arc::new(RandomIds),
        alarms: Arc::new(LoggedAlarms),
    };
    Payments::new(parts, terms)
}

const SETTINGS: TopUpSettings = TopUpSettings { cool_down: std::time::Duration::from_hours(1) };

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
        is_void: false,
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
    let server = || top_ups(f, declining(here(), &charges), "500 USD");
    let servers = [server().await, server().await];
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

const NOTHING: Watched = Watched { low: 0, claimed: 0 };
const KEPT: Watched = Watched { low: 1, claimed: 0 };

/// The database may be a backup's, which does not know of the last charge.
#[tokio::test]
async fn nothing_is_claimed_before_the_books_were_compared() {
    let f = &engine::sqlite::payments().await;
    switch_on(f).await;
    let payments = payments(f, quiet(MockPaymentGateway::new()), "500 USD");
    let server = TopUps::new(payments.clone(), SETTINGS);
    assert_eq!(server.run_once().await.unwrap(), NOTHING);
    assert_eq!(f.top_ups.low(10).await.unwrap().len(), 1, "it is low");
}

/// A page on which somebody can pay 40.
async fn open_page(f: &PaymentFixture) -> PaymentId {
    let (id, at) = (PaymentId::from_uuid(Uuid::from_u128(60)), f.clock.now());
    let opening = PaymentOpening {
        id,
        user: "ann".parse().unwrap(),
        kind: PaymentKind::Checkout,
        amount: usd("40"),
        description: "Funds added".to_owned(),
        daily_cap: None,
        look_after: std::time::Duration::from_mins(5),
        at,
    };
    f.store.open(&Change::new(opening)).await.unwrap();
    let noted = PageNoted {
        payment: id,
        session: "cs_60".parse().unwrap(),
        page: "https://pay.example/60".parse().unwrap(),
        expires_at: at + TimeDelta::hours(1),
        look_after: std::time::Duration::from_mins(5),
        at,
    };
    f.store.note_page(&Change::new(noted)).await.unwrap();
    id
}

fn of_page(payment: PaymentId, progress: Progress) -> PaymentReport {
    PaymentReport {
        mark: Some(PaymentMark { deployment: here().to_string(), payment, user: "ann".parse().unwrap() }),
        session: Some("cs_60".parse().unwrap()),
        intent: Some("pi_60".parse().unwrap()),
        asked: usd("40"),
        progress,
        decline: None,
        takings: Vec::new(),
    }
}

/// A page that is paid and not heard of fills the wallet; where the gateway does not say, nothing is charged, and others are
/// looked at all the same; a page that is only open keeps nothing.
#[tokio::test]
async fn open_pages_are_asked_about_before_a_charge_is_claimed() {
    let f = &engine::sqlite::payments().await;
    let id = open_page(f).await;
    switch_on(f).await;
    let mut gateway = MockPaymentGateway::new();
    gateway.expect_payment().once().returning(|_| {
        Err(GatewayError::Unavailable { retry_after: None, detail: "away".to_owned(), source: None })
    });
    let paid = Progress::Paid { amount: usd("40") };
    gateway.expect_payment().once().returning(move |_| Ok(Some(of_page(id, paid))));
    let server = top_ups(f, gateway, "500 USD").await;
    assert_eq!(server.run_once().await.unwrap(), KEPT);
    assert_eq!(server.run_once().await.unwrap(), NOTHING, "it is left alone for a moment");
    f.clock.advance(TimeDelta::minutes(1));
    assert_eq!(server.run_once().await.unwrap(), KEPT);
    assert_eq!(f.store.payment(id).await.unwrap().unwrap().paid, Some(usd("40")));

    let f = &engine::sqlite::payments().await;
    let id = open_page(f).await;
    switch_on(f).await;
    let charges = Arc::new(AtomicU32::new(0));
    let mut gateway = declining(here(), &charges);
    gateway.expect_payment().once().returning(move |_| Ok(Some(of_page(id, Progress::Open))));
    top_ups(f, gateway, "500 USD").await.run_once().await.unwrap();
    assert_eq!(charges.load(Ordering::Relaxed), 1);
}

fn change(at_most: Option<&str>, state: Option<TopUpState>, agreement: Agreement) -> TopUpCommand {
    TopUpCommand {
        user: "ann".parse().unwrap(),
        currency: Currency::USD,
        threshold: None,
        amount: None,
        monthly_cap: at_most.map(usd),
        state,
        agreement,
        reason: None,
        origin: Origin::command_line_of("ann".to_owned()),
    }
}

/// The operator's bounds bind what is charged, and keep nobody from switching off.
#[tokio::test]
async fn what_is_not_taken_any_more_is_not_charged() {
    let f = &engine::sqlite::payments().await;
    switch_on(f).await;
    let server = top_ups(f, MockPaymentGateway::new(), "10 USD").await;
    assert_eq!(server.run_once().await.unwrap(), KEPT);
    assert_eq!(server.run_once().await.unwrap(), NOTHING);
    let lower = change(Some("100"), None, Agreement::NotGiven);
    assert!(matches!(server.change(&lower).await, Err(TopUpError::Amount(_))));
    let off = server.change(&change(None, Some(TopUpState::Off), Agreement::NotGiven)).await.unwrap();
    assert_eq!(off.state, TopUpState::Off);
    let on = change(None, Some(TopUpState::On), Agreement::NotGiven);
    assert!(matches!(server.change(&on).await, Err(TopUpError::Amount(_))));
}

/// Whatever allows more needs the customer's word anew, which is kept.
#[tokio::test]
async fn more_is_charged_only_by_a_new_consent() {
    let f = &engine::sqlite::payments().await;
    switch_on(f).await;
    let server = top_ups(f, MockPaymentGateway::new(), "500 USD").await;
    let before = top_up(f).await;
    let mut consent = before.consent;
    let mut raised = [(); 3].map(|()| change(None, None, Agreement::NotGiven));
    (raised[0].threshold, raised[1].amount, raised[2].monthly_cap) =
        (Some(usd("5.01")), Some(usd("26")), Some(usd("1001")));
    for raised in raised {
        f.clock.advance(TimeDelta::minutes(1));
        assert!(matches!(server.change(&raised).await, Err(TopUpError::NotAgreed)), "{raised:?}");
        let kept = top_up(f).await;
        assert_eq!((kept.terms, &kept.consent), (before.terms, &consent));
        let agreed = TopUpCommand { agreement: Agreement::Given, ..raised };
        consent = server.change(&agreed).await.unwrap().consent;
        let by = agreed.origin.actor;
        assert_eq!(consent, Consent { version: CONSENT_VERSION, by, at: f.clock.now() });
        let mut lower = change(None, None, Agreement::NotGiven);
        (lower.threshold, lower.amount, lower.monthly_cap) =
            (Some(before.terms.threshold), Some(before.terms.amount), Some(before.terms.monthly_cap));
        assert_eq!(server.change(&lower).await.unwrap().consent, consent, "lowering asks for nothing");
    }
    let off = server.change(&change(None, Some(TopUpState::Off), Agreement::NotGiven)).await.unwrap();
    let on = server.change(&change(None, Some(TopUpState::On), Agreement::NotGiven)).await.unwrap();
    assert_eq!((off.state, on.state, on.consent), (TopUpState::Off, TopUpState::On, consent));
}

fn page(session: &str, until: DateTime<Utc>) -> OpenedPage {
    OpenedPage {
        session: session.parse().unwrap(),
        url: "https://pay.example/1".parse().unwrap(),
        expires_at: until,
    }
}

fn set_up() -> SetUpCommand {
    SetUpCommand {
        user: "ann".parse().unwrap(),
        terms: TopUpTerms { threshold: usd("5"), amount: usd("25"), monthly_cap: usd("100") },
        origin: Origin::system(),
    }
}

/// A removal while only a page is open: the page is closed at the gateway. One that was used in the meantime cannot be closed,
/// and what was saved on it is forgotten.
#[tokio::test]
async fn a_removal_makes_void_what_is_open() {
    let f = &engine::sqlite::payments().await;
    let until = f.clock.now() + TimeDelta::hours(1);
    let mut gateway = MockPaymentGateway::new();
    gateway.expect_make_customer().returning(|_, _, _| Ok("cus_1".parse().unwrap()));
    let keys = Arc::new(std::sync::Mutex::new(Vec::new()));
    let opened = Arc::clone(&keys);
    gateway.expect_open_setup().times(2).returning(move |request: &SetupRequest| {
        let mut opened = opened.lock().unwrap();
        opened.push(request.key);
        Ok(page(&format!("cs_{}", opened.len()), until))
    });
    gateway.expect_expire_setup().once().withf(|session| session.as_str() == "cs_1").returning(|_| Ok(()));
    gateway.expect_setup().times(2).returning(move |session| {
        let keys = keys.lock().unwrap();
        let (key, progress) = match session.as_str() {
            "cs_1" => (keys[0], SetupProgress::Open),
            _ => {
                (keys[1], SetupProgress::Saved { method: "pm_2".parse().unwrap(), label: "visa".to_owned() })
            }
        };
        Ok(Some(SetupReport { key: Some(key), progress }))
    });
    gateway.expect_forget_method().once().withf(|method| method.as_str() == "pm_2").returning(|_| Ok(()));
    let server = top_ups(f, gateway, "500 USD").await;
    let removal = RemoveTopUpCommand {
        user: "ann".parse().unwrap(),
        currency: Currency::USD,
        origin: Origin::system(),
    };
    assert!(matches!(server.remove(&removal).await, Err(TopUpError::NotFound(_))));
    for _ in 0..2 {
        server.set_up(set_up()).await.unwrap();
        assert_eq!(server.remove(&removal).await.unwrap(), None);
        f.clock.advance(TimeDelta::minutes(5));
        server.run_once().await.unwrap();
    }
    assert_eq!(f.top_ups.top_up(&removal.user, Currency::USD).await.unwrap(), None);
    assert!(matches!(server.remove(&removal).await, Err(TopUpError::NotFound(_))));
}

/// The account at the gateway is another one: the customer is made anew, once, and the page is theirs.
#[tokio::test]
async fn a_customer_whom_the_gateway_does_not_know_is_made_anew() {
    let f = &engine::sqlite::payments().await;
    let (user, at) = ("ann".parse().unwrap(), f.clock.now());
    f.top_ups.keep_customer(&user, &"cus_old".parse().unwrap(), None, at).await.unwrap();
    let mut gateway = MockPaymentGateway::new();
    gateway.expect_open_setup().returning(move |request: &SetupRequest| match request.customer.as_str() {
        "cus_new" => Ok(page(&format!("cs_{}", request.key.simple()), at + TimeDelta::hours(1))),
        _ => Err(GatewayError::NoSuchCustomer { message: "No such customer: 'cus_old'".to_owned() }),
    });
    gateway.expect_make_customer().once().returning(|_, _, instead_of| {
        assert_eq!(instead_of.unwrap().as_str(), "cus_old");
        Ok("cus_new".parse().unwrap())
    });
    let server = top_ups(f, gateway, "500 USD").await;
    for _ in 0..2 {
        server.set_up(set_up()).await.unwrap();
    }
    assert_eq!(f.top_ups.customer(&user).await.unwrap().unwrap().as_str(), "cus_new");
}
