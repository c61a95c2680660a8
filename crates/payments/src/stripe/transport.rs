//! Sending one request to Stripe: its key, its time, the repeats of a read, its line in the log.
//!
//! Invariant: a request that changes something is on the wire once for each call. Logs carry no path, parameter, sentence
//! of Stripe's or secret.

use std::time::Duration;

use reqwest::{Method, RequestBuilder, Response, StatusCode, header};
use secrecy::ExposeSecret;
use serde::de::DeserializeOwned;
use tokio::time::{Instant, sleep, timeout_at};
use tracing::{debug, error, info, warn};
use url::Url;

use super::classification::{Meaning, Seen};
use super::config::{STRIPE_VERSION, StripeConfig};
use super::failure::Failure;
use super::wire::{ErrorAnswer, place_of};

/// A page of 100 intents is about half a megabyte; more than this is not Stripe.
const ANSWER_MAX_BYTES: usize = 4 * 1024 * 1024;
const REQUEST_ID: &str = "Request-Id";

/// A form field or query parameter.
pub(super) type Parameter = (String, String);

/// One request.
#[derive(Debug)]
pub(super) struct Call {
    /// Its name in the log.
    name: &'static str,
    path: String,
    parameters: Vec<Parameter>,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    /// It changes nothing and may be repeated.
    Read,
    /// It changes something; the key makes it happen once ("Idempotent requests"), `None` where twice is as good as once.
    Write { key: Option<String> },
}

impl Call {
    pub(super) fn read(name: &'static str, path: impl Into<String>, parameters: Vec<Parameter>) -> Self {
        Self { name, path: path.into(), parameters, kind: Kind::Read }
    }

    pub(super) fn write(
        name: &'static str,
        path: impl Into<String>,
        parameters: Vec<Parameter>,
        key: Option<String>,
    ) -> Self {
        Self { name, path: path.into(), parameters, kind: Kind::Write { key } }
    }
}

/// The way to Stripe.
#[derive(Debug)]
pub(super) struct Transport {
    http: reqwest::Client,
    config: StripeConfig,
}

impl Transport {
    pub(super) const fn new(http: reqwest::Client, config: StripeConfig) -> Self {
        Self { http, config }
    }

    pub(super) const fn config(&self) -> &StripeConfig {
        &self.config
    }

