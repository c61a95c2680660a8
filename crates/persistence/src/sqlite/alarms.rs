//! Alarms, and the notices of their onsets and ends.

use std::time::Duration;

use async_trait::async_trait;
use trunkline_alarms::{
    Alarm, AlarmEnding, AlarmFilter, AlarmRaising, AlarmRecord, AlarmStore, AlarmStoreError, AlarmsShown,
    ENDED_ALARMS_KEPT, Notice, NoticeDelivery, NoticeSetback, RaiseAnswer,
};
use trunkline_domain::Change;

use super::SqliteStore;
use super::time;
use super::writer::{Apply, Decision, Transaction, Work};
use crate::codec::{optional_text, readable, text, to_json};
use crate::columns::alarm_columns;
use crate::error::{Failure, Fault};
use crate::row::{AlarmRow, NoticeRow, OpenAlarmsRow, pause_of};

#[async_trait]
impl AlarmStore for SqliteStore {
    async fn raise(&self, change: &Change<AlarmRaising>) -> Result<RaiseAnswer, AlarmStoreError> {
        Ok(self.writer.write(change.clone()).await?)
    }

    async fn end(&self, change: &Change<AlarmEnding>) -> Result<bool, AlarmStoreError> {
        Ok(self.writer.write(change.clone()).await?)
    }

    async fn alarms(&self, filter: &AlarmFilter) -> Result<Vec<AlarmRecord>, AlarmStoreError> {
        Ok(self.find_alarms(filter).await?)
    }

    async fn open_alarms(&self) -> Result<Vec<(Alarm, u64)>, AlarmStoreError> {
        Ok(self.count_open_alarms().await?)
    }

    async fn claim_notices(&self, lease: Duration, limit: u16) -> Result<Vec<Notice>, AlarmStoreError> {
        Ok(self.writer.write(ClaimNotices { lease, limit }).await?)
    }

    async fn deliver(&self, change: &Change<NoticeDelivery>) -> Result<bool, AlarmStoreError> {
        Ok(self.writer.write(change.clone()).await?)
    }

    async fn set_back(&self, change: &Change<NoticeSetback>) -> Result<bool, AlarmStoreError> {
        Ok(self.writer.write(change.clone()).await?)
    }
}

impl SqliteStore {
    async fn find_alarms(&self, filter: &AlarmFilter) -> Result<Vec<AlarmRecord>, Failure> {
        let mut connection = self.readers.one().await?;
        let query = sqlx::query_as(match filter.shown {
            AlarmsShown::Open => concat!(
                "SELECT ",
                alarm_columns!(),
                " FROM alarm WHERE ended_at IS NULL AND (?1 IS NULL OR id < ?1) ORDER BY id DESC LIMIT ?2"
            ),
            AlarmsShown::All => concat!(
                "SELECT ",
                alarm_columns!(),
                " FROM alarm WHERE ?1 IS NULL OR id < ?1 ORDER BY id DESC LIMIT ?2"
            ),
        });
        let query = query.bind(optional_text(filter.after)).bind(filter.limit);
        let rows: Vec<AlarmRow> = query.fetch_all(&mut *connection).await?;
        Ok(AlarmRow::records(&rows))
    }

    async fn count_open_alarms(&self) -> Result<Vec<(Alarm, u64)>, Failure> {
        let mut connection = self.readers.one().await?;
        let rows: Vec<OpenAlarmsRow> = sqlx::query_as(
            "SELECT alarm, count(*) AS count FROM alarm WHERE ended_at IS NULL GROUP BY alarm ORDER BY alarm",
        )
        .fetch_all(&mut *connection)
        .await?;
        Ok(OpenAlarmsRow::counts(&rows))
    }
}

#[async_trait]
impl Apply for AlarmRaising {
    type Answer = RaiseAnswer;

