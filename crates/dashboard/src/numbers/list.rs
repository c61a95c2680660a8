//! The table of numbers: filtered, searched, a page at a time, with what all that is found counts and costs.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use trunkline_domain::{BusinessId, Currency, JsonMoney, Money, NumberId};

use super::countries::{self, CountryChoice, country_name};
use super::record::TYPES;
use super::{Number, type_label};
use crate::DashboardState;
use crate::api::Api;
use crate::businesses::{Businesses, Choice};
use crate::error::Failure;
use crate::format::Formats;
use crate::page::{Frame, Section, html};
use crate::refusal::Refusal;
use crate::visitor::Visit;

/// How many numbers a page shows.
const PAGE: u64 = 50;

/// The statuses to choose from, and their words.
const STATUSES: [(&str, &str); 6] = [
    ("", "Not released"),
    ("active", "Active"),
    ("suspended", "Suspended"),
    ("releasing", "Being released"),
    ("review", "Being looked at"),
    ("released", "Released"),
];

/// What is asked for, in the words of the API.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Asked {
    #[serde(skip_serializing_if = "String::is_empty")]
    search: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    business_id: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    number_type: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    country_code: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    status: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    cursor: String,
    /// Which page it is, so that it can say so. The API goes by the cursor.
    #[serde(skip_serializing_if = "String::is_empty")]
    page: String,
}

impl Asked {
    /// Whether anything is left out by it.
    fn narrows(&self) -> bool {
        let everything = Self { cursor: self.cursor.clone(), page: self.page.clone(), ..Self::default() };
        *self != everything
    }

    /// Which page, counted from 1.
    fn place(&self) -> u64 {
        if self.cursor.is_empty() { 1 } else { self.page.parse().unwrap_or(2).clamp(2, 1_000_000_000) }
    }

    /// The address of the page that begins at a cursor; of the first without one.
    fn address(&self, cursor: Option<NumberId>) -> String {
        let (cursor, page) = match cursor {
            Some(cursor) => (cursor.to_string(), (self.place() + 1).to_string()),
            None => (String::new(), String::new()),
        };
        let query = serde_urlencoded::to_string(Self { cursor, page, ..self.clone() }).unwrap_or_default();
        if query.is_empty() { "/dashboard/numbers".to_owned() } else { format!("/dashboard/numbers?{query}") }
    }
}

/// What is asked of the API.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Question<'a> {
    search: &'a str,
    business_id: &'a str,
    number_type: &'a str,
    country_code: &'a str,
    status: &'a str,
    cursor: &'a str,
    limit: u64,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    numbers: Vec<Number>,
    total: u64,
    monthly_totals: Vec<Total>,
    next_cursor: Option<NumberId>,
}

#[derive(Deserialize)]
struct Total {
    amount: JsonMoney,
    currency: Currency,
}

