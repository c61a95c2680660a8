//! Who may do what: the one place that decides.
//!
//! [`rule`] is a total function of who calls, what their credential is for, and what they want; [`Claim::of`] applies it
//! to the users that the call names. [`Role::allows`] is a total function of what somebody is in a business and what they
//! want there. None of them looks anything up: what a claim says must be checked by its receiver
//! ([`Tenancy::reach_of`](crate::Tenancy::reach_of)), and whose an object is comes from the store, which puts the owner into
//! every statement.

mod role;

use trunkline_domain::UserId;

use crate::{KeyScope, KeyScopes, Principal, PrincipalKind};

pub use role::{MemberRole, MemberRoleError, Role};

/// What a caller wants to do, as far as the answer differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Search for numbers and see prices: what belongs to nobody.
    Browse,
    /// Read numbers, orders, businesses and who their members are.
    Read,
    /// Read what is a user's own affair: wallets, their histories, the audit trail.
    ReadAccount,
    /// Add, change and delete businesses, and say who their members are. Spends nothing.
    Manage,
    /// Name, assign and record numbers. Spends nothing.
    ManageNumbers,
    /// Stop being a member of a business.
    Leave,
    /// Buy and release numbers.
    Trade,
    /// See which API keys there are.
    ReadKeys,
    /// Make, rotate and revoke API keys.
    ManageKeys,
    /// Add users.
    AddUser,
    /// Put money into a wallet.
    Credit,
    /// Decide what no machine can, correct wallets, and see the steps behind things.
    Operate,
}

impl Action {
    /// All actions.
    pub const ALL: [Self; 12] = [
        Self::Browse,
        Self::Read,
        Self::ReadAccount,
        Self::Manage,
        Self::ManageNumbers,
        Self::Leave,
        Self::Trade,
        Self::ReadKeys,
        Self::ManageKeys,
        Self::AddUser,
        Self::Credit,
        Self::Operate,
    ];
}

/// Under which condition a kind of caller may do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rule<'a> {
    /// With their own things only.
    Own(&'a UserId),
    /// With the things of one user, whom they must name.
    Named,
    /// With everybody's things, or with those of one user whom they name.
    NamedOrEveryone,
    /// Whomever it concerns.
    Free,
    /// Not with this credential, which lacks a scope.
    Lacks(KeyScope),
    /// Not at all.
    Never,
}

/// The rule for a caller, what their credential is for, and an action.
const fn rule(kind: &PrincipalKind, scopes: KeyScopes, action: Action) -> Rule<'_> {
    let needed = KeyScope::of(action);
    match rule_of_kind(kind, action) {
        Rule::Never => Rule::Never,
        _ if !scopes.contains(needed) => Rule::Lacks(needed),
        allowed => allowed,
    }
}

/// The rule for a kind of caller with every scope. An operator reads everything, keeps order and gives money, but does
/// not spend a customer's.
const fn rule_of_kind(kind: &PrincipalKind, action: Action) -> Rule<'_> {
    match kind {
        PrincipalKind::User { user, .. } => match action {
            Action::Browse
            | Action::Read
            | Action::ReadAccount
            | Action::Manage
            | Action::ManageNumbers
            | Action::Leave
            | Action::Trade
            | Action::ReadKeys
            | Action::ManageKeys => Rule::Own(user),
            Action::AddUser | Action::Credit | Action::Operate => Rule::Never,
        },
        PrincipalKind::Service { .. } => match action {
            Action::Browse
            | Action::Read
            | Action::ReadAccount
            | Action::Manage
            | Action::ManageNumbers
            | Action::Leave
            | Action::Trade
            | Action::ReadKeys
            | Action::ManageKeys => Rule::Named,
            Action::AddUser => Rule::Free,
            Action::Credit | Action::Operate => Rule::Never,
        },
        PrincipalKind::Operator { .. } => match action {
            Action::Browse
            | Action::Read
            | Action::ReadAccount
            | Action::ReadKeys
            | Action::ManageKeys
            | Action::Operate => Rule::NamedOrEveryone,
            Action::Manage | Action::ManageNumbers | Action::Leave | Action::Credit => Rule::Named,
            Action::AddUser => Rule::Free,
            Action::Trade => Rule::Never,
        },
    }
}

impl Action {
    /// Whether some member of a business may do it with its owner's things.
    const fn is_shared(self) -> bool {
        Role::Manager.allows(self) || Role::Viewer.allows(self)
    }
}

/// The users that a call names: in its header, and in its body or query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Naming<'a> {
    /// In the `Trunkline-User` header.
    pub header: Option<&'a UserId>,
    /// As `userId` in the body or the query.
    pub stated: Option<&'a UserId>,
}

/// Why a caller may not do what they want, as far as that can be said without looking anything up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denial {
    /// Not for this kind of caller, or not with another user's things.
    #[error("not yours to do")]
    Forbidden,
    /// The credential lacks the scope that this needs.
    #[error("the key lacks the scope `{0}`")]
    Lacks(KeyScope),
    /// The caller has to say for whom.
    #[error("no user is named")]
    NobodyNamed,
    /// The call names two different users.
    #[error("two different users are named")]
    TwoNamed,
}