    async fn apply(
        change: &Change<Self>,
        transaction: &mut Transaction<'_>,
    ) -> Result<Decision<RaiseAnswer>, Fault> {
        let raising = &change.body;
        if is_known(raising, transaction).await? {
            return Ok(Decision::Unchanged(RaiseAnswer::GoesOn));
        }
        if go_on(raising, transaction).await? {
            return Ok(Decision::Applied(RaiseAnswer::GoesOn));
        }
        sqlx::query(
            "INSERT INTO alarm (id, alarm, subject, sentence, details, raised_at, last_raised_at, times, last_raising)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, 1, ?1)",
        )
        .bind(text(raising.id))
        .bind(raising.onset.alarm.as_str())
        .bind(&raising.onset.subject)
        .bind(raising.onset.sentence)
        .bind(to_json(&raising.onset.details)?)
        .bind(time::to_text(raising.at))
        .execute(&mut *transaction.connection)
        .await?;
        add_notice(transaction, &text(raising.id), "raised").await?;
        Ok(Decision::Applied(RaiseAnswer::Begun))
    }
}

/// Whether this very raising was stored before.
async fn is_known(raising: &AlarmRaising, transaction: &mut Transaction<'_>) -> Result<bool, Fault> {
    let known = sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM alarm WHERE id = ?1)
             OR EXISTS (SELECT 1 FROM alarm
                        WHERE alarm = ?2 AND subject = ?3 AND ended_at IS NULL AND last_raising = ?1)",
    )
    .bind(text(raising.id))
    .bind(raising.onset.alarm.as_str())
    .bind(&raising.onset.subject)
    .fetch_one(&mut *transaction.connection)
    .await?;
    Ok(known)
}

/// Lets an alarm that is open go on.
async fn go_on(raising: &AlarmRaising, transaction: &mut Transaction<'_>) -> Result<bool, Fault> {
    let open = sqlx::query(
        "UPDATE alarm SET sentence = ?3, details = ?4, last_raised_at = max(last_raised_at, ?5), times = times + 1,
                          last_raising = ?6
         WHERE alarm = ?1 AND subject = ?2 AND ended_at IS NULL",
    )
    .bind(raising.onset.alarm.as_str())
    .bind(&raising.onset.subject)
    .bind(raising.onset.sentence)
    .bind(to_json(&raising.onset.details)?)
    .bind(time::to_text(raising.at))
    .bind(text(raising.id))
    .execute(&mut *transaction.connection)
    .await?;
    Ok(open.rows_affected() > 0)
}

async fn add_notice(transaction: &mut Transaction<'_>, alarm: &str, kind: &str) -> Result<(), Fault> {
    sqlx::query("INSERT INTO alarm_notice (alarm_id, kind) VALUES (?1, ?2)")
        .bind(alarm)
        .bind(kind)
        .execute(&mut *transaction.connection)
        .await?;
    Ok(())
}

#[async_trait]
impl Apply for AlarmEnding {
    type Answer = bool;

    async fn apply(
        change: &Change<Self>,
        transaction: &mut Transaction<'_>,
    ) -> Result<Decision<bool>, Fault> {
        let ending = &change.body;
        let ended: Option<String> = sqlx::query_scalar(
            "UPDATE alarm SET ended_at = max(raised_at, ?3), end_reason = ?4
             WHERE alarm = ?1 AND subject = ?2 AND ended_at IS NULL AND (?5 IS NULL OR (id = ?5 AND times = ?6))
             RETURNING id",
        )
        .bind(ending.alarm.as_str())
        .bind(&ending.subject)
        .bind(time::to_text(ending.at))
        .bind(ending.reason.as_str())
        .bind(optional_text(ending.as_seen.map(|(id, _)| id)))
        .bind(ending.as_seen.map(|(_, times)| times))
        .fetch_optional(&mut *transaction.connection)
        .await?;
        let Some(id) = ended else { return Ok(Decision::Unchanged(false)) };
        add_notice(transaction, &id, "ended").await?;
        sqlx::query(
            "DELETE FROM alarm WHERE id IN (
                 SELECT id FROM alarm WHERE ended_at IS NOT NULL ORDER BY ended_at DESC, id DESC LIMIT -1 OFFSET ?1)",
        )
        .bind(ENDED_ALARMS_KEPT)
        .execute(&mut *transaction.connection)
        .await?;
        Ok(Decision::Applied(true))
    }
}

