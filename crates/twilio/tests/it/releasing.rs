//! Releasing: only Twilio's own words say that a number is gone.

use rstest::rstest;
use trunkline_provider::{NumberProvider, ProviderError, Refusal, ReleaseAnswer};
use wiremock::{MockServer, ResponseTemplate};

use crate::support::*;

async fn release_answered(answer: ResponseTemplate) -> Result<ReleaseAnswer, ProviderError> {
    let server = MockServer::start().await;
    expecting("DELETE", &format!("IncomingPhoneNumbers/{NUMBER_SID}.json"))
        .respond_with(answer)
        .mount(&server)
        .await;
    let outcome = client_of(&server).release(&identity()).await;
    assert_eq!(request_count(&server).await, 1);
    outcome
}

#[tokio::test]
async fn a_number_is_released_or_was_before() {
    assert_eq!(release_answered(ResponseTemplate::new(204)).await.unwrap(), ReleaseAnswer::Released);
    assert_eq!(release_answered(refusal(404, 20404)).await.unwrap(), ReleaseAnswer::Gone);
}

#[rstest]
#[case::another_404(ResponseTemplate::new(404))]
#[case::another_code(refusal(404, 20001))]
#[case::another_success(ResponseTemplate::new(200).set_body_string("{}"))]
#[case::server_error(refusal(500, 20500))]
#[case::conflict(refusal(409, 20409))]
#[tokio::test]
async fn anything_else_may_have_happened(#[case] answer: ResponseTemplate) {
    assert!(release_answered(answer).await.unwrap_err().may_have_happened());
}

#[tokio::test]
async fn a_refusal_keeps_the_number() {
    let error = release_answered(refusal(403, 20005)).await.unwrap_err();
    assert!(matches!(error, ProviderError::Refused { reason: Refusal::AccountInactive, .. }), "{error:?}");
}
