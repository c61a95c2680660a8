//! The contract suite of the ledger's store: what every [`crate::WalletStore`] must do.
