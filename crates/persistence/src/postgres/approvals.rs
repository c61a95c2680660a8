//! Approvals: what waits for another operator.

use sqlx::postgres::PgRow;
use sqlx::types::Json;
use sqlx::{FromRow, Postgres, QueryBuilder};
use trunkline_domain::{ApprovalId, Change};
use trunkline_wallet::{
    AccountId, AccountKind, Approval, ApprovalAsking, ApprovalFilter, ApprovalGrant, ApprovalPage,
    ApprovalRejection, ApprovalState, ApproveAnswer, AskAnswer, Balance, Operator, RejectAnswer,
};

use super::answer::{Answer, row_where};
use super::cells::interval;
use super::{PostgresStore, envelope};
use crate::cell::Moment;
use crate::columns::approval_columns;
use crate::error::{Failure, Fault};
use crate::row::{ApprovalRow, BalanceRow};

/// Calls a function that answers with an outcome and an approval; the last parameter, named apart, is the time.
macro_rules! approval_answer {
    ($outcome:literal, $call:literal, $now:literal) => {
        concat!(
            "SELECT ",
            $outcome,
            ", ",
            approval_columns!(),
            ", expires_at <= trunkline.lease_time_1(",
            $now,
            ") AS is_past FROM trunkline.",
            $call,
            " AS answer CROSS JOIN LATERAL (SELECT (answer.approval_row).*) AS approval_row"
        )
    };
}

/// What became of approving, with the balance that it led to, or that refuses it.
struct GrantRow {
    answer: Answer<ApprovalRow>,
    balance: Option<BalanceRow>,
}

impl FromRow<'_, PgRow> for GrantRow {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self { answer: Answer::from_row(row)?, balance: row_where("posted", row)? })
    }
}

impl GrantRow {
    fn balance(&self) -> Result<Balance, Fault> {
        let balance = self.balance.as_ref();
        balance.ok_or_else(|| Fault::Broken("approve_2 forgot the balance".to_owned()))?.balance()
    }

    fn answer(self) -> Result<ApproveAnswer, Failure> {
        match self.answer.outcome.as_str() {
            "approved" => {
                let balance = self.balance()?;
                Ok(ApproveAnswer::Approved { approval: approval(self.answer)?, balance })
            }
            "approved_before" => {
                let balance = self.balance()?;
                Ok(ApproveAnswer::ApprovedBefore { approval: approval(self.answer)?, balance })
            }
            "ended" => Ok(ApproveAnswer::Ended(approval(self.answer)?)),
            "same_operator" => Ok(ApproveAnswer::SameOperator),
            "insufficient" => Ok(ApproveAnswer::Insufficient { balance: self.balance()? }),
            "too_large" => Ok(ApproveAnswer::TooLarge),
            "not_found" => Ok(ApproveAnswer::NotFound),
            _ => Err(self.answer.unknown("approve_2")),
        }
    }
}

fn approval(answer: Answer<ApprovalRow>) -> Result<Box<Approval>, Fault> {
    answer.row()?.approval().map(Box::new)
}

impl PostgresStore {
    pub(super) async fn store_asking(&self, change: &Change<ApprovalAsking>) -> Result<AskAnswer, Failure> {
        let asking = &change.body;
        let query = sqlx::query_as(approval_answer!(
            "outcome",
            "ask_approval_1($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
            "$16"
        ))
        .bind(asking.id.as_uuid())
        .bind(asking.user.as_str())
        .bind(asking.kind.as_str())
        .bind(asking.direction.as_str())
        .bind(asking.amount.amount())
        .bind(asking.amount.currency().code())
        .bind(&asking.reason)
        .bind(Json(&asking.by))
        .bind(Operator::of(&asking.by).as_str().to_owned())
        .bind(Moment::of(asking.at).time())
        .bind(interval(asking.lifetime))
        .bind(i64::from(asking.waiting_at_most))
        .bind(envelope::request(change.request.as_ref()))
        .bind(Json(&change.events))
        .bind(Json(&change.audit))
        .bind(self.lease_time.given());
        let answer: Answer<ApprovalRow> = self.pool.change(query).await?;
        match answer.outcome.as_str() {
            "asked" => Ok(AskAnswer::Asked(approval(answer)?)),
            "posted" => Ok(AskAnswer::Posted),
            "key_reused" => Ok(AskAnswer::KeyReused),
            "too_many" => Ok(AskAnswer::TooManyWaiting),
            _ => Err(answer.unknown("ask_approval_1")),
        }
    }

