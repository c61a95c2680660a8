//! How Twilio writes an owned number: the fields of its published description, all of them, in JSON.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;

use super::{API_VERSION, OwnedNumber};
use crate::{NumberType, inventory::AddressRequirements};

/// What a number among those that need an address does not tell.
const NOT_OF_DEPENDENT: [&str; 9] = [
    "address_sid",
    "beta",
    "bundle_sid",
    "emergency_address_status",
    "identity_sid",
    "origin",
    "status",
    "type",
    "voice_receive_mode",
];

/// The number as it is serialised.
#[derive(Serialize)]
pub(crate) struct NumberView<'n> {
    account_sid: &'n str,
    address_sid: Option<&'n str>,
    address_requirements: AddressRequirements,
    api_version: &'n str,
    beta: bool,
    bundle_sid: Option<&'n str>,
    capabilities: CapabilitiesView,
    date_created: String,
    date_updated: String,
    emergency_status: &'n str,
    emergency_address_sid: Option<&'n str>,
    emergency_address_status: &'static str,
    friendly_name: &'n str,
    identity_sid: Option<&'n str>,
    origin: &'static str,
    phone_number: &'n str,
    sid: &'n str,
    sms_application_sid: Option<&'n str>,
    sms_fallback_method: &'n str,
    sms_fallback_url: &'n str,
    sms_method: &'n str,
    sms_url: &'n str,
    status: &'static str,
    status_callback: &'n str,
    status_callback_method: &'n str,
    trunk_sid: Option<&'n str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    r#type: Option<&'static str>,
    uri: String,
    voice_application_sid: Option<&'n str>,
    voice_caller_id_lookup: bool,
    voice_fallback_method: &'n str,
    voice_fallback_url: &'n str,
    voice_method: &'n str,
    voice_receive_mode: &'n str,
    voice_url: &'n str,
}

/// Lower case here, unlike in a search.
#[derive(Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "Twilio's own shape")]
struct CapabilitiesView {
    voice: bool,
    sms: bool,
    mms: bool,
    fax: bool,
}

impl<'n> NumberView<'n> {
    /// The number as the list of all types or one of its sub-resources writes it: those do not tell the type, which
    /// Twilio's description gives to the list alone.
    pub(crate) fn at(number: &'n OwnedNumber, sub_resource: Option<NumberType>) -> Self {
        let view = Self::from(number);
        if sub_resource.is_some() { Self { r#type: None, ..view } } else { view }
    }
}

/// A number among those that need an address, which Twilio describes with fewer fields.
pub(crate) fn dependent_number_json(number: &OwnedNumber) -> Value {
    let mut fields = serde_json::to_value(NumberView::from(number)).unwrap_or_default();
    if let Value::Object(fields) = &mut fields {
        for name in NOT_OF_DEPENDENT {
            fields.remove(name);
        }
    }
    fields
}

impl<'n> From<&'n OwnedNumber> for NumberView<'n> {
    fn from(number: &'n OwnedNumber) -> Self {
        Self {
            account_sid: &number.account_sid,
            address_sid: number.address_sid.as_deref(),
            address_requirements: number.address_requirements,
            api_version: &number.api_version,
            beta: number.beta,
            bundle_sid: number.bundle_sid.as_deref(),
            capabilities: CapabilitiesView {
                voice: number.capabilities.voice,
                sms: number.capabilities.sms,
                mms: number.capabilities.mms,
                fax: false,
            },
            date_created: rfc_2822(number.date_created),
            date_updated: rfc_2822(number.date_updated),
            emergency_status: &number.emergency_status,
            emergency_address_sid: number.emergency_address_sid.as_deref(),
            emergency_address_status: if number.emergency_address_sid.is_some() {
                "registered"
            } else {
                "unregistered"
            },
            friendly_name: &number.friendly_name,
            identity_sid: number.identity_sid.as_deref(),
            origin: "twilio",
            phone_number: &number.phone_number,
            sid: &number.sid,
            sms_application_sid: number.sms_application_sid.as_deref(),
            sms_fallback_method: &number.sms_fallback_method,
            sms_fallback_url: &number.sms_fallback_url,
            sms_method: &number.sms_method,
            sms_url: &number.sms_url,
            status: "in-use",
            status_callback: &number.status_callback,
            status_callback_method: &number.status_callback_method,
            trunk_sid: number.trunk_sid.as_deref(),
            r#type: Some(number.number_type.name()),
            uri: format!(
                "/{API_VERSION}/Accounts/{}/IncomingPhoneNumbers/{}.json",
                number.account_sid, number.sid
            ),
            voice_application_sid: number.voice_application_sid.as_deref(),
            voice_caller_id_lookup: number.voice_caller_id_lookup,
            voice_fallback_method: &number.voice_fallback_method,
            voice_fallback_url: &number.voice_fallback_url,
            voice_method: &number.voice_method,
            voice_receive_mode: &number.voice_receive_mode,
            voice_url: &number.voice_url,
        }
    }
}

/// `Thu, 30 Jul 2015 23:19:04 +0000`, as the 2010 API writes times.
pub(crate) fn rfc_2822(time: DateTime<Utc>) -> String {
    time.format("%a, %d %b %Y %H:%M:%S +0000").to_string()
}
