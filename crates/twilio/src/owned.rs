//! What an account holds: one number looked for, one fetched by id, and the whole list.
//!
//! Invariant: absence is only ever concluded from a complete answer. `look` is an error where a page is missing or a
//! row that could be the number cannot be read; `list` says that it is not complete.

use chrono::{DateTime, Utc};
use reqwest::Method;
use tracing::warn;
use trunkline_domain::{AccountSid, PhoneNumber, ProviderIdentity};
use trunkline_provider::{Listing, ProviderError, ProviderNumber, Sighting};
use url::Url;

use crate::classification::Meaning;
use crate::deadline::Deadline;
use crate::failure::Failure;
use crate::operation::Operation;
use crate::paging::next_page;
use crate::transport::{Answer, Request, Transport};
use crate::wire::{self, OwnedPage};

/// The filter matches parts of numbers, but few numbers contain a whole other one.
const LOOK_PAGE_SIZE: u16 = 100;
const LOOK_MAX_PAGES: usize = 10;
/// The most that Twilio gives on a page.
const LIST_PAGE_SIZE: u16 = 1_000;
/// 200,000 numbers.
const LIST_MAX_PAGES: usize = 200;

/// One page, and the one after it.
struct Page {
    rows: Vec<serde_json::Value>,
    next: Option<Url>,
    date: DateTime<Utc>,
}

/// Whether the configured account holds exactly this number.
pub(crate) async fn look(
    transport: &Transport,
    phone_number: &PhoneNumber,
) -> Result<Sighting, ProviderError> {
    let account = &transport.config().account_sid;
    let deadline = transport.deadline();
    let mut next = Some(list_url(transport, account, LOOK_PAGE_SIZE, Some(phone_number)));
    for _ in 0..LOOK_MAX_PAGES {
        let Some(url) = next else { break };
        let page = read_page(transport, Operation::Look, url, deadline).await?;
        let number = find(page.rows, phone_number)?;
        if number.is_some() || page.next.is_none() {
            return Ok(Sighting { number, provider_time: page.date });
        }
        next = page.next;
    }
    Err(Failure::unreadable(Operation::Look, "the search for an owned number has no end").into())
}

/// The row of exactly this number. Twilio's filter is partial, so the others are expected.
fn find(rows: Vec<serde_json::Value>, phone_number: &PhoneNumber) -> Result<Option<ProviderNumber>, Failure> {
    for row in rows {
        if wire::is_plainly_another(&row, phone_number) {
            continue;
        }
        let number = wire::owned_number(row).map_err(|error| {
            Failure::unreadable(Operation::Look, "a row that may be the number cannot be read")
                .with_source(error)
        })?;
        return Ok(Some(number));
    }
    Ok(None)
}

/// Everything that the configured account holds.
pub(crate) async fn list(transport: &Transport) -> Result<Listing, ProviderError> {
    let account = &transport.config().account_sid;
    let url = list_url(transport, account, LIST_PAGE_SIZE, None);
    let first = read_page(transport, Operation::List, url, transport.deadline()).await?;
    let mut listing =
        Listing { account: account.clone(), numbers: Vec::new(), complete: true, begun_at: first.date };
    let mut next = first.next;
    add_rows(&mut listing, first.rows);
    for _ in 1..LIST_MAX_PAGES {
        let Some(url) = next else { return Ok(listing) };
        match read_page(transport, Operation::List, url, transport.deadline()).await {
            Ok(page) => {
                add_rows(&mut listing, page.rows);
                next = page.next;
            }
            Err(failure) => {
                warn!(error = %ProviderError::from(failure), "a page of owned numbers is missing from the list");
                listing.complete = false;
                return Ok(listing);
            }
        }
    }
    listing.complete = listing.complete && next.is_none();
    Ok(listing)
}

fn add_rows(listing: &mut Listing, rows: Vec<serde_json::Value>) {
    for row in rows {
        match wire::owned_number(row) {
            Ok(number) => listing.numbers.push(number),
            Err(error) => {
                warn!(%error, "a row of the list of owned numbers cannot be read");
                listing.complete = false;
            }
        }
    }
}

/// Asks for one owned number, whichever: every set of credentials may do that. Answers Twilio's clock.
pub(crate) async fn check_credentials(transport: &Transport) -> Result<DateTime<Utc>, ProviderError> {
    let url = list_url(transport, &transport.config().account_sid, 1, None);
    Ok(read_page(transport, Operation::Credentials, url, transport.deadline()).await?.date)
}

/// The number under this id, in the account that is part of its identity.
pub(crate) async fn fetch(
    transport: &Transport,
    identity: &ProviderIdentity,
) -> Result<Option<ProviderNumber>, ProviderError> {
    let request = Request {
        operation: Operation::Fetch,
        method: Method::GET,
        url: number_url(transport, identity),
        form: Vec::new(),
    };
    match transport.send(&request, transport.deadline()).await {
        Ok(answer) => Ok(Some(read_number(Operation::Fetch, &answer)?)),
        Err(failure) if failure.meaning() == Meaning::NotFound => Ok(None),
        Err(failure) => Err(failure.into()),
    }
}

/// The resource of one owned number.
pub(crate) fn number_url(transport: &Transport, identity: &ProviderIdentity) -> Url {
    transport.url(&identity.account, &format!("IncomingPhoneNumbers/{}.json", identity.number))
}

/// Reads an answer that is one owned number.
pub(crate) fn read_number(operation: Operation, answer: &Answer) -> Result<ProviderNumber, Failure> {
    let detail = || format!("Twilio answered {} with no number record", answer.status.as_u16());
    let row = serde_json::from_slice(&answer.body)
        .map_err(|error| Failure::unreadable(operation, detail()).with_source(error))?;
    wire::owned_number(row).map_err(|error| Failure::unreadable(operation, detail()).with_source(error))
}

fn list_url(
    transport: &Transport,
    account: &AccountSid,
    page_size: u16,
    phone_number: Option<&PhoneNumber>,
) -> Url {
    let mut url = transport.url(account, "IncomingPhoneNumbers.json");
    url.query_pairs_mut().append_pair("PageSize", &page_size.to_string());
    if let Some(phone_number) = phone_number {
        url.query_pairs_mut().append_pair("PhoneNumber", phone_number.as_str());
    }
    url
}

async fn read_page(
    transport: &Transport,
    operation: Operation,
    url: Url,
    deadline: Deadline,
) -> Result<Page, Failure> {
    let request = Request { operation, method: Method::GET, url, form: Vec::new() };
    let answer = transport.send(&request, deadline).await?;
    let date = answer.date.ok_or_else(|| Failure::unreadable(operation, "Twilio's answer has no date"))?;
    let page: OwnedPage = serde_json::from_slice(&answer.body)
        .map_err(|error| Failure::unreadable(operation, "not a page of owned numbers").with_source(error))?;
    let next = match page.next_page() {
        None => None,
        Some(link) => Some(next_page(&request.url, link).ok_or_else(|| {
            Failure::unreadable(operation, "the next page of owned numbers is not of the same list")
        })?),
    };
    Ok(Page { rows: page.incoming_phone_numbers, next, date })
}
