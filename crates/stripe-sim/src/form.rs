//! Parameters as Stripe takes them: form-encoded, with brackets for what is nested. An endpoint takes out what it
//! knows; what is left at its end is unknown, and refused.

use std::collections::BTreeMap;

use url::form_urlencoded;

use crate::refusal::Refusal;

const METADATA_KEYS_MAX: usize = 50;
const METADATA_KEY_CHARS_MAX: usize = 40;
const METADATA_VALUE_CHARS_MAX: usize = 500;

/// Key-value pairs of a client's own.
pub(crate) type Metadata = BTreeMap<String, String>;

/// Decoded parameters that have not been taken yet.
#[derive(Debug, Clone, Default)]
pub(crate) struct Form {
    pairs: Vec<(String, String)>,
}

impl Form {
    pub(crate) fn decode(encoded: &[u8]) -> Self {
        Self { pairs: form_urlencoded::parse(encoded).into_owned().collect() }
    }

    pub(crate) fn pairs(&self) -> &[(String, String)] {
        &self.pairs
    }

    pub(crate) fn append(&mut self, mut other: Self) {
        self.pairs.append(&mut other.pairs);
    }

    /// The value of a name; of one that comes twice the last.
    fn take(&mut self, name: &str) -> Option<String> {
        let mut value = None;
        self.pairs.retain_mut(|(given, text)| {
            let taken = given == name;
            if taken {
                value = Some(std::mem::take(text));
            }
            !taken
        });
        value
    }

    /// A text, which may not be empty.
    pub(crate) fn text(&mut self, name: &str) -> Result<Option<String>, Refusal> {
        match self.take(name) {
            Some(text) if text.is_empty() => Err(Refusal::empty_parameter(name)),
            text => Ok(text),
        }
    }

    pub(crate) fn required(&mut self, name: &str) -> Result<String, Refusal> {
        self.text(name)?.ok_or_else(|| Refusal::missing_parameter(name))
    }

    pub(crate) fn integer(&mut self, name: &str) -> Result<Option<i64>, Refusal> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        match text.parse() {
            Ok(integer) => Ok(Some(integer)),
            Err(_) => Err(Refusal::no_integer(name, &text)),
        }
    }

    pub(crate) fn is_true(&mut self, name: &str) -> Result<bool, Refusal> {
        match self.text(name)?.as_deref() {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(other) => Err(Refusal::invalid(None, format!("Invalid boolean: {other}")).about(name)),
        }
    }

    /// One of a few words.
    pub(crate) fn one_of(&mut self, name: &str, allowed: &[&str]) -> Result<Option<String>, Refusal> {
        match self.text(name)? {
            Some(text) if !allowed.contains(&text.as_str()) => Err(Refusal::none_of(name, allowed)),
            text => Ok(text),
        }
    }

    /// A list, written `name[]` or `name[0]`.
    pub(crate) fn list(&mut self, name: &str) -> Vec<String> {
        let mut list = Vec::new();
        self.pairs.retain_mut(|(given, text)| {
            let inside = given.strip_prefix(name).and_then(|rest| rest.strip_prefix('[')?.strip_suffix(']'));
            let element = inside.is_some_and(|index| index.bytes().all(|byte| byte.is_ascii_digit()));
            if element {
                list.push(std::mem::take(text));
            }
            !element
        });
        list
    }

    /// Whether anything is given under `name[…]`.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.pairs.iter().any(|(given, _)| given.strip_prefix(name).is_some_and(|rest| rest.starts_with('[')))
    }

    /// A client's own pairs, written `name[key]`, within Stripe's limits. An empty value is no pair.
    pub(crate) fn metadata(&mut self, name: &str) -> Result<Metadata, Refusal> {
        let mut metadata = Metadata::new();
        self.pairs.retain_mut(|(given, text)| {
            let inside = given.strip_prefix(name).and_then(|rest| rest.strip_prefix('[')?.strip_suffix(']'));
            if let Some(key) = inside {
                metadata.insert(key.to_owned(), std::mem::take(text));
            }
            inside.is_none()
        });
        if metadata.len() > METADATA_KEYS_MAX {
            let message = format!("Metadata can have up to {METADATA_KEYS_MAX} keys.");
            return Err(Refusal::invalid(None, message).about(name));
        }
        for (key, value) in &metadata {
            if key.chars().count() > METADATA_KEY_CHARS_MAX
                || value.chars().count() > METADATA_VALUE_CHARS_MAX
            {
                let message = format!(
                    "Metadata keys can have up to {METADATA_KEY_CHARS_MAX} characters, values up to \
                     {METADATA_VALUE_CHARS_MAX}; '{key}' is too long."
                );
                return Err(Refusal::invalid(None, message).about(name));
            }
        }
        metadata.retain(|_, value| !value.is_empty());
        Ok(metadata)
    }

    /// Refuses what nobody took.
    pub(crate) fn finish(self) -> Result<(), Refusal> {
        match self.pairs.first() {
            None => Ok(()),
            Some((name, _)) => Err(Refusal::unknown_parameter(name)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_names_are_read_and_what_is_left_is_refused() {
        let mut form =
            Form::decode(b"metadata[payment]=p+1&expand[]=a&expand[1]=b.c&amount=12&mode=payment&odd=1");
        assert_eq!(form.metadata("metadata").unwrap().get("payment").unwrap(), "p 1");
        assert_eq!(form.list("expand"), ["a", "b.c"]);
        assert_eq!(form.integer("amount").unwrap(), Some(12));
        assert!(form.one_of("mode", &["setup"]).is_err());
        assert_eq!(form.finish().unwrap_err(), Refusal::unknown_parameter("odd"));
    }

    #[test]
    fn empty_and_misspelt_values_are_refused() {
        let mut form = Form::decode(b"a=&b=1.5&c=yes");
        assert_eq!(form.text("a").unwrap_err(), Refusal::empty_parameter("a"));
        assert_eq!(form.integer("b").unwrap_err(), Refusal::no_integer("b", "1.5"));
        assert!(form.is_true("c").is_err());
        assert_eq!(form.required("d").unwrap_err(), Refusal::missing_parameter("d"));
    }
}
