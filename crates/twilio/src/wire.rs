//! Twilio's JSON, and how it becomes the port's types. Fields that we do not use are ignored, so Twilio may add any.
//!
//! Lists are read row by row: whether a row that cannot be read spoils the answer is for the caller to say.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use trunkline_domain::{Capabilities, PhoneNumber, ProviderIdentity, WebhookUrls};
use trunkline_provider::{AddressRequirement, ProviderNumber};

/// Twilio's error body: JSON with a numeric `code`. Without one it could be anybody's.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ErrorBody {
    pub(crate) code: u32,
    pub(crate) message: String,
}

impl ErrorBody {
    /// Reads both of Twilio's forms: `message` in the 2010 API, `detail` in the newer ones (RFC 9457).
    pub(crate) fn read(body: &[u8]) -> Option<Self> {
        let Value::Object(fields) = serde_json::from_slice(body).ok()? else { return None };
        let code = fields.get("code")?.as_u64()?.try_into().ok()?;
        let message = ["message", "detail"].iter().find_map(|name| fields.get(*name)?.as_str());
        Some(Self { code, message: message.unwrap_or("Twilio gave no reason").to_owned() })
    }
}

/// A page of `IncomingPhoneNumbers`. Both fields are required: without them it is no complete answer.
#[derive(Debug, Deserialize)]
pub(crate) struct OwnedPage {
    pub(crate) incoming_phone_numbers: Vec<Value>,
    #[serde(deserialize_with = "present")]
    next_page_uri: Option<String>,
}

impl OwnedPage {
    /// The page after this one; `None` at the end of the list.
    pub(crate) fn next_page(&self) -> Option<&str> {
        self.next_page_uri.as_deref().filter(|uri| !uri.is_empty())
    }
}

/// Accepts `null`, but not that the field is missing.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Option::deserialize(deserializer)
}

/// A number that an account owns.
#[derive(Debug, Deserialize)]
struct OwnedRow {
    sid: String,
    account_sid: String,
    phone_number: String,
    friendly_name: Option<String>,
    #[serde(rename = "type")]
    number_type: Option<String>,
    capabilities: Option<Map<String, Value>>,
    voice_url: Option<String>,
    sms_url: Option<String>,
    status_callback: Option<String>,
    date_created: String,
    date_updated: String,
}

