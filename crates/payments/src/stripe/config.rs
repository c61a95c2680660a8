//! How to reach Stripe: the key, the host, the secrets of the webhooks, and the time that a request has.

use std::time::Duration;

use reqwest::redirect;
use secrecy::SecretString;
use url::{Host, Url};

/// The version of Stripe's API whose shapes this adapter reads and writes ("API versioning"): those of the official
/// Python library 16.1.0. Sent with every request, so an upgrade of the account's default version changes nothing here.
/// Two of its shapes are relied on: a payment method is narrowed by `allowed_payment_method_types`, which replaced
/// `payment_method_types`, and a dispute can be in appeal.
pub const STRIPE_VERSION: &str = "2026-10-28.endive";

/// Settings of the adapter. Secrets are redacted in `Debug`.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct StripeConfig {
    /// The account's secret key, or a restricted one that may write Checkout Sessions, `PaymentIntents`, `PaymentMethods` and
    /// Customers and read Charges, Refunds and Disputes.
    pub secret_key: SecretString,
    /// The signing secrets of the webhook endpoint: two while one is being rolled. With none, no event is believed.
    pub webhook_secrets: Vec<SecretString>,
    /// Where Stripe's API is served; `https://api.stripe.com/` unless set.
    pub api_url: Url,
    /// Which deployment marks what it opens: several may share an account. It is written into the metadata of everything
    /// and must not change while payments are open.
    pub deployment: String,
    /// How long one request may take; a read with its repeats, each page of a list anew.
    pub request_timeout: Duration,
    /// How long setting up a connection may take. Shorter than `request_timeout`, so that a host that cannot be reached
    /// is told apart from one that does not answer.
    pub connect_timeout: Duration,
    /// How reads are repeated. What changes something is on the wire once for each call.
    pub read_retry: ReadRetry,
}

/// How a read that found nobody who could answer is repeated: after `pause`, then after twice that, and so on, and never
/// sooner than Stripe's `Retry-After` asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadRetry {
    /// Attempts after the first.
    pub repeats: u32,
    /// The wait before the first of them.
    pub pause: Duration,
}

/// No HTTP client could be built.
#[derive(Debug, thiserror::Error)]
#[error("no HTTP client could be built; where certificates are missing, install the package ca-certificates")]
pub struct StripeClientError(#[source] reqwest::Error);

const PUBLIC_HOST: &str = "api.stripe.com";
const POOL_IDLE_TIMEOUT: Duration = Duration::from_secs(30);

impl StripeConfig {
    /// An account at Stripe itself, with the default limits. Its own libraries wait 80 seconds for an answer; here a
    /// customer waits, and a request that is given up is asked again under its key.
    pub fn new(secret_key: SecretString, webhook_secrets: Vec<SecretString>, deployment: String) -> Self {
        Self {
            secret_key,
            webhook_secrets,
            api_url: public_url(),
            deployment,
            request_timeout: Duration::from_secs(20),
            connect_timeout: Duration::from_secs(4),
            read_retry: ReadRetry { repeats: 2, pause: Duration::from_millis(250) },
        }
    }
}

/// A client that does what the adapter relies on: no redirects, no repeats of its own, no proxy to this machine.
pub(super) fn http_client(config: &StripeConfig) -> Result<reqwest::Client, StripeClientError> {
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("trunkline/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .referer(false)
        .retry(reqwest::retry::never())
        .connect_timeout(config.connect_timeout)
        .pool_idle_timeout(POOL_IDLE_TIMEOUT);
    if is_loopback(&config.api_url) {
        builder = builder.no_proxy();
    }
    builder = if config.api_url.scheme() == "https" {
        builder.https_only(true)
    } else {
        // Without TLS no roots are needed, and asking for the system's fails on a machine that has none.
        builder.tls_certs_only([])
    };
    builder.build().map_err(StripeClientError)
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
    Url::parse(&format!("https://{PUBLIC_HOST}/")).expect("a well-formed literal")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> StripeConfig {
        StripeConfig::new(
            SecretString::from("sk_test_correcthorse"),
            vec![SecretString::from("whsec_batterystaple")],
            "a-deployment".into(),
        )
    }

    #[test]
    fn stripe_itself_is_asked_unless_it_is_said_otherwise() {
        assert_eq!(config().api_url.as_str(), "https://api.stripe.com/");
    }

    #[test]
    fn secrets_are_not_shown() {
        let shown = format!("{:?}", config());
        assert!(!shown.contains("correcthorse") && !shown.contains("batterystaple"), "{shown}");
    }

    #[test]
    fn a_plain_http_client_needs_no_certificates() {
        let mut config = config();
        config.api_url = Url::parse("http://127.0.0.1:9").unwrap();
        assert!(http_client(&config).is_ok());
    }
}
