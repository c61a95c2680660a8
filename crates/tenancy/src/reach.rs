//! How far a caller reaches: their own things, or an owner's within the businesses in which they are a member.
//!
//! *Invariants*: memberships are read from the store for each call and remembered nowhere, so whoever is removed reaches
//! nothing from the next call on; a membership that could not be read is no answer and lets nobody in; what is out of reach
//! answers as what does not exist, and what is seen but not to be changed answers as forbidden.

use trunkline_domain::{Actor, BusinessId, UserId};

use crate::authority::Claim;
use crate::{ActingError, Action, Denial, MemberRole, Naming, Place, Principal, Role, Scope, Share, Tenancy};

/// With whose things a caller works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// With all of one user's: their own, or those of the user for whom a service or an operator acts.
    Own(UserId),
    /// With an owner's, in these businesses alone. Never in none.
    Shared {
        /// The member, or the one for whom a service or an operator acts.
        member: UserId,
        /// Whose things they are, and whose wallet pays.
        owner: UserId,
        /// The businesses in which the member's role allows it.
        shares: Vec<Share>,
    },
    /// With everybody's: an operator who names nobody.
    Everyone,
}

impl Reach {
    /// The one user whose things they are, and whose wallet pays.
    pub const fn owner(&self) -> Result<&UserId, Denial> {
        match self {
            Self::Own(owner) | Self::Shared { owner, .. } => Ok(owner),
            Self::Everyone => Err(Denial::NobodyNamed),
        }
    }

    /// The one user on whose behalf it is done.
    pub const fn acting(&self) -> Result<&UserId, Denial> {
        match self {
            Self::Own(acting) | Self::Shared { member: acting, .. } => Ok(acting),
            Self::Everyone => Err(Denial::NobodyNamed),
        }
    }

    /// In which businesses alone; `None` where it is not limited to any.
    pub fn within(&self) -> Option<Vec<BusinessId>> {
        match self {
            Self::Shared { shares, .. } => Some(shares.iter().map(|share| share.business).collect()),
            Self::Own(_) | Self::Everyone => None,
        }
    }

    /// Whose things, for those who need not know of businesses.
    pub fn scope(&self) -> Scope {
        match self {
            Self::Own(owner) | Self::Shared { owner, .. } => Scope::User(owner.clone()),
            Self::Everyone => Scope::Everyone,
        }
    }

    /// What the one on whose behalf it is done is in a business within reach; an operator is nothing in it.
    pub fn role_in(&self, business: BusinessId) -> Option<Role> {
        match self {
            Self::Own(_) => Some(Role::Owner),
            Self::Shared { shares, .. } => role_in(shares, business).map(Role::from),
            Self::Everyone => None,
        }
    }
}

fn role_in(shares: &[Share], business: BusinessId) -> Option<MemberRole> {
    shares.iter().find(|share| share.business == business).map(|share| share.role)
}

impl Tenancy {
    /// How far a caller reaches who aims at no one thing: at a list, or at something that will be in no business. A member
    /// reaches an owner's things only by naming them; without a name everybody has their own.
    pub async fn reach(
        &self,
        principal: &Principal,
        action: Action,
        naming: Naming<'_>,
    ) -> Result<Reach, ActingError> {
        match self.claim(principal, action, naming).await? {
            Claim::Own(user) | Claim::Named(user) => Ok(Reach::Own(user)),
            Claim::Everyone => Ok(Reach::Everyone),
            Claim::Shared { member, owner } => {
                let shares = self.store.shares(&owner, &member).await?;
                Ok(shared(member, owner, shares, action)?)
            }
        }
    }

