//! Adding, changing and removing members, and where somebody is one.
//!
//! A change says what it has seen, because its audit line says so too; where that has changed meanwhile, it is made anew.
//! Who may do it is decided before ([`Tenancy::reach_of`]); that the business is the owner's is decided by the store.

use serde_json::{Value, json};
use trunkline_domain::{AuditEntry, BusinessId, Change, Origin, UserId};

use crate::service::until_known;
use crate::{
    Added, Member, MemberError, MemberPutting, MemberRemoval, MemberRole, MembershipFilter, MembershipPage,
    PutMemberAnswer, PutMemberCommand, RemoveMemberAnswer, RemoveMemberCommand, Scope, Team, Tenancy,
    TenancyStoreError,
};

/// How often a change is made anew for a member whom somebody else changed meanwhile.
const ATTEMPTS: usize = 4;

impl Tenancy {
    /// How many members a business has at most, its owner not counted.
    pub const MEMBERS_MAX: u32 = 100;

    /// A business of an owner's with its members.
    pub async fn team(
        &self,
        owner: &UserId,
        business: BusinessId,
    ) -> Result<Option<Team>, TenancyStoreError> {
        let Some(business) = self.store.business(&Scope::User(owner.clone()), business).await? else {
            return Ok(None);
        };
        let members = self.store.members(owner, business.id).await?;
        Ok(Some(Team { business, members }))
    }

    /// Where a user is a member; the filter's limit is brought into 1 to 100.
    pub async fn memberships(&self, filter: &MembershipFilter) -> Result<MembershipPage, TenancyStoreError> {
        let filter = MembershipFilter { limit: filter.limit.clamp(1, 100), ..filter.clone() };
        self.store.memberships(&filter).await
    }

    /// Adds a member, or changes their role. Somebody who has it already keeps it, and nothing is written.
    pub async fn put_member(&self, command: PutMemberCommand) -> Result<Added<Member>, MemberError> {
        let PutMemberCommand { business, owner, member, role, origin } = command;
        if member == owner {
            return Err(MemberError::Owner);
        }
        for _ in 0..ATTEMPTS {
            let known = self.member(&owner, business, &member).await?;
            if let Some(known) = known.clone().filter(|known| known.role == role) {
                return Ok(Added { value: known, repeated: true });
            }
            let before = known.map(|known| known.role);
            let (at, at_most) = (self.clock.now(), Self::MEMBERS_MAX);
            let (kind, event) = if before.is_none() {
                ("member.add", "member.added")
            } else {
                ("member.change", "member.changed")
            };
            let audit = audit(&origin, kind, (business, &owner), at);
            let audit = AuditEntry { details: described(&member, before, Some(role)), ..audit };
            let event = self.event(event, &business, &owner);
            let (member, owner) = (member.clone(), owner.clone());
            let putting = MemberPutting { business, owner, member, before, role, at_most, at };
            let change = Change::new(putting).event(event).audit(audit);
            match until_known(|| self.store.put_member(&change)).await? {
                PutMemberAnswer::Put(value) => return Ok(Added { value, repeated: before.is_some() }),
                PutMemberAnswer::Stale => {}
                PutMemberAnswer::TooMany => return Err(MemberError::TooMany(Self::MEMBERS_MAX)),
                PutMemberAnswer::NotFound => return Err(MemberError::BusinessNotFound),
            }
        }
        Err(MemberError::Contended)
    }

    /// Removes a member: from the answer on they reach nothing of the business.
    pub async fn remove_member(&self, command: RemoveMemberCommand) -> Result<(), MemberError> {
        let RemoveMemberCommand { business, owner, member, origin } = command;
        if member == owner {
            return Err(MemberError::Owner);
        }
        for _ in 0..ATTEMPTS {
            let known = self.member(&owner, business, &member).await?.ok_or(MemberError::NotFound)?;
            let audit = audit(&origin, "member.remove", (business, &owner), self.clock.now());
            let audit = AuditEntry { details: described(&member, Some(known.role), None), ..audit };
            let event = self.event("member.removed", &business, &owner);
            let (member, owner, before) = (member.clone(), owner.clone(), known.role);
            let change =
                Change::new(MemberRemoval { business, owner, member, before }).event(event).audit(audit);
            match until_known(|| self.store.remove_member(&change)).await? {
                RemoveMemberAnswer::Removed => return Ok(()),
                RemoveMemberAnswer::Stale => {}
                RemoveMemberAnswer::NotFound => return Err(MemberError::BusinessNotFound),
            }
        }
        Err(MemberError::Contended)
    }

    async fn member(
        &self,
        owner: &UserId,
        business: BusinessId,
        member: &UserId,
    ) -> Result<Option<Member>, TenancyStoreError> {
        let members = self.store.members(owner, business).await?;
        Ok(members.into_iter().find(|known| known.user == *member))
    }
}

fn audit(
    origin: &Origin,
    action: &str,
    (business, owner): (BusinessId, &UserId),
    at: chrono::DateTime<chrono::Utc>,
) -> AuditEntry {
    origin.audit(action, business, Some(owner), at)
}

/// Who, and as what before and after, for the audit trail.
fn described(member: &UserId, before: Option<MemberRole>, after: Option<MemberRole>) -> Value {
    json!({ "member": member, "role": { "before": before, "after": after } })
}
