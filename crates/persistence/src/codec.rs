//! Between columns and the domain's words. What is stored was valid when it was written, so a value that cannot be
//! read is a fault of the database, named with its column.

use std::fmt::Display;
use std::str::FromStr;

use serde::Serialize;
use serde::de::DeserializeOwned;
use trunkline_domain::{BusinessId, Currency, Money, PhoneNumber};

use crate::error::Fault;

/// Reads a value from its text.
pub(crate) fn parse<T>(column: &'static str, text: &str) -> Result<T, Fault>
where
    T: FromStr<Err: Display>,
{
    text.parse().map_err(|error| Fault::Broken(format!("column {column}: {error}")))
}

/// Reads a value that may be missing.
pub(crate) fn parse_optional<T>(column: &'static str, text: Option<&str>) -> Result<Option<T>, Fault>
where
    T: FromStr<Err: Display>,
{
    text.map(|text| parse(column, text)).transpose()
}

/// Reads a phone number, whatever its numbering plan has become since.
pub(crate) fn phone_number(column: &'static str, text: &str) -> Result<PhoneNumber, Fault> {
    PhoneNumber::from_stored(text).map_err(|error| Fault::Broken(format!("column {column}: {error}")))
}

/// Reads one of a fixed set of names.
pub(crate) fn named<T>(
    column: &'static str,
    text: &str,
    read: impl FnOnce(&str) -> Option<T>,
) -> Result<T, Fault> {
    read(text).ok_or_else(|| Fault::Broken(format!("column {column}: unknown name `{text}`")))
}

/// Reads an amount and its currency.
pub(crate) fn money(micros: i64, currency: &str) -> Result<Money, Fault> {
    Ok(Money::from_micros(micros, parse::<Currency>("currency", currency)?))
}

/// A document for storing.
pub(crate) fn to_json<T: Serialize>(value: &T) -> Result<String, Fault> {
    serde_json::to_string(value).map_err(|error| Fault::Broken(format!("cannot be written as JSON: {error}")))
}

/// A document as it was stored.
pub(crate) fn from_json<T: DeserializeOwned>(column: &'static str, text: &str) -> Result<T, Fault> {
    serde_json::from_str(text).map_err(|error| Fault::Broken(format!("column {column}: {error}")))
}

/// A JSON list of ids, for `json_each`.
pub(crate) fn id_list(businesses: &[BusinessId]) -> String {
    let quoted: Vec<String> = businesses.iter().map(|id| format!("\"{id}\"")).collect();
    format!("[{}]", quoted.join(","))
}

/// A count that is stored as an integer.
pub(crate) fn count(column: &'static str, stored: i64) -> Result<u32, Fault> {
    u32::try_from(stored).map_err(|_| Fault::Broken(format!("column {column}: {stored} is no count")))
}

/// One row of stalled work, unless it says what this binary cannot read: something broken, or written by a newer
/// binary. Such a row must not keep every other one from being recovered, so it is left out and stays leased.
pub(crate) fn readable<T>(what: &str, id: &str, read: Result<T, Fault>) -> Result<Option<T>, Fault> {
    match read {
        Ok(work) => Ok(Some(work)),
        Err(Fault::Broken(why)) => {
            tracing::error!(what, id, why, "stalled work cannot be read, and waits for somebody who can");
            Ok(None)
        }
        Err(engine @ Fault::Engine(_)) => Err(engine),
    }
}

/// An id, for binding.
pub(crate) fn text(id: impl Display) -> String {
    id.to_string()
}

/// An id that may be missing, for binding.
pub(crate) fn optional_text(id: Option<impl Display>) -> Option<String> {
    id.map(text)
}
