//! Twilio's webhooks: who may send them, and what they get.

use axum::http::StatusCode;
use insta::assert_snapshot;
use secrecy::SecretString;
use trunkline_domain::NumberStatus;
use trunkline_twilio::{SignedBody, WebhookForm, sign};
use trunkline_voice::CalledNumber;

use crate::sample::{ann, number};
use crate::world::{Call, World};

const FORM: &str = "CallSid=CA1&From=%2B14158675309&To=%2B14152300101&CallStatus=ringing";
const PATHS: [&str; 3] =
    ["/api/voice-agent/handle-call", "/api/voice-agent/handle-sms", "/api/voice-agent/status"];

fn signature(token: &str, url: &str, form: &str) -> String {
    let token = SecretString::from(token.to_owned());
    sign(&token, url, SignedBody::Form(WebhookForm::parse(form.as_bytes()).fields()))
}

fn signed(path: &str) -> Call {
    let signature = signature("12345", &format!("https://numbers.example{path}"), FORM);
    Call::new("POST", path).form(FORM).header("X-Twilio-Signature", &signature)
}

fn world() -> World {
    let mut world = World::new();
    world.directory.expect_find().returning(|called| {
        let found = *called == number().phone_number;
        Ok(found.then(|| CalledNumber {
            number: number().id,
            user: ann(),
            business: None,
            is_active: true,
            status: NumberStatus::Active,
        }))
    });
    world
}

#[tokio::test]
async fn calls_texts_and_statuses_are_answered() {
    let mut pictures = Vec::new();
    for path in PATHS {
        pictures.push(world().answer(signed(path)).await.picture());
    }
    assert_snapshot!(pictures.join("\n\n---\n\n"));
}

#[tokio::test]
async fn the_query_is_part_of_what_is_signed_and_the_host_header_is_not() {
    let path = "/api/voice-agent/handle-call?shard=7&x=a%20b";
    let answer = world().answer(signed(path).header("host", "evil.example")).await;
    assert_eq!(answer.status, StatusCode::OK);
    let cut = signed("/api/voice-agent/handle-call");
    let url = signature("12345", "https://numbers.example/api/voice-agent/handle-call", FORM);
    let longer = Call::new("POST", path).form(FORM).header("X-Twilio-Signature", &url);
    assert_eq!(world().answer(longer).await.status, StatusCode::FORBIDDEN);
    assert_eq!(world().answer(cut).await.status, StatusCode::OK);
}

#[tokio::test]
async fn what_twilio_has_not_signed_is_refused() {
    for path in PATHS {
        let url = format!("https://numbers.example{path}");
        let unsigned = Call::new("POST", path).form(FORM);
        let other_token = signature("54321", &url, FORM);
        let other_token = Call::new("POST", path).form(FORM).header("X-Twilio-Signature", &other_token);
        let other_host = signature("12345", &format!("https://evil.example{path}"), FORM);
        let other_host = Call::new("POST", path)
            .form(FORM)
            .header("host", "evil.example")
            .header("X-Twilio-Signature", &other_host);
        let other_form = signature("12345", &url, FORM);
        let other_form =
            Call::new("POST", path).form("To=%2B14152300999").header("X-Twilio-Signature", &other_form);
        let garbage = Call::new("POST", path).form(FORM).header("X-Twilio-Signature", "garbage");
        for call in [unsigned, other_token, other_host, other_form, garbage] {
            // The directory's mock would panic if it were asked.
            let answer = World::new().answer(call).await;
            assert_eq!(
                (answer.status, answer.code().as_str()),
                (StatusCode::FORBIDDEN, "FORBIDDEN"),
                "{path}"
            );
        }
    }
}

#[tokio::test]
async fn without_twilio_every_webhook_is_refused() {
    for path in PATHS {
        let empty = signature("", &format!("https://numbers.example{path}"), FORM);
        let no_token = World { webhook_auth_tokens: Vec::new(), ..World::new() };
        let call = Call::new("POST", path).form(FORM).header("X-Twilio-Signature", &empty);
        assert_eq!(no_token.answer(call).await.status, StatusCode::FORBIDDEN);
        let no_url = World { public_url: None, ..World::new() };
        assert_eq!(no_url.answer(signed(path)).await.status, StatusCode::FORBIDDEN);
    }
}

#[tokio::test]
async fn both_tokens_are_good_while_one_is_being_changed() {
    let two = World { webhook_auth_tokens: vec!["67890", "12345"], ..world() };
    assert_eq!(two.answer(signed(PATHS[0])).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_public_url_may_have_a_path_of_its_own() {
    let path = PATHS[0];
    let world = World { public_url: Some("https://numbers.example/trunkline/"), ..world() };
    let signature = signature("12345", &format!("https://numbers.example/trunkline{path}"), FORM);
    let call = Call::new("POST", path).form(FORM).header("X-Twilio-Signature", &signature);
    assert_eq!(world.answer(call).await.status, StatusCode::OK);
}
