//! Pages of a list, in the two shapes that Twilio has: the API of 2010 puts relative links beside the rows, the
//! newer APIs put absolute ones into `meta`. A page begins where `Page` says.
//!
//! Absolute links name the host that the client asked, not Twilio's, so that a client which follows one stays here.

use serde_json::{Map, Value, json};
use url::form_urlencoded;

use crate::{call::Call, parameters::Parameters, refusal::Refusal};

const PAGE_SIZE_DEFAULT: usize = 50;
/// Parameters that links write anew.
const OF_PAGES: [&str; 3] = ["PageSize", "Page", "PageToken"];

/// One page of rows that all are known.
pub(crate) struct Page<'c> {
    call: &'c Call,
    /// From 0.
    index: usize,
    size: usize,
}

impl<'c> Page<'c> {
    pub(crate) fn read(call: &'c Call) -> Result<Self, Refusal> {
        let index = call.query.number("Page")?.and_then(|page| usize::try_from(page).ok()).unwrap_or(0);
        Ok(Self { call, index, size: call.query.page_size()?.unwrap_or(PAGE_SIZE_DEFAULT) })
    }

    /// The page as the API of 2010 writes it, the rows under `key`.
    pub(crate) fn with_uris(&self, key: &str, rows: impl IntoIterator<Item = Value>) -> Value {
        let (rows, more) = self.cut(rows);
        let start = self.index.saturating_mul(self.size);
        let link = |page: usize| link(&self.call.path, &self.call.query, self.size, page);
        let mut body = Map::new();
        body.insert("end".to_owned(), json!(start + rows.len().saturating_sub(1)));
        body.insert("first_page_uri".to_owned(), json!(link(0)));
        body.insert("next_page_uri".to_owned(), json!(more.then(|| link(self.index + 1))));
        body.insert("page".to_owned(), json!(self.index));
        body.insert("page_size".to_owned(), json!(self.size));
        body.insert("previous_page_uri".to_owned(), json!(self.index.checked_sub(1).map(link)));
        body.insert("start".to_owned(), json!(start));
        body.insert("uri".to_owned(), json!(link(self.index)));
        body.insert(key.to_owned(), Value::Array(rows));
        Value::Object(body)
    }

    /// The page as newer APIs write it, the rows under `key`.
    pub(crate) fn with_meta(&self, key: &str, rows: impl IntoIterator<Item = Value>) -> Value {
        let (rows, more) = self.cut(rows);
        let path = self.call.absolute(&self.call.path);
        let link = |page: usize| link(&path, &self.call.query, self.size, page);
        let meta = json!({
            "first_page_url": link(0),
            "key": key,
            "next_page_url": more.then(|| link(self.index + 1)),
            "page": self.index,
            "page_size": self.size,
            "previous_page_url": self.index.checked_sub(1).map(link),
            "url": link(self.index),
        });
        let mut body = Map::new();
        body.insert("meta".to_owned(), meta);
        body.insert(key.to_owned(), Value::Array(rows));
        Value::Object(body)
    }

    /// The rows of this page, and whether there are more behind them.
    fn cut(&self, rows: impl IntoIterator<Item = Value>) -> (Vec<Value>, bool) {
        let mut rest = rows.into_iter().skip(self.index.saturating_mul(self.size));
        let rows = rest.by_ref().take(self.size).collect();
        (rows, rest.next().is_some())
    }
}

/// A link to a page, with the filters of this one.
fn link(path: &str, query: &Parameters, page_size: usize, page: usize) -> String {
    let mut parameters = form_urlencoded::Serializer::new(String::new());
    for (name, value) in query.iter().filter(|(name, _)| !OF_PAGES.contains(name)) {
        parameters.append_pair(name, value);
    }
    parameters.append_pair("PageSize", &page_size.to_string()).append_pair("Page", &page.to_string());
    format!("{path}?{}", parameters.finish())
}
