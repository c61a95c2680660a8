//! What Twilio's webhooks say, read from their forms.
//!
//! Twilio may leave out any parameter and adds new ones without notice, so nothing is required here: an address
//! that is no phone number (`client:x`, `sip:…`, `anonymous`) stays text, and what is missing or empty is `None`.
//! Verify the signature over [`WebhookForm::fields`] before believing any of it.

use chrono::{DateTime, Utc};
use trunkline_domain::{AccountSid, PhoneNumber};
use url::form_urlencoded;

/// A webhook's form, decoded, in the order it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookForm(Vec<(String, String)>);

/// A call has come in and waits for instructions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallWebhook {
    /// The call.
    pub call_sid: Option<String>,
    /// The account that owns the number.
    pub account: Option<AccountSid>,
    /// Who calls, as Twilio writes it.
    pub from: Option<String>,
    /// The number that was called; `None` where it is no phone number.
    pub to: Option<PhoneNumber>,
    /// `ringing` for a call that comes in.
    pub call_status: Option<String>,
}

/// A text has come in and may be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextWebhook {
    /// The message.
    pub message_sid: Option<String>,
    /// The account that owns the number.
    pub account: Option<AccountSid>,
    /// Who wrote, as Twilio writes it.
    pub from: Option<String>,
    /// The number that was written to; `None` where it is no phone number.
    pub to: Option<PhoneNumber>,
    /// The text; empty for a picture alone.
    pub body: String,
    /// How many pictures came with it.
    pub media_count: u32,
}

/// A call has ended, or its state has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusWebhook {
    /// The call.
    pub call_sid: Option<String>,
    /// The account that owns the number.
    pub account: Option<AccountSid>,
    /// Who called, as Twilio writes it.
    pub from: Option<String>,
    /// The number that was called; `None` where it is no phone number.
    pub to: Option<PhoneNumber>,
    /// `completed`, `busy`, `no-answer`, …
    pub call_status: Option<String>,
    /// How long the call was, in seconds.
    pub duration_s: Option<u32>,
    /// Orders the callbacks of one call, which may come in any order.
    pub sequence_number: Option<u32>,
    /// When it happened, by Twilio's clock.
    pub happened_at: Option<DateTime<Utc>>,
}

impl WebhookForm {
    /// Decodes an `application/x-www-form-urlencoded` body, or the query of a GET.
    pub fn parse(form: &[u8]) -> Self {
        Self(form_urlencoded::parse(form).into_owned().collect())
    }

    /// All fields, for [`crate::SignedBody::Form`].
    pub fn fields(&self) -> &[(String, String)] {
        &self.0
    }

    /// A field's first value, unless that is empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        let (_, value) = self.0.iter().find(|(field, _)| field == name)?;
        Some(value.as_str()).filter(|value| !value.is_empty())
    }

    fn text(&self, name: &str) -> Option<String> {
        self.get(name).map(str::to_owned)
    }

    fn count(&self, name: &str) -> Option<u32> {
        self.get(name)?.parse().ok()
    }

    fn account(&self) -> Option<AccountSid> {
        self.get("AccountSid")?.parse().ok()
    }

    fn called(&self) -> Option<PhoneNumber> {
        self.get("To")?.parse().ok()
    }
}

impl From<&WebhookForm> for CallWebhook {
    fn from(form: &WebhookForm) -> Self {
        Self {
            call_sid: form.text("CallSid"),
            account: form.account(),
            from: form.text("From"),
            to: form.called(),
            call_status: form.text("CallStatus"),
        }
    }
}

impl From<&WebhookForm> for TextWebhook {
    fn from(form: &WebhookForm) -> Self {
        Self {
            message_sid: form.text("MessageSid").or_else(|| form.text("SmsSid")),
            account: form.account(),
            from: form.text("From"),
            to: form.called(),
            body: form.text("Body").unwrap_or_default(),
            media_count: form.count("NumMedia").unwrap_or(0),
        }
    }
}

impl From<&WebhookForm> for StatusWebhook {
    fn from(form: &WebhookForm) -> Self {
        let timestamp = form.get("Timestamp").and_then(|text| DateTime::parse_from_rfc2822(text).ok());
        Self {
            call_sid: form.text("CallSid"),
            account: form.account(),
            from: form.text("From"),
            to: form.called(),
            call_status: form.text("CallStatus"),
            duration_s: form.count("CallDuration"),
            sequence_number: form.count("SequenceNumber"),
            happened_at: timestamp.map(|at| at.to_utc()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_read() {
        let body = b"CallSid=CA1&AccountSid=ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa&From=%2B14158675309\
            &To=%2B14152300101&CallStatus=ringing&StirVerstat=TN-Validation-Passed-A&FromCity=";
        let call = CallWebhook::from(&WebhookForm::parse(body));
        assert_eq!(call.call_sid.as_deref(), Some("CA1"));
        assert_eq!(call.to, Some("+14152300101".parse().unwrap()));
        assert_eq!(call.from.as_deref(), Some("+14158675309"));
        assert_eq!(call.call_status.as_deref(), Some("ringing"));
        assert!(call.account.is_some());
    }

    #[test]
    fn nothing_is_required() {
        let empty = WebhookForm::parse(b"");
        assert_eq!(CallWebhook::from(&empty).to, None);
        assert_eq!(TextWebhook::from(&empty).body, "");
        assert_eq!(StatusWebhook::from(&empty).duration_s, None);
        let odd = WebhookForm::parse(
            b"From=anonymous&To=sip%3Aa%40b.example&AccountSid=?&CallDuration=soon&X=\xff",
        );
        let status = StatusWebhook::from(&odd);
        assert_eq!((status.from.as_deref(), status.to, status.account), (Some("anonymous"), None, None));
        assert_eq!(status.duration_s, None);
    }

    #[test]
    fn a_text_is_read() {
        let form = WebhookForm::parse("SmsSid=SM1&Body=Gr%C3%BC%C3%9Fe+a%2Bb&NumMedia=2".as_bytes());
        let text = TextWebhook::from(&form);
        assert_eq!((text.message_sid.as_deref(), text.body.as_str()), (Some("SM1"), "Grüße a+b"));
        assert_eq!(text.media_count, 2);
        assert_eq!(form.fields().len(), 3);
    }

    #[test]
    fn the_end_of_a_call_is_read() {
        let form = WebhookForm::parse(
            b"CallStatus=completed&CallDuration=61&SequenceNumber=0&Timestamp=Thu%2C+30+Jul+2015+23%3A19%3A04+%2B0000",
        );
        let status = StatusWebhook::from(&form);
        assert_eq!((status.duration_s, status.sequence_number), (Some(61), Some(0)));
        assert_eq!(status.happened_at.unwrap().to_rfc3339(), "2015-07-30T23:19:04+00:00");
    }
}
