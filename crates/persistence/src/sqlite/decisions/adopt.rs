//! Taking a number that the account holds into our books: order, claim, hold, capture and number row together.

use async_trait::async_trait;
use trunkline_domain::{Change, NumberSid, OrderState};
use trunkline_provisioning::port::{AdoptAnswer, Adoption, ClaimHolder};

use crate::codec::{optional_text, text};
use crate::columns::number_columns;
use crate::error::Fault;
use crate::row::{NumberRow, OrderRow};
use crate::sqlite::claim::{self, Claim, ClaimState};
use crate::sqlite::ledger::{self, Placed};
use crate::sqlite::writer::{Apply, Decision, Transaction};

#[async_trait]
impl Apply for Adoption {
    type Answer = AdoptAnswer;

    async fn apply(
        change: &Change<Self>,
        transaction: &mut Transaction<'_>,
    ) -> Result<Decision<AdoptAnswer>, Fault> {
        let adoption = &change.body;
        let sid = crate::row::adopted_sid(adoption)?;
        if let Some(row) = find_by_sid(transaction, sid).await? {
            let number = row.number()?;
            let is_ours = number.id == adoption.number.id;
            let answer = if is_ours { AdoptAnswer::Adopted } else { AdoptAnswer::Known };
            return Ok(Decision::Unchanged(answer(number)));
        }
        if OrderRow::find(transaction.connection, adoption.order.id).await?.is_some() {
            return Ok(Decision::Unchanged(AdoptAnswer::OrderExists));
        }
        let claim = claim::find(transaction, &adoption.order.phone_number).await?;
        if let Some((order, holder)) = claim.as_ref().and_then(taken) {
            return Ok(Decision::Unchanged(AdoptAnswer::Claimed { order, holder }));
        }
        if let Placed::Insufficient { available } = ledger::hold(transaction, &adoption.hold).await? {
            let required = adoption.hold.amount;
            return Ok(Decision::Unchanged(AdoptAnswer::InsufficientBalance { required, available }));
        }
        insert_order(transaction, adoption, sid).await?;
        let (phone_number, order) = (&adoption.order.phone_number, adoption.order.id);
        if claim.is_some() {
            claim::pass_to_adopted(transaction, phone_number, order).await?;
        } else {
            claim::take(transaction, phone_number, order, ClaimState::Owned).await?;
        }
        let number = NumberRow::insert(transaction, &adoption.number).await?;
        let at = transaction.now;
        ledger::capture(transaction, adoption.capture, order, at).await?;
        Ok(Decision::Applied(AdoptAnswer::Adopted(number)))
    }
}

/// Who must be asked first, where somebody deals with the phone number.
pub(super) fn taken(claim: &Claim) -> Option<(trunkline_domain::OrderId, ClaimHolder)> {
    let holder = match claim.state {
        ClaimState::Cooling => return None,
        ClaimState::Ordering => ClaimHolder::Order,
        ClaimState::Owned => ClaimHolder::Number,
        ClaimState::Orphan => ClaimHolder::Orphan,
    };
    Some((claim.order, holder))
}

async fn find_by_sid(transaction: &mut Transaction<'_>, sid: &NumberSid) -> Result<Option<NumberRow>, Fault> {
    let row =
        sqlx::query_as(concat!("SELECT ", number_columns!(), " FROM business_numbers WHERE twilio_sid = ?1"))
            .bind(sid.as_str())
            .fetch_optional(&mut *transaction.connection)
            .await?;
    Ok(row)
}

/// The order was opened, sent and completed in this moment; nobody has a lease on it.
async fn insert_order(
    transaction: &mut Transaction<'_>,
    adoption: &Adoption,
    sid: &NumberSid,
) -> Result<(), Fault> {
    let order = &adoption.order;
    sqlx::query(
        "INSERT INTO orders (id, user_id, business_id, phone_number, display_name, country_code, number_type, charge,
                             monthly_cost, currency, twilio_account_sid, wallet_id, hold_id, state, twilio_sid,
                             number_id, send_by, lease, opened_at, updated_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?17, ?17)",
    )
    .bind(text(order.id))
    .bind(order.user.as_str())
    .bind(optional_text(order.business))
    .bind(order.phone_number.as_str())
    .bind(order.display_name.as_str())
    .bind(order.country.as_str())
    .bind(order.number_type.as_str())
    .bind(order.charge.micros())
    .bind(order.monthly_cost.micros())
    .bind(order.charge.currency().code())
    .bind(order.account.as_str())
    .bind(text(adoption.hold.wallet))
    .bind(text(adoption.hold.hold))
    .bind(OrderState::Completed.as_str())
    .bind(sid.as_str())
    .bind(text(adoption.number.id))
    .bind(transaction.now_text())
    .bind(OrderRow::FIRST_LEASE.as_i64())
    .execute(&mut *transaction.connection)
    .await?;
    Ok(())
}