    pub(super) async fn store_grant(&self, change: &Change<ApprovalGrant>) -> Result<ApproveAnswer, Failure> {
        let grant = &change.body;
        let currency = grant.approval.amount.currency();
        let query = sqlx::query_as(approval_answer!(
            "outcome, posted, held, updated_at",
            "approve_2($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            "$10"
        ))
        .bind(grant.approval.id.as_uuid())
        .bind(AccountId::wallet(&grant.approval.user, currency).as_uuid())
        .bind(AccountId::operator(AccountKind::Funding, currency).as_uuid())
        .bind(grant.operator().as_str().to_owned())
        .bind(Json(&grant.by))
        .bind(&grant.reason)
        .bind(Moment::of(grant.at).time())
        .bind(Json(&change.events))
        .bind(Json(&change.audit))
        .bind(self.lease_time.given());
        let row: GrantRow = self.pool.change(query).await?;
        row.answer()
    }

    pub(super) async fn store_rejection(
        &self,
        change: &Change<ApprovalRejection>,
    ) -> Result<RejectAnswer, Failure> {
        let ApprovalRejection { id, by, reason, at } = &change.body;
        let query = sqlx::query_as(approval_answer!(
            "outcome",
            "reject_approval_1($1, $2, $3, $4, $5, $6, $7)",
            "$7"
        ))
        .bind(id.as_uuid())
        .bind(Json(by))
        .bind(reason)
        .bind(Moment::of(*at).time())
        .bind(Json(&change.events))
        .bind(Json(&change.audit))
        .bind(self.lease_time.given());
        let answer: Answer<ApprovalRow> = self.pool.change(query).await?;
        match answer.outcome.as_str() {
            "rejected" => Ok(RejectAnswer::Rejected(approval(answer)?)),
            "ended" => Ok(RejectAnswer::Ended(approval(answer)?)),
            "not_found" => Ok(RejectAnswer::NotFound),
            _ => Err(answer.unknown("reject_approval_1")),
        }
    }

    pub(super) async fn find_approval(&self, id: ApprovalId) -> Result<Option<Approval>, Failure> {
        let query = sqlx::query_as(concat!(
            "SELECT ",
            approval_columns!(),
            ", expires_at <= trunkline.lease_time_1($2) AS is_past FROM trunkline.approval WHERE id = $1"
        ))
        .bind(id.as_uuid())
        .bind(self.lease_time.given());
        let row: Option<ApprovalRow> = self.pool.find(query).await?;
        Ok(row.map(|row| row.approval()).transpose()?)
    }

    pub(super) async fn find_approvals(&self, filter: &ApprovalFilter) -> Result<ApprovalPage, Failure> {
        let mut query: QueryBuilder<Postgres> = QueryBuilder::new(concat!(
            "SELECT ",
            approval_columns!(),
            ", expires_at <= clock.now AS is_past"
        ));
        query.push(" FROM trunkline.approval CROSS JOIN (SELECT trunkline.lease_time_1(");
        query.push_bind(self.lease_time.given()).push(") AS now OFFSET 0) AS clock WHERE true");
        if let Some(user) = &filter.user {
            query.push(" AND user_id = ").push_bind(user.as_str());
        }
        match filter.state {
            None => {}
            Some(ApprovalState::Waiting) => {
                query.push(" AND state = 'waiting' AND expires_at > clock.now");
            }
            Some(ApprovalState::Expired) => {
                query.push(" AND state = 'waiting' AND expires_at <= clock.now");
            }
            Some(decided @ (ApprovalState::Approved | ApprovalState::Rejected)) => {
                query.push(" AND state = ").push_bind(decided.as_str());
            }
        }
        if let Some(after) = filter.after {
            query.push(" AND id < ").push_bind(after.as_uuid());
        }
        query.push(" ORDER BY id DESC LIMIT ").push_bind(i64::from(filter.limit) + 1);
        let rows: Vec<ApprovalRow> = self.pool.list(query.build_query_as()).await?;
        Ok(ApprovalRow::page(&rows, filter.limit)?)
    }
}
