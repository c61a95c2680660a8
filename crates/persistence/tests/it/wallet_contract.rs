//! The contracts of the wallet, of payments and of statements, and that of whoever reads the ledger for its audit.

use crate::engine::on_every_engine;

mod wallet {
    use super::on_every_engine;

    on_every_engine!(trunkline_wallet::wallet_store_contract!(wallet));
}

mod ledger {
    use super::on_every_engine;

    on_every_engine!(trunkline_wallet::ledger_reader_contract!(ledger));
}

mod payments {
    use super::on_every_engine;

    on_every_engine!(trunkline_payments::payment_store_contract!(payments));
}

mod statements {
    use super::on_every_engine;

    on_every_engine!(trunkline_wallet::statement_store_contract!(statements));
}
