//! TX1 of a purchase: order, claim, hold and request, or a refusal and nothing else.

use async_trait::async_trait;
use trunkline_domain::{Change, Money, NumberId, OrderId, RequestKey};
use trunkline_provisioning::PurchaseEnd;
use trunkline_provisioning::port::{OpenAnswer, OpenRefusal, PurchaseOpening};

use crate::codec::{optional_text, parse, text};
use crate::error::Fault;
use crate::row::OrderRow;
use crate::sqlite::claim::{self, Claim, ClaimState};
use crate::sqlite::ledger::{self, Placed};
use crate::sqlite::limits;
use crate::sqlite::request::{self, RefusedRequest};
use crate::sqlite::sales;
use crate::sqlite::time;
use crate::sqlite::writer::{Apply, Decision, Transaction};

#[async_trait]
impl Apply for PurchaseOpening {
    type Answer = OpenAnswer;

    async fn apply(
        change: &Change<Self>,
        transaction: &mut Transaction<'_>,
    ) -> Result<Decision<OpenAnswer>, Fault> {
        let (opening, key) = (&change.body, change.request.as_ref());
        if let Some(row) = OrderRow::find(transaction.connection, opening.order.id).await? {
            return Ok(Decision::Unchanged(OpenAnswer::Opened(row.opened()?)));
        }
        if let Some(key) = key
            && let Some(known) = request::find(transaction.connection, key, transaction.now).await?
        {
            return Ok(Decision::Unchanged(OpenAnswer::Repeat(known.into_repeat()?)));
        }
        if let Some(why) = sales::pause_of(transaction, opening).await? {
            // Not kept under the key: the same request may be sent again.
            return Ok(Decision::Refused(OpenAnswer::Refused(OpenRefusal::SalesPaused { why }), None));
        }
        if let Some(claim) = claim::find(transaction, &opening.order.phone_number).await? {
            let refusal = refusal_by(transaction, &claim, opening).await?;
            return refused(opening.order.id, key, refusal);
        }
        if let Some(reached) = limits::reached(transaction, opening).await? {
            // Not kept under the key either.
            return Ok(Decision::Refused(OpenAnswer::Refused(OpenRefusal::LimitExceeded { reached }), None));
        }
        if let Placed::Insufficient { available } = ledger::hold(transaction, &opening.hold).await? {
            let required = opening.hold.amount;
            let owed = ledger::owed_beside(transaction, opening.hold.wallet).await?;
            if owed > 0 {
                let debt = Money::from_micros(owed, required.currency());
                return refused(opening.order.id, key, OpenRefusal::WalletInDebt { debt });
            }
            return refused(opening.order.id, key, OpenRefusal::InsufficientBalance { required, available });
        }
        insert(transaction, opening).await?;
        claim::take(transaction, &opening.order.phone_number, opening.order.id, ClaimState::Ordering).await?;
        request::begin(transaction, key, opening.order.id.as_uuid()).await?;
        let row = OrderRow::load(transaction, opening.order.id).await?;
        Ok(Decision::Applied(OpenAnswer::Opened(row.opened()?)))
    }
}

fn refused(
    order: OrderId,
    key: Option<&RequestKey>,
    refusal: OpenRefusal,
) -> Result<Decision<OpenAnswer>, Fault> {
    let end = PurchaseEnd::Refused(refusal.clone());
    let request = RefusedRequest::of(key, order.as_uuid(), &end)?;
    Ok(Decision::Refused(OpenAnswer::Refused(refusal), request))
}

/// What somebody else's claim means to this user.
async fn refusal_by(
    transaction: &mut Transaction<'_>,
    claim: &Claim,
    opening: &PurchaseOpening,
) -> Result<OpenRefusal, Fault> {
    let holder = OrderRow::load(transaction, claim.order).await?;
    let is_own = holder.is_of(&opening.order.user);
    Ok(match claim.state {
        ClaimState::Cooling | ClaimState::Orphan => OpenRefusal::CoolingDown,
        ClaimState::Ordering if is_own => OpenRefusal::AlreadyOrdering { order: claim.order },
        ClaimState::Owned if is_own => {
            OpenRefusal::AlreadyOwned { number: number_of(transaction, claim.order).await? }
        }
        ClaimState::Ordering | ClaimState::Owned => OpenRefusal::TakenByOther,
    })
}

async fn number_of(transaction: &mut Transaction<'_>, order: OrderId) -> Result<NumberId, Fault> {
    let id: String = sqlx::query_scalar("SELECT id FROM business_numbers WHERE order_id = ?1")
        .bind(text(order))
        .fetch_one(&mut *transaction.connection)
        .await?;
    parse("business_numbers.id", &id)
}

async fn insert(transaction: &mut Transaction<'_>, opening: &PurchaseOpening) -> Result<(), Fault> {
    let (order, now) = (&opening.order, transaction.now);
    if order.charge != opening.hold.amount || order.monthly_cost.currency() != order.charge.currency() {
        return Err(Fault::Broken(format!("order {} and its hold name different money", order.id)));
    }
    sqlx::query(
        "INSERT INTO orders (id, user_id, business_id, phone_number, display_name, country_code, number_type, charge,
                             monthly_cost, currency, twilio_account_sid, wallet_id, hold_id, state, send_by, lease,
                             leased_until, opened_at, updated_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, 'ordering', ?14, ?15, ?16, ?17, ?17)",
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
    .bind(text(opening.hold.wallet))
    .bind(text(opening.hold.hold))
    .bind(time::to_text(now + opening.send_window))
    .bind(OrderRow::FIRST_LEASE.as_i64())
    .bind(time::to_text(now + opening.terms.lease))
    .bind(time::to_text(now))
    .execute(&mut *transaction.connection)
    .await?;
    Ok(())
}
