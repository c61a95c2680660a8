//! The suite of statements: a month is closed once, in its turn and not before its time, and stays as it was.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use futures::future::join_all;
use trunkline_domain::{Change, Clock, Currency, Origin, RandomIds, UserId};

use super::{LedgerFixture, WalletFixture, ann, credit, usd};
use crate::{
    AccountId, CloseStatementAnswer, ClosingRound, STATEMENT_GRACE, Statement, StatementCloser,
    StatementClosing, StatementMonth, StatementState, StatementStore, Statements, WalletDue,
    WalletStoreError,
};

/// A fresh, empty store with what it keeps of statements.
pub struct StatementFixture {
    /// The store, with the reader of its ledger.
    pub ledger: LedgerFixture,
    /// The same store's statements.
    pub statements: Arc<dyn StatementStore>,
}

/// Makes a test of every case of the suite; `$fixture` names an `async fn() -> StatementFixture`.
#[macro_export]
macro_rules! statement_store_contract {
    ($fixture:path) => {
        $crate::wallet_store_contract!(@each $fixture,
            a_history_is_read_in_the_order_of_places,
            a_closed_month_is_read_as_it_was_written,
            a_month_is_closed_once,
            whoever_closes_at_once_closes_once,
            a_month_waits_for_its_time,
            a_month_follows_the_one_before_it,
            a_month_ends_at_a_place_of_the_journal,
            what_is_posted_late_is_in_the_next_month,
            wallets_are_due_until_they_are_closed,
        );
    };
}

impl StatementFixture {
    fn wallet(&self) -> &WalletFixture {
        &self.ledger.wallet
    }

    fn now(&self) -> DateTime<Utc> {
        self.wallet().clock.now()
    }

    /// Moves the clock to some moment.
    fn go_to(&self, moment: DateTime<Utc>) {
        self.wallet().clock.advance(moment - self.now());
    }

    async fn credit(&self, n: u128, user: &UserId, amount: &str) {
        self.wallet().store.credit(&credit(self.wallet(), n, user, usd(amount))).await.unwrap();
    }

    fn closer(&self) -> StatementCloser {
        StatementCloser::new(self.statements.clone(), self.wallet().clock.clone(), Arc::new(RandomIds))
    }

    async fn list(&self) -> Vec<Statement> {
        let statements = Statements::new(self.statements.clone(), self.wallet().clock.clone());
        statements.list(&ann(), Currency::USD, None, 100).await.unwrap().statements
    }

    async fn closed(&self) -> Vec<Statement> {
        self.statements.closed(wallet(), None, 101).await.unwrap()
    }

    async fn close(&self, closing: &StatementClosing) -> Result<CloseStatementAnswer, WalletStoreError> {
        let audit = Origin::system().audit("wallet.close_statement", "x", Some(&ann()), self.now());
        self.statements.close_month(&Change::new(closing.clone()).audit(audit)).await
    }

    /// Two credits in a month that has ended since, as it is to be closed.
    async fn ended(&self) -> StatementClosing {
        self.credit(1, &ann(), "25").await;
        self.credit(2, &ann(), "0.000001").await;
        let month = StatementMonth::of(self.now());
        let mut statement = Statement::first(wallet(), Currency::USD, month);
        for row in self.statements.journal(wallet(), 0, 500).await.unwrap() {
            statement.take(&row).unwrap();
        }
        let due = month.ends() + STATEMENT_GRACE;
        self.go_to(due);
        StatementClosing { statement, follows: None, due, at: due }
    }

    async fn assert_audited(&self) {
        assert_eq!(self.ledger.audit().await.faults, []);
    }
}

fn wallet() -> AccountId {
    AccountId::wallet(&ann(), Currency::USD)
}

fn month(f: &StatementFixture) -> StatementMonth {
    StatementMonth::of(f.now())
}

