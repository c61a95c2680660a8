//! `/dashboard/numbers/buy`: the search, and what it found.

use std::collections::BTreeSet;
use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::http::Method;
use axum::response::Response;
use trunkline_domain::{Country, Currency, Money, PhoneNumber};

use super::record::{Found, Hit, Prices};
use super::selection::Selection;
use crate::DashboardState;
use crate::api::Api;
use crate::error::Failure;
use crate::form::{Field, Note, Trouble};
use crate::format::phone_number;
use crate::numbers::{country_name, type_label};
use crate::page::{Frame, Section, html};
use crate::visitor::Visit;

/// The fields at which mistakes are shown.
const SHOWN: &[&str] = &["areaCode", "contains", "inRegion", "inLocality", "inPostalCode"];

#[derive(Template)]
#[template(path = "buying/search.html")]
struct SearchPage {
    frame: Frame,
    it: Selection,
    taken: Option<String>,
    countries: Vec<Choice>,
    types: Vec<Choice>,
    currencies: Vec<Choice>,
    /// The filters that are always there.
    first: [Field; 2],
    /// Those that are shown on demand.
    further: [Field; 3],
    is_particular: bool,
    outcome: Outcome,
    carried: Vec<(String, String)>,
}

/// An entry of a list to choose from.
pub(super) struct Choice {
    pub(super) value: String,
    pub(super) text: String,
    pub(super) is_chosen: bool,
}

enum Outcome {
    /// Nothing was searched for yet.
    NotAsked,
    Found(Vec<Row>),
    Refused(Note),
}

struct Row {
    number: String,
    place: String,
    cans: Vec<&'static str>,
    cannots: Vec<&'static str>,
    /// What has to be registered with the carrier, and whether that is a matter of the buyer.
    needs: Vec<(&'static str, &'static str)>,
    monthly: String,
    setup: Option<String>,
    choose: String,
}

pub(super) async fn page(
    State(state): State<Arc<DashboardState>>,
    visit: Visit,
    Query(selection): Query<Selection>,
) -> Result<Response, Failure> {
    let api = Api::new(&state.api, &visit);
    let prices: Prices = api.get("/api/pricing", &()).await?;
    let mut it = selection;
    if it.kind.is_empty() {
        "local".clone_into(&mut it.kind);
    }
    let countries = countries(&prices, &mut it.country);
    let currencies = currencies(&prices, &it.currency, state.settings.default_currency);
    let mut trouble = Trouble::NONE;
    let found = if it.search.is_empty() {
        None
    } else {
        match api.change::<Found>(Method::POST, "/api/numbers/search", Some(it.query())).await {
            Ok(found) => Some(found),
            Err(refusal) => {
                trouble = Trouble::of(refusal, SHOWN);
                None
            }
        }
    };
    let first = it.first_filters().map(|field| field.after(&trouble));
    let further = it.further_filters().map(|field| field.after(&trouble));
    let outcome = match (found, trouble.note()) {
        // The carrier may go on listing for a while what it has sold.
        (Some(found), _) => {
            let still = found.numbers.iter().filter(|hit| hit.phone_number != it.taken);
            Outcome::Found(still.map(|hit| row(&visit, &it, hit)).collect())
        }
        (None, Some(note)) => Outcome::Refused(said(&trouble, note, first.iter().chain(&further))),
        (None, None) => Outcome::NotAsked,
    };
    html(&SearchPage {
        frame: Frame::new(&state, &visit, Section::Numbers),
        // Nothing but a number: whoever made the link could say anything else.
        taken: PhoneNumber::from_stored(&it.taken).ok().map(|number| number.readable()),
        countries,
        types: types(&it.kind),
        currencies,
        is_particular: it.is_particular(),
        carried: [("business", &it.business), ("name", &it.name)]
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| (name.to_owned(), value.clone()))
            .collect(),
        it,
        first,
        further,
        outcome,
    })
}

/// What is said beside the fields, for whom only this part of the page is new. A type that the country does not have is answered
/// with those that it has.
fn said<'f>(trouble: &Trouble, note: Note, fields: impl Iterator<Item = &'f Field>) -> Note {
    let supported = trouble.member("supportedTypes").and_then(|types| types.as_array());
    if let Some(supported) = supported.filter(|types| !types.is_empty()) {
        let labels = supported.iter().filter_map(|name| name.as_str()).map(type_label);
        let labels: Vec<_> = labels.collect();
        let text = format!("There are no such numbers in this country. There are: {}.", labels.join(", "));
        return Note { text, ..note };
    }
    let mistakes = fields.filter_map(|field| Some(format!(" {}: {}", field.label, field.mistake.as_ref()?)));
    Note { text: note.text + &mistakes.collect::<String>(), tone: note.tone }
}

