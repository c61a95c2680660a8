//! Reading the members of a body or the parameters of a query, and collecting everything that is wrong with them.
//!
//! A member that is absent, `null` or an empty text counts as not sent; members that nobody asks for are ignored. Each
//! reader answers `None` both for what is not sent and for what is wrong, and notes the latter; whether there is a
//! mistake is decided once, when everything is read.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

use rust_decimal::Decimal;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use trunkline_domain::{Currency, JsonMoney, Money};

use crate::problem::{Mistake, Problem};

/// The members of one request.
#[derive(Debug, Default)]
pub(crate) struct Fields {
    members: Map<String, Value>,
    mistakes: Vec<Mistake>,
    /// Which members somebody has asked for, so that a test can compare them with the description.
    #[cfg(test)]
    asked: std::collections::BTreeSet<String>,
}

/// What shall become of something that need not be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Patch<T> {
    /// It stays as it is.
    Keep,
    /// It is taken away.
    Clear,
    /// It becomes this.
    Set(T),
}

/// As commands say it: `None` leaves it as it is, the inner `None` takes it away.
impl<T> From<Patch<T>> for Option<Option<T>> {
    fn from(patch: Patch<T>) -> Self {
        match patch {
            Patch::Keep => None,
            Patch::Clear => Some(None),
            Patch::Set(value) => Some(Some(value)),
        }
    }
}

impl Fields {
    /// The members of a JSON object.
    pub(crate) fn of_object(members: Map<String, Value>) -> Self {
        Self { members, ..Self::default() }
    }

