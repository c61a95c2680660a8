//! Sending one request to Twilio: its share of the requests under way, its breaker, its time, its repeats, its line in
//! the log.
//!
//! Invariant: a request that changes something is on the wire at most once, unless Twilio said that it was limiting
//! us, or that it does not know us: then it did nothing, and is asked once more with the second auth token, where there
//! is one. Logs carry no URL, number or secret.

use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::{Method, Response, StatusCode, header};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep, timeout_at};
use tracing::{debug, info, warn};
use trunkline_domain::AccountSid;
use url::Url;

use crate::breaker::{Breaker, Passage};
use crate::classification::{Meaning, Seen};
use crate::config::TwilioConfig;
use crate::deadline::Deadline;
use crate::failure::Failure;
use crate::hosts::Hosts;
use crate::operation::{Family, Operation, Share};
use crate::wire::ErrorBody;

/// A page of 1,000 numbers is about 2.5 MB; more than this is not Twilio.
const ANSWER_MAX_BYTES: usize = 16 * 1024 * 1024;
const REQUEST_ID: &str = "Twilio-Request-Id";

/// A form field or query parameter.
pub(crate) type Parameter = (&'static str, String);

/// One request.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) operation: Operation,
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) form: Vec<Parameter>,
}

/// An answer of success.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    /// Twilio's clock, where the answer says it.
    pub(crate) date: Option<DateTime<Utc>>,
    pub(crate) body: Vec<u8>,
}

/// The way to Twilio.
#[derive(Debug)]
pub(crate) struct Transport {
    http: reqwest::Client,
    config: TwilioConfig,
    hosts: Hosts,
    reads: Semaphore,
    writes: Semaphore,
    breakers: [Breaker; Family::ALL.len()],
}

impl Transport {
    pub(crate) fn new(http: reqwest::Client, config: TwilioConfig) -> Self {
        let reads = Semaphore::new(config.max_concurrent_reads.max(1));
        let writes = Semaphore::new(config.max_concurrent_writes.max(1));
        let hosts = Hosts::beside(&config.base_url);
        let breakers = Family::ALL.map(|family| Breaker::new(family.name(), config.breaker));
        Self { http, config, hosts, reads, writes, breakers }
    }

    pub(crate) const fn config(&self) -> &TwilioConfig {
        &self.config
    }

    /// The time that a call beginning now has.
    pub(crate) fn deadline(&self) -> Deadline {
        Deadline::after(self.config.request_timeout)
    }

    /// The URL of a resource below an account, `IncomingPhoneNumbers/PN….json` say.
    pub(crate) fn url(&self, account: &AccountSid, resource: &str) -> Url {
        below(&self.hosts.api, &format!("/2010-04-01/Accounts/{account}/{resource}"))
    }

    /// The URL of the configured account itself.
    pub(crate) fn account_url(&self) -> Url {
        below(&self.hosts.api, &format!("/2010-04-01/Accounts/{}.json", self.config.account_sid))
    }

    /// The URL of the list of all accounts that the credentials reach.
    pub(crate) fn accounts_url(&self) -> Url {
        below(&self.hosts.api, "/2010-04-01/Accounts.json")
    }

    /// The URL of a resource of the regulatory API, `Bundles` say.
    pub(crate) fn regulatory_url(&self, resource: &str) -> Url {
        below(&self.hosts.numbers, &format!("/v2/RegulatoryCompliance/{resource}"))
    }

    /// The URL of a resource of the pricing API for phone numbers, `Countries/US` say.
    pub(crate) fn pricing_url(&self, resource: &str) -> Url {
        below(&self.hosts.pricing, &format!("/v1/PhoneNumbers/{resource}"))
    }

    /// Sends a request, and again as [`Operation::may_repeat_after`] allows, all within the deadline; or not at all,
    /// while its family of endpoints is down.
    pub(crate) async fn send(&self, request: &Request, deadline: Deadline) -> Result<Answer, Failure> {
        let _permit = self.permit(request.operation, deadline).await?;
        let passage = self.pass(request.operation)?;
        let outcome = self.attempts(request, deadline).await;
        match &outcome {
            Err(failure) if failure.is_outage() => passage.found_outage(),
            Ok(_) | Err(_) => passage.answered(),
        }
        outcome
    }

