//! Asking the API on a visitor's behalf: one call, an answer of the type that the page needs, or a refusal.

use axum::body::Body;
use axum::http::{Method, Response, Uri};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use trunkline_http::{ApiWithin, CallWithin};

use crate::refusal::Refusal;
use crate::visitor::Visit;

/// The longest answer that a page reads, in bytes: a full page of the longest records is a tenth of it.
const ANSWER_MAX: usize = 4 * 1024 * 1024;

/// The API as one visitor calls it.
#[derive(Clone)]
pub(crate) struct Api<'v> {
    within: &'v ApiWithin,
    visit: &'v Visit,
}

impl<'v> Api<'v> {
    pub(crate) const fn new(within: &'v ApiWithin, visit: &'v Visit) -> Self {
        Self { within, visit }
    }

    /// Reads something. `query` is left out where it is empty.
    pub(crate) async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &impl Serialize,
    ) -> Result<T, Refusal> {
        let call = CallWithin::new(Method::GET, address(path, query)?);
        self.send(call).await
    }

    /// Changes something.
    pub(crate) async fn change<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<T, Refusal> {
        let call = CallWithin { body, ..CallWithin::new(method, address(path, &())?) };
        self.send(call).await
    }

    /// Changes something once under a key, however often it is sent.
    pub(crate) async fn change_once<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
        key: &str,
    ) -> Result<T, Refusal> {
        let call = CallWithin { body, ..CallWithin::new(method, address(path, &())?) };
        self.send(CallWithin { idempotency_key: Some(key.to_owned()), ..call }).await
    }

    /// Reads something that is passed on as it is, such as a table for a spreadsheet.
    pub(crate) async fn raw(
        &self,
        path: &str,
        query: &impl Serialize,
        accept: &'static str,
    ) -> Result<Response<Body>, Refusal> {
        let call = CallWithin { accept: Some(accept), ..CallWithin::new(Method::GET, address(path, query)?) };
        let response = self.call(call).await;
        if response.status().is_success() { Ok(response) } else { Err(refusal(response).await) }
    }

    async fn send<T: DeserializeOwned>(&self, call: CallWithin) -> Result<T, Refusal> {
        let path = call.uri.path().to_owned();
        let response = self.call(call).await;
        let status = response.status();
        if !status.is_success() {
            return Err(refusal(response).await);
        }
        let bytes = axum::body::to_bytes(response.into_body(), ANSWER_MAX).await;
        let body = bytes.ok().map(|bytes| serde_json::from_slice(&bytes));
        match body {
            Some(Ok(body)) => Ok(body),
            Some(Err(error)) => {
                tracing::error!(%path, %error, "an answer of the API is not what its page reads");
                Err(Refusal::ours())
            }
            None => {
                tracing::error!(%path, "an answer of the API is longer than its page reads");
                Err(Refusal::ours())
            }
        }
    }

    async fn call(&self, call: CallWithin) -> Response<Body> {
        let Visit { visitor, context, .. } = self.visit;
        self.within.call(visitor.principal.clone(), context.clone(), call).await
    }
}

async fn refusal(response: Response<Body>) -> Refusal {
    let status = response.status();
    let bytes = axum::body::to_bytes(response.into_body(), ANSWER_MAX).await.unwrap_or_default();
    Refusal::read(status, &bytes)
}

/// A part of a path, with everything escaped that would be read as another part.
pub(crate) fn segment(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}

fn address(path: &str, query: &impl Serialize) -> Result<Uri, Refusal> {
    let query = serde_urlencoded::to_string(query).unwrap_or_default();
    let address = if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") };
    // What is no address names nothing that is there.
    Uri::try_from(address).map_err(|_| Refusal::absent())
}
