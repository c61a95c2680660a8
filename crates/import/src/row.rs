//! What stands in a row's columns, read without guessing: a value that is not of the kind asked for is said to be so.

use chrono::{DateTime, NaiveDateTime, Utc};
use rust_decimal::Decimal;
use serde_json::Value;
use uuid::Uuid;

use crate::OriginalRow;

impl OriginalRow {
    /// The first of these columns that there is and that has a value.
    fn value(&self, names: &[&str]) -> Option<&Value> {
        names.iter().filter_map(|name| self.columns.get(*name)).find(|value| !value.is_null())
    }

    /// A text, without blanks around it; `None` where that is nothing.
    pub(crate) fn text(&self, names: &[&str]) -> Option<String> {
        let text = match self.value(names)? {
            Value::String(text) => text.trim().to_owned(),
            other => other.to_string(),
        };
        (!text.is_empty()).then_some(text)
    }

    /// An id that is a UUID.
    pub(crate) fn uuid(&self, names: &[&str]) -> Option<Uuid> {
        Uuid::parse_str(&self.text(names)?).ok()
    }

    /// An amount, with every digit that it has. An error is what stands there instead.
    pub(crate) fn decimal(&self, names: &[&str]) -> Result<Option<Decimal>, String> {
        let Some(text) = self.text(names) else { return Ok(None) };
        let read = Decimal::from_str_exact(&text).or_else(|_| Decimal::from_scientific(&text));
        read.map(Some).map_err(|_| text.chars().take(40).collect())
    }

    /// A moment. One without a time zone is UTC.
    pub(crate) fn time(&self, names: &[&str]) -> Option<DateTime<Utc>> {
        let text = self.text(names)?;
        if let Ok(time) = DateTime::parse_from_rfc3339(&text) {
            return Some(time.with_timezone(&Utc));
        }
        let day = format!("{text}T00:00:00");
        let read = |text: &str| NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").ok();
        read(&text).or_else(|| read(&day)).map(|time| time.and_utc())
    }

    /// Yes or no.
    pub(crate) fn flag(&self, names: &[&str]) -> Option<bool> {
        match self.value(names)? {
            Value::Bool(flag) => Some(*flag),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn row(columns: &Value) -> OriginalRow {
        OriginalRow { owner: None, columns: columns.as_object().unwrap().clone() }
    }

    #[test]
    fn the_first_column_with_a_value_counts() {
        let row = row(&json!({ "a": null, "b": "  x ", "c": 7, "d": " " }));
        assert_eq!(row.text(&["a", "b"]).as_deref(), Some("x"));
        assert_eq!(row.text(&["missing", "c"]).as_deref(), Some("7"));
        assert_eq!(row.text(&["d"]), None);
    }

    #[test]
    fn no_digit_of_an_amount_is_lost() {
        let columns: Value =
            serde_json::from_str(r#"{"a": 12.345, "b": 0.10, "c": "NaN", "d": 12345678901234567.12}"#)
                .unwrap();
        let row = row(&columns);
        assert_eq!(row.decimal(&["a"]).unwrap().unwrap().to_string(), "12.345");
        assert_eq!(row.decimal(&["b"]).unwrap().unwrap().to_string(), "0.10");
        assert_eq!(row.decimal(&["d"]).unwrap().unwrap().to_string(), "12345678901234567.12");
        assert_eq!(row.decimal(&["c"]), Err("NaN".to_owned()));
        assert_eq!(row.decimal(&["e"]), Ok(None));
    }

    #[test]
    fn times_are_read_with_and_without_a_zone() {
        let row = row(
            &json!({ "a": "2024-03-01T12:00:00.5+02:00", "b": "2024-03-01T12:00:00.25", "c": "2024-03-01" }),
        );
        assert_eq!(row.time(&["a"]).unwrap().to_rfc3339(), "2024-03-01T10:00:00.500+00:00");
        assert_eq!(row.time(&["b"]).unwrap().to_rfc3339(), "2024-03-01T12:00:00.250+00:00");
        assert_eq!(row.time(&["c"]).unwrap().to_rfc3339(), "2024-03-01T00:00:00+00:00");
    }
}
