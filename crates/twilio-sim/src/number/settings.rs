//! The parameters of a purchase and of an update, which are the same but for the number itself.
//!
//! They are applied to a copy that takes the number's place only if all of them are good. A parameter that is
//! absent changes nothing, an empty one clears, an unknown one is ignored.

use url::Url;

use super::{API_VERSION, OwnedNumber};
use crate::{parameters::Parameters, refusal::Refusal, sid};

const FRIENDLY_NAME_LENGTH: std::ops::RangeInclusive<usize> = 1..=64;

type TextField = fn(&mut OwnedNumber) -> &mut String;
type SidField = fn(&mut OwnedNumber) -> &mut Option<String>;

const URLS: [(&str, TextField); 5] = [
    ("VoiceUrl", |number| &mut number.voice_url),
    ("VoiceFallbackUrl", |number| &mut number.voice_fallback_url),
    ("SmsUrl", |number| &mut number.sms_url),
    ("SmsFallbackUrl", |number| &mut number.sms_fallback_url),
    ("StatusCallback", |number| &mut number.status_callback),
];

const METHODS: [(&str, TextField); 5] = [
    ("VoiceMethod", |number| &mut number.voice_method),
    ("VoiceFallbackMethod", |number| &mut number.voice_fallback_method),
    ("SmsMethod", |number| &mut number.sms_method),
    ("SmsFallbackMethod", |number| &mut number.sms_fallback_method),
    ("StatusCallbackMethod", |number| &mut number.status_callback_method),
];

/// Settings with a few allowed values.
const CHOICES: [(&str, &[&str], TextField); 3] = [
    ("VoiceReceiveMode", &["voice", "fax"], |number| &mut number.voice_receive_mode),
    ("EmergencyStatus", &["Active", "Inactive"], |number| &mut number.emergency_status),
    ("ApiVersion", &[API_VERSION, "2008-08-01"], |number| &mut number.api_version),
];

const APPLICATIONS: [(&str, SidField); 2] = [
    ("VoiceApplicationSid", |number| &mut number.voice_application_sid),
    ("SmsApplicationSid", |number| &mut number.sms_application_sid),
];

const ADDRESSES: [(&str, SidField); 2] = [
    ("AddressSid", |number| &mut number.address_sid),
    ("EmergencyAddressSid", |number| &mut number.emergency_address_sid),
];

const OTHER_SIDS: [(&str, SidField); 2] =
    [("IdentitySid", |number| &mut number.identity_sid), ("BundleSid", |number| &mut number.bundle_sid)];

/// Whether a name is one that Twilio takes.
pub(crate) fn is_friendly_name(name: &str) -> bool {
    FRIENDLY_NAME_LENGTH.contains(&name.chars().count())
}

/// Changes the number as the parameters say, or says what is wrong with the first bad one; the number may then be
/// half changed and must be thrown away.
pub(crate) fn apply_settings(number: &mut OwnedNumber, form: &Parameters) -> Result<(), Refusal> {
    if let Some(name) = form.get("FriendlyName") {
        if !is_friendly_name(name) {
            return Err(Refusal::friendly_name());
        }
        name.clone_into(&mut number.friendly_name);
    }
    apply_texts(number, form)?;
    if let Some(lookup) = form.boolean("VoiceCallerIdLookup")? {
        number.voice_caller_id_lookup = lookup;
    }
    apply_sids(number, form)?;
    check_whole(number)
}

fn apply_texts(number: &mut OwnedNumber, form: &Parameters) -> Result<(), Refusal> {
    for (name, field) in URLS {
        if let Some(value) = form.get(name) {
            if !value.is_empty() && !is_web_address(value) {
                return Err(Refusal::not_a_url(name, value));
            }
            value.clone_into(field(number));
        }
    }
    for (name, field) in METHODS {
        if let Some(value) = form.given(name) {
            let method = value.to_ascii_uppercase();
            if method != "GET" && method != "POST" {
                return Err(Refusal::not_a_method(name));
            }
            *field(number) = method;
        }
    }
    for (name, allowed, field) in CHOICES {
        if let Some(value) = form.given(name) {
            if !allowed.contains(&value) {
                return Err(Refusal::invalid_parameter(&format!(
                    "{name} must be one of {}",
                    allowed.join(", ")
                )));
            }
            value.clone_into(field(number));
        }
    }
    Ok(())
}

fn apply_sids(number: &mut OwnedNumber, form: &Parameters) -> Result<(), Refusal> {
    let account_sid = number.account_sid.clone();
    for (name, field) in APPLICATIONS {
        set_sid(form, name, field(number), "AP", Refusal::application_not_accessible)?;
    }
    for (name, field) in ADDRESSES {
        let refuse = |value: &str| Refusal::address_unknown(value, &account_sid);
        set_sid(form, name, field(number), "AD", refuse)?;
    }
    for ((name, field), prefix) in OTHER_SIDS.into_iter().zip(["RI", "BU"]) {
        let refuse = |value: &str| Refusal::invalid_parameter(&format!("{name} {value} is not valid"));
        set_sid(form, name, field(number), prefix, refuse)?;
    }
    let refuse = |value: &str| Refusal::invalid_parameter(&format!("TrunkSid {value} is not valid"));
    set_sid(form, "TrunkSid", &mut number.trunk_sid, "TK", refuse)?;
    // A trunk and an application exclude each other: the one that was set last stays.
    if form.given("TrunkSid").is_some() {
        number.voice_application_sid = None;
    } else if form.given("VoiceApplicationSid").is_some() {
        number.trunk_sid = None;
    }
    Ok(())
}

fn set_sid(
    form: &Parameters,
    name: &str,
    field: &mut Option<String>,
    prefix: &str,
    refuse: impl Fn(&str) -> Refusal,
) -> Result<(), Refusal> {
    match form.get(name) {
        None => Ok(()),
        Some("") => {
            *field = None;
            Ok(())
        }
        Some(value) if sid::is_sid(prefix, value) => {
            *field = Some(value.to_owned());
            Ok(())
        }
        Some(value) => Err(refuse(value)),
    }
}

/// Rules over several settings at once.
fn check_whole(number: &OwnedNumber) -> Result<(), Refusal> {
    let texts = !number.sms_url.is_empty()
        || !number.sms_fallback_url.is_empty()
        || number.sms_application_sid.is_some();
    if texts && !number.capabilities.sms {
        return Err(Refusal::no_sms(&number.phone_number));
    }
    if !number.voice_fallback_url.is_empty()
        && number.voice_url.is_empty()
        && number.voice_application_sid.is_none()
        && number.trunk_sid.is_none()
    {
        return Err(Refusal::voice_fallback_alone());
    }
    if !number.sms_fallback_url.is_empty()
        && number.sms_url.is_empty()
        && number.sms_application_sid.is_none()
    {
        return Err(Refusal::sms_fallback_alone());
    }
    Ok(())
}

/// An absolute address that Twilio could call.
fn is_web_address(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}
