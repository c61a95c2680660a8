//! Lists of owned numbers: filters, and pages whose links a client follows.
//!
//! The newest number comes first. A link to the next page names the last number shown, so a list that is read while
//! numbers are bought and released shows every number once that was there all the time.

use serde::Serialize;
use url::form_urlencoded;

use crate::{
    NumberType,
    holdings::Holdings,
    number::{NumberView, OwnedNumber},
    parameters::Parameters,
    refusal::Refusal,
    search::NumberPattern,
};

const PAGE_SIZE_DEFAULT: usize = 50;
/// The parameters that links repeat.
const FILTERS: [&str; 4] = ["PhoneNumber", "FriendlyName", "Beta", "Origin"];

/// Which numbers a list shows.
pub(crate) struct Listing<'q> {
    account_sid: &'q str,
    number_type: Option<NumberType>,
    partial: Option<NumberPattern>,
    friendly_name: Option<&'q str>,
    beta: bool,
    hosted_only: bool,
    page_size: usize,
    page: usize,
    before: Option<u64>,
}

/// A page as Twilio writes it.
#[expect(clippy::struct_field_names, reason = "Twilio's names")]
#[derive(Serialize)]
struct Page<'n> {
    incoming_phone_numbers: Vec<NumberView<'n>>,
    page: usize,
    page_size: usize,
    start: usize,
    end: usize,
    uri: String,
    first_page_uri: String,
    previous_page_uri: Option<String>,
    next_page_uri: Option<String>,
}

impl<'q> Listing<'q> {
    pub(crate) fn read(
        account_sid: &'q str,
        number_type: Option<NumberType>,
        query: &'q Parameters,
    ) -> Result<Self, Refusal> {
        let partial = query
            .given("PhoneNumber")
            .map(NumberPattern::partial)
            .transpose()
            .map_err(|_| Refusal::invalid_parameter("PhoneNumber: Invalid Pattern."))?;
        let page = query.number("Page")?.and_then(|page| usize::try_from(page).ok()).unwrap_or(0);
        let before = match query.given("PageToken") {
            None => None,
            Some(token) => {
                Some(read_token(token).ok_or_else(|| Refusal::invalid_parameter("PageToken is not valid"))?)
            }
        };
        Ok(Self {
            account_sid,
            number_type,
            partial,
            friendly_name: query.given("FriendlyName"),
            beta: query.boolean("Beta")?.unwrap_or(true),
            hosted_only: query.given("Origin") == Some("hosted"),
            page_size: query.page_size()?.unwrap_or(PAGE_SIZE_DEFAULT),
            page,
            before,
        })
    }

    /// Writes the page. Numbers that lists leave out for now are counted as left out by this list.
    pub(crate) fn page(
        &self,
        holdings: &mut Holdings,
        path: &str,
        query: &Parameters,
    ) -> Result<String, serde_json::Error> {
        let matching: Vec<u64> = holdings
            .newest_first(self.before)
            .filter(|(_, number)| self.shows(number))
            .map(|(sequence, _)| sequence)
            .collect();
        let skipped = if self.before.is_some() { 0 } else { self.page.saturating_mul(self.page_size) };
        let mut visible: Vec<u64> =
            matching.into_iter().filter(|sequence| !holdings.lags(*sequence)).skip(skipped).collect();
        let more = visible.len() > self.page_size;
        visible.truncate(self.page_size);

        let link = |page: usize, token: Option<u64>| link(path, query, self.page_size, page, token);
        let start = self.page.saturating_mul(self.page_size);
        let page = Page {
            page: self.page,
            page_size: self.page_size,
            start,
            end: start + visible.len().saturating_sub(1),
            uri: link(self.page, self.before),
            first_page_uri: link(0, None),
            previous_page_uri: self.page.checked_sub(1).map(|page| link(page, None)),
            next_page_uri: visible.last().filter(|_| more).map(|last| link(self.page + 1, Some(*last))),
            incoming_phone_numbers: visible
                .iter()
                .filter_map(|sequence| holdings.at(*sequence))
                .map(|number| NumberView::at(number, self.number_type))
                .collect(),
        };
        serde_json::to_string(&page)
    }

    fn shows(&self, number: &OwnedNumber) -> bool {
        number.account_sid == self.account_sid
            && !self.hosted_only
            && (self.beta || !number.beta)
            && self.number_type.is_none_or(|wanted| number.number_type == wanted)
            && self.friendly_name.is_none_or(|name| number.friendly_name == name)
            && self.partial.as_ref().is_none_or(|pattern| pattern.matches(&number.phone_number))
    }
}

/// A relative link to a page, with the filters of this one.
fn link(path: &str, query: &Parameters, page_size: usize, page: usize, token: Option<u64>) -> String {
    let mut parameters = form_urlencoded::Serializer::new(String::new());
    for name in FILTERS {
        if let Some(value) = query.given(name) {
            parameters.append_pair(name, value);
        }
    }
    parameters.append_pair("PageSize", &page_size.to_string()).append_pair("Page", &page.to_string());
    if let Some(sequence) = token {
        parameters.append_pair("PageToken", &format!("PA{sequence:032x}"));
    }
    format!("{path}?{}", parameters.finish())
}

fn read_token(token: &str) -> Option<u64> {
    u64::from_str_radix(token.strip_prefix("PA")?, 16).ok()
}
