//! A mail as it goes over the wire: headers, and the same words as text and as HTML. It is ASCII throughout.

use std::time::SystemTime;

use lettre::message::header::{ContentTransferEncoding, ContentType, Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};
use lettre::{Address, Message};

use crate::Mail;
use crate::text::one_line;

/// A message that is ready to be handed over.
pub(super) struct Written {
    pub(super) to: Address,
    pub(super) text: Vec<u8>,
}

/// That a program wrote it, so that nobody's holiday program answers (RFC 3834).
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

/// Writes a message. Its id follows from the notice, so every repeat of it has the same.
pub(super) fn written(
    mail: &Mail,
    from: &Mailbox,
) -> Result<Written, Box<dyn std::error::Error + Send + Sync>> {
    let to: Address = mail.to.as_str().parse()?;
    let part = |kind: ContentType, text: &str| {
        SinglePart::builder()
            .header(kind)
            .header(ContentTransferEncoding::QuotedPrintable)
            .body(text.to_owned())
    };
    let both = MultiPart::alternative()
        .singlepart(part(ContentType::TEXT_PLAIN, &mail.content.text))
        .singlepart(part(ContentType::TEXT_HTML, &mail.content.html));
    let message = Message::builder()
        .from(from.clone())
        .to(Mailbox::new(None, to.clone()))
        .subject(one_line(&mail.content.subject))
        .message_id(Some(format!("<{}@{}>", mail.id, from.email.domain())))
        .date(SystemTime::from(mail.at))
        .header(AutoSubmitted)
        .multipart(both)?;
    Ok(Written { to, text: message.formatted() })
}
