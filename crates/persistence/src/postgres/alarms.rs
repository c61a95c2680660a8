//! Alarms, and the notices of their onsets and ends.

use std::time::Duration;

use async_trait::async_trait;
use sqlx::types::Json;
use trunkline_alarms::{
    Alarm, AlarmEnding, AlarmFilter, AlarmRaising, AlarmRecord, AlarmStore, AlarmStoreError, AlarmsShown,
    ENDED_ALARMS_KEPT, Notice, NoticeDelivery, NoticeSetback, RaiseAnswer,
};
use trunkline_domain::Change;

use super::PostgresStore;
use super::cells::interval;
use crate::cell::Moment;
use crate::codec::{readable, to_json};
use crate::columns::alarm_columns;
use crate::error::{Failure, Fault};
use crate::row::{AlarmRow, NoticeRow, OpenAlarmsRow, pause_of};

#[async_trait]
impl AlarmStore for PostgresStore {
    async fn raise(&self, change: &Change<AlarmRaising>) -> Result<RaiseAnswer, AlarmStoreError> {
        Ok(self.raise_alarm(change).await?)
    }

    async fn end(&self, change: &Change<AlarmEnding>) -> Result<bool, AlarmStoreError> {
        Ok(self.end_alarm(change).await?)
    }

    async fn alarms(&self, filter: &AlarmFilter) -> Result<Vec<AlarmRecord>, AlarmStoreError> {
        Ok(self.find_alarms(filter).await?)
    }

    async fn open_alarms(&self) -> Result<Vec<(Alarm, u64)>, AlarmStoreError> {
        Ok(self.count_open_alarms().await?)
    }

    async fn claim_notices(&self, lease: Duration, limit: u16) -> Result<Vec<Notice>, AlarmStoreError> {
        Ok(self.claim_alarm_notices(lease, limit).await?)
    }

    async fn deliver(&self, change: &Change<NoticeDelivery>) -> Result<bool, AlarmStoreError> {
        Ok(self.deliver_alarm_notice(change).await?)
    }

    async fn set_back(&self, change: &Change<NoticeSetback>) -> Result<bool, AlarmStoreError> {
        Ok(self.set_back_alarm_notice(change).await?)
    }
}

impl PostgresStore {
    async fn raise_alarm(&self, change: &Change<AlarmRaising>) -> Result<RaiseAnswer, Failure> {
        let raising = &change.body;
        let query =
            sqlx::query_as("SELECT trunkline.raise_alarm_1($1, $2, $3, $4, $5::text::json, $6, $7, $8)")
                .bind(raising.id)
                .bind(raising.onset.alarm.as_str())
                .bind(&raising.onset.subject)
                .bind(raising.onset.sentence)
                .bind(to_json(&raising.onset.details)?)
                .bind(Moment::of(raising.at).time())
                .bind(Json(&change.events))
                .bind(Json(&change.audit));
        let (outcome,): (String,) = self.pool.change(query).await?;
        match outcome.as_str() {
            "begun" => Ok(RaiseAnswer::Begun),
            "goes_on" | "known" => Ok(RaiseAnswer::GoesOn),
            other => Err(Failure::Broken(format!("raise_alarm_1 answered `{other}`"))),
        }
    }

    async fn end_alarm(&self, change: &Change<AlarmEnding>) -> Result<bool, Failure> {
        let ending = &change.body;
        let query = sqlx::query_as("SELECT trunkline.end_alarm_1($1, $2, $3, $4, $5, $6, $7, $8, $9)")
            .bind(ending.alarm.as_str())
            .bind(&ending.subject)
            .bind(ending.reason.as_str())
            .bind(Moment::of(ending.at).time())
            .bind(ending.as_seen.map(|(id, _)| id))
            .bind(ending.as_seen.map(|(_, times)| i64::from(times)))
            .bind(i64::from(ENDED_ALARMS_KEPT))
            .bind(Json(&change.events))
            .bind(Json(&change.audit));
        let (ended,) = self.pool.change(query).await?;
        Ok(ended)
    }

