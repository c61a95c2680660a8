//! Before a claimed charge is sent, each time: whether it may be, and that it perhaps was.
//!
//! Only what has no row of `top_up_send` is certainly not at the gateway, and only that is withdrawn.

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use sqlx::FromRow;
use trunkline_domain::{Change, PaymentId};
use trunkline_payments::{
    Brake, Payment, PaymentKind, PaymentState, SavedMethod, SendAnswer, SendBegin, Sends, TopUpState,
    WITHDRAWN,
};
use uuid::Uuid;

use super::claiming::{Charged, brake_of};
use super::row_of;
use crate::cell::Moment;
use crate::codec::text;
use crate::error::Fault;
use crate::row::TopUpChargeRow;
use crate::sqlite::writer::{Apply, Decision, Transaction, Work};
use crate::sqlite::{envelope, payments, time};

/// What is known of a charge and its sends.
#[derive(FromRow)]
struct ChargeRow {
    #[sqlx(flatten)]
    charge: TopUpChargeRow,
    claimed_at: Moment,
    first_at: Option<Moment>,
    last_at: Option<Moment>,
    is_sent: bool,
}

#[async_trait]
impl Apply for SendBegin {
    type Answer = SendAnswer;

    async fn apply(
        change: &Change<Self>,
        transaction: &mut Transaction<'_>,
    ) -> Result<Decision<SendAnswer>, Fault> {
        let begin = &change.body;
        let payment = payments::of(transaction, begin.payment).await?;
        let payment = payment.filter(|known| (known.kind, &known.user) == (PaymentKind::TopUp, &begin.user));
        let (Some(payment), Some(row)) = (payment, charge_of(transaction, begin).await?) else {
            return Ok(Decision::Unchanged(SendAnswer::Unknown));
        };
        if payment.state != PaymentState::Opening {
            return Ok(Decision::Unchanged(SendAnswer::Stands(payment)));
        }
        let method = row.charge.method()?;
        if row.is_sent {
            return Ok(Decision::Unchanged(SendAnswer::Send(method)));
        }
        let brake = match begin.brake {
            Some(brake) => Some(brake),
            None => brake(transaction, begin, &payment, &method, &row).await?,
        };
        if brake.is_none() {
            write_down(transaction, begin).await?;
            return Ok(Decision::Applied(SendAnswer::Send(method)));
        }
        let now = transaction.now;
        if let (Some(first), Some(last)) = (row.first_at, row.last_at) {
            let sends = Sends { first: first.time(), last: last.time(), now };
            return Ok(Decision::Unchanged(SendAnswer::Look(sends)));
        }
        Ok(Decision::Applied(SendAnswer::Stands(withdraw(transaction, begin).await?)))
    }
}

async fn charge_of(transaction: &mut Transaction<'_>, begin: &SendBegin) -> Result<Option<ChargeRow>, Fault> {
    let row = sqlx::query_as(
        "SELECT customer_id, method_id, method_label, claimed_at,
                (SELECT MIN(begun_at) FROM top_up_send WHERE payment_id = ?1) AS first_at,
                (SELECT MAX(begun_at) FROM top_up_send WHERE payment_id = ?1) AS last_at,
                EXISTS (SELECT 1 FROM top_up_send WHERE id = ?2) AS is_sent
         FROM top_up_charge WHERE payment_id = ?1",
    )
    .bind(text(begin.payment))
    .bind(text(begin.send))
    .fetch_optional(&mut *transaction.connection)
    .await?;
    Ok(row)
}

/// What keeps the charge now. An age that is negative is not known, and then nothing is sent.
async fn brake(
    transaction: &mut Transaction<'_>,
    begin: &SendBegin,
    payment: &Payment,
    method: &SavedMethod,
    row: &ChargeRow,
) -> Result<Option<Brake>, Fault> {
    let since: DateTime<Utc> = row.first_at.unwrap_or(row.claimed_at).time();
    let age = transaction.now - since;
    let may_be_sent = age >= TimeDelta::zero() && age.to_std().is_ok_and(|age| age <= begin.repeat_within);
    let top_up = row_of(transaction, &begin.user, begin.currency).await?;
    let top_up = top_up.filter(|known| {
        let charges = known.method.as_ref().map(|known| &known.id) == Some(&method.id);
        known.state == TopUpState::On && charges && known.terms.amount == payment.asked
    });
    let Some(top_up) = top_up.filter(|_| may_be_sent) else { return Ok(Some(Brake::Changed)) };
    let charged = Charged {
        user: &begin.user,
        amount: payment.asked,
        own: Some(begin.payment),
        daily_cap: begin.daily_cap,
        day: begin.day,
        month: begin.month,
    };
    brake_of(transaction, &top_up.terms, &charged).await
}

async fn write_down(transaction: &mut Transaction<'_>, begin: &SendBegin) -> Result<(), Fault> {
    sqlx::query("INSERT INTO top_up_send (id, payment_id, begun_at) VALUES (?1, ?2, ?3)")
        .bind(text(begin.send))
        .bind(text(begin.payment))
        .bind(transaction.now_text())
        .execute(&mut *transaction.connection)
        .await?;
    Ok(())
}

/// No card was asked, so the cool-down that the claim set ends with it; but not where the gateway refuses: it would refuse
/// the next one, too.
async fn withdraw(transaction: &mut Transaction<'_>, begin: &SendBegin) -> Result<Payment, Fault> {
    sqlx::query(
        "UPDATE payment SET state = 'failed', decline = ?2, next_look_at = NULL, updated_at = ?3 WHERE id = ?1",
    )
    .bind(text(begin.payment))
    .bind(WITHDRAWN)
    .bind(time::to_text(begin.at))
    .execute(&mut *transaction.connection)
    .await?;
    if begin.brake != Some(Brake::Refused) {
        sqlx::query(
            "UPDATE top_up SET cool_until = NULL, next_look_at = ?3 WHERE user_id = ?1 AND currency = ?2",
        )
        .bind(begin.user.as_str())
        .bind(begin.currency.code())
        .bind(time::to_text(transaction.now + begin.pause))
        .execute(&mut *transaction.connection)
        .await?;
    }
    envelope::store(transaction, &begin.withdrawn.events, &begin.withdrawn.audit).await?;
    let withdrawn = payments::of(transaction, begin.payment).await?;
    withdrawn.ok_or_else(|| Fault::Broken(format!("payment {} is not there", begin.payment)))
}

/// What was perhaps sent was certainly not.
pub(super) struct NoteUnsent {
    pub(super) payment: PaymentId,
    pub(super) send: Uuid,
}

#[async_trait]
impl Work for NoteUnsent {
    type Answer = ();

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Decision<()>, Fault> {
        sqlx::query("DELETE FROM top_up_send WHERE id = ?1 AND payment_id = ?2")
            .bind(text(self.send))
            .bind(text(self.payment))
            .execute(&mut *transaction.connection)
            .await?;
        Ok(Decision::Applied(()))
    }
}