/// One wallet's rows and no other's, from any place on.
pub async fn a_history_is_read_in_the_order_of_places(f: &StatementFixture) {
    let bob: UserId = "bob".parse().unwrap();
    for n in 1..=4 {
        f.credit(n, &ann(), "1").await;
        f.credit(100 + n, &bob, "2").await;
        f.wallet().clock.advance(TimeDelta::seconds(-30));
    }
    let places = async |after, limit| {
        let rows = f.statements.journal(wallet(), after, limit).await.unwrap();
        assert!(rows.iter().all(|row| row.wallet == wallet()));
        rows.iter().map(|row| row.wallet_version).collect::<Vec<_>>()
    };
    assert_eq!(places(0, 500).await, [1, 2, 3, 4]);
    assert_eq!(places(1, 2).await, [2, 3]);
    assert_eq!(places(4, 500).await, [0_i64; 0]);
}

/// To the last digit, with the moment at which it was closed.
pub async fn a_closed_month_is_read_as_it_was_written(f: &StatementFixture) {
    let closing = f.ended().await;
    assert_eq!(f.closed().await, []);
    assert_eq!(f.close(&closing).await.unwrap(), CloseStatementAnswer::Closed);
    let state = StatementState::Closed { at: closing.at };
    let expected = Statement { state, ..closing.statement };
    assert_eq!((expected.lines, expected.closing), (2, usd("25.000001")));
    assert_eq!(f.closed().await, std::slice::from_ref(&expected));
    let before = f.statements.closed(wallet(), Some(expected.month), 101).await.unwrap();
    assert_eq!(before, [], "those before it, and not itself");
    f.assert_audited().await;
}

/// A lost acknowledgement is mended by asking again; another cut of the same month is not taken.
pub async fn a_month_is_closed_once(f: &StatementFixture) {
    let closing = f.ended().await;
    f.close(&closing).await.unwrap();
    assert_eq!(f.close(&closing).await.unwrap(), CloseStatementAnswer::ClosedBefore);
    let kept = f.closed().await;
    f.credit(3, &ann(), "1").await;
    let mut other = closing.clone();
    let row = f.statements.journal(wallet(), 2, 1).await.unwrap().remove(0);
    other.statement.take(&row).unwrap();
    assert_eq!(f.close(&other).await.unwrap(), CloseStatementAnswer::ClosedBefore);
    assert_eq!(f.closed().await, kept);
}

/// Any number of servers may look at the same time.
pub async fn whoever_closes_at_once_closes_once(f: &StatementFixture) {
    let closing = f.ended().await;
    let answers = join_all((0..8).map(|_| f.close(&closing))).await;
    let answers: Vec<_> = answers.into_iter().map(Result::unwrap).collect();
    let first = answers.iter().filter(|answer| **answer == CloseStatementAnswer::Closed).count();
    assert_eq!(first, 1, "{answers:?}");
    assert!(answers.iter().all(|answer| {
        matches!(answer, CloseStatementAnswer::Closed | CloseStatementAnswer::ClosedBefore)
    }));
    assert_eq!(f.closed().await.len(), 1);
}

/// By the store's clock, whatever the caller's says.
pub async fn a_month_waits_for_its_time(f: &StatementFixture) {
    let closing = f.ended().await;
    f.wallet().clock.advance(TimeDelta::microseconds(-1));
    assert_eq!(f.close(&closing).await.unwrap(), CloseStatementAnswer::TooEarly);
    assert_eq!(f.closed().await, []);
    f.wallet().clock.advance(TimeDelta::microseconds(1));
    assert_eq!(f.close(&closing).await.unwrap(), CloseStatementAnswer::Closed);
}

/// No gap, no overlap, no month left out.
pub async fn a_month_follows_the_one_before_it(f: &StatementFixture) {
    let first = f.ended().await;
    let second = StatementClosing {
        statement: first.statement.following(),
        follows: Some(first.statement.month),
        due: first.due,
        at: first.at,
    };
    assert_eq!(f.close(&second).await.unwrap(), CloseStatementAnswer::OutOfTurn, "nothing is closed yet");
    f.close(&first).await.unwrap();
    let mut late = second.clone();
    (late.statement.after_version, late.statement.lines) = (1, 0);
    let mut dearer = second.clone();
    dearer.statement.opening = usd("26");
    let third = StatementClosing {
        statement: second.statement.following(),
        follows: Some(second.statement.month),
        ..second.clone()
    };
    let again = StatementClosing { follows: None, ..second.clone() };
    for wrong in [late, dearer, third, again] {
        assert_eq!(f.close(&wrong).await.unwrap(), CloseStatementAnswer::OutOfTurn);
    }
    assert_eq!(f.closed().await.len(), 1);
    assert_eq!(f.close(&second).await.unwrap(), CloseStatementAnswer::Closed);
    f.assert_audited().await;
}

