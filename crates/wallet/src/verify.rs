//! The ledger's audit: recomputes every balance from the journal and names whatever does not fit.
//!
//! The journal is read once, wallet by wallet, and never held whole: what is kept at a time is one wallet's history
//! and a line for each account.

mod fault;
mod order;
mod sides;
mod statement;
mod sums;
mod wallet;

use std::collections::{BTreeMap, BTreeSet};

use trunkline_domain::{Currency, Money, TransferId};

pub use self::fault::LedgerFault;
pub use self::order::{HoldBooks, OrderBooks};
use self::sides::Sides;
pub use self::statement::StatementBooks;
pub use self::sums::CurrencySum;
use self::sums::Sums;
use self::wallet::WalletFold;
use crate::{Account, AccountId, AccountKind, LedgerSnapshot, Statement, Transfer};

/// How many faults a report names. One torn row can put every later one of its wallet in the wrong.
const FAULTS_NAMED: usize = 1_000;

/// An audit under way. A [`crate::LedgerReader`] hands it the whole ledger as of one moment, in this order: every
/// account; where the reader knows orders, the holds that undecided ones own, every order, and the transfers that should
/// have an order and have none; every transfer by wallet and place; every transfer's id once more, in the order of ids; every closed month by wallet and month. Rows that cannot be read are handed over as such.
#[derive(Default)]
pub struct LedgerAudit {
    accounts: BTreeMap<AccountId, Entry>,
    owned: Option<BTreeSet<TransferId>>,
    /// Debts in which something is owed, each with the wallet beside it.
    debts: Vec<(AccountId, AccountId)>,
    sums: Sums,
    wallet: Option<WalletFold>,
    transfers: u64,
    last_id: Option<TransferId>,
    last_statement: Option<Statement>,
    faults: Faults,
}

/// What an audit found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerReport {
    /// How many accounts were read.
    pub accounts: u64,
    /// How many transfers were read.
    pub transfers: u64,
    /// The books of each currency.
    pub sums: Vec<CurrencySum>,
    /// What does not fit, in the order in which it was found; at most the first thousand.
    pub faults: Vec<LedgerFault>,
    /// How many faults there are.
    pub fault_count: u64,
}

impl LedgerReport {
    /// Whether the ledger is whole.
    pub const fn is_balanced(&self) -> bool {
        self.fault_count == 0
    }
}

/// An account as its row says.
struct Entry {
    kind: AccountKind,
    currency: Currency,
    posted: i64,
    held: i64,
    version: i64,
    compared: bool,
}

/// The faults so far: all counted, the first ones kept.
#[derive(Default)]
struct Faults {
    named: Vec<LedgerFault>,
    count: u64,
}

impl Faults {
    fn add(&mut self, fault: LedgerFault) {
        self.count += 1;
        if self.named.len() < FAULTS_NAMED {
            self.named.push(fault);
        }
    }
}

impl LedgerAudit {
    /// An audit that has read nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads an account.
    pub fn account(&mut self, account: &Account) {
        self.sums.account(account);
        let Account { id, kind, version, .. } = *account;
        let (posted, held) = (account.posted.micros(), account.held.micros());
        let currency = account.posted.currency();
        let derived = match (kind, &account.user) {
            (AccountKind::Wallet, Some(user)) => Some(AccountId::wallet(user, currency)),
            (AccountKind::Debt, Some(user)) => Some(AccountId::debt(user, currency)),
            (AccountKind::Wallet | AccountKind::Debt, None) => None,
            (
                AccountKind::Revenue | AccountKind::Funding | AccountKind::Opening | AccountKind::Clearing,
                _,
            ) => Some(AccountId::operator(kind, currency)),
        };
        if let (AccountKind::Debt, Some(user)) = (kind, &account.user)
            && posted > 0
        {
            self.debts.push((id, AccountId::wallet(user, currency)));
        }
        if derived != Some(id) {
            self.faults.add(LedgerFault::WrongOwner { account: id });
        }
        self.accounts.insert(id, Entry { kind, currency, posted, held, version, compared: false });
    }

    /// Reads which holds undecided orders own. From then on every other open hold is stranded.
    pub fn owned_holds(&mut self, holds: impl IntoIterator<Item = TransferId>) {
        self.owned.get_or_insert_default().extend(holds);
    }

    /// Reads an order beside its hold.
    pub fn order(&mut self, books: &OrderBooks) {
        if let Some(what) = books.fault() {
            self.faults.add(LedgerFault::WrongOrder { order: books.order, what });
        }
    }

    /// Reads that a hold, capture or void names no order that there is.
    pub fn without_order(&mut self, transfer: TransferId) {
        self.faults.add(LedgerFault::WithoutOrder { transfer });
    }

    /// Reads a row that is no account, hold or transfer at all. `row` names the table and the id as it is stored.
    pub fn unreadable(&mut self, row: String, why: String) {
        self.faults.add(LedgerFault::Unreadable { row, why });
    }

