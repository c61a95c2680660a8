//! Beginning the release of an orphan: only where this database knows that the number is nobody's, or that whoever had
//! it has given it back.

use sqlx::FromRow;
use sqlx::types::Json;
use trunkline_domain::Change;
use trunkline_provisioning::LeaseToken;
use trunkline_provisioning::port::{LeftoverOpening, OrphanAnswer, OrphanOpening, OrphanRefusal};

use crate::error::Failure;
use crate::postgres::PostgresStore;
use crate::postgres::cells::interval;

#[derive(FromRow)]
struct BegunRow {
    outcome: String,
    lease: Option<i64>,
}

impl PostgresStore {
    pub(super) async fn begin_orphan(&self, change: &Change<OrphanOpening>) -> Result<OrphanAnswer, Failure> {
        let (opening, orphan) = (&change.body, &change.body.orphan);
        let query = sqlx::query_as(
            "SELECT outcome, lease FROM trunkline.begin_orphan_1($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(orphan.identity.number.as_str())
        .bind(orphan.identity.account.as_str())
        .bind(orphan.phone_number.as_str())
        .bind(orphan.order.as_uuid())
        .bind(interval(opening.terms.lease))
        .bind(opening.at)
        .bind(Json(&change.events))
        .bind(Json(&change.audit))
        .bind(self.lease_time.given());
        let row: BegunRow = self.pool.change(query).await?;
        row.answer("begin_orphan_1")
    }

    pub(super) async fn begin_leftover_release(
        &self,
        change: &Change<LeftoverOpening>,
    ) -> Result<OrphanAnswer, Failure> {
        let (opening, orphan) = (&change.body, &change.body.orphan);
        let query = sqlx::query_as(
            "SELECT outcome, lease FROM trunkline.begin_leftover_1($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        )
        .bind(opening.number.as_uuid())
        .bind(orphan.identity.number.as_str())
        .bind(orphan.identity.account.as_str())
        .bind(orphan.phone_number.as_str())
        .bind(orphan.order.as_uuid())
        .bind(interval(opening.terms.lease))
        .bind(opening.at)
        .bind(Json(&change.events))
        .bind(Json(&change.audit))
        .bind(self.lease_time.given());
        let row: BegunRow = self.pool.change(query).await?;
        row.answer("begin_leftover_1")
    }
}

impl BegunRow {
    fn answer(&self, function: &str) -> Result<OrphanAnswer, Failure> {
        let refusal = match (self.outcome.as_str(), self.lease) {
            ("begun", Some(lease)) => return Ok(OrphanAnswer::Begun(LeaseToken::from_i64(lease))),
            ("unknown_order", _) => OrphanRefusal::UnknownOrder,
            ("order_not_failed", _) => OrphanRefusal::OrderNotFailed,
            ("number_exists", _) => OrphanRefusal::NumberExists,
            ("not_released", _) => OrphanRefusal::NotReleased,
            ("claimed_by_other", _) => OrphanRefusal::ClaimedByOther,
            ("in_progress", _) => OrphanRefusal::InProgress,
            (outcome, _) => return Err(Failure::Broken(format!("{function} answered `{outcome}`"))),
        };
        Ok(OrphanAnswer::Refused(refusal))
    }
}
