//! The contract suites that every [`WalletStore`], [`LedgerReader`] and [`StatementStore`](crate::StatementStore) must pass, and the clock that suites move.
//!
//! ```ignore
//! async fn fixture() -> trunkline_wallet::contract::WalletFixture { /* a fresh, empty store */ }
//! trunkline_wallet::wallet_store_contract!(fixture);
//! // And, with an `async fn() -> LedgerFixture`:
//! trunkline_wallet::ledger_reader_contract!(ledger_fixture);
//! // And, with an `async fn() -> StatementFixture`:
//! trunkline_wallet::statement_store_contract!(statement_fixture);
//! ```
//!
//! The macro makes one `#[tokio::test]` of each case, so a failure names what is broken. Holds travel inside the
//! changes of provisioning, whose suites test them.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a suite fails by panicking"
)]

mod adjusting;
mod approving;
mod deciding;
mod stating;

use std::any::Any;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use futures::future::join_all;
use serde_json::json;
use trunkline_domain::{
    Change, Clock, Currency, Event, EventId, Fingerprint, Money, Origin, RequestKey, RequestOperation,
    TransferId, UserId,
};
use uuid::Uuid;

use crate::{
    AccountId, Balance, Credit, CreditAnswer, LedgerAudit, LedgerReader, LedgerReport, TransactionDirection,
    TransactionStatus, TransferKind, WalletStanding, WalletStore, verify_ledger,
};

pub use self::adjusting::{
    a_correction_goes_either_way, a_correction_stays_within_what_can_be_represented,
    a_correction_takes_at_most_what_is_available, a_repeated_correction_is_posted_once,
    an_untouched_wallet_has_nothing_to_take, parallel_corrections_never_overdraw,
};
pub use self::approving::{
    a_repeat_needs_no_approval, a_request_stands_for_its_approval, parts_at_once_pass_up_to_the_sum,
    what_is_above_the_sum_moves_nothing, what_is_split_is_counted,
};
pub use self::deciding::{
    an_approval_ends_in_time, approvals_are_listed, one_decision_holds, only_so_many_wait,
    what_cannot_be_posted_waits_on, what_was_approved_is_not_counted, whoever_approves_at_once_posts_once,
    whoever_asked_does_not_approve,
};
pub use self::stating::{
    StatementFixture, a_closed_month_is_read_as_it_was_written, a_history_is_read_in_the_order_of_places,
    a_month_ends_at_a_place_of_the_journal, a_month_follows_the_one_before_it, a_month_is_closed_once,
    a_month_waits_for_its_time, wallets_are_due_until_they_are_closed,
    what_is_posted_late_is_in_the_next_month, whoever_closes_at_once_closes_once,
};

/// A clock that stands until it is moved.
#[derive(Debug)]
pub struct ManualClock {
    now: Mutex<DateTime<Utc>>,
}

impl ManualClock {
    /// A clock that shows some moment.
    pub fn new() -> Arc<Self> {
        Arc::new(Self { now: Mutex::new(DateTime::from_timestamp(1_780_000_000, 123_456_000).unwrap()) })
    }

    /// Moves the clock on.
    pub fn advance(&self, by: TimeDelta) {
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        *now += by;
    }
}

impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A fresh, empty store with the clock that it was given.
pub struct WalletFixture {
    /// The store under test.
    pub store: Arc<dyn WalletStore>,
    /// The store's clock.
    pub clock: Arc<ManualClock>,
    /// Whatever must live as long as the store, such as its folder.
    pub keep: Box<dyn Any + Send + Sync>,
}

/// Makes a test of every case of the suite; `$fixture` names an `async fn() -> WalletFixture`.
#[macro_export]
macro_rules! wallet_store_contract {
    ($fixture:path) => {
        $crate::wallet_store_contract!(@each $fixture,
            an_untouched_wallet_has_no_balance,
            a_credit_is_posted_and_seen_at_once,
            a_repeated_credit_is_posted_once,
            a_key_posts_once_whatever_the_transfer,
            a_key_of_another_command_is_refused,
            a_key_is_free_again_a_day_after_its_end,
            keys_of_different_users_are_apart,
            a_balance_never_leaves_what_can_be_represented,
            currencies_are_apart,
            wallets_are_those_of_one_user,
            histories_are_newest_first_in_pages,
            parallel_credits_lose_nothing,
            the_snapshot_is_the_whole_ledger,
            a_correction_goes_either_way,
            a_correction_takes_at_most_what_is_available,
            an_untouched_wallet_has_nothing_to_take,
            a_repeated_correction_is_posted_once,
            a_correction_stays_within_what_can_be_represented,
            parallel_corrections_never_overdraw,
            what_is_above_the_sum_moves_nothing,
            what_is_split_is_counted,
            a_repeat_needs_no_approval,
            parts_at_once_pass_up_to_the_sum,
            a_request_stands_for_its_approval,
            what_was_approved_is_not_counted,
            whoever_approves_at_once_posts_once,
            one_decision_holds,
            whoever_asked_does_not_approve,
            an_approval_ends_in_time,
            what_cannot_be_posted_waits_on,
            only_so_many_wait,
            approvals_are_listed,
        );
    };
    (@each $fixture:path, $($case:ident),+ $(,)?) => {
        $(
            #[tokio::test]
            async fn $case() {
                $crate::contract::$case(&$fixture().await).await;
            }
        )+
    };
}

