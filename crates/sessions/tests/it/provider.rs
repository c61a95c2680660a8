//! What the provider says of itself, and how it fails.

use std::sync::Arc;

use chrono::TimeDelta;
use rstest::rstest;
use serde_json::{Value, json};
use trunkline_sessions::{
    AuthorizationRequest, CodeRedemption, IdentityProvider, OidcProvider, OidcSettings, Proven, ProviderError,
};
use url::Url;
use wiremock::matchers::{method, path};
use wiremock::{Mock, ResponseTemplate};

use crate::issuer::{CLIENT, Issuer, SECRET};
use crate::world::Hand;

const WELL_KNOWN: &str = "/.well-known/openid-configuration";

fn provider(issuer: &Issuer) -> (Hand, OidcProvider) {
    let clock = Hand::new();
    let settings =
        OidcSettings { issuer: issuer.name(), client_id: CLIENT.to_owned(), client_secret: SECRET.into() };
    let callback = "https://numbers.example.com/sign-in/oidc/callback".parse().unwrap();
    let provider = OidcProvider::new(settings, callback, Arc::new(clock.clone())).unwrap();
    (clock, provider)
}

async fn url(provider: &OidcProvider) -> Result<Url, ProviderError> {
    let [state, nonce, challenge] = ["state", "nonce", "challenge"].map(str::to_owned);
    provider.authorization_url(&AuthorizationRequest { state, nonce, challenge }).await
}

async fn redeem(provider: &OidcProvider) -> Result<Proven, ProviderError> {
    let redemption = CodeRedemption {
        code: "code".into(),
        issuer: None,
        verifier: "verifier".into(),
        nonce: "nonce".to_owned(),
    };
    provider.redeem(redemption).await
}

fn is_unavailable<T>(answer: &Result<T, ProviderError>) -> bool {
    matches!(answer, Err(ProviderError::Unavailable(_)))
}

#[tokio::test]
async fn the_provider_is_asked_about_itself_once_an_hour() {
    let issuer = Issuer::start().await;
    let (clock, provider) = provider(&issuer);
    assert!(issuer.asked(WELL_KNOWN).await.is_empty(), "not before somebody signs in");
    let (one, other) = tokio::join!(url(&provider), url(&provider));
    assert_eq!(one.unwrap(), other.unwrap());
    clock.move_on(TimeDelta::minutes(59));
    url(&provider).await.unwrap();
    assert_eq!(issuer.asked(WELL_KNOWN).await.len(), 1);
    clock.move_on(TimeDelta::minutes(1));
    url(&provider).await.unwrap();
    assert_eq!(issuer.asked(WELL_KNOWN).await.len(), 2);
}

/// What is known is used for a day; and nobody who waits makes us ask more often.
#[tokio::test]
async fn a_provider_that_fails_is_left_alone_for_half_a_minute() {
    let issuer = Issuer::start().await;
    let (clock, provider) = provider(&issuer);
    url(&provider).await.unwrap();
    issuer.server.reset().await;
    clock.move_on(TimeDelta::hours(2));
    for _ in 0..5 {
        url(&provider).await.unwrap();
    }
    assert_eq!(issuer.asked(WELL_KNOWN).await.len(), 1);
    clock.move_on(TimeDelta::hours(23));
    for _ in 0..5 {
        assert!(is_unavailable(&url(&provider).await));
    }
    assert_eq!(issuer.asked(WELL_KNOWN).await.len(), 2);
    issuer.says_of_itself(issuer.document()).await;
    assert!(is_unavailable(&url(&provider).await), "not yet");
    clock.move_on(TimeDelta::seconds(30));
    url(&provider).await.unwrap();
}

#[rstest]
#[case::of_another("issuer", json!("https://evil.example"))]
#[case::in_the_clear("token_endpoint", json!("http://id.example.com/token"))]
#[case::in_the_clear("authorization_endpoint", json!("http://id.example.com/authorize"))]
#[case::in_the_clear("jwks_uri", json!("http://id.example.com/keys"))]
#[case::no_address("token_endpoint", json!("here"))]
#[case::otherwise("token_endpoint_auth_methods_supported", json!(["private_key_jwt"]))]
#[tokio::test]
async fn what_cannot_be_is_not_believed(#[case] member: &str, #[case] value: Value) {
    let issuer = Issuer::start().await;
    issuer.server.reset().await;
    let mut document = issuer.document();
    document[member] = value;
    issuer.says_of_itself(document).await;
    assert!(is_unavailable(&url(&provider(&issuer).1).await));
}

#[rstest]
#[case::elsewhere(ResponseTemplate::new(302).insert_header("location", "https://evil.example/"))]
#[case::endless(ResponseTemplate::new(200).set_body_bytes(vec![b' '; 256 * 1024 + 1]))]
#[case::broken(ResponseTemplate::new(500))]
#[case::nothing(ResponseTemplate::new(200).set_body_string("<html>"))]
#[tokio::test]
async fn answers_that_are_none_are_not_used(#[case] answer: ResponseTemplate) {
    let issuer = Issuer::start().await;
    issuer.server.reset().await;
    Mock::given(method("GET")).and(path(WELL_KNOWN)).respond_with(answer).mount(&issuer.server).await;
    assert!(is_unavailable(&url(&provider(&issuer).1).await));
}

/// A provider that says it names itself does so, or it is not it (RFC 9207).
#[tokio::test]
async fn a_provider_that_names_itself_always_does() {
    let issuer = Issuer::start().await;
    issuer.server.reset().await;
    let mut document = issuer.document();
    document["authorization_response_iss_parameter_supported"] = json!(true);
    issuer.says_of_itself(document).await;
    assert!(matches!(redeem(&provider(&issuer).1).await, Err(ProviderError::Refused(_))));
    assert!(issuer.asked("/token").await.is_empty());
}

/// A code that is not taken is the person's matter; all else is ours or the provider's. No secret is in what is said.
#[rstest]
#[case(400, json!({ "error": "invalid_grant" }), false)]
#[case(401, json!({ "error": "invalid_client" }), true)]
#[case(429, json!({}), true)]
#[case(503, json!({}), true)]
#[case(302, json!({}), true)]
#[case(200, json!({ "access_token": "x" }), false)]
#[tokio::test]
async fn the_token_endpoints_no_is_no_silence(
    #[case] status: u16,
    #[case] body: Value,
    #[case] unavailable: bool,
) {
    let issuer = Issuer::start().await;
    let answer = ResponseTemplate::new(status).set_body_json(body);
    Mock::given(method("POST")).and(path("/token")).respond_with(answer).mount(&issuer.server).await;
    let answer = redeem(&provider(&issuer).1).await;
    assert_eq!(is_unavailable(&answer), unavailable, "{answer:?}");
    assert!(!format!("{:?}", answer.unwrap_err()).contains(SECRET));
}
