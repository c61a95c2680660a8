//! Balances: which of a wallet's columns are some, and which of them can be moved. Pure.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use trunkline_domain::{Currency, Money, TransferId, UserId};
use trunkline_wallet::{AccountId, Credit};
use uuid::Uuid;

use crate::OriginalRow;
use crate::schema::BALANCE;

/// The namespace in which opening transfers have their ids.
const NAMESPACE: Uuid = Uuid::from_u128(0x6a0d_4f1e_7b93_4c52_9d38_05e1_c7aa_42b6);

/// What customers read in their history.
const DESCRIPTION: &str = "Opening balance";

/// A balance of a wallet in the original.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OldBalance {
    /// How people find it: the wallet's id and the column.
    pub(crate) subject: String,
    pub(crate) currency: Currency,
    /// What it is, where that is a number.
    pub(crate) amount: Option<Decimal>,
    pub(crate) verdict: Verdict,
}

/// What is to be done about a balance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// There is nothing in the wallet; the transfer is the one that it would have had.
    Empty(TransferId),
    /// It can be moved.
    Opens(Box<Credit>),
    /// It cannot, for this reason.
    Left(String),
}

/// Every balance of a wallet: a column `balance_usd` for each currency, or one `balance` with `currency` beside it.
pub(crate) fn read(
    row: &OriginalRow,
    user: &UserId,
    default: Currency,
    at: DateTime<Utc>,
) -> Vec<OldBalance> {
    let wallet = row.text(&["id"]).unwrap_or_else(|| user.to_string());
    let mut balances = Vec::new();
    for column in row.columns.keys().filter(|column| column.starts_with(BALANCE)) {
        let Some(currency) = currency_of(row, column, default) else { continue };
        let transfer = TransferId::from_uuid(Uuid::new_v5(
            &NAMESPACE,
            format!("opening\n{}\n{wallet}", currency.code()).as_bytes(),
        ));
        let subject = format!("{column} of wallet {wallet}");
        let read = row.decimal(&[column]);
        let verdict = match &read {
            Ok(amount) => judge(*amount, user, currency, transfer, at),
            Err(text) => Verdict::Left(format!("`{text}` is no amount")),
        };
        let amount = read.ok().map(Option::unwrap_or_default);
        balances.push(OldBalance { subject, currency, amount, verdict });
    }
    balances
}

/// The currency of a balance column; `None` for a column that only begins like one.
fn currency_of(row: &OriginalRow, column: &str, default: Currency) -> Option<Currency> {
    match column.strip_prefix(BALANCE)? {
        "" => match row.text(&["currency", "currency_code"]) {
            Some(code) => code.parse().ok(),
            None => Some(default),
        },
        suffix => suffix.strip_prefix('_')?.parse().ok(),
    }
}

/// Nothing is rounded: what the currency has no coin for stays where it is.
fn judge(
    amount: Option<Decimal>,
    user: &UserId,
    currency: Currency,
    transfer: TransferId,
    at: DateTime<Utc>,
) -> Verdict {
    let amount = amount.unwrap_or_default().normalize();
    if amount.is_zero() {
        return Verdict::Empty(transfer);
    }
    if amount.is_sign_negative() {
        return Verdict::Left(format!("{amount} {currency} is less than nothing; a wallet here cannot owe"));
    }
    if amount.scale() > currency.exponent() {
        let places = currency.exponent();
        return Verdict::Left(format!(
            "{amount} {currency} has more than the {places} decimal places of its currency"
        ));
    }
    match Money::new(amount, currency) {
        Ok(amount) => Verdict::Opens(Box::new(Credit {
            transfer,
            user: user.clone(),
            wallet: AccountId::wallet(user, currency),
            amount,
            description: DESCRIPTION.to_owned(),
            at,
            // What is brought along was the user's before.
            approval: None,
        })),
        Err(error) => Verdict::Left(format!("{amount} {currency}: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn balances(columns: &str) -> Vec<(String, String)> {
        let columns = serde_json::from_str(columns).unwrap();
        let row = OriginalRow { owner: None, columns };
        let read = read(&row, &"ann".parse().unwrap(), Currency::USD, DateTime::UNIX_EPOCH);
        let told = read.into_iter().map(|balance| {
            let verdict = match balance.verdict {
                Verdict::Empty(_) => "empty".to_owned(),
                Verdict::Opens(credit) => credit.amount.to_string(),
                Verdict::Left(why) => why,
            };
            (balance.subject, verdict)
        });
        told.collect()
    }

    #[test]
    fn only_what_a_currency_can_hold_is_moved() {
        for (amount, verdict) in [
            ("12.5", "12.50 USD"),
            ("12.500", "12.50 USD"),
            ("0", "empty"),
            ("0.000", "empty"),
            ("null", "empty"),
            ("10.005", "10.005 USD has more than the 2 decimal places of its currency"),
            ("-3", "-3 USD is less than nothing; a wallet here cannot owe"),
            ("\"NaN\"", "`NaN` is no amount"),
            ("99999999999999999999", "99999999999999999999 USD: the amount is too large"),
        ] {
            let read = balances(&format!(r#"{{"id": "w1", "balance_usd": {amount}}}"#));
            assert_eq!(read, [("balance_usd of wallet w1".to_owned(), verdict.to_owned())], "{amount}");
        }
    }

    #[test]
    fn a_wallet_has_a_column_for_each_currency_or_one_with_its_currency() {
        let read = balances(
            r#"{"id": "w", "balance_usd": 1, "balance_inr": 2.5, "balance_updated_at": "2024-01-01"}"#,
        );
        assert_eq!(
            read.iter().map(|(_, verdict)| verdict.as_str()).collect::<Vec<_>>(),
            ["2.50 INR", "1.00 USD"]
        );
        assert_eq!(balances(r#"{"balance": 7, "currency": "inr"}"#)[0].1, "7.00 INR");
        assert_eq!(
            balances(r#"{"balance": 7}"#)[0],
            ("balance of wallet ann".to_owned(), "7.00 USD".to_owned())
        );
    }

    #[test]
    fn the_transfer_follows_from_the_old_wallet_and_the_currency() {
        let id = |columns: &str| {
            let row = OriginalRow { owner: None, columns: serde_json::from_str(columns).unwrap() };
            let read = read(&row, &"ann".parse().unwrap(), Currency::USD, DateTime::UNIX_EPOCH);
            match &read[0].verdict {
                Verdict::Empty(transfer) => *transfer,
                Verdict::Opens(credit) => credit.transfer,
                Verdict::Left(why) => panic!("{why}"),
            }
        };
        let first = id(r#"{"id": "w1", "balance_usd": 1}"#);
        assert_eq!(first, id(r#"{"id": "w1", "balance_usd": 0}"#), "whatever the balance has become");
        assert_ne!(first, id(r#"{"id": "w2", "balance_usd": 1}"#));
        assert_ne!(first, id(r#"{"id": "w1", "balance_inr": 1}"#));
    }
}