/// Makes a test of every case of the audit's suite; `$fixture` names an `async fn() -> LedgerFixture`.
#[macro_export]
macro_rules! ledger_reader_contract {
    ($fixture:path) => {
        $crate::wallet_store_contract!(@each $fixture,
            an_empty_ledger_is_read,
            the_audit_reads_what_the_snapshot_holds,
        );
    };
}

/// A fresh, empty store with the reader of its ledger.
pub struct LedgerFixture {
    /// The store.
    pub wallet: WalletFixture,
    /// Reads the same store.
    pub reader: Arc<dyn LedgerReader>,
}

impl LedgerFixture {
    async fn audit(&self) -> LedgerReport {
        let mut audit = LedgerAudit::new();
        self.reader.read_into(&mut audit).await.unwrap();
        audit.finish()
    }
}

/// Nothing is whole.
pub async fn an_empty_ledger_is_read(f: &LedgerFixture) {
    let report = f.audit().await;
    assert_eq!((report.accounts, report.transfers, report.fault_count), (0, 0, 0));
}

/// Every row is handed over once and in order, in each of two currencies and wallets.
pub async fn the_audit_reads_what_the_snapshot_holds(f: &LedgerFixture) {
    let bob: UserId = "bob".parse().unwrap();
    let rupees = Money::parse("900", Currency::INR).unwrap();
    for (n, user, amount) in
        [(4, ann(), usd("25")), (3, bob.clone(), usd("5")), (2, ann(), rupees), (1, ann(), usd("0.000001"))]
    {
        f.wallet.store.credit(&credit(&f.wallet, n, &user, amount)).await.unwrap();
    }
    let report = f.audit().await;
    assert_eq!(report.faults, []);
    let snapshot = f.wallet.store.snapshot().await.unwrap();
    assert_eq!(report.transfers, 4);
    assert_eq!(report.accounts, snapshot.accounts.len() as u64);
    let sums = report.sums.iter().map(|books| (books.currency.code(), books.wallets.to_string()));
    let expected = [("INR", "900".to_owned()), ("USD", "30.000001".to_owned())];
    assert_eq!(sums.collect::<Vec<_>>(), expected);
    assert!(report.sums.iter().all(|books| books.sum.is_zero() && books.funding == -books.wallets));
}

fn usd(text: &str) -> Money {
    Money::parse(text, Currency::USD).unwrap()
}

fn ann() -> UserId {
    "ann".parse().unwrap()
}

/// The `n`th transfer's id.
fn transfer(n: u128) -> TransferId {
    TransferId::from_uuid(Uuid::from_u128(n))
}

fn credit(f: &WalletFixture, n: u128, user: &UserId, amount: Money) -> Change<Credit> {
    let at = f.clock.now();
    let event = Event {
        id: EventId::from_uuid(Uuid::from_u128(n)),
        kind: "wallet.credited".to_owned(),
        user: user.clone(),
        subject: transfer(n).to_string(),
        at,
        data: json!({ "amount": amount }),
    };
    let audit = Origin::system().audit("wallet.credit", transfer(n), Some(user), at);
    Change::new(Credit {
        transfer: transfer(n),
        user: user.clone(),
        wallet: AccountId::wallet(user, amount.currency()),
        amount,
        description: format!("credit {n}"),
        at,
        approval: None,
    })
    .event(event)
    .audit(audit)
}

fn key(user: &UserId, text: &str, parts: &[&str]) -> RequestKey {
    RequestKey::new(user.clone(), RequestOperation::Credit, text, Fingerprint::of(parts)).unwrap()
}

async fn balance(f: &WalletFixture, user: &UserId) -> Option<Balance> {
    f.store.balance(user, Currency::USD).await.unwrap()
}

async fn assert_whole(f: &WalletFixture) {
    assert_eq!(verify_ledger(&f.store.snapshot().await.unwrap()), []);
}

/// Nothing is made by reading.
pub async fn an_untouched_wallet_has_no_balance(f: &WalletFixture) {
    assert_eq!(balance(f, &ann()).await, None);
    let page = f.store.transactions(&ann(), None, 10).await.unwrap();
    assert!(page.transactions.is_empty());
    assert_eq!(page.next, None);
    assert!(f.store.snapshot().await.unwrap().accounts.is_empty());
}

