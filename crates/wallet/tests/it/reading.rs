//! Balances and histories.

use rstest::rstest;
use trunkline_domain::Currency;
use trunkline_wallet::{Balance, MockWalletStore, TransactionPage, WalletStoreError};

use crate::world::{balance, maria, transfer, unavailable, usd, wallets};

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