    /// How far a caller reaches who aims at one thing; `None` where it is out of reach, or is nowhere. `place` is asked only
    /// where it matters, after what can be denied without it.
    pub async fn reach_of<E: From<ActingError>>(
        &self,
        principal: &Principal,
        action: Action,
        naming: Naming<'_>,
        place: impl Future<Output = Result<Option<Place>, E>>,
    ) -> Result<Option<Reach>, E> {
        let (acting, named) = match self.claim(principal, action, naming).await? {
            Claim::Everyone => return Ok(Some(Reach::Everyone)),
            Claim::Own(user) | Claim::Named(user) => (user, None),
            Claim::Shared { member, owner } => (member, Some(owner)),
        };
        let place = place.await?;
        let shares = match (&named, &place) {
            (Some(owner), _) => {
                let shares = self.store.shares(owner, &acting).await.map_err(ActingError::from)?;
                if shares.is_empty() {
                    return Err(ActingError::from(Denial::Forbidden).into());
                }
                shares
            }
            (None, Some(place)) if place.owner == acting => {
                let allowed = Role::Owner.allows(action);
                return if allowed { Ok(Some(Reach::Own(acting))) } else { forbidden() };
            }
            // Asked also where nothing can be shared: what is out of reach takes as long as what does not exist.
            (None, place) => {
                let owner = place.as_ref().map_or(&acting, |place| &place.owner);
                self.store.shares(owner, &acting).await.map_err(ActingError::from)?
            }
        };
        let Some(Place { owner, business: Some(business) }) = place else { return Ok(None) };
        if named.is_some_and(|named| named != owner) {
            return Ok(None);
        }
        match role_in(&shares, business) {
            None => Ok(None),
            Some(role) if !Role::from(role).allows(action) => forbidden(),
            Some(_) => Ok(Some(shared(acting, owner, shares, action).map_err(ActingError::from)?)),
        }
    }

    /// What a caller claims. A user for whom a service or an operator acts exists; an owner whom a member names is found by
    /// what they share.
    async fn claim(
        &self,
        principal: &Principal,
        action: Action,
        naming: Naming<'_>,
    ) -> Result<Claim, ActingError> {
        let claim = Claim::of(principal, action, naming)?;
        if let Claim::Named(user) = &claim
            && self.store.user(user).await?.is_none()
        {
            return Err(ActingError::UserNotFound);
        }
        Ok(claim)
    }

    /// With whose things a caller works who works with no owner's but their own, or whom they act for. A user whom they
    /// name exists.
    pub async fn acting(
        &self,
        principal: &Principal,
        action: Action,
        naming: Naming<'_>,
    ) -> Result<Scope, ActingError> {
        match self.claim(principal, action, naming).await? {
            Claim::Own(user) | Claim::Named(user) => Ok(Scope::User(user)),
            Claim::Everyone => Ok(Scope::Everyone),
            Claim::Shared { .. } => Err(Denial::Forbidden.into()),
        }
    }
}

fn forbidden<E: From<ActingError>>() -> Result<Option<Reach>, E> {
    Err(ActingError::from(Denial::Forbidden).into())
}

/// A member's reach: the businesses in which their role allows it, of which there must be one.
fn shared(member: UserId, owner: UserId, mut shares: Vec<Share>, action: Action) -> Result<Reach, Denial> {
    shares.retain(|share| Role::from(share.role).allows(action));
    if shares.is_empty() { Err(Denial::Forbidden) } else { Ok(Reach::Shared { member, owner, shares }) }
}

impl Principal {
    /// Who does it, for the audit trail, with things that they reach: a member in their own name, whoever owns the things.
    pub fn actor_reaching(&self, reach: &Reach) -> Result<Actor, Denial> {
        reach.acting().map(|acting| self.actor(acting))
    }

    /// Whether the caller is this user, or a service or an operator who names them in the header.
    pub fn acts_for(&self, user: &UserId, header: Option<&UserId>) -> bool {
        match &self.kind {
            crate::PrincipalKind::User { user: caller, .. } => caller == user,
            crate::PrincipalKind::Service { .. } | crate::PrincipalKind::Operator { .. } => {
                header == Some(user)
            }
        }
    }
}
