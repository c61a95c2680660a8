//! One round trip per transition: whatever it writes, the server is asked once.

use std::sync::Arc;
use std::time::Duration;

use trunkline_domain::{Change, FailureReason, Origin, OwnedNumber, ReviewReason};
use trunkline_persistence::{PostgresOptions, PostgresStore};
use trunkline_provisioning::LeaseToken;
use trunkline_provisioning::contract::Fixture;
use trunkline_provisioning::contract::fixture::{account, ann, key, opened, sid, terms, unexpected, usd};
use trunkline_provisioning::port::{
    Authority, ClaimEnd, LateSuccess, NumberRecording, NumberUpdate, Orphan, OrphanEnd, OrphanOpening,
    OrphanParking, OrphanReferral, PassResult, PurchaseParking, PurchaseReferral, ReleaseAnswer, ReleaseEnd,
    ReleaseParking, ReleaseReferral, ReleaseReturn,
};
use trunkline_tenancy::{
    ApiKey, ApiKeySecret, KeyCreation, KeyHolder, KeyRevocation, KeyRotation, KeyScopes, KeyUse,
    RevokeKeyAnswer, RotateKeyAnswer, Scope, TenancyStore,
};
use trunkline_testkit::{Cluster, Durability, Proxy};

use super::database::Database;

/// Counts what a transition asks of the server. Statements are prepared on their first use, which is not counted.
struct Counter {
    proxy: Proxy,
    is_warm: bool,
    counted: Vec<String>,
}

impl Counter {
    /// Fails unless the call asked once, by executing a statement with this text in it.
    async fn once<T>(&mut self, statement: &str, call: impl Future<Output = T>) -> T {
        self.proxy.round_trips();
        let answer = call.await;
        let asked = self.proxy.round_trips();
        // What the pool asks of a connection that comes back, which nobody waits for.
        let asked: Vec<_> = asked.iter().filter(|text| !["ROLLBACK", ""].contains(&text.as_str())).collect();
        if self.is_warm {
            assert_eq!(asked.len(), 1, "{statement}: {asked:?}");
            assert!(asked[0].contains(statement), "{statement}: {asked:?}");
            self.counted.push(statement.to_owned());
        }
        answer
    }
}

async fn purchases(f: &Fixture, c: &mut Counter, n: u16) {
    let credit = f.credit_of(&ann(), usd("50"));
    let request = key(&ann(), trunkline_domain::RequestOperation::Credit, &format!("credit{n}"), &[]);
    let audit = Origin::system().audit("wallet.credit", n, Some(&ann()), f.now());
    c.once("credit_wallet_1", f.wallets.credit(&credit.request(Some(request)).audit(audit))).await.unwrap();

    let request = key(&ann(), trunkline_domain::RequestOperation::Purchase, &format!("open{n}"), &[]);
    let change = f.opening(&ann(), n, usd("1.50")).request(Some(request));
    let order = opened(c.once("open_purchase_1", f.purchases.open(&change)).await.unwrap());
    let settlement = f.settlement(&order.order, &sid(n.into()));
    c.once("settle_purchase_1", f.purchases.settle(&settlement)).await.unwrap();

    let taken = f.opening(&ann(), n, usd("1.50"));
    c.once("open_purchase_1", f.purchases.open(&taken)).await.unwrap();

    let undecided = f.open(&ann(), n + 1, usd("1.50")).await;
    let parking = PurchaseParking {
        order: undecided.order.id,
        lease: undecided.lease,
        next_look_in: Duration::ZERO,
        first_absent_at: None,
        unanswered: 0,
        at: f.now(),
    };
    c.once("park_purchase_1", f.purchases.park(&Change::new(parking))).await.unwrap();
    let stalled = c.once("UPDATE trunkline.orders", f.purchases.claim_stalled(terms(), 10)).await.unwrap();
    let referral = PurchaseReferral {
        order: undecided.order.id,
        lease: stalled[0].lease,
        reason: ReviewReason::StrangeMarker,
        number_sid: None,
        at: f.now(),
    };
    c.once("refer_purchase_1", f.purchases.refer(&Change::new(referral))).await.unwrap();
    let abort =
        f.abort(&undecided.order, Authority::Operator, FailureReason::VoidedByOperator, ClaimEnd::Cool);
    c.once("abort_purchase_1", f.purchases.abort(&abort)).await.unwrap();
    let late = LateSuccess { order: undecided.order.id, number_sid: sid(9_000 + u64::from(n)), at: f.now() };
    c.once("record_late_success_1", f.purchases.record_late_success(&Change::new(late))).await.unwrap();
}

