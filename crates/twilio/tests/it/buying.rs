//! Buying: what is sent, and what each answer becomes.

use rstest::rstest;
use serde_json::json;
use trunkline_domain::{NumberType, RegulatoryIds};
use trunkline_provider::{NumberProvider, ProviderError, Refusal};
use wiremock::{MockServer, ResponseTemplate};

use crate::support::*;

async fn server_answering(answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    expecting("POST", "IncomingPhoneNumbers/Local.json").respond_with(answer).mount(&server).await;
    server
}

async fn buy_answered(answer: ResponseTemplate) -> ProviderError {
    let server = server_answering(answer).await;
    let error = client_of(&server).buy(&purchase()).await.unwrap_err();
    assert_eq!(request_count(&server).await, 1);
    error
}

#[tokio::test]
async fn a_purchase_sends_what_was_ordered() {
    let server = server_answering(ResponseTemplate::new(201).set_body_json(owned(NUMBER))).await;
    let mut purchase = purchase();
    purchase.regulatory = RegulatoryIds { bundle_sid: Some("BU1".into()), address_sid: Some("AD1".into()) };
    let bought = client_of(&server).buy(&purchase).await.unwrap();
    assert_eq!(bought.number.identity, identity());
    assert_eq!(bought.number.number_type, Some(NumberType::Local));
    assert_eq!(bought.number.webhooks, purchase.webhooks);
    let form = only_form(&server).await;
    let form: Vec<_> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(
        form,
        [
            ("PhoneNumber", NUMBER),
            ("FriendlyName", "Front desk tl1:a:b"),
            ("VoiceUrl", "https://x.example/voice"),
            ("VoiceMethod", "POST"),
            ("SmsUrl", "https://x.example/sms"),
            ("SmsMethod", "POST"),
            ("StatusCallback", "https://x.example/status"),
            ("StatusCallbackMethod", "POST"),
            ("AddressSid", "AD1"),
            ("BundleSid", "BU1"),
        ]
    );
}

#[tokio::test]
async fn a_number_without_texts_gets_no_address_for_them() {
    let server = server_answering(ResponseTemplate::new(201).set_body_json(owned(NUMBER))).await;
    let mut purchase = purchase();
    purchase.webhooks.sms_url = None;
    client_of(&server).buy(&purchase).await.unwrap();
    assert!(only_form(&server).await.iter().all(|(name, _)| !name.starts_with("Sms")));
}

#[rstest]
#[case(NumberType::TollFree, "TollFree")]
#[case(NumberType::Mobile, "Mobile")]
#[tokio::test]
async fn each_type_and_account_has_its_resource(#[case] number_type: NumberType, #[case] resource: &str) {
    let server = MockServer::start().await;
    let other = format!("AC{}", "c".repeat(32));
    let mut purchase = purchase();
    purchase.number_type = number_type;
    purchase.account = other.parse().unwrap();
    wiremock::Mock::given(wiremock::matchers::path(format!(
        "/2010-04-01/Accounts/{other}/IncomingPhoneNumbers/{resource}.json"
    )))
    .respond_with(ResponseTemplate::new(201).set_body_json(owned(NUMBER)))
    .mount(&server)
    .await;
    client_of(&server).buy(&purchase).await.unwrap();
}

/// Twilio answers 200 or 201 also for what was not asked; the caller judges that, so it arrives as it is.
#[rstest]
#[case(200, "+14152300101")]
#[case(201, "+14152300199")]
#[tokio::test]
async fn a_success_is_handed_on_unjudged(#[case] status: u16, #[case] phone_number: &str) {
    let server = server_answering(ResponseTemplate::new(status).set_body_json(owned(phone_number))).await;
    let bought = client_of(&server).buy(&purchase()).await.unwrap();
    assert_eq!(bought.number.phone_number.as_str(), phone_number);
}

