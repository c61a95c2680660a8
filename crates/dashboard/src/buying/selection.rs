//! What a visitor has searched for and chosen, as it travels in addresses and forms.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::form::Field;

/// Where one searches.
pub(super) const SEARCH: &str = "/dashboard/numbers/buy";
/// Where the chosen number gets its business and its name.
pub(super) const DETAILS: &str = "/dashboard/numbers/buy/details";
/// Where the sum is shown, and the purchase is sent.
pub(super) const SUMMARY: &str = "/dashboard/numbers/buy/summary";

/// What was searched for and chosen. Empty is not said; what cannot be understood is the API's to refuse.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub(super) struct Selection {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) country: String,
    #[serde(rename = "type", skip_serializing_if = "String::is_empty")]
    pub(super) kind: String,
    #[serde(rename = "areaCode", skip_serializing_if = "String::is_empty")]
    pub(super) area: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) contains: String,
    #[serde(rename = "inRegion", skip_serializing_if = "String::is_empty")]
    pub(super) region: String,
    #[serde(rename = "inLocality", skip_serializing_if = "String::is_empty")]
    pub(super) locality: String,
    #[serde(rename = "inPostalCode", skip_serializing_if = "String::is_empty")]
    pub(super) postal: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) voice: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) sms: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) mms: String,
    /// Without those that need an address.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) unregistered: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) currency: String,
    /// Whether to search; the page by itself only asks.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) search: String,
    /// A number that was chosen before and had been sold meanwhile.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) taken: String,
    /// The number that is chosen.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) number: String,
    /// Where it is.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) place: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) business: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) name: String,
    /// Under which it is bought once.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) key: String,
}

/// What tells this purchase from every other one.
pub(super) fn new_key() -> String {
    uuid::Uuid::now_v7().to_string()
}

impl Selection {
    /// What the API is asked to search for.
    pub(super) fn query(&self) -> Value {
        let mut query = json!({ "countryCode": self.country, "numberType": self.kind });
        let texts = [
            ("areaCode", &self.area),
            ("contains", &self.contains),
            ("inRegion", &self.region),
            ("inLocality", &self.locality),
            ("inPostalCode", &self.postal),
            ("currency", &self.currency),
        ];
        let flags = [
            ("voiceEnabled", &self.voice),
            ("smsEnabled", &self.sms),
            ("mmsEnabled", &self.mms),
            ("excludeAllAddressRequired", &self.unregistered),
        ];
        for (name, text) in texts {
            if !text.trim().is_empty() {
                query[name] = text.trim().into();
            }
        }
        for (name, flag) in flags {
            if !flag.is_empty() {
                query[name] = true.into();
            }
        }
        query
    }

    /// The fields for the filters that are always there, by the API's names.
    pub(super) fn first_filters(&self) -> [Field; 2] {
        [
            Field::new("areaCode", "Area code").value(&self.area).hint("Such as 415"),
            Field::new("contains", "Digits or letters in it")
                .value(&self.contains)
                .hint("Such as 555 or TAXI"),
        ]
    }

    /// Those of the filters that are shown on demand.
    pub(super) fn further_filters(&self) -> [Field; 3] {
        [
            Field::new("inLocality", "Town").value(&self.locality),
            Field::new("inRegion", "State or region").value(&self.region).hint("Such as CA"),
            Field::new("inPostalCode", "Postal code").value(&self.postal),
        ]
    }

    /// Whether any of the filters is set that the form shows only on demand.
    pub(super) fn is_particular(&self) -> bool {
        [
            &self.region,
            &self.locality,
            &self.postal,
            &self.voice,
            &self.sms,
            &self.mms,
            &self.unregistered,
            &self.currency,
        ]
        .into_iter()
        .any(|filter| !filter.is_empty())
    }

    /// The address at which this search is shown again, with what was chosen beside the number.
    pub(super) fn search_address(&self) -> String {
        let search = Self {
            number: String::new(),
            place: String::new(),
            key: String::new(),
            search: "1".into(),
            ..self.clone()
        };
        search.address(SEARCH)
    }

    /// The address at which a number that was found gets its business and name.
    pub(super) fn choose(&self, number: &str, place: &str) -> String {
        let chosen = Self {
            number: number.to_owned(),
            place: place.to_owned(),
            taken: String::new(),
            key: String::new(),
            ..self.clone()
        };
        chosen.address(DETAILS)
    }

    /// The address of a page on the way.
    pub(super) fn address(&self, page: &str) -> String {
        let query = serde_urlencoded::to_string(self).unwrap_or_default();
        format!("{page}?{query}")
    }

    /// Everything as names and values, for the hidden fields of a form that asks for `fields` itself.
    pub(super) fn without(&self, fields: &[&str]) -> Vec<(String, String)> {
        let query = serde_urlencoded::to_string(self).unwrap_or_default();
        let pairs = url::form_urlencoded::parse(query.as_bytes()).into_owned();
        pairs.filter(|(name, _)| !fields.contains(&name.as_str())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen() -> Selection {
        Selection {
            country: "US".into(),
            kind: "local".into(),
            area: "415".into(),
            voice: "on".into(),
            search: "1".into(),
            number: "+14155550100".into(),
            name: "Front desk & more".into(),
            key: "k".into(),
            ..Selection::default()
        }
    }

    #[test]
    fn an_address_says_everything_that_was_chosen() {
        let address = chosen().address(SUMMARY);
        let query = address.strip_prefix("/dashboard/numbers/buy/summary?").unwrap();
        assert_eq!(serde_urlencoded::from_str::<Selection>(query).unwrap(), chosen());
    }

    #[test]
    fn another_search_keeps_the_name_and_gets_another_key() {
        let again = chosen().search_address();
        assert!(again.contains("areaCode=415") && again.contains("name=Front+desk+%26+more"), "{again}");
        assert!(!again.contains("number=") && !again.contains("key="), "{again}");
        let other = chosen().choose("+14155550101", "San Francisco, CA");
        assert!(other.contains("number=%2B14155550101") && !other.contains("key="), "{other}");
    }

    #[test]
    fn what_is_empty_is_not_asked_for() {
        let query = chosen().query();
        let expected =
            json!({ "countryCode": "US", "numberType": "local", "areaCode": "415", "voiceEnabled": true });
        assert_eq!(query, expected);
    }

    #[test]
    fn a_form_carries_what_it_does_not_ask_for() {
        let hidden = chosen().without(&["name", "key"]);
        assert!(hidden.contains(&("number".into(), "+14155550100".into())));
        assert!(!hidden.iter().any(|(name, _)| name == "name" || name == "key"));
    }
}
