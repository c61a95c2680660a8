//! Approvals: what waits for another operator, and what operators moved without one.

use std::collections::BTreeSet;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sqlx::{QueryBuilder, Sqlite};
use trunkline_domain::{Actor, ApprovalId, Change, Money};
use trunkline_wallet::{
    Adjustment, Approval, ApprovalAsking, ApprovalFilter, ApprovalGrant, ApprovalPage, ApprovalRejection,
    ApprovalRule, ApprovalState, ApproveAnswer, AskAnswer, Operator, RejectAnswer,
};

use super::ledger::{self, Corrected};
use super::wallet::balance_after;
use super::writer::{Apply, Decision, Transaction};
use super::{SqliteStore, request, time};
use crate::codec::{text, to_json};
use crate::columns::approval_columns;
use crate::error::{Failure, Fault};
use crate::request::Known;
use crate::row::ApprovalRow;

/// How many rows that no longer count are removed with every new one. More than one, so that removing keeps up.
const PURGED_AT_ONCE: i64 = 4;

/// An approval, `?2` being the time by which it may be over.
macro_rules! approval_of {
    ($condition:literal) => {
        concat!(
            "SELECT ",
            approval_columns!(),
            ", expires_at <= ?2 AS is_past FROM approval WHERE ",
            $condition
        )
    };
}

impl SqliteStore {
    pub(super) async fn find_approval(&self, id: ApprovalId) -> Result<Option<Approval>, Failure> {
        let mut connection = self.readers.one().await?;
        let row: Option<ApprovalRow> = sqlx::query_as(approval_of!("id = ?1"))
            .bind(text(id))
            .bind(time::to_text(self.clock.now()))
            .fetch_optional(&mut *connection)
            .await?;
        Ok(row.map(|row| row.approval()).transpose()?)
    }

    pub(super) async fn find_approvals(&self, filter: &ApprovalFilter) -> Result<ApprovalPage, Failure> {
        let now = time::to_text(self.clock.now());
        let mut query: QueryBuilder<Sqlite> =
            QueryBuilder::new(concat!("SELECT ", approval_columns!(), ", expires_at <= "));
        query.push_bind(now.clone()).push(" AS is_past FROM approval WHERE true");
        if let Some(user) = &filter.user {
            query.push(" AND user_id = ").push_bind(user.as_str());
        }
        match filter.state {
            None => {}
            Some(ApprovalState::Waiting) => {
                query.push(" AND state = 'waiting' AND expires_at > ").push_bind(now);
            }
            Some(ApprovalState::Expired) => {
                query.push(" AND state = 'waiting' AND expires_at <= ").push_bind(now);
            }
            Some(decided @ (ApprovalState::Approved | ApprovalState::Rejected)) => {
                query.push(" AND state = ").push_bind(decided.as_str());
            }
        }
        if let Some(after) = filter.after {
            query.push(" AND id < ").push_bind(text(after));
        }
        query.push(" ORDER BY id DESC LIMIT ").push_bind(i64::from(filter.limit) + 1);
        let mut connection = self.readers.one().await?;
        let rows: Vec<ApprovalRow> = query.build_query_as().fetch_all(&mut *connection).await?;
        Ok(ApprovalRow::page(&rows, filter.limit)?)
    }
}

/// Whether another operator must approve a post that was made in this transaction; if not, it is counted. The writer is
/// alone, so nobody else posts between the two.
pub(super) async fn needs_approval(
    transaction: &mut Transaction<'_>,
    post: &Adjustment,
) -> Result<bool, Fault> {
    let Some(rule) = &post.approval else { return Ok(false) };
    let since = time::to_text(transaction.now - ApprovalRule::WINDOW);
    let before = moved_before(transaction, post, rule, &since).await?;
    if rule.asks_for_another(&before, post.amount) {
        return Ok(true);
    }
    sqlx::query(
        "INSERT INTO unapproved_post (transfer_id, wallet_id, operator, amount, at) VALUES (?1, ?2, ?3, ?4, ?5)",
    )
    .bind(text(post.transfer))
    .bind(text(post.wallet))
    .bind(rule.operator.as_str())
    .bind(post.amount.micros())
    .bind(transaction.now_text())
    .execute(&mut *transaction.connection)
    .await?;
    sqlx::query(
        "DELETE FROM unapproved_post WHERE transfer_id IN
             (SELECT transfer_id FROM unapproved_post WHERE at <= ?1 ORDER BY at LIMIT ?2)",
    )
    .bind(since)
    .bind(PURGED_AT_ONCE)
    .execute(&mut *transaction.connection)
    .await?;
    Ok(false)
}

