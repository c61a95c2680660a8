//! Reading lists page by page, of Twilio's older API and of its newer ones.
//!
//! Invariant: a list is whole or an error, and a further page is asked for at the list's own address only: of the
//! link to it nothing but the query is taken, so the credentials never go where an answer points.

use reqwest::Method;
use serde_json::{Map, Value};
use url::Url;

use crate::failure::Failure;
use crate::operation::Operation;
use crate::transport::{Request, Transport};

/// Pages that are read of a list; more than this has no end.
const MAX_PAGES: usize = 50;

/// Reads every row of a list. `rows` is the field of an answer that holds them.
pub(crate) async fn read_list(
    transport: &Transport,
    operation: Operation,
    url: Url,
    rows: &'static str,
) -> Result<Vec<Value>, Failure> {
    let deadline = transport.deadline();
    let mut all = Vec::new();
    let mut request = Request { operation, method: Method::GET, url, form: Vec::new() };
    for _ in 0..MAX_PAGES {
        let answer = transport.send(&request, deadline).await?;
        let mut page: Map<String, Value> = serde_json::from_slice(&answer.body)
            .map_err(|error| Failure::unreadable(operation, "not a page of a list").with_source(error))?;
        match page.remove(rows) {
            Some(Value::Array(rows)) => all.extend(rows),
            Some(_) | None => return Err(Failure::unreadable(operation, "a page without its rows")),
        }
        let Some(link) = next_link(&page, operation)? else { return Ok(all) };
        request.url = next_page(&request.url, link)
            .ok_or_else(|| Failure::unreadable(operation, "the next page is not of the same list"))?;
    }
    Err(Failure::unreadable(operation, "the list has no end"))
}

/// The link to the page after this one; `None` at the end. A page that does not say is no end.
fn next_link(page: &Map<String, Value>, operation: Operation) -> Result<Option<&str>, Failure> {
    let newer = page.get("meta").and_then(|meta| meta.get("next_page_url"));
    match page.get("next_page_uri").or(newer) {
        Some(Value::Null) => Ok(None),
        Some(Value::String(link)) => Ok(Some(link.as_str()).filter(|link| !link.is_empty())),
        Some(_) | None => {
            Err(Failure::unreadable(operation, "a page that does not say whether another follows"))
        }
    }
}

/// The page that a link names, relative or absolute, at the address of the list itself; `None` where the link is not
/// to the same list.
pub(crate) fn next_page(list: &Url, link: &str) -> Option<Url> {
    let target = list.join(link).ok()?;
    // A base URL may have a path of its own, of which Twilio's links know nothing. The link's host is not even read.
    let same = list.path().ends_with(target.path()) && target.path().len() > 1;
    same.then(|| {
        let mut page = list.clone();
        page.set_query(target.query());
        page
    })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("/2010-04-01/Accounts/AC1/Addresses.json?Page=1", Some("Page=1"))]
    #[case(
        "https://api.twilio.com/2010-04-01/Accounts/AC1/Addresses.json?Page=2&PageToken=x",
        Some("Page=2&PageToken=x")
    )]
    #[case("https://evil.example/2010-04-01/Accounts/AC1/Addresses.json?Page=3", Some("Page=3"))]
    #[case("/2010-04-01/Accounts/AC2/Addresses.json?Page=1", None)]
    #[case("/2010-04-01/Accounts/AC1/../AC2/Addresses.json?Page=1", None)]
    #[case("//evil.example/x", None)]
    #[case("https://evil.example", None)]
    fn a_page_stays_at_its_list(#[case] link: &str, #[case] query: Option<&str>) {
        let list = "http://127.0.0.1:1/base/2010-04-01/Accounts/AC1/Addresses.json?PageSize=50";
        let expected = query.map(|query| list.replace("PageSize=50", query));
        let page = next_page(&Url::parse(list).unwrap(), link);
        assert_eq!(page.map(String::from), expected);
    }
}
