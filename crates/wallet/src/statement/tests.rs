//! Where months are cut, whatever the dates are; and what a statement does not take.

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use trunkline_domain::{Currency, Money, TransferId, UserId};
use uuid::Uuid;

use super::cutting::Cutting;
use super::{STATEMENT_GRACE, Statement, StatementFault, StatementMonth};
use crate::{AccountId, AccountKind, Transfer, TransferKind};

fn usd(units: i64) -> Money {
    Money::from_micros(units * 1_000_000, Currency::USD)
}

fn wallet() -> AccountId {
    let ann: UserId = "ann".parse().unwrap();
    AccountId::wallet(&ann, Currency::USD)
}

fn time(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn month(text: &str) -> StatementMonth {
    text.parse().unwrap()
}

/// A history: what each row does, and when it says that it did.
struct History(Vec<Transfer>);

impl History {
    fn new() -> Self {
        Self(Vec::new())
    }

    fn add(mut self, kind: TransferKind, units: i64, at: DateTime<Utc>) -> Self {
        let (posted, held) =
            self.0.last().map_or((usd(0), usd(0)), |last| (last.posted_after, last.held_after));
        let other = AccountId::operator(AccountKind::Funding, Currency::USD);
        let amount = usd(units.abs());
        let is_in = units > 0;
        let (posted, held) = match kind {
            TransferKind::Post | TransferKind::Reversal if is_in => {
                (posted.checked_add(amount).unwrap(), held)
            }
            TransferKind::Post | TransferKind::Reversal => (posted.checked_sub(amount).unwrap(), held),
            TransferKind::Hold => (posted, held.checked_add(amount).unwrap()),
            TransferKind::Capture => (posted.checked_sub(amount).unwrap(), held.checked_sub(amount).unwrap()),
            TransferKind::Void => (posted, held.checked_sub(amount).unwrap()),
        };
        let version = i64::try_from(self.0.len()).unwrap() + 1;
        self.0.push(Transfer {
            id: TransferId::from_uuid(Uuid::from_u128(version.unsigned_abs().into())),
            kind,
            debit: if is_in { other } else { wallet() },
            credit: if is_in { wallet() } else { other },
            amount,
            pending: None,
            reverses: None,
            order: None,
            number: None,
            description: format!("row {version}"),
            wallet: wallet(),
            wallet_version: version,
            posted_after: posted,
            held_after: held,
            created_at: at,
        });
        self
    }

    fn months(&self, now: DateTime<Utc>) -> Vec<Statement> {
        let first = StatementMonth::of(self.0[0].created_at);
        let mut cutting = Cutting::new(Statement::first(wallet(), Currency::USD, first), now);
        for transfer in &self.0 {
            cutting.take(transfer).unwrap();
        }
        cutting.finish()
    }
}

fn cuts(months: &[Statement]) -> Vec<(String, i64)> {
    months.iter().map(|statement| (statement.month.to_string(), statement.last_version)).collect()
}

#[test]
fn holds_are_no_lines_and_captures_are() {
    let at = time("2026-10-05T12:00:00Z");
    let history = History::new()
        .add(TransferKind::Post, 30, at)
        .add(TransferKind::Hold, -10, at)
        .add(TransferKind::Hold, -5, at)
        .add(TransferKind::Capture, -10, at)
        .add(TransferKind::Void, -5, at)
        .add(TransferKind::Hold, -7, at)
        .add(TransferKind::Reversal, 10, at)
        .add(TransferKind::Reversal, -3, at)
        .add(TransferKind::Post, -2, at);
    let [october] = &history.months(at)[..] else { panic!("one month") };
    assert_eq!((october.lines, october.after_version, october.last_version), (5, 0, 9));
    assert_eq!((october.opening, october.total_in, october.total_out), (usd(0), usd(40), usd(15)));
    assert_eq!((october.closing, october.held), (usd(25), usd(7)));
}

#[test]
fn a_month_ends_before_the_first_place_that_is_dated_after_it() {
    let history = History::new()
        .add(TransferKind::Post, 1, time("2026-10-31T23:59:58Z"))
        .add(TransferKind::Post, 1, time("2026-11-01T00:00:01Z"))
        // Another server's clock: dated in October, and posted after November had begun.
        .add(TransferKind::Post, 1, time("2026-10-31T23:59:59Z"))
        .add(TransferKind::Post, 1, time("2026-11-01T00:00:00Z"));
    let now = time("2026-11-30T23:59:59Z");
    let months = history.months(now);
    assert_eq!(cuts(&months), [("2026-10".to_owned(), 1), ("2026-11".to_owned(), 4)]);
    assert_eq!(months[1].opening, usd(1));
}

#[test]
fn quiet_months_are_there_and_empty() {
    let history = History::new().add(TransferKind::Post, 3, time("2026-10-31T23:59:59.999999Z")).add(
        TransferKind::Post,
        1,
        time("2027-01-01T00:00:00Z"),
    );
    let months = history.months(time("2027-02-01T00:00:00Z"));
    let expected = [("2026-10", 1), ("2026-11", 1), ("2026-12", 1), ("2027-01", 2), ("2027-02", 2)];
    assert_eq!(cuts(&months), expected.map(|(month, last)| (month.to_owned(), last)));
    let quiet = &months[1];
    assert_eq!((quiet.lines, quiet.opening, quiet.closing, quiet.after_version), (0, usd(3), usd(3), 1));
}

#[test]
fn a_row_from_the_future_cuts_nothing() {
    let history = History::new()
        .add(TransferKind::Post, 1, time("2026-10-01T00:00:00Z"))
        .add(TransferKind::Post, 1, time("2027-10-01T00:00:00Z"))
        .add(TransferKind::Post, 1, time("2026-10-02T00:00:00Z"))
        .add(TransferKind::Post, 1, time("2026-11-02T00:00:00Z"));
    let months = history.months(time("2026-11-03T00:00:00Z"));
    assert_eq!(cuts(&months), [("2026-10".to_owned(), 3), ("2026-11".to_owned(), 4)]);
}

#[test]
fn what_does_not_follow_is_not_taken() {
    let at = time("2026-10-05T12:00:00Z");
    let mut history = History::new().add(TransferKind::Post, 30, at).add(TransferKind::Post, 5, at);
    let mut statement = Statement::first(wallet(), Currency::USD, month("2026-10"));
    let gap = StatementFault::OutOfPlace { wallet: wallet(), expected: 1, found: 2 };
    assert_eq!(statement.take(&history.0[1]), Err(gap));
    statement.take(&history.0[0]).unwrap();
    let before = statement.clone();
    let again = StatementFault::OutOfPlace { wallet: wallet(), expected: 2, found: 1 };
    assert_eq!(statement.take(&history.0[0]), Err(again));
    history.0[1].posted_after = usd(36);
    let wrong = StatementFault::WrongBalance { wallet: wallet(), version: 2 };
    assert_eq!(statement.take(&history.0[1]), Err(wrong));
    history.0[1].amount = Money::from_micros(i64::MAX, Currency::USD);
    assert!(matches!(statement.take(&history.0[1]), Err(StatementFault::Unsummable { .. })));
    assert_eq!(statement, before, "what is refused adds nothing");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Rows some hours apart, on clocks that are up to five minutes off, with months in which nothing happens.
    #[test]
    fn months_tile_whatever_the_clocks_say(
        rows in prop::collection::vec((0_i64..900, -300_i64..300, 0_u8..3), 1..50),
    ) {
        let mut at = time("2026-01-15T00:00:00Z");
        let (mut history, mut posted) = (History::new(), Vec::new());
        for (hours, seconds, kind) in rows {
            at += TimeDelta::hours(hours);
            posted.push(at);
            let dated = at + TimeDelta::seconds(seconds);
            let (has, held) = history.0.last().map_or((0, 0), |last| {
                (last.posted_after.micros() / 1_000_000, last.held_after.micros() / 1_000_000)
            });
            history = match kind {
                0 if has > held => history.add(TransferKind::Hold, -1, dated),
                1 if held > 0 => history.add(TransferKind::Capture, -1, dated),
                _ => history.add(TransferKind::Post, 3, dated),
            };
        }
        let now = at + TimeDelta::minutes(6);
        let months = history.months(now);
        prop_assert_eq!((months[0].after_version, months[0].opening), (0, usd(0)));
        for pair in months.windows(2) {
            prop_assert_eq!(pair[1].month, pair[0].month.next());
            prop_assert_eq!((pair[1].after_version, pair[1].opening), (pair[0].last_version, pair[0].closing));
        }
        for statement in &months {
            let moved = statement.total_in.checked_sub(statement.total_out).unwrap();
            prop_assert_eq!(statement.opening.checked_add(moved).unwrap(), statement.closing);
        }
        let (last, row) = (months.last().unwrap(), history.0.last().unwrap());
        prop_assert_eq!((last.last_version, last.closing, last.held), (row.wallet_version, row.posted_after, row.held_after));
        prop_assert_eq!(last.month, StatementMonth::of(now));
        // What can be closed at some moment is the same however much is posted after it.
        for (n, now) in posted.into_iter().enumerate() {
            let earlier = History(history.0[..=n].to_vec()).months(now);
            let is_due = |statement: &&Statement| statement.month.ends() + STATEMENT_GRACE <= now;
            let due: Vec<_> = earlier.iter().take_while(is_due).collect();
            prop_assert_eq!(&due, &months.iter().take(due.len()).collect::<Vec<_>>());
        }
    }
}
