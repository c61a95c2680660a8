//! What came of a top-up's charge, counted in the transition that moves its payment on.

use trunkline_payments::{Assessment, Payment, PaymentKind, PaymentState, SwitchOff, TopUpState};

use crate::codec::text;
use crate::error::Fault;
use crate::sqlite::writer::Transaction;
use crate::sqlite::{envelope, notices, time};

/// Counts what a card has declined, where the top-up still has it, or a credit, which forgets the declines; once, as a payment comes
/// to a state once.
pub(crate) async fn count(
    transaction: &mut Transaction<'_>,
    said: &Assessment,
    before: &Payment,
    after: &Payment,
) -> Result<(), Fault> {
    if after.kind != PaymentKind::TopUp || after.state == before.state {
        return Ok(());
    }
    match after.state {
        PaymentState::Completed => {
            counted(transaction, after, "UPDATE top_up SET declines = 0").await?;
            Ok(())
        }
        PaymentState::Failed if !before.state.is_ended() && said.switch_off.is_some() => {
            let declines = counted(transaction, after, "UPDATE top_up SET declines = declines + 1").await?;
            match (&said.switch_off, declines) {
                (Some(off), Some((declines, state)))
                    if state == TopUpState::On.as_str() && declines >= i64::from(off.declines) =>
                {
                    switch_off(transaction, said, after, off).await
                }
                _ => Ok(()),
            }
        }
        PaymentState::Failed
        | PaymentState::Opening
        | PaymentState::Open
        | PaymentState::Processing
        | PaymentState::Expired => Ok(()),
    }
}

/// How often the method was declined then, and where the top-up stands; `None` where it has another method by now.
async fn counted(
    transaction: &mut Transaction<'_>,
    payment: &Payment,
    update: &'static str,
) -> Result<Option<(i64, String)>, Fault> {
    let counted = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "{update}
         WHERE user_id = ?1 AND currency = ?2 AND method_id = (SELECT method_id FROM top_up_charge WHERE payment_id = ?3)
         RETURNING declines, state"
    )))
    .bind(payment.user.as_str())
    .bind(payment.asked.currency().code())
    .bind(text(payment.id))
    .fetch_optional(&mut *transaction.connection)
    .await?;
    Ok(counted)
}

async fn switch_off(
    transaction: &mut Transaction<'_>,
    said: &Assessment,
    payment: &Payment,
    off: &SwitchOff,
) -> Result<(), Fault> {
    sqlx::query(
        "UPDATE top_up SET state = ?3, version = version + 1, updated_at = ?4 WHERE user_id = ?1 AND currency = ?2",
    )
    .bind(payment.user.as_str())
    .bind(payment.asked.currency().code())
    .bind(TopUpState::Declined.as_str())
    .bind(time::to_text(said.at))
    .execute(&mut *transaction.connection)
    .await?;
    notices::put(transaction, std::slice::from_ref(&off.notice)).await?;
    envelope::store(transaction, &off.told.events, &off.told.audit).await
}
