//! Who may do what: the one place that decides.
//!
//! [`rule`] is a total function of who calls and what they want; [`Claim::of`] applies it to the users that the call
//! names. Neither looks anything up: what a claim says must be checked by its receiver, and whose an object is comes
//! from the store, which puts the owner into every statement.

use trunkline_domain::{Actor, ApiKeyId, UserId};

/// Who is calling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The key that they showed.
    pub key: ApiKeyId,
    /// What the key belongs to.
    pub kind: PrincipalKind,
}

/// What kind of caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PrincipalKind {
    /// A user, for themselves.
    User(UserId),
    /// A service, for the user that it names.
    Service,
    /// An operator.
    Operator,
}

impl PrincipalKind {
    /// The name in logs.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::User(_) => "user",
            Self::Service => "service",
            Self::Operator => "operator",
        }
    }
}

impl Principal {
    /// Who does it, for the audit trail, when something is done to a user's things.
    pub fn actor(&self, concerned: &UserId) -> Actor {
        match &self.kind {
            PrincipalKind::User(user) => Actor::User { user: user.clone(), key: Some(self.key) },
            PrincipalKind::Service => Actor::Service { key: self.key, user: concerned.clone() },
            PrincipalKind::Operator => Actor::Operator { key: self.key },
        }
    }
}

/// What a caller wants to do, as far as the answer differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Search for numbers and see prices: what belongs to nobody.
    Browse,
    /// Read numbers, orders, wallets, businesses.
    Read,
    /// Add, change and delete businesses; name, assign and record numbers. Spends nothing.
    Manage,
    /// Buy and release numbers.
    Trade,
    /// Add users.
    AddUser,
    /// Put money into a wallet.
    Credit,
    /// Decide what no machine can, correct wallets, and see the steps behind things.
    Operate,
}

impl Action {
    /// All actions.
    pub const ALL: [Self; 7] =
        [Self::Browse, Self::Read, Self::Manage, Self::Trade, Self::AddUser, Self::Credit, Self::Operate];
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
    /// Not at all.
    Never,
}

/// The rule for a caller and an action. An operator reads everything, keeps order and gives money, but does not spend
/// a customer's.
const fn rule(kind: &PrincipalKind, action: Action) -> Rule<'_> {
    match kind {
        PrincipalKind::User(user) => match action {
            Action::Browse | Action::Read | Action::Manage | Action::Trade => Rule::Own(user),
            Action::AddUser | Action::Credit | Action::Operate => Rule::Never,
        },
        PrincipalKind::Service => match action {
            Action::Browse | Action::Read | Action::Manage | Action::Trade => Rule::Named,
            Action::AddUser => Rule::Free,
            Action::Credit | Action::Operate => Rule::Never,
        },
        PrincipalKind::Operator => match action {
            Action::Browse | Action::Read | Action::Operate => Rule::NamedOrEveryone,
            Action::Manage | Action::Credit => Rule::Named,
            Action::AddUser => Rule::Free,
            Action::Trade => Rule::Never,
        },
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
    /// Everybody's.
    Everyone,
}