/// What is wrong with a row.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RowError {
    #[error("not a number record")]
    Shape(#[source] serde_json::Error),
    #[error("field `{0}` cannot be read")]
    Field(&'static str),
}

/// Reads a number that an account owns.
pub(crate) fn owned_number(row: Value) -> Result<ProviderNumber, RowError> {
    let row: OwnedRow = serde_json::from_value(row).map_err(RowError::Shape)?;
    Ok(ProviderNumber {
        identity: ProviderIdentity {
            account: row.account_sid.parse().map_err(|_| RowError::Field("account_sid"))?,
            number: row.sid.parse().map_err(|_| RowError::Field("sid"))?,
        },
        phone_number: PhoneNumber::from_stored(&row.phone_number)
            .map_err(|_| RowError::Field("phone_number"))?,
        friendly_name: row.friendly_name.unwrap_or_default(),
        number_type: row.number_type.and_then(|name| name.parse().ok()),
        capabilities: capabilities(row.capabilities.as_ref()),
        webhooks: WebhookUrls {
            voice_url: set(row.voice_url),
            sms_url: set(row.sms_url),
            status_callback_url: set(row.status_callback),
        },
        date_created: rfc2822(&row.date_created).ok_or(RowError::Field("date_created"))?,
        date_updated: rfc2822(&row.date_updated).ok_or(RowError::Field("date_updated"))?,
    })
}

/// Whether a row of a list is certainly about another number: it names one, and the digits differ.
pub(crate) fn is_plainly_another(row: &Value, phone_number: &PhoneNumber) -> bool {
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    match row.get("phone_number").and_then(Value::as_str).map(digits) {
        Some(named) => !named.is_empty() && named != digits(phone_number.as_str()),
        None => false,
    }
}

/// A page of `AvailablePhoneNumbers`. Twilio's description knows no second one, so a missing field is its end.
#[derive(Debug, Deserialize)]
pub(crate) struct AvailablePage {
    pub(crate) available_phone_numbers: Vec<Value>,
    pub(crate) next_page_uri: Option<String>,
}

/// A number that could be bought.
#[derive(Debug, Deserialize)]
pub(crate) struct AvailableRow {
    pub(crate) phone_number: String,
    pub(crate) friendly_name: Option<String>,
    pub(crate) locality: Option<String>,
    pub(crate) region: Option<String>,
    pub(crate) iso_country: Option<String>,
    address_requirements: Option<String>,
    capabilities: Option<Map<String, Value>>,
}

impl AvailableRow {
    pub(crate) fn capabilities(&self) -> Capabilities {
        capabilities(self.capabilities.as_ref())
    }

    /// A requirement that we do not know counts as the strictest that any address meets.
    pub(crate) fn address_requirement(&self) -> AddressRequirement {
        match self.address_requirements.as_deref() {
            None | Some("none") => AddressRequirement::None,
            Some("local") => AddressRequirement::Local,
            Some("foreign") => AddressRequirement::Foreign,
            Some(_) => AddressRequirement::Any,
        }
    }
}

/// A country of `AvailablePhoneNumbers`, with a resource for each type that it has.
#[derive(Debug, Deserialize)]
pub(crate) struct CountryPage {
    pub(crate) subresource_uris: Map<String, Value>,
}

/// Reads Twilio's capabilities in either spelling: searches answer `SMS`, owned numbers `sms`.
fn capabilities(fields: Option<&Map<String, Value>>) -> Capabilities {
    let has = |wanted: &str| {
        fields.is_some_and(|fields| {
            fields
                .iter()
                .any(|(name, value)| name.eq_ignore_ascii_case(wanted) && value == &Value::Bool(true))
        })
    };
    Capabilities { voice: has("voice"), sms: has("sms"), mms: has("mms"), fax: has("fax") }
}

/// Unset text: Twilio writes `""` or `null`.
pub(crate) fn set(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

fn rfc2822(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc2822(text).ok().map(|date| date.to_utc())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn row() -> Value {
        json!({
            "sid": format!("PN{}", "a".repeat(32)),
            "account_sid": format!("AC{}", "0".repeat(32)),
            "phone_number": "+14152300101",
            "friendly_name": "Front desk tl1:a:b",
            "type": "local",
            "capabilities": {"voice": true, "sms": true, "mms": false, "fax": false},
            "voice_url": "https://x.example/voice",
            "sms_url": "",
            "status_callback": null,
            "date_created": "Thu, 30 Jul 2015 23:19:04 +0000",
            "date_updated": "Fri, 31 Jul 2015 23:19:04 +0000",
            "some_new_field": {"of": "Twilio's"},
        })
    }

    #[test]
    fn an_owned_number_is_read() {
        let number = owned_number(row()).unwrap();
        assert_eq!(number.phone_number.as_str(), "+14152300101");
        assert_eq!(number.number_type, Some(trunkline_domain::NumberType::Local));
        assert_eq!(number.webhooks.voice_url.as_deref(), Some("https://x.example/voice"));
        assert_eq!((number.webhooks.sms_url, number.webhooks.status_callback_url), (None, None));
        assert_eq!(number.date_created.to_rfc3339(), "2015-07-30T23:19:04+00:00");
        assert_eq!(number.date_updated.to_rfc3339(), "2015-07-31T23:19:04+00:00");
    }

    #[test]
    fn a_row_without_what_identifies_it_is_an_error() {
        for field in ["sid", "account_sid", "phone_number", "date_created", "date_updated"] {
            for bad in [Value::Null, json!(""), json!("yesterday")] {
                let mut broken = row();
                broken[field] = bad;
                assert!(owned_number(broken).is_err(), "{field}");
            }
        }
    }

    #[test]
    fn only_a_row_that_names_another_number_is_plainly_another() {
        let wanted: PhoneNumber = "+14152300101".parse().unwrap();
        assert!(is_plainly_another(&json!({"phone_number": "+14152300102"}), &wanted));
        assert!(!is_plainly_another(&json!({"phone_number": "+1 (415) 230-0101"}), &wanted));
        assert!(!is_plainly_another(&json!({"phone_number": ""}), &wanted));
        assert!(!is_plainly_another(&json!({}), &wanted));
    }

    #[test]
    fn both_spellings_of_capabilities_are_read() {
        let fields = |value: Value| value.as_object().cloned();
        let searched = fields(json!({"voice": true, "SMS": true, "MMS": false}));
        let owned = fields(json!({"voice": true, "sms": true, "mms": false, "fax": false}));
        assert_eq!(capabilities(searched.as_ref()), capabilities(owned.as_ref()));
        assert!(capabilities(searched.as_ref()).sms);
        assert_eq!(capabilities(None), Capabilities::default());
    }

    #[test]
    fn a_page_must_say_whether_another_follows() {
        let page = |text: &str| serde_json::from_str::<OwnedPage>(text);
        assert!(page(r#"{"incoming_phone_numbers": []}"#).is_err());
        assert!(page(r#"{"next_page_uri": null}"#).is_err());
        let last = page(r#"{"incoming_phone_numbers": [], "next_page_uri": null}"#).unwrap();
        assert_eq!(last.next_page(), None);
        let first = page(r#"{"incoming_phone_numbers": [], "next_page_uri": "/x?Page=1"}"#).unwrap();
        assert_eq!(first.next_page(), Some("/x?Page=1"));
    }

    #[test]
    fn an_error_body_has_a_numeric_code() {
        let read = |text: &str| ErrorBody::read(text.as_bytes());
        let taken = ErrorBody { code: 21422, message: "taken".into() };
        assert_eq!(read(r#"{"code": 21422, "message": "taken", "status": 400}"#), Some(taken));
        let newer = ErrorBody { code: 20001, message: "no".into() };
        assert_eq!(read(r#"{"type": "t", "title": "x", "code": 20001, "detail": "no"}"#), Some(newer));
        for other in
            ["", "<html>", "[]", "{}", r#"{"code": null}"#, r#"{"message": "no code", "status": 400}"#]
        {
            assert_eq!(read(other), None, "{other}");
        }
    }
}
