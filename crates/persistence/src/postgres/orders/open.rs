//! TX1 of a purchase: order, claim, hold and request, or a refusal and nothing else.

use serde_json::{Value, json};
use sqlx::types::Json;
use trunkline_domain::Change;
use trunkline_provisioning::PurchaseEnd;
use trunkline_provisioning::port::{OpenAnswer, OpenRefusal, PurchaseOpening};
use trunkline_wallet::{AccountId, AccountKind};

use crate::codec::from_json;
use crate::error::{Failure, Fault};
use crate::postgres::answer::{KeyedAnswer, order_answer};
use crate::postgres::cells::interval;
use crate::postgres::{PostgresStore, envelope};
use crate::row::OrderRow;

impl PostgresStore {
    pub(super) async fn open_purchase(
        &self,
        change: &Change<PurchaseOpening>,
    ) -> Result<OpenAnswer, Failure> {
        let opening = &change.body;
        let query = sqlx::query_as(order_answer!(
            keyed "open_purchase_4(jsonb_populate_record(NULL::trunkline.orders, $1), $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
        ))
        .bind(Json(order_row(opening)?))
        .bind(AccountId::operator(AccountKind::Revenue, opening.order.charge.currency()).as_uuid())
        .bind(&opening.hold.description)
        .bind(interval(opening.terms.lease))
        .bind(interval(opening.send_window))
        .bind(opening.daily_cap.map(|cap| i64::from(cap.get())))
        .bind(Json(&opening.limits))
        .bind(envelope::request(change.request.as_ref()))
        .bind(Json(&change.events))
        .bind(Json(&change.audit))
        .bind(self.lease_time.given());
        let KeyedAnswer::<OrderRow> { answer, known } = self.pool.change(query).await?;
        match answer.outcome.as_str() {
            "opened" => Ok(OpenAnswer::Opened(answer.row()?.opened()?)),
            "refused" => refused(&known.document()?),
            "limited" => {
                let reached = from_json("limit_reached_1", &known.document()?)?;
                Ok(OpenAnswer::Refused(OpenRefusal::LimitExceeded { reached }))
            }
            _ => Ok(OpenAnswer::Repeat(known.known()?.into_repeat()?)),
        }
    }
}

/// A refusal is answered as the end that the client hears, and stored so where it is final.
fn refused(document: &str) -> Result<OpenAnswer, Failure> {
    match from_json("request.outcome", document)? {
        PurchaseEnd::Refused(refusal) => Ok(OpenAnswer::Refused(refusal)),
        end @ (PurchaseEnd::Completed(_) | PurchaseEnd::Failed { .. }) => {
            Err(Failure::Broken(format!("open_purchase_4 refused with {end:?}")))
        }
    }
}

/// What the row of the order is made of, apart from its times and its lease.
fn order_row(opening: &PurchaseOpening) -> Result<Value, Fault> {
    let (order, hold) = (&opening.order, &opening.hold);
    if order.charge != hold.amount || order.monthly_cost.currency() != order.charge.currency() {
        return Err(Fault::Broken(format!("order {} and its hold name different money", order.id)));
    }
    Ok(json!({
        "id": order.id,
        "user_id": order.user,
        "business_id": order.business,
        "phone_number": order.phone_number.as_str(),
        "display_name": order.display_name,
        "country_code": order.country.as_str(),
        "number_type": order.number_type.as_str(),
        "charge": order.charge.amount().to_string(),
        "monthly_cost": order.monthly_cost.amount().to_string(),
        "currency": order.charge.currency().code(),
        "twilio_account_sid": order.account,
        "wallet_id": hold.wallet,
        "hold_id": hold.hold,
    }))
}