/// With whose things a caller works, by their own word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// Their own.
    Own(UserId),
    /// Those of a user whom they name. Whether there is such a user is not known yet.
    Named(UserId),
    /// Those of the owner of a business in which they are a member. Whether they are one is not known yet.
    Shared {
        /// Who calls.
        member: UserId,
        /// Whom they name.
        owner: UserId,
    },
    /// Everybody's.
    Everyone,
}

impl Claim {
    /// Applies the rule to a call.
    pub fn of(principal: &Principal, action: Action, naming: Naming<'_>) -> Result<Self, Denial> {
        match rule(&principal.kind, principal.scopes, action) {
            Rule::Never => Err(Denial::Forbidden),
            Rule::Lacks(scope) => Err(Denial::Lacks(scope)),
            Rule::Own(user) => own(user, action, naming),
            Rule::Free => Ok(Self::Everyone),
            Rule::Named => named(naming)?.map(Self::Named).ok_or(Denial::NobodyNamed),
            Rule::NamedOrEveryone => Ok(named(naming)?.map_or(Self::Everyone, Self::Named)),
        }
    }
}

/// A user works with their own things, or names one owner with whose things members may do this.
fn own(user: &UserId, action: Action, naming: Naming<'_>) -> Result<Claim, Denial> {
    let mut others = [naming.header, naming.stated].into_iter().flatten().filter(|named| *named != user);
    match (others.next(), others.next()) {
        (None, _) => Ok(Claim::Own(user.clone())),
        (Some(owner), again) if action.is_shared() && again.is_none_or(|again| again == owner) => {
            Ok(Claim::Shared { member: user.clone(), owner: owner.clone() })
        }
        (Some(_), _) => Err(Denial::Forbidden),
    }
}

fn named(naming: Naming<'_>) -> Result<Option<UserId>, Denial> {
    match (naming.header, naming.stated) {
        (Some(header), Some(stated)) if header != stated => Err(Denial::TwoNamed),
        (header, stated) => Ok(header.or(stated).cloned()),
    }
}

#[cfg(test)]
mod tests {
    use trunkline_domain::ApiKeyId;

    use super::*;

    fn user(name: &str) -> UserId {
        name.parse().unwrap()
    }

    const KEY: ApiKeyId = ApiKeyId::from_uuid(uuid::Uuid::nil());
    const SERVICE: PrincipalKind = PrincipalKind::Service { key: KEY };
    const OPERATOR: PrincipalKind = PrincipalKind::Operator { key: KEY };

    fn user_kind(name: &str) -> PrincipalKind {
        PrincipalKind::User { user: user(name), key: Some(KEY) }
    }

    fn claim(kind: PrincipalKind, action: Action, header: &str, stated: &str) -> Result<Claim, Denial> {
        let (header, stated) = (header.parse().ok(), stated.parse().ok());
        let naming = Naming { header: header.as_ref(), stated: stated.as_ref() };
        Claim::of(&Principal { kind, scopes: KeyScopes::EVERY, ends_at: None }, action, naming)
    }

    #[test]
    fn the_whole_table() {
        let maria = user("maria");
        let kinds = [user_kind("maria"), SERVICE, OPERATOR];
        let every = KeyScopes::EVERY;
        let table =
            Action::ALL.map(|action| (action, kinds.each_ref().map(|kind| rule(kind, every, action))));
        let own = Rule::Own(&maria);
        assert_eq!(
            table,
            [
                (Action::Browse, [own, Rule::Named, Rule::NamedOrEveryone]),
                (Action::Read, [own, Rule::Named, Rule::NamedOrEveryone]),
                (Action::ReadAccount, [own, Rule::Named, Rule::NamedOrEveryone]),
                (Action::Manage, [own, Rule::Named, Rule::Named]),
                (Action::ManageNumbers, [own, Rule::Named, Rule::Named]),
                (Action::Leave, [own, Rule::Named, Rule::Named]),
                (Action::Trade, [own, Rule::Named, Rule::Never]),
                (Action::ReadKeys, [own, Rule::Named, Rule::NamedOrEveryone]),
                (Action::ManageKeys, [own, Rule::Named, Rule::NamedOrEveryone]),
                (Action::AddUser, [Rule::Never, Rule::Free, Rule::Free]),
                (Action::Credit, [Rule::Never, Rule::Never, Rule::Named]),
                (Action::Operate, [Rule::Never, Rule::Never, Rule::NamedOrEveryone]),
            ]
        );
    }

