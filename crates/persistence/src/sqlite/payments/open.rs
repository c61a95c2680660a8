//! Writing a payment down, the page that the gateway opened for it, and who is due to be asked about.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, NaiveTime, Utc};
use trunkline_domain::{Change, Money, PaymentId};
use trunkline_payments::{OpeningAnswer, PageNoted, Payment, PaymentOpening, PaymentState};

use super::{known, row_of};
use crate::codec::text;
use crate::columns::payment_columns;
use crate::error::Fault;
use crate::request::Known;
use crate::row::PaymentRow;
use crate::sqlite::writer::{Apply, Decision, Transaction, Work};
use crate::sqlite::{request, time};

#[async_trait]
impl Apply for PaymentOpening {
    type Answer = OpeningAnswer;

    async fn apply(
        change: &Change<Self>,
        transaction: &mut Transaction<'_>,
    ) -> Result<Decision<OpeningAnswer>, Fault> {
        let opening = &change.body;
        if let Some(row) = row_of(transaction, opening.id).await? {
            return Ok(Decision::Unchanged(OpeningAnswer::Opened(row.payment()?)));
        }
        if let Some(key) = change.request.as_ref()
            && let Some(before) = request::find(transaction.connection, key, transaction.now).await?
        {
            return Ok(Decision::Unchanged(match before {
                Known::OtherCommand => OpeningAnswer::KeyReused,
                Known::Open { subject } | Known::Ended { subject, .. } => {
                    OpeningAnswer::Repeated(known(transaction, PaymentId::from_uuid(subject)).await?)
                }
            }));
        }
        if let Some(cap) = opening.daily_cap {
            let used = used_today(transaction, opening).await?;
            let after = used.checked_add(opening.amount.micros());
            if after.is_none_or(|after| after > cap.micros()) {
                let used = Money::from_micros(used, opening.amount.currency());
                return Ok(Decision::Refused(OpeningAnswer::CapReached { used }, None));
            }
        }
        insert(transaction, opening, opening.look_after).await?;
        request::store_ended(transaction, change.request.as_ref(), opening.id.as_uuid(), &opening.id).await?;
        Ok(Decision::Applied(OpeningAnswer::Opened(known(transaction, opening.id).await?)))
    }
}

/// Writes the row of a payment of which the gateway has not heard.
pub(crate) async fn insert(
    transaction: &mut Transaction<'_>,
    opening: &PaymentOpening,
    look_after: Duration,
) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO payment (id, user_id, kind, amount, currency, description, state, next_look_at, opened_at, updated_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'opening', ?7, ?8, ?8)",
    )
    .bind(text(opening.id))
    .bind(opening.user.as_str())
    .bind(opening.kind.as_str())
    .bind(opening.amount.micros())
    .bind(opening.amount.currency().code())
    .bind(&opening.description)
    .bind(time::to_text(transaction.now + look_after))
    .bind(time::to_text(opening.at))
    .execute(&mut *transaction.connection)
    .await?;
    Ok(())
}

/// What the user has paid, or can still pay, of what was opened on the same day.
async fn used_today(transaction: &mut Transaction<'_>, opening: &PaymentOpening) -> Result<i64, Fault> {
    let used = sqlx::query_scalar(
        "SELECT COALESCE(SUM(amount), 0) FROM payment
         WHERE user_id = ?1 AND currency = ?2 AND opened_at >= ?3
           AND state IN ('opening', 'open', 'processing', 'completed')",
    )
    .bind(opening.user.as_str())
    .bind(opening.amount.currency().code())
    .bind(time::to_text(midnight_before(opening.at)))
    .fetch_one(&mut *transaction.connection)
    .await?;
    Ok(used)
}

fn midnight_before(time: DateTime<Utc>) -> DateTime<Utc> {
    time.date_naive().and_time(NaiveTime::MIN).and_utc()
}

#[async_trait]
impl Apply for PageNoted {
    type Answer = Payment;

    async fn apply(
        change: &Change<Self>,
        transaction: &mut Transaction<'_>,
    ) -> Result<Decision<Payment>, Fault> {
        let noted = &change.body;
        let before = known(transaction, noted.payment).await?;
        if before.page.is_some() {
            return Ok(Decision::Unchanged(before));
        }
        let is_news = before.state == PaymentState::Opening;
        let query = if is_news {
            "UPDATE payment SET session_id = ?2, page_url = ?3, page_expires_at = ?4, state = 'open', next_look_at = ?5,
                                updated_at = ?6
             WHERE id = ?1"
        } else {
            "UPDATE payment SET session_id = ?2, page_url = ?3, page_expires_at = ?4 WHERE id = ?1"
        };
        let query = sqlx::query(query)
            .bind(text(noted.payment))
            .bind(noted.session.as_str())
            .bind(noted.page.as_str())
            .bind(time::to_text(noted.expires_at));
        let query = if is_news {
            query.bind(time::to_text(transaction.now + noted.look_after)).bind(time::to_text(noted.at))
        } else {
            query
        };
        query.execute(&mut *transaction.connection).await?;
        Ok(Decision::Applied(known(transaction, noted.payment).await?))
    }
}

/// Hands payments that are due to be asked about to one caller.
pub(super) struct HandOutDue {
    pub(super) again: Duration,
    pub(super) limit: u16,
}

#[async_trait]
impl Work for HandOutDue {
    type Answer = Vec<Payment>;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Decision<Self::Answer>, Fault> {
        let rows: Vec<PaymentRow> = sqlx::query_as(concat!(
            "UPDATE payment SET next_look_at = ?2
             WHERE id IN (SELECT id FROM payment WHERE next_look_at <= ?1 ORDER BY next_look_at LIMIT ?3) RETURNING ",
            payment_columns!()
        ))
        .bind(transaction.now_text())
        .bind(time::to_text(transaction.now + self.again))
        .bind(self.limit)
        .fetch_all(&mut *transaction.connection)
        .await?;
        Ok(Decision::Applied(PaymentRow::all(&rows)?))
    }
}