#[rstest]
#[case::empty(ResponseTemplate::new(201))]
#[case::accepted(ResponseTemplate::new(202).set_body_json(owned(NUMBER)))]
#[case::no_content(ResponseTemplate::new(204))]
#[case::html(ResponseTemplate::new(200).set_body_string("<html>welcome</html>"))]
#[case::another_shape(ResponseTemplate::new(201).set_body_json(json!({"ok": true})))]
#[case::no_sid(ResponseTemplate::new(201).set_body_json({
    let mut row = owned(NUMBER);
    row["sid"] = json!(null);
    row
}))]
#[case::cut_json(ResponseTemplate::new(201).set_body_string(&owned(NUMBER).to_string()[..200]))]
#[case::an_error_body(ResponseTemplate::new(201).set_body_json(json!({"code": 21422, "message": "taken"})))]
#[case::internal_error(refusal(500, 20500))]
#[case::bad_gateway(ResponseTemplate::new(502).set_body_string("bad gateway"))]
#[case::unavailable(refusal(503, 20503))]
#[case::gateway_timeout(refusal(504, 20504))]
#[case::conflict(refusal(409, 20409))]
#[case::request_timeout(ResponseTemplate::new(408))]
#[case::not_twilios_400(ResponseTemplate::new(400).set_body_string("bad request"))]
#[case::not_twilios_401(ResponseTemplate::new(401))]
#[case::not_twilios_403(ResponseTemplate::new(403).set_body_json(json!({"error": "blocked"})))]
#[case::not_twilios_404(ResponseTemplate::new(404).set_body_string("no route"))]
#[case::redirect(ResponseTemplate::new(307).insert_header("Location", "/elsewhere"))]
#[tokio::test]
async fn whatever_is_no_clear_answer_may_have_happened(#[case] answer: ResponseTemplate) {
    let error = buy_answered(answer).await;
    assert!(error.may_have_happened(), "{error:?}");
}

#[rstest]
#[case(400, 10001, Refusal::AccountInactive)]
#[case(403, 10002, Refusal::AccountRestricted)]
#[case(403, 20005, Refusal::AccountInactive)]
#[case(403, 20006, Refusal::AccountRestricted)]
#[case(403, 20008, Refusal::TestCredentials)]
#[case(404, 20404, Refusal::Other)]
#[case(400, 21401, Refusal::NumberUnavailable)]
#[case(400, 21402, Refusal::Other)]
#[case(400, 21403, Refusal::Other)]
#[case(400, 21404, Refusal::AccountRestricted)]
#[case(400, 21405, Refusal::Other)]
#[case(400, 21406, Refusal::Other)]
#[case(400, 21407, Refusal::Other)]
#[case(400, 21421, Refusal::NumberUnavailable)]
#[case(400, 21422, Refusal::NumberUnavailable)]
#[case(400, 21451, Refusal::NumberUnavailable)]
#[case(400, 21452, Refusal::NumberUnavailable)]
#[case(400, 21457, Refusal::NumberUnavailable)]
#[case(400, 21458, Refusal::WrongType)]
#[case(400, 21613, Refusal::AddressRejected)]
#[case(400, 21615, Refusal::AddressRequired)]
#[case(400, 21628, Refusal::AddressRejected)]
#[case(400, 21629, Refusal::AddressRejected)]
#[case(400, 21631, Refusal::AddressRequired)]
#[case(400, 21649, Refusal::BundleRequired)]
#[case(400, 21650, Refusal::BundleRequired)]
#[case(400, 21651, Refusal::BundleRequired)]
#[case(403, 22300, Refusal::AccountRestricted)]
#[tokio::test]
async fn a_clear_no_is_certain(#[case] status: u16, #[case] code: u32, #[case] expected: Refusal) {
    match buy_answered(refusal(status, code)).await {
        ProviderError::Refused { reason, code: given, message } => {
            assert_eq!((reason, given), (expected, Some(code)));
            assert_eq!(message, format!("Twilio's sentence about {code}"));
        }
        other => panic!("not refused: {other:?}"),
    }
}

#[rstest]
#[case(401, 20003)]
#[case(403, 20003)]
#[tokio::test]
async fn wrong_credentials_are_told_apart(#[case] status: u16, #[case] code: u32) {
    let error = buy_answered(refusal(status, code)).await;
    assert!(matches!(error, ProviderError::Unauthorized { code: Some(20003) }), "{error:?}");
}
