//! What follows the beginning of a release: done, refused by the provider, left until later, or handed to an operator.

use sqlx::types::Json;
use trunkline_domain::{Change, NumberEvent};
use trunkline_provisioning::ReleaseOutcome;
use trunkline_provisioning::port::{
    ReleaseEnd, ReleaseParking, ReleaseReferral, ReleaseReturn, ReleaseTransition,
};

use super::releases::statuses_before;
use crate::error::Failure;
use crate::postgres::PostgresStore;
use crate::postgres::answer::{Answer, number_answer};
use crate::postgres::cells::interval;
use crate::row::NumberRow;

impl PostgresStore {
    pub(super) async fn finish_release(
        &self,
        change: &Change<ReleaseEnd>,
    ) -> Result<ReleaseTransition, Failure> {
        let end = &change.body;
        let query = sqlx::query_as(number_answer!("finish_release_1($1, $2, $3, $4, $5, $6, $7)"))
            .bind(end.number.as_uuid())
            .bind(statuses_before(NumberEvent::FinishRelease))
            .bind(Json(ReleaseOutcome::Released))
            .bind(end.at)
            .bind(Json(&change.events))
            .bind(Json(&change.audit))
            .bind(self.lease_time.given());
        transition("finish_release_1", self.pool.change(query).await?)
    }

    pub(super) async fn give_release_back(
        &self,
        change: &Change<ReleaseReturn>,
    ) -> Result<ReleaseTransition, Failure> {
        let back = &change.body;
        let query = sqlx::query_as(number_answer!("give_back_release_1($1, $2, $3, $4, $5, $6, $7, $8)"))
            .bind(back.number.as_uuid())
            .bind(statuses_before(NumberEvent::RefuseRelease))
            .bind(back.lease.as_i64())
            .bind(Json(ReleaseOutcome::RefusedByProvider { code: back.code }))
            .bind(back.at)
            .bind(Json(&change.events))
            .bind(Json(&change.audit))
            .bind(self.lease_time.given());
        transition("give_back_release_1", self.pool.change(query).await?)
    }

    pub(super) async fn park_release(
        &self,
        change: &Change<ReleaseParking>,
    ) -> Result<ReleaseTransition, Failure> {
        let parking = &change.body;
        let query = sqlx::query_as(number_answer!("park_release_1($1, $2, $3, $4, $5, $6, $7)"))
            .bind(parking.number.as_uuid())
            .bind(parking.lease.as_i64())
            .bind(interval(parking.next_attempt_in))
            .bind(i64::from(parking.attempts))
            .bind(Json(&change.events))
            .bind(Json(&change.audit))
            .bind(self.lease_time.given());
        transition("park_release_1", self.pool.change(query).await?)
    }

    pub(super) async fn refer_release(
        &self,
        change: &Change<ReleaseReferral>,
    ) -> Result<ReleaseTransition, Failure> {
        let referral = &change.body;
        let query = sqlx::query_as(number_answer!("refer_release_1($1, $2, $3, $4, $5, $6, $7)"))
            .bind(referral.number.as_uuid())
            .bind(statuses_before(NumberEvent::Refer))
            .bind(referral.lease.as_i64())
            .bind(referral.reason.as_str())
            .bind(referral.at)
            .bind(Json(&change.events))
            .bind(Json(&change.audit));
        transition("refer_release_1", self.pool.change(query).await?)
    }
}

/// What a function's answer says of a transition.
pub(in crate::postgres) fn transition(
    function: &'static str,
    answer: Answer<NumberRow>,
) -> Result<ReleaseTransition, Failure> {
    match answer.outcome.as_str() {
        "applied" => Ok(ReleaseTransition::Applied(answer.row()?.number()?)),
        "stale" => Ok(ReleaseTransition::Stale(answer.row()?.number()?)),
        _ => Err(answer.unknown(function)),
    }
}
