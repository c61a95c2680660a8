//! Statements as a service: which months are closed, what is read of them, and how a file of them ends.

use std::sync::{Arc, Mutex};

use chrono::{DateTime, TimeDelta, Utc};
use rstest::rstest;
use trunkline_domain::{Change, Clock, Currency, Money, NumberId, RandomIds, TransferId, UserId};
use trunkline_wallet::{
    AccountId, AccountKind, CloseStatementAnswer, ClosingRound, MockStatementStore, Statement,
    StatementCloser, StatementClosing, StatementState, Statements, Transfer, TransferKind, WalletDue,
    WalletStoreError,
};
use uuid::Uuid;

use crate::world::usd;

fn ann() -> UserId {
    "ann".parse().unwrap()
}

fn wallet() -> AccountId {
    AccountId::wallet(&ann(), Currency::USD)
}

fn time(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

struct At(DateTime<Utc>);

impl Clock for At {
    fn now(&self) -> DateTime<Utc> {
        self.0
    }
}

/// The `n`th credit of a dollar, with what is said of it.
fn row(n: i64, at: DateTime<Utc>, description: &str) -> Transfer {
    Transfer {
        id: TransferId::from_uuid(Uuid::from_u64_pair(0, n.unsigned_abs())),
        kind: TransferKind::Post,
        debit: AccountId::operator(AccountKind::Funding, Currency::USD),
        credit: wallet(),
        amount: usd("1"),
        pending: None,
        reverses: None,
        order: None,
        number: Some(NumberId::from_uuid(Uuid::nil())),
        description: description.to_owned(),
        wallet: wallet(),
        wallet_version: n,
        posted_after: Money::from_micros(n * 1_000_000, Currency::USD),
        held_after: usd("0"),
        created_at: at,
    }
}

/// A store of one wallet: a credit of a dollar on the first of each month from January 2026 on, and closed months that
/// are kept. Whoever closes hears this answer.
fn store(
    rows: Vec<Transfer>,
    kept: Vec<Statement>,
    answer: CloseStatementAnswer,
) -> (MockStatementStore, Arc<Mutex<Vec<Change<StatementClosing>>>>) {
    let (closings, kept) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(kept)));
    let mut store = MockStatementStore::new();
    let known = Arc::clone(&kept);
    store.expect_closed().returning(move |_, before, limit| {
        let known = known.lock().unwrap();
        let older = known.iter().rev().filter(|one| before.is_none_or(|before| one.month < before));
        Ok(older.take(limit.into()).cloned().collect())
    });
    store.expect_journal().returning(move |_, after, limit| {
        let later = rows.iter().filter(|row| row.wallet_version > after);
        Ok(later.take(limit.into()).cloned().collect())
    });
    store.expect_due().returning(|_, after, _| {
        let due = WalletDue { wallet: wallet(), user: ann(), currency: Currency::USD };
        Ok(if after.is_none() { vec![due] } else { Vec::new() })
    });
    let heard = Arc::clone(&closings);
    store.expect_close_month().returning(move |change| {
        heard.lock().unwrap().push(change.clone());
        if answer == CloseStatementAnswer::Closed {
            let state = StatementState::Closed { at: change.body.at };
            kept.lock().unwrap().push(Statement { state, ..change.body.statement.clone() });
        }
        Ok(answer)
    });
    (store, closings)
}

fn monthly(months: i64) -> Vec<Transfer> {
    let first = |n: i64| time(&format!("2026-{n:02}-01T00:00:00Z"));
    (1..=months).map(|n| row(n, first(n), &format!("credit {n}"))).collect()
}

fn statements(rows: Vec<Transfer>, now: &str) -> Statements {
    let (store, _) = store(rows, Vec::new(), CloseStatementAnswer::Closed);
    Statements::new(Arc::new(store), Arc::new(At(time(now))))
}

fn names(statements: &[Statement]) -> Vec<String> {
    statements.iter().map(|one| format!("{} {}", one.month, one.state.as_str())).collect()
}

