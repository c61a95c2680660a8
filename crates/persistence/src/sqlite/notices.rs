//! Notices to customers, the balances at which they are told, and wallets that have moved.

use std::time::Duration;

use async_trait::async_trait;
use trunkline_domain::{Change, Currency, UserId, WalletId};
use trunkline_notices::{
    AlertStore, Alerts, AlertsSetting, EmailAddress, Letter, LetterDelivery, LetterSetback, Look,
    MovedWallet, NewNotice, NextSending, NoticeFilter, NoticeRecord, NoticeStore, NoticeStoreError,
    STEPS_MAX,
};

use super::SqliteStore;
use super::envelope::was_applied;
use super::time;
use super::writer::{Apply, Decision, Transaction, Work};
use crate::codec::{optional_text, readable, text, to_json};
use crate::columns::notice_columns;
use crate::error::{Failure, Fault};
use crate::row::{AlertsRow, MovedRow, NoticeFields, NoticeMailRow, alerts_columns, stored_thresholds};

#[async_trait]
impl AlertStore for SqliteStore {
    async fn alerts(&self, user: &UserId, currency: Currency) -> Result<Alerts, NoticeStoreError> {
        Ok(self.read_alerts(user, currency).await?)
    }

    async fn set_alerts(&self, change: &Change<AlertsSetting>) -> Result<(), NoticeStoreError> {
        Ok(self.writer.write(change.clone()).await?)
    }

    async fn moved_wallets(
        &self,
        after: Option<WalletId>,
        limit: u16,
    ) -> Result<Vec<MovedWallet>, NoticeStoreError> {
        Ok(self.find_moved(after, limit).await?)
    }

    async fn look(&self, change: &Change<Look>) -> Result<bool, NoticeStoreError> {
        Ok(self.writer.write(change.clone()).await?)
    }
}

#[async_trait]
impl NoticeStore for SqliteStore {
    async fn notices(&self, filter: &NoticeFilter) -> Result<Vec<NoticeRecord>, NoticeStoreError> {
        Ok(self.find_notices(filter).await?)
    }

    async fn claim_letters(&self, lease: Duration, limit: u16) -> Result<Vec<Letter>, NoticeStoreError> {
        Ok(self.writer.write(ClaimLetters { lease, limit }).await?)
    }

    async fn note_sent(&self, change: &Change<LetterDelivery>) -> Result<bool, NoticeStoreError> {
        Ok(self.writer.write(change.clone()).await?)
    }

    async fn set_letter_back(&self, change: &Change<LetterSetback>) -> Result<bool, NoticeStoreError> {
        Ok(self.writer.write(change.clone()).await?)
    }
}

impl SqliteStore {
    async fn read_alerts(&self, user: &UserId, currency: Currency) -> Result<Alerts, Failure> {
        let mut connection = self.readers.one().await?;
        let row: AlertsRow = sqlx::query_as(concat!(
            "SELECT ",
            alerts_columns!(),
            ", (SELECT email FROM users WHERE id = ?1) AS account_email
             FROM (SELECT 1) AS one LEFT JOIN wallet_alert own ON own.user_id = ?1 AND own.currency = ?2"
        ))
        .bind(user.as_str())
        .bind(currency.code())
        .fetch_one(&mut *connection)
        .await?;
        Ok(row.alerts(currency)?)
    }

    async fn find_moved(&self, after: Option<WalletId>, limit: u16) -> Result<Vec<MovedWallet>, Failure> {
        let mut connection = self.readers.one().await?;
        let rows: Vec<MovedRow> = sqlx::query_as(concat!(
            "SELECT moved.wallet_id, wallet.user_id, wallet.currency, watch.revision, watch.version AS seen_version,
                    watch.available AS seen_available, watch.thresholds AS seen_thresholds,
                    (SELECT json_group_array(json_array(step.wallet_version, step.posted_after - step.held_after))
                     FROM (SELECT wallet_version, posted_after, held_after FROM transfer
                           WHERE wallet_id = moved.wallet_id AND wallet_version > COALESCE(watch.version, 0)
                           ORDER BY wallet_version LIMIT ?3) AS step) AS steps, ",
            alerts_columns!(),
            ", (SELECT email FROM users WHERE id = wallet.user_id) AS account_email
             FROM wallet_moved moved
             JOIN account wallet ON wallet.id = moved.wallet_id
             LEFT JOIN wallet_watch watch ON watch.wallet_id = moved.wallet_id
             LEFT JOIN wallet_alert own ON own.user_id = wallet.user_id AND own.currency = wallet.currency
             WHERE ?1 IS NULL OR moved.wallet_id > ?1
             ORDER BY moved.wallet_id LIMIT ?2"
        ))
        .bind(optional_text(after))
        .bind(limit)
        .bind(STEPS_MAX)
        .fetch_all(&mut *connection)
        .await?;
        let moved = rows.iter().map(|row| readable("moved wallet", &row.name(), row.moved()));
        Ok(moved.filter_map(Result::transpose).collect::<Result<_, Fault>>()?)
    }

