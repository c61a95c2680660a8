//! What notices say. Each kind has a file with its words; the frame here makes mail of them.
//!
//! *Invariants*: the plain text and the HTML say the same, since both are made of the same paragraphs; everything in the
//! HTML is escaped; a subject is one line, whatever stands in it.

mod balance_low;
mod top_up_off;

use askama::Template;
use chrono::{DateTime, Utc};

use crate::NoticeBody;

/// A notice as it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// One line.
    pub subject: String,
    /// For mail programs that show text.
    pub text: String,
    /// For those that show HTML.
    pub html: String,
}

/// The words of a notice, without a form.
pub(crate) struct Words {
    pub(crate) subject: String,
    pub(crate) paragraphs: Vec<String>,
}

#[derive(Template)]
#[template(path = "frame.txt", escape = "none")]
struct Text<'a> {
    paragraphs: &'a [String],
}

#[derive(Template)]
#[template(path = "frame.html")]
struct Html<'a> {
    subject: &'a str,
    paragraphs: &'a [String],
}

/// A text that no template could make of its words. A mistake of ours.
#[derive(Debug, thiserror::Error)]
#[error("a notice cannot be written")]
pub struct RenderError(#[from] askama::Error);

impl NoticeBody {
    /// What the notice says in one line.
    pub fn subject(&self) -> String {
        one_line(&self.words(DateTime::UNIX_EPOCH).subject)
    }

    /// What it says without a subject and a form, as of when it was made.
    pub fn text(&self, at: DateTime<Utc>) -> String {
        self.words(at).paragraphs.join(" ")
    }

    /// The whole of it, as of when it was made.
    pub fn render(&self, at: DateTime<Utc>) -> Result<Rendered, RenderError> {
        self.words(at).render()
    }

    fn words(&self, at: DateTime<Utc>) -> Words {
        match self {
            Self::BalanceLow { available, threshold } => balance_low::words(*available, *threshold, at),
            Self::TopUpOff { amount, method, declines } => top_up_off::words(*amount, method, *declines),
        }
    }
}

impl Words {
    pub(crate) fn render(&self) -> Result<Rendered, RenderError> {
        let subject = one_line(&self.subject);
        let paragraphs = &self.paragraphs;
        let html = Html { subject: &subject, paragraphs }.render()?;
        Ok(Rendered { text: Text { paragraphs }.render()?, html, subject })
    }
}

/// A message by which an operator sees that mail arrives.
pub fn test_message(at: DateTime<Utc>) -> Result<Rendered, RenderError> {
    let words = Words {
        subject: "A test of the mail of Trunkline".to_owned(),
        paragraphs: vec![
            format!("This message was asked for at {}.", moment(at)),
            "That you read it shows that notices to customers leave this server. Nothing else has happened."
                .to_owned(),
        ],
    };
    words.render()
}

/// A time as customers of any zone can read it.
fn moment(at: DateTime<Utc>) -> String {
    at.format("%-d %B %Y, %H:%M UTC").to_string()
}

/// The text with a blank for every character that could end a line.
pub(crate) fn one_line(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_somebody_wrote_becomes_markup_or_a_header() {
        let words = Words {
            subject: "hello\r\nBcc: eve@example.com".to_owned(),
            paragraphs: vec!["<script>alert('x')</script> & Zoë".to_owned()],
        };
        let rendered = words.render().unwrap();
        assert_eq!(rendered.subject, "hello  Bcc: eve@example.com");
        assert!(
            !rendered.html.contains("<script>") && rendered.html.contains("&#38; Zoë"),
            "{}",
            rendered.html
        );
        assert_eq!(rendered.text, "<script>alert('x')</script> & Zoë\n");
    }
}