/// What the same operator moved into or out of the same wallet since then, without an approval.
async fn moved_before(
    transaction: &mut Transaction<'_>,
    post: &Adjustment,
    rule: &ApprovalRule,
    since: &str,
) -> Result<Vec<Money>, Fault> {
    let rows: Vec<(String, i64)> =
        sqlx::query_as("SELECT operator, amount FROM unapproved_post WHERE wallet_id = ?1 AND at > ?2")
            .bind(text(post.wallet))
            .bind(since)
            .fetch_all(&mut *transaction.connection)
            .await?;
    let others: BTreeSet<&str> = rows.iter().map(|(operator, _)| operator.as_str()).collect();
    let mut same = BTreeSet::new();
    for other in others {
        if is_same_operator(transaction, other, rule.operator.as_str()).await? {
            same.insert(other);
        }
    }
    let moved = rows.iter().filter(|(operator, _)| same.contains(operator.as_str()));
    Ok(moved.map(|(_, amount)| Money::from_micros(*amount, post.amount.currency())).collect())
}

/// Whether two names are one operator: whether they lead back to the same one.
async fn is_same_operator(transaction: &mut Transaction<'_>, one: &str, other: &str) -> Result<bool, Fault> {
    let origins = origins(transaction, one).await?;
    Ok(!origins.is_disjoint(&self::origins(transaction, other).await?))
}

/// Everybody who counts as the same operator as this one, as far as it leads back: the keys that a key replaces, and
/// those with which somebody made or rotated it, because whoever does that sees the secret.
async fn origins(transaction: &mut Transaction<'_>, operator: &str) -> Result<BTreeSet<String>, Fault> {
    let origins: Vec<String> = sqlx::query_scalar(
        "WITH RECURSIVE origins (operator) AS (
             SELECT ?1
             UNION
             SELECT 'key ' || made.replaces
             FROM origins JOIN api_keys made ON made.id = substr(origins.operator, 5)
             WHERE origins.operator LIKE 'key %' AND made.replaces IS NOT NULL
             UNION
             SELECT 'key ' || (line.actor->>'key')
             FROM origins JOIN audit line ON line.subject = substr(origins.operator, 5)
             WHERE origins.operator LIKE 'key %' AND line.action = 'key.create' AND line.actor->>'kind' = 'operator'
             UNION
             SELECT 'key ' || (line.actor->>'key')
             FROM origins JOIN api_keys made ON made.id = substr(origins.operator, 5)
             JOIN audit line ON line.subject = made.replaces
             WHERE origins.operator LIKE 'key %' AND line.action = 'key.rotate' AND line.actor->>'kind' = 'operator'
         )
         SELECT operator FROM origins",
    )
    .bind(operator)
    .fetch_all(&mut *transaction.connection)
    .await?;
    Ok(origins.into_iter().collect())
}

async fn find(transaction: &mut Transaction<'_>, id: ApprovalId) -> Result<Option<Approval>, Fault> {
    let row: Option<ApprovalRow> = sqlx::query_as(approval_of!("id = ?1"))
        .bind(text(id))
        .bind(transaction.now_text())
        .fetch_optional(&mut *transaction.connection)
        .await?;
    row.map(|row| row.approval()).transpose()
}

/// The approval after a change of this transaction.
async fn changed(transaction: &mut Transaction<'_>, id: ApprovalId) -> Result<Box<Approval>, Fault> {
    let approval = find(transaction, id).await?;
    approval.map(Box::new).ok_or_else(|| Fault::Broken(format!("approval {id} is gone")))
}

/// Whether there is an approval that a post of this id would be.
pub(super) async fn is_asked_for(transaction: &mut Transaction<'_>, id: ApprovalId) -> Result<bool, Fault> {
    let found = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM approval WHERE id = ?1)")
        .bind(text(id))
        .fetch_one(&mut *transaction.connection)
        .await?;
    Ok(found)
}

#[async_trait]
impl Apply for ApprovalAsking {
    type Answer = AskAnswer;

    async fn apply(
        change: &Change<Self>,
        transaction: &mut Transaction<'_>,
    ) -> Result<Decision<AskAnswer>, Fault> {
        let asking = &change.body;
        if let Some(approval) = find(transaction, asking.id).await? {
            return Ok(Decision::Unchanged(AskAnswer::Asked(Box::new(approval))));
        }
        if let Some(key) = &change.request {
            match request::find(transaction.connection, key, transaction.now).await? {
                None => {}
                Some(Known::OtherCommand) => return Ok(Decision::Unchanged(AskAnswer::KeyReused)),
                Some(Known::Open { subject } | Known::Ended { subject, .. }) => {
                    let approval = find(transaction, ApprovalId::from_uuid(subject)).await?;
                    let answer = approval.map_or(AskAnswer::Posted, |it| AskAnswer::Asked(Box::new(it)));
                    return Ok(Decision::Unchanged(answer));
                }
            }
        }
        let waiting: i64 =
            sqlx::query_scalar("SELECT COUNT(*) FROM approval WHERE state = 'waiting' AND expires_at > ?1")
                .bind(transaction.now_text())
                .fetch_one(&mut *transaction.connection)
                .await?;
        if waiting >= i64::from(asking.waiting_at_most) {
            return Ok(Decision::Refused(AskAnswer::TooManyWaiting, None));
        }
        insert(transaction, asking).await?;
        let until = transaction.now + asking.lifetime;
        let (key, subject) = (change.request.as_ref(), asking.id.as_uuid());
        request::store_ended_at(transaction, key, subject, &asking.id, until).await?;
        Ok(Decision::Applied(AskAnswer::Asked(changed(transaction, asking.id).await?)))
    }
}

