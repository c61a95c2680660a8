//! Balances and histories.

use rstest::rstest;
use trunkline_domain::Currency;
use trunkline_wallet::{
    Balance, MockWalletStore, Transaction, TransactionDirection, TransactionFilter, TransactionPage,
    TransactionStatus, WalletStoreError,
};

use crate::world::{balance, maria, noon, transfer, unavailable, usd, wallets};

#[tokio::test]
async fn a_balance_is_the_stores() {
    let mut store = MockWalletStore::new();
    store
        .expect_balance()
        .withf(|user, currency| *user == maria() && *currency == Currency::USD)
        .return_once(|_, _| Ok(Some(balance(usd("25")))));
    assert_eq!(wallets(store).balance(&maria(), Currency::USD).await.unwrap(), balance(usd("25")));
}

#[tokio::test]
async fn the_balance_of_an_untouched_wallet_is_zero() {
    let mut store = MockWalletStore::new();
    store.expect_balance().return_once(|_, _| Ok(None));
    let balance = wallets(store).balance(&maria(), Currency::INR).await.unwrap();
    assert_eq!(balance, Balance::empty(Currency::INR));
}

#[tokio::test]
async fn a_failing_store_is_not_an_empty_wallet() {
    let mut store = MockWalletStore::new();
    store.expect_balance().return_once(|_, _| Err(unavailable()));
    let answer = wallets(store).balance(&maria(), Currency::USD).await;
    assert!(matches!(answer, Err(WalletStoreError::Unavailable(_))));
}

#[rstest]
#[case(0, 1)]
#[case(1, 1)]
#[case(20, 20)]
#[case(100, 100)]
#[case(101, 100)]
#[case(u16::MAX, 100)]
#[tokio::test]
async fn pages_have_1_to_100_lines(#[case] asked: u16, #[case] limit: u16) {
    let page = TransactionPage { transactions: Vec::new(), next: Some(transfer(9)) };
    let mut store = MockWalletStore::new();
    let answer = page.clone();
    store
        .expect_transactions()
        .withf(move |user, after, found| *user == maria() && *after == Some(transfer(7)) && *found == limit)
        .return_once(|_, _, _| Ok(answer));
    assert_eq!(wallets(store).transactions(&maria(), Some(transfer(7)), asked).await.unwrap(), page);
}

/// A store with so many lines, of which every seventh is still pending.
fn a_long_history(lines: u64) -> MockWalletStore {
    let line = |n: u64| Transaction {
        id: transfer(n),
        date: noon(),
        direction: TransactionDirection::Debit,
        amount: usd("1.50"),
        description: format!("=line {n}"),
        status: if n.is_multiple_of(7) { TransactionStatus::Pending } else { TransactionStatus::Completed },
        number: None,
    };
    let mut store = MockWalletStore::new();
    store.expect_transactions().returning(move |_, after, limit| {
        let from = after.map_or(1, |last| (1..=lines).find(|n| transfer(*n) == last).unwrap() + 1);
        let transactions: Vec<_> = (from..=lines).map(line).take(limit.into()).collect();
        let last = transactions.last().map(|line| line.id);
        let next = last.filter(|last| *last != transfer(lines));
        Ok(TransactionPage { transactions, next })
    });
    store
}

fn pending() -> TransactionFilter {
    TransactionFilter { status: Some(TransactionStatus::Pending), ..TransactionFilter::EVERYTHING }
}

/// Pages of what is wanted join without a gap or a double, and the last one says that it is.
#[tokio::test]
async fn the_lines_that_are_wanted_come_in_pages() {
    let wallets = wallets(a_long_history(300));
    let (mut seen, mut after, mut pages) = (Vec::new(), None, 0);
    loop {
        let page = wallets.transactions_like(&maria(), &pending(), after, 20).await.unwrap();
        seen.extend(page.transactions.iter().map(|line| line.id));
        (after, pages) = (page.next, pages + 1);
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen, (1..=42).map(|n| transfer(n * 7)).collect::<Vec<_>>());
    assert_eq!(pages, 3);
}

/// One question reads a bounded stretch, and says where the next one goes on.
#[tokio::test]
async fn a_long_stretch_without_what_is_wanted_is_answered_in_between() {
    let refunded = TransactionFilter { status: Some(TransactionStatus::Refunded), ..pending() };
    let wallets = wallets(a_long_history(5_000));
    let page = wallets.transactions_like(&maria(), &refunded, None, 20).await.unwrap();
    assert_eq!((page.transactions.len(), page.next), (0, Some(transfer(2_000))));
}

/// Every line that is wanted is in the file, and nothing in it is a formula.
#[tokio::test]
async fn a_history_is_a_file() {
    let mut sheet = wallets(a_long_history(300)).sheet(maria(), pending());
    let mut file = Vec::new();
    while let Some(rows) = sheet.next().await.unwrap() {
        file.extend(rows);
    }
    let file = String::from_utf8(file).unwrap();
    let lines: Vec<&str> = file.lines().collect();
    assert_eq!(lines.len(), 43);
    let head = r#""date","type","description","status","amount","currency","numberId","transactionId""#;
    let first = r#""2026-03-01T12:00:00Z","debit","'=line 7","pending","1.50","USD","","#;
    assert_eq!(lines[0], head);
    assert!(lines[1].starts_with(first), "{}", lines[1]);
}
