//! Members of businesses.

use async_trait::async_trait;
use sqlx::SqliteConnection;
use trunkline_domain::{BusinessId, Change, UserId};
use trunkline_tenancy::{
    Member, MemberPutting, MemberRemoval, MembershipFilter, MembershipPage, PutMemberAnswer,
    RemoveMemberAnswer, Share,
};

use super::businesses;
use crate::codec::{optional_text, text};
use crate::error::{Failure, Fault};
use crate::row::{MemberRow, MembershipRow, ShareRow, membership_page};
use crate::sqlite::SqliteStore;
use crate::sqlite::writer::{Apply, Decision, Transaction};
use crate::sqlite::{envelope, time};

async fn find(
    connection: &mut SqliteConnection,
    business: BusinessId,
    member: &UserId,
) -> Result<Option<Member>, Fault> {
    let row: Option<MemberRow> =
        sqlx::query_as("SELECT user_id, role, added_at FROM members WHERE business_id = ?1 AND user_id = ?2")
            .bind(text(business))
            .bind(member.as_str())
            .fetch_optional(connection)
            .await?;
    row.map(|row| row.member()).transpose()
}

#[async_trait]
impl Apply for MemberPutting {
    type Answer = PutMemberAnswer;

    async fn apply(
        change: &Change<Self>,
        transaction: &mut Transaction<'_>,
    ) -> Result<Decision<PutMemberAnswer>, Fault> {
        let putting = &change.body;
        if businesses::find_of(transaction, putting.business, &putting.owner).await?.is_none() {
            return Ok(Decision::Unchanged(PutMemberAnswer::NotFound));
        }
        let known = find(transaction.connection, putting.business, &putting.member).await?;
        if envelope::was_applied(transaction, change).await? {
            // Answered with the member as they are, unless they are gone since.
            return Ok(Decision::Unchanged(known.map_or(PutMemberAnswer::Stale, PutMemberAnswer::Put)));
        }
        if known.as_ref().map(|known| known.role) != putting.before {
            return Ok(Decision::Unchanged(PutMemberAnswer::Stale));
        }
        if known.is_none() && count(transaction, putting.business).await? >= i64::from(putting.at_most) {
            return Ok(Decision::Unchanged(PutMemberAnswer::TooMany));
        }
        let row: MemberRow = sqlx::query_as(
            "INSERT INTO members (business_id, user_id, role, added_at) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (business_id, user_id) DO UPDATE SET role = excluded.role
             RETURNING user_id, role, added_at",
        )
        .bind(text(putting.business))
        .bind(putting.member.as_str())
        .bind(putting.role.as_str())
        .bind(time::to_text(putting.at))
        .fetch_one(&mut *transaction.connection)
        .await?;
        Ok(Decision::Applied(PutMemberAnswer::Put(row.member()?)))
    }
}

async fn count(transaction: &mut Transaction<'_>, business: BusinessId) -> Result<i64, Fault> {
    let count = sqlx::query_scalar("SELECT COUNT(*) FROM members WHERE business_id = ?1")
        .bind(text(business))
        .fetch_one(&mut *transaction.connection)
        .await?;
    Ok(count)
}

#[async_trait]
impl Apply for MemberRemoval {
    type Answer = RemoveMemberAnswer;

    async fn apply(
        change: &Change<Self>,
        transaction: &mut Transaction<'_>,
    ) -> Result<Decision<RemoveMemberAnswer>, Fault> {
        let removal = &change.body;
        if businesses::find_of(transaction, removal.business, &removal.owner).await?.is_none() {
            return Ok(Decision::Unchanged(RemoveMemberAnswer::NotFound));
        }
        if envelope::was_applied(transaction, change).await? {
            return Ok(Decision::Unchanged(RemoveMemberAnswer::Removed));
        }
        let gone = sqlx::query("DELETE FROM members WHERE business_id = ?1 AND user_id = ?2 AND role = ?3")
            .bind(text(removal.business))
            .bind(removal.member.as_str())
            .bind(removal.before.as_str())
            .execute(&mut *transaction.connection)
            .await?
            .rows_affected();
        if gone == 0 {
            return Ok(Decision::Unchanged(RemoveMemberAnswer::Stale));
        }
        Ok(Decision::Applied(RemoveMemberAnswer::Removed))
    }
}

impl SqliteStore {
    pub(super) async fn find_members(
        &self,
        owner: &UserId,
        business: BusinessId,
    ) -> Result<Vec<Member>, Failure> {
        let mut connection = self.readers.one().await?;
        let rows: Vec<MemberRow> = sqlx::query_as(
            "SELECT member.user_id, member.role, member.added_at
             FROM members member JOIN businesses business ON business.id = member.business_id
             WHERE member.business_id = ?1 AND business.user_id = ?2
             ORDER BY member.added_at, member.user_id",
        )
        .bind(text(business))
        .bind(owner.as_str())
        .fetch_all(&mut *connection)
        .await?;
        Ok(rows.iter().map(MemberRow::member).collect::<Result<_, Fault>>()?)
    }

    pub(super) async fn find_shares(&self, owner: &UserId, member: &UserId) -> Result<Vec<Share>, Failure> {
        let mut connection = self.readers.one().await?;
        let rows: Vec<ShareRow> = sqlx::query_as(
            "SELECT member.business_id, member.role
             FROM members member JOIN businesses business ON business.id = member.business_id
             WHERE member.user_id = ?1 AND business.user_id = ?2
             ORDER BY member.business_id",
        )
        .bind(member.as_str())
        .bind(owner.as_str())
        .fetch_all(&mut *connection)
        .await?;
        Ok(rows.iter().map(ShareRow::share).collect::<Result<_, Fault>>()?)
    }

    /// One more than the page holds, to see whether there is another.
    pub(super) async fn find_memberships(
        &self,
        filter: &MembershipFilter,
    ) -> Result<MembershipPage, Failure> {
        let mut connection = self.readers.one().await?;
        let rows: Vec<MembershipRow> = sqlx::query_as(
            "SELECT member.business_id, business.name, business.user_id AS owner, member.role, member.added_at
             FROM members member JOIN businesses business ON business.id = member.business_id
             WHERE member.user_id = ?1
               AND (?2 IS NULL OR (member.added_at, member.business_id) <
                    (SELECT last.added_at, last.business_id FROM members last
                     WHERE last.business_id = ?2 AND last.user_id = ?1))
             ORDER BY member.added_at DESC, member.business_id DESC LIMIT ?3",
        )
        .bind(filter.member.as_str())
        .bind(optional_text(filter.after))
        .bind(i64::from(filter.limit) + 1)
        .fetch_all(&mut *connection)
        .await?;
        Ok(membership_page(&rows, filter.limit)?)
    }
}
