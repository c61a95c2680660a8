//! Prepaid wallets over an append-only ledger.
//!
//! Money moves only as [`Transfer`]s between two [`Account`]s, and a transfer is written once and never changed. A
//! wallet is the one kind of account with a rule: what is held may never exceed what is posted. Buying a number holds
//! the price first ([`HoldPlacement`]), and the order that owns the hold later takes it ([`HoldCapture`]) or gives it
//! back ([`HoldVoid`]); a hold has no expiry, because only its order knows what became of the number.
//!
//! The three hold changes are applied inside the transactions of `trunkline-provisioning`, by the same store that
//! implements [`WalletStore`]; this crate owns their meaning, and [`Wallets`] is the service for reading balances,
//! crediting and correcting, and for what a second operator must approve. [`LedgerAudit`] recomputes everything from the journal and names the rows at fault; [`LedgerAuditor`]
//! does so again and again. [`Statements`] cuts a wallet's history into months, and [`StatementCloser`] closes them.
//!
//! Features: `mock` exports `MockWalletStore`, `MockLedgerReader` and `MockStatementStore`; `contract-tests` exports the suite that every
//! store must pass.

mod account;
mod adjustment;
mod approval;
mod auditor;
mod balance;
#[cfg(feature = "contract-tests")]
pub mod contract;
mod history;
mod hold;
mod measure;
mod port;
mod rows;
mod service;
mod statement;
mod transaction;
mod transfer;
mod verify;

pub use account::{Account, AccountId, AccountKind};
pub use adjustment::{AdjustCommand, AdjustError, Adjusted, Adjustment, AdjustmentAnswer};
pub use approval::{
    APPROVAL_LIFETIME, APPROVALS_WAITING_MAX, Approval, ApprovalAsking, ApprovalDecision, ApprovalError,
    ApprovalFilter, ApprovalGrant, ApprovalPage, ApprovalRejection, ApprovalRule, ApprovalState,
    ApprovalSums, ApprovalSumsError, ApproveAnswer, Approved, AskAnswer, DecideApprovalCommand, Operator,
    PostKind, Posting, RejectAnswer,
};
pub use auditor::LedgerAuditor;
pub use balance::{Balance, WalletStanding};
pub use history::TransactionSheet;
pub use hold::{HoldCapture, HoldPlacement, HoldVoid};
pub use measure::describe_metrics;
pub use port::{Credit, CreditAnswer, LedgerReader, LedgerSnapshot, WalletStore, WalletStoreError};
#[cfg(feature = "mock")]
pub use port::{MockLedgerReader, MockWalletStore};
pub use service::{CreditCommand, CreditError, Credited, Wallets};
#[cfg(feature = "mock")]
pub use statement::MockStatementStore;
pub use statement::{
    CloseStatementAnswer, ClosingRound, STATEMENT_GRACE, Statement, StatementCloser, StatementClosing,
    StatementExport, StatementFault, StatementLine, StatementLinePage, StatementMonth, StatementMonthError,
    StatementPage, StatementSheet, StatementState, StatementStore, Statements, WalletDue,
};
pub use transaction::{
    Transaction, TransactionDirection, TransactionFilter, TransactionPage, TransactionStatus,
};
pub use transfer::{Transfer, TransferKind};
pub use verify::{
    CurrencySum, HoldBooks, LedgerAudit, LedgerFault, LedgerReport, OrderBooks, StatementBooks, verify_ledger,
};
