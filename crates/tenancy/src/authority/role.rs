//! What somebody is in a business, and what that lets them do there: one total table.
//!
//! *Invariant*: the owner is whoever the business belongs to and is never stored as a member, so no change of members makes
//! or unmakes one.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::Action;

/// What somebody is in a business.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The business is theirs, and their wallet pays.
    Owner,
    /// They buy, change and release its numbers.
    Manager,
    /// They look.
    Viewer,
}

impl Role {
    /// All roles, whoever may more before whoever may less.
    pub const ALL: [Self; 3] = [Self::Owner, Self::Manager, Self::Viewer];

    /// The name in answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Manager => "manager",
            Self::Viewer => "viewer",
        }
    }

    /// Whether somebody with this role in a business may do something there. The owner's column is what a user may do
    /// with their own things; they cannot leave, since nobody else's wallet would pay.
    pub const fn allows(self, action: Action) -> bool {
        match self {
            Self::Owner => match action {
                Action::Browse
                | Action::Read
                | Action::ReadAccount
                | Action::Manage
                | Action::ManageNumbers
                | Action::Trade
                | Action::ReadKeys
                | Action::ManageKeys => true,
                Action::Leave | Action::AddUser | Action::Credit | Action::Operate => false,
            },
            Self::Manager => match action {
                Action::Browse | Action::Read | Action::ManageNumbers | Action::Trade | Action::Leave => true,
                Action::ReadAccount
                | Action::Manage
                | Action::ReadKeys
                | Action::ManageKeys
                | Action::AddUser
                | Action::Credit
                | Action::Operate => false,
            },
            Self::Viewer => match action {
                Action::Browse | Action::Read | Action::Leave => true,
                Action::ReadAccount
                | Action::Manage
                | Action::ManageNumbers
                | Action::Trade
                | Action::ReadKeys
                | Action::ManageKeys
                | Action::AddUser
                | Action::Credit
                | Action::Operate => false,
            },
        }
    }
}

/// What a member is in somebody else's business.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MemberRole {
    /// As [`Role::Manager`].
    Manager,
    /// As [`Role::Viewer`].
    Viewer,
}

/// Text that names no role of a member's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is manager or viewer; the owner is whoever the business belongs to, and stays it")]
pub struct MemberRoleError;

impl MemberRole {
    /// All roles of members.
    pub const ALL: [Self; 2] = [Self::Manager, Self::Viewer];

    /// The role as it is stored and read.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Manager => "manager",
            Self::Viewer => "viewer",
        }
    }
}

impl From<MemberRole> for Role {
    fn from(role: MemberRole) -> Self {
        match role {
            MemberRole::Manager => Self::Manager,
            MemberRole::Viewer => Self::Viewer,
        }
    }
}

impl fmt::Display for MemberRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for MemberRole {
    type Err = MemberRoleError;

    fn from_str(text: &str) -> Result<Self, MemberRoleError> {
        Self::ALL.into_iter().find(|role| role.as_str() == text).ok_or(MemberRoleError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each role, each action.
    #[test]
    fn the_whole_table_of_roles() {
        let table = Action::ALL.map(|action| (action, Role::ALL.map(|role| role.allows(action))));
        assert_eq!(Role::ALL, [Role::Owner, Role::Manager, Role::Viewer]);
        assert_eq!(
            table,
            [
                (Action::Browse, [true, true, true]),
                (Action::Read, [true, true, true]),
                (Action::ReadAccount, [true, false, false]),
                (Action::Manage, [true, false, false]),
                (Action::ManageNumbers, [true, true, false]),
                (Action::Leave, [false, true, true]),
                (Action::Trade, [true, true, false]),
                (Action::ReadKeys, [true, false, false]),
                (Action::ManageKeys, [true, false, false]),
                (Action::AddUser, [false, false, false]),
                (Action::Credit, [false, false, false]),
                (Action::Operate, [false, false, false]),
            ]
        );
        // A viewer may nothing that a manager may not, and neither more than the owner, but to leave.
        for action in Action::ALL {
            assert!(Role::Manager.allows(action) || !Role::Viewer.allows(action), "{action:?}");
            assert!(Role::Owner.allows(action) || !Role::Manager.allows(action) || action == Action::Leave);
        }
    }

    #[test]
    fn nobody_is_made_an_owner() {
        for role in MemberRole::ALL {
            assert_eq!(role.to_string().parse(), Ok(role));
            assert_eq!(serde_json::to_string(&Role::from(role)).unwrap(), format!("\"{role}\""));
            assert_ne!(Role::from(role), Role::Owner);
        }
        for text in ["owner", "Manager", "", "admin"] {
            assert_eq!(text.parse::<MemberRole>(), Err(MemberRoleError), "{text}");
        }
    }
}
