//! A generated year of many users on servers whose clocks disagree: every statement tiles, what was closed stays, and all
//! of them together are the books.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use futures::future::join_all;
use trunkline_domain::{Change, Currency, Money, RandomIds, TransferId, UserId};
use trunkline_provisioning::contract::Fixture;
use trunkline_provisioning::contract::fixture::sid;
use trunkline_provisioning::port::{ClaimEnd, OpenAnswer, OpenedPurchase};
use trunkline_wallet::{
    AccountId, Adjustment, LedgerReader, STATEMENT_GRACE, Statement, StatementCloser, StatementMonth,
    StatementState, StatementStore, Statements, TransactionDirection, Transfer, TransferKind,
};

use crate::auditing::audited;
use crate::engine;

/// A fresh, empty store, with the makers of changes over it.
pub(crate) struct YearFixture {
    pub(crate) store: Arc<dyn StatementStore>,
    pub(crate) reader: Arc<dyn LedgerReader>,
    pub(crate) changes: Fixture,
}

/// How far the clocks of three servers are off, in seconds.
const CLOCKS: [i64; 3] = [-75, 0, 40];

/// Numbers from a seed (`SplitMix64`).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// An amount with odd millionths.
    fn amount(&mut self, units: u64) -> Money {
        Money::from_micros((self.below(units * 1_000_000) + 1).cast_signed(), Currency::USD)
    }
}

/// A user, and their orders that are not decided.
struct Customer {
    user: UserId,
    open: Vec<OpenedPurchase>,
}

/// What one customer does at one moment.
enum Act {
    PayIn(Money),
    Correct(TransactionDirection, Money),
    Order(u16, Money),
    Settle(Box<OpenedPurchase>, u64),
    Fail(Box<OpenedPurchase>),
}

impl Act {
    /// Something that the customer can do; often nothing.
    fn draw(chance: &mut Chance, customer: &mut Customer, numbers: &mut u16) -> Option<Self> {
        let undecided = !customer.open.is_empty();
        Some(match chance.below(12) {
            0 | 1 => Self::PayIn(chance.amount(40)),
            2 => Self::Correct(TransactionDirection::Debit, chance.amount(3)),
            3 => Self::Correct(TransactionDirection::Credit, chance.amount(2)),
            4..=6 if !undecided => {
                *numbers += 1;
                Self::Order(*numbers, chance.amount(4))
            }
            4 | 5 if undecided => {
                *numbers += 1;
                Self::Settle(Box::new(customer.open.remove(0)), (*numbers).into())
            }
            6 if undecided => Self::Fail(Box::new(customer.open.remove(0))),
            _ => return None,
        })
    }

    async fn play(self, f: &Fixture, user: &UserId) -> Option<OpenedPurchase> {
        match self {
            Self::PayIn(amount) => f.credit(user, amount).await,
            Self::Correct(direction, amount) => {
                // What is not there is refused, which changes nothing.
                f.wallets.adjust(&correction(f, user, direction, amount)).await.unwrap();
            }
            Self::Order(number, charge) => {
                let answer = f.purchases.open(&f.opening(user, number, charge)).await.unwrap();
                if let OpenAnswer::Opened(opened) = answer {
                    return Some(opened);
                }
            }
            Self::Settle(opened, number) => drop(f.settle(&opened.order, &sid(number)).await),
            Self::Fail(opened) => drop(f.fail(&opened, ClaimEnd::Free).await),
        }
        None
    }
}

fn correction(
    f: &Fixture,
    user: &UserId,
    direction: TransactionDirection,
    amount: Money,
) -> Change<Adjustment> {
    Change::new(Adjustment {
        transfer: TransferId::from_uuid(f.id()),
        user: user.clone(),
        wallet: AccountId::wallet(user, amount.currency()),
        direction,
        amount,
        description: "a correction".to_owned(),
        at: f.now(),
        approval: None,
    })
}