async fn insert(transaction: &mut Transaction<'_>, asking: &ApprovalAsking) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO approval (id, user_id, operation, direction, amount, currency, reason, asked_by, operator,
                               asked_at, expires_at, state)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, 'waiting')",
    )
    .bind(text(asking.id))
    .bind(asking.user.as_str())
    .bind(asking.kind.as_str())
    .bind(asking.direction.as_str())
    .bind(asking.amount.micros())
    .bind(asking.amount.currency().code())
    .bind(&asking.reason)
    .bind(to_json(&asking.by)?)
    .bind(Operator::of(&asking.by).as_str())
    .bind(time::to_text(asking.at))
    .bind(time::to_text(transaction.now + asking.lifetime))
    .execute(&mut *transaction.connection)
    .await?;
    Ok(())
}

/// A decision, for storing.
struct Decided<'a> {
    by: &'a Actor,
    reason: &'a str,
    at: DateTime<Utc>,
}

async fn decide(
    transaction: &mut Transaction<'_>,
    id: ApprovalId,
    state: ApprovalState,
    decided: &Decided<'_>,
) -> Result<(), Fault> {
    sqlx::query(
        "UPDATE approval SET state = ?2, decided_by = ?3, decision_reason = ?4, decided_at = ?5 WHERE id = ?1",
    )
    .bind(text(id))
    .bind(state.as_str())
    .bind(to_json(decided.by)?)
    .bind(decided.reason)
    .bind(time::to_text(decided.at))
    .execute(&mut *transaction.connection)
    .await?;
    Ok(())
}

#[async_trait]
impl Apply for ApprovalGrant {
    type Answer = ApproveAnswer;

    async fn apply(
        change: &Change<Self>,
        transaction: &mut Transaction<'_>,
    ) -> Result<Decision<ApproveAnswer>, Fault> {
        let grant = &change.body;
        let id = grant.approval.id;
        let Some(approval) = find(transaction, id).await? else {
            return Ok(Decision::Unchanged(ApproveAnswer::NotFound));
        };
        match approval.state {
            ApprovalState::Waiting => {}
            ApprovalState::Approved => {
                let balance = balance_after(transaction, id.transfer()).await?;
                let balance =
                    balance.ok_or_else(|| Fault::Broken(format!("approval {id} is not in the journal")))?;
                let approval = Box::new(approval);
                return Ok(Decision::Unchanged(ApproveAnswer::ApprovedBefore { approval, balance }));
            }
            ApprovalState::Rejected | ApprovalState::Expired => {
                return Ok(Decision::Unchanged(ApproveAnswer::Ended(Box::new(approval))));
            }
        }
        let asker = Operator::of(&approval.asked_by);
        if is_same_operator(transaction, asker.as_str(), grant.operator().as_str()).await? {
            return Ok(Decision::Unchanged(ApproveAnswer::SameOperator));
        }
        match ledger::correct(transaction, &approval.adjustment(grant.at)).await? {
            Corrected::TooLarge => Ok(Decision::Refused(ApproveAnswer::TooLarge, None)),
            Corrected::Insufficient(balance) => {
                Ok(Decision::Refused(ApproveAnswer::Insufficient { balance }, None))
            }
            Corrected::Posted(balance) => {
                let ApprovalGrant { by, reason, at, .. } = grant;
                decide(transaction, id, ApprovalState::Approved, &Decided { by, reason, at: *at }).await?;
                let approval = changed(transaction, id).await?;
                Ok(Decision::Applied(ApproveAnswer::Approved { approval, balance }))
            }
        }
    }
}

#[async_trait]
impl Apply for ApprovalRejection {
    type Answer = RejectAnswer;

    async fn apply(
        change: &Change<Self>,
        transaction: &mut Transaction<'_>,
    ) -> Result<Decision<RejectAnswer>, Fault> {
        let Self { id, by, reason, at } = &change.body;
        let id = *id;
        let Some(approval) = find(transaction, id).await? else {
            return Ok(Decision::Unchanged(RejectAnswer::NotFound));
        };
        match approval.state {
            ApprovalState::Waiting => {
                decide(transaction, id, ApprovalState::Rejected, &Decided { by, reason, at: *at }).await?;
                Ok(Decision::Applied(RejectAnswer::Rejected(changed(transaction, id).await?)))
            }
            ApprovalState::Rejected => Ok(Decision::Unchanged(RejectAnswer::Rejected(Box::new(approval)))),
            ApprovalState::Approved | ApprovalState::Expired => {
                Ok(Decision::Unchanged(RejectAnswer::Ended(Box::new(approval))))
            }
        }
    }
}