/// What was answered is what is read.
pub async fn a_credit_is_posted_and_seen_at_once(f: &WalletFixture) {
    let answer = f.store.credit(&credit(f, 1, &ann(), usd("25"))).await.unwrap();
    let expected = Balance { posted: usd("25"), held: usd("0"), updated_at: Some(f.clock.now()) };
    assert_eq!(answer, CreditAnswer::Posted { transfer: transfer(1), balance: expected.clone() });
    assert_eq!(balance(f, &ann()).await, Some(expected));
    assert_whole(f).await;
}

/// A lost acknowledgement is mended by asking again.
pub async fn a_repeated_credit_is_posted_once(f: &WalletFixture) {
    let change = credit(f, 1, &ann(), usd("25"));
    f.store.credit(&change).await.unwrap();
    let then = f.clock.now();
    f.clock.advance(TimeDelta::hours(1));
    f.store.credit(&credit(f, 2, &ann(), usd("1"))).await.unwrap();
    let again = f.store.credit(&change).await.unwrap();
    let first = Balance { posted: usd("25"), held: usd("0"), updated_at: Some(then) };
    assert_eq!(again, CreditAnswer::Repeated { transfer: transfer(1), balance: first });
    assert_eq!(balance(f, &ann()).await.unwrap().posted, usd("26"));
    assert_whole(f).await;
}

/// A second request with the key and another transfer id is the first request.
pub async fn a_key_posts_once_whatever_the_transfer(f: &WalletFixture) {
    let first = credit(f, 1, &ann(), usd("25")).request(Some(key(&ann(), "k", &["25"])));
    let second = credit(f, 2, &ann(), usd("25")).request(Some(key(&ann(), "k", &["25"])));
    assert!(matches!(f.store.credit(&first).await.unwrap(), CreditAnswer::Posted { .. }));
    let again = f.store.credit(&second).await.unwrap();
    assert!(matches!(again, CreditAnswer::Repeated { transfer: t, .. } if t == transfer(1)));
    assert_eq!(balance(f, &ann()).await.unwrap().posted, usd("25"));
    assert_whole(f).await;
}

/// A key stands for one command.
pub async fn a_key_of_another_command_is_refused(f: &WalletFixture) {
    let first = credit(f, 1, &ann(), usd("25")).request(Some(key(&ann(), "k", &["25"])));
    let other = credit(f, 2, &ann(), usd("30")).request(Some(key(&ann(), "k", &["30"])));
    f.store.credit(&first).await.unwrap();
    assert_eq!(f.store.credit(&other).await.unwrap(), CreditAnswer::KeyReused);
    assert_eq!(balance(f, &ann()).await.unwrap().posted, usd("25"));
}

/// Keys are kept for a day.
pub async fn a_key_is_free_again_a_day_after_its_end(f: &WalletFixture) {
    let first = credit(f, 1, &ann(), usd("25")).request(Some(key(&ann(), "k", &["25"])));
    f.store.credit(&first).await.unwrap();
    f.clock.advance(TimeDelta::hours(24) - TimeDelta::microseconds(1));
    let early = credit(f, 2, &ann(), usd("30")).request(Some(key(&ann(), "k", &["30"])));
    assert_eq!(f.store.credit(&early).await.unwrap(), CreditAnswer::KeyReused);
    f.clock.advance(TimeDelta::microseconds(1));
    let late = credit(f, 3, &ann(), usd("30")).request(Some(key(&ann(), "k", &["30"])));
    assert!(matches!(f.store.credit(&late).await.unwrap(), CreditAnswer::Posted { .. }));
}

/// One user's key says nothing about another's.
pub async fn keys_of_different_users_are_apart(f: &WalletFixture) {
    let bob: UserId = "bob".parse().unwrap();
    let first = credit(f, 1, &ann(), usd("25")).request(Some(key(&ann(), "k", &["25"])));
    let second = credit(f, 2, &bob, usd("30")).request(Some(key(&bob, "k", &["30"])));
    f.store.credit(&first).await.unwrap();
    assert!(matches!(f.store.credit(&second).await.unwrap(), CreditAnswer::Posted { .. }));
}

/// Refused whole, and nothing is changed.
pub async fn a_balance_never_leaves_what_can_be_represented(f: &WalletFixture) {
    let most = Money::from_micros(i64::MAX, Currency::USD);
    f.store.credit(&credit(f, 1, &ann(), most)).await.unwrap();
    let before = balance(f, &ann()).await;
    let least = Money::from_micros(1, Currency::USD);
    assert_eq!(f.store.credit(&credit(f, 2, &ann(), least)).await.unwrap(), CreditAnswer::TooLarge);
    assert_eq!(balance(f, &ann()).await, before);
    assert_whole(f).await;
}

