//! The books of each currency, summed. Micros in 128 bits, which no journal overflows.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use trunkline_domain::Currency;

use crate::{Account, AccountKind, Transfer, TransferKind};

/// The books of one currency, in units of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CurrencySum {
    /// The currency.
    pub currency: Currency,
    /// What customers have, as their accounts say; holds not taken off.
    pub wallets: Decimal,
    /// What open orders reserve of it.
    pub held: Decimal,
    /// What customers have paid for, as the journal says.
    pub revenue: Decimal,
    /// Where the money came from, as the journal says; negative, because it was paid out into wallets.
    pub funding: Decimal,
    /// The balances that were brought along from another system, as the journal says; negative, as funding is.
    pub opening: Decimal,
    /// What customers owe, as their accounts say.
    pub debts: Decimal,
    /// What lies between wallets and debts, as the journal says: zero in a ledger that balances.
    pub clearing: Decimal,
    /// Wallets less debts, and revenue, funding, opening balances and clearing: zero in a ledger that balances.
    pub sum: Decimal,
}

/// The sums while they grow.
#[derive(Default)]
pub(super) struct Sums(BTreeMap<&'static str, Books>);

struct Books {
    currency: Currency,
    wallets: i128,
    held: i128,
    revenue: i128,
    funding: i128,
    opening: i128,
    debts: i128,
    clearing: i128,
}

impl Sums {
    /// Adds what an account says of itself.
    pub(super) fn account(&mut self, account: &Account) {
        let books = self.books(account.posted.currency());
        match account.kind {
            AccountKind::Wallet => {
                books.wallets += i128::from(account.posted.micros());
                books.held += i128::from(account.held.micros());
            }
            AccountKind::Debt => books.debts += i128::from(account.posted.micros()),
            AccountKind::Revenue | AccountKind::Funding | AccountKind::Opening | AccountKind::Clearing => {}
        }
    }

    /// Adds the operator's side of a row. Holds and voids reserve and move nothing.
    pub(super) fn transfer(&mut self, transfer: &Transfer, counterpart: AccountKind) {
        let sign = if transfer.credit == transfer.wallet { -1 } else { 1 };
        let amount = match transfer.kind {
            TransferKind::Post | TransferKind::Capture | TransferKind::Reversal => {
                i128::from(transfer.amount.micros()) * sign
            }
            TransferKind::Hold | TransferKind::Void => return,
        };
        let books = self.books(transfer.amount.currency());
        match counterpart {
            AccountKind::Revenue => books.revenue += amount,
            AccountKind::Funding => books.funding += amount,
            AccountKind::Opening => books.opening += amount,
            AccountKind::Clearing => books.clearing += amount,
            AccountKind::Wallet | AccountKind::Debt => {}
        }
    }

    /// One sum for each currency, by its code.
    pub(super) fn finish(self) -> Vec<CurrencySum> {
        self.0.into_values().map(Books::sum).collect()
    }

    fn books(&mut self, currency: Currency) -> &mut Books {
        let (wallets, held, revenue, funding, opening, debts, clearing) = (0, 0, 0, 0, 0, 0, 0);
        let empty = Books { currency, wallets, held, revenue, funding, opening, debts, clearing };
        self.0.entry(currency.code()).or_insert(empty)
    }
}

impl Books {
    fn sum(self) -> CurrencySum {
        let Self { currency, wallets, held, revenue, funding, opening, debts, clearing } = self;
        CurrencySum {
            currency,
            wallets: units(wallets),
            held: units(held),
            revenue: units(revenue),
            funding: units(funding),
            opening: units(opening),
            debts: units(debts),
            clearing: units(clearing),
            sum: units(wallets - debts + revenue + funding + opening + clearing),
        }
    }
}

/// Micros as units. A sum beyond what a decimal takes (10²² units) stands as the largest one.
fn units(micros: i128) -> Decimal {
    Decimal::try_from_i128_with_scale(micros, 6).unwrap_or(Decimal::MAX).normalize()
}
