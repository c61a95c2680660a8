//! The two accounts of a transfer, and which of their kinds may deal with each other in what way.

use crate::{AccountKind, Transfer, TransferKind};

/// The kinds of a transfer's two accounts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sides {
    /// The account with a rule: a wallet or a debt.
    pub(super) strict: AccountKind,
    /// The operator's account on the other side.
    pub(super) counterpart: AccountKind,
}

impl Sides {
    /// The sides of a row, or what is wrong with it by itself.
    pub(super) fn of(
        transfer: &Transfer,
        debit: AccountKind,
        credit: AccountKind,
    ) -> Result<Self, &'static str> {
        let kind = transfer.kind;
        if !transfer.amount.is_positive() {
            return Err("has no amount");
        }
        let (account, sides) = match (is_strict(debit), is_strict(credit)) {
            (true, false) => (transfer.debit, Self { strict: debit, counterpart: credit }),
            (false, true) => (transfer.credit, Self { strict: credit, counterpart: debit }),
            (true, true) | (false, false) => return Err("does not touch exactly one wallet"),
        };
        if transfer.wallet != account {
            return Err("does not touch exactly one wallet");
        }
        if transfer.pending.is_some() && !matches!(kind, TransferKind::Capture | TransferKind::Void) {
            return Err("names a hold, and is neither capture nor void");
        }
        if transfer.reverses.is_some() && kind != TransferKind::Reversal {
            return Err("names a transfer to undo, and is no reversal");
        }
        if kind == TransferKind::Hold && transfer.debit != account {
            return Err("is a hold, and does not take from its wallet");
        }
        sides.may_deal(transfer)?;
        Ok(sides)
    }

    fn may_deal(self, transfer: &Transfer) -> Result<(), &'static str> {
        let is_post = transfer.kind == TransferKind::Post;
        match (self.strict, self.counterpart) {
            (AccountKind::Debt, AccountKind::Clearing) if is_post => Ok(()),
            (AccountKind::Debt, _) => {
                Err("touches a debt, and is no post between it and the clearing account")
            }
            (_, AccountKind::Clearing) if !is_post => Err("touches the clearing account, and is no post"),
            (_, AccountKind::Revenue) if is_post => Err(
                "is a post, and its other side is neither the funding account nor that of opening balances",
            ),
            (_, AccountKind::Opening) if !is_post || transfer.credit != transfer.wallet => {
                Err("takes something back to the opening balances, which only ever give")
            }
            (
                _,
                AccountKind::Wallet
                | AccountKind::Revenue
                | AccountKind::Funding
                | AccountKind::Opening
                | AccountKind::Debt
                | AccountKind::Clearing,
            ) => Ok(()),
        }
    }
}

/// Whether an account has a rule of its own, so that one transfer touches only one of them.
const fn is_strict(kind: AccountKind) -> bool {
    match kind {
        AccountKind::Wallet | AccountKind::Debt => true,
        AccountKind::Revenue | AccountKind::Funding | AccountKind::Opening | AccountKind::Clearing => false,
    }
}
