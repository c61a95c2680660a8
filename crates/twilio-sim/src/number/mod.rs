//! A number that an account owns: the record, how its settings change, and how Twilio writes it.

mod settings;
mod view;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

pub(crate) use self::{
    settings::{apply_settings, is_friendly_name},
    view::{NumberView, dependent_number_json, rfc_2822},
};
use crate::{
    NumberType,
    billing::month_after,
    inventory::{AddressRequirements, AvailableNumber, Capabilities, friendly_name},
    sid,
};

/// The only version of the API that numbers use today.
pub(crate) const API_VERSION: &str = "2010-04-01";

/// Everything that Twilio knows about an owned number. Unset URLs are empty as after a purchase at Twilio, unset
/// SIDs are `None`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OwnedNumber {
    /// `PN` and 32 hexadecimal digits; never used twice.
    pub sid: String,
    /// The account that owns it.
    pub account_sid: String,
    /// E.164.
    pub phone_number: String,
    /// 1 to 64 characters.
    pub friendly_name: String,
    /// Two letters.
    pub country: String,
    /// What kind of number it is.
    pub number_type: NumberType,
    /// Whose address its purchase needed.
    pub address_requirements: AddressRequirements,
    /// New to Twilio's platform when it was bought.
    pub beta: bool,
    /// What it can do.
    pub capabilities: Capabilities,
    /// When it was bought; buying it again does not move it.
    pub date_created: DateTime<Utc>,
    /// Until when it is paid for; then it renews for another month.
    #[serde(default)]
    pub paid_until: DateTime<Utc>,
    /// When a setting last changed.
    pub date_updated: DateTime<Utc>,
    /// The version of the API that its calls use.
    pub api_version: String,
    /// Called when a call comes in.
    pub voice_url: String,
    /// `GET` or `POST`.
    pub voice_method: String,
    /// Called when `voice_url` fails.
    pub voice_fallback_url: String,
    /// `GET` or `POST`.
    pub voice_fallback_method: String,
    /// Whether callers' names are looked up.
    pub voice_caller_id_lookup: bool,
    /// `voice` or `fax`.
    pub voice_receive_mode: String,
    /// An application whose URLs replace the voice URLs.
    pub voice_application_sid: Option<String>,
    /// Called when a text comes in.
    pub sms_url: String,
    /// `GET` or `POST`.
    pub sms_method: String,
    /// Called when `sms_url` fails.
    pub sms_fallback_url: String,
    /// `GET` or `POST`.
    pub sms_fallback_method: String,
    /// An application whose URLs replace the text URLs.
    pub sms_application_sid: Option<String>,
    /// Called at the end of a call.
    pub status_callback: String,
    /// `GET` or `POST`.
    pub status_callback_method: String,
    /// A trunk that takes the calls.
    pub trunk_sid: Option<String>,
    /// `Active` or `Inactive`.
    pub emergency_status: String,
    /// The address told to emergency services.
    pub emergency_address_sid: Option<String>,
    /// An identity that the country asked for.
    pub identity_sid: Option<String>,
    /// The address given with the purchase.
    pub address_sid: Option<String>,
    /// The regulatory bundle given with the purchase.
    pub bundle_sid: Option<String>,
}

impl OwnedNumber {
    /// The number as it is right after a purchase without any setting.
    pub(crate) fn bought(number: &AvailableNumber, account_sid: &str, now: DateTime<Utc>) -> Self {
        let post = || "POST".to_owned();
        Self {
            sid: sid::fresh("PN"),
            account_sid: account_sid.to_owned(),
            phone_number: number.phone_number.clone(),
            friendly_name: friendly_name(&number.phone_number),
            country: number.country.to_owned(),
            number_type: number.number_type,
            address_requirements: number.address_requirements,
            beta: number.beta,
            capabilities: number.capabilities,
            date_created: now,
            paid_until: month_after(now),
            date_updated: now,
            api_version: API_VERSION.to_owned(),
            voice_url: String::new(),
            voice_method: post(),
            voice_fallback_url: String::new(),
            voice_fallback_method: post(),
            voice_caller_id_lookup: false,
            voice_receive_mode: "voice".to_owned(),
            voice_application_sid: None,
            sms_url: String::new(),
            sms_method: post(),
            sms_fallback_url: String::new(),
            sms_fallback_method: post(),
            sms_application_sid: None,
            status_callback: String::new(),
            status_callback_method: post(),
            trunk_sid: None,
            emergency_status: "Inactive".to_owned(),
            emergency_address_sid: None,
            identity_sid: None,
            address_sid: None,
            bundle_sid: None,
        }
    }

    /// Counts the months until now as paid. A number comes so from a state file: nobody was there to charge for it.
    pub(crate) fn pay_until(&mut self, now: DateTime<Utc>) {
        self.paid_until = self.paid_until.max(self.date_created);
        while self.paid_until <= now {
            self.paid_until = month_after(self.paid_until);
        }
    }
}
