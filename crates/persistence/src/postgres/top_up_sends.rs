//! Before a claimed charge is sent, each time: whether it may be, and that it perhaps was.

use std::time::Duration;

use sqlx::postgres::PgRow;
use sqlx::types::{Json, Uuid};
use sqlx::{FromRow, Row};
use trunkline_domain::{Money, PaymentId};
use trunkline_payments::{Brake, SendAnswer, SendBegin, Sends, TopUp};

use super::PostgresStore;
use super::answer::Answer;
use super::cells::interval;
use super::top_ups::stored_version;
use crate::cell::Moment;
use crate::columns::payment_columns;
use crate::error::Failure;
use crate::row::{PaymentRow, TopUpChargeRow};

/// What is to be done about a charge.
struct SendRow {
    answer: Answer<PaymentRow>,
    first_at: Option<Moment>,
    last_at: Option<Moment>,
    now_at: Moment,
    charge: Option<TopUpChargeRow>,
}

impl FromRow<'_, PgRow> for SendRow {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        let charged: Option<String> = row.try_get("method_id")?;
        Ok(Self {
            answer: Answer::from_row(row)?,
            first_at: row.try_get("first_at")?,
            last_at: row.try_get("last_at")?,
            now_at: row.try_get("now_at")?,
            charge: charged.map(|_| TopUpChargeRow::from_row(row)).transpose()?,
        })
    }
}

impl PostgresStore {
    pub(super) async fn leave_top_up_alone(&self, top_up: &TopUp, pause: Duration) -> Result<(), Failure> {
        let query = sqlx::query_as("SELECT trunkline.leave_top_up_alone_1($1, $2, $3, $4, $5)")
            .bind(top_up.user.as_str())
            .bind(top_up.terms.currency().code())
            .bind(stored_version(top_up.version)?)
            .bind(interval(pause))
            .bind(self.lease_time.given());
        let (_was_there,): (bool,) = self.pool.change(query).await?;
        Ok(())
    }

    pub(super) async fn begin_top_up_send(&self, begin: &SendBegin) -> Result<SendAnswer, Failure> {
        let query = sqlx::query_as(concat!(
            "SELECT outcome, first_at, last_at, now_at, (charge_row).customer_id, (charge_row).method_id,
                    (charge_row).method_label, ",
            payment_columns!(),
            " FROM trunkline.begin_top_up_send_1($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) AS answer
              CROSS JOIN LATERAL (SELECT (answer.payment_row).*) AS payment_row"
        ))
        .bind(begin.payment.as_uuid())
        .bind(begin.user.as_str())
        .bind(begin.send)
        .bind(begin.brake.map(Brake::as_str))
        .bind(begin.daily_cap.map(Money::amount))
        .bind(Moment::of(begin.day).time())
        .bind(Moment::of(begin.month).time())
        .bind(interval(begin.repeat_within))
        .bind(interval(begin.pause))
        .bind(Json(&begin.withdrawn.events))
        .bind(Json(&begin.withdrawn.audit))
        .bind(Moment::of(begin.at).time())
        .bind(self.lease_time.given());
        let SendRow { answer, first_at, last_at, now_at, charge } = self.pool.change(query).await?;
        match (answer.outcome.as_str(), charge, first_at, last_at) {
            ("unknown", ..) => Ok(SendAnswer::Unknown),
            ("stands", ..) => Ok(SendAnswer::Stands(answer.row()?.payment()?)),
            ("send", Some(charge), ..) => Ok(SendAnswer::Send(charge.method()?)),
            ("look", _, Some(first), Some(last)) => {
                Ok(SendAnswer::Look(Sends { first: first.time(), last: last.time(), now: now_at.time() }))
            }
            _ => Err(answer.unknown("begin_top_up_send_1")),
        }
    }

    pub(super) async fn note_top_up_unsent(&self, payment: PaymentId, send: Uuid) -> Result<(), Failure> {
        let query = sqlx::query_as("SELECT trunkline.note_top_up_unsent_1($1, $2)")
            .bind(payment.as_uuid())
            .bind(send);
        let (_was_there,): (bool,) = self.pool.change(query).await?;
        Ok(())
    }
}
