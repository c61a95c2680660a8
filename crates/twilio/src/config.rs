//! How to reach Twilio: the account, the host, and the limits that every call keeps.
//!
//! Only this file knows which name and secret go into a request's Basic authentication.

use std::str::FromStr;
use std::time::Duration;

use reqwest::redirect;
use secrecy::SecretString;
use trunkline_domain::AccountSid;
use url::{Host, Url};

/// Settings of the adapter. Secrets are redacted in `Debug`.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct TwilioConfig {
    /// The account that is searched, listed and bought in.
    pub account_sid: AccountSid,
    /// With what the adapter logs in.
    pub credentials: Credentials,
    /// The account's second auth token, while the first is being changed for it: what Twilio refuses the first is asked
    /// once more with this one. Where an API key or a parent logs in, it is not used.
    pub secondary_auth_token: Option<SecretString>,
    /// Where Twilio's 2010-04-01 API is served; `https://api.twilio.com` unless set. For a region see
    /// [`crate::regional_base_url`]. Twilio's hosts for prices and regulations are derived from it, and a stand-in for
    /// Twilio stands in for these as well.
    pub base_url: Url,
    /// How long one call may take with all its attempts; each page of a listing is a call of its own.
    pub request_timeout: Duration,
    /// How long setting up a connection may take. Shorter than `request_timeout`, so that a host that cannot be
    /// reached is told apart from one that does not answer.
    pub connect_timeout: Duration,
    /// Requests under way at once for searches and listings.
    pub max_concurrent_reads: usize,
    /// Requests under way at once for everything that a purchase, a release or a change of settings needs, the looks
    /// and fetches among it: their own share, so that no amount of searching holds them up.
    pub max_concurrent_writes: usize,
    /// When and how often a call is repeated.
    pub retry: RetryPolicy,
    /// When calls are not sent at all, because Twilio is down.
    pub breaker: BreakerPolicy,
}

/// With what the adapter logs in. The account that is bought in stands in every path, whoever logs in.
#[derive(Debug, Clone)]
pub enum Credentials {
    /// The account's own auth token.
    AuthToken(SecretString),
    /// One of the account's own API keys. Of Twilio's kinds of keys a main key may read everything that the adapter
    /// asks for, a standard key everything but the account's status.
    ApiKey {
        /// The key's id.
        sid: ApiKeySid,
        /// Its secret, which Twilio shows once.
        secret: SecretString,
    },
    /// The account above the configured one, which is its subaccount. Only an auth token reaches down: a parent's API
    /// keys do not (Twilio's page on subaccounts). Twilio's regulatory API answers for the parent then, so the
    /// subaccount's bundles cannot be read.
    Parent {
        /// The parent account.
        account_sid: AccountSid,
        /// Its auth token.
        auth_token: SecretString,
    },
}

/// The id of an API key: `SK` and 32 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKeySid(String);

/// Text that is no id of an API key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the id of an API key is SK and 32 hexadecimal digits")]
pub struct ApiKeySidError;

impl FromStr for ApiKeySid {
    type Err = ApiKeySidError;

    fn from_str(text: &str) -> Result<Self, ApiKeySidError> {
        let digits = text.strip_prefix("SK").ok_or(ApiKeySidError)?;
        let good = digits.len() == 32 && digits.bytes().all(|b| b.is_ascii_hexdigit());
        // Somebody may have put the secret here, so the error does not repeat the text.
        if good { Ok(Self(text.to_owned())) } else { Err(ApiKeySidError) }
    }
}

/// When a family of endpoints counts as down. Families are searches, looks, listings, purchases and so on, each with
/// a breaker of its own. Only outages count, never what Twilio refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreakerPolicy {
    /// So many calls in a row, each with its repeats, must have found nobody who could answer.
    pub outages: u32,
    /// Calls end as not available for so long, without being sent; then one call tries.
    pub open_for: Duration,
}

/// How a call is repeated: full jitter, so the wait before repeat `n` is anything from nothing to
/// `min(cap, base * 2^n)`, and at least what Twilio's `Retry-After` asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Attempts after the first.
    pub max_retries: u32,
    /// The longest wait before the first repeat.
    pub base: Duration,
    /// The longest wait before any repeat.
    pub cap: Duration,
}