fn go_to(f: &Fixture, moment: DateTime<Utc>) {
    f.clock.advance(moment - f.now());
}

/// The same moment at three servers: each serves some of the customers, one after the other.
async fn moment(
    f: &Fixture,
    customers: &mut [Customer],
    chance: &mut Chance,
    numbers: &mut u16,
    at: DateTime<Utc>,
) {
    for seconds in CLOCKS {
        go_to(f, at + TimeDelta::seconds(seconds));
        let acts: Vec<_> =
            customers.iter_mut().map(|customer| Act::draw(chance, customer, numbers)).collect();
        let users: Vec<_> = customers.iter().map(|customer| customer.user.clone()).collect();
        let played = acts.into_iter().zip(&users).map(async |(act, user)| act?.play(f, user).await);
        for (customer, opened) in customers.iter_mut().zip(join_all(played).await) {
            customer.open.extend(opened);
        }
    }
}

/// Every statement of a user, oldest first, in pages.
async fn statements_of(statements: &Statements, user: &UserId) -> Vec<Statement> {
    let (mut all, mut before) = (Vec::new(), None);
    loop {
        let page = statements.list(user, Currency::USD, before, 5).await.unwrap();
        all.extend(page.statements);
        before = page.next;
        if before.is_none() {
            all.reverse();
            return all;
        }
    }
}

/// What every statement of a wallet must be, reckoned here from the rows alone.
fn assert_tiles(statements: &[Statement], history: &[&Transfer]) {
    let (mut last, mut closing, mut month) = (0, Money::zero(Currency::USD), None);
    for statement in statements {
        assert_eq!((statement.after_version, statement.opening), (last, closing), "{statement:?}");
        assert!(month.is_none_or(|month: StatementMonth| month.next() == statement.month), "{statement:?}");
        let within = |row: &&&Transfer| (last + 1..=statement.last_version).contains(&row.wallet_version);
        let rows: Vec<_> = history.iter().filter(within).collect();
        assert_eq!(i64::try_from(rows.len()).unwrap(), statement.last_version - last, "no place is missing");
        let (mut posted, mut come, mut gone, mut lines) = (closing, 0, 0, 0);
        for row in rows {
            let moved = row.posted_after.micros() - posted.micros();
            (come, gone) = (come + moved.max(0), gone + (-moved).max(0));
            lines += u64::from(moved != 0);
            posted = row.posted_after;
        }
        assert_eq!(
            (statement.total_in.micros(), statement.total_out.micros()),
            (come, gone),
            "{statement:?}"
        );
        assert_eq!((statement.lines, statement.closing), (lines, posted), "{statement:?}");
        (last, closing, month) = (statement.last_version, posted, Some(statement.month));
    }
    assert_eq!(last, i64::try_from(history.len()).unwrap(), "every row is in some month");
}

/// The sum of the lines of a statement, as they are read.
async fn sum_of_lines(statements: &Statements, statement: &Statement) -> i64 {
    let (mut export, mut sum) = (statements.export(statement.clone()), 0);
    while let Some(lines) = export.next().await.unwrap() {
        sum += lines.iter().fold(0, |sum, line| match line.direction {
            TransactionDirection::Credit => sum + line.amount.micros(),
            TransactionDirection::Debit => sum - line.amount.micros(),
        });
    }
    sum
}

/// Plays some months, closing each when it has ended, with a row that comes too late for it.
async fn live(f: &YearFixture, customers: &mut [Customer], months: usize, chance: &mut Chance) {
    let changes = &f.changes;
    let closer = StatementCloser::new(f.store.clone(), changes.clock.clone(), Arc::new(RandomIds));
    let (mut numbers, mut month) = (0, StatementMonth::of(changes.now()));
    for n in 0..months {
        if n > 0 {
            moment(changes, customers, chance, &mut numbers, month.begins() + TimeDelta::seconds(30)).await;
        }
        moment(changes, customers, chance, &mut numbers, month.begins() + TimeDelta::days(14)).await;
        moment(changes, customers, chance, &mut numbers, month.ends() - TimeDelta::seconds(20)).await;
        go_to(changes, month.ends() + STATEMENT_GRACE);
        let round = closer.close_what_is_due().await.unwrap();
        assert_eq!(round.broken, 0);
        go_to(changes, month.ends() - TimeDelta::seconds(1));
        changes.credit(&customers[n].user, chance.amount(5)).await;
        month = month.next();
    }
    go_to(changes, month.begins() + TimeDelta::hours(2));
}

