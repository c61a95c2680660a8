//! Notices to customers, the balances at which they are told, and wallets that have moved.

use std::time::Duration;

use async_trait::async_trait;
use sqlx::types::Json;
use trunkline_domain::{Change, Currency, UserId, WalletId};
use trunkline_notices::{
    AlertStore, Alerts, AlertsSetting, EmailAddress, Letter, LetterDelivery, LetterSetback, Look,
    MovedWallet, NextSending, NoticeFilter, NoticeRecord, NoticeStore, NoticeStoreError, STEPS_MAX,
};

use super::PostgresStore;
use super::cells::interval;
use crate::cell::Moment;
use crate::codec::readable;
use crate::columns::notice_columns;
use crate::error::{Failure, Fault};
use crate::row::{AlertsRow, MovedRow, NoticeFields, NoticeMailRow, alerts_columns, stored_thresholds};

#[async_trait]
impl AlertStore for PostgresStore {
    async fn alerts(&self, user: &UserId, currency: Currency) -> Result<Alerts, NoticeStoreError> {
        Ok(self.read_alerts(user, currency).await?)
    }

    async fn set_alerts(&self, change: &Change<AlertsSetting>) -> Result<(), NoticeStoreError> {
        Ok(self.store_alerts(change).await?)
    }

    async fn moved_wallets(
        &self,
        after: Option<WalletId>,
        limit: u16,
    ) -> Result<Vec<MovedWallet>, NoticeStoreError> {
        Ok(self.find_moved(after, limit).await?)
    }

    async fn look(&self, change: &Change<Look>) -> Result<bool, NoticeStoreError> {
        Ok(self.look_at_wallet(change).await?)
    }
}

#[async_trait]
impl NoticeStore for PostgresStore {
    async fn notices(&self, filter: &NoticeFilter) -> Result<Vec<NoticeRecord>, NoticeStoreError> {
        Ok(self.find_notices(filter).await?)
    }

    async fn claim_letters(&self, lease: Duration, limit: u16) -> Result<Vec<Letter>, NoticeStoreError> {
        Ok(self.claim_notice_letters(lease, limit).await?)
    }

    async fn note_sent(&self, change: &Change<LetterDelivery>) -> Result<bool, NoticeStoreError> {
        Ok(self.deliver_notice(change).await?)
    }

    async fn set_letter_back(&self, change: &Change<LetterSetback>) -> Result<bool, NoticeStoreError> {
        Ok(self.set_back_notice(change).await?)
    }
}

impl PostgresStore {
    async fn read_alerts(&self, user: &UserId, currency: Currency) -> Result<Alerts, Failure> {
        let query = sqlx::query_as(concat!(
            "SELECT ",
            alerts_columns!(),
            ", (SELECT known.email FROM trunkline.users known WHERE known.id = $1) AS account_email
             FROM (SELECT 1) AS one
             LEFT JOIN trunkline.wallet_alert own ON own.user_id = $1 AND own.currency = $2"
        ))
        .bind(user.as_str())
        .bind(currency.code());
        let row: Option<AlertsRow> = self.pool.find(query).await?;
        let row = row.ok_or_else(|| Failure::Broken("a question for alerts returned no row".to_owned()))?;
        Ok(row.alerts(currency)?)
    }

    async fn store_alerts(&self, change: &Change<AlertsSetting>) -> Result<(), Failure> {
        let AlertsSetting { user, currency, own, email, at } = &change.body;
        let query = sqlx::query_as("SELECT trunkline.set_wallet_alerts_1($1, $2, $3, $4, $5, $6, $7)")
            .bind(user.as_str())
            .bind(currency.code())
            .bind(own.as_ref().map(stored_thresholds))
            .bind(email.as_ref().map(EmailAddress::as_str))
            .bind(Moment::of(*at).time())
            .bind(Json(&change.events))
            .bind(Json(&change.audit));
        let (_is_new,): (bool,) = self.pool.change(query).await?;
        Ok(())
    }

    async fn find_moved(&self, after: Option<WalletId>, limit: u16) -> Result<Vec<MovedWallet>, Failure> {
        let query = sqlx::query_as(concat!(
            "SELECT moved.wallet_id, wallet.user_id, wallet.currency, watch.revision, watch.version AS seen_version,
                    watch.available AS seen_available, watch.thresholds AS seen_thresholds,
                    (SELECT json_agg(json_build_array(
                                step.wallet_version, ((step.posted_after - step.held_after) * 1000000)::bigint))
                     FROM (SELECT row.wallet_version, row.posted_after, row.held_after FROM trunkline.transfer AS row
                           WHERE row.wallet_id = moved.wallet_id AND row.wallet_version > COALESCE(watch.version, 0)
                           ORDER BY row.wallet_version LIMIT $3) AS step) AS steps, ",
            alerts_columns!(),
            ", (SELECT known.email FROM trunkline.users known WHERE known.id = wallet.user_id) AS account_email
             FROM trunkline.wallet_moved moved
             JOIN trunkline.account wallet ON wallet.id = moved.wallet_id
             LEFT JOIN trunkline.wallet_watch watch ON watch.wallet_id = moved.wallet_id
             LEFT JOIN trunkline.wallet_alert own ON own.user_id = wallet.user_id AND own.currency = wallet.currency
             WHERE $1::uuid IS NULL OR moved.wallet_id > $1
             ORDER BY moved.wallet_id LIMIT $2"
        ))
        .bind(after.map(|wallet| wallet.as_uuid()))
        .bind(i64::from(limit))
        .bind(i64::from(STEPS_MAX));
        let rows: Vec<MovedRow> = self.pool.list(query).await?;
        let moved = rows.iter().map(|row| readable("moved wallet", &row.name(), row.moved()));
        Ok(moved.filter_map(Result::transpose).collect::<Result<_, Fault>>()?)
    }