async fn begin_release(f: &Fixture, c: &mut Counter, number: &OwnedNumber) -> LeaseToken {
    let change = f.release_of(number);
    match c.once("begin_release_1", f.releases.begin(&change)).await.unwrap() {
        ReleaseAnswer::Begun(begun) => begun.lease,
        other => unexpected(&other),
    }
}

async fn releases(f: &Fixture, c: &mut Counter, n: u16) {
    let number = f.buy(&ann(), n).await;
    let id = number.id;
    let update = NumberUpdate { number: OwnedNumber { notes: Some("noted".to_owned()), ..number.clone() } };
    c.once("update_number_1", f.numbers.update(&Change::new(update))).await.unwrap();
    let lease = begin_release(f, c, &number).await;
    let back = ReleaseReturn { number: id, lease, code: None, at: f.now() };
    c.once("give_back_release_1", f.releases.give_back(&Change::new(back))).await.unwrap();
    let lease = begin_release(f, c, &number).await;
    let next_attempt_in = Duration::ZERO;
    let parking = ReleaseParking { number: id, lease, next_attempt_in, attempts: 1, at: f.now() };
    c.once("park_release_1", f.releases.park(&Change::new(parking))).await.unwrap();
    let claim = f.releases.claim_stalled(terms(), 10);
    let stalled = c.once("UPDATE trunkline.business_numbers", claim).await.unwrap();
    let reason = ReviewReason::AttemptsSpent;
    let referral = ReleaseReferral { number: id, lease: stalled[0].lease, reason, at: f.now() };
    c.once("refer_release_1", f.releases.refer(&Change::new(referral))).await.unwrap();
    let end = ReleaseEnd { number: id, at: f.now() };
    c.once("finish_release_1", f.releases.finish(&Change::new(end))).await.unwrap();
    let record = NumberRecording { number: f.record_of(&ann(), n + 1) };
    c.once("record_number_1", f.numbers.record(&Change::new(record))).await.unwrap();
}

async fn orphans(f: &Fixture, c: &mut Counter, n: u16) {
    let failed = f.open(&ann(), n, usd("1.50")).await;
    f.fail(&failed, ClaimEnd::Cool).await;
    let identity =
        trunkline_domain::ProviderIdentity { account: account(), number: sid(8_000 + u64::from(n)) };
    let (phone_number, order) = (failed.order.phone_number.clone(), failed.order.id);
    let orphan = Orphan { identity: identity.clone(), phone_number, order };
    let opening = Change::new(OrphanOpening { orphan, terms: terms(), at: f.now() });
    c.once("begin_orphan_1", f.orphans.begin(&opening)).await.unwrap();
    let parking = OrphanParking {
        identity: identity.clone(),
        lease: LeaseToken::from_i64(1),
        next_attempt_in: Duration::ZERO,
        attempts: 1,
        at: f.now(),
    };
    assert!(c.once("park_orphan_1", f.orphans.park(&Change::new(parking))).await.unwrap());
    let claim = f.orphans.claim_stalled(terms(), 10);
    let stalled = c.once("UPDATE trunkline.orphan_release", claim).await.unwrap();
    let (lease, reason) = (stalled[0].lease, ReviewReason::AttemptsSpent);
    let referral = OrphanReferral { identity: identity.clone(), lease, reason, at: f.now() };
    assert!(c.once("refer_orphan_1", f.orphans.refer(&Change::new(referral))).await.unwrap());
    let end = OrphanEnd { identity, at: f.now() };
    assert!(c.once("finish_orphan_1", f.orphans.finish(&Change::new(end))).await.unwrap());

    let begin = f.orphans.begin_pass(terms(), Duration::ZERO);
    let pass = c.once("INSERT INTO trunkline.inventory_pass", begin).await.unwrap().unwrap();
    let cooling = Duration::from_hours(24);
    let result = PassResult { pass, account: account(), complete: true, present: Vec::new(), cooling };
    c.once("finish_pass_1", f.orphans.finish_pass(&Change::new(result))).await.unwrap();
}