    /// Each kind of caller, each scope, each action: one scope opens what it names, and of that only what the kind may.
    #[test]
    fn the_whole_table_of_scopes() {
        use KeyScope::{Credit, Keys, Manage, Operate, Read, Trade, Users};
        let needs = [
            (Action::Browse, Read),
            (Action::Read, Read),
            (Action::ReadAccount, Read),
            (Action::Manage, Manage),
            (Action::ManageNumbers, Manage),
            (Action::Leave, Manage),
            (Action::Trade, Trade),
            (Action::ReadKeys, Keys),
            (Action::ManageKeys, Keys),
            (Action::AddUser, Users),
            (Action::Credit, Credit),
            (Action::Operate, Operate),
        ];
        assert_eq!(needs.map(|(action, _)| action), Action::ALL);
        for kind in [user_kind("maria"), SERVICE, OPERATOR] {
            for ((action, needed), scope) in needs.into_iter().flat_map(|n| KeyScope::ALL.map(|s| (n, s))) {
                let only = rule(&kind, KeyScopes::NONE.with(scope), action);
                let lacking = rule(&kind, KeyScopes::EVERY.without(scope), action);
                let full = rule(&kind, KeyScopes::EVERY, action);
                let (expected_only, expected_lacking) = match full {
                    Rule::Never => (Rule::Never, Rule::Never),
                    _ if scope == needed => (full, Rule::Lacks(needed)),
                    _ => (Rule::Lacks(needed), full),
                };
                assert_eq!((only, lacking), (expected_only, expected_lacking), "{kind:?} {scope} {action:?}");
            }
        }
    }

    #[test]
    fn a_kind_has_the_scopes_of_what_it_may_ever_do() {
        let kinds = [
            (user_kind("maria"), KeyScopes::OF_A_USER),
            (SERVICE, KeyScopes::OF_A_SERVICE),
            (OPERATOR, KeyScopes::OF_AN_OPERATOR),
        ];
        for (kind, scopes) in kinds {
            let possible = Action::ALL
                .into_iter()
                .filter(|action| rule(&kind, KeyScopes::EVERY, *action) != Rule::Never);
            assert_eq!(possible.map(KeyScope::of).collect::<KeyScopes>(), scopes, "{kind:?}");
        }
    }

    #[test]
    fn a_user_works_with_their_own_things_whatever_they_name() {
        for action in [Action::ReadAccount, Action::Manage, Action::ReadKeys, Action::ManageKeys] {
            let maria = || user_kind("maria");
            assert_eq!(claim(maria(), action, "", ""), Ok(Claim::Own(user("maria"))));
            assert_eq!(claim(maria(), action, "maria", "maria"), Ok(Claim::Own(user("maria"))));
            assert_eq!(claim(maria(), action, "ben", ""), Err(Denial::Forbidden));
            assert_eq!(claim(maria(), action, "", "ben"), Err(Denial::Forbidden));
            assert_eq!(claim(maria(), action, "maria", "ben"), Err(Denial::Forbidden));
        }
    }

    #[test]
    fn a_user_may_name_one_owner_where_members_share() {
        let shared = Claim::Shared { member: user("maria"), owner: user("ben") };
        let actions = Action::ALL.into_iter().filter(|action| action.is_shared());
        for action in actions {
            let maria = || user_kind("maria");
            assert_eq!(claim(maria(), action, "", ""), Ok(Claim::Own(user("maria"))));
            for (header, stated) in [("ben", ""), ("", "ben"), ("ben", "ben"), ("maria", "ben")] {
                assert_eq!(claim(maria(), action, header, stated).as_ref(), Ok(&shared), "{action:?}");
            }
            assert_eq!(claim(maria(), action, "ben", "cid"), Err(Denial::Forbidden), "{action:?}");
        }
    }

    #[test]
    fn a_service_names_exactly_one_user() {
        for action in [Action::Browse, Action::Read, Action::ReadAccount, Action::Manage, Action::Trade] {
            assert_eq!(claim(SERVICE, action, "", ""), Err(Denial::NobodyNamed));
            assert_eq!(claim(SERVICE, action, "maria", ""), Ok(Claim::Named(user("maria"))));
            assert_eq!(claim(SERVICE, action, "", "maria"), Ok(Claim::Named(user("maria"))));
            assert_eq!(claim(SERVICE, action, "maria", "ben"), Err(Denial::TwoNamed));
        }
    }

    #[test]
    fn an_operator_reads_everything_and_spends_nothing() {
        assert_eq!(claim(OPERATOR, Action::Read, "", ""), Ok(Claim::Everyone));
        assert_eq!(claim(OPERATOR, Action::Read, "", "ben"), Ok(Claim::Named(user("ben"))));
        assert_eq!(claim(OPERATOR, Action::Trade, "ben", ""), Err(Denial::Forbidden));
        assert_eq!(claim(OPERATOR, Action::Credit, "", ""), Err(Denial::NobodyNamed));
        assert_eq!(claim(OPERATOR, Action::Credit, "", "ben"), Ok(Claim::Named(user("ben"))));
    }

    #[test]
    fn nobody_but_an_operator_gives_money_or_decides() {
        for (kind, action) in [user_kind("maria"), SERVICE]
            .into_iter()
            .flat_map(|kind| [Action::Credit, Action::Operate].map(|action| (kind.clone(), action)))
        {
            assert_eq!(claim(kind, action, "maria", "maria"), Err(Denial::Forbidden));
        }
    }
}