    async fn look_at_wallet(&self, change: &Change<Look>) -> Result<bool, Failure> {
        let look = &change.body;
        let alerts = i32::try_from(look.alerts).map_err(|_| {
            Failure::Broken(format!("the alerts of {} have version {}", look.user, look.alerts))
        })?;
        let notices: Vec<NoticeFields<'_>> = look.notices.iter().map(NoticeFields::of).collect();
        let query =
            sqlx::query_as("SELECT trunkline.look_at_wallet_1($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)")
                .bind(look.wallet.as_uuid())
                .bind(look.user.as_str())
                .bind(look.currency.code())
                .bind(look.after)
                .bind(alerts)
                .bind(look.standing.version)
                .bind(look.standing.available.amount())
                .bind(stored_thresholds(&look.standing.thresholds))
                .bind(Json(notices))
                .bind(Json(&change.events))
                .bind(Json(&change.audit));
        let (is_stored,) = self.pool.change(query).await?;
        Ok(is_stored)
    }

    async fn find_notices(&self, filter: &NoticeFilter) -> Result<Vec<NoticeRecord>, Failure> {
        let query = sqlx::query_as(concat!(
            "SELECT ",
            notice_columns!(),
            " FROM trunkline.notice WHERE user_id = $1 AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $3"
        ))
        .bind(filter.user.as_str())
        .bind(filter.after.map(|notice| notice.as_uuid()))
        .bind(i64::from(filter.limit));
        let rows: Vec<NoticeMailRow> = self.pool.list(query).await?;
        Ok(NoticeMailRow::records(&rows))
    }

    /// Takes letters that are due, the oldest first. What another worker takes at this moment is left to it.
    async fn claim_notice_letters(&self, lease: Duration, limit: u16) -> Result<Vec<Letter>, Failure> {
        let query = sqlx::query_as(concat!(
            "WITH clock AS MATERIALIZED (SELECT trunkline.lease_time_1($1) AS now),
             due AS (
                 SELECT waiting.id AS due_id
                 FROM trunkline.notice waiting CROSS JOIN clock
                 WHERE waiting.mail = 'waiting'
                   AND (waiting.leased_until IS NULL OR waiting.leased_until <= clock.now)
                   AND (waiting.next_attempt_at IS NULL OR waiting.next_attempt_at <= clock.now)
                 ORDER BY waiting.id LIMIT $2
                 FOR NO KEY UPDATE OF waiting SKIP LOCKED
             )
             UPDATE trunkline.notice SET lease = lease + 1, leased_until = clock.now + $3
             FROM due, clock WHERE id = due_id
             RETURNING ",
            notice_columns!()
        ))
        .bind(self.lease_time.given())
        .bind(i64::from(limit))
        .bind(interval(lease));
        let rows: Vec<NoticeMailRow> = self.pool.take(query).await?;
        let letters = rows.iter().map(|row| readable("letter", &row.name(), row.letter()));
        let mut letters: Vec<Letter> = letters.filter_map(Result::transpose).collect::<Result<_, Fault>>()?;
        letters.sort_unstable_by_key(|letter| letter.id);
        Ok(letters)
    }

    async fn deliver_notice(&self, change: &Change<LetterDelivery>) -> Result<bool, Failure> {
        let query = sqlx::query_as("SELECT trunkline.deliver_notice_1($1, $2, $3)")
            .bind(change.body.notice.as_uuid())
            .bind(Json(&change.events))
            .bind(Json(&change.audit));
        let (is_new,) = self.pool.change(query).await?;
        Ok(is_new)
    }

    async fn set_back_notice(&self, change: &Change<LetterSetback>) -> Result<bool, Failure> {
        let setback = &change.body;
        let next = match setback.next {
            NextSending::In(pause) => Some(interval(pause)),
            NextSending::Never => None,
        };
        let query = sqlx::query_as("SELECT trunkline.set_back_notice_1($1, $2, $3, $4, $5, $6, $7, $8)")
            .bind(setback.notice.as_uuid())
            .bind(setback.lease.as_i64())
            .bind(i64::from(setback.attempts))
            .bind(setback.next.state().as_str())
            .bind(next)
            .bind(Json(&change.events))
            .bind(Json(&change.audit))
            .bind(self.lease_time.given());
        let (is_set_back,) = self.pool.change(query).await?;
        Ok(is_set_back)
    }
}