/// One wallet per currency; a history has them all.
pub async fn currencies_are_apart(f: &WalletFixture) {
    let rupees = Money::parse("100", Currency::INR).unwrap();
    f.store.credit(&credit(f, 1, &ann(), usd("25"))).await.unwrap();
    f.store.credit(&credit(f, 2, &ann(), rupees)).await.unwrap();
    assert_eq!(balance(f, &ann()).await.unwrap().posted, usd("25"));
    assert_eq!(f.store.balance(&ann(), Currency::INR).await.unwrap().unwrap().posted, rupees);
    assert_eq!(f.store.transactions(&ann(), None, 10).await.unwrap().transactions.len(), 2);
    assert_whole(f).await;
}

/// By the letters of their currencies, and none of anybody else's.
pub async fn wallets_are_those_of_one_user(f: &WalletFixture) {
    assert_eq!(f.store.wallets(&ann()).await.unwrap(), []);
    let (bob, rupees) = ("bob".parse().unwrap(), Money::parse("100", Currency::INR).unwrap());
    f.store.credit(&credit(f, 1, &ann(), usd("25"))).await.unwrap();
    f.store.credit(&credit(f, 2, &ann(), rupees)).await.unwrap();
    f.store.credit(&credit(f, 3, &bob, usd("9"))).await.unwrap();
    let standing = |posted: Money| {
        let (held, updated_at) = (Money::zero(posted.currency()), Some(f.clock.now()));
        WalletStanding { balance: Balance { posted, held, updated_at }, debt: held }
    };
    assert_eq!(f.store.wallets(&ann()).await.unwrap(), [standing(rupees), standing(usd("25"))]);
    assert_eq!(f.store.wallets(&bob).await.unwrap(), [standing(usd("9"))]);
}

/// Pages join without a gap or a double, and a stranger's cursor finds nothing.
pub async fn histories_are_newest_first_in_pages(f: &WalletFixture) {
    let bob: UserId = "bob".parse().unwrap();
    f.store.credit(&credit(f, 100, &bob, usd("9"))).await.unwrap();
    for n in 1..=5 {
        f.store.credit(&credit(f, n, &ann(), usd("1"))).await.unwrap();
        // Two lines share each moment: the id decides between them.
        f.clock.advance(TimeDelta::seconds(i64::from(n % 2 == 0)));
    }
    let mut seen = Vec::new();
    let mut after = None;
    loop {
        let page = f.store.transactions(&ann(), after, 2).await.unwrap();
        seen.extend(page.transactions);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let ids: Vec<TransferId> = seen.iter().map(|line| line.id).collect();
    assert_eq!(ids, [5, 4, 3, 2, 1].map(transfer));
    let newest = &seen[0];
    assert_eq!(newest.direction, TransactionDirection::Credit);
    assert_eq!(newest.status, TransactionStatus::Completed);
    assert_eq!((newest.amount, newest.description.as_str(), newest.number), (usd("1"), "credit 5", None));
    let page = f.store.transactions(&ann(), Some(transfer(100)), 10).await.unwrap();
    assert!(page.transactions.is_empty());
}

/// Every acknowledged credit counts.
pub async fn parallel_credits_lose_nothing(f: &WalletFixture) {
    let changes: Vec<Change<Credit>> = (1..=50).map(|n| credit(f, n, &ann(), usd("0.1"))).collect();
    let answers = join_all(changes.iter().map(|change| f.store.credit(change))).await;
    for answer in answers {
        assert!(matches!(answer.unwrap(), CreditAnswer::Posted { .. }));
    }
    assert_eq!(balance(f, &ann()).await.unwrap().posted, usd("5"));
    assert_whole(f).await;
}

/// Every account and every transfer, with all their parts.
pub async fn the_snapshot_is_the_whole_ledger(f: &WalletFixture) {
    f.store.credit(&credit(f, 1, &ann(), usd("25"))).await.unwrap();
    f.store.credit(&credit(f, 2, &ann(), usd("5"))).await.unwrap();
    let snapshot = f.store.snapshot().await.unwrap();
    assert_eq!(snapshot.accounts.len(), 2, "the wallet, and where its money came from");
    let wallet = AccountId::wallet(&ann(), Currency::USD);
    let last = snapshot.transfers.last().unwrap();
    assert_eq!(
        (last.id, last.kind, last.credit, last.wallet),
        (transfer(2), TransferKind::Post, wallet, wallet)
    );
    assert_eq!((last.wallet_version, last.posted_after, last.held_after), (2, usd("30"), usd("0")));
    assert_eq!((last.pending, last.reverses, last.order, last.number), (None, None, None, None));
    assert_eq!(last.created_at, f.clock.now());
    assert_eq!(verify_ledger(&snapshot), []);
}
