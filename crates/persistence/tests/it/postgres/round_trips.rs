//! One round trip per transition: whatever it writes, the server is asked once.

mod payments;
mod sessions;
mod telling;
mod tenancy;

use std::sync::Arc;
use std::time::Duration;

use trunkline_domain::{
    Actor, ApprovalId, Change, FailureReason, Origin, OwnedNumber, ReviewReason, TransferId, UserId,
};
use trunkline_import::contract::{bare, business, line, number, opening, told};
use trunkline_import::{ImportStore, UserImport};
use trunkline_persistence::{PostgresOptions, PostgresStore};
use trunkline_provisioning::LeaseToken;
use trunkline_provisioning::contract::Fixture;
use trunkline_provisioning::contract::fixture::{account, ann, key, opened, sid, terms, unexpected, usd};
use trunkline_provisioning::port::{
    Authority, ClaimEnd, LateSuccess, LeftoverOpening, LimitsSetting, Mending, NumberRecording, NumberUpdate,
    Orphan, OrphanEnd, OrphanOpening, OrphanParking, OrphanReferral, OrphanResumption, PassResult,
    PurchaseParking, PurchaseReferral, ReleaseAnswer, ReleaseEnd, ReleaseParking, ReleaseReferral,
    ReleaseResumption, ReleaseReturn, ReleaseStop, Restoration, ReviewKeeping, RunwayNote, SalesStart,
    SalesStop, Shortage, WriteOff,
};
use trunkline_testkit::{Cluster, Durability, Proxy};
use trunkline_wallet::{
    AccountId, Adjustment, ApprovalAsking, ApprovalGrant, ApprovalRejection, ApprovalState, ApproveAnswer,
    AskAnswer, CloseStatementAnswer, PostKind, Statement, StatementClosing, StatementMonth, StatementStore,
    TransactionDirection,
};

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
    c.once("adjust_wallet_3", f.wallets.credit(&credit.request(Some(request)).audit(audit))).await.unwrap();

    let amount = usd("0.01");
    let correction = Adjustment {
        transfer: TransferId::from_uuid(f.id()),
        user: ann(),
        wallet: AccountId::wallet(&ann(), amount.currency()),
        direction: TransactionDirection::Debit,
        amount,
        description: "a cent too much".to_owned(),
        at: f.now(),
        approval: None,
    };
    let request = key(&ann(), trunkline_domain::RequestOperation::Adjustment, &format!("adjust{n}"), &[]);
    let audit = Origin::system().audit("wallet.adjust", n, Some(&ann()), f.now());
    let change = Change::new(correction).request(Some(request)).audit(audit);
    c.once("adjust_wallet_3", f.wallets.adjust(&change)).await.unwrap();
    approvals(f, c).await;

    let request = key(&ann(), trunkline_domain::RequestOperation::Purchase, &format!("open{n}"), &[]);
    let change = f.opening(&ann(), n, usd("1.50")).request(Some(request));
    let order = opened(c.once("open_purchase_4", f.purchases.open(&change)).await.unwrap());
    let settlement = f.settlement(&order.order, &sid(n.into()));
    c.once("settle_purchase_1", f.purchases.settle(&settlement)).await.unwrap();

    let taken = f.opening(&ann(), n, usd("1.50"));
    c.once("open_purchase_4", f.purchases.open(&taken)).await.unwrap();

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

/// One that is approved, and one that is rejected.
async fn approvals(f: &Fixture, c: &mut Counter) {
    let by = |name: &str| Origin::command_line_of(name.to_owned()).actor;
    for outcome in [ApprovalState::Approved, ApprovalState::Rejected] {
        let at = f.now();
        let asking = ApprovalAsking {
            id: ApprovalId::from_uuid(f.id()),
            user: ann(),
            kind: PostKind::Credit,
            direction: TransactionDirection::Credit,
            amount: usd("0.01"),
            reason: "a cent more".to_owned(),
            by: by("eve"),
            at,
            lifetime: Duration::from_mins(1),
            waiting_at_most: 10,
        };
        let answer = c.once("ask_approval_1", f.wallets.ask_approval(&Change::new(asking))).await.unwrap();
        let AskAnswer::Asked(approval) = answer else { panic!("{answer:?}") };
        let reason = "seen".to_owned();
        if outcome == ApprovalState::Approved {
            let grant = ApprovalGrant { approval: *approval, by: by("bob"), reason, at };
            let answer = c.once("approve_2", f.wallets.approve(&Change::new(grant))).await.unwrap();
            assert!(matches!(answer, ApproveAnswer::Approved { .. }), "{answer:?}");
        } else {
            let rejection = ApprovalRejection { id: approval.id, by: by("bob"), reason, at };
            c.once("reject_approval_1", f.wallets.reject(&Change::new(rejection))).await.unwrap();
        }
    }
}