    /// Reads the next transfer, by wallet and place.
    pub fn transfer(&mut self, transfer: &Transfer) {
        self.transfers += 1;
        let sides = match self.sides(transfer) {
            Ok(sides) => sides,
            Err(what) => return self.faults.add(LedgerFault::Malformed { transfer: transfer.id, what }),
        };
        self.sums.transfer(transfer, sides.counterpart);
        if self.wallet.as_ref().is_none_or(|fold| fold.wallet != transfer.wallet) {
            self.close_wallet();
        }
        let currency = transfer.amount.currency();
        let fold =
            self.wallet.get_or_insert_with(|| WalletFold::new(transfer.wallet, currency, sides.strict));
        fold.apply(transfer, |fault| self.faults.add(fault));
    }

    /// Reads the next transfer's id, in the order of ids.
    pub fn transfer_id(&mut self, transfer: TransferId) {
        if self.last_id.replace(transfer) == Some(transfer) {
            self.faults.add(LedgerFault::RepeatedId { transfer });
        }
    }

    /// Reads the next closed month, by wallet and month.
    pub fn statement(&mut self, books: &StatementBooks) {
        if let Some(fault) = books.fault(self.last_statement.as_ref()) {
            self.faults.add(fault);
        }
        self.last_statement = Some(books.statement.clone());
    }

    /// The end of the ledger.
    pub fn finish(mut self) -> LedgerReport {
        self.close_wallet();
        self.compare_untouched();
        self.compare_debts();
        for hold in self.owned.into_iter().flatten() {
            self.faults.add(LedgerFault::MissingHold { hold });
        }
        let sums = self.sums.finish();
        for CurrencySum { currency, sum, clearing, .. } in &sums {
            if !sum.is_zero() {
                self.faults.add(LedgerFault::Unbalanced { currency: *currency, sum: *sum });
            }
            if !clearing.is_zero() {
                self.faults.add(LedgerFault::Uncleared { currency: *currency, left: *clearing });
            }
        }
        let Faults { named: faults, count: fault_count } = self.faults;
        let accounts = self.accounts.len().try_into().unwrap_or(u64::MAX);
        LedgerReport { accounts, transfers: self.transfers, sums, faults, fault_count }
    }

    /// The kinds of the two accounts, or what is wrong with the row by itself.
    fn sides(&self, transfer: &Transfer) -> Result<Sides, &'static str> {
        let sides = [transfer.debit, transfer.credit].map(|id| self.accounts.get(&id));
        let [Some(debit), Some(credit)] = sides else {
            return Err("names an account that does not exist");
        };
        let currency = transfer.amount.currency();
        if debit.currency != currency || credit.currency != currency {
            return Err("mixes currencies");
        }
        Sides::of(transfer, debit.kind, credit.kind)
    }

    /// The wallet that was being read has no further rows: what is open must be owned, and its account must agree.
    fn close_wallet(&mut self) {
        let Some(fold) = self.wallet.take() else { return };
        let mut open: Vec<_> = fold.open.iter().collect();
        open.sort_by_key(|(hold, _)| **hold);
        for (hold, what) in open {
            if self.owned.as_mut().is_some_and(|owned| !owned.remove(hold)) {
                let (wallet, order) = (fold.wallet, what.order);
                self.faults.add(LedgerFault::StrandedHold { hold: *hold, wallet, order });
            }
        }
        if let Some(entry) = self.accounts.get_mut(&fold.wallet) {
            entry.compared = true;
            if (entry.posted, entry.held, entry.version) != (fold.posted, fold.held, fold.version) {
                let (posted, held) = (fold.money(fold.posted), fold.money(fold.held));
                let (account, version) = (fold.wallet, fold.version);
                self.faults.add(LedgerFault::WrongAccount { account, posted, held, version });
            }
        }
    }

    /// A debt is paid first: while anything is owed, nothing is available.
    fn compare_debts(&mut self) {
        for (debt, wallet) in std::mem::take(&mut self.debts) {
            if self.accounts.get(&wallet).is_some_and(|entry| entry.posted > entry.held) {
                self.faults.add(LedgerFault::UnpaidDebt { debt, wallet });
            }
        }
    }

    /// Accounts that no transfer moves, the operator's among them, are empty.
    fn compare_untouched(&mut self) {
        for (id, entry) in self.accounts.iter().filter(|(_, entry)| !entry.compared) {
            if (entry.posted, entry.held, entry.version) != (0, 0, 0) {
                let zero = Money::zero(entry.currency);
                let fault = LedgerFault::WrongAccount { account: *id, posted: zero, held: zero, version: 0 };
                self.faults.add(fault);
            }
        }
    }
}

/// Audits a ledger that is in memory. An empty answer means that it is whole. Who owns which hold is not part of a
/// snapshot, so stranded holds are not looked for.
pub fn verify_ledger(snapshot: &LedgerSnapshot) -> Vec<LedgerFault> {
    let mut audit = LedgerAudit::new();
    for account in &snapshot.accounts {
        audit.account(account);
    }
    let mut transfers: Vec<&Transfer> = snapshot.transfers.iter().collect();
    transfers.sort_by_key(|transfer| (transfer.wallet, transfer.wallet_version));
    for transfer in &transfers {
        audit.transfer(transfer);
    }
    transfers.sort_by_key(|transfer| transfer.id);
    for transfer in transfers {
        audit.transfer_id(transfer.id);
    }
    audit.finish().faults
}

#[cfg(test)]
mod tests;