    /// The parameters of a query; of a name that repeats, the first.
    pub(crate) fn of_query(query: &str) -> Self {
        let mut fields = Self::default();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            fields.members.entry(name.into_owned()).or_insert_with(|| Value::String(value.into_owned()));
        }
        fields
    }

    /// Builds what was read, or says everything that is wrong with it.
    pub(crate) fn finish<T>(self, read: Option<T>) -> Result<T, Problem> {
        match read {
            Some(input) if self.mistakes.is_empty() => Ok(input),
            Some(_) | None => Err(Problem::invalid(self.mistakes)),
        }
    }

    /// Which members were asked for, and what was wrong with them.
    #[cfg(test)]
    pub(crate) fn heard(self) -> (std::collections::BTreeSet<String>, Vec<Mistake>) {
        (self.asked, self.mistakes)
    }

    /// The member as it was sent.
    fn find(&mut self, field: &str) -> Option<&Value> {
        #[cfg(test)]
        self.asked.insert(field.to_owned());
        self.members.get(field)
    }

    /// Notes a mistake.
    pub(crate) fn note(&mut self, field: &str, message: impl Display) {
        self.mistakes.push(Mistake { field: field.to_owned(), message: message.to_string() });
    }

    /// Notes a mistake where a member is not sent.
    pub(crate) fn require<T>(&mut self, field: &str, value: Option<T>) -> Option<T> {
        if value.is_none() && !self.mistakes.iter().any(|mistake| mistake.field == field) {
            self.note(field, "is required");
        }
        value
    }

    /// A text that must be sent and must parse.
    pub(crate) fn required<T: FromStr<Err: Display>>(&mut self, field: &str) -> Option<T> {
        let value = self.optional(field);
        self.require(field, value)
    }

    /// A text that must parse where it is sent.
    pub(crate) fn optional<T: FromStr<Err: Display>>(&mut self, field: &str) -> Option<T> {
        self.read(field, T::from_str)
    }

    /// A text that replaces what is there: where the member is sent it must parse, and empty is not absent.
    pub(crate) fn replacing<T: FromStr<Err: Display>>(&mut self, field: &str) -> Option<T> {
        match self.find(field)? {
            Value::String(text) => {
                let parsed = text.trim().parse();
                self.parsed(field, parsed)
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
                self.note(field, "must be a text");
                None
            }
        }
    }

    /// A text that `parse` must accept where it is sent. Blanks around it are dropped.
    pub(crate) fn read<T, E: Display>(
        &mut self,
        field: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        match self.sent(field)? {
            Value::String(text) => self.parsed(field, parse(text.trim())),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
                self.note(field, "must be a text");
                None
            }
        }
    }

    /// A free text that programs like to write as a number, such as a postal code.
    pub(crate) fn label(&mut self, field: &str) -> Option<String> {
        match self.sent(field)? {
            Value::String(text) => Some(text.trim().to_owned()),
            Value::Number(number) => Some(number.to_string()),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
                self.note(field, "must be a text");
                None
            }
        }
    }

    /// Digits, written as a text or as a number.
    pub(crate) fn digits(&mut self, field: &str) -> Option<String> {
        let text = match self.sent(field)? {
            Value::String(text) => text.trim().to_owned(),
            Value::Number(number) => number.to_string(),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => String::new(),
        };
        let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        self.parsed(field, digits.then_some(text).ok_or("must be digits"))
    }

    /// A whole number within bounds.
    pub(crate) fn whole(&mut self, field: &str, bounds: RangeInclusive<u16>) -> Option<u16> {
        let (least, most) = (*bounds.start(), *bounds.end());
        let number = match self.sent(field)? {
            Value::String(text) => text.trim().parse().ok(),
            Value::Number(number) => number.as_u64().and_then(|n| u16::try_from(n).ok()),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        };
        let number = number.filter(|n| bounds.contains(n));
        self.parsed(field, number.ok_or_else(|| format!("must be a whole number from {least} to {most}")))
    }

    /// A list of texts, each of which must parse.
    pub(crate) fn list<T: FromStr<Err: Display>>(&mut self, field: &str) -> Option<Vec<T>> {
        let Value::Array(items) = self.sent(field)? else {
            self.note(field, "must be a list of texts");
            return None;
        };
        let read = items.iter().map(|item| {
            let text = item.as_str().ok_or_else(|| "must be a list of texts".to_owned())?;
            text.trim().parse().map_err(|error: T::Err| error.to_string())
        });
        let read = read.collect::<Result<Vec<T>, String>>();
        self.parsed(field, read)
    }

    /// Yes or no.
    pub(crate) fn flag(&mut self, field: &str) -> Option<bool> {
        let flag = match self.sent(field)? {
            Value::Bool(flag) => Some(flag),
            Value::String(text) => text.trim().parse().ok(),
            Value::Null | Value::Number(_) | Value::Array(_) | Value::Object(_) => None,
        };
        self.parsed(field, flag.ok_or("must be true or false"))
    }

    /// A member with a shape of its own.
    pub(crate) fn shaped<T: DeserializeOwned>(&mut self, field: &str) -> Option<T> {
        let value = self.sent(field)?;
        self.parsed(field, serde_json::from_value(value))
    }

    /// An amount, as a number or a text, exactly.
    pub(crate) fn amount(&mut self, field: &str) -> Option<Decimal> {
        let value = self.sent(field)?;
        let amount = serde_json::from_value::<JsonMoney>(value).map(|money| money.0);
        self.parsed(field, amount)
    }

    /// An amount of a currency.
    pub(crate) fn money(&mut self, field: &str, currency: Currency) -> Option<Money> {
        let amount = self.amount(field)?;
        self.parsed(field, Money::new(amount, currency))
    }

    /// A text that `null` takes away.
    pub(crate) fn nullable<T: FromStr<Err: Display>>(&mut self, field: &str) -> Patch<T> {
        if self.find(field).is_some_and(Value::is_null) {
            return Patch::Clear;
        }
        self.optional(field).map_or(Patch::Keep, Patch::Set)
    }

    /// A free text that `null` or an empty text takes away.
    pub(crate) fn erasable(&mut self, field: &str) -> Patch<String> {
        match self.take(field) {
            None => Patch::Keep,
            Some(Value::Null) => Patch::Clear,
            Some(Value::String(text)) if text.trim().is_empty() => Patch::Clear,
            Some(Value::String(text)) => Patch::Set(text),
            Some(Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
                self.note(field, "must be a text or null");
                Patch::Keep
            }
        }
    }

    /// A member that is there, unless it is a text that not every store can keep: one with the character U+0000.
    fn take(&mut self, field: &str) -> Option<Value> {
        self.find(field)?;
        let value = self.members.remove(field)?;
        if value.as_str().is_some_and(|text| text.contains('\0')) {
            self.note(field, "must not contain the character U+0000");
            return None;
        }
        Some(value)
    }

    fn sent(&mut self, field: &str) -> Option<Value> {
        self.take(field).filter(|value| match value {
            Value::Null => false,
            Value::String(text) => !text.trim().is_empty(),
            Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => true,
        })
    }

    fn parsed<T, E: Display>(&mut self, field: &str, parsed: Result<T, E>) -> Option<T> {
        parsed.map_err(|error| self.note(field, error)).ok()
    }
}

