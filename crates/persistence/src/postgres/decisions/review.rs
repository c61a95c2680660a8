//! What ends a number without a release, and the ends of reviews.

use sqlx::FromRow;
use sqlx::types::Json;
use trunkline_domain::{Change, NumberEvent, ReviewReason};
use trunkline_provisioning::port::{
    OrphanRefusal, OrphanResumeAnswer, OrphanResumption, ReleaseResumption, ReleaseStop, ReleaseTransition,
    ResumeAnswer, ReviewKeeping, StoppedReleases, WriteOff,
};
use trunkline_provisioning::{LeaseToken, ReleaseOutcome};

use crate::error::Failure;
use crate::postgres::PostgresStore;
use crate::postgres::answer::{Answer, number_answer};
use crate::postgres::cells::interval;
use crate::postgres::numbers::{statuses_before, transition};
use crate::row::NumberRow;

#[derive(FromRow)]
struct ResumedRow {
    outcome: String,
    lease: Option<i64>,
}

impl PostgresStore {
    pub(super) async fn write_number_off(
        &self,
        change: &Change<WriteOff>,
    ) -> Result<ReleaseTransition, Failure> {
        let write_off = &change.body;
        let query = sqlx::query_as(number_answer!("write_off_number_1($1, $2, $3, $4, $5, $6, $7)"))
            .bind(write_off.number.as_uuid())
            .bind(statuses_before(NumberEvent::WriteOff))
            .bind(Json(ReleaseOutcome::Released))
            .bind(write_off.at)
            .bind(Json(&change.events))
            .bind(Json(&change.audit))
            .bind(self.lease_time.given());
        transition("write_off_number_1", self.pool.change(query).await?)
    }

    pub(super) async fn stop_every_release(
        &self,
        change: &Change<ReleaseStop>,
    ) -> Result<StoppedReleases, Failure> {
        let query = sqlx::query_as("SELECT numbers, orphans FROM trunkline.stop_releases_1($1, $2, $3, $4)")
            .bind(ReviewReason::Stopped.as_str())
            .bind(change.body.at)
            .bind(Json(&change.events))
            .bind(Json(&change.audit));
        let (numbers, orphans): (i64, i64) = self.pool.change(query).await?;
        Ok(StoppedReleases { numbers: numbers.unsigned_abs(), orphans: orphans.unsigned_abs() })
    }

    pub(super) async fn resume_stopped_release(
        &self,
        change: &Change<ReleaseResumption>,
    ) -> Result<ResumeAnswer, Failure> {
        let resumption = &change.body;
        let query = sqlx::query_as(number_answer!("resume_release_1($1, $2, $3, $4, $5, $6, $7)"))
            .bind(resumption.number.as_uuid())
            .bind(statuses_before(NumberEvent::ResumeRelease))
            .bind(interval(resumption.terms.lease))
            .bind(resumption.at)
            .bind(Json(&change.events))
            .bind(Json(&change.audit))
            .bind(self.lease_time.given());
        let answer: Answer<NumberRow> = self.pool.change(query).await?;
        match answer.outcome.as_str() {
            "resumed" => Ok(ResumeAnswer::Resumed(answer.row()?.begun()?)),
            "stale" => Ok(ResumeAnswer::Stale(answer.row()?.number()?)),
            _ => Err(answer.unknown("resume_release_1")),
        }
    }

    pub(super) async fn keep_number(
        &self,
        change: &Change<ReviewKeeping>,
    ) -> Result<ReleaseTransition, Failure> {
        let keeping = &change.body;
        let query = sqlx::query_as(number_answer!("keep_number_1($1, $2, $3, $4, $5, $6, $7)"))
            .bind(keeping.number.as_uuid())
            .bind(statuses_before(NumberEvent::Keep))
            .bind(Json(ReleaseOutcome::RefusedByProvider { code: None }))
            .bind(keeping.at)
            .bind(Json(&change.events))
            .bind(Json(&change.audit))
            .bind(self.lease_time.given());
        transition("keep_number_1", self.pool.change(query).await?)
    }

    pub(super) async fn resume_stopped_orphan(
        &self,
        change: &Change<OrphanResumption>,
    ) -> Result<OrphanResumeAnswer, Failure> {
        let resumption = &change.body;
        let query = sqlx::query_as(
            "SELECT outcome, lease FROM trunkline.resume_orphan_1($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(resumption.identity.number.as_str())
        .bind(resumption.after.as_i64())
        .bind(interval(resumption.terms.lease))
        .bind(resumption.at)
        .bind(Json(&change.events))
        .bind(Json(&change.audit))
        .bind(self.lease_time.given());
        let row: ResumedRow = self.pool.change(query).await?;
        let refusal = match (row.outcome.as_str(), row.lease) {
            ("resumed", Some(lease)) => {
                return Ok(OrphanResumeAnswer::Resumed(LeaseToken::from_i64(lease)));
            }
            ("unknown_order", _) => OrphanRefusal::UnknownOrder,
            ("order_not_failed", _) => OrphanRefusal::OrderNotFailed,
            ("number_exists", _) => OrphanRefusal::NumberExists,
            ("in_progress", _) => OrphanRefusal::InProgress,
            (outcome, _) => return Err(Failure::Broken(format!("resume_orphan_1 answered `{outcome}`"))),
        };
        Ok(OrphanResumeAnswer::Refused(refusal))
    }
}
