//! The identity provider over HTTP: no redirects, bounded times and answers, and nothing of a secret in an error.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use trunkline_domain::Clock;
use trunkline_identity::ProvenSubject;
use trunkline_tenancy::TokenError;
use url::{Url, form_urlencoded};

use super::answer;
use super::discovery::{Discovery, Endpoints};
use super::port::{AuthorizationRequest, CodeRedemption, IdentityProvider, Proven, ProviderError};

/// How long the provider has for a whole answer.
const TIMEOUT: Duration = Duration::from_secs(10);
/// What is asked for: who somebody is, and their address.
const SCOPE: &str = "openid email";
/// The longest word of the provider's that is kept of a refusal, in characters.
const REASON_MAX: usize = 200;

/// Which provider, and who we are there.
#[derive(Debug, Clone)]
pub struct OidcSettings {
    /// The provider, as it names itself, to the letter.
    pub issuer: String,
    /// Our name there.
    pub client_id: String,
    /// What proves that it is us.
    pub client_secret: SecretString,
}

/// The HTTP client for the provider could not be built, for want of certificates to trust, say.
#[derive(Debug, thiserror::Error)]
#[error("the HTTP client cannot be built")]
pub struct OidcClientError(#[source] reqwest::Error);

/// The provider that is set up.
pub struct OidcProvider {
    http: Client,
    settings: OidcSettings,
    callback: Url,
    discovery: Discovery,
}

/// What a code is redeemed for. The other tokens are of no use to us, and are not kept.
#[derive(Deserialize)]
struct Redeemed {
    id_token: SecretString,
}

#[derive(Deserialize)]
struct Refusal {
    error: String,
}

impl OidcProvider {
    /// A provider that sends browsers back to this address. It is asked when the first person signs in.
    pub fn new(
        settings: OidcSettings,
        callback: Url,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, OidcClientError> {
        let http = Client::builder()
            .timeout(TIMEOUT)
            .connect_timeout(TIMEOUT)
            .redirect(Policy::none())
            .user_agent(concat!("trunkline/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(OidcClientError)?;
        let discovery = Discovery::new(http.clone(), settings.clone(), clock);
        Ok(Self { http, settings, callback, discovery })
    }

    /// The id token for a code.
    async fn exchange(
        &self,
        endpoints: &Endpoints,
        code: &SecretString,
        verifier: &SecretString,
    ) -> Result<SecretString, ProviderError> {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code.expose_secret()),
            ("redirect_uri", self.callback.as_str()),
            ("code_verifier", verifier.expose_secret()),
        ];
        let body = serde_urlencoded::to_string(form).map_err(unavailable)?;
        let request = self
            .http
            .post(endpoints.token.clone())
            .basic_auth(
                encoded(&self.settings.client_id),
                Some(encoded(self.settings.client_secret.expose_secret())),
            )
            .header(ACCEPT, "application/json")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(body);
        let response = request.send().await.map_err(unavailable)?;
        let (status, body) = answer::read(response).await.map_err(unavailable)?;
        if status == StatusCode::OK {
            let redeemed: Redeemed = serde_json::from_slice(&body)
                .map_err(|_| ProviderError::Refused("the token endpoint answers no id token".to_owned()))?;
            return Ok(redeemed.id_token);
        }
        let said = serde_json::from_slice::<Refusal>(&body).map(|refusal| refusal.error).unwrap_or_default();
        let said: String = said.chars().filter(|c| !c.is_control()).take(REASON_MAX).collect();
        // Whoever we are told not to be is the operator's matter; a code that is not taken, the person's.
        let is_ours = matches!(said.as_str(), "invalid_client" | "unauthorized_client");
        if status.is_client_error() && status != StatusCode::TOO_MANY_REQUESTS && !is_ours {
            return Err(ProviderError::Refused(format!("the token endpoint answers {status} {said}")));
        }
        Err(unavailable(format!("the token endpoint answers {status} {said}")))
    }
}

#[async_trait]
impl IdentityProvider for OidcProvider {
    async fn authorization_url(&self, request: &AuthorizationRequest) -> Result<Url, ProviderError> {
        let endpoints = self.discovery.endpoints().await?;
        let mut url = endpoints.authorization.clone();
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.settings.client_id)
            .append_pair("redirect_uri", self.callback.as_str())
            .append_pair("scope", SCOPE)
            .append_pair("state", &request.state)
            .append_pair("nonce", &request.nonce)
            .append_pair("code_challenge", &request.challenge)
            .append_pair("code_challenge_method", "S256");
        Ok(url)
    }

    async fn redeem(&self, redemption: CodeRedemption) -> Result<Proven, ProviderError> {
        let endpoints = self.discovery.endpoints().await?;
        let CodeRedemption { code, issuer, verifier, nonce } = redemption;
        match issuer {
            Some(issuer) if issuer != self.settings.issuer => {
                return Err(ProviderError::Refused("the answer is another provider's (iss)".to_owned()));
            }
            None if endpoints.names_itself => {
                return Err(ProviderError::Refused(
                    "the answer does not say whose it is (iss), and this provider's do".to_owned(),
                ));
            }
            Some(_) | None => {}
        }
        let token = self.exchange(&endpoints, &code, &verifier).await?;
        let proven = endpoints.id_tokens.verify(token.expose_secret(), &nonce).await;
        let ProvenSubject { subject, email, is_email_verified } = proven.map_err(|error| match error {
            TokenError::Refused(reason) => {
                ProviderError::Refused(format!("the id token is refused: {reason}"))
            }
            TokenError::Unavailable(cause) => ProviderError::Unavailable(cause),
        })?;
        let email = email.filter(|_| is_email_verified).and_then(|email| email.parse().ok());
        Ok(Proven { subject, email })
    }
}

/// As a client's name and secret are written before they are put together (RFC 6749, 2.3.1).
fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

fn unavailable(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> ProviderError {
    ProviderError::Unavailable(error.into())
}
