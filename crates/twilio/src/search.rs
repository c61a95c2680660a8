//! Searching for numbers that could be bought.
//!
//! Invariant: a hit fits the whole query, and could be bought as what it is shown as. What Twilio cannot filter is
//! filtered here; what neither can is refused (`filters.rs`), never ignored. Twilio gives one page of hits, however
//! few of what is on offer it shows; where an answer does name another page, it is read until the limit is reached.

use reqwest::Method;
use serde_json::Value;
use tracing::debug;
use trunkline_domain::{Country, NumberType, PhoneNumber};
use trunkline_provider::{AvailableNumber, ProviderError, SearchQuery};
use url::Url;

use crate::changes::type_resource;
use crate::classification::Meaning;
use crate::deadline::Deadline;
use crate::failure::Failure;
use crate::filters::Filters;
use crate::operation::Operation;
use crate::paging::next_page;
use crate::transport::{Request, Transport};
use crate::wire::{AvailablePage, AvailableRow, CountryPage};

/// Pages of hits that are read for one search.
const MAX_PAGES: usize = 10;

/// Numbers that could be bought, in Twilio's order.
pub(crate) async fn search(
    transport: &Transport,
    query: &SearchQuery,
) -> Result<Vec<AvailableNumber>, ProviderError> {
    let filters = Filters::of(query)?;
    let resource =
        format!("AvailablePhoneNumbers/{}/{}.json", query.country, type_resource(query.number_type));
    let mut url = transport.url(&transport.config().account_sid, &resource);
    url.query_pairs_mut().extend_pairs(filters.parameters());
    let deadline = transport.deadline();
    let mut hits = Vec::new();
    let mut next = Some(url);
    for _ in 0..MAX_PAGES {
        let Some(url) = next else { break };
        let page = match read_page(transport, url, deadline).await {
            Ok(page) => page,
            Err(failure) if hits.is_empty() => return Err(failure.into()),
            Err(failure) => {
                // Hits are hints: fewer of them are better than none.
                debug!(error = %ProviderError::from(failure), "a further page of hits is missing");
                break;
            }
        };
        let rows = page.rows.into_iter().filter_map(|row| serde_json::from_value(row).ok());
        let found = rows.filter_map(|row| hit(&row, query));
        hits.extend(found.filter(|number| filters.fit(&number.phone_number)));
        next = page.next.filter(|_| hits.len() < usize::from(query.limit));
    }
    hits.truncate(usize::from(query.limit));
    Ok(hits)
}

/// Hits as Twilio has them, and the page after them, where it names one.
struct Page {
    rows: Vec<Value>,
    next: Option<Url>,
}

async fn read_page(transport: &Transport, url: Url, deadline: Deadline) -> Result<Page, Failure> {
    let request = Request { operation: Operation::Search, method: Method::GET, url, form: Vec::new() };
    let answer = transport.send(&request, deadline).await?;
    let page: AvailablePage = serde_json::from_slice(&answer.body).map_err(|error| {
        Failure::unreadable(Operation::Search, "not a page of available numbers").with_source(error)
    })?;
    let next = page.next_page_uri.as_deref().and_then(|link| next_page(&request.url, link));
    Ok(Page { rows: page.available_phone_numbers, next })
}

/// A row as a hit; `None` where it is not a valid number, or not of the country and type that were asked for.
fn hit(row: &AvailableRow, query: &SearchQuery) -> Option<AvailableNumber> {
    let Ok(phone_number) = row.phone_number.parse::<PhoneNumber>() else {
        debug!(phone_number = row.phone_number, "Twilio offers a number that no numbering plan knows");
        return None;
    };
    let fits = is_in(&phone_number, row.iso_country.as_deref(), query)
        && phone_number.plan_type().is_none_or(|number_type| number_type == query.number_type);
    if !fits {
        debug!(%phone_number, "Twilio offers a number of another country or type than asked for");
        return None;
    }
    Some(AvailableNumber {
        friendly_name: row.friendly_name.clone().unwrap_or_else(|| phone_number.to_string()),
        locality: row.locality.clone().filter(|name| !name.is_empty()),
        region: row.region.clone().filter(|name| !name.is_empty()),
        country: query.country,
        capabilities: row.capabilities(),
        address_requirement: row.address_requirement(),
        phone_number,
    })
}

/// Whether a number can be bought in the country asked for. The toll-free ranges of +1 belong to the United States
/// and Canada alike, so there the query decides.
fn is_in(phone_number: &PhoneNumber, iso_country: Option<&str>, query: &SearchQuery) -> bool {
    if phone_number.is_nanp() && query.number_type == NumberType::TollFree {
        return query.country.has_area_codes();
    }
    let stated = iso_country.is_none_or(|code| code.eq_ignore_ascii_case(query.country.as_str()));
    stated && phone_number.country() == Some(query.country)
}

/// The types that Twilio has in a country; none for a country that it does not know.
pub(crate) async fn types_offered(
    transport: &Transport,
    country: Country,
) -> Result<Vec<NumberType>, ProviderError> {
    let url =
        transport.url(&transport.config().account_sid, &format!("AvailablePhoneNumbers/{country}.json"));
    let request = Request { operation: Operation::Types, method: Method::GET, url, form: Vec::new() };
    let answer = match transport.send(&request, transport.deadline()).await {
        Ok(answer) => answer,
        Err(failure) if failure.meaning() == Meaning::NotFound => return Ok(Vec::new()),
        Err(failure) => return Err(failure.into()),
    };
    let page: CountryPage = serde_json::from_slice(&answer.body).map_err(|error| {
        Failure::unreadable(Operation::Types, "not a country of available numbers").with_source(error)
    })?;
    Ok(NumberType::ALL
        .into_iter()
        .filter(|number_type| page.subresource_uris.contains_key(number_type.as_str()))
        .collect())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    #[rstest]
    #[case::local("+14152300101", Some("US"), Country::US, NumberType::Local, true)]
    #[case::another_country("+16042300101", Some("CA"), Country::US, NumberType::Local, false)]
    #[case::contradicting("+14152300101", Some("CA"), Country::CA, NumberType::Local, false)]
    #[case::unstated("+14152300101", None, Country::US, NumberType::Local, true)]
    #[case::shared_toll_free("+18332300101", Some("US"), Country::CA, NumberType::TollFree, true)]
    #[case::toll_free_as_local("+18332300101", Some("US"), Country::US, NumberType::Local, false)]
    #[case::mobile_as_local("+447400123456", Some("GB"), Country::GB, NumberType::Local, false)]
    #[case::mobile("+447400123456", Some("GB"), Country::GB, NumberType::Mobile, true)]
    #[case::no_number("+10000000000", Some("US"), Country::US, NumberType::Local, false)]
    fn a_hit_can_be_bought_as_shown(
        #[case] number: &str,
        #[case] iso_country: Option<&str>,
        #[case] country: Country,
        #[case] number_type: NumberType,
        #[case] expected: bool,
    ) {
        let row = json!({"phone_number": number, "iso_country": iso_country});
        let hit = hit(&serde_json::from_value(row).unwrap(), &SearchQuery::new(country, number_type));
        assert_eq!(hit.is_some(), expected);
        assert!(hit.is_none_or(|hit| hit.country == country && hit.friendly_name == number));
    }
}