    async fn find_notices(&self, filter: &NoticeFilter) -> Result<Vec<NoticeRecord>, Failure> {
        let mut connection = self.readers.one().await?;
        let rows: Vec<NoticeMailRow> = sqlx::query_as(concat!(
            "SELECT ",
            notice_columns!(),
            " FROM notice WHERE user_id = ?1 AND (?2 IS NULL OR id < ?2) ORDER BY id DESC LIMIT ?3"
        ))
        .bind(filter.user.as_str())
        .bind(optional_text(filter.after))
        .bind(filter.limit)
        .fetch_all(&mut *connection)
        .await?;
        Ok(NoticeMailRow::records(&rows))
    }
}

#[async_trait]
impl Apply for AlertsSetting {
    type Answer = ();

    async fn apply(change: &Change<Self>, transaction: &mut Transaction<'_>) -> Result<Decision<()>, Fault> {
        if was_applied(transaction, change).await? {
            return Ok(Decision::Unchanged(()));
        }
        let Self { user, currency, own, email, at } = &change.body;
        sqlx::query(
            "INSERT INTO wallet_alert (user_id, currency, thresholds, email, version, updated_at)
             VALUES (?1, ?2, ?3, ?4, 1, ?5)
             ON CONFLICT (user_id, currency) DO UPDATE SET
                 thresholds = excluded.thresholds, email = excluded.email, version = version + 1,
                 updated_at = excluded.updated_at",
        )
        .bind(user.as_str())
        .bind(currency.code())
        .bind(own.as_ref().map(|own| stored_thresholds(own).to_string()))
        .bind(email.as_ref().map(EmailAddress::as_str))
        .bind(time::to_text(*at))
        .execute(&mut *transaction.connection)
        .await?;
        sqlx::query(
            "INSERT INTO wallet_moved (wallet_id)
             SELECT id FROM account WHERE kind = 'wallet' AND user_id = ?1 AND currency = ?2
             ON CONFLICT DO NOTHING",
        )
        .bind(user.as_str())
        .bind(currency.code())
        .execute(&mut *transaction.connection)
        .await?;
        Ok(Decision::Applied(()))
    }
}

#[async_trait]
impl Apply for Look {
    type Answer = bool;

    async fn apply(
        change: &Change<Self>,
        transaction: &mut Transaction<'_>,
    ) -> Result<Decision<bool>, Fault> {
        let look = &change.body;
        if !move_mark(look, transaction).await? {
            return Ok(Decision::Unchanged(false));
        }
        sqlx::query(
            "DELETE FROM wallet_moved
             WHERE wallet_id = ?1 AND ?2 = (SELECT version FROM account WHERE id = ?1)",
        )
        .bind(text(look.wallet))
        .bind(look.standing.version)
        .execute(&mut *transaction.connection)
        .await?;
        put(transaction, &look.notices).await?;
        Ok(Decision::Applied(true))
    }
}

/// Moves the mark, unless somebody else has looked since, or the alerts have another version by now.
async fn move_mark(look: &Look, transaction: &mut Transaction<'_>) -> Result<bool, Fault> {
    let moved = sqlx::query(
        "INSERT INTO wallet_watch (wallet_id, revision, version, available, thresholds)
         SELECT id, ?2 + 1, ?3, ?4, ?5 FROM account
         WHERE id = ?1 AND kind = 'wallet'
           AND ?2 = COALESCE((SELECT revision FROM wallet_watch WHERE wallet_id = ?1), 0)
           AND ?6 = COALESCE((SELECT version FROM wallet_alert WHERE user_id = ?7 AND currency = ?8), 0)
         ON CONFLICT (wallet_id) DO UPDATE SET
             revision = excluded.revision, version = excluded.version, available = excluded.available,
             thresholds = excluded.thresholds",
    )
    .bind(text(look.wallet))
    .bind(look.after)
    .bind(look.standing.version)
    .bind(look.standing.available.micros())
    .bind(stored_thresholds(&look.standing.thresholds).to_string())
    .bind(look.alerts)
    .bind(look.user.as_str())
    .bind(look.currency.code())
    .execute(&mut *transaction.connection)
    .await?;
    Ok(moved.rows_affected() > 0)
}