#[async_trait]
impl Apply for NoticeDelivery {
    type Answer = bool;

    async fn apply(
        change: &Change<Self>,
        transaction: &mut Transaction<'_>,
    ) -> Result<Decision<bool>, Fault> {
        let done = sqlx::query(
            "UPDATE alarm_notice SET state = 'delivered', leased_until = NULL, next_attempt_at = NULL
             WHERE alarm_id = ?1 AND kind = ?2 AND state = 'due'",
        )
        .bind(text(change.body.alarm))
        .bind(change.body.kind.as_str())
        .execute(&mut *transaction.connection)
        .await?;
        Ok(if done.rows_affected() > 0 { Decision::Applied(true) } else { Decision::Unchanged(false) })
    }
}

#[async_trait]
impl Apply for NoticeSetback {
    type Answer = bool;

    async fn apply(
        change: &Change<Self>,
        transaction: &mut Transaction<'_>,
    ) -> Result<Decision<bool>, Fault> {
        let setback = &change.body;
        let next = pause_of(setback.next).map(|pause| time::to_text(transaction.now + pause));
        let left = sqlx::query(
            "UPDATE alarm_notice
             SET state = CASE WHEN ?5 IS NULL THEN 'given_up' ELSE 'due' END, leased_until = NULL, attempts = ?4,
                 next_attempt_at = ?5
             WHERE alarm_id = ?1 AND kind = ?2 AND state = 'due' AND lease = ?3 AND leased_until IS NOT NULL",
        )
        .bind(text(setback.alarm))
        .bind(setback.kind.as_str())
        .bind(setback.lease.as_i64())
        .bind(setback.attempts)
        .bind(next)
        .execute(&mut *transaction.connection)
        .await?;
        Ok(if left.rows_affected() > 0 { Decision::Applied(true) } else { Decision::Unchanged(false) })
    }
}

/// Takes notices that are due, the oldest first; what about the same alarm and subject is told earlier comes first.
struct ClaimNotices {
    lease: Duration,
    limit: u16,
}

#[async_trait]
impl Work for ClaimNotices {
    type Answer = Vec<Notice>;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Decision<Self::Answer>, Fault> {
        let due: Vec<i64> = sqlx::query_scalar(
            "SELECT waiting.sequence FROM alarm_notice waiting JOIN alarm about ON about.id = waiting.alarm_id
             WHERE waiting.state = 'due'
               AND (waiting.leased_until IS NULL OR waiting.leased_until <= ?1)
               AND (waiting.next_attempt_at IS NULL OR waiting.next_attempt_at <= ?1)
               AND NOT EXISTS (
                   SELECT 1 FROM alarm_notice earlier JOIN alarm before ON before.id = earlier.alarm_id
                   WHERE earlier.state = 'due' AND earlier.sequence < waiting.sequence
                     AND before.alarm = about.alarm AND before.subject = about.subject)
             ORDER BY waiting.sequence LIMIT ?2",
        )
        .bind(transaction.now_text())
        .bind(self.limit)
        .fetch_all(&mut *transaction.connection)
        .await?;
        if due.is_empty() {
            return Ok(Decision::Unchanged(Vec::new()));
        }
        let leased_until = time::to_text(transaction.now + self.lease);
        let mut taken = Vec::with_capacity(due.len());
        for sequence in due {
            sqlx::query("UPDATE alarm_notice SET lease = lease + 1, leased_until = ?2 WHERE sequence = ?1")
                .bind(sequence)
                .bind(&leased_until)
                .execute(&mut *transaction.connection)
                .await?;
            let row: NoticeRow = sqlx::query_as(concat!(
                "SELECT notice.kind, notice.lease, notice.attempts, ",
                alarm_columns!(),
                " FROM alarm_notice notice JOIN alarm ON id = notice.alarm_id WHERE notice.sequence = ?1"
            ))
            .bind(sequence)
            .fetch_one(&mut *transaction.connection)
            .await?;
            taken.extend(readable("alarm notice", &row.name(), row.notice())?);
        }
        Ok(Decision::Applied(taken))
    }
}
