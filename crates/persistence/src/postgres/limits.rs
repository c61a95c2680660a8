//! What limits single users, set by operators. `open_purchase_4` reads it.

use async_trait::async_trait;
use sqlx::types::Json;
use trunkline_domain::{Change, UserId};
use trunkline_provisioning::port::{LimitStore, LimitsFile, LimitsSetting, SetLimitsAnswer, StoreError};

use super::PostgresStore;
use crate::cell::Moment;
use crate::error::Failure;
use crate::row::LimitsFileRow;

#[async_trait]
impl LimitStore for PostgresStore {
    async fn limits(&self, user: &UserId) -> Result<LimitsFile, StoreError> {
        Ok(self.read_limits(user).await?)
    }

    async fn set_limits(&self, change: &Change<LimitsSetting>) -> Result<SetLimitsAnswer, StoreError> {
        Ok(self.store_limits(change).await?)
    }
}

impl PostgresStore {
    async fn read_limits(&self, user: &UserId) -> Result<LimitsFile, Failure> {
        let query = sqlx::query_as(
            "SELECT own.limits, own.version, used.numbers, used.purchases_today, used.released_recently
             FROM trunkline.limits_used_1($1, trunkline.lease_time_1($2)) AS used
             LEFT JOIN trunkline.user_limits own ON own.user_id = $1",
        )
        .bind(user.as_str())
        .bind(self.lease_time.given());
        let row: Option<LimitsFileRow> = self.pool.find(query).await?;
        let row = row.ok_or_else(|| Failure::Broken("limits_used_1 answered nothing".to_owned()))?;
        Ok(row.file()?)
    }

    async fn store_limits(&self, change: &Change<LimitsSetting>) -> Result<SetLimitsAnswer, Failure> {
        let LimitsSetting { user, own, version, at } = &change.body;
        let version = i32::try_from(*version)
            .map_err(|_| Failure::Broken(format!("the limits of {user} have version {version}")))?;
        let query = sqlx::query_as("SELECT trunkline.set_user_limits_1($1, $2, $3, $4, $5, $6)")
            .bind(user.as_str())
            .bind(Json(own))
            .bind(version)
            .bind(Moment::of(*at).time())
            .bind(Json(&change.events))
            .bind(Json(&change.audit));
        let (outcome,): (String,) = self.pool.change(query).await?;
        match outcome.as_str() {
            "set" => Ok(SetLimitsAnswer::Set),
            "moved" => Ok(SetLimitsAnswer::Moved),
            other => Err(Failure::Broken(format!("set_user_limits_1 answered `{other}`"))),
        }
    }
}
