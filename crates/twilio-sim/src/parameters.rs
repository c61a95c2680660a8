//! Names with values, as they come in a query or a form. Order is kept, and a name may come twice; Twilio's
//! resources read the first.

use serde::{Serialize, Serializer, ser::SerializeMap};
use url::form_urlencoded;

use crate::refusal::Refusal;

/// The largest page that Twilio gives.
const PAGE_SIZE_MAX: u32 = 1000;

/// Decoded parameters. As in every form, a plus that is not written `%2B` is a blank.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parameters(Vec<(String, String)>);

impl Parameters {
    pub(crate) fn decode(encoded: &[u8]) -> Self {
        Self(form_urlencoded::parse(encoded).into_owned().collect())
    }

    /// The first value of a name, which may be empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(given, _)| *given == name).map(|(_, value)| value)
    }

    /// All names with their values, in the order in which they came.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The value of a name, if it is not empty.
    pub(crate) fn given(&self, name: &str) -> Option<&str> {
        self.get(name).filter(|value| !value.is_empty())
    }

    pub(crate) fn boolean(&self, name: &str) -> Result<Option<bool>, Refusal> {
        match self.given(name) {
            None => Ok(None),
            Some(value) if value.eq_ignore_ascii_case("true") => Ok(Some(true)),
            Some(value) if value.eq_ignore_ascii_case("false") => Ok(Some(false)),
            Some(_) => Err(Refusal::invalid_parameter(&format!("{name} must be true or false"))),
        }
    }

    pub(crate) fn number(&self, name: &str) -> Result<Option<u32>, Refusal> {
        self.given(name)
            .map(str::parse)
            .transpose()
            .map_err(|_| Refusal::invalid_parameter(&format!("{name} must be a whole number")))
    }

    /// `PageSize`, 1 to 1000.
    pub(crate) fn page_size(&self) -> Result<Option<usize>, Refusal> {
        match self.number("PageSize")? {
            None => Ok(None),
            Some(0) => Err(Refusal::invalid_parameter("PageSize must be at least 1")),
            Some(size) if size > PAGE_SIZE_MAX => Err(Refusal::page_too_large()),
            Some(size) => Ok(usize::try_from(size).ok()),
        }
    }
}

/// Written as one object; of a name that came twice, readers of JSON usually keep the last.
impl Serialize for Parameters {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in self.iter() {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}
