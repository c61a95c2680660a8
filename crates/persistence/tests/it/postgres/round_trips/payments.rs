//! The transitions of payments, with something taken back and given again in one.

use std::time::Duration;

use chrono::TimeDelta;
use trunkline_domain::{Actor, Change, Money, PaymentId, TransferId};
use trunkline_payments::{
    Assessment, AssessmentAnswer, CONSENT_VERSION, Consent, CustomerId, MethodId, Movement, PageNoted,
    PaymentCredit, PaymentKind, PaymentOpening, PaymentState, PaymentStore, SendAnswer, SendBegin,
    SetupBegin, SetupEnd, SetupOutcome, SetupsVoid, TakingChange, TakingKind, Told, TopUpChange, TopUpClaim,
    TopUpSetup, TopUpState, TopUpStore, TopUpTerms,
};
use trunkline_persistence::PostgresStore;
use trunkline_provisioning::contract::Fixture;
use trunkline_provisioning::contract::fixture::{ann, usd};

use super::Counter;

pub(super) async fn payments(store: &PostgresStore, f: &Fixture, c: &mut Counter, n: u16) {
    let (id, amount, at) = (PaymentId::from_uuid(f.id()), usd("10"), f.now());
    let opening = PaymentOpening {
        id,
        user: ann(),
        kind: PaymentKind::Checkout,
        amount,
        description: "Funds added".to_owned(),
        daily_cap: Some(usd("1000")),
        look_after: Duration::from_mins(5),
        at,
    };
    c.once("open_payment_1", PaymentStore::open(store, &Change::new(opening))).await.unwrap();
    let noted = PageNoted {
        payment: id,
        session: format!("cs_{n}").parse().unwrap(),
        page: "https://pay.example/1".parse().unwrap(),
        expires_at: at + TimeDelta::hours(1),
        look_after: Duration::from_mins(5),
        at,
    };
    c.once("note_payment_page_1", store.note_page(&Change::new(noted))).await.unwrap();
    c.once("due_payments_1", store.due(Duration::from_mins(5), 10)).await.unwrap();
    let said = Change::new(paid_and_taken(f, id, n, amount));
    let answer = c.once("assess_payment_2", store.assess(&said)).await.unwrap();
    assert!(matches!(answer, AssessmentAnswer::Stands { moved: true, .. }), "{answer:?}");
}

