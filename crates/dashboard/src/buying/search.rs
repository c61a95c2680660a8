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
use crate::format::phone_number;
use crate::numbers::country_name;
use crate::page::{Frame, Section, html};
use crate::refusal::Refusal;
use crate::visitor::Visit;

#[derive(Template)]
#[template(path = "buying/search.html")]
struct SearchPage {
    frame: Frame,
    it: Selection,
    taken: Option<String>,
    countries: Vec<Choice>,
    types: Vec<Choice>,
    currencies: Vec<Choice>,
    is_particular: bool,
    outcome: Outcome,
    mistakes: Mistakes,
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
    Refused(String),
}

struct Row {
    number: String,
    place: String,
    cans: Vec<&'static str>,
    cannots: Vec<&'static str>,
    needs: Option<&'static str>,
    monthly: String,
    setup: Option<String>,
    choose: String,
}

/// What is wrong with the fields of the form.
#[derive(Default)]
struct Mistakes {
    area: Option<String>,
    contains: Option<String>,
    region: Option<String>,
    locality: Option<String>,
    postal: Option<String>,
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
    let mut mistakes = Mistakes::default();
    let outcome = if it.search.is_empty() {
        Outcome::NotAsked
    } else {
        match api.change::<Found>(Method::POST, "/api/numbers/search", Some(it.query())).await {
            Ok(found) => {
                // The carrier may go on listing for a while what it has sold.
                let still = found.numbers.iter().filter(|hit| hit.phone_number != it.taken);
                Outcome::Found(still.map(|hit| row(&visit, &it, hit)).collect())
            }
            Err(refusal) => {
                mistakes = Mistakes::of(&refusal);
                Outcome::Refused(said(&refusal))
            }
        }
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
        outcome,
        mistakes,
    })
}

/// The filters of the form by the API's name and ours.
const FILTERS: [(&str, &str); 5] = [
    ("areaCode", "Area code"),
    ("contains", "Digits or letters in it"),
    ("inRegion", "State or region"),
    ("inLocality", "Town"),
    ("inPostalCode", "Postal code"),
];

/// What is said beside the fields, for whom only this part of the page is new. A type that the country does not have is answered with those that it has.
fn said(refusal: &Refusal) -> String {
    let supported = refusal.member("supportedTypes").and_then(|types| types.as_array());
    let Some(supported) = supported.filter(|types| !types.is_empty()) else {
        let mistakes: Vec<String> = FILTERS
            .iter()
            .filter_map(|(field, label)| Some(format!("{label}: {}", refusal.of_field(field)?)))
            .chain(refusal.elsewhere_than(&FILTERS.map(|(field, _)| field)))
            .collect();
        return [vec![refusal.sentence()], mistakes].concat().join(" ");
    };
    let labels = supported.iter().filter_map(|name| name.as_str()).map(crate::numbers::type_label);
    let labels: Vec<_> = labels.collect();
    format!("There are no such numbers in this country. There are: {}.", labels.join(", "))
}

impl Mistakes {
    fn of(refusal: &Refusal) -> Self {
        Self {
            area: refusal.of_field("areaCode"),
            contains: refusal.of_field("contains"),
            region: refusal.of_field("inRegion"),
            locality: refusal.of_field("inLocality"),
            postal: refusal.of_field("inPostalCode"),
        }
    }
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
        text: crate::numbers::type_label(name).to_owned(),
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
        needs: need(&hit.address_requirements),
        monthly: money(hit.monthly_cost.0).map(|monthly| visit.formats.money(monthly)).unwrap_or_default(),
        setup: setup.map(|setup| visit.formats.money(setup)),
    }
}

/// What has to be registered with the carrier before the number can be bought.
fn need(requirement: &str) -> Option<&'static str> {
    match requirement {
        "any" => Some("Needs an address"),
        "local" => Some("Needs an address in the country"),
        "foreign" => Some("Needs an address abroad"),
        _ => None,
    }
}
