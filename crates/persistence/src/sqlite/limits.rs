//! What limits single users, set by operators; and what every opening of an order counts, inside its transaction.

use async_trait::async_trait;
use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use trunkline_domain::{Change, UserId};
use trunkline_provisioning::port::{
    LimitStore, LimitsFile, LimitsSetting, PurchaseOpening, SetLimitsAnswer, StoreError,
};
use trunkline_provisioning::{LimitReached, LimitUse, UserLimits};

use super::SqliteStore;
use super::envelope::was_applied;
use super::time;
use super::writer::{Apply, Decision, Transaction};
use crate::codec::{from_json, to_json};
use crate::error::{Failure, Fault};
use crate::row::{LimitUseRow, LimitsFileRow};

/// What a user has, as columns: `?1` the user, `?2` when the day began, `?3` since when given back counts.
macro_rules! limit_use_columns {
    () => {
        "(SELECT COUNT(*) FROM orders WHERE user_id = ?1 AND state IN ('ordering', 'unresolved', 'review'))
         + (SELECT COUNT(*) FROM business_numbers
            WHERE user_id = ?1 AND order_id IS NOT NULL AND status <> 'released') AS numbers,
         (SELECT COUNT(*) FROM orders WHERE user_id = ?1 AND opened_at >= ?2 AND state <> 'failed') AS purchases_today,
         (SELECT COUNT(*) FROM business_numbers
          WHERE user_id = ?1 AND order_id IS NOT NULL AND status = 'released' AND updated_at > ?3) AS released_recently"
    };
}

#[async_trait]
impl LimitStore for SqliteStore {
    async fn limits(&self, user: &UserId) -> Result<LimitsFile, StoreError> {
        Ok(self.read_limits(user).await?)
    }

    async fn set_limits(&self, change: &Change<LimitsSetting>) -> Result<SetLimitsAnswer, StoreError> {
        Ok(self.writer.write(change.clone()).await?)
    }
}

impl SqliteStore {
    async fn read_limits(&self, user: &UserId) -> Result<LimitsFile, Failure> {
        let mut connection = self.readers.one().await?;
        let now = self.clock.now();
        let row: LimitsFileRow = sqlx::query_as(concat!(
            "SELECT (SELECT limits FROM user_limits WHERE user_id = ?1) AS limits,
                    (SELECT version FROM user_limits WHERE user_id = ?1) AS version, ",
            limit_use_columns!()
        ))
        .bind(user.as_str())
        .bind(midnight(now))
        .bind(churn_since(now))
        .fetch_one(&mut *connection)
        .await?;
        Ok(row.file()?)
    }
}

/// The limit that an opening exceeds.
pub(super) async fn reached(
    transaction: &mut Transaction<'_>,
    opening: &PurchaseOpening,
) -> Result<Option<LimitReached>, Fault> {
    let own: Option<String> = sqlx::query_scalar("SELECT limits FROM user_limits WHERE user_id = ?1")
        .bind(opening.order.user.as_str())
        .fetch_optional(&mut *transaction.connection)
        .await?;
    let own = own.map(|own| from_json("user_limits.limits", &own)).transpose()?;
    let limits: UserLimits = opening.limits.clone().with(own.unwrap_or_default());
    let used = if limits.count_anything() {
        count(transaction, &opening.order.user).await?
    } else {
        LimitUse::default()
    };
    Ok(limits.reached_by(&opening.order, used))
}

async fn count(transaction: &mut Transaction<'_>, user: &UserId) -> Result<LimitUse, Fault> {
    let row: LimitUseRow = sqlx::query_as(concat!("SELECT ", limit_use_columns!()))
        .bind(user.as_str())
        .bind(midnight(transaction.now))
        .bind(churn_since(transaction.now))
        .fetch_one(&mut *transaction.connection)
        .await?;
    Ok(row.used())
}

/// When the day of a moment began, by UTC, for binding.
fn midnight(now: DateTime<Utc>) -> String {
    time::to_text(now.date_naive().and_time(NaiveTime::MIN).and_utc())
}

/// Since when a number that was given back counts, for binding.
fn churn_since(now: DateTime<Utc>) -> String {
    time::to_text(now - TimeDelta::days(UserLimits::CHURN_DAYS))
}

#[async_trait]
impl Apply for LimitsSetting {
    type Answer = SetLimitsAnswer;

    async fn apply(
        change: &Change<Self>,
        transaction: &mut Transaction<'_>,
    ) -> Result<Decision<SetLimitsAnswer>, Fault> {
        if was_applied(transaction, change).await? {
            return Ok(Decision::Unchanged(SetLimitsAnswer::Set));
        }
        let Self { user, own, version, at } = &change.body;
        let set = sqlx::query(
            "INSERT INTO user_limits (user_id, limits, version, updated_at)
             SELECT ?1, ?2, ?3 + 1, ?4
             WHERE ?3 = COALESCE((SELECT version FROM user_limits WHERE user_id = ?1), 0)
             ON CONFLICT (user_id) DO UPDATE SET
                 limits = excluded.limits, version = excluded.version, updated_at = excluded.updated_at",
        )
        .bind(user.as_str())
        .bind(to_json(own)?)
        .bind(*version)
        .bind(time::to_text(*at))
        .execute(&mut *transaction.connection)
        .await?;
        Ok(match set.rows_affected() {
            0 => Decision::Unchanged(SetLimitsAnswer::Moved),
            _ => Decision::Applied(SetLimitsAnswer::Set),
        })
    }
}
