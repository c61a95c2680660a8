//! The wallet's contract.

use std::sync::Arc;

use trunkline_wallet::contract::{LedgerFixture, WalletFixture};

use crate::fixture::Database;

async fn fixture() -> WalletFixture {
    let database = Database::new().await;
    let store = Arc::new(database.open().await);
    let clock = Arc::clone(&database.clock);
    WalletFixture { store, clock, keep: Box::new(database) }
}

async fn ledger_fixture() -> LedgerFixture {
    let database = Database::new().await;
    let store = Arc::new(database.open().await);
    let (reader, clock) = (Arc::clone(&store), Arc::clone(&database.clock));
    LedgerFixture { wallet: WalletFixture { store, clock, keep: Box::new(database) }, reader }
}

trunkline_wallet::wallet_store_contract!(fixture);
trunkline_wallet::ledger_reader_contract!(ledger_fixture);
