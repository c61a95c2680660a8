//! The wallet service: balances, histories and the operator's credits. Corrections are in `adjustment.rs`, what needs a
//! second operator in `approval/`.

use std::sync::Arc;

use trunkline_domain::{
    Change, Clock, Currency, Event, EventId, IdSource, Money, Origin, RequestKey, TransferId, UserId,
};

use crate::approval::Asked;
use crate::history::{self, TransactionSheet};
use crate::{
    APPROVALS_WAITING_MAX, AccountId, ApprovalSums, Balance, Credit, CreditAnswer, PostKind, Posting,
    TransactionFilter, TransactionPage, WalletStanding, WalletStore, WalletStoreError,
};

/// How often a change is offered in all while its outcome is unknown, unchanged, before the caller hears of it.
const ATTEMPTS: usize = 3;

/// Reads wallets, credits and corrects them.
#[derive(Clone)]
pub struct Wallets {
    pub(crate) store: Arc<dyn WalletStore>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdSource>,
    pub(crate) sums: Option<ApprovalSums>,
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
    /// It needs another operator, and as many approvals wait already as may.
    #[error("this needs another operator, and {0} approvals wait already, which is the most")]
    TooManyWaiting(u32),
    /// The store failed; see there whether the credit may stand.
    #[error(transparent)]
    Store(#[from] WalletStoreError),
}

impl Wallets {
    /// The longest reason, in characters.
    const REASON_MAX: usize = 200;

    /// A service over a store.
    pub fn new(store: Arc<dyn WalletStore>, clock: Arc<dyn Clock>, ids: Arc<dyn IdSource>) -> Self {
        Self { store, clock, ids, sums: None }
    }

    /// The same, where another operator must approve what is above these sums.
    #[must_use]
    pub fn with_approvals_above(self, sums: Option<ApprovalSums>) -> Self {
        Self { sums, ..self }
    }

    /// The balance of a user in a currency; zero for a wallet that nothing has touched yet.
    pub async fn balance(&self, user: &UserId, currency: Currency) -> Result<Balance, WalletStoreError> {
        let balance = self.store.balance(user, currency).await?;
        Ok(balance.unwrap_or_else(|| Balance::empty(currency)))
    }

    /// What a user owes in a currency: a payment was taken back after its money was spent. While it is more than zero
    /// nothing is available, and whatever comes in pays it first.
    pub async fn debt(&self, user: &UserId, currency: Currency) -> Result<Money, WalletStoreError> {
        self.store.debt(user, currency).await
    }

    /// The wallets that a user has, by the letters of their currencies, each with what is owed in it.
    pub async fn of(&self, user: &UserId) -> Result<Vec<WalletStanding>, WalletStoreError> {
        self.store.wallets(user).await
    }

    /// The lines of a user's history that are wanted, newest first; `limit` is brought into 1 to 100. A page may have fewer
    /// where many others are between them: only one without `next` is the last.
    pub async fn transactions_like(
        &self,
        user: &UserId,
        filter: &TransactionFilter,
        after: Option<TransferId>,
        limit: u16,
    ) -> Result<TransactionPage, WalletStoreError> {
        history::page(self.store.as_ref(), user, filter, after, limit.clamp(1, 100)).await
    }

    /// The same, all of them, as CSV.
    pub fn sheet(&self, user: UserId, filter: TransactionFilter) -> TransactionSheet {
        TransactionSheet::new(Arc::clone(&self.store), user, filter)
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

    /// Credits a wallet, or has it wait for another operator where it is above the sum. A credit whose outcome the store
    /// does not know is repeated unchanged, which posts it once.
    pub async fn credit(&self, command: CreditCommand) -> Result<Posting<Credited>, CreditError> {
        let origin = command.origin.clone();
        let change = self.credit_change(command)?;
        loop {
            let asked = match until_known(|| self.store.credit(&change)).await? {
                CreditAnswer::Posted { transfer, balance } => {
                    return Ok(Posting::Posted(Credited { transfer, balance, repeated: false }));
                }
                CreditAnswer::Repeated { transfer, balance } => {
                    let repeated = transfer != change.body.transfer;
                    return Ok(Posting::Posted(Credited { transfer, balance, repeated }));
                }
                CreditAnswer::KeyReused => return Err(CreditError::KeyReused),
                CreditAnswer::TooLarge => return Err(CreditError::TooLarge),
                CreditAnswer::NeedsApproval => {
                    let wanted = change.body.as_adjustment();
                    self.ask(PostKind::Credit, &wanted, change.request.as_ref(), &origin).await?
                }
                CreditAnswer::UnderApproval(id) => self.asked_before(id).await?,
            };
            match asked {
                Asked::Approval(approval) => return Ok(Posting::UnderApproval(approval)),
                Asked::KeyReused => return Err(CreditError::KeyReused),
                Asked::TooManyWaiting => return Err(CreditError::TooManyWaiting(APPROVALS_WAITING_MAX)),
                // Posted between two looks: the next one finds it in the journal.
                Asked::Posted => {}
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
        let approval = self.rule_for(&command.origin, command.amount);
        let credit = Credit {
            transfer,
            wallet: AccountId::wallet(&command.user, command.amount.currency()),
            user: command.user,
            amount: command.amount,
            description: reason,
            at,
            approval,
        };
        Ok(Change::new(credit).request(command.request).event(event).audit(audit))
    }
}

/// Offers a change until the store says what became of it, and a few times at most.
pub(crate) async fn until_known<T, F>(offer: impl Fn() -> F) -> Result<T, WalletStoreError>
where
    F: Future<Output = Result<T, WalletStoreError>>,
{
    let mut attempt = 1;
    loop {
        match offer().await {
            Err(WalletStoreError::OutcomeUnknown(_)) if attempt < ATTEMPTS => attempt += 1,
            answer => return answer,
        }
    }
}
