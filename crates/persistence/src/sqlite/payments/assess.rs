//! What the gateway says of a payment: its credit, what was taken back and given again, and how far it is.

use async_trait::async_trait;
use trunkline_domain::Change;
use trunkline_payments::{
    Assessment, AssessmentAnswer, Movement, Payment, PaymentCredit, PaymentOpening, PaymentState,
    TakingChange, Told,
};
use trunkline_wallet::{AccountId, Credit};

use super::{known, open, row_of};
use crate::codec::{parse, text};
use crate::error::Fault;
use crate::sqlite::ledger::{self, Returning, TakenBack};
use crate::sqlite::writer::{Apply, Decision, Transaction};
use crate::sqlite::{envelope, time, top_ups};

#[async_trait]
impl Apply for Assessment {
    type Answer = AssessmentAnswer;

    async fn apply(
        change: &Change<Self>,
        transaction: &mut Transaction<'_>,
    ) -> Result<Decision<AssessmentAnswer>, Fault> {
        let said = &change.body;
        let before = match row_of(transaction, said.payment).await? {
            Some(row) => row.payment()?,
            None => write_down(transaction, said).await?,
        };
        if before.user != said.user {
            return Ok(Decision::Unchanged(AssessmentAnswer::OtherUser));
        }
        let is_another = matches!((&before.intent, &said.intent), (Some(own), Some(other)) if own != other);
        if is_another && (before.state == PaymentState::Completed || said.credit.is_none()) {
            return Ok(Decision::Unchanged(AssessmentAnswer::OtherIntent(before)));
        }
        let mut moved = false;
        if let Some(credit) = said.credit.as_ref().filter(|_| before.state != PaymentState::Completed) {
            if !credited(transaction, said, &before, credit).await? {
                return Ok(Decision::Refused(AssessmentAnswer::TooLarge, None));
            }
            moved = true;
        }
        let after = note(transaction, said, &before, moved).await?;
        top_ups::count(transaction, said, &before, &after).await?;
        if after.state == PaymentState::Completed {
            for taking in &said.takings {
                moved |= apply_taking(transaction, said, &after, taking).await?;
            }
        }
        Ok(Decision::Applied(AssessmentAnswer::Stands { payment: after, moved }))
    }
}

/// A payment of which nothing is known here: the store is older than the payment.
async fn write_down(transaction: &mut Transaction<'_>, said: &Assessment) -> Result<Payment, Fault> {
    let opening = PaymentOpening {
        id: said.payment,
        user: said.user.clone(),
        kind: said.kind,
        amount: said.asked,
        description: said.description.clone(),
        daily_cap: None,
        look_after: said.look_after,
        at: said.at,
    };
    open::insert(transaction, &opening, said.look_after).await?;
    known(transaction, said.payment).await
}

/// Credits what was paid. False where the balance would leave what can be represented.
async fn credited(
    transaction: &mut Transaction<'_>,
    said: &Assessment,
    before: &Payment,
    credit: &PaymentCredit,
) -> Result<bool, Fault> {
    let post = Credit {
        transfer: said.payment.transfer(),
        user: said.user.clone(),
        wallet: AccountId::wallet(&said.user, credit.amount.currency()),
        amount: credit.amount,
        description: before.description.clone(),
        at: said.at,
        approval: None,
    };
    if ledger::post(transaction, &post).await?.is_none() {
        return Ok(false);
    }
    tell(transaction, &credit.told).await?;
    Ok(true)
}

