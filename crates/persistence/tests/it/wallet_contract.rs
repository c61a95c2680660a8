//! The wallet's contract, that of whoever reads the ledger for its audit, and that of statements.

use crate::engine::on_every_engine;

mod wallet {
    use super::on_every_engine;

    on_every_engine!(trunkline_wallet::wallet_store_contract!(wallet));
}

mod ledger {
    use super::on_every_engine;

    on_every_engine!(trunkline_wallet::ledger_reader_contract!(ledger));
}

mod statements {
    use super::on_every_engine;

    on_every_engine!(trunkline_wallet::statement_store_contract!(statements));
}
