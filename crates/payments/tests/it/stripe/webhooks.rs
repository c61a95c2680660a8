//! An event through the port: the signature first, then what it is about.

use hmac::{Hmac, KeyInit, Mac};
use serde_json::json;
use sha2::Sha256;
use trunkline_payments::{EventError, EventSubject, PaymentGateway, PaymentRef};

use super::*;

fn sign(secret: &str, seconds: i64, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("{seconds}.").as_bytes());
    mac.update(body);
    format!("t={seconds},v1={}", hex::encode(mac.finalize().into_bytes()))
}

fn gateway_for_events() -> StripeGateway {
    gateway(config("http://127.0.0.1:9"))
}

#[test]
fn an_event_that_stripe_signed_is_read() {
    let body = json!({
        "id": "evt_1", "object": "event", "type": "payment_intent.succeeded",
        "data": {"object": intent("pi_1", "succeeded")},
    });
    let body = body.to_string();
    let header = sign(SECRET, 1000, body.as_bytes());
    let event = gateway_for_events().read_event(body.as_bytes(), &header, at(1001)).unwrap();
    assert_eq!(event.subject, EventSubject::Payment(PaymentRef::Intent("pi_1".parse().unwrap())));
    assert_eq!(event.claims.asked, Some(usd("25")));
}

#[test]
fn the_signature_is_judged_before_the_body_is_read() {
    let gateway = gateway_for_events();
    let body = b"{";
    let cases = [
        ("", EventError::Malformed),
        (&*sign("whsec_guess", 1000, body), EventError::Forged),
        (&*sign(SECRET, 1000 - 301, body), EventError::Stale),
    ];
    for (header, expected) in cases {
        assert_eq!(gateway.read_event(body, header, at(1000)), Err(expected), "{header}");
    }
    let signed = gateway.read_event(body, &sign(SECRET, 1000, body), at(1000)).unwrap_err();
    assert!(matches!(signed, EventError::Unreadable(_)), "{signed}");
}

#[test]
fn without_a_secret_no_event_is_believed() {
    let mut config = config("http://127.0.0.1:9");
    config.webhook_secrets.clear();
    let header = sign("", 1000, b"{}");
    assert_eq!(gateway(config).read_event(b"{}", &header, at(1000)), Err(EventError::Forged));
}
