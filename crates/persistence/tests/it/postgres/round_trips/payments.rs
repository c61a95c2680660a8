//! The transitions of payments, with something taken back and given again in one.

use std::time::Duration;

use chrono::TimeDelta;
use trunkline_domain::{Change, Money, PaymentId, TransferId};
use trunkline_payments::{
    Assessment, AssessmentAnswer, Movement, PageNoted, PaymentCredit, PaymentKind, PaymentOpening,
    PaymentState, PaymentStore, TakingChange, TakingKind, Told,
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
