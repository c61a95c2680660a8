//! Asking for the published keys: bounded in time and size, following nobody elsewhere.

use std::time::Duration;

use reqwest::header::ACCEPT;
use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode};
use url::Url;

use crate::key_set::{KeySet, KeySetError};
use crate::ring::with_causes;
use crate::{ClientError, KeyTimes};

/// The largest answer that is read, in bytes. A set of a few keys has some thousand.
const ANSWER_MAX: usize = 256 * 1024;

/// How many keys that prove tokens an address publishes now; asked for as the first token would ask. What is wrong is
/// said in words for the operator.
pub async fn count_published_keys(url: &Url) -> Result<usize, String> {
    let fetcher = Fetcher::new(url.clone(), KeyTimes::default().timeout)
        .map_err(|error| with_causes(&ClientError(error)))?;
    fetcher.fetch().await.map(|keys| keys.len()).map_err(|error| with_causes(&error))
}

/// Asks one address for its keys.
pub(crate) struct Fetcher {
    client: Client,
    url: Url,
}

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    #[error("the key set cannot be fetched")]
    Transport(#[from] reqwest::Error),
    #[error("the address of the key set answers {0}")]
    Status(StatusCode),
    #[error("the key set is larger than {ANSWER_MAX} bytes")]
    TooLarge,
    #[error(transparent)]
    Unusable(#[from] KeySetError),
}

impl Fetcher {
    pub(crate) fn new(url: Url, timeout: Duration) -> Result<Self, reqwest::Error> {
        let client = Client::builder()
            .timeout(timeout)
            .connect_timeout(timeout)
            .redirect(Policy::none())
            .user_agent(concat!("trunkline/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self { client, url })
    }

    /// The keys as they are published now.
    pub(crate) async fn fetch(&self) -> Result<KeySet, FetchError> {
        let request = self.client.get(self.url.clone()).header(ACCEPT, "application/json");
        let mut response = request.send().await?;
        if response.status() != StatusCode::OK {
            return Err(FetchError::Status(response.status()));
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            if body.len() + chunk.len() > ANSWER_MAX {
                return Err(FetchError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(KeySet::read(&body)?)
    }
}