/// What does not end where the journal says is refused as something broken, and nothing is kept.
pub async fn a_month_ends_at_a_place_of_the_journal(f: &StatementFixture) {
    let closing = f.ended().await;
    let mut beyond = closing.clone();
    beyond.statement.last_version = 3;
    let mut dearer = closing.clone();
    (dearer.statement.total_in, dearer.statement.closing) = (usd("26"), usd("26"));
    let mut held = closing.clone();
    held.statement.held = usd("1");
    for wrong in [beyond, dearer, held] {
        assert!(matches!(f.close(&wrong).await, Err(WalletStoreError::Broken(_))));
    }
    assert_eq!(f.closed().await, []);
    assert_eq!(f.close(&closing).await.unwrap(), CloseStatementAnswer::Closed);
}

/// A closed month never changes, and no row is lost between two.
pub async fn what_is_posted_late_is_in_the_next_month(f: &StatementFixture) {
    f.credit(1, &ann(), "25").await;
    let first = month(f);
    f.go_to(first.ends() + STATEMENT_GRACE);
    assert_eq!(f.closer().close_what_is_due().await.unwrap(), ClosingRound { closed: 1, broken: 0 });
    let kept = f.closed().await;
    // A server that stood still, or whose clock is behind: posted now, and dated in the month that is closed.
    let now = f.now();
    f.go_to(first.ends() - TimeDelta::seconds(5));
    f.credit(2, &ann(), "3").await;
    f.go_to(now);
    f.credit(3, &ann(), "1").await;
    assert_eq!(f.closed().await, kept);
    let all = f.list().await;
    let [open, closed] = &all[..] else { panic!("{all:?}") };
    assert_eq!(closed, &kept[0]);
    assert_eq!((open.month, open.state, open.opening), (first.next(), StatementState::Open, usd("25")));
    assert_eq!((open.after_version, open.last_version, open.total_in), (1, 3, usd("4")));
    // Two months later, one of them without anything.
    f.go_to(first.next().next().ends() + STATEMENT_GRACE);
    assert_eq!(f.closer().close_what_is_due().await.unwrap(), ClosingRound { closed: 2, broken: 0 });
    let places: Vec<_> = f.closed().await.iter().map(|one| (one.after_version, one.last_version)).collect();
    assert_eq!(places, [(3, 3), (1, 3), (0, 1)]);
    f.assert_audited().await;
}

/// Those that began before the month's end, by pages of ids; none twice.
pub async fn wallets_are_due_until_they_are_closed(f: &StatementFixture) {
    let users: Vec<UserId> = (0..5).map(|n| format!("user{n}").parse().unwrap()).collect();
    for (n, user) in (1..).zip(&users) {
        f.credit(n, user, "1").await;
    }
    let ended = month(f);
    f.go_to(ended.ends());
    f.credit(9, &ann(), "1").await;
    let mut seen: Vec<WalletDue> = Vec::new();
    loop {
        let page = f.statements.due(ended, seen.last().map(|due| due.wallet), 2).await.unwrap();
        if page.is_empty() {
            break;
        }
        assert!(page.len() <= 2);
        seen.extend(page);
    }
    let mut found: Vec<_> = seen.iter().map(|due| due.user.clone()).collect();
    found.sort();
    assert_eq!(found, users, "and not whose wallet began later");
    assert!(seen.iter().all(|due| due.wallet == AccountId::wallet(&due.user, due.currency)));
    f.go_to(ended.ends() + STATEMENT_GRACE);
    assert_eq!(f.closer().close_what_is_due().await.unwrap(), ClosingRound { closed: 5, broken: 0 });
    assert_eq!(f.statements.due(ended, None, 500).await.unwrap(), []);
    assert_eq!(f.closer().close_what_is_due().await.unwrap(), ClosingRound::default());
}