impl Claim {
    /// Applies the rule to a call.
    pub fn of(principal: &Principal, action: Action, naming: Naming<'_>) -> Result<Self, Denial> {
        match rule(&principal.kind, action) {
            Rule::Never => Err(Denial::Forbidden),
            Rule::Own(user) => {
                let names_another = [naming.header, naming.stated].into_iter().flatten().any(|u| u != user);
                if names_another { Err(Denial::Forbidden) } else { Ok(Self::Own(user.clone())) }
            }
            Rule::Free => Ok(Self::Everyone),
            Rule::Named => named(naming)?.map(Self::Named).ok_or(Denial::NobodyNamed),
            Rule::NamedOrEveryone => Ok(named(naming)?.map_or(Self::Everyone, Self::Named)),
        }
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
    use super::*;

    fn user(name: &str) -> UserId {
        name.parse().unwrap()
    }

    fn principal(kind: PrincipalKind) -> Principal {
        Principal { key: "0192f0c1-2d3e-7a4b-8c5d-6e7f80910213".parse().unwrap(), kind }
    }

    fn claim(kind: PrincipalKind, action: Action, header: &str, stated: &str) -> Result<Claim, Denial> {
        let (header, stated) = (header.parse().ok(), stated.parse().ok());
        let naming = Naming { header: header.as_ref(), stated: stated.as_ref() };
        Claim::of(&principal(kind), action, naming)
    }

    #[test]
    fn the_whole_table() {
        let maria = user("maria");
        let kinds = [PrincipalKind::User(maria.clone()), PrincipalKind::Service, PrincipalKind::Operator];
        let table = Action::ALL.map(|action| (action, kinds.each_ref().map(|kind| rule(kind, action))));
        let own = Rule::Own(&maria);
        assert_eq!(
            table,
            [
                (Action::Browse, [own, Rule::Named, Rule::NamedOrEveryone]),
                (Action::Read, [own, Rule::Named, Rule::NamedOrEveryone]),
                (Action::Manage, [own, Rule::Named, Rule::Named]),
                (Action::Trade, [own, Rule::Named, Rule::Never]),
                (Action::AddUser, [Rule::Never, Rule::Free, Rule::Free]),
                (Action::Credit, [Rule::Never, Rule::Never, Rule::Named]),
                (Action::Operate, [Rule::Never, Rule::Never, Rule::NamedOrEveryone]),
            ]
        );
    }

    #[test]
    fn a_user_works_with_their_own_things_whatever_they_name() {
        for action in [Action::Browse, Action::Read, Action::Manage, Action::Trade] {
            let maria = || PrincipalKind::User(user("maria"));
            assert_eq!(claim(maria(), action, "", ""), Ok(Claim::Own(user("maria"))));
            assert_eq!(claim(maria(), action, "maria", "maria"), Ok(Claim::Own(user("maria"))));
            assert_eq!(claim(maria(), action, "ben", ""), Err(Denial::Forbidden));
            assert_eq!(claim(maria(), action, "", "ben"), Err(Denial::Forbidden));
            assert_eq!(claim(maria(), action, "maria", "ben"), Err(Denial::Forbidden));
        }
    }

    #[test]
    fn a_service_names_exactly_one_user() {
        for action in [Action::Browse, Action::Read, Action::Manage, Action::Trade] {
            assert_eq!(claim(PrincipalKind::Service, action, "", ""), Err(Denial::NobodyNamed));
            assert_eq!(claim(PrincipalKind::Service, action, "maria", ""), Ok(Claim::Named(user("maria"))));
            assert_eq!(claim(PrincipalKind::Service, action, "", "maria"), Ok(Claim::Named(user("maria"))));
            assert_eq!(claim(PrincipalKind::Service, action, "maria", "ben"), Err(Denial::TwoNamed));
        }
    }

    #[test]
    fn an_operator_reads_everything_and_spends_nothing() {
        assert_eq!(claim(PrincipalKind::Operator, Action::Read, "", ""), Ok(Claim::Everyone));
        assert_eq!(claim(PrincipalKind::Operator, Action::Read, "", "ben"), Ok(Claim::Named(user("ben"))));
        assert_eq!(claim(PrincipalKind::Operator, Action::Trade, "ben", ""), Err(Denial::Forbidden));
        assert_eq!(claim(PrincipalKind::Operator, Action::Credit, "", ""), Err(Denial::NobodyNamed));
        assert_eq!(claim(PrincipalKind::Operator, Action::Credit, "", "ben"), Ok(Claim::Named(user("ben"))));
    }

    #[test]
    fn nobody_but_an_operator_gives_money_or_decides() {
        for (kind, action) in [PrincipalKind::User(user("maria")), PrincipalKind::Service]
            .into_iter()
            .flat_map(|kind| [Action::Credit, Action::Operate].map(|action| (kind.clone(), action)))
        {
            assert_eq!(claim(kind, action, "maria", "maria"), Err(Denial::Forbidden));
        }
    }
}