/// Stores notices with the transition that causes them. One that is there stays as it is.
pub(super) async fn put(transaction: &mut Transaction<'_>, notices: &[NewNotice]) -> Result<(), Fault> {
    for notice in notices {
        let fields = NoticeFields::of(notice);
        sqlx::query(
            "INSERT INTO notice (id, user_id, body, mail, email, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (id) DO NOTHING",
        )
        .bind(text(fields.id))
        .bind(fields.user)
        .bind(to_json(fields.body)?)
        .bind(fields.mail)
        .bind(fields.email)
        .bind(time::to_text(fields.at))
        .execute(&mut *transaction.connection)
        .await?;
    }
    Ok(())
}

#[async_trait]
impl Apply for LetterDelivery {
    type Answer = bool;

    async fn apply(
        change: &Change<Self>,
        transaction: &mut Transaction<'_>,
    ) -> Result<Decision<bool>, Fault> {
        let sent = sqlx::query(
            "UPDATE notice SET mail = 'sent', leased_until = NULL, next_attempt_at = NULL
             WHERE id = ?1 AND mail IN ('waiting', 'failed')",
        )
        .bind(text(change.body.notice))
        .execute(&mut *transaction.connection)
        .await?;
        Ok(if sent.rows_affected() > 0 { Decision::Applied(true) } else { Decision::Unchanged(false) })
    }
}

#[async_trait]
impl Apply for LetterSetback {
    type Answer = bool;

    async fn apply(
        change: &Change<Self>,
        transaction: &mut Transaction<'_>,
    ) -> Result<Decision<bool>, Fault> {
        let setback = &change.body;
        let next = match setback.next {
            NextSending::In(pause) => Some(time::to_text(transaction.now + pause)),
            NextSending::Never => None,
        };
        let left = sqlx::query(
            "UPDATE notice SET mail = ?4, leased_until = NULL, attempts = ?3, next_attempt_at = ?5
             WHERE id = ?1 AND mail = 'waiting' AND lease = ?2 AND leased_until IS NOT NULL",
        )
        .bind(text(setback.notice))
        .bind(setback.lease.as_i64())
        .bind(setback.attempts)
        .bind(setback.next.state().as_str())
        .bind(next)
        .execute(&mut *transaction.connection)
        .await?;
        Ok(if left.rows_affected() > 0 { Decision::Applied(true) } else { Decision::Unchanged(false) })
    }
}

/// Takes letters that are due, the oldest first.
struct ClaimLetters {
    lease: Duration,
    limit: u16,
}

#[async_trait]
impl Work for ClaimLetters {
    type Answer = Vec<Letter>;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Decision<Self::Answer>, Fault> {
        let rows: Vec<NoticeMailRow> = sqlx::query_as(concat!(
            "UPDATE notice SET lease = lease + 1, leased_until = ?2
             WHERE id IN (SELECT id FROM notice
                          WHERE mail = 'waiting' AND (leased_until IS NULL OR leased_until <= ?1)
                            AND (next_attempt_at IS NULL OR next_attempt_at <= ?1)
                          ORDER BY id LIMIT ?3)
             RETURNING ",
            notice_columns!()
        ))
        .bind(transaction.now_text())
        .bind(time::to_text(transaction.now + self.lease))
        .bind(self.limit)
        .fetch_all(&mut *transaction.connection)
        .await?;
        if rows.is_empty() {
            return Ok(Decision::Unchanged(Vec::new()));
        }
        let letters = rows.iter().map(|row| readable("letter", &row.name(), row.letter()));
        let mut letters: Vec<Letter> = letters.filter_map(Result::transpose).collect::<Result<_, Fault>>()?;
        letters.sort_unstable_by_key(|letter| letter.id);
        Ok(Decision::Applied(letters))
    }
}
