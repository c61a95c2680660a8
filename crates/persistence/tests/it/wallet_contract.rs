//! The wallet's contract.

use std::sync::Arc;

use trunkline_wallet::contract::WalletFixture;

use crate::fixture::Database;

async fn fixture() -> WalletFixture {
    let database = Database::new().await;
    let store = Arc::new(database.open().await);
    let clock = Arc::clone(&database.clock);
    WalletFixture { store, clock, keep: Box::new(database) }
}

trunkline_wallet::wallet_store_contract!(fixture);
