//! Taking a number that the account holds into our books: order, claim, hold, capture and number row together.

use sqlx::postgres::PgRow;
use sqlx::types::{Json, JsonValue, Uuid};
use sqlx::{FromRow, Row};
use trunkline_domain::{Change, Money, Order, OrderId};
use trunkline_provisioning::port::{AdoptAnswer, Adoption, ClaimHolder};
use trunkline_wallet::{AccountId, AccountKind};

use crate::cell::Micros;
use crate::error::Failure;
use crate::postgres::PostgresStore;
use crate::postgres::answer::{Answer, number_answer};
use crate::postgres::numbers::number_row;
use crate::row::{NumberRow, adopted_sid};

/// The outcome with its number, or with what a refusal is about.
struct AdoptedRow {
    answer: Answer<NumberRow>,
    claimed_by: Option<Uuid>,
    available: Option<Micros>,
}

impl FromRow<'_, PgRow> for AdoptedRow {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            answer: Answer::from_row(row)?,
            claimed_by: row.try_get("claimed_by")?,
            available: row.try_get("available")?,
        })
    }
}

impl PostgresStore {
    pub(super) async fn adopt_number(&self, change: &Change<Adoption>) -> Result<AdoptAnswer, Failure> {
        let adoption = &change.body;
        adopted_sid(adoption)?;
        let required = adoption.hold.amount;
        let query = sqlx::query_as(number_answer!(
            "outcome, claimed_by, available, ",
            "adopt_number_1(jsonb_populate_record(NULL::trunkline.orders, $1),
                            jsonb_populate_record(NULL::trunkline.business_numbers, $2), $3, $4, $5, $6, $7, $8)"
        ))
        .bind(order_row(&adoption.order))
        .bind(number_row(&adoption.number))
        .bind(AccountId::operator(AccountKind::Revenue, required.currency()).as_uuid())
        .bind(&adoption.hold.description)
        .bind(adoption.capture.transfer.as_uuid())
        .bind(Json(&change.events))
        .bind(Json(&change.audit))
        .bind(self.lease_time.given());
        let AdoptedRow { answer, claimed_by, available } = self.pool.change(query).await?;
        let claimed = |holder| {
            let order = claimed_by.map(OrderId::from_uuid);
            order.map(|order| AdoptAnswer::Claimed { order, holder })
        };
        let refusal = match answer.outcome.as_str() {
            "adopted" => return Ok(AdoptAnswer::Adopted(answer.row()?.number()?)),
            "known" => return Ok(AdoptAnswer::Known(answer.row()?.number()?)),
            "order_exists" => Some(AdoptAnswer::OrderExists),
            "claimed_ordering" => claimed(ClaimHolder::Order),
            "claimed_owned" => claimed(ClaimHolder::Number),
            "claimed_orphan" => claimed(ClaimHolder::Orphan),
            "insufficient_balance" => available.map(|Micros(micros)| {
                let available = Money::from_micros(micros, required.currency());
                AdoptAnswer::InsufficientBalance { required, available }
            }),
            _ => None,
        };
        refusal.ok_or_else(|| answer.unknown("adopt_number_1"))
    }
}

/// What the row of the order is made of, apart from its times.
pub(in crate::postgres) fn order_row(order: &Order) -> Json<JsonValue> {
    Json(serde_json::json!({
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
        "wallet_id": order.wallet,
        "hold_id": order.hold,
        "state": order.state.as_str(),
        "twilio_sid": order.number_sid,
        "number_id": order.number,
    }))
}
