//! Forms as pages show them: each field with what was typed and what is wrong with it, and the one sentence on top that says
//! what became of the form.
//!
//! *Invariant*: a form that was not taken comes back with everything that was typed, the status of the refusal, and each mistake
//! at its field; a mistake in something that the form does not show stands in the sentence on top.

use axum::response::Response;
use serde_json::Value;
use trunkline_domain::Currency;

use crate::error::Failure;
use crate::format::{is_ambiguous, plain, typed};
use crate::page::html;
use crate::refusal::Refusal;

/// An amount that was typed into a field, as the API reads it. What is none goes to the API as it is, which says what is wrong
/// with it; what can be read in two ways does not go there.
pub(crate) fn amount(field: &str, text: &str, currency: Currency) -> Result<String, Refusal> {
    if is_ambiguous(text, currency) {
        let mistake = "can be read as a thousand times as much: write it without groups of digits, such as 1000 or 1.00";
        return Err(Refusal::of_mistake(field, mistake));
    }
    Ok(typed(text, currency).map_or_else(|| text.to_owned(), plain))
}

/// One field of a form. Templates write it by `ui::field`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Field {
    /// Unique in the page.
    pub(crate) id: String,
    pub(crate) name: &'static str,
    pub(crate) label: String,
    /// The `type` of the input.
    pub(crate) kind: &'static str,
    pub(crate) value: String,
    pub(crate) hint: Option<String>,
    pub(crate) mistake: Option<String>,
    pub(crate) is_required: bool,
    /// What keyboard a phone offers.
    pub(crate) keyboard: Option<&'static str>,
    /// The id of a list of suggestions.
    pub(crate) suggestions: Option<&'static str>,
    /// What browsers fill it with.
    pub(crate) fill: &'static str,
}

impl Field {
    /// A field that may stay empty. Its id is its name.
    pub(crate) fn new(name: &'static str, label: impl Into<String>) -> Self {
        Self { id: name.to_owned(), name, label: label.into(), kind: "text", fill: "off", ..Self::default() }
    }

    /// A field for an amount, which need not be a number as HTML has it: people write commas.
    pub(crate) fn amount(name: &'static str, label: impl Into<String>) -> Self {
        Self { keyboard: Some("decimal"), ..Self::new(name, label) }
    }

    pub(crate) fn value(self, value: impl Into<String>) -> Self {
        Self { value: value.into(), ..self }
    }

    pub(crate) fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    pub(crate) fn required(self) -> Self {
        Self { is_required: true, ..self }
    }

    /// With what the API finds wrong with it.
    pub(crate) fn after(self, trouble: &Trouble) -> Self {
        let mistake = trouble.at(self.name);
        Self { mistake, ..self }
    }

    /// The ids of what explains it.
    pub(crate) fn described_by(&self) -> Option<String> {
        let hint = self.hint.as_ref().map(|_| format!("{}-hint", self.id));
        let mistake = self.mistake.as_ref().map(|_| format!("{}-mistake", self.id));
        let ids: Vec<String> = mistake.into_iter().chain(hint).collect();
        (!ids.is_empty()).then(|| ids.join(" "))
    }
}

/// A sentence on top of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Note {
    /// How it is marked: `good`, `waiting`, `bad`.
    pub(crate) tone: &'static str,
    pub(crate) text: String,
}

impl Note {
    /// Something was done.
    pub(crate) fn good(text: impl Into<String>) -> Self {
        Self { tone: "good", text: text.into() }
    }

    /// How programs that read pages out treat it: what went wrong interrupts them.
    pub(crate) fn role(&self) -> &'static str {
        if self.tone == "bad" { "alert" } else { "status" }
    }
}

/// Why a form was not taken, if it was not.
#[derive(Debug, Default)]
pub(crate) struct Trouble {
    refusal: Option<Refusal>,
    said: Option<String>,
    shown: &'static [&'static str],
    /// To whom it is told.
    reader: Reader,
}

/// Who reads what became of a form.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Reader {
    /// Who pays for what it does.
    #[default]
    Payer,
    /// Who does it for others.
    Operator,
}

impl Trouble {
    /// A form that nobody has sent yet.
    pub(crate) const NONE: Self = Self { refusal: None, said: None, shown: &[], reader: Reader::Payer };

    /// A refusal, of a form that shows these fields.
    pub(crate) const fn of(refusal: Refusal, shown: &'static [&'static str]) -> Self {
        Self { refusal: Some(refusal), said: None, shown, reader: Reader::Payer }
    }

    /// A refusal that an operator is told of, who is never the one who is charged.
    pub(crate) fn of_operators(refusal: Refusal, shown: &'static [&'static str]) -> Self {
        Self { reader: Reader::Operator, ..Self::of(refusal, shown) }
    }

    /// The same with a sentence of the page's own, where the API's is for programs.
    pub(crate) fn saying(self, text: impl Into<String>) -> Self {
        Self { said: Some(text.into()), ..self }
    }

    /// A member of the refusal that belongs to its code.
    pub(crate) fn member(&self, name: &str) -> Option<&Value> {
        self.refusal.as_ref()?.member(name)
    }

    /// Whether this is why.
    pub(crate) fn is_of(&self, code: &str) -> bool {
        self.refusal.as_ref().is_some_and(|refusal| refusal.code() == code)
    }

    /// What is wrong with a field.
    pub(crate) fn at(&self, field: &str) -> Option<String> {
        self.refusal.as_ref()?.of_field(field)
    }

    /// What happened, whether anything was charged, what to do.
    pub(crate) fn note(&self) -> Option<Note> {
        let refusal = self.refusal.as_ref()?;
        let mut said = vec![self.said.clone().unwrap_or_else(|| refusal.sentence())];
        said.extend(refusal.elsewhere_than(self.shown));
        // Sentences about payments say it themselves.
        let is_said = self.reader == Reader::Operator
            || said.iter().any(|sentence| sentence.to_lowercase().contains("charged"));
        said.extend(refusal.charge().filter(|_| !is_said).map(ToOwned::to_owned));
        Some(Note { tone: "bad", text: said.join(" ") })
    }

    /// A page with the status that goes with it.
    pub(crate) fn answer(&self, page: &impl askama::Template) -> Result<Response, Failure> {
        let mut response = html(page)?;
        if let Some(refusal) = &self.refusal {
            *response.status_mut() = refusal.status;
        }
        Ok(response)
    }
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;

    use super::*;

    #[test]
    fn mistakes_stand_at_their_fields_or_on_top() {
        let document = br#"{"code":"VALIDATION_FAILED","detail":"x","charged":"no","fields":[
            {"field":"amount","message":"must be at least 5.00 USD"}, {"field":"userId","message":"is required"}]}"#;
        let trouble = Trouble::of(Refusal::read(StatusCode::BAD_REQUEST, document), &["amount"]);
        let field = Field::amount("amount", "Amount").hint("In dollars").after(&trouble);
        assert_eq!(field.mistake.as_deref(), Some("This must be at least 5.00 USD."));
        assert_eq!(field.described_by().as_deref(), Some("amount-mistake amount-hint"));
        let note = trouble.note().unwrap();
        assert_eq!(
            note.text,
            "Something in the form is not right yet; nothing was done. userId is required. You were not charged."
        );
        assert_eq!((note.tone, note.role()), ("bad", "alert"));
        let told = Trouble::of_operators(Refusal::read(StatusCode::BAD_REQUEST, document), &["amount"]);
        assert!(!told.note().unwrap().text.contains("charged"));
        assert_eq!(Trouble::NONE.note(), None);
    }
}
