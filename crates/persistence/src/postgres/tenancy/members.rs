//! Members of businesses.

use sqlx::FromRow;
use sqlx::types::Json;
use trunkline_domain::{BusinessId, Change, UserId};
use trunkline_tenancy::{
    Member, MemberPutting, MemberRemoval, MemberRole, MembershipFilter, MembershipPage, PutMemberAnswer,
    RemoveMemberAnswer, Share,
};

use super::unknown_outcome;
use crate::cell::Moment;
use crate::error::{Failure, Fault};
use crate::postgres::PostgresStore;
use crate::row::{MemberRow, MembershipRow, ShareRow, membership_page};

/// What `put_member_1` answers: with the member, or with nothing but its outcome.
#[derive(FromRow)]
struct AnswerRow {
    outcome: String,
    user_id: Option<String>,
    role: Option<String>,
    added_at: Option<Moment>,
}

impl AnswerRow {
    fn member(self) -> Result<Member, Fault> {
        let (Some(user_id), Some(role), Some(added_at)) = (self.user_id, self.role, self.added_at) else {
            return Err(Fault::Broken(format!("`{}` came without its member", self.outcome)));
        };
        MemberRow { user_id, role, added_at }.member()
    }
}

impl PostgresStore {
    pub(super) async fn add_or_change_member(
        &self,
        change: &Change<MemberPutting>,
    ) -> Result<PutMemberAnswer, Failure> {
        let putting = &change.body;
        let query = sqlx::query_as(
            "SELECT outcome, user_id, role, added_at
             FROM trunkline.put_member_1($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(putting.business.as_uuid())
        .bind(putting.owner.as_str())
        .bind(putting.member.as_str())
        .bind(putting.before.map(MemberRole::as_str))
        .bind(putting.role.as_str())
        .bind(i64::from(putting.at_most))
        .bind(putting.at)
        .bind(Json(&change.events))
        .bind(Json(&change.audit));
        let row: AnswerRow = self.pool.change(query).await?;
        match row.outcome.as_str() {
            "put" => Ok(PutMemberAnswer::Put(row.member()?)),
            "stale" => Ok(PutMemberAnswer::Stale),
            "too_many" => Ok(PutMemberAnswer::TooMany),
            "not_found" => Ok(PutMemberAnswer::NotFound),
            other => Err(unknown_outcome("put_member_1", other)),
        }
    }

    pub(super) async fn end_membership(
        &self,
        change: &Change<MemberRemoval>,
    ) -> Result<RemoveMemberAnswer, Failure> {
        let removal = &change.body;
        let query = sqlx::query_as("SELECT outcome FROM trunkline.remove_member_1($1, $2, $3, $4, $5, $6)")
            .bind(removal.business.as_uuid())
            .bind(removal.owner.as_str())
            .bind(removal.member.as_str())
            .bind(removal.before.as_str())
            .bind(Json(&change.events))
            .bind(Json(&change.audit));
        let (outcome,): (String,) = self.pool.change(query).await?;
        match outcome.as_str() {
            "removed" => Ok(RemoveMemberAnswer::Removed),
            "stale" => Ok(RemoveMemberAnswer::Stale),
            "not_found" => Ok(RemoveMemberAnswer::NotFound),
            other => Err(unknown_outcome("remove_member_1", other)),
        }
    }

    pub(super) async fn find_members(
        &self,
        owner: &UserId,
        business: BusinessId,
    ) -> Result<Vec<Member>, Failure> {
        let query = sqlx::query_as(
            r#"SELECT member.user_id, member.role, member.added_at
               FROM trunkline.members member JOIN trunkline.businesses business ON business.id = member.business_id
               WHERE member.business_id = $1 AND business.user_id = $2
               ORDER BY member.added_at, member.user_id COLLATE "C""#,
        );
        let query = query.bind(business.as_uuid()).bind(owner.as_str());
        let rows: Vec<MemberRow> = self.pool.list(query).await?;
        Ok(rows.iter().map(MemberRow::member).collect::<Result<_, Fault>>()?)
    }

    pub(super) async fn find_shares(&self, owner: &UserId, member: &UserId) -> Result<Vec<Share>, Failure> {
        let query = sqlx::query_as(
            "SELECT member.business_id, member.role
             FROM trunkline.members member JOIN trunkline.businesses business ON business.id = member.business_id
             WHERE member.user_id = $1 AND business.user_id = $2
             ORDER BY member.business_id",
        );
        let rows: Vec<ShareRow> = self.pool.list(query.bind(member.as_str()).bind(owner.as_str())).await?;
        Ok(rows.iter().map(ShareRow::share).collect::<Result<_, Fault>>()?)
    }

    /// One more than the page holds, to see whether there is another.
    pub(super) async fn find_memberships(
        &self,
        filter: &MembershipFilter,
    ) -> Result<MembershipPage, Failure> {
        let query = sqlx::query_as(
            "SELECT member.business_id, business.name, business.user_id AS owner, member.role, member.added_at
             FROM trunkline.members member JOIN trunkline.businesses business ON business.id = member.business_id
             WHERE member.user_id = $1
               AND ($2::uuid IS NULL OR (member.added_at, member.business_id) <
                    (SELECT last.added_at, last.business_id FROM trunkline.members last
                     WHERE last.business_id = $2 AND last.user_id = $1))
             ORDER BY member.added_at DESC, member.business_id DESC LIMIT $3",
        )
        .bind(filter.member.as_str())
        .bind(filter.after.map(|business| business.as_uuid()))
        .bind(i64::from(filter.limit) + 1);
        let rows: Vec<MembershipRow> = self.pool.list(query).await?;
        Ok(membership_page(&rows, filter.limit)?)
    }
}
