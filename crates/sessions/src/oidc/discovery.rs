//! What the provider says of itself (OpenID Connect Discovery 1.0): asked for once, then after an hour, and never more
//! often than every half a minute, whoever wants to sign in.

use std::error::Error;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::Client;
use reqwest::header::ACCEPT;
use serde::Deserialize;
use tokio::sync::Mutex;
use trunkline_domain::Clock;
use trunkline_identity::{IdTokenSettings, IdTokenVerifier, is_confidential};
use url::Url;

use super::answer;
use super::port::ProviderError;
use super::provider::OidcSettings;

/// So long it is used without asking again.
const FRESH_FOR: TimeDelta = TimeDelta::hours(1);
/// So long it is used when the provider does not answer.
const STALE_FOR: TimeDelta = TimeDelta::hours(24);
/// The provider is asked once in this time at most.
const ASK_AGAIN_AFTER: TimeDelta = TimeDelta::seconds(30);
/// Where it is found, below the issuer.
const WELL_KNOWN: &str = "/.well-known/openid-configuration";
/// How codes are redeemed here.
const OUR_AUTHENTICATION: &str = "client_secret_basic";

/// What we know of the provider.
pub(super) struct Discovery {
    http: Client,
    settings: OidcSettings,
    clock: Arc<dyn Clock>,
    /// Held by whoever asks, so that the others wait for the answer.
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    held: Option<Held>,
    asked_at: Option<DateTime<Utc>>,
    /// Why the last asking brought nothing, where it did not.
    failure: Option<String>,
}

struct Held {
    endpoints: Arc<Endpoints>,
    since: DateTime<Utc>,
}

/// Where the provider is spoken to, and how its tokens are judged.
pub(super) struct Endpoints {
    pub(super) authorization: Url,
    pub(super) token: Url,
    /// Whether it names itself in every answer (RFC 9207), so that one without its name is somebody else's.
    pub(super) names_itself: bool,
    pub(super) id_tokens: IdTokenVerifier,
    keys: Url,
}

#[derive(Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

impl Discovery {
    pub(super) fn new(http: Client, settings: OidcSettings, clock: Arc<dyn Clock>) -> Self {
        Self { http, settings, clock, state: Mutex::new(State::default()) }
    }

    /// What is known now, asked for where that is missing or old.
    pub(super) async fn endpoints(&self) -> Result<Arc<Endpoints>, ProviderError> {
        let mut state = self.state.lock().await;
        let now = self.clock.now();
        if let Some(fresh) = state.held.as_ref().filter(|held| is_within(now - held.since, FRESH_FOR)) {
            return Ok(Arc::clone(&fresh.endpoints));
        }
        if state.asked_at.is_none_or(|asked| !is_within(now - asked, ASK_AGAIN_AFTER)) {
            state.asked_at = Some(now);
            // It stays so where whoever asks goes away.
            state.failure = Some("the identity provider has not answered yet".to_owned());
            let before = state.held.as_ref().map(|held| Arc::clone(&held.endpoints));
            match self.ask(before).await {
                Ok(endpoints) => {
                    state.held = Some(Held { endpoints, since: now });
                    state.failure = None;
                }
                Err(error) => {
                    let failure = with_causes(error.as_ref());
                    tracing::warn!(failure, "what the identity provider says of itself is not renewed");
                    state.failure = Some(failure);
                }
            }
        }
        let Some(held) = state.held.as_ref().filter(|held| is_within(now - held.since, STALE_FOR)) else {
            let failure = state.failure.clone().unwrap_or_default();
            return Err(ProviderError::Unavailable(failure.into()));
        };
        Ok(Arc::clone(&held.endpoints))
    }

    async fn ask(
        &self,
        before: Option<Arc<Endpoints>>,
    ) -> Result<Arc<Endpoints>, Box<dyn Error + Send + Sync>> {
        let url: Url = format!("{}{WELL_KNOWN}", self.settings.issuer.trim_end_matches('/')).parse()?;
        let response = self.http.get(url).header(ACCEPT, "application/json").send().await?;
        let (status, body) = answer::read(response).await?;
        if !status.is_success() {
            return Err(format!("{WELL_KNOWN} answers {status}").into());
        }
        let document: Document = serde_json::from_slice(&body)?;
        self.check(&document)?;
        let authorization = confidential(&document.authorization_endpoint)?;
        let token = confidential(&document.token_endpoint)?;
        let keys = confidential(&document.jwks_uri)?;
        let names_itself = document.authorization_response_iss_parameter_supported;
        if let Some(before) = before.filter(|before| {
            before.authorization == authorization
                && before.token == token
                && before.keys == keys
                && before.names_itself == names_itself
        }) {
            // With the keys that it holds.
            return Ok(before);
        }
        let id_tokens = IdTokenSettings {
            issuer: self.settings.issuer.clone(),
            client: self.settings.client_id.clone(),
            keys: keys.clone(),
        };
        let id_tokens = IdTokenVerifier::new(id_tokens, Arc::clone(&self.clock))?;
        Ok(Arc::new(Endpoints { authorization, token, names_itself, id_tokens, keys }))
    }

    fn check(&self, document: &Document) -> Result<(), String> {
        if document.issuer != self.settings.issuer {
            return Err(format!(
                "the provider says that it is {:?}, and OIDC_ISSUER is {:?}",
                document.issuer, self.settings.issuer
            ));
        }
        let methods = document.token_endpoint_auth_methods_supported.as_ref();
        if methods.is_some_and(|methods| !methods.iter().any(|method| method == OUR_AUTHENTICATION)) {
            return Err(format!("the provider does not accept {OUR_AUTHENTICATION}"));
        }
        Ok(())
    }
}

/// An address of the provider's, to which secrets go or from which keys come.
fn confidential(text: &str) -> Result<Url, String> {
    let url: Url = text.parse().map_err(|_| format!("{text:?} is no address"))?;
    if is_confidential(&url) { Ok(url) } else { Err(format!("{url} is not https")) }
}

/// Whether a time since something is within bounds. A clock that was put back has bounds that are over.
fn is_within(age: TimeDelta, bound: TimeDelta) -> bool {
    age >= TimeDelta::zero() && age < bound
}

pub(super) fn with_causes(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