/// A page, its method, a claim, a change, and the method let go.
pub(super) async fn top_ups(store: &PostgresStore, f: &Fixture, c: &mut Counter, n: u16) {
    let (at, user, look_after) = (f.now(), ann(), Duration::from_mins(5));
    let terms = TopUpTerms { threshold: usd("100000"), amount: usd("10"), monthly_cap: usd("100000") };
    let customer: CustomerId = "cus_1".parse().unwrap();
    c.once("keep_top_up_customer_1", store.keep_customer(&user, &customer, None, at)).await.unwrap();
    let setup = TopUpSetup {
        id: f.id(),
        user: user.clone(),
        terms,
        customer,
        session: format!("cs_setup_{n}").parse().unwrap(),
        consent: Consent { version: CONSENT_VERSION, by: Actor::System, at },
        expires_at: at + TimeDelta::hours(1),
        is_void: false,
    };
    let id = setup.id;
    let session = format!("cs_void_{n}").parse().unwrap();
    let earlier = TopUpSetup { id: f.id(), session, ..setup.clone() };
    store.begin_setup(&Change::new(SetupBegin { setup: earlier, look_after })).await.unwrap();
    let void = SetupsVoid { user: user.clone(), currency: terms.currency(), told: Told::default() };
    assert!(c.once("void_top_up_setups_1", store.void_setups(&Change::new(void))).await.unwrap() > 0);
    let begin = Change::new(SetupBegin { setup, look_after });
    c.once("begin_top_up_setup_1", store.begin_setup(&begin)).await.unwrap();
    c.once("due_top_up_setups_1", store.due_setups(look_after, 10)).await.unwrap();
    let method: MethodId = format!("pm_{n}").parse().unwrap();
    let outcome = SetupOutcome::Saved { method: method.clone(), label: "visa".to_owned() };
    let end =
        Change::new(SetupEnd { setup: id, user: user.clone(), currency: terms.currency(), outcome, at });
    let on = c.once("end_top_up_setup_1", store.end_setup(&end)).await.unwrap().unwrap();
    c.once("FROM trunkline.top_up", store.low(10)).await.unwrap();
    c.once("leave_top_up_alone_1", store.leave_alone(&on, Duration::ZERO)).await.unwrap();
    let payment = PaymentId::from_uuid(f.id());
    let claim = TopUpClaim {
        payment,
        user: user.clone(),
        version: on.version,
        amount: terms.amount,
        description: "Automatic top-up".to_owned(),
        daily_cap: None,
        day: at,
        month: at,
        cool_down: Duration::from_hours(1),
        pause: Duration::from_mins(1),
        look_after,
        told: Told::default(),
        at,
    };
    c.once("claim_top_up_1", store.claim(&Change::new(claim))).await.unwrap();
    sends(store, f, c, payment).await;
    let consent = Some(on.consent.clone());
    let change =
        TopUpChange { user, version: on.version, terms, state: TopUpState::Off, method: None, consent, at };
    let changed = c.once("change_top_up_1", store.change(&Change::new(change))).await.unwrap();
    assert!(changed.is_some());
    c.once("due_top_up_leavings_1", store.methods_to_forget(look_after, 10)).await.unwrap();
    c.once("note_forgotten_1", store.note_forgotten(&method)).await.unwrap();
}

/// A charge that was claimed is about to be sent, and was not.
async fn sends(store: &PostgresStore, f: &Fixture, c: &mut Counter, payment: PaymentId) {
    let (at, send) = (f.now(), f.id());
    let begin = SendBegin {
        payment,
        user: ann(),
        currency: usd("10").currency(),
        send,
        brake: None,
        daily_cap: None,
        day: at,
        month: at,
        repeat_within: Duration::from_hours(23),
        pause: Duration::from_mins(1),
        withdrawn: Told::default(),
        at,
    };
    // Of a wallet that has a charge in flight from before nothing was claimed.
    let answer = c.once("begin_top_up_send_1", store.begin_send(&Change::new(begin))).await.unwrap();
    assert!(matches!(answer, SendAnswer::Send(_) | SendAnswer::Unknown), "{answer:?}");
    c.once("note_top_up_unsent_1", store.note_unsent(payment, send)).await.unwrap();
}

fn paid_and_taken(f: &Fixture, payment: PaymentId, n: u16, amount: Money) -> Assessment {
    let transfer = || TransferId::from_uuid(f.id());
    let movement = || Movement {
        transfer: transfer(),
        description: "Payment disputed".to_owned(),
        told: Told::default(),
    };
    let taking = TakingChange {
        id: format!("dp_{n}").parse().unwrap(),
        kind: TakingKind::Dispute,
        amount,
        taken: movement(),
        lent: [transfer(), transfer()],
        lent_description: "Owed since a payment was disputed".to_owned(),
        returned: Some(movement()),
    };
    Assessment {
        payment,
        user: ann(),
        kind: PaymentKind::Checkout,
        asked: amount,
        description: "Funds added".to_owned(),
        session: Some(format!("cs_{n}").parse().unwrap()),
        intent: Some(format!("pi_{n}").parse().unwrap()),
        state: PaymentState::Completed,
        decline: None,
        credit: Some(PaymentCredit { amount, told: Told::default() }),
        takings: vec![taking],
        failed: Told::default(),
        switch_off: None,
        look_after: Duration::from_mins(5),
        at: f.now(),
    }
}
