//! Corrections of a wallet by an operator, in either direction: what was credited by mistake is taken back, what is
//! owed is put in.
//!
//! *Invariants*: a correction takes at most what is available, so it never touches held money; it is posted once per
//! transfer and once per idempotency key; a refusal changes nothing and leaves the key free; above the sum that is set it
//! waits for another operator (`approval/`).

use chrono::{DateTime, Utc};
use serde_json::json;
use trunkline_domain::{
    ApprovalId, Change, Event, EventId, Money, MoneyError, Origin, Reason, RequestKey, TransferId, UserId,
};

use crate::approval::Asked;
use crate::service::until_known;
use crate::{
    APPROVALS_WAITING_MAX, AccountId, ApprovalRule, Balance, PostKind, Posting, TransactionDirection,
    WalletStoreError, Wallets,
};

/// A correction of a wallet: a post between it and the operator's funding account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adjustment {
    /// The transfer's identity.
    pub transfer: TransferId,
    /// Whose wallet.
    pub user: UserId,
    /// Which wallet: the user's in the amount's currency.
    pub wallet: AccountId,
    /// Into the wallet, or out of it.
    pub direction: TransactionDirection,
    /// How much; more than zero.
    pub amount: Money,
    /// A sentence for the customer.
    pub description: String,
    /// When.
    pub at: DateTime<Utc>,
    /// Above which sum it needs another operator; `None` where it needs none.
    pub approval: Option<ApprovalRule>,
}

/// What became of a correction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AdjustmentAnswer {
    /// Posted now.
    Posted {
        /// The transfer.
        transfer: TransferId,
        /// The balance after it.
        balance: Balance,
    },
    /// The same request was posted before, under this transfer; the balance is the one that it led to.
    Repeated {
        /// The transfer of the first time.
        transfer: TransferId,
        /// The balance after the first time.
        balance: Balance,
    },
    /// The idempotency key was used for another correction.
    KeyReused,
    /// The balance would leave what can be represented.
    TooLarge,
    /// Less is available than was to be taken. Nothing was changed.
    Insufficient {
        /// The balance as it stands.
        balance: Balance,
    },
    /// It is above the sum. Nothing was changed, and nothing is asked for yet.
    NeedsApproval,
    /// The same request asked for this approval before.
    UnderApproval(ApprovalId),
}

/// An operator's correction.
#[derive(Debug, Clone)]
pub struct AdjustCommand {
    /// Whose wallet. That there is such a user is for the caller to know.
    pub user: UserId,
    /// Into the wallet, or out of it.
    pub direction: TransactionDirection,
    /// How much; more than zero.
    pub amount: Money,
    /// Why; shown to the customer and kept in the audit trail.
    pub reason: Reason,
    /// The client's idempotency key.
    pub request: Option<RequestKey>,
    /// Who asked.
    pub origin: Origin,
}

/// A correction that stands in the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adjusted {
    /// The transfer.
    pub transfer: TransferId,
    /// The balance after it.
    pub balance: Balance,
    /// Whether an earlier request with the same key posted it.
    pub repeated: bool,
}

/// Why a correction was not posted.
#[derive(Debug, thiserror::Error)]
pub enum AdjustError {
    /// Nothing or less than nothing; the direction is said apart.
    #[error("a correction is more than zero, and its direction is said apart")]
    NotPositive,
    /// The balance would leave what can be represented.
    #[error("the balance would become too large")]
    TooLarge,
    /// Less is available than was to be taken.
    #[error("{required} was to be taken, and {available} is available ({held} is held for open orders)")]
    Insufficient {
        /// What was to be taken.
        required: Money,
        /// What is available.
        available: Money,
        /// What open orders hold; a correction never takes it.
        held: Money,
    },
    /// The idempotency key was used for another correction.
    #[error("this idempotency key was used for another correction")]
    KeyReused,
    /// It needs another operator, and as many approvals wait already as may.
    #[error("this needs another operator, and {0} approvals wait already, which is the most")]
    TooManyWaiting(u32),
    /// The ledger says something that its rules forbid.
    #[error("the balance cannot be reckoned")]
    Unreckonable(#[from] MoneyError),
    /// The store failed; see there whether the correction may stand.
    #[error(transparent)]
    Store(#[from] WalletStoreError),
}

impl Wallets {
    /// Corrects a wallet, or has it wait for another operator where it is above the sum. A correction whose outcome the
    /// store does not know is repeated unchanged, which posts it once.
    pub async fn adjust(&self, command: AdjustCommand) -> Result<Posting<Adjusted>, AdjustError> {
        let required = command.amount;
        if !required.is_positive() {
            return Err(AdjustError::NotPositive);
        }
        let origin = command.origin.clone();
        let change = self.adjustment(command);
        loop {
            let asked = match until_known(|| self.store.adjust(&change)).await? {
                AdjustmentAnswer::Posted { transfer, balance } => {
                    return Ok(Posting::Posted(Adjusted { transfer, balance, repeated: false }));
                }
                AdjustmentAnswer::Repeated { transfer, balance } => {
                    let repeated = transfer != change.body.transfer;
                    return Ok(Posting::Posted(Adjusted { transfer, balance, repeated }));
                }
                AdjustmentAnswer::KeyReused => return Err(AdjustError::KeyReused),
                AdjustmentAnswer::TooLarge => return Err(AdjustError::TooLarge),
                AdjustmentAnswer::Insufficient { balance } => {
                    let available = balance.available()?;
                    return Err(AdjustError::Insufficient { required, available, held: balance.held });
                }
                AdjustmentAnswer::NeedsApproval => {
                    self.ask(PostKind::Adjustment, &change.body, change.request.as_ref(), &origin).await?
                }
                AdjustmentAnswer::UnderApproval(id) => self.asked_before(id).await?,
            };
            match asked {
                Asked::Approval(approval) => return Ok(Posting::UnderApproval(approval)),
                Asked::KeyReused => return Err(AdjustError::KeyReused),
                Asked::TooManyWaiting => return Err(AdjustError::TooManyWaiting(APPROVALS_WAITING_MAX)),
                // Posted between two looks: the next one finds it in the journal.
                Asked::Posted => {}
            }
        }
    }

    fn adjustment(&self, command: AdjustCommand) -> Change<Adjustment> {
        let AdjustCommand { user, direction, amount, reason, request, origin } = command;
        let at = self.clock.now();
        let transfer = TransferId::from_uuid(self.ids.next());
        let data = json!({ "direction": direction.as_str(), "amount": amount });
        let event = Event {
            id: EventId::from_uuid(self.ids.next()),
            kind: "wallet.adjusted".to_owned(),
            user: user.clone(),
            subject: transfer.to_string(),
            at,
            data: data.clone(),
        };
        let mut audit = origin.audit("wallet.adjust", transfer, Some(&user), at);
        audit.reason = Some(reason.to_string());
        audit.details = data;
        let wallet = AccountId::wallet(&user, amount.currency());
        let (description, approval) = (reason.into(), self.rule_for(&origin, amount));
        Change::new(Adjustment { transfer, user, wallet, direction, amount, description, at, approval })
            .request(request)
            .event(event)
            .audit(audit)
    }
}
