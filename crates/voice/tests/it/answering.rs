//! What callers hear and what texts get, for every state that a number can be in.

use std::sync::Arc;

use trunkline_domain::{NumberId, NumberStatus, PhoneNumber};
use trunkline_voice::{
    CallAnswer, CalledNumber, DirectoryError, IncomingCall, IncomingText, MockNumberDirectory, TextAnswer,
    Voice,
};

fn phone_number() -> PhoneNumber {
    "+14152300101".parse().unwrap()
}

fn called(status: NumberStatus, is_active: bool) -> CalledNumber {
    let number: NumberId = "0190b0a0-0000-7000-8000-000000000001".parse().unwrap();
    CalledNumber { number, user: "user123".parse().unwrap(), business: None, is_active, status }
}

fn voice_finding(found: impl Fn() -> Result<Option<CalledNumber>, DirectoryError> + Send + 'static) -> Voice {
    let mut directory = MockNumberDirectory::new();
    directory.expect_find().withf(|called| *called == phone_number()).returning(move |_| found());
    Voice::new(Arc::new(directory))
}

fn call() -> IncomingCall {
    IncomingCall { id: Some("CA1".into()), called: Some(phone_number()), caller: None }
}

fn text() -> IncomingText {
    IncomingText { id: None, called: Some(phone_number()), sender: Some("+14158675309".into()) }
}

#[tokio::test]
async fn each_state_of_a_number_has_its_answer() {
    let table = [
        (NumberStatus::Active, true, CallAnswer::NoAgentYet),
        (NumberStatus::Active, false, CallAnswer::NotInService),
        (NumberStatus::Review, true, CallAnswer::NoAgentYet),
        (NumberStatus::Review, false, CallAnswer::NotInService),
        (NumberStatus::Suspended, true, CallAnswer::NotInService),
        (NumberStatus::Releasing, true, CallAnswer::NotInService),
        (NumberStatus::Released, true, CallAnswer::NotInService),
    ];
    for (status, is_active, expected) in table {
        let voice = voice_finding(move || Ok(Some(called(status, is_active))));
        assert_eq!(voice.answer_call(&call()).await, expected, "{status:?}, {is_active}");
        assert_eq!(voice.answer_text(&text()).await, TextAnswer::Silent);
    }
}

#[tokio::test]
async fn a_number_that_nobody_holds_is_not_in_service() {
    let voice = voice_finding(|| Ok(None));
    assert_eq!(voice.answer_call(&call()).await, CallAnswer::NotInService);
    assert_eq!(voice.answer_text(&text()).await, TextAnswer::Silent);
}

#[tokio::test]
async fn what_is_no_phone_number_is_not_looked_for() {
    let voice = Voice::new(Arc::new(MockNumberDirectory::new()));
    let call = IncomingCall { called: None, ..call() };
    assert_eq!(voice.answer_call(&call).await, CallAnswer::NotInService);
}

#[tokio::test]
async fn a_failing_directory_still_has_an_answer() {
    let voice = voice_finding(|| Err(DirectoryError::new("the disk is gone")));
    assert_eq!(voice.answer_call(&call()).await, CallAnswer::CannotAnswerNow);
    assert_eq!(voice.answer_text(&text()).await, TextAnswer::Silent);
}

#[test]
fn every_answer_is_one_that_can_be_spoken() {
    for answer in [CallAnswer::NoAgentYet, CallAnswer::NotInService, CallAnswer::CannotAnswerNow] {
        assert!(answer.sentence().ends_with("Goodbye."));
    }
}
