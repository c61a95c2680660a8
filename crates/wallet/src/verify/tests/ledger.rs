//! A ledger in memory that tests write row by row. Amounts are money; what a row moves is in micros.

use chrono::DateTime;
use trunkline_domain::{Currency, Money, TransferId};
use uuid::Uuid;

use crate::{
    Account, AccountId, AccountKind, LedgerFault, LedgerSnapshot, Transfer, TransferKind, verify_ledger,
};

pub(super) fn usd(units: i64) -> Money {
    Money::from_micros(units * 1_000_000, Currency::USD)
}

pub(super) fn wallet(user: &str) -> AccountId {
    AccountId::wallet(&user.parse().unwrap(), Currency::USD)
}

pub(super) fn ann() -> AccountId {
    wallet("ann")
}

pub(super) fn bob() -> AccountId {
    wallet("bob")
}

pub(super) fn funding() -> AccountId {
    AccountId::operator(AccountKind::Funding, Currency::USD)
}

pub(super) fn revenue() -> AccountId {
    AccountId::operator(AccountKind::Revenue, Currency::USD)
}

pub(super) fn rupee_revenue() -> AccountId {
    AccountId::operator(AccountKind::Revenue, Currency::INR)
}

pub(super) fn account(id: AccountId, user: Option<&str>, currency: Currency) -> Account {
    let kind = match user {
        Some(_) => AccountKind::Wallet,
        None if id == funding() => AccountKind::Funding,
        None => AccountKind::Revenue,
    };
    let zero = Money::zero(currency);
    Account { id, kind, user: user.map(|name| name.parse().unwrap()), posted: zero, held: zero, version: 0 }
}

/// A whole ledger in memory. Each method writes one row and moves its wallet along; none asks whether it may, so
/// the order of the calls alone decides whether the ledger keeps the rules.
#[derive(Debug, Clone)]
pub(super) struct Ledger(pub(super) LedgerSnapshot);

impl Ledger {
    /// The operator's accounts and two wallets that nothing has touched yet.
    pub(super) fn new() -> Self {
        let accounts = vec![
            account(funding(), None, Currency::USD),
            account(revenue(), None, Currency::USD),
            account(rupee_revenue(), None, Currency::INR),
            account(ann(), Some("ann"), Currency::USD),
            account(bob(), Some("bob"), Currency::USD),
        ];
        Self(LedgerSnapshot { accounts, transfers: Vec::new() })
    }

    pub(super) fn post(&mut self, wallet: AccountId, amount: Money) -> TransferId {
        self.write(TransferKind::Post, [funding(), wallet], wallet, amount, [amount.micros(), 0]).id
    }

    /// A post the other way.
    pub(super) fn correct(&mut self, wallet: AccountId, amount: Money) -> TransferId {
        self.write(TransferKind::Post, [wallet, funding()], wallet, amount, [-amount.micros(), 0]).id
    }

    pub(super) fn hold(&mut self, wallet: AccountId, amount: Money) -> TransferId {
        self.write(TransferKind::Hold, [wallet, revenue()], wallet, amount, [0, amount.micros()]).id
    }

    pub(super) fn capture(&mut self, hold: TransferId) -> TransferId {
        let Transfer { wallet, amount, .. } = *self.row(hold);
        let by = [-amount.micros(), -amount.micros()];
        let row = self.write(TransferKind::Capture, [wallet, revenue()], wallet, amount, by);
        row.pending = Some(hold);
        row.id
    }

    pub(super) fn void(&mut self, hold: TransferId) -> TransferId {
        let Transfer { wallet, amount, .. } = *self.row(hold);
        let by = [0, -amount.micros()];
        let row = self.write(TransferKind::Void, [wallet, revenue()], wallet, amount, by);
        row.pending = Some(hold);
        row.id
    }

    pub(super) fn reverse(&mut self, undone: TransferId) -> TransferId {
        let Transfer { debit, credit, wallet, amount, .. } = *self.row(undone);
        let by = if credit == wallet { -amount.micros() } else { amount.micros() };
        let row = self.write(TransferKind::Reversal, [credit, debit], wallet, amount, [by, 0]);
        row.reverses = Some(undone);
        row.id
    }

    /// Writes a row that moves `posted` and `held` of the wallet by so many micros.
    pub(super) fn write(
        &mut self,
        kind: TransferKind,
        [debit, credit]: [AccountId; 2],
        wallet: AccountId,
        amount: Money,
        [posted, held]: [i64; 2],
    ) -> &mut Transfer {
        let id = self.next_id();
        let account = self.account(wallet);
        account.posted = Money::from_micros(account.posted.micros() + posted, amount.currency());
        account.held = Money::from_micros(account.held.micros() + held, amount.currency());
        account.version += 1;
        let row = Transfer {
            id,
            kind,
            debit,
            credit,
            amount,
            pending: None,
            reverses: None,
            order: None,
            number: None,
            description: String::new(),
            wallet,
            wallet_version: account.version,
            posted_after: account.posted,
            held_after: account.held,
            created_at: DateTime::UNIX_EPOCH,
        };
        self.0.transfers.push_mut(row)
    }

    pub(super) fn next_id(&self) -> TransferId {
        TransferId::from_uuid(Uuid::from_u128(self.0.transfers.len() as u128 + 1))
    }

    pub(super) fn row(&mut self, id: TransferId) -> &mut Transfer {
        self.0.transfers.iter_mut().find(|row| row.id == id).unwrap()
    }

    pub(super) fn account(&mut self, id: AccountId) -> &mut Account {
        self.0.accounts.iter_mut().find(|account| account.id == id).unwrap()
    }

    pub(super) fn available(&mut self, wallet: AccountId) -> i64 {
        let account = self.account(wallet);
        account.posted.micros() - account.held.micros()
    }

    /// The sum of a wallet's rows of one kind, in micros.
    pub(super) fn sum(&self, wallet: AccountId, kind: TransferKind) -> i64 {
        let rows = self.0.transfers.iter().filter(|row| row.wallet == wallet && row.kind == kind);
        rows.map(|row| row.amount.micros()).sum()
    }

    pub(super) fn faults(&self) -> Vec<LedgerFault> {
        verify_ledger(&self.0)
    }
}