#[rstest]
#[case::not_within_the_grace("2026-04-01T00:59:59Z", &["2026-01", "2026-02"])]
#[case::after_it("2026-04-01T01:00:00Z", &["2026-01", "2026-02", "2026-03"])]
#[tokio::test]
async fn a_month_is_closed_an_hour_after_its_end(#[case] now: &str, #[case] expected: &[&str]) {
    let (store, closings) = store(monthly(4), Vec::new(), CloseStatementAnswer::Closed);
    let closer = StatementCloser::new(Arc::new(store), Arc::new(At(time(now))), Arc::new(RandomIds));
    let round = closer.close_what_is_due().await.unwrap();
    assert_eq!(round, ClosingRound { closed: expected.len() as u64, broken: 0 });
    let closings = closings.lock().unwrap();
    let months: Vec<_> = closings.iter().map(|change| change.body.statement.month.to_string()).collect();
    assert_eq!(months, expected);
    let follows: Vec<_> =
        closings.iter().map(|change| change.body.follows.map(|month| month.to_string())).collect();
    assert_eq!(follows[0], None);
    assert_eq!(follows[1].as_deref(), Some("2026-01"));
    let first = &closings[0];
    assert_eq!((first.body.at, first.body.due), (time(now), time("2026-02-01T01:00:00Z")));
    assert_eq!((first.events[0].kind.as_str(), &first.events[0].user), ("wallet.statement_closed", &ann()));
    assert_eq!(
        (first.audit[0].action.as_str(), first.audit[0].user.as_ref()),
        ("wallet.close_statement", Some(&ann()))
    );
    assert_eq!(first.events[0].subject, first.audit[0].subject);
}

#[rstest]
#[case(CloseStatementAnswer::ClosedBefore)]
#[case(CloseStatementAnswer::OutOfTurn)]
#[case(CloseStatementAnswer::TooEarly)]
#[tokio::test]
async fn what_another_server_closed_is_looked_at_anew(#[case] answer: CloseStatementAnswer) {
    let (store, closings) = store(monthly(4), Vec::new(), answer);
    let clock = Arc::new(At(time("2026-04-01T01:00:00Z")));
    let closer = StatementCloser::new(Arc::new(store), clock, Arc::new(RandomIds));
    assert_eq!(closer.close_what_is_due().await.unwrap(), ClosingRound::default());
    assert_eq!(closings.lock().unwrap().len(), 1, "the later months may follow from something else");
}

#[tokio::test]
async fn a_broken_wallet_keeps_no_other_from_being_closed() {
    let mut rows = monthly(3);
    rows[1].posted_after = usd("9");
    let (store, closings) = store(rows, Vec::new(), CloseStatementAnswer::Closed);
    let clock = Arc::new(At(time("2026-04-01T01:00:00Z")));
    let closer = StatementCloser::new(Arc::new(store), clock, Arc::new(RandomIds));
    assert_eq!(closer.close_what_is_due().await.unwrap(), ClosingRound { closed: 0, broken: 1 });
    assert!(closings.lock().unwrap().is_empty());
}

