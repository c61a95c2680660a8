//! A decision that a page offers: in words what becomes of the number and of the money, and the form that makes it.
//!
//! *Invariant*: it stands closed until somebody opens it. A decision that was refused comes back open, with the reason on top of
//! the page and everything that was typed.

use askama::Template;
use axum::response::Response;
use serde::Deserialize;

use crate::error::Failure;
use crate::form::{Field, Note};
use crate::page::html;
use crate::refusal::Refusal;

/// One decision, as a template writes it (`operator/decide.html`).
#[derive(Debug, Clone)]
pub(super) struct Decision {
    /// Unique in the page.
    pub(super) id: String,
    /// What is sent as `do`.
    pub(super) what: &'static str,
    /// Where the form is sent.
    pub(super) address: String,
    pub(super) title: String,
    /// What it does, a paragraph each.
    pub(super) says: Vec<String>,
    pub(super) hidden: Vec<(&'static str, String)>,
    pub(super) fields: Vec<Field>,
    pub(super) ticks: Vec<Tick>,
    pub(super) button: String,
    /// Whether something is gone after it.
    pub(super) is_grave: bool,
    pub(super) is_open: bool,
}

impl Decision {
    /// A decision that takes a reason and nothing else, and after which nothing is gone.
    pub(super) fn of(
        attempt: &Attempt,
        what: &'static str,
        address: String,
        title: &str,
        says: Vec<String>,
        button: &str,
    ) -> Self {
        Self {
            id: what.to_owned(),
            what,
            address,
            title: title.to_owned(),
            says,
            hidden: Vec::new(),
            fields: vec![attempt.reason(what)],
            ticks: Vec::new(),
            button: button.to_owned(),
            is_grave: false,
            is_open: attempt.is_of(what),
        }
    }

    /// The same under an id that is unique in its page, with everything in it.
    pub(super) fn placed(self, id: &str) -> Self {
        let own = |name: &str| format!("{id}-{name}");
        let fields = self.fields.into_iter().map(|field| Field { id: own(field.name), ..field });
        let ticks = self.ticks.into_iter().map(|tick| Tick { id: own(tick.name), ..tick });
        Self { id: id.to_owned(), fields: fields.collect(), ticks: ticks.collect(), ..self }
    }
}

/// A box to tick.
#[derive(Debug, Clone)]
pub(super) struct Tick {
    pub(super) id: String,
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    pub(super) is_ticked: bool,
}

/// A decision as its form is sent: what to do, and everything that any of them takes.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Sent {
    #[serde(rename = "do")]
    pub(super) what: String,
    pub(super) reason: String,
    pub(super) number_sid: String,
    pub(super) user_id: String,
    pub(super) display_name: String,
    pub(super) country_code: String,
    pub(super) currency: String,
    pub(super) from_deployment: String,
    pub(super) from_order: String,
    pub(super) moved: String,
    pub(super) confirm: String,
}

impl Sent {
    fn value(&self, name: &str) -> &str {
        match name {
            "reason" => &self.reason,
            "numberSid" => &self.number_sid,
            "userId" => &self.user_id,
            "displayName" => &self.display_name,
            "countryCode" => &self.country_code,
            "currency" => &self.currency,
            "confirm" => &self.confirm,
            _ => "",
        }
    }
}

/// What was sent and why it was refused; nothing of both before anything is sent.
#[derive(Debug, Default)]
pub(super) struct Attempt {
    pub(super) sent: Sent,
    pub(super) refusal: Option<Refusal>,
}

impl Attempt {
    /// A page that nobody has sent anything from.
    pub(super) fn none() -> Self {
        Self::default()
    }

    pub(super) const fn refused(sent: Sent, refusal: Refusal) -> Self {
        Self { sent, refusal: Some(refusal) }
    }

    /// Whether this decision is what was refused.
    pub(super) fn is_of(&self, what: &str) -> bool {
        self.refusal.is_some() && self.sent.what == what
    }

    /// A field of a decision, with what was typed into it and what is wrong with that.
    pub(super) fn field(&self, what: &str, name: &'static str, label: &str, proposed: &str) -> Field {
        let field = Field { id: format!("{what}-{name}"), ..Field::new(name, label) };
        match self.refusal.as_ref().filter(|_| self.is_of(what)) {
            Some(refusal) => Field { mistake: refusal.of_field(name), ..field.value(self.sent.value(name)) },
            None => field.value(proposed),
        }
    }

    /// The field that every decision has.
    pub(super) fn reason(&self, what: &str) -> Field {
        let hint =
            "One line for whoever asks later, such as the number of Twilio's case. The audit trail keeps it.";
        self.field(what, "reason", "Why", "").hint(hint).required()
    }

    /// The page that shows it, with the status that goes with it.
    pub(super) fn answer(&self, page: &impl Template) -> Result<Response, Failure> {
        let mut response = html(page)?;
        if let Some(refusal) = &self.refusal {
            *response.status_mut() = refusal.status;
        }
        Ok(response)
    }

    /// Why nothing was decided, where it was refused: mistakes in fields that the page does not show are told here.
    pub(super) fn note(&self, decisions: &[Decision]) -> Option<Note> {
        let refusal = self.refusal.as_ref()?;
        let of = decisions.iter().filter(|decision| self.is_of(decision.what));
        let shown: Vec<&str> = of.flat_map(|decision| &decision.fields).map(|field| field.name).collect();
        let mut said = vec![words(refusal)];
        said.extend(refusal.elsewhere_than(&shown));
        Some(Note { tone: "bad", text: said.join(" ") })
    }
}

/// What a refusal says to an operator who looks at a page: what the API tells programs to send, the page has as a box.
fn words(refusal: &Refusal) -> String {
    let moved_to = refusal.member("movedTo").and_then(serde_json::Value::as_str);
    match moved_to {
        Some(account) => format!(
            "The number lives on in account {account}. Nothing was changed. Move it back in the Console, or release it there; or \
             tick the box to write it off here all the same."
        ),
        None => refusal.sentence(),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;

    use super::*;

    fn attempt(document: &str) -> Attempt {
        let sent = Sent { what: "settle".to_owned(), reason: "case 118".to_owned(), ..Sent::default() };
        Attempt::refused(sent, Refusal::read(StatusCode::CONFLICT, document.as_bytes()))
    }

    #[test]
    fn what_was_typed_comes_back_where_it_was_typed() {
        let attempt = attempt(
            r#"{"code":"VALIDATION_FAILED","detail":"x","fields":[{"field":"reason","message":"is too long"},
                {"field":"country","message":"is none"}]}"#,
        );
        let (sent, other) = (attempt.reason("settle"), attempt.reason("void"));
        assert_eq!((sent.value.as_str(), sent.mistake.as_deref()), ("case 118", Some("This is too long.")));
        assert_eq!((other.value.as_str(), other.mistake.as_deref()), ("", None));
        assert_eq!(sent.id, "settle-reason");
        let text = attempt.note(&[]).unwrap().text;
        assert!(text.ends_with("country is none."), "{text}");
        assert_eq!(Attempt::none().note(&[]), None);
    }

    #[test]
    fn what_programs_are_told_to_send_is_a_box_here() {
        let said = attempt(r#"{"code":"EVIDENCE_MISSING","detail":"\"moved\": true","movedTo":"AC9"}"#);
        let text = said.note(&[]).unwrap().text;
        assert!(text.contains("account AC9") && text.contains("tick the box"), "{text}");
    }
}