    fn pass(&self, operation: Operation) -> Result<Passage<'_>, Failure> {
        let family = operation.family();
        self.breakers[family as usize].pass().map_err(|left| {
            let detail = format!("Twilio has been down for {}; nothing was sent", family.name());
            Failure::new(operation, Seen::NotSent, detail).with_retry_after(Some(left))
        })
    }

    async fn attempts(&self, request: &Request, deadline: Deadline) -> Result<Answer, Failure> {
        let policy = self.config.retry;
        let mut repeat = 0;
        let mut login = self.config.login();
        let mut second_login = self.config.second_login();
        loop {
            let failure = match self.attempt(request, login, deadline).await {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            if refuses_the_login(&failure)
                && deadline.allows_start_after(Duration::ZERO)
                && let Some(second) = second_login.take()
            {
                let operation = request.operation.name();
                warn!(
                    operation,
                    "Twilio refuses the account's auth token; asking once more with the second one"
                );
                login = second;
                continue;
            }
            let wait = policy.wait_before(repeat, failure.retry_after());
            let again = repeat < policy.max_retries
                && request.operation.may_repeat_after(failure.meaning())
                && deadline.allows_start_after(wait);
            if !again {
                return Err(failure);
            }
            sleep(wait).await;
            repeat += 1;
        }
    }

    async fn permit(&self, operation: Operation, deadline: Deadline) -> Result<SemaphorePermit<'_>, Failure> {
        let share = match operation.share() {
            Share::Reads => &self.reads,
            Share::Writes => &self.writes,
        };
        match timeout_at(deadline.latest_start(), share.acquire()).await {
            // A place that became free at the last moment may come too late all the same.
            Ok(Ok(permit)) if deadline.allows_start_after(Duration::ZERO) => Ok(permit),
            Ok(Ok(_) | Err(_)) | Err(_) => {
                Err(Failure::new(operation, Seen::NotSent, "too many requests to Twilio are under way"))
            }
        }
    }

    async fn attempt(
        &self,
        request: &Request,
        login: (&str, &SecretString),
        deadline: Deadline,
    ) -> Result<Answer, Failure> {
        let begun = Instant::now();
        let mut request_id = None;
        let outcome = timeout_at(deadline.end(), self.exchange(request, login, &mut request_id)).await;
        let outcome = outcome.unwrap_or_else(|_| {
            Err(Failure::new(request.operation, Seen::TimedOut, "Twilio did not answer in time"))
        });
        log(request.operation, &outcome, request_id.as_deref().unwrap_or("-"), begun.elapsed());
        outcome
    }

    async fn exchange(
        &self,
        request: &Request,
        (name, secret): (&str, &SecretString),
        request_id: &mut Option<String>,
    ) -> Result<Answer, Failure> {
        let operation = request.operation;
        let mut builder = self
            .http
            .request(request.method.clone(), request.url.clone())
            .header(header::ACCEPT, "application/json")
            .basic_auth(name, Some(secret.expose_secret()));
        if request.method == Method::POST {
            builder = builder.form(&request.form);
        }
        let response = builder.send().await.map_err(|error| transport_failure(operation, error))?;
        *request_id = header_text(&response, REQUEST_ID).map(str::to_owned);
        if response.url() != &request.url {
            return Err(Failure::unreadable(operation, "the HTTP client followed a redirect"));
        }
        let status = response.status();
        let date = header_text(&response, header::DATE.as_str()).and_then(read_date);
        let retry_after =
            header_text(&response, header::RETRY_AFTER.as_str()).and_then(|text| read_wait(text, date));
        let body = read_body(response).await;
        if status.is_success() {
            return body
                .map(|body| Answer { status, date, body })
                .map_err(|cut| cut.into_failure(operation, status));
        }
        Err(refused(operation, status, body.ok().as_deref()).with_retry_after(retry_after))
    }
}

/// Whether Twilio itself says that it does not take the secret. A 401 of anybody else means nothing, and a 403 that the
/// secret is good and may not do this.
fn refuses_the_login(failure: &Failure) -> bool {
    failure.meaning() == Meaning::Unauthorized && failure.status() == Some(401)
}

/// Why a body could not be read whole.
enum Cut {
    Broken(reqwest::Error),
    TooLong,
}