    /// Sends a request and reads its answer; a read again when nobody could answer, all within the request's time.
    pub(super) async fn send<T: DeserializeOwned>(&self, call: &Call) -> Result<T, Failure> {
        let end = Instant::now() + self.config.request_timeout;
        let policy = self.config.read_retry;
        let mut repeat = 0;
        loop {
            let failure = match self.attempt(call, end).await {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            let pause = policy.pause.saturating_mul(2_u32.saturating_pow(repeat));
            let wait = pause.max(failure.retry_after().unwrap_or_default());
            let again = call.may_repeat_after(failure.meaning()) && repeat < policy.repeats;
            if !again || Instant::now() + wait >= end {
                return Err(failure);
            }
            sleep(wait).await;
            repeat += 1;
        }
    }

    /// Like [`Self::send`], for what may not exist.
    pub(super) async fn find<T: DeserializeOwned>(&self, call: &Call) -> Result<Option<T>, Failure> {
        match self.send(call).await {
            Ok(found) => Ok(Some(found)),
            Err(failure) if failure.meaning() == Meaning::NotFound => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    async fn attempt<T: DeserializeOwned>(&self, call: &Call, end: Instant) -> Result<T, Failure> {
        let begun = Instant::now();
        let mut request_id = None;
        let outcome = timeout_at(end, self.exchange(call, &mut request_id)).await;
        let outcome = outcome
            .unwrap_or_else(|_| Err(Failure::new(Seen::TimedOut, "Stripe did not answer in time")))
            .and_then(|body| read_answer(&body));
        call.log(outcome.as_ref().err(), request_id.as_deref().unwrap_or("-"), begun.elapsed());
        outcome
    }

    async fn exchange(&self, call: &Call, request_id: &mut Option<String>) -> Result<Vec<u8>, Failure> {
        let url = self.url(call);
        let response = self.request(call, url.clone()).send().await.map_err(transport_failure)?;
        *request_id = header_text(&response, REQUEST_ID).map(str::to_owned);
        if response.url() != &url {
            return Err(Failure::unreadable("the HTTP client followed a redirect"));
        }
        let status = response.status();
        let retry_after = header_text(&response, header::RETRY_AFTER.as_str())
            .and_then(|text| text.trim().parse().ok())
            .map(Duration::from_secs);
        let body = read_body(response).await;
        if status.is_success() {
            return body.map_err(|cut| cut.into_failure(status));
        }
        Err(refused(status, body.ok().as_deref()).with_retry_after(retry_after))
    }

    fn request(&self, call: &Call, url: Url) -> RequestBuilder {
        let builder = match &call.kind {
            Kind::Read => self.http.request(Method::GET, url),
            Kind::Write { key } => {
                let builder = self.http.request(Method::POST, url).form(&call.parameters);
                match key {
                    Some(key) => builder.header("Idempotency-Key", key),
                    None => builder,
                }
            }
        };
        builder
            .header(header::ACCEPT, "application/json")
            .header("Stripe-Version", STRIPE_VERSION)
            .bearer_auth(self.config.secret_key.expose_secret())
    }

    /// The URL of a path below the API's, which may have a path of its own.
    fn url(&self, call: &Call) -> Url {
        let mut url = self.config.api_url.clone();
        url.set_path(&format!("{}/v1/{}", self.config.api_url.path().trim_end_matches('/'), call.path));
        match &call.kind {
            Kind::Read if !call.parameters.is_empty() => {
                url.query_pairs_mut().extend_pairs(&call.parameters);
            }
            Kind::Read | Kind::Write { .. } => {}
        }
        url
    }
}

impl Call {
    fn may_repeat_after(&self, meaning: Meaning) -> bool {
        match (&self.kind, meaning) {
            (Kind::Read, Meaning::Limited | Meaning::NotSent | Meaning::Unknown) => true,
            (
                Kind::Read,
                Meaning::Refused
                | Meaning::Declined
                | Meaning::NotFound
                | Meaning::Unauthorized
                | Meaning::KeyReused,
            )
            | (Kind::Write { .. }, _) => false,
        }
    }

    /// One line for each request that was sent: changes at `info`, reads at `debug`, what nobody knows the end of at
    /// `warn`, and a key that was used for something else at `error`, as that is a fault of this program.
    fn log(&self, failure: Option<&Failure>, request_id: &str, took: Duration) {
        let operation = self.name;
        let latency_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        let Some(failure) = failure else {
            match self.kind {
                Kind::Read => debug!(operation, latency_ms, request_id, "Stripe answered"),
                Kind::Write { .. } => info!(operation, latency_ms, request_id, "Stripe answered"),
            }
            return;
        };
        let (status, code, meaning) = (failure.status(), failure.code(), failure.meaning());
        match meaning {
            Meaning::KeyReused => error!(
                operation,
                status,
                code,
                request_id,
                "a request to Stripe had the key of an earlier one and other parameters; see in Stripe's dashboard \
                 what the earlier one did"
            ),
            Meaning::Unauthorized | Meaning::Limited | Meaning::NotSent | Meaning::Unknown => {
                warn!(operation, status, code, ?meaning, latency_ms, request_id, "Stripe failed us");
            }
            Meaning::Refused | Meaning::Declined | Meaning::NotFound => {
                info!(operation, status, code, ?meaning, latency_ms, request_id, "Stripe refused");
            }
        }
    }
}

/// Why a body could not be read whole.
enum Cut {
    Broken(reqwest::Error),
    TooLong,
}

impl Cut {
    fn into_failure(self, status: StatusCode) -> Failure {
        match self {
            Self::Broken(error) => {
                let detail =
                    format!("Stripe answered {}, but the connection ended too early", status.as_u16());
                Failure::new(Seen::Broken, detail).with_source(error.without_url())
            }
            Self::TooLong => Failure::unreadable("Stripe's answer is too long"),
        }
    }
}

async fn read_body(mut response: Response) -> Result<Vec<u8>, Cut> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(Cut::Broken)? {
        if body.len() + chunk.len() > ANSWER_MAX_BYTES {
            return Err(Cut::TooLong);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn read_answer<T: DeserializeOwned>(body: &[u8]) -> Result<T, Failure> {
    serde_json::from_slice(body).map_err(|error| {
        Failure::unreadable(format!("Stripe's answer cannot be read ({})", place_of(&error)))
    })
}

/// A failure without an answer. A request that never had a connection, or could not be built, was certainly not sent;
/// after that nobody knows.
fn transport_failure(error: reqwest::Error) -> Failure {
    let (seen, detail) = if error.is_builder() {
        (Seen::NotSent, "the request could not be made; the secret key may hold a line break or the like")
    } else if error.is_connect() {
        (Seen::NotSent, "no connection to Stripe could be made")
    } else if error.is_timeout() {
        (Seen::TimedOut, "Stripe did not answer in time")
    } else {
        (Seen::Broken, "the connection to Stripe ended before an answer came")
    };
    Failure::new(seen, detail).with_source(error.without_url())
}

/// An answer that is no success, read as one of Stripe's error bodies where it is one.
fn refused(status: StatusCode, body: Option<&[u8]>) -> Failure {
    let status = status.as_u16();
    let Some(answer) = body.and_then(|body| serde_json::from_slice::<ErrorAnswer>(body).ok()) else {
        let detail = format!("Stripe's address answered {status}, without one of Stripe's error bodies");
        return Failure::new(Seen::Answered { status, kind: None }, detail);
    };
    Failure::said(status, answer.error)
}

fn header_text<'r>(response: &'r Response, name: &str) -> Option<&'r str> {
    response.headers().get(name)?.to_str().ok()
}