/// No HTTP client could be built.
#[derive(Debug, thiserror::Error)]
#[error("no HTTP client could be built; where certificates are missing, install the package ca-certificates")]
pub struct HttpClientError(#[source] reqwest::Error);

const PUBLIC_HOST: &str = "api.twilio.com";
const POOL_IDLE_TIMEOUT: Duration = Duration::from_secs(30);

impl TwilioConfig {
    /// An account at Twilio itself, with the default limits.
    pub fn new(account_sid: AccountSid, auth_token: SecretString) -> Self {
        Self {
            account_sid,
            credentials: Credentials::AuthToken(auth_token),
            secondary_auth_token: None,
            base_url: public_url(),
            request_timeout: Duration::from_secs(10),
            connect_timeout: Duration::from_secs(4),
            max_concurrent_reads: 16,
            max_concurrent_writes: 8,
            retry: RetryPolicy::default(),
            breaker: BreakerPolicy::default(),
        }
    }

    /// Name and secret of the Basic authentication.
    pub(crate) fn login(&self) -> (&str, &SecretString) {
        match &self.credentials {
            Credentials::AuthToken(token) => (self.account_sid.as_str(), token),
            Credentials::ApiKey { sid, secret } => (&sid.0, secret),
            Credentials::Parent { account_sid, auth_token } => (account_sid.as_str(), auth_token),
        }
    }

    /// Name and secret to ask with when Twilio has refused [`TwilioConfig::login`].
    pub(crate) fn second_login(&self) -> Option<(&str, &SecretString)> {
        match &self.credentials {
            Credentials::AuthToken(_) => {
                self.secondary_auth_token.as_ref().map(|token| (self.account_sid.as_str(), token))
            }
            Credentials::ApiKey { .. } | Credentials::Parent { .. } => None,
        }
    }

    /// Whether the credentials reach accounts beside the configured one, where there are any. API keys reach one.
    pub(crate) const fn may_reach_others(&self) -> bool {
        match &self.credentials {
            Credentials::AuthToken(_) | Credentials::Parent { .. } => true,
            Credentials::ApiKey { .. } => false,
        }
    }

    /// Whether an API without the account in its path answers for the configured account.
    pub(crate) fn logs_in_as_itself(&self) -> bool {
        match &self.credentials {
            Credentials::AuthToken(_) | Credentials::ApiKey { .. } => true,
            Credentials::Parent { account_sid, .. } => *account_sid == self.account_sid,
        }
    }
}

impl Default for BreakerPolicy {
    /// Five calls in a row open it for five seconds.
    fn default() -> Self {
        Self { outages: 5, open_for: Duration::from_secs(5) }
    }
}

impl Default for RetryPolicy {
    /// Three repeats from 100 ms up to 3 s, as Twilio's own libraries wait after a rate limit.
    fn default() -> Self {
        Self { max_retries: 3, base: Duration::from_millis(100), cap: Duration::from_secs(3) }
    }
}

/// A client that does what the adapter relies on: no redirects, no repeats of its own, no proxy to this machine.
///
/// Both of reqwest's ways of sending a request again are closed: redirects (a 307 repeats a POST), and the repeat
/// after HTTP/2's GOAWAY, which does not prove that the request was not processed. What remains is hyper's fresh
/// connection for a request of which nothing was written yet.
pub(crate) fn http_client(config: &TwilioConfig) -> Result<reqwest::Client, HttpClientError> {
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("trunkline/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .referer(false)
        .retry(reqwest::retry::never())
        .connect_timeout(config.connect_timeout)
        .pool_idle_timeout(POOL_IDLE_TIMEOUT);
    if is_loopback(&config.base_url) {
        builder = builder.no_proxy();
    }
    builder = if config.base_url.scheme() == "https" {
        builder.https_only(true)
    } else {
        // Without TLS no roots are needed, and asking for the system's fails on a machine that has none.
        builder.tls_certs_only([])
    };
    builder.build().map_err(HttpClientError)
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[expect(clippy::expect_used, reason = "a literal that a test parses")]
fn public_url() -> Url {
    Url::parse(&format!("https://{PUBLIC_HOST}")).expect("a well-formed literal")
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn config() -> TwilioConfig {
        TwilioConfig::new(
            format!("AC{}", "0".repeat(32)).parse().unwrap(),
            SecretString::from("correct horse battery staple"),
        )
    }

    #[test]
    fn a_plain_http_client_needs_no_certificates() {
        let mut config = config();
        config.base_url = Url::parse("http://127.0.0.1:9").unwrap();
        assert!(http_client(&config).is_ok());
    }

    #[test]
    fn the_default_host_is_twilio_and_secrets_stay_hidden() {
        let config = config();
        assert_eq!(config.base_url.as_str(), "https://api.twilio.com/");
        assert!(!format!("{config:?}").contains("horse"));
    }

    #[test]
    fn each_kind_of_credentials_has_its_name_and_secret() {
        let (own, parent) = ("0".repeat(32), "1".repeat(32));
        let mut config = config();
        assert_eq!(config.login().0, format!("AC{own}"));
        config.credentials = Credentials::ApiKey {
            sid: format!("SK{own}").parse().unwrap(),
            secret: SecretString::from("key horse"),
        };
        assert_eq!((config.login().0, config.login().1.expose_secret()), (&*format!("SK{own}"), "key horse"));
        assert!(!format!("{config:?}").contains("horse"));
        assert!(config.logs_in_as_itself());
        config.secondary_auth_token = Some(SecretString::from("second horse"));
        assert!(config.second_login().is_none(), "it is no token of the key's");
        assert!(!format!("{config:?}").contains("horse"));
        config.credentials = Credentials::Parent {
            account_sid: format!("AC{parent}").parse().unwrap(),
            auth_token: SecretString::from("parent horse"),
        };
        assert_eq!(config.login().0, format!("AC{parent}"));
        assert!(!config.logs_in_as_itself());
        assert!(config.second_login().is_none(), "it is no token of the parent's");
        config.credentials = Credentials::AuthToken(SecretString::from("first horse"));
        let (name, secret) = config.second_login().unwrap();
        assert_eq!((name, secret.expose_secret()), (&*format!("AC{own}"), "second horse"));
    }

    #[test]
    fn an_api_key_has_its_shape() {
        assert_eq!("AC1".parse::<ApiKeySid>(), Err(ApiKeySidError));
        assert_eq!(format!("SK{}", "g".repeat(32)).parse::<ApiKeySid>(), Err(ApiKeySidError));
    }

    #[test]
    fn only_this_machine_is_loopback() {
        let table = [
            ("http://127.0.0.1:8080", true),
            ("http://[::1]:1", true),
            ("http://localhost", true),
            ("https://api.twilio.com", false),
            ("http://10.0.0.1", false),
        ];
        for (url, expected) in table {
            assert_eq!(is_loopback(&Url::parse(url).unwrap()), expected, "{url}");
        }
    }
}
