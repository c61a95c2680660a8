//! The history: lines that customers go on reading, and from which no balance follows. Pure.

use trunkline_domain::{Currency, Money, NumberId, TransferId};
use trunkline_wallet::{Transaction, TransactionDirection, TransactionStatus};
use uuid::Uuid;

use crate::OriginalRow;
use crate::schema::BOOKED_AT;

/// The namespace in which lines have their ids whose old ones are no UUIDs.
const NAMESPACE: Uuid = Uuid::from_u128(0x2e85_b3d7_1f6c_4a90_8c14_9be2_60d3_57f8);

/// What people call a row.
pub(crate) fn subject(row: &OriginalRow) -> String {
    format!("transaction {}", row.text(&["id"]).unwrap_or_else(|| "without an id".to_owned()))
}

/// Reads a row, or says why it cannot be moved.
pub(crate) fn read(row: &OriginalRow, default: Currency) -> Result<Transaction, String> {
    let Some(old_id) = row.text(&["id"]) else { return Err("it has no id".to_owned()) };
    let id = Uuid::parse_str(&old_id).unwrap_or_else(|_| Uuid::new_v5(&NAMESPACE, old_id.as_bytes()));
    let Some(date) = row.time(&BOOKED_AT) else { return Err("nobody knows when it was".to_owned()) };
    let currency = match row.text(&["currency", "currency_code"]) {
        Some(code) => code.parse().map_err(|_| format!("`{code}` is no currency"))?,
        None => default,
    };
    let amount =
        row.decimal(&["amount"]).map_err(|text| format!("`{text}` is no amount"))?.unwrap_or_default();
    let named = row.text(&["type", "transaction_type"]);
    let direction = direction(named.as_deref(), amount.is_sign_negative())?;
    let amount = Money::new(amount.abs(), currency).map_err(|error| error.to_string())?;
    if !amount.is_positive() {
        return Err("it moved nothing".to_owned());
    }
    let description = row.text(&["description", "reason", "note"]).or(named).unwrap_or_default();
    let number = row.uuid(&["number_id", "business_number_id", "phone_number_id"]).map(NumberId::from_uuid);
    let status = status(row.text(&["status"]).as_deref())?;
    Ok(Transaction { id: TransferId::from_uuid(id), date, direction, amount, description, status, number })
}

/// What names it, where that names a direction; else an amount below zero has gone out.
fn direction(named: Option<&str>, is_negative: bool) -> Result<TransactionDirection, String> {
    let plain = named.map(|name| name.to_ascii_lowercase().replace(['-', ' '], "_"));
    match plain.as_deref() {
        Some("credit" | "deposit" | "topup" | "top_up" | "recharge" | "refund" | "bonus") => {
            Ok(TransactionDirection::Credit)
        }
        Some("debit" | "purchase" | "charge" | "withdrawal" | "fee" | "number_purchase" | "usage") => {
            Ok(TransactionDirection::Debit)
        }
        _ if is_negative => Ok(TransactionDirection::Debit),
        Some(other) => Err(format!("`{other}` does not say whether it came in or went out")),
        None => Ok(TransactionDirection::Credit),
    }
}

fn status(named: Option<&str>) -> Result<TransactionStatus, String> {
    match named.map(str::to_ascii_lowercase).as_deref() {
        None | Some("completed" | "complete" | "success" | "succeeded" | "paid" | "done") => {
            Ok(TransactionStatus::Completed)
        }
        Some("pending" | "processing") => Ok(TransactionStatus::Pending),
        Some("failed" | "cancelled" | "canceled" | "error") => Ok(TransactionStatus::Failed),
        Some("refunded" | "reversed") => Ok(TransactionStatus::Refunded),
        Some(other) => Err(format!("its status `{other}` is not known")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn line(columns: &serde_json::Value) -> Result<Transaction, String> {
        let row = OriginalRow { owner: None, columns: columns.as_object().unwrap().clone() };
        read(&row, Currency::USD)
    }

    #[test]
    fn a_line_keeps_its_id_time_and_sense() {
        let id = "0b0a6c3e-0000-4000-8000-00000000002a";
        let read = line(&json!({
            "id": id, "type": "debit", "amount": 1.5, "status": "completed", "created_at": "2024-02-03T04:05:06Z",
            "description": "Phone number +14152300101",
        }))
        .unwrap();
        assert_eq!(read.id.to_string(), id);
        assert_eq!(
            (read.direction, read.amount.to_string().as_str()),
            (TransactionDirection::Debit, "1.50 USD")
        );
        assert_eq!(read.date.to_rfc3339(), "2024-02-03T04:05:06+00:00");
    }

    #[test]
    fn what_cannot_be_understood_is_not_guessed() {
        let with = |name: &str, value: serde_json::Value| {
            let mut columns = json!({ "id": 7, "amount": 2, "created_at": "2024-02-03" });
            columns[name] = value;
            line(&columns)
        };
        assert_eq!(with("status", json!("Success")).unwrap().status, TransactionStatus::Completed);
        assert_eq!(with("amount", json!(-2)).unwrap().direction, TransactionDirection::Debit);
        assert_eq!(with("id", json!(8)).unwrap().id, with("id", json!("8")).unwrap().id);
        assert_eq!(
            with("type", json!("transfer")).unwrap_err(),
            "`transfer` does not say whether it came in or went out"
        );
        assert_eq!(with("status", json!("odd")).unwrap_err(), "its status `odd` is not known");
        assert_eq!(with("amount", json!(0)).unwrap_err(), "it moved nothing");
        assert_eq!(
            with("amount", json!(0.000_000_1)).unwrap_err(),
            "0.0000001 has more than 6 decimal places"
        );
        assert_eq!(with("created_at", json!("soon")).unwrap_err(), "nobody knows when it was");
    }
}