impl Cut {
    fn into_failure(self, operation: Operation, status: StatusCode) -> Failure {
        match self {
            Self::Broken(error) => {
                let detail =
                    format!("Twilio answered {}, but the connection ended too early", status.as_u16());
                Failure::new(operation, Seen::Broken, detail).with_source(error.without_url())
            }
            Self::TooLong => Failure::unreadable(operation, "Twilio's answer is too long"),
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

/// A failure without an answer. A request that never had a connection, or could not be built, was certainly not
/// sent; after that nobody knows.
fn transport_failure(operation: Operation, error: reqwest::Error) -> Failure {
    let (seen, detail) = if error.is_connect() || error.is_builder() {
        (Seen::NotSent, "no connection to Twilio could be made")
    } else if error.is_timeout() {
        (Seen::TimedOut, "Twilio did not answer in time")
    } else {
        (Seen::Broken, "the connection to Twilio ended before an answer came")
    };
    Failure::new(operation, seen, detail).with_source(error.without_url())
}

/// An answer that is no success, read as one of Twilio's error bodies where it is one.
fn refused(operation: Operation, status: StatusCode, body: Option<&[u8]>) -> Failure {
    let status = status.as_u16();
    if let Some(ErrorBody { code, message }) = body.and_then(ErrorBody::read) {
        Failure::new(operation, Seen::Answered { status, code: Some(code) }, message)
    } else {
        let detail = format!("Twilio's address answered {status}, without one of Twilio's error bodies");
        Failure::new(operation, Seen::Answered { status, code: None }, detail)
    }
}

fn header_text<'r>(response: &'r Response, name: &str) -> Option<&'r str> {
    response.headers().get(name)?.to_str().ok()
}

fn read_date(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc2822(text).ok().map(|date| date.to_utc())
}

/// How long `Retry-After` asks to wait: seconds, or a date by the server's own clock.
fn read_wait(text: &str, now: Option<DateTime<Utc>>) -> Option<Duration> {
    if let Ok(seconds) = text.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let wait = read_date(text)?.signed_duration_since(now?);
    Some(wait.to_std().unwrap_or_default())
}

/// The URL of a path below a host's base, which may have a path of its own.
fn below(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    url.set_path(&format!("{}{path}", base.path().trim_end_matches('/')));
    url
}

/// One line for each request that was sent: changes at `info`, reads at `debug`, and what nobody knows the end of,
/// or somebody has to mend, at `warn`.
fn log(operation: Operation, outcome: &Result<Answer, Failure>, request_id: &str, took: Duration) {
    let name = operation.name();
    let latency_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    match outcome {
        Ok(answer) => {
            let status = answer.status.as_u16();
            if operation.is_read() {
                debug!(operation = name, status, latency_ms, request_id, "Twilio answered");
            } else {
                info!(operation = name, status, latency_ms, request_id, "Twilio answered");
            }
        }
        Err(failure) => {
            let (status, code, meaning) = (failure.status(), failure.code(), failure.meaning());
            match meaning {
                Meaning::Unknown
                | Meaning::NotSent
                | Meaning::RateLimited
                | Meaning::Unauthorized
                | Meaning::WebhookRejected
                | Meaning::AccountInactive
                | Meaning::AccountRestricted
                | Meaning::TestCredentials => {
                    warn!(
                        operation = name,
                        status,
                        code,
                        ?meaning,
                        latency_ms,
                        request_id,
                        "Twilio failed us"
                    );
                }
                Meaning::NumberUnavailable
                | Meaning::WrongType
                | Meaning::AddressRequired
                | Meaning::AddressRejected
                | Meaning::BundleRequired
                | Meaning::AreaCode
                | Meaning::TakesNoTexts
                | Meaning::NotFound
                | Meaning::OtherRefusal => {
                    info!(operation = name, status, code, ?meaning, latency_ms, request_id, "Twilio refused");
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use secrecy::SecretString;

    use super::*;

    #[test]
    fn a_wait_is_seconds_or_a_date() {
        let now = read_date("Thu, 30 Jul 2015 23:19:05 GMT");
        assert_eq!(read_wait(" 7 ", None), Some(Duration::from_secs(7)));
        assert_eq!(read_wait("Thu, 30 Jul 2015 23:20:00 GMT", now), Some(Duration::from_secs(55)));
        assert_eq!(read_wait("Thu, 30 Jul 2015 23:00:00 GMT", now), Some(Duration::ZERO));
        assert_eq!(read_wait("Thu, 30 Jul 2015 23:20:00 GMT", None), None);
        assert_eq!(read_wait("soon", now), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_place_that_comes_too_late_is_not_taken() {
        let account = format!("AC{}", "0".repeat(32)).parse().unwrap();
        let mut config = TwilioConfig::new(account, SecretString::from("secret"));
        config.base_url = Url::parse("http://127.0.0.1:9").unwrap();
        let http = crate::config::http_client(&config).unwrap();
        let transport = Transport::new(http, config);
        let deadline = transport.deadline();
        assert!(transport.permit(Operation::Buy, deadline).await.is_ok());
        tokio::time::advance(transport.config.request_timeout / 2 + Duration::from_millis(1)).await;
        let failure = transport.permit(Operation::Buy, deadline).await.map(|_| ()).unwrap_err();
        assert_eq!(failure.meaning(), Meaning::NotSent);
    }
}