#[cfg(test)]
mod tests {
    use trunkline_domain::{Country, UserId};

    use super::*;

    fn fields(json: &str) -> Fields {
        Fields::of_object(serde_json::from_str(json).unwrap())
    }

    #[test]
    fn what_is_null_or_empty_is_not_sent() {
        let mut fields = fields(r#"{"a": null, "b": "", "c": "  ", "d": "us"}"#);
        assert_eq!(fields.optional::<Country>("a"), None);
        assert_eq!(fields.optional::<Country>("b"), None);
        assert_eq!(fields.optional::<Country>("c"), None);
        assert_eq!(fields.optional::<Country>("d"), Some(Country::US));
        assert!(fields.finish(Some(())).is_ok());
    }

    #[test]
    fn a_text_that_cannot_be_stored_is_a_mistake() {
        let mut fields = fields(r#"{"notes": "a\u0000b", "provider": "\u0000", "unasked": "\u0000"}"#);
        assert_eq!(fields.erasable("notes"), Patch::Keep);
        assert_eq!(fields.required::<String>("provider"), None);
        let named: Vec<_> = fields.mistakes.iter().map(|mistake| mistake.field.as_str()).collect();
        assert_eq!(named, ["notes", "provider"]);
    }

    #[test]
    fn every_mistake_is_noted_once() {
        let mut fields = fields(r#"{"country": "XX", "user": 5, "flag": "perhaps", "limit": 101}"#);
        assert_eq!(fields.required::<Country>("country"), None);
        assert_eq!(fields.required::<UserId>("user"), None);
        assert_eq!(fields.required::<UserId>("name"), None);
        assert_eq!(fields.flag("flag"), None);
        assert_eq!(fields.whole("limit", 1..=100), None);
        let named: Vec<_> = fields.mistakes.iter().map(|mistake| mistake.field.as_str()).collect();
        assert_eq!(named, ["country", "user", "name", "flag", "limit"]);
    }

    #[test]
    fn digits_and_amounts_come_as_numbers_or_texts() {
        let mut fields =
            fields(r#"{"a": 415, "b": "0415", "c": 1.10, "d": "1.10", "e": 4.15, "f": "4a", "g": 1.1}"#);
        assert_eq!(fields.digits("a").as_deref(), Some("415"));
        assert_eq!(fields.digits("b").as_deref(), Some("0415"));
        assert_eq!(fields.label("c").as_deref(), Some("1.10"));
        assert_eq!(fields.money("d", Currency::USD), fields.money("g", Currency::USD));
        assert_eq!(fields.digits("e"), None);
        assert_eq!(fields.digits("f"), None);
        assert_eq!(fields.mistakes.len(), 2);
    }

    #[test]
    fn a_list_is_read_whole_or_not_at_all() {
        let mut fields =
            fields(r#"{"a": ["us", " GB "], "b": "us", "c": ["us", 5], "d": ["us", "XX"], "e": []}"#);
        assert_eq!(fields.list::<Country>("a").map(|list| list.len()), Some(2));
        assert_eq!(fields.list::<Country>("e"), Some(Vec::new()));
        assert_eq!(fields.list::<Country>("absent"), None);
        for wrong in ["b", "c", "d"] {
            assert_eq!(fields.list::<Country>(wrong), None, "{wrong}");
        }
        let named: Vec<_> = fields.mistakes.iter().map(|mistake| mistake.field.as_str()).collect();
        assert_eq!(named, ["b", "c", "d"]);
    }

    #[test]
    fn null_takes_away_and_absence_does_not() {
        let mut fields = fields(r#"{"zone": null, "notes": "", "more": "kept"}"#);
        assert_eq!(fields.nullable::<UserId>("zone"), Patch::Clear);
        assert_eq!(fields.nullable::<UserId>("business"), Patch::Keep);
        assert_eq!(fields.erasable("notes"), Patch::Clear);
        assert_eq!(fields.erasable("more"), Patch::Set("kept".to_owned()));
        assert_eq!(fields.erasable("absent"), Patch::Keep);
    }

    #[test]
    fn queries_are_read_the_same_way() {
        let mut fields = Fields::of_query("limit=20&status=&limit=50&flag=true");
        assert_eq!(fields.whole("limit", 1..=100), Some(20));
        assert_eq!(fields.optional::<UserId>("status"), None);
        assert_eq!(fields.flag("flag"), Some(true));
    }
}
