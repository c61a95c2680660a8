//! Who counts as one operator.

use std::fmt;

use trunkline_domain::Actor;

/// An operator by what they showed: `key` and the key's id, or `login` and a name.
///
/// Two names may be one operator, and only a store can tell: a key counts as the same operator as the key that it replaces,
/// and as the key with which somebody made or rotated it, since whoever does that sees its secret. Keys that were made on
/// the command line come from nobody.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Operator(String);

impl Operator {
    /// Whoever does something.
    pub fn of(actor: &Actor) -> Self {
        Self(match actor {
            Actor::Operator { key } | Actor::Service { key, .. } | Actor::User { key: Some(key), .. } => {
                format!("key {key}")
            }
            Actor::User { user, key: None } => format!("user {user}"),
            Actor::CommandLine { login: Some(login) } => format!("login {login}"),
            Actor::CommandLine { login: None } => "login".to_owned(),
            Actor::System => "system".to_owned(),
        })
    }

    /// A name as it was stored.
    pub const fn from_stored(name: String) -> Self {
        Self(name)
    }

    /// The name for storing.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use trunkline_domain::{ApiKeyId, Origin};
    use uuid::Uuid;

    use super::*;

    #[test]
    fn operators_are_told_apart_by_key_and_login() {
        let key = |n| Operator::of(&Actor::Operator { key: ApiKeyId::from_uuid(Uuid::from_u128(n)) });
        let login = |name: &str| Operator::of(&Origin::command_line_of(name.to_owned()).actor);
        assert_eq!(key(1).as_str(), "key 00000000-0000-0000-0000-000000000001");
        assert_ne!(key(1), key(2));
        assert_eq!(login("ann").as_str(), "login ann");
        assert_ne!(login("ann"), login("bob"));
        assert_ne!(login(""), Operator::of(&Origin::command_line().actor));
        assert_eq!(Operator::from_stored("login ann".to_owned()), login("ann"));
    }
}