#[derive(Deserialize)]
struct Pricing {
    prices: Vec<Price>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Price {
    country_code: String,
}

#[derive(Template)]
#[template(path = "numbers/list.html")]
struct ListPage {
    frame: Frame,
    asked: Asked,
    is_operator: bool,
    businesses: Vec<Choice>,
    types: Vec<Named>,
    countries: Vec<CountryChoice>,
    statuses: Vec<Named>,
    rows: Vec<Row>,
    /// How many there are, and what they cost.
    summary: String,
    /// Which of them are on the page.
    range: Option<String>,
    first: Option<String>,
    next: Option<String>,
    refusal: Option<Refusal>,
}

/// Something to choose by its name.
struct Named {
    name: &'static str,
    label: &'static str,
    is_chosen: bool,
}

struct Row {
    id: NumberId,
    readable: String,
    name: String,
    /// Whose it is, for operators.
    customer: String,
    business: String,
    country: String,
    country_code: String,
    kind: &'static str,
    can: String,
    state: (&'static str, &'static str),
    monthly: String,
    is_primary: bool,
    /// The provider where the number lives, if that is not ours.
    elsewhere: Option<String>,
}

pub(super) async fn show(
    State(state): State<Arc<DashboardState>>,
    visit: Visit,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let api = Api::new(&state.api, &visit);
    let (listed, refusal) = match listed(&api, &asked).await {
        Ok(listed) => (listed, None),
        // What cannot be searched for is said where it was typed.
        Err(refusal) if refusal.status == StatusCode::BAD_REQUEST => (Listed::default(), Some(refusal)),
        Err(refusal) => return Err(refusal.into()),
    };
    let mut businesses = Businesses::of(&api, &visit.visitor).await?;
    let shown = listed.numbers.iter().filter_map(|number| number.business_id);
    let named: Vec<BusinessId> = shown.chain(asked.business_id.parse()).collect();
    businesses.learn(&api, &named).await;
    let status = refusal.as_ref().map_or(StatusCode::OK, |refusal| refusal.status);
    let page = ListPage {
        frame: Frame::new(&state, &visit, Section::Numbers),
        is_operator: visit.visitor.is_operator(),
        businesses: businesses.to_look_at(&asked.business_id),
        types: types(&asked.number_type),
        countries: offered(&api, &listed.numbers, &asked.country_code).await?,
        statuses: statuses(&asked.status),
        summary: summary(&visit.formats, &asked, &listed),
        range: range(&visit.formats, &asked, &listed),
        first: (asked.place() > 1).then(|| asked.address(None)),
        next: listed.next_cursor.map(|next| asked.address(Some(next))),
        rows: listed.numbers.into_iter().map(|number| row(&visit, &businesses, number)).collect(),
        asked,
        refusal,
    };
    let mut response = html(&page)?;
    *response.status_mut() = status;
    Ok(response)
}

impl ListPage {
    fn mistake(&self, field: &str) -> Option<String> {
        self.refusal.as_ref()?.of_field(field)
    }
}

async fn listed(api: &Api<'_>, asked: &Asked) -> Result<Listed, Refusal> {
    let question = Question {
        search: &asked.search,
        business_id: &asked.business_id,
        number_type: &asked.number_type,
        country_code: &asked.country_code,
        status: &asked.status,
        cursor: &asked.cursor,
        limit: PAGE,
    };
    api.get("/api/numbers", &question).await
}

/// The countries whose numbers are sold, those of the numbers on the page, and the chosen one.
async fn offered(api: &Api<'_>, numbers: &[Number], chosen: &str) -> Result<Vec<CountryChoice>, Refusal> {
    let pricing: Pricing = api.get("/api/pricing", &()).await?;
    let sold = pricing.prices.into_iter().map(|price| price.country_code);
    let here = numbers.iter().map(|number| number.country_code.clone());
    let chosen_code = (!chosen.is_empty()).then(|| chosen.to_ascii_uppercase());
    Ok(countries::choices(sold.chain(here).chain(chosen_code), chosen))
}

fn types(chosen: &str) -> Vec<Named> {
    let named = |name: &'static str| Named { name, label: type_label(name), is_chosen: name == chosen };
    TYPES.into_iter().map(named).collect()
}

fn statuses(chosen: &str) -> Vec<Named> {
    STATUSES.map(|(name, label)| Named { name, label, is_chosen: name == chosen }).into()
}

/// `1,234 numbers, 1,851.00 USD a month`. Released numbers cost nothing any more.
fn summary(formats: &Formats, asked: &Asked, listed: &Listed) -> String {
    let count = match listed.total {
        1 => "1 number".to_owned(),
        total => format!("{} numbers", formats.count(total)),
    };
    if asked.status == "released" || listed.total == 0 {
        return count;
    }
    let total = |total: &Total| match Money::new(total.amount.0, total.currency) {
        Ok(money) => formats.money(money),
        // More than any wallet holds: costs that were written into records.
        Err(_) => format!("{:?}\u{a0}{}", total.amount, total.currency.code()),
    };
    let totals: Vec<String> = listed.monthly_totals.iter().map(total).collect();
    format!("{count}, {} a month", totals.join(" and "))
}

/// `51–100 of 1,234`, where there is more than one page.
fn range(formats: &Formats, asked: &Asked, listed: &Listed) -> Option<String> {
    let here = u64::try_from(listed.numbers.len()).unwrap_or(PAGE);
    if here == 0 || here >= listed.total {
        return None;
    }
    let before = (asked.place() - 1) * PAGE;
    let [from, to, all] = [before + 1, before + here, listed.total].map(|count| formats.count(count));
    Some(format!("{from}–{to} of {all}"))
}

fn row(visit: &Visit, businesses: &Businesses, number: Number) -> Row {
    let business = number.business_id.and_then(|id| businesses.name(id)).unwrap_or_default().to_owned();
    Row {
        id: number.id,
        readable: number.readable(),
        business,
        country: country_name(&number.country_code),
        kind: type_label(&number.number_type),
        can: number.can().join(", "),
        state: number.state(),
        monthly: number.monthly().map(|monthly| visit.formats.money(monthly)).unwrap_or_default(),
        is_primary: number.is_primary,
        elsewhere: number.is_recorded().then(|| number.provider.clone()),
        name: number.display_name,
        customer: number.user_id,
        country_code: number.country_code,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_what_is_asked_for_and_which_page_it_is() {
        let asked = Asked { search: "front desk".to_owned(), ..Asked::default() };
        assert!(asked.narrows() && !Asked::default().narrows());
        assert_eq!(Asked::default().address(None), "/dashboard/numbers");
        assert_eq!(asked.address(None), "/dashboard/numbers?search=front+desk");
        let next: NumberId = "00000000-0000-0000-0000-000000000007".parse().unwrap();
        let second = asked.address(Some(next));
        assert_eq!(second, format!("/dashboard/numbers?search=front+desk&cursor={next}&page=2"));
        let second = Asked { cursor: next.to_string(), page: "2".to_owned(), ..asked };
        assert!(second.address(Some(next)).ends_with("&page=3"));
        assert_eq!(second.address(None), "/dashboard/numbers?search=front+desk");
        assert_eq!(Asked { page: "many".to_owned(), ..second }.place(), 2);
    }
}
