//! TX1 of a release: `releasing`, or `released` at once for the record of a number elsewhere, or a refusal.

use sqlx::types::Json;
use trunkline_domain::{Change, NumberEvent};
use trunkline_provisioning::ReleaseOutcome;
use trunkline_provisioning::port::{ReleaseAnswer, ReleaseOpening};

use super::releases::statuses_before;
use crate::codec::from_json;
use crate::error::Failure;
use crate::postgres::answer::{KeyedAnswer, number_answer};
use crate::postgres::cells::interval;
use crate::postgres::orders::uuids;
use crate::postgres::{PostgresStore, envelope};
use crate::row::NumberRow;

impl PostgresStore {
    pub(super) async fn begin_release(
        &self,
        change: &Change<ReleaseOpening>,
    ) -> Result<ReleaseAnswer, Failure> {
        let opening = &change.body;
        let query = sqlx::query_as(
            number_answer!(keyed "begin_release_2($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"),
        )
        .bind(opening.number.as_uuid())
        .bind(opening.user.as_str())
        .bind(opening.within.as_deref().map(uuids))
        .bind(statuses_before(NumberEvent::BeginRelease))
        .bind(interval(opening.terms.lease))
        .bind(Json(ReleaseOutcome::Released))
        .bind(opening.at)
        .bind(envelope::request(change.request.as_ref()))
        .bind(Json(&change.events))
        .bind(Json(&change.audit))
        .bind(self.lease_time.given());
        let KeyedAnswer::<NumberRow> { answer, known } = self.pool.change(query).await?;
        match answer.outcome.as_str() {
            "begun" => Ok(ReleaseAnswer::Begun(answer.row()?.begun()?)),
            "record_removed" => Ok(ReleaseAnswer::RecordRemoved(answer.row()?.number()?)),
            "refused" => refused(&known.document()?),
            _ => Ok(ReleaseAnswer::Repeat(known.known()?.into_repeat()?)),
        }
    }
}

/// A refusal is stored and answered as the end that the client hears.
fn refused(document: &str) -> Result<ReleaseAnswer, Failure> {
    match from_json("request.outcome", document)? {
        ReleaseOutcome::Refused { why } => Ok(ReleaseAnswer::Refused(why)),
        end @ (ReleaseOutcome::Released
        | ReleaseOutcome::Pending
        | ReleaseOutcome::RefusedByProvider { .. }) => {
            Err(Failure::Broken(format!("begin_release_2 refused with {end:?}")))
        }
    }
}