async fn begin_release(f: &Fixture, c: &mut Counter, number: &OwnedNumber) -> LeaseToken {
    let change = f.release_of(number);
    match c.once("begin_release_2", f.releases.begin(&change)).await.unwrap() {
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
    let after = lease;
    let resumption = OrphanResumption { identity: identity.clone(), after, terms: terms(), at: f.now() };
    let stop = Change::new(ReleaseStop { at: f.now() });
    c.once("stop_releases_1", f.decisions.stop_releases(&stop)).await.unwrap();
    c.once("resume_orphan_1", f.decisions.resume_orphan(&Change::new(resumption))).await.unwrap();
    let end = OrphanEnd { identity, at: f.now() };
    assert!(c.once("finish_orphan_1", f.orphans.finish(&Change::new(end))).await.unwrap());

    let begin = f.orphans.begin_pass(terms(), Duration::ZERO);
    let pass = c.once("INSERT INTO trunkline.inventory_pass", begin).await.unwrap().unwrap();
    let renewal = f.orphans.renew_pass(pass, terms());
    assert!(c.once("UPDATE trunkline.inventory_pass", renewal).await.unwrap());
    let cooling = Duration::from_hours(24);
    let result = PassResult { pass, account: account(), complete: true, present: Vec::new(), cooling };
    c.once("finish_pass_1", f.orphans.finish_pass(&Change::new(result))).await.unwrap();
}

/// Begins a release that then waits for an operator.
async fn review(f: &Fixture, number: &OwnedNumber) {
    let release = f.releases.begin(&f.release_of(number)).await.unwrap();
    let ReleaseAnswer::Begun(begun) = release else { unexpected(&release) };
    let (lease, reason) = (begun.lease, ReviewReason::AttemptsSpent);
    let referral = ReleaseReferral { number: number.id, lease, reason, at: f.now() };
    f.releases.refer(&Change::new(referral)).await.unwrap();
}

async fn decisions(f: &Fixture, c: &mut Counter, n: u16) {
    f.credit(&ann(), usd("1.50")).await;
    let adoption = f.adoption(&ann(), n, &sid(7_000 + u64::from(n)));
    c.once("adopt_number_1", f.decisions.adopt(&adoption)).await.unwrap();
    let restoration = Change::new(Restoration { number: adoption.body.number.clone() });
    c.once("restore_number_1", f.decisions.restore(&restoration)).await.unwrap();
    let number = adoption.body.number.id;
    review(f, &adoption.body.number).await;
    let keeping = ReviewKeeping { number, at: f.now() };
    c.once("keep_number_1", f.decisions.keep(&Change::new(keeping))).await.unwrap();
    f.wait(1);
    review(f, &adoption.body.number).await;
    let resumption = ReleaseResumption { number, terms: terms(), at: f.now() };
    c.once("resume_release_1", f.decisions.resume_release(&Change::new(resumption))).await.unwrap();
    let write_off = WriteOff { number, at: f.now() };
    c.once("write_off_number_1", f.decisions.write_off(&Change::new(write_off))).await.unwrap();
}

async fn imports(store: &PostgresStore, c: &mut Counter, n: u16) {
    let import = UserImport {
        businesses: vec![business("carol", n.into())],
        numbers: vec![number("carol", 6_000 + n)],
        openings: vec![opening("carol", n.into(), usd("1"))],
        lines: vec![line(n)],
        ..bare("carol")
    };
    c.once("import_user_1", store.import_user(&told(import))).await.unwrap();
}

async fn reports(f: &Fixture, c: &mut Counter) {
    f.wait(1);
    c.once("keep_reconciliation_1", f.keep_report(&f.report())).await;
}

async fn sales(f: &Fixture, c: &mut Counter) {
    f.wait(1);
    let told = |action: &str| Origin::command_line().audit(action, "sales", None, f.now());
    let (by, reason, at) = (Actor::CommandLine { login: None }, "fraud".to_owned(), f.now());
    let stop = Change::new(SalesStop { by, reason, at }).audit(told("sales.stop"));
    c.once("stop_sales_1", f.sales.stop_sales(&stop)).await.unwrap();
    let start = Change::new(SalesStart { at }).audit(told("sales.start"));
    c.once("start_sales_1", f.sales.start_sales(&start)).await.unwrap();
    let shortage = Shortage { balance: usd("1"), coming_fees: usd("2"), floor: usd("3") };
    for shortage in [Some(shortage), None] {
        let note = Change::new(RunwayNote { shortage, at }).audit(told("sales.runway"));
        f.wait(1);
        c.once("note_runway_1", f.sales.note_runway(&note)).await.unwrap();
    }
}

async fn limits(f: &Fixture, c: &mut Counter, n: u16) {
    f.wait(1);
    let user: UserId = format!("user{n}").parse().unwrap();
    let audit = Origin::command_line().audit("user.limit", &user, Some(&user), f.now());
    let own = serde_json::from_str(r#"{"numbers": 3}"#).unwrap();
    let setting = Change::new(LimitsSetting { user, own, version: 0, at: f.now() }).audit(audit);
    c.once("set_user_limits_1", f.limits.set_limits(&setting)).await.unwrap();
}

async fn statements(store: &PostgresStore, f: &Fixture, c: &mut Counter, n: u16) {
    let user: UserId = format!("saver{n}").parse().unwrap();
    f.credit(&user, usd("5")).await;
    let wallet = AccountId::wallet(&user, usd("5").currency());
    let month = StatementMonth::of(f.now());
    let mut statement = Statement::first(wallet, usd("5").currency(), month);
    for row in c.once("FROM trunkline.transfer", store.journal(wallet, 0, 10)).await.unwrap() {
        statement.take(&row).unwrap();
    }
    let audit = Origin::system().audit("wallet.close_statement", wallet, Some(&user), f.now());
    let closing = StatementClosing { statement, follows: None, due: f.now(), at: f.now() };
    let change = Change::new(closing).audit(audit);
    let answer = c.once("close_statement_1", store.close_month(&change)).await.unwrap();
    assert_eq!(answer, CloseStatementAnswer::Closed);
    assert_eq!(c.once("FROM trunkline.statement", store.closed(wallet, None, 1)).await.unwrap().len(), 1);
    c.once("FROM trunkline.account", store.due(month, None, 10)).await.unwrap();
}

async fn repairs(f: &Fixture, c: &mut Counter, n: u16) {
    let number = f.buy(&ann(), n).await;
    let audit = Origin::system().audit("number.set_up_again", number.id, None, f.now());
    let mending = Change::new(Mending { number: number.id, version: number.version }).audit(audit);
    c.once("begin_mending_1", f.reconciliations.begin_mending(&mending)).await.unwrap();
    let used = [format!("https://numbers.example/{n}")];
    let remember = f.reconciliations.remember_webhooks(&used, f.now());
    c.once("INSERT INTO trunkline.webhook_address", remember).await.unwrap();
    f.releases.begin(&f.release_of(&number)).await.unwrap();
    f.releases.finish(&Change::new(ReleaseEnd { number: number.id, at: f.now() })).await.unwrap();
    let (identity, order) = (number.identity.unwrap(), number.order.unwrap());
    let orphan = Orphan { identity, phone_number: number.phone_number, order };
    let opening = LeftoverOpening { number: number.id, orphan, terms: terms(), at: f.now() };
    c.once("begin_leftover_1", f.orphans.begin_leftover(&Change::new(opening))).await.unwrap();
}

struct Scene {
    _cluster: Cluster,
    database: Database,
    store: Arc<PostgresStore>,
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
        Self { _cluster: cluster, database, store, f, counter }
    }

    /// Every transition, of numbers from `n` on.
    async fn every_transition(&mut self, n: u16) {
        purchases(&self.f, &mut self.counter, n).await;
        releases(&self.f, &mut self.counter, n + 10).await;
        orphans(&self.f, &mut self.counter, n + 20).await;
        decisions(&self.f, &mut self.counter, n + 30).await;
        reports(&self.f, &mut self.counter).await;
        sales(&self.f, &mut self.counter).await;
        limits(&self.f, &mut self.counter, n).await;
        statements(&self.store, &self.f, &mut self.counter, n).await;
        payments::payments(&self.store, &self.f, &mut self.counter, n).await;
        payments::top_ups(&self.store, &self.f, &mut self.counter, n).await;
        telling::alarms(&self.store, &self.f, &mut self.counter).await;
        telling::notices(&self.store, &self.f, &mut self.counter).await;
        repairs(&self.f, &mut self.counter, n + 40).await;
        tenancy::keys(&self.store, &mut self.counter, n + 60).await;
        tenancy::members(&self.store, &mut self.counter, n).await;
        sessions::sessions(&self.store, &self.f, &mut self.counter).await;
        imports(&self.store, &mut self.counter, n).await;
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
    // 7 of orders, 6 of releases, 8 of orphans and passes, 7 of an operator's decisions, 2 of numbers, 4 of wallets, 4 of
    // statements, 4 of payments, 13 of top-ups, 1 of reports, 3 of repairs, 3 of sales, 5 of alarms, 4 of keys, 2 of members, 1 of imports, 1 of
    // limits, 5 of notices, 13 of sessions.
    assert_eq!(counted.len(), 93, "{counted:?}");
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
        "statement",
        "payment",
        "top_up",
        "top_up_setup",
        "top_up_customer",
        "top_up_leaving",
        "orders",
        "business_numbers",
        "number_claim",
        "orphan_release",
        "request",
        "reconciliation",
        "sales",
        "user_limits",
        "approval",
        "unapproved_post",
        "alarm",
        "alarm_notice",
        "notice",
        "wallet_alert",
        "wallet_watch",
        "wallet_moved",
        "api_keys",
        "businesses",
        "members",
        "sign_in_account",
        "session",
        "sign_in_link",
        "sign_in_attempt",
        "sign_in_pending",
    ] {
        let add =
            format!("ALTER TABLE trunkline.{table} ADD COLUMN newer text, ADD COLUMN more int DEFAULT 7");
        scene.database.place.run(&[&add]);
    }
    scene.every_transition(200).await;
    scene.f.assert_ledger_whole().await;
}
