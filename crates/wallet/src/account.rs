//! Accounts: the two ends of every transfer, and the projection that a store keeps of each wallet.

use std::fmt;

use serde::{Deserialize, Serialize};
use trunkline_domain::{Currency, Money, UserId, WalletId};
use uuid::Uuid;

/// The namespace in which account ids are derived, so that an account is found without a lookup.
const NAMESPACE: Uuid = Uuid::from_u128(0x7c1e_09f4_54d1_4f06_9b0a_5b6f_2f1d_8c3e);

/// Identity of an account, derived from what it is: the same wallet has the same id everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AccountId(Uuid);

impl AccountId {
    /// The wallet of a user in a currency.
    pub fn wallet(user: &UserId, currency: Currency) -> Self {
        Self::derive("wallet", user.as_str(), currency)
    }

    /// What a user owes in a currency.
    pub fn debt(user: &UserId, currency: Currency) -> Self {
        Self::derive("debt", user.as_str(), currency)
    }

    /// One of the operator's own accounts in a currency.
    pub fn operator(kind: AccountKind, currency: Currency) -> Self {
        Self::derive(kind.as_str(), "", currency)
    }

    /// An id as it was stored.
    pub const fn from_uuid(id: Uuid) -> Self {
        Self(id)
    }

    /// The bare UUID.
    pub const fn as_uuid(self) -> Uuid {
        self.0
    }

    fn derive(kind: &str, user: &str, currency: Currency) -> Self {
        Self(Uuid::new_v5(&NAMESPACE, format!("{kind}\n{}\n{user}", currency.code()).as_bytes()))
    }
}

impl From<AccountId> for WalletId {
    fn from(id: AccountId) -> Self {
        Self::from_uuid(id.0)
    }
}

impl From<WalletId> for AccountId {
    fn from(id: WalletId) -> Self {
        Self(id.as_uuid())
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What an account is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountKind {
    /// A user's prepaid balance. Strict: what is held never exceeds what is posted.
    Wallet,
    /// What customers have paid for. Summed from the journal, never updated in a purchase.
    Revenue,
    /// Where credits come from.
    Funding,
    /// Where the balances come from that customers brought along from another system: what is owed to them since.
    Opening,
    /// What a user owes: a payment was taken back after its money was spent. Strict: `posted` is what is owed, which grows
    /// when the account is debited, and is never below zero; nothing of it is ever held.
    Debt,
    /// What money passes through between a wallet and its debt, in two rows that leave nothing behind.
    Clearing,
}

impl AccountKind {
    /// All kinds.
    pub const ALL: [Self; 6] =
        [Self::Wallet, Self::Revenue, Self::Funding, Self::Opening, Self::Debt, Self::Clearing];

    /// The name in SQL.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Wallet => "wallet",
            Self::Revenue => "revenue",
            Self::Funding => "funding",
            Self::Opening => "opening",
            Self::Debt => "debt",
            Self::Clearing => "clearing",
        }
    }

    /// Reads the name back.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// An account with the balances that a store keeps of it. For the operator's accounts both are always zero.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Identity.
    pub id: AccountId,
    /// What it is for.
    pub kind: AccountKind,
    /// Whose wallet or debt it is; `None` for the operator's accounts.
    pub user: Option<UserId>,
    /// The balance, holds not taken off.
    pub posted: Money,
    /// What open holds reserve of it.
    pub held: Money,
    /// Counts the wallet's transfers.
    pub version: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_follow_from_what_the_account_is() {
        let ann: UserId = "ann".parse().unwrap();
        let wallet = AccountId::wallet(&ann, Currency::USD);
        assert_eq!(wallet, AccountId::wallet(&ann, Currency::USD));
        assert_ne!(wallet, AccountId::wallet(&ann, Currency::INR));
        assert_ne!(wallet, AccountId::operator(AccountKind::Revenue, Currency::USD));
    }
    #[test]
    fn an_account_and_its_wallet_share_an_id() {
        let id = AccountId::wallet(&"ann".parse().unwrap(), Currency::USD);
        assert_eq!(AccountId::from(WalletId::from(id)), id);
        assert_eq!(AccountId::from_uuid(id.as_uuid()), id);
        assert_eq!(id.to_string(), WalletId::from(id).to_string());
    }

    #[test]
    fn names_round_trip() {
        for kind in AccountKind::ALL {
            assert_eq!(AccountKind::from_name(kind.as_str()), Some(kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str(), "one name in SQL and JSON");
        }
        for name in ["", "Wallet", "wallets", "debts"] {
            assert_eq!(AccountKind::from_name(name), None);
        }
    }
}