#[tokio::test]
async fn pages_join_across_what_is_open_and_what_is_closed() {
    let (mut kept, rows) = (Vec::new(), monthly(4));
    let mut statement = Statement::first(wallet(), Currency::USD, "2026-01".parse().unwrap());
    for row in &rows[..2] {
        statement.take(row).unwrap();
        kept.push(Statement { state: StatementState::Closed { at: row.created_at }, ..statement.clone() });
        statement = statement.following();
    }
    let (store, _) = store(rows, kept, CloseStatementAnswer::Closed);
    let clock = Arc::new(At(time("2026-05-02T00:00:00Z")));
    let statements = Statements::new(Arc::new(store), clock);
    let expected = ["2026-05 open", "2026-04 open", "2026-03 open", "2026-02 closed", "2026-01 closed"];
    for limit in [1, 2, 3, 4, 5, 100] {
        let (mut seen, mut before) = (Vec::new(), None);
        loop {
            let page = statements.list(&ann(), Currency::USD, before, limit).await.unwrap();
            assert!(page.statements.len() <= limit.into());
            seen.extend(names(&page.statements));
            before = page.next;
            if before.is_none() {
                break;
            }
        }
        assert_eq!(seen, expected, "pages of {limit}");
    }
    for (month, found) in [
        ("2025-12", None),
        ("2026-01", Some("2026-01 closed")),
        ("2026-03", Some("2026-03 open")),
        ("2026-05", Some("2026-05 open")),
        ("2026-06", None),
    ] {
        let statement = statements.statement(&ann(), Currency::USD, month.parse().unwrap()).await.unwrap();
        assert_eq!(names(&statement.into_iter().collect::<Vec<_>>()), found.into_iter().collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn an_untouched_wallet_has_no_statements() {
    let statements = statements(Vec::new(), "2026-05-02T00:00:00Z");
    let page = statements.list(&ann(), Currency::USD, None, 10).await.unwrap();
    assert_eq!((page.statements.len(), page.next), (0, None));
    assert_eq!(statements.statement(&ann(), Currency::USD, "2026-05".parse().unwrap()).await.unwrap(), None);
}

/// More rows than are read at a time, and a page boundary at every place.
#[tokio::test]
async fn lines_come_in_pages_and_all_of_them() {
    let start = time("2026-01-01T00:00:00Z");
    let rows = (1..=1_203).map(|n| row(n, start + TimeDelta::seconds(n), "x")).collect();
    let statements = statements(rows, "2026-01-31T00:00:00Z");
    let month = "2026-01".parse().unwrap();
    let january = statements.statement(&ann(), Currency::USD, month).await.unwrap().unwrap();
    assert_eq!((january.lines, january.closing), (1_203, usd("1203")));
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = statements.lines(&january, after, 100).await.unwrap();
        seen.extend(page.lines.iter().map(|line| line.version));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen, (1..=1_203).collect::<Vec<_>>());
    let beyond = statements.lines(&january, Some(5_000), 100).await.unwrap();
    assert_eq!((beyond.lines.len(), beyond.next), (0, None));
}

async fn file(statements: &Statements, statement: Statement) -> Result<String, WalletStoreError> {
    let (mut sheet, mut file) = (statements.sheet(statement), Vec::new());
    while let Some(part) = sheet.next().await? {
        file.extend(part);
    }
    Ok(String::from_utf8(file).unwrap())
}

#[tokio::test]
async fn a_sheet_begins_with_the_opening_balance_and_ends_with_the_closing_one() {
    let at = time("2026-01-05T10:00:00.123456Z");
    let rows = vec![row(1, at, "=HYPERLINK(\"http://x\")"), row(2, at, "said \"so\", twice")];
    let statements = statements(rows, "2026-01-31T00:00:00Z");
    let month = "2026-01".parse().unwrap();
    let january = statements.statement(&ann(), Currency::USD, month).await.unwrap().unwrap();
    let nil = Uuid::nil();
    let transfer = |n| Uuid::from_u64_pair(0, n);
    let expected = [
        r#""type","date","description","in","out","balance","currency","numberId","transactionId","version""#
            .to_owned(),
        r#""opening","2026-01-01","opening balance","","","0.00","USD","","","""#.to_owned(),
        format!(
            r#""credit","2026-01-05T10:00:00Z","'=HYPERLINK(""http://x"")","1.00","","1.00","USD","{nil}","{}","1""#,
            transfer(1)
        ),
        format!(
            r#""credit","2026-01-05T10:00:00Z","said ""so"", twice","1.00","","2.00","USD","{nil}","{}","2""#,
            transfer(2)
        ),
        r#""closing","2026-01-31","closing balance","","","2.00","USD","","","""#.to_owned(),
        String::new(),
    ];
    assert_eq!(file(&statements, january.clone()).await.unwrap(), expected.join("\r\n"));
    let other = Statement { total_in: usd("3"), total_out: usd("1"), ..january };
    let Err(WalletStoreError::Broken(why)) = file(&statements, other).await else {
        panic!("it adds up to 2")
    };
    assert!(why.contains("do not add up"), "{why}");
}
