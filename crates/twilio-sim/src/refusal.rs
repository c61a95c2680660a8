//! Twilio's refusals: HTTP status, error code and sentence, as its error dictionary and its sample answers have
//! them. A constructor per cause keeps code and status together.

use crate::{NumberType, answer::Answer};

/// An answer that says no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    status: u16,
    code: Option<u32>,
    message: String,
    detail: Option<&'static str>,
}

impl Refusal {
    /// A refusal of any kind, as fault scripts have them.
    pub(crate) fn new(status: u16, code: Option<u32>, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), detail: None }
    }

    fn bad_request(code: u32, message: impl Into<String>) -> Self {
        Self::new(400, Some(code), message)
    }

    /// What Twilio says with a status of its own, without a cause in the request.
    pub(crate) fn of_status(status: u16) -> Self {
        match status {
            429 => Self::new(status, Some(20429), "Too Many Requests"),
            500 => Self::new(status, Some(20500), "An internal server error has occurred"),
            503 => Self::new(status, Some(20503), "Service is unavailable, please try again"),
            504 => Self::new(status, Some(20504), "Gateway timeout"),
            _ => Self::new(status, None, "The request was not answered as usual"),
        }
    }

    pub(crate) fn no_credentials() -> Self {
        Self::new(401, Some(20003), "Authentication Error - No credentials provided")
    }

    pub(crate) fn unknown_user() -> Self {
        Self::new(401, Some(20003), "Authentication Error - invalid username")
    }

    pub(crate) fn wrong_password() -> Self {
        Self {
            detail: Some("Your AccountSid or AuthToken was incorrect."),
            ..Self::new(401, Some(20003), "Authenticate")
        }
    }

    /// Twilio's support page on restricted and standard keys: they are unknown where they may not go.
    pub(crate) fn key_without_accounts() -> Self {
        Self::unknown_user()
    }

    pub(crate) fn account_not_active() -> Self {
        Self::new(403, Some(20005), "Account is not active")
    }

    pub(crate) fn insufficient_funds() -> Self {
        Self::new(403, Some(20005), "Account is not active: insufficient funds")
    }

    pub(crate) fn not_with_test_credentials() -> Self {
        Self::new(403, Some(20008), "Resource not accessible with Test Account Credentials")
    }

    pub(crate) fn trial_has_its_number() -> Self {
        let message = "Trial accounts are allowed only one Twilio number. To purchase additional numbers, please upgrade your account.";
        Self::bad_request(21404, message)
    }

    pub(crate) fn in_use(what: &str) -> Self {
        Self::new(409, Some(20409), format!("{what} is in use"))
    }

    pub(crate) fn address_parameter(name: &str) -> Self {
        Self::bad_request(21238, format!("Address parameter {name} is missing or invalid"))
    }

    pub(crate) fn address_invalid(reason: &str) -> Self {
        Self::bad_request(21628, format!("Address Validation Error: {reason}"))
    }

    pub(crate) fn address_suggested(suggestion: &str) -> Self {
        Self::bad_request(21629, format!("Address Validation Error: did you mean {suggestion}?"))
    }

    pub(crate) fn local_address_required(country: &str) -> Self {
        Self::bad_request(21615, format!("No valid address created for: {country}"))
    }

    pub(crate) fn not_found(path: &str) -> Self {
        Self::new(404, Some(20404), format!("The requested resource {path} was not found"))
    }

    pub(crate) fn method_not_allowed() -> Self {
        Self::new(405, Some(20004), "Method not allowed")
    }

    pub(crate) fn body_too_large() -> Self {
        Self::new(413, None, "Request body too large")
    }

    pub(crate) fn invalid_parameter(message: &str) -> Self {
        Self::bad_request(20422, message)
    }

    pub(crate) fn page_too_large() -> Self {
        Self::bad_request(20007, "Page size must be less than or equal to 1000")
    }

    pub(crate) fn friendly_name() -> Self {
        Self::bad_request(20002, "Invalid FriendlyName: it must have 1 to 64 characters")
    }

    pub(crate) fn not_a_url(name: &str, value: &str) -> Self {
        Self::bad_request(21402, format!("{name} is not a valid URL: {value}"))
    }

    pub(crate) fn not_a_method(name: &str) -> Self {
        Self::bad_request(21403, format!("{name} must be GET or POST"))
    }

    pub(crate) fn voice_fallback_alone() -> Self {
        Self::bad_request(21405, "VoiceFallbackUrl is set without a VoiceUrl")
    }

    pub(crate) fn sms_fallback_alone() -> Self {
        Self::bad_request(21406, "SmsFallbackUrl is set without an SmsUrl")
    }

    pub(crate) fn no_sms(phone_number: &str) -> Self {
        Self::bad_request(21407, format!("This Phone Number type does not support SMS: {phone_number}"))
    }

    pub(crate) fn application_not_accessible(sid: &str) -> Self {
        Self::bad_request(21420, format!("ApplicationSid {sid} is not accessible"))
    }

    pub(crate) fn not_a_number(text: &str) -> Self {
        Self::bad_request(21421, format!("{text} is not a valid number"))
    }

    pub(crate) fn not_available(phone_number: &str) -> Self {
        Self::bad_request(21422, format!("{phone_number} is not available"))
    }

    pub(crate) fn invalid_area_code(code: &str) -> Self {
        Self::bad_request(21451, format!("{code} is not a valid area code"))
    }

    pub(crate) fn nothing_in_area_code(code: &str) -> Self {
        Self::bad_request(21452, format!("No phone numbers found in area code {code}"))
    }

    pub(crate) fn area_code_here() -> Self {
        Self::bad_request(21457, "AreaCode is not supported on this resource")
    }

    pub(crate) fn wrong_type(phone_number: &str, number_type: NumberType) -> Self {
        Self::bad_request(21458, format!("{phone_number} is not a {} number", number_type.name()))
    }

    pub(crate) fn transfer_target_invalid(sid: &str) -> Self {
        Self::bad_request(21470, format!("{sid} is not a valid AccountSid"))
    }

    pub(crate) fn transfer_target_unknown(sid: &str) -> Self {
        Self::bad_request(21471, format!("Account {sid} does not exist"))
    }

    pub(crate) fn transfer_target_inactive(sid: &str) -> Self {
        Self::bad_request(21472, format!("Account {sid} is not active"))
    }

    pub(crate) fn transfer_by_subaccount() -> Self {
        Self::bad_request(21474, "Only the parent account may transfer phone numbers")
    }

    pub(crate) fn address_unknown(address_sid: &str, account_sid: &str) -> Self {
        let message =
            format!("Could not find Address {address_sid} for account {account_sid} to satisfy requirement");
        Self::bad_request(21613, message)
    }

    pub(crate) fn no_address_satisfies(account_sid: &str) -> Self {
        Self::bad_request(
            21613,
            format!("Could not find Address for account {account_sid} to satisfy requirement"),
        )
    }

    pub(crate) fn address_required() -> Self {
        Self::bad_request(21631, "Phone Number Requires an Address but the 'AddressSid' parameter was empty.")
    }

    pub(crate) fn bundle_required(country: &str, number_type: NumberType) -> Self {
        let number_type = number_type.shouted();
        let message = format!(
            "Bundle required and not provided for country: [{country}] and numberType: [{number_type}]"
        );
        Self::bad_request(21649, message)
    }

    pub(crate) fn bundle_unknown(sid: &str) -> Self {
        Self::bad_request(21649, format!("Bundle [{sid}] was not found"))
    }

    pub(crate) fn bundle_not_approved(sid: &str) -> Self {
        Self::bad_request(21649, format!("Bundle [{sid}] status is not twilio-approved"))
    }

    pub(crate) fn bundle_of_another_regulation(sid: &str) -> Self {
        Self::bad_request(21649, format!("Bundle [{sid}] does not have the correct regulation type"))
    }

    /// As it goes over the wire. A refusal without a code is one that did not come from Twilio's own software.
    pub(crate) fn answer(&self) -> Answer {
        let mut body = serde_json::Map::new();
        if let Some(code) = self.code {
            body.insert("code".to_owned(), code.into());
            body.insert("more_info".to_owned(), format!("https://www.twilio.com/docs/errors/{code}").into());
        }
        if let Some(detail) = self.detail {
            body.insert("detail".to_owned(), detail.into());
        }
        body.insert("message".to_owned(), self.message.clone().into());
        body.insert("status".to_owned(), self.status.into());
        Answer::json(self.status, serde_json::Value::Object(body).to_string())
    }
}
