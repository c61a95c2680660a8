//! Changing settings: absent ones are left, unset ones are cleared.

use trunkline_domain::WebhookUrls;
use trunkline_provider::{NumberProvider, NumberSettings};
use wiremock::matchers::body_string_contains;
use wiremock::{MockServer, ResponseTemplate};

use crate::support::*;

fn resource() -> String {
    format!("IncomingPhoneNumbers/{NUMBER_SID}.json")
}

fn answered() -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(owned(NUMBER))
}

fn pair(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

#[tokio::test]
async fn a_name_alone_leaves_the_rest() {
    let server = MockServer::start().await;
    expecting("POST", &resource()).respond_with(answered()).mount(&server).await;
    let settings = NumberSettings { friendly_name: Some("Bar tl1:a:b".into()), webhooks: None };
    let number = client_of(&server).configure(&identity(), &settings).await.unwrap();
    assert_eq!(number.identity, identity());
    assert_eq!(only_form(&server).await, [pair("FriendlyName", "Bar tl1:a:b")]);
}

#[tokio::test]
async fn an_absent_address_is_cleared() {
    let server = MockServer::start().await;
    expecting("POST", &resource()).respond_with(answered()).mount(&server).await;
    let webhooks = WebhookUrls { voice_url: Some("https://x.example/v".into()), ..WebhookUrls::default() };
    let settings = NumberSettings { friendly_name: None, webhooks: Some(webhooks) };
    client_of(&server).configure(&identity(), &settings).await.unwrap();
    assert_eq!(
        only_form(&server).await,
        [
            pair("VoiceUrl", "https://x.example/v"),
            pair("StatusCallback", ""),
            pair("SmsUrl", ""),
            pair("VoiceMethod", "POST"),
        ]
    );
}

#[tokio::test]
async fn a_number_that_takes_no_texts_is_configured_without_their_address() {
    let server = MockServer::start().await;
    expecting("POST", &resource())
        .and(body_string_contains("SmsUrl"))
        .respond_with(refusal(400, 21407))
        .with_priority(1)
        .mount(&server)
        .await;
    expecting("POST", &resource()).respond_with(answered()).mount(&server).await;
    let settings = NumberSettings { friendly_name: None, webhooks: Some(WebhookUrls::default()) };
    assert!(client_of(&server).configure(&identity(), &settings).await.is_ok());

    let webhooks = WebhookUrls { sms_url: Some("https://x.example/s".into()), ..WebhookUrls::default() };
    let settings = NumberSettings { friendly_name: None, webhooks: Some(webhooks) };
    assert!(client_of(&server).configure(&identity(), &settings).await.is_err());
}
