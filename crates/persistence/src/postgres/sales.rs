//! The switch of sales, turned by an operator or by the watch over the money at the provider. `open_purchase_4` reads it.

use async_trait::async_trait;
use sqlx::FromRow;
use sqlx::types::Json;
use trunkline_domain::Change;
use trunkline_provisioning::port::{
    RunwayAnswer, RunwayNote, SalesStart, SalesState, SalesStop, SalesStore, StartAnswer, StopAnswer,
    StoreError,
};

use super::PostgresStore;
use super::pool::Query;
use crate::cell::Moment;
use crate::error::Failure;
use crate::row::SalesRow;

#[async_trait]
impl SalesStore for PostgresStore {
    async fn sales(&self) -> Result<SalesState, StoreError> {
        Ok(self.read_sales().await?)
    }

    async fn stop_sales(&self, change: &Change<SalesStop>) -> Result<StopAnswer, StoreError> {
        let SalesStop { by, reason, at } = &change.body;
        let query = sqlx::query_as("SELECT trunkline.stop_sales_1($1, $2, $3, $4, $5)")
            .bind(Json(by))
            .bind(reason)
            .bind(Moment::of(*at).time())
            .bind(Json(&change.events))
            .bind(Json(&change.audit));
        let answers = [("stopped", StopAnswer::Stopped), ("stopped_before", StopAnswer::StoppedBefore)];
        Ok(self.switched("stop_sales_1", query, &answers).await?)
    }

    async fn start_sales(&self, change: &Change<SalesStart>) -> Result<StartAnswer, StoreError> {
        let query = sqlx::query_as("SELECT trunkline.start_sales_1($1, $2)")
            .bind(Json(&change.events))
            .bind(Json(&change.audit));
        let answers = [("started", StartAnswer::Started), ("not_stopped", StartAnswer::NotStopped)];
        Ok(self.switched("start_sales_1", query, &answers).await?)
    }

    async fn note_runway(&self, change: &Change<RunwayNote>) -> Result<RunwayAnswer, StoreError> {
        let RunwayNote { shortage, at } = &change.body;
        let query = sqlx::query_as("SELECT trunkline.note_runway_1($1, $2, $3, $4, $5, $6, $7)")
            .bind(shortage.map(|shortage| shortage.balance.amount()))
            .bind(shortage.map(|shortage| shortage.coming_fees.amount()))
            .bind(shortage.map(|shortage| shortage.floor.amount()))
            .bind(shortage.map(|shortage| shortage.balance.currency().code()))
            .bind(Moment::of(*at).time())
            .bind(Json(&change.events))
            .bind(Json(&change.audit));
        let answers = [
            ("paused", RunwayAnswer::Paused),
            ("resumed", RunwayAnswer::Resumed),
            ("as_before", RunwayAnswer::AsBefore),
        ];
        Ok(self.switched("note_runway_1", query, &answers).await?)
    }
}

/// How sales stand, and by whose clock.
#[derive(FromRow)]
struct StateRow {
    at: Moment,
    #[sqlx(flatten)]
    sales: SalesRow,
}

impl PostgresStore {
    async fn read_sales(&self) -> Result<SalesState, Failure> {
        let query = sqlx::query_as(
            "SELECT clock.at, switch.stopped_at, switch.stopped_by, switch.stop_reason, switch.paused_at,
                    switch.balance, switch.coming_fees, switch.floor, switch.currency,
                    (SELECT COUNT(*) FROM trunkline.orders counted
                     WHERE counted.opened_at >= date_trunc('day', clock.at, 'UTC') AND counted.state <> 'failed'
                    ) AS purchases_today
             FROM trunkline.sales switch, (SELECT trunkline.lease_time_1($1) AS at OFFSET 0) AS clock",
        )
        .bind(self.lease_time.given());
        let row: Option<StateRow> = self.pool.find(query).await?;
        let row = row.ok_or_else(|| Failure::Broken("the switch of sales is missing".to_owned()))?;
        Ok(row.sales.state(row.at)?)
    }

    /// Turns the switch, and answers with what the function's word for it means.
    async fn switched<A: Copy>(
        &self,
        function: &'static str,
        query: Query<'_, (String,)>,
        answers: &[(&str, A)],
    ) -> Result<A, Failure> {
        let (outcome,) = self.pool.change(query).await?;
        let answer = answers.iter().find(|(word, _)| *word == outcome);
        answer
            .map(|(_, answer)| *answer)
            .ok_or_else(|| Failure::Broken(format!("{function} answered `{outcome}`")))
    }
}