    async fn find_alarms(&self, filter: &AlarmFilter) -> Result<Vec<AlarmRecord>, Failure> {
        let query = sqlx::query_as(match filter.shown {
            AlarmsShown::Open => concat!(
                "SELECT ",
                alarm_columns!(),
                " FROM trunkline.alarm WHERE ended_at IS NULL AND ($1::uuid IS NULL OR id < $1)
                  ORDER BY id DESC LIMIT $2"
            ),
            AlarmsShown::All => concat!(
                "SELECT ",
                alarm_columns!(),
                " FROM trunkline.alarm WHERE $1::uuid IS NULL OR id < $1 ORDER BY id DESC LIMIT $2"
            ),
        });
        let rows: Vec<AlarmRow> =
            self.pool.list(query.bind(filter.after).bind(i64::from(filter.limit))).await?;
        Ok(AlarmRow::records(&rows))
    }

    async fn count_open_alarms(&self) -> Result<Vec<(Alarm, u64)>, Failure> {
        let query = sqlx::query_as(
            "SELECT alarm, count(*) AS count FROM trunkline.alarm WHERE ended_at IS NULL
             GROUP BY alarm ORDER BY alarm",
        );
        let rows: Vec<OpenAlarmsRow> = self.pool.list(query).await?;
        Ok(OpenAlarmsRow::counts(&rows))
    }

    /// Takes notices that are due, the oldest first; what about the same alarm and subject is told earlier comes first.
    /// What another worker takes at this moment is left to it.
    async fn claim_alarm_notices(&self, lease: Duration, limit: u16) -> Result<Vec<Notice>, Failure> {
        let query = sqlx::query_as(concat!(
            "WITH clock AS MATERIALIZED (SELECT trunkline.lease_time_1($1) AS now),
             due AS (
                 SELECT waiting.sequence
                 FROM trunkline.alarm_notice waiting
                 JOIN trunkline.alarm about ON about.id = waiting.alarm_id
                 CROSS JOIN clock
                 WHERE waiting.state = 'due'
                   AND (waiting.leased_until IS NULL OR waiting.leased_until <= clock.now)
                   AND (waiting.next_attempt_at IS NULL OR waiting.next_attempt_at <= clock.now)
                   AND NOT EXISTS (
                       SELECT 1 FROM trunkline.alarm_notice earlier
                       JOIN trunkline.alarm before ON before.id = earlier.alarm_id
                       WHERE earlier.state = 'due' AND earlier.sequence < waiting.sequence
                         AND before.alarm = about.alarm AND before.subject = about.subject)
                 ORDER BY waiting.sequence LIMIT $2
                 FOR NO KEY UPDATE OF waiting SKIP LOCKED
             ),
             taken AS (
                 UPDATE trunkline.alarm_notice ours SET lease = ours.lease + 1, leased_until = clock.now + $3
                 FROM due, clock WHERE ours.sequence = due.sequence
                 RETURNING ours.sequence, ours.alarm_id, ours.kind, ours.lease, ours.attempts
             )
             SELECT taken.kind, taken.lease, taken.attempts, ",
            alarm_columns!(),
            " FROM taken JOIN trunkline.alarm ON id = taken.alarm_id ORDER BY taken.sequence"
        ))
        .bind(self.lease_time.given())
        .bind(i64::from(limit))
        .bind(interval(lease));
        let taken: Vec<NoticeRow> = self.pool.take(query).await?;
        let notices = taken.iter().map(|row| readable("alarm notice", &row.name(), row.notice()));
        Ok(notices.filter_map(Result::transpose).collect::<Result<_, Fault>>()?)
    }

    async fn deliver_alarm_notice(&self, change: &Change<NoticeDelivery>) -> Result<bool, Failure> {
        let query = sqlx::query_as("SELECT trunkline.deliver_alarm_notice_1($1, $2, $3, $4)")
            .bind(change.body.alarm)
            .bind(change.body.kind.as_str())
            .bind(Json(&change.events))
            .bind(Json(&change.audit));
        let (is_delivered,) = self.pool.change(query).await?;
        Ok(is_delivered)
    }

    async fn set_back_alarm_notice(&self, change: &Change<NoticeSetback>) -> Result<bool, Failure> {
        let setback = &change.body;
        let query =
            sqlx::query_as("SELECT trunkline.set_back_alarm_notice_1($1, $2, $3, $4, $5, $6, $7, $8)")
                .bind(setback.alarm)
                .bind(setback.kind.as_str())
                .bind(setback.lease.as_i64())
                .bind(i64::from(setback.attempts))
                .bind(pause_of(setback.next).map(interval))
                .bind(Json(&change.events))
                .bind(Json(&change.audit))
                .bind(self.lease_time.given());
        let (is_set_back,) = self.pool.change(query).await?;
        Ok(is_set_back)
    }
}