async fn reports(f: &Fixture, c: &mut Counter) {
    f.wait(1);
    c.once("keep_reconciliation_1", f.keep_report(&f.report())).await;
}

async fn keys(store: &PostgresStore, c: &mut Counter, n: u16) {
    let at = chrono::DateTime::from_timestamp(1_780_000_000, 0).unwrap();
    let key = |n: u16, replaces| ApiKey {
        id: format!("00000000-0000-4000-8000-00000000{n:04}").parse().unwrap(),
        hash: ApiKeySecret::generate().hash(),
        scopes: KeyScopes::OF_A_USER,
        holder: KeyHolder::User { user: ann() },
        name: None,
        created_at: at,
        expires_at: None,
        last_used_at: None,
        revoked_at: None,
        replaces,
    };
    let old = key(n, None);
    let creation = Change::new(KeyCreation { key: old.clone() });
    c.once("create_key_2", store.create_key(&creation)).await.unwrap();
    let usage = KeyUse { key: old.id, at, pause: chrono::TimeDelta::minutes(1) };
    c.once("UPDATE trunkline.api_keys", store.note_key_use(&usage)).await.unwrap();
    let successor = key(n + 1, Some(old.id));
    let scope = Scope::User(ann());
    let rotation = KeyRotation { key: old.id, scope: scope.clone(), successor, old_ends_at: at, at };
    let answer = c.once("rotate_key_1", store.rotate_key(&Change::new(rotation))).await.unwrap();
    assert_eq!(answer, RotateKeyAnswer::Rotated);
    let revocation = KeyRevocation { key: old.id, scope, at };
    let answer = c.once("revoke_key_1", store.revoke_key(&Change::new(revocation))).await.unwrap();
    assert_eq!(answer, RevokeKeyAnswer::Revoked);
}

struct Scene {
    _cluster: Cluster,
    store: Arc<PostgresStore>,
    database: Database,
    f: Fixture,
    counter: Counter,
}

impl Scene {
    /// A store with one connection, by way of a proxy.
    async fn new() -> Self {
        let cluster = Cluster::start(Durability::Fast);
        let database = Database::on(&cluster.server()).await;
        let proxy = Proxy::before(&cluster);
        let options = PostgresOptions {
            connections: 1,
            lease_time: database.options().lease_time,
            ..PostgresOptions::new(proxy.url_of(&database.place).parse().unwrap())
        };
        let store = Arc::new(PostgresStore::open(options).await.unwrap());
        let f = Fixture::of(&store, Arc::clone(&database.clock), Box::new(()));
        let counter = Counter { proxy, is_warm: false, counted: Vec::new() };
        Self { _cluster: cluster, store, database, f, counter }
    }

    /// Every transition, of numbers from `n` on.
    async fn every_transition(&mut self, n: u16) {
        purchases(&self.f, &mut self.counter, n).await;
        releases(&self.f, &mut self.counter, n + 10).await;
        orphans(&self.f, &mut self.counter, n + 20).await;
        reports(&self.f, &mut self.counter).await;
        keys(&self.store, &mut self.counter, n + 30).await;
        self.counter.is_warm = true;
    }
}

#[tokio::test]
async fn a_transition_is_one_round_trip() {
    let mut scene = Scene::new().await;
    scene.every_transition(100).await;
    scene.every_transition(200).await;
    let counted = &mut scene.counter.counted;
    counted.sort();
    counted.dedup();
    // 7 of orders, 6 of releases, 7 of orphans and passes, 2 of numbers, 1 of wallets, 1 of reports, 4 of keys.
    assert_eq!(counted.len(), 28, "{counted:?}");
    scene.f.assert_ledger_whole().await;
}

/// What a server has prepared goes on to work when a newer release migrates the schema beside it.
#[tokio::test]
async fn a_newer_schema_is_not_noticed() {
    let mut scene = Scene::new().await;
    scene.every_transition(100).await;
    for table in [
        "account",
        "transfer",
        "orders",
        "business_numbers",
        "number_claim",
        "orphan_release",
        "request",
        "reconciliation",
        "api_keys",
    ] {
        let add =
            format!("ALTER TABLE trunkline.{table} ADD COLUMN newer text, ADD COLUMN more int DEFAULT 7");
        scene.database.place.run(&[&add]);
    }
    scene.every_transition(200).await;
    scene.f.assert_ledger_whole().await;
}
