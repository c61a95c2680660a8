//! A user of another system with what is theirs, added by one function of the database.

use serde_json::json;
use sqlx::FromRow;
use sqlx::types::{Json, JsonValue};
use trunkline_domain::Change;
use trunkline_import::{ImportAnswer, NumberImport, UserImport};
use trunkline_tenancy::Business;
use trunkline_wallet::{AccountId, AccountKind, Credit, Transaction};

use crate::cell::Moment;
use crate::error::Failure;
use crate::postgres::PostgresStore;
use crate::postgres::decisions::order_row;
use crate::postgres::numbers::number_row;

#[derive(FromRow)]
struct AnswerRow {
    outcome: String,
    subject: Option<String>,
}

impl PostgresStore {
    pub(super) async fn import_one_user(&self, change: &Change<UserImport>) -> Result<ImportAnswer, Failure> {
        let UserImport { user, businesses, numbers, openings, lines, at } = &change.body;
        for import in numbers {
            if let Some(order) = &import.order {
                crate::row::imported_agrees(order, &import.number)?;
            }
        }
        let query = sqlx::query_as(
            "SELECT outcome, subject
             FROM trunkline.import_user_1($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        )
        .bind(user.id.as_str())
        .bind(user.email.as_ref().map(ToString::to_string))
        .bind(Moment::of(user.created_at).time())
        .bind(Json(businesses.iter().map(business_row).collect::<Vec<_>>()))
        .bind(Json(numbers.iter().map(import_row).collect::<Vec<_>>()))
        .bind(Json(openings.iter().map(opening_row).collect::<Vec<_>>()))
        .bind(Json(lines.iter().map(line_row).collect::<Vec<_>>()))
        .bind(Moment::of(*at).time())
        .bind(Json(&change.events))
        .bind(Json(&change.audit))
        .bind(self.lease_time.given());
        let row: AnswerRow = self.pool.change(query).await?;
        match (row.outcome.as_str(), row.subject) {
            ("stands", _) => Ok(ImportAnswer::Stands),
            ("in_the_way", Some(what)) => Ok(ImportAnswer::InTheWay(what)),
            (outcome, _) => Err(Failure::Broken(format!("import_user_1 answered `{outcome}`"))),
        }
    }
}

fn business_row(business: &Business) -> JsonValue {
    json!({
        "id": business.id,
        "user_id": business.owner,
        "name": business.name,
        "time_zone": business.time_zone,
        "created_at": Moment::of(business.created_at).time(),
        "updated_at": Moment::of(business.updated_at).time(),
    })
}

/// The order charged nothing, so it names no hold; it was opened when the number was bought.
fn import_row(import: &NumberImport) -> JsonValue {
    let order = import.order.as_ref().map(|order| {
        let Json(mut row) = order_row(order);
        row["hold_id"] = JsonValue::Null;
        row["opened_at"] = json!(Moment::of(order.opened_at).time());
        row["updated_at"] = json!(Moment::of(order.updated_at).time());
        row
    });
    json!({ "order": order, "number": number_row(&import.number).0 })
}

fn opening_row(credit: &Credit) -> JsonValue {
    let currency = credit.amount.currency();
    json!({
        "id": credit.transfer,
        "wallet": credit.wallet,
        "opening": AccountId::operator(AccountKind::Opening, currency),
        "amount": credit.amount.amount().to_string(),
        "currency": currency.code(),
        "description": credit.description,
        "at": Moment::of(credit.at).time(),
    })
}

fn line_row(line: &Transaction) -> JsonValue {
    json!({
        "id": line.id,
        "type": line.direction.as_str(),
        "amount": line.amount.amount().to_string(),
        "currency": line.amount.currency().code(),
        "description": line.description,
        "status": line.status.as_str(),
        "number_id": line.number,
        "occurred_at": Moment::of(line.date).time(),
    })
}