/// The countries in which anything is sold, by name. Where none is chosen it is the United States, or else the first.
fn countries(prices: &Prices, chosen: &mut String) -> Vec<Choice> {
    let sold: BTreeSet<Country> = prices.prices.iter().map(|price| price.country_code).collect();
    let mut named: Vec<_> =
        sold.into_iter().map(|country| (country_name(country.as_str()), country)).collect();
    named.sort();
    if chosen.is_empty() {
        let first = named.iter().find(|(_, country)| *country == Country::US).or(named.first());
        *chosen = first.map(|(_, country)| country.to_string()).unwrap_or_default();
    }
    let choice = |(name, country): (String, Country)| Choice {
        is_chosen: country.as_str().eq_ignore_ascii_case(chosen),
        value: country.to_string(),
        text: name,
    };
    named.into_iter().map(choice).collect()
}

fn types(chosen: &str) -> Vec<Choice> {
    let sold = ["local", "mobile", "tollFree"];
    let choice = |name: &str| Choice {
        value: name.to_owned(),
        text: type_label(name).to_owned(),
        is_chosen: name == chosen,
    };
    sold.into_iter().map(choice).collect()
}

/// In which currencies there are prices; nothing to choose where there is one.
fn currencies(prices: &Prices, chosen: &str, default: Currency) -> Vec<Choice> {
    let codes: BTreeSet<&str> = prices.prices.iter().map(|price| price.currency.code()).collect();
    if codes.len() < 2 {
        return Vec::new();
    }
    let chosen = if chosen.is_empty() { default.code() } else { chosen };
    let choice = |code: &str| Choice {
        value: code.to_owned(),
        text: code.to_owned(),
        is_chosen: code.eq_ignore_ascii_case(chosen),
    };
    codes.into_iter().map(choice).collect()
}

fn row(visit: &Visit, it: &Selection, hit: &Hit) -> Row {
    let features = [
        (hit.capabilities.voice, "Calls", "No calls"),
        (hit.capabilities.sms, "Texts", "No texts"),
        (hit.capabilities.mms, "Pictures", "No pictures"),
    ];
    let money = |amount| Money::new(amount, hit.currency).ok();
    let setup = money(hit.setup_cost.0).filter(|setup| setup.is_positive());
    let place = hit.place();
    Row {
        choose: it.choose(&hit.phone_number, &place),
        number: phone_number(&hit.phone_number),
        place,
        cans: features.iter().filter(|(can, ..)| *can).map(|(_, can, _)| *can).collect(),
        cannots: features.iter().filter(|(can, ..)| !can).map(|(.., cannot)| *cannot).collect(),
        needs: needs(hit),
        monthly: money(hit.monthly_cost.0).map(|monthly| visit.formats.money(monthly)).unwrap_or_default(),
        setup: setup.map(|setup| visit.formats.money(setup)),
    }
}

/// What has to be registered with the carrier before the number can be bought, and how to mark it. What is on file is no hindrance.
fn needs(hit: &Hit) -> Vec<(&'static str, &'static str)> {
    let address = match hit.address_requirements.as_str() {
        "any" | "local" | "foreign" if hit.address_on_file => Some(("Needs an address: on file", "plain")),
        "any" => Some(("Needs an address", "waiting")),
        "local" => Some(("Needs an address in the country", "waiting")),
        "foreign" => Some(("Needs an address abroad", "waiting")),
        _ => None,
    };
    let bundle = hit.bundle_on_file.then_some(("Needs a bundle: on file", "plain"));
    address.into_iter().chain(bundle).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_number_needs_stands_at_it_and_whether_it_is_on_file() {
        let hit = |requirement: &str, address: bool, bundle: bool| -> Hit {
            serde_json::from_value(json!({
                "phoneNumber": "+441234567890", "monthlyCost": 2.25, "setupCost": 0, "currency": "USD",
                "locality": null, "region": null,
                "capabilities": { "voice": true, "sms": false, "mms": false },
                "addressRequirements": requirement, "addressOnFile": address, "bundleOnFile": bundle,
            }))
            .unwrap()
        };
        assert_eq!(needs(&hit("none", false, false)), []);
        assert_eq!(needs(&hit("local", false, false)), [("Needs an address in the country", "waiting")]);
        let on_file = [("Needs an address: on file", "plain"), ("Needs a bundle: on file", "plain")];
        assert_eq!(needs(&hit("any", true, true)), on_file);
    }
}
