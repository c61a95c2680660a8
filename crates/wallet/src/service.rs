//! The wallet service: balances, histories and the operator's credits. Corrections are in `adjustment.rs`.

use std::sync::Arc;

use trunkline_domain::{
    Change, Clock, Currency, Event, EventId, IdSource, Money, Origin, RequestKey, TransferId, UserId,
};

use crate::{AccountId, Balance, Credit, CreditAnswer, TransactionPage, WalletStore, WalletStoreError};

/// How often a credit is offered in all while its outcome is unknown, unchanged, before the caller hears of it.
const CREDIT_ATTEMPTS: usize = 3;

/// Reads wallets, credits and corrects them.
#[derive(Clone)]
pub struct Wallets {
    pub(crate) store: Arc<dyn WalletStore>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdSource>,
}

/// An operator's credit.
#[derive(Debug, Clone)]
pub struct CreditCommand {
    /// Whose wallet.
    pub user: UserId,
    /// How much.
    pub amount: Money,
    /// Why; shown to the customer and kept in the audit trail.
    pub reason: String,
    /// The client's idempotency key.
    pub request: Option<RequestKey>,
    /// Who asked.
    pub origin: Origin,
}

/// A credit that stands in the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credited {
    /// The transfer.
    pub transfer: TransferId,
    /// The balance after it.
    pub balance: Balance,
    /// Whether an earlier request with the same key posted it.
    pub repeated: bool,
}

/// Why a credit was not posted.
#[derive(Debug, thiserror::Error)]
pub enum CreditError {
    /// Nothing or less than nothing.
    #[error("a credit is more than zero")]
    NotPositive,
    /// The balance would leave what can be represented.
    #[error("the balance would become too large")]
    TooLarge,
    /// A reason is missing or longer than 200 characters.
    #[error("a credit needs a reason of 1 to 200 characters")]
    Reason,
    /// The idempotency key was used for another credit.
    #[error("this idempotency key was used for another credit")]
    KeyReused,
    /// The store failed; see there whether the credit may stand.
    #[error(transparent)]
    Store(#[from] WalletStoreError),
}

impl Wallets {
    /// The longest reason, in characters.
    const REASON_MAX: usize = 200;

    /// A service over a store.
    pub fn new(store: Arc<dyn WalletStore>, clock: Arc<dyn Clock>, ids: Arc<dyn IdSource>) -> Self {
        Self { store, clock, ids }
    }

    /// The balance of a user in a currency; zero for a wallet that nothing has touched yet.
    pub async fn balance(&self, user: &UserId, currency: Currency) -> Result<Balance, WalletStoreError> {
        let balance = self.store.balance(user, currency).await?;
        Ok(balance.unwrap_or_else(|| Balance::empty(currency)))
    }

    /// A user's history, newest first; `limit` is brought into 1 to 100.
    pub async fn transactions(
        &self,
        user: &UserId,
        after: Option<TransferId>,
        limit: u16,
    ) -> Result<TransactionPage, WalletStoreError> {
        self.store.transactions(user, after, limit.clamp(1, 100)).await
    }

    /// Credits a wallet. A credit whose outcome the store does not know is repeated unchanged, which posts it once.
    pub async fn credit(&self, command: CreditCommand) -> Result<Credited, CreditError> {
        let change = self.credit_change(command)?;
        let mut attempt = 1;
        loop {
            match self.store.credit(&change).await {
                Ok(CreditAnswer::Posted { transfer, balance }) => {
                    return Ok(Credited { transfer, balance, repeated: false });
                }
                Ok(CreditAnswer::Repeated { transfer, balance }) => {
                    let repeated = transfer != change.body.transfer;
                    return Ok(Credited { transfer, balance, repeated });
                }
                Ok(CreditAnswer::KeyReused) => return Err(CreditError::KeyReused),
                Ok(CreditAnswer::TooLarge) => return Err(CreditError::TooLarge),
                Err(WalletStoreError::OutcomeUnknown(_)) if attempt < CREDIT_ATTEMPTS => attempt += 1,
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn credit_change(&self, command: CreditCommand) -> Result<Change<Credit>, CreditError> {
        if !command.amount.is_positive() {
            return Err(CreditError::NotPositive);
        }
        let reason = command.reason.trim().to_owned();
        if !(1..=Self::REASON_MAX).contains(&reason.chars().count()) {
            return Err(CreditError::Reason);
        }
        let at = self.clock.now();
        let transfer = TransferId::from_uuid(self.ids.next());
        let event = Event {
            id: EventId::from_uuid(self.ids.next()),
            kind: "wallet.credited".to_owned(),
            user: command.user.clone(),
            subject: transfer.to_string(),
            at,
            data: serde_json::json!({ "amount": command.amount }),
        };
        let mut audit = command.origin.audit("wallet.credit", transfer, Some(&command.user), at);
        audit.reason = Some(reason.clone());
        audit.details = serde_json::json!({ "amount": command.amount });
        let credit = Credit {
            transfer,
            wallet: AccountId::wallet(&command.user, command.amount.currency()),
            user: command.user,
            amount: command.amount,
            description: reason,
            at,
        };
        Ok(Change::new(credit).request(command.request).event(event).audit(audit))
    }
}
