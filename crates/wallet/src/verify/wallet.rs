//! One wallet's history, or one debt's, folded row by row. Amounts are in micros of its currency.

use std::collections::HashMap;

use trunkline_domain::{Currency, Money, OrderId, TransferId};

use super::LedgerFault;
use crate::{AccountId, AccountKind, Transfer, TransferKind};

/// A wallet as its transfers make it, as far as they have been read.
pub(super) struct WalletFold {
    pub(super) wallet: AccountId,
    pub(super) currency: Currency,
    /// Whether a debit makes it grow, as it does what is owed.
    grows_by_debit: bool,
    pub(super) posted: i64,
    pub(super) held: i64,
    pub(super) version: i64,
    /// Holds that nothing has resolved.
    pub(super) open: HashMap<TransferId, Hold>,
    undoable: HashMap<TransferId, Undoable>,
}

/// A hold: what resolves it must agree with all of it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Hold {
    debit: AccountId,
    credit: AccountId,
    amount: i64,
    pub(super) order: Option<OrderId>,
}

/// A post or capture, and how much of it no reversal has undone.
struct Undoable {
    debit: AccountId,
    credit: AccountId,
    whole: i64,
    left: i64,
}

impl Hold {
    fn of(transfer: &Transfer) -> Self {
        let Transfer { debit, credit, order, .. } = *transfer;
        Self { debit, credit, amount: transfer.amount.micros(), order }
    }
}

impl WalletFold {
    /// A wallet or debt before its first transfer.
    pub(super) fn new(wallet: AccountId, currency: Currency, kind: AccountKind) -> Self {
        let (open, undoable) = (HashMap::new(), HashMap::new());
        let grows_by_debit = kind == AccountKind::Debt;
        Self { wallet, currency, grows_by_debit, posted: 0, held: 0, version: 0, open, undoable }
    }

    pub(super) fn money(&self, micros: i64) -> Money {
        Money::from_micros(micros, self.currency)
    }

    /// Applies the next row, which is well formed and of this wallet. A row out of its place counts as the place it
    /// says, so that one gap is one fault.
    pub(super) fn apply(&mut self, transfer: &Transfer, mut fault: impl FnMut(LedgerFault)) {
        let (wallet, id) = (self.wallet, transfer.id);
        if transfer.wallet_version != self.version + 1 {
            let (expected, found) = (self.version + 1, transfer.wallet_version);
            fault(LedgerFault::BrokenChain { wallet, transfer: id, expected, found });
        }
        self.move_by(transfer, &mut fault);
        self.version = transfer.wallet_version;
        let (posted, held) = (self.money(self.posted), self.money(self.held));
        if (transfer.posted_after, transfer.held_after) != (posted, held) {
            fault(LedgerFault::WrongRunningBalance { transfer: id, posted, held });
        }
        if self.posted < self.held || self.held < 0 {
            fault(LedgerFault::Overdrawn { wallet, transfer: id });
        }
    }

    fn move_by(&mut self, transfer: &Transfer, fault: &mut impl FnMut(LedgerFault)) {
        let (id, amount) = (transfer.id, transfer.amount.micros());
        let grows = (transfer.debit == self.wallet) == self.grows_by_debit;
        let signed = if grows { amount } else { -amount };
        let (posted, held) = match transfer.kind {
            TransferKind::Post | TransferKind::Reversal => (signed, 0),
            TransferKind::Hold => (0, amount),
            TransferKind::Capture => (-amount, -amount),
            TransferKind::Void => (0, -amount),
        };
        match transfer.kind {
            TransferKind::Post => self.note_undoable(transfer),
            TransferKind::Hold => drop(self.open.insert(id, Hold::of(transfer))),
            TransferKind::Capture | TransferKind::Void => {
                if !self.resolve(transfer) {
                    fault(LedgerFault::BadResolution { transfer: id });
                }
                if transfer.kind == TransferKind::Capture {
                    self.note_undoable(transfer);
                }
            }
            TransferKind::Reversal => {
                if !self.undo(transfer) {
                    fault(LedgerFault::BadReversal { transfer: id });
                }
            }
        }
        self.posted = self.posted.saturating_add(posted);
        self.held = self.held.saturating_add(held);
    }

    fn note_undoable(&mut self, transfer: &Transfer) {
        let Transfer { debit, credit, .. } = *transfer;
        let whole = transfer.amount.micros();
        self.undoable.insert(transfer.id, Undoable { debit, credit, whole, left: whole });
    }

    /// Whether the row resolves a hold that is open and agrees with it. The hold that it names is spent either way.
    fn resolve(&mut self, transfer: &Transfer) -> bool {
        let named = transfer.pending.and_then(|hold| self.open.remove(&hold));
        named == Some(Hold::of(transfer))
    }

    /// Whether the row undoes, in part or whole, what it names; or does again, in the direction of what it names, what was
    /// undone of it before.
    fn undo(&mut self, transfer: &Transfer) -> bool {
        let named = transfer.reverses.and_then(|undone| self.undoable.get_mut(&undone));
        let Some(undone) = named else { return false };
        let (amount, sides) = (transfer.amount.micros(), (transfer.debit, transfer.credit));
        if sides == (undone.debit, undone.credit) {
            undone.left = undone.left.saturating_add(amount);
        } else if sides == (undone.credit, undone.debit) {
            undone.left = undone.left.saturating_sub(amount);
        } else {
            return false;
        }
        (0..=undone.whole).contains(&undone.left)
    }
}
