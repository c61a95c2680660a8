//! The wallet's contract.

use crate::engine::on_every_engine;

on_every_engine!(trunkline_wallet::wallet_store_contract!(wallet));
