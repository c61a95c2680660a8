//! The ledger's audit: recomputes every balance from the journal and names whatever does not fit.

use std::collections::{BTreeMap, HashMap};

use trunkline_domain::{Money, TransferId};

use crate::{Account, AccountId, AccountKind, LedgerSnapshot, Transfer, TransferKind};

/// Something in the ledger that its rules forbid, with the row at fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LedgerFault {
    /// A wallet's history has a gap or a double place.
    #[error(
        "wallet {wallet}: expected place {expected} in its history, found {found} at transfer {transfer}"
    )]
    BrokenChain {
        /// The wallet.
        wallet: AccountId,
        /// The transfer at fault.
        transfer: TransferId,
        /// The place that comes next.
        expected: i64,
        /// The place the row has.
        found: i64,
    },
    /// A row's balances are not those of its predecessor and its amount.
    #[error("transfer {transfer}: balances after it should be posted {posted}, held {held}")]
    WrongRunningBalance {
        /// The transfer at fault.
        transfer: TransferId,
        /// What `posted_after` should be.
        posted: Money,
        /// What `held_after` should be.
        held: Money,
    },
    /// The account row is not the fold of its transfers.
    #[error("account {account}: its transfers add up to posted {posted}, held {held}, version {version}")]
    WrongAccount {
        /// The account.
        account: AccountId,
        /// What `posted` should be.
        posted: Money,
        /// What `held` should be.
        held: Money,
        /// What `version` should be.
        version: i64,
    },
    /// A wallet holds more than it has, or has less than nothing.
    #[error("wallet {wallet}: overdrawn after transfer {transfer}")]
    Overdrawn {
        /// The wallet.
        wallet: AccountId,
        /// The transfer at fault.
        transfer: TransferId,
    },
    /// A capture or void without a hold, of another amount, or a second one of the same hold.
    #[error("transfer {transfer}: does not resolve an open hold of the same wallet and amount")]
    BadResolution {
        /// The transfer at fault.
        transfer: TransferId,
    },
    /// A row that cannot be read as a transfer: no wallet, no amount, two currencies, an unknown account.
    #[error("transfer {transfer}: {what}")]
    Malformed {
        /// The transfer at fault.
        transfer: TransferId,
        /// What is wrong with it.
        what: &'static str,
    },
}

/// Recomputes everything. An empty answer means that the ledger is whole.
///
/// That every currency sums to zero follows from each row naming both its sides; what is checked of it is that both
/// sides exist and have the row's currency.
pub fn verify_ledger(snapshot: &LedgerSnapshot) -> Vec<LedgerFault> {
    let accounts: HashMap<AccountId, &Account> = snapshot.accounts.iter().map(|a| (a.id, a)).collect();
    let mut audit = Audit { accounts, wallets: BTreeMap::new(), holds: HashMap::new(), faults: Vec::new() };
    let mut transfers: Vec<&Transfer> = snapshot.transfers.iter().collect();
    transfers.sort_by_key(|t| (t.wallet, t.wallet_version));
    for transfer in transfers {
        audit.transfer(transfer);
    }
    audit.compare_accounts();
    audit.faults
}

/// A wallet as the journal makes it.
#[derive(Clone, Copy)]
struct Folded {
    posted: Money,
    held: Money,
    version: i64,
}

struct Audit<'a> {
    accounts: HashMap<AccountId, &'a Account>,
    wallets: BTreeMap<AccountId, Folded>,
    holds: HashMap<TransferId, (AccountId, Money)>,
    faults: Vec<LedgerFault>,
}

impl Audit<'_> {
    fn transfer(&mut self, transfer: &Transfer) {
        if let Some(what) = self.malformed(transfer) {
            self.faults.push(LedgerFault::Malformed { transfer: transfer.id, what });
            return;
        }
        let zero = Money::zero(transfer.amount.currency());
        let before = self.wallets.get(&transfer.wallet).copied().unwrap_or(Folded {
            posted: zero,
            held: zero,
            version: 0,
        });
        if transfer.wallet_version != before.version + 1 {
            self.faults.push(LedgerFault::BrokenChain {
                wallet: transfer.wallet,
                transfer: transfer.id,
                expected: before.version + 1,
                found: transfer.wallet_version,
            });
        }
        let after = self.applied(before, transfer);
        if (transfer.posted_after, transfer.held_after) != (after.posted, after.held) {
            let (posted, held) = (after.posted, after.held);
            self.faults.push(LedgerFault::WrongRunningBalance { transfer: transfer.id, posted, held });
        }
        if after.posted.micros() < after.held.micros() || after.held.is_negative() {
            self.faults.push(LedgerFault::Overdrawn { wallet: transfer.wallet, transfer: transfer.id });
        }
        self.wallets.insert(transfer.wallet, after);
    }

    fn malformed(&self, transfer: &Transfer) -> Option<&'static str> {
        let currency = transfer.amount.currency();
        let sides = [transfer.debit, transfer.credit].map(|id| self.accounts.get(&id));
        let [Some(debit), Some(credit)] = sides else {
            return Some("names an account that does not exist");
        };
        if !transfer.amount.is_positive() {
            return Some("has no amount");
        }
        if debit.posted.currency() != currency || credit.posted.currency() != currency {
            return Some("mixes currencies");
        }
        let wallets = [debit, credit].into_iter().filter(|a| a.kind == AccountKind::Wallet).count();
        let own = transfer.wallet == transfer.debit || transfer.wallet == transfer.credit;
        if wallets != 1
            || !own
            || self.accounts.get(&transfer.wallet).is_none_or(|a| a.kind != AccountKind::Wallet)
        {
            return Some("does not touch exactly one wallet");
        }
        None
    }

    fn applied(&mut self, before: Folded, transfer: &Transfer) -> Folded {
        let amount = transfer.amount.micros();
        let signed = if transfer.credit == transfer.wallet { amount } else { -amount };
        let (posted, held) = match transfer.kind {
            TransferKind::Post | TransferKind::Reversal => (signed, 0),
            TransferKind::Hold => {
                self.holds.insert(transfer.id, (transfer.wallet, transfer.amount));
                (0, amount)
            }
            TransferKind::Capture => {
                self.resolve(transfer);
                (-amount, -amount)
            }
            TransferKind::Void => {
                self.resolve(transfer);
                (0, -amount)
            }
        };
        let currency = transfer.amount.currency();
        let moved = |money: Money, by: i64| Money::from_micros(money.micros().saturating_add(by), currency);
        Folded {
            posted: moved(before.posted, posted),
            held: moved(before.held, held),
            version: transfer.wallet_version,
        }
    }

    fn resolve(&mut self, transfer: &Transfer) {
        let hold = transfer.pending.and_then(|hold| self.holds.remove(&hold));
        if hold != Some((transfer.wallet, transfer.amount)) {
            self.faults.push(LedgerFault::BadResolution { transfer: transfer.id });
        }
    }

    fn compare_accounts(&mut self) {
        let mut accounts: Vec<&Account> = self.accounts.values().copied().collect();
        accounts.sort_by_key(|account| account.id);
        for account in accounts {
            let zero = Money::zero(account.posted.currency());
            let folded = self.wallets.get(&account.id).copied();
            let Folded { posted, held, version } =
                folded.unwrap_or(Folded { posted: zero, held: zero, version: 0 });
            if (account.posted, account.held, account.version) != (posted, held, version) {
                self.faults.push(LedgerFault::WrongAccount { account: account.id, posted, held, version });
            }
        }
    }
}

#[cfg(test)]
mod tests;