/// Moves the payment on, and notes what else is news.
async fn note(
    transaction: &mut Transaction<'_>,
    said: &Assessment,
    before: &Payment,
    is_credited: bool,
) -> Result<Payment, Fault> {
    let state = before.state.max(said.state);
    let is_news = state != before.state
        || (before.session.is_none() && said.session.is_some())
        || (before.intent.is_none() && said.intent.is_some())
        || (said.decline.is_some() && said.decline != before.decline);
    if !is_news {
        return Ok(before.clone());
    }
    let paid = said.credit.as_ref().filter(|_| is_credited).map(|credit| credit.amount);
    sqlx::query(
        "UPDATE payment
         SET state = ?2, session_id = COALESCE(session_id, ?3),
             intent_id = CASE WHEN ?11 THEN COALESCE(?4, intent_id) ELSE COALESCE(intent_id, ?4) END,
             decline = COALESCE(?5, decline), paid_amount = COALESCE(?6, paid_amount),
             paid_currency = COALESCE(?7, paid_currency), credited_at = COALESCE(?8, credited_at),
             next_look_at = CASE WHEN ?9 THEN NULL ELSE next_look_at END, updated_at = ?10
         WHERE id = ?1",
    )
    .bind(text(said.payment))
    .bind(state.as_str())
    .bind(said.session.as_ref().map(text))
    .bind(said.intent.as_ref().map(text))
    .bind(said.decline.as_deref())
    .bind(paid.map(trunkline_domain::Money::micros))
    .bind(paid.map(|paid| paid.currency().code()))
    .bind(paid.map(|_| time::to_text(said.at)))
    .bind(state.is_ended())
    .bind(time::to_text(said.at))
    .bind(is_credited)
    .execute(&mut *transaction.connection)
    .await?;
    let came_to_nothing = matches!(state, PaymentState::Expired | PaymentState::Failed);
    if came_to_nothing && !before.state.is_ended() {
        tell(transaction, &said.failed).await?;
    }
    known(transaction, said.payment).await
}

/// Takes back and gives again, each once. True where money moved now.
async fn apply_taking(
    transaction: &mut Transaction<'_>,
    said: &Assessment,
    payment: &Payment,
    taking: &TakingChange,
) -> Result<bool, Fault> {
    let known: Option<(String, bool)> = sqlx::query_as(
        "SELECT taken_transfer, returned_transfer IS NOT NULL FROM payment_taking WHERE id = ?1",
    )
    .bind(taking.id.as_str())
    .fetch_optional(&mut *transaction.connection)
    .await?;
    let is_taken_now = known.is_none();
    let (taken, is_returned) = if let Some((taken, is_returned)) = known {
        (parse("payment_taking.taken_transfer", &taken)?, is_returned)
    } else {
        take(transaction, said, payment, taking).await?;
        (taking.taken.transfer, false)
    };
    let Some(returned) = taking.returned.as_ref().filter(|_| !is_returned) else { return Ok(is_taken_now) };
    let returning =
        Returning { taken, transfer: returned.transfer, description: &returned.description, at: said.at };
    ledger::give_again(transaction, &returning).await?;
    sqlx::query("UPDATE payment_taking SET returned_transfer = ?2, returned_at = ?3 WHERE id = ?1")
        .bind(taking.id.as_str())
        .bind(text(returned.transfer))
        .bind(time::to_text(said.at))
        .execute(&mut *transaction.connection)
        .await?;
    tell(transaction, &returned.told).await?;
    Ok(true)
}

async fn take(
    transaction: &mut Transaction<'_>,
    said: &Assessment,
    payment: &Payment,
    taking: &TakingChange,
) -> Result<(), Fault> {
    let Movement { transfer, description, told } = &taking.taken;
    let taken = TakenBack {
        credit: payment.id.transfer(),
        user: &payment.user,
        amount: taking.amount,
        transfer: *transfer,
        lent: taking.lent,
        description,
        lent_description: &taking.lent_description,
        at: said.at,
    };
    ledger::take_back(transaction, &taken).await?;
    sqlx::query(
        "INSERT INTO payment_taking (id, payment_id, kind, amount, currency, taken_transfer, taken_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )
    .bind(taking.id.as_str())
    .bind(text(payment.id))
    .bind(taking.kind.as_str())
    .bind(taking.amount.micros())
    .bind(taking.amount.currency().code())
    .bind(text(*transfer))
    .bind(time::to_text(said.at))
    .execute(&mut *transaction.connection)
    .await?;
    tell(transaction, told).await
}

async fn tell(transaction: &mut Transaction<'_>, told: &Told) -> Result<(), Fault> {
    envelope::store(transaction, &told.events, &told.audit).await
}