/// Lets a year of so many users pass, and holds it to the books.
async fn a_year(f: &YearFixture, users: usize, months: usize) {
    let customer = |n| Customer { user: format!("user{n}").parse().unwrap(), open: Vec::new() };
    let mut customers: Vec<_> = (0..users).map(customer).collect();
    // From a first moment of a month on.
    go_to(&f.changes, StatementMonth::of(f.changes.now()).ends() + TimeDelta::hours(9));
    let mut chance = Chance(2026);
    live(f, &mut customers, months, &mut chance).await;
    let statements = Statements::new(f.store.clone(), f.changes.clock.clone());
    let snapshot = f.changes.wallets.snapshot().await.unwrap();
    let mut histories: BTreeMap<AccountId, Vec<&Transfer>> = BTreeMap::new();
    for transfer in &snapshot.transfers {
        histories.entry(transfer.wallet).or_default().push(transfer);
    }
    let (mut closing, mut moved, mut late, mut closed) = (0, 0, 0, 0);
    for Customer { user, .. } in &customers {
        let all = statements_of(&statements, user).await;
        let history = histories.remove(&AccountId::wallet(user, Currency::USD)).unwrap_or_default();
        assert_tiles(&all, &history);
        for statement in &all {
            let lines = sum_of_lines(&statements, statement).await;
            assert_eq!(lines, statement.closing.micros() - statement.opening.micros());
            moved += lines;
            closed += usize::from(statement.state != StatementState::Open);
            let within = history.iter().filter(|row| {
                (statement.after_version + 1..=statement.last_version).contains(&row.wallet_version)
            });
            late += within.filter(|row| row.created_at < statement.month.begins()).count();
        }
        closing += all.last().map_or(0, |last| last.closing.micros());
    }
    assert!(histories.is_empty(), "no wallet is without statements");
    let report = audited(f.reader.as_ref()).await;
    assert_eq!(report.faults, []);
    let [books] = &report.sums[..] else { panic!("one currency") };
    let amount = |micros| Money::from_micros(micros, Currency::USD).amount();
    assert_eq!(amount(closing), books.wallets, "all closings are the wallets of the trial balance");
    assert_eq!(amount(moved), -(books.funding + books.revenue), "all that moved is the other side of it");
    assert_varied(&snapshot.transfers, late);
    assert!(closed >= users * (months - 1), "{closed} of {users} users are closed");
    println!(
        "{users} users, {} transfers, {closed} months closed, {late} rows late",
        snapshot.transfers.len()
    );
}

/// The year had of everything, or it proves nothing.
fn assert_varied(transfers: &[Transfer], late: usize) {
    for kind in [TransferKind::Post, TransferKind::Hold, TransferKind::Capture, TransferKind::Void] {
        assert!(transfers.iter().any(|transfer| transfer.kind == kind), "{kind:?}");
    }
    let disordered = transfers
        .windows(2)
        .filter(|pair| pair[0].wallet == pair[1].wallet && pair[1].created_at < pair[0].created_at);
    assert!(disordered.count() > 10, "places out of the order of dates");
    assert!(late > 0, "rows that came too late for their month");
}

#[tokio::test]
async fn a_year_of_two_hundred_users_is_the_trial_balance() {
    a_year(&engine::sqlite::year().await, 200, 12).await;
}

#[tokio::test]
async fn some_months_on_postgres_are_the_trial_balance() {
    a_year(&engine::postgres::year().await, 25, 4).await;
}
