//! Amounts, as JSON and as digits: what is accepted is exactly what was written, and is written again the same.

use serde_json::Value;
use trunkline_domain::{Currency, JsonMoney, Money};

use crate::exact::Exact;

/// The input is the text of a JSON value, and the digits of an amount.
pub(crate) fn run(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else {
        assert!(serde_json::from_slice::<JsonMoney>(input).is_err(), "bytes that are no text are no amount");
        return;
    };
    if let Ok(money) = serde_json::from_str::<JsonMoney>(text) {
        let written = match serde_json::from_str::<Value>(text).expect("what reads as an amount is JSON") {
            Value::Number(number) => number.to_string(),
            Value::String(digits) => digits.trim().to_owned(),
            other => panic!("{other} was read as an amount"),
        };
        same_digits(&written, &money.0.to_string());
        let json = serde_json::to_string(&money).expect("an amount can be written");
        same_digits(&written, &json);
        let again: JsonMoney = serde_json::from_str(&json).expect("what we write we read");
        assert_eq!(again.0, money.0, "{json}");
    }
    for currency in [Currency::USD, "JPY".parse().expect("the yen")] {
        if let Ok(money) = Money::parse(text, currency) {
            same_digits(text, &money.amount().to_string());
            stored_and_reckoned(money);
        }
    }
}

fn same_digits(written: &str, read: &str) {
    let (written, read) = (Exact::of(written), Exact::of(read));
    assert!(written.is_some() && written == read, "written {written:?}, read {read:?}");
}

fn stored_and_reckoned(money: Money) {
    assert_eq!(Money::from_micros(money.micros(), money.currency()), money);
    let json = serde_json::to_string(&money).expect("money can be stored");
    assert_eq!(serde_json::from_str::<Money>(&json).expect("what is stored can be read"), money);
    if let Ok(twice) = money.checked_add(money) {
        assert_eq!(twice.checked_sub(money), Ok(money));
        assert_eq!(twice.micros() / 2, money.micros());
    }
}
