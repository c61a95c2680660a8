//! What a reconciliation reads of books that somebody has damaged, which no port can do, and what beside a report is
//! kept. On both engines.

use chrono::TimeDelta;
use trunkline_domain::{Change, OwnedNumber};
use trunkline_provisioning::contract::Fixture;
use trunkline_provisioning::contract::fixture::{ann, sid, usd};
use trunkline_provisioning::port::{Contradiction, Missing, NumberUpdate, ReleaseEnd};

use crate::auditing::{live, vandal};
use crate::engine::on_every_engine;
use crate::fixture::Database as SqliteDatabase;
use crate::postgres::database::Database as PostgresDatabase;

/// A database that somebody may do anything to.
pub(crate) trait Place {
    async fn new() -> Self;

    async fn fixture(&self) -> Fixture;

    /// Executes statements that no rule of the schema stops.
    async fn vandalise(&self, statements: &[&'static str]);

    async fn count(&self, question: &'static str) -> i64;
}

impl Place for SqliteDatabase {
    async fn new() -> Self {
        Self::new().await
    }

    async fn fixture(&self) -> Fixture {
        self.changes(&self.open().await)
    }

    async fn vandalise(&self, statements: &[&'static str]) {
        let mut vandal = vandal(self).await;
        for statement in statements {
            let done = sqlx::query(*statement).execute(&mut vandal).await.unwrap();
            assert!(done.rows_affected() > 0, "{statement}");
        }
    }

    async fn count(&self, question: &'static str) -> i64 {
        sqlx::query_scalar(question).fetch_one(&mut self.stranger().await).await.unwrap()
    }
}

impl Place for PostgresDatabase {
    async fn new() -> Self {
        Self::new().await
    }

    async fn fixture(&self) -> Fixture {
        self.changes(&self.open().await)
    }

    async fn vandalise(&self, statements: &[&'static str]) {
        let mut all = vec![
            "SET search_path = trunkline; SET session_replication_role = replica",
            "ALTER TABLE transfer DISABLE TRIGGER ALL",
        ];
        all.extend(statements);
        self.place.run(&all);
    }

    async fn count(&self, question: &'static str) -> i64 {
        let heard = self.place.run(&["SET search_path = trunkline", question]);
        heard.lines().last().unwrap().parse().unwrap()
    }
}

const NO_CAPTURE: &str = "DELETE FROM transfer WHERE kind = 'capture'";
const CAPTURE_VOIDED: &str = "UPDATE transfer SET kind = 'void' WHERE kind = 'capture'";
const NO_NUMBER: &str = "DELETE FROM business_numbers";
const ORDER_FAILED: &str =
    "UPDATE orders SET state = 'failed', failure = '{}', number_id = NULL WHERE state = 'completed'";

/// What somebody does to the books of [`live`], and what its one bought number then lacks.
const DAMAGES: [(&[&str], &[Missing]); 9] = [
    (&[NO_CAPTURE], &[Missing::Charge]),
    (&[CAPTURE_VOIDED], &[Missing::Charge]),
    (&[NO_NUMBER], &[Missing::Number]),
    (&[NO_CAPTURE, NO_NUMBER], &[Missing::Charge, Missing::Number]),
    (&[CAPTURE_VOIDED, NO_NUMBER], &[Missing::Charge, Missing::Number]),
    (&[ORDER_FAILED, NO_CAPTURE], &[Missing::Charge]),
    (&[ORDER_FAILED, NO_NUMBER], &[Missing::Number]),
    // Money and number agree, whatever the order says of itself.
    (&[ORDER_FAILED], &[]),
    (&[ORDER_FAILED, NO_CAPTURE, NO_NUMBER], &[]),
];

async fn found(f: &Fixture) -> Vec<Contradiction> {
    f.reconciliations.contradictions(f.now() + TimeDelta::microseconds(1), 10).await.unwrap()
}

async fn every_damage_is_found_and_nothing_beside_it<P: Place>() {
    for (damage, missing) in DAMAGES {
        let place = P::new().await;
        let f = place.fixture().await;
        live(&f).await;
        let bought = f.reconciliations.bought_numbers(None, 10).await.unwrap().remove(0);
        assert_eq!(found(&f).await, []);
        place.vandalise(damage).await;
        let expected = missing.iter().map(|missing| Contradiction {
            order: bought.order.unwrap(),
            user: ann(),
            phone_number: bought.phone_number.clone(),
            missing: *missing,
        });
        assert_eq!(found(&f).await, expected.collect::<Vec<_>>(), "{damage:?}");
    }
}

/// A number that was given back stands for its charge as well as one that is held.
async fn the_charge_of_a_released_number_is_missed<P: Place>() {
    let place = P::new().await;
    let f = place.fixture().await;
    let number = f.buy(&ann(), 1).await;
    f.releases.begin(&f.release_of(&number)).await.unwrap();
    f.releases.finish(&Change::new(ReleaseEnd { number: number.id, at: f.now() })).await.unwrap();
    place.vandalise(&[NO_CAPTURE]).await;
    let [contradiction] = &found(&f).await[..] else { unreachable!("one order") };
    assert_eq!((Some(contradiction.order), contradiction.missing), (number.order, Missing::Charge));
}

async fn the_oldest_orders_come_first<P: Place>() {
    let place = P::new().await;
    let f = place.fixture().await;
    let mut bought = Vec::new();
    for n in 1..=3 {
        f.wait(60);
        bought.push(f.buy(&ann(), n).await.order.unwrap());
    }
    place.vandalise(&[NO_CAPTURE, NO_NUMBER]).await;
    let before = f.now() + TimeDelta::microseconds(1);
    let halves = [Missing::Charge, Missing::Number];
    let all: Vec<_> = bought.iter().flat_map(|order| halves.map(|half| (*order, half))).collect();
    for limit in 0..=7 {
        let found = f.reconciliations.contradictions(before, limit).await.unwrap();
        let found: Vec<_> = found.iter().map(|found| (found.order, found.missing)).collect();
        assert_eq!(found, all[..all.len().min(limit.into())]);
    }
}

/// The order, its number and what resolved its hold are each something that happened to it.
async fn what_is_young_is_left_alone<P: Place>() {
    let place = P::new().await;
    let f = place.fixture().await;
    f.credit(&ann(), usd("3")).await;
    let charged = f.open(&ann(), 1, usd("1.50")).await.order;
    let named = f.open(&ann(), 2, usd("1.50")).await.order;
    let opened_at = f.now();
    f.wait(60);
    let settled_at = f.now();
    f.settle(&charged, &sid(1)).await;
    let number = f.settle(&named, &sid(2)).await;
    place
        .vandalise(&[
            "DELETE FROM transfer WHERE kind = 'capture'
               AND order_id = (SELECT id FROM orders WHERE phone_number LIKE '%0002')",
            "DELETE FROM business_numbers WHERE phone_number LIKE '%0001'",
        ])
        .await;
    let found = async |before| {
        let found = f.reconciliations.contradictions(before, 10).await.unwrap();
        found.iter().map(|found| (found.order, found.missing)).collect::<Vec<_>>()
    };
    let (no_number, no_charge) = ((charged.id, Missing::Number), (named.id, Missing::Charge));
    let moment = TimeDelta::microseconds(1);
    assert_eq!(found(settled_at).await, []);
    assert_eq!(found(settled_at + moment).await, [no_number, no_charge]);
    // The capture and the number row are as young as before.
    place.vandalise(&["UPDATE orders SET updated_at = opened_at"]).await;
    assert_eq!(found(opened_at + moment).await, []);
    assert_eq!(found(settled_at).await, []);
    assert_eq!(found(settled_at + moment).await, [no_number, no_charge]);
    f.wait(60);
    let renamed = OwnedNumber { display_name: "Back office".parse().unwrap(), updated_at: f.now(), ..number };
    f.numbers.update(&Change::new(NumberUpdate { number: renamed })).await.unwrap();
    assert_eq!(found(f.now()).await, [no_number]);
    assert_eq!(found(f.now() + moment).await, [no_number, no_charge]);
}

async fn who_asked_is_told_once<P: Place>() {
    const TOLD: &str = "SELECT COUNT(*) FROM audit WHERE action = 'reconcile'";
    let place = P::new().await;
    let f = place.fixture().await;
    f.keep_report(&f.report()).await;
    f.keep_report(&f.report()).await;
    assert_eq!(place.count(TOLD).await, 1);
    f.wait(1);
    f.keep_report(&f.report()).await;
    assert_eq!(place.count(TOLD).await, 2);
}

/// A binary that was rolled back shows what it can read.
async fn a_report_of_a_newer_binary_is_left_out<P: Place>() {
    let place = P::new().await;
    let f = place.fixture().await;
    let mut reports = Vec::new();
    for _ in 0..3 {
        f.wait(60);
        reports.insert(0, f.report());
        f.keep_report(&reports[0]).await;
    }
    place
        .vandalise(&[r#"UPDATE reconciliation SET report = '{"class": "of another kind"}'
                WHERE sequence = (SELECT MIN(sequence) + 1 FROM reconciliation)"#])
        .await;
    assert_eq!(f.reconciliations.reports(10).await.unwrap(), [reports[0].clone(), reports[2].clone()]);
}

macro_rules! reconciling_tests {
    ($place:ty) => {
        reconciling_tests!(
            $place,
            every_damage_is_found_and_nothing_beside_it,
            the_charge_of_a_released_number_is_missed,
            the_oldest_orders_come_first,
            what_is_young_is_left_alone,
            who_asked_is_told_once,
            a_report_of_a_newer_binary_is_left_out,
        );
    };
    ($place:ty, $($case:ident),+ $(,)?) => {
        $(
            #[tokio::test]
            async fn $case() {
                super::$case::<$place>().await;
            }
        )+
    };
}

on_every_engine!(reconciling_tests!(Database));
