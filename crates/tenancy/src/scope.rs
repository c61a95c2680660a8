//! Scopes: what a credential may be used for, which may be less than its holder may do.
//!
//! Every [`Action`] needs exactly one scope, by a total match; a kind of caller has the scopes of the actions that are
//! ever theirs to do. A set is never more than that, so what a key may pass on to another key is simply what it has.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use crate::Action;

/// One thing that a credential may be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum KeyScope {
    /// Searching and reading.
    Read,
    /// Changing businesses and records of numbers; costs nothing.
    Manage,
    /// Buying and releasing numbers: spends money.
    Trade,
    /// Listing, making, rotating and revoking keys.
    Keys,
    /// Adding users.
    Users,
    /// Putting money into wallets.
    Credit,
    /// Deciding what no machine can, correcting wallets, and seeing the steps behind things.
    Operate,
}

/// Text that names no scope.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no scope; there are read, manage, trade, keys, users, credit and operate")]
pub struct KeyScopeError(String);

impl KeyScope {
    /// All scopes, in the order in which they are written.
    pub const ALL: [Self; 7] =
        [Self::Read, Self::Manage, Self::Trade, Self::Keys, Self::Users, Self::Credit, Self::Operate];

    /// The name in requests, records and SQL.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Manage => "manage",
            Self::Trade => "trade",
            Self::Keys => "keys",
            Self::Users => "users",
            Self::Credit => "credit",
            Self::Operate => "operate",
        }
    }

    /// The scope that an action needs.
    pub const fn of(action: Action) -> Self {
        match action {
            Action::Browse | Action::Read | Action::ReadAccount => Self::Read,
            Action::Manage | Action::ManageNumbers | Action::Leave => Self::Manage,
            Action::Trade => Self::Trade,
            Action::ReadKeys | Action::ManageKeys => Self::Keys,
            Action::AddUser => Self::Users,
            Action::Credit => Self::Credit,
            Action::Operate => Self::Operate,
        }
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl fmt::Display for KeyScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for KeyScope {
    type Err = KeyScopeError;

    fn from_str(text: &str) -> Result<Self, KeyScopeError> {
        let known = Self::ALL.into_iter().find(|scope| scope.as_str() == text);
        known.ok_or_else(|| KeyScopeError(text.chars().take(20).collect()))
    }
}

/// A set of scopes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct KeyScopes(u8);

impl KeyScopes {
    /// No scope at all.
    pub const NONE: Self = Self(0);
    /// Every scope that there is.
    pub const EVERY: Self = Self::NONE
        .with(KeyScope::Read)
        .with(KeyScope::Manage)
        .with(KeyScope::Trade)
        .with(KeyScope::Keys)
        .with(KeyScope::Users)
        .with(KeyScope::Credit)
        .with(KeyScope::Operate);

    /// What a user may ever do.
    pub const OF_A_USER: Self =
        Self::NONE.with(KeyScope::Read).with(KeyScope::Manage).with(KeyScope::Trade).with(KeyScope::Keys);
    /// What a service may ever do.
    pub const OF_A_SERVICE: Self = Self::OF_A_USER.with(KeyScope::Users);
    /// What an operator may ever do: no trade, so that no key of an operator's making spends a customer's money.
    pub const OF_AN_OPERATOR: Self = Self::EVERY.without(KeyScope::Trade);

    /// The set and one more.
    #[must_use]
    pub const fn with(self, scope: KeyScope) -> Self {
        Self(self.0 | scope.bit())
    }

    /// The set and one less.
    #[must_use]
    pub const fn without(self, scope: KeyScope) -> Self {
        Self(self.0 & !scope.bit())
    }

    /// What is in both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether a scope is in the set.
    pub const fn contains(self, scope: KeyScope) -> bool {
        self.0 & scope.bit() != 0
    }

    /// Whether the set has nothing that the other has not.
    pub const fn is_within(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }

    /// Whether it is the set of nothing.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The scopes, in the order in which they are written.
    pub fn iter(self) -> impl Iterator<Item = KeyScope> {
        KeyScope::ALL.into_iter().filter(move |scope| self.contains(*scope))
    }
}

impl FromIterator<KeyScope> for KeyScopes {
    fn from_iter<I: IntoIterator<Item = KeyScope>>(scopes: I) -> Self {
        scopes.into_iter().fold(Self::NONE, Self::with)
    }
}

/// The names with a blank between them, as OAuth writes scopes.
impl fmt::Display for KeyScopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, scope) in self.iter().enumerate() {
            write!(f, "{}{scope}", if n == 0 { "" } else { " " })?;
        }
        Ok(())
    }
}

impl fmt::Debug for KeyScopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

/// Names, in any order, with blanks or commas between them.
impl FromStr for KeyScopes {
    type Err = KeyScopeError;

    fn from_str(text: &str) -> Result<Self, KeyScopeError> {
        text.split([' ', ',']).filter(|name| !name.is_empty()).map(str::parse).collect()
    }
}

/// A list of names.
impl Serialize for KeyScopes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(KeyScope::as_str))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_set_is_written_and_read_back() {
        for bits in 0..=KeyScopes::EVERY.0 {
            let set = KeyScopes(bits);
            assert_eq!(set.to_string().parse(), Ok(set));
            assert_eq!(set.iter().collect::<KeyScopes>(), set);
        }
        assert_eq!("trade,read".parse::<KeyScopes>().unwrap().to_string(), "read trade");
        assert!("read everything".parse::<KeyScopes>().is_err());
    }

    #[test]
    fn sets_are_compared_by_what_they_hold() {
        let read = KeyScopes::NONE.with(KeyScope::Read);
        let both = read.with(KeyScope::Trade);
        assert!(read.is_within(both) && !both.is_within(read) && KeyScopes::NONE.is_within(read));
        assert_eq!(both.and(read), read);
        assert_eq!(KeyScope::ALL.into_iter().collect::<KeyScopes>(), KeyScopes::EVERY);
    }
}
