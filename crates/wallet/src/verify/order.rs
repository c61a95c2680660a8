//! Orders against the journal: what an order says of its money must be what became of its hold.

use trunkline_domain::{Money, OrderId, OrderState, TransferId};

use crate::{AccountId, TransferKind};

/// What an order says of its money, beside what the journal says of its hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderBooks {
    /// The order.
    pub order: OrderId,
    /// Where it stands.
    pub state: OrderState,
    /// What it costs.
    pub charge: Money,
    /// The wallet that pays.
    pub wallet: AccountId,
    /// The transfer that it names as its hold. One that was paid for in another system names none.
    pub hold_id: Option<TransferId>,
    /// That transfer, where there is one.
    pub hold: Option<HoldBooks>,
}

/// A hold, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldBooks {
    /// What kind of transfer it is.
    pub kind: TransferKind,
    /// How much it reserves.
    pub amount: Money,
    /// Whose money.
    pub wallet: AccountId,
    /// The order that it was made for.
    pub order: Option<OrderId>,
    /// What resolved it.
    pub resolution: Option<TransferKind>,
}

impl OrderBooks {
    /// What is wrong, if anything is. An undecided order whose hold is resolved is found with the holds.
    pub(super) fn fault(&self) -> Option<&'static str> {
        if self.hold_id.is_none() {
            let is_paid_elsewhere = self.state == OrderState::Completed && self.charge.micros() == 0;
            return (!is_paid_elsewhere)
                .then_some("names no hold, and charges something or is not completed");
        }
        let Some(hold) = &self.hold else { return Some("names a hold that does not exist") };
        if hold.kind != TransferKind::Hold {
            return Some("names a transfer as its hold that is none");
        }
        if (hold.amount, hold.wallet, hold.order) != (self.charge, self.wallet, Some(self.order)) {
            return Some("differs from its hold in wallet, amount or order");
        }
        match (self.state, hold.resolution) {
            (OrderState::Completed, Some(TransferKind::Capture))
            | (OrderState::Failed, Some(TransferKind::Void))
            | (OrderState::Ordering | OrderState::Unresolved | OrderState::Review, _) => None,
            (OrderState::Completed, _) => Some("is completed, and its hold was not captured"),
            (OrderState::Failed, _) => Some("is failed, and its hold was not voided"),
        }
    }
}
