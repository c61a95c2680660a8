//! Signatures by Stripe's own library, and the ways around one.
//!
//! The two were made by `stripe.WebhookSignature.generate_signature_header` of the Python library 16.1.0, over `BODY` at
//! `SIGNED`.

use proptest::prelude::*;
use rstest::rstest;

use super::*;

const BODY: &str = r#"{"id":"evt_1","object":"event","type":"checkout.session.completed","note":"Grüße","data":{"object":{"id":"cs_test_1","object":"checkout.session","mode":"payment"}}}"#;
const SIGNED: i64 = 1_764_339_949;
const SECRET: &str = "whsec_test_secret";
const HEADER: &str = "t=1764339949,v1=b747c518562c10dcd91be2d9a9a282e952b80807172a092f7d4c7dcf7a75aa76";
const OTHER_SECRET: &str = "whsec_rotated";
const OTHER_V1: &str = "a33f4b29ba7b8dcd7b14eaafe38afe7c072f11d37965178d75154bc4abf36335";

fn check(secrets: &[&str], body: &str, header: &str, seconds: i64) -> Result<(), EventError> {
    let secrets: Vec<_> = secrets.iter().map(|secret| SecretString::from(*secret)).collect();
    verify(&secrets, body.as_bytes(), header, DateTime::from_timestamp(seconds, 0).unwrap())
}

#[test]
fn what_stripes_library_signs_is_believed() {
    assert_eq!(check(&[SECRET], BODY, HEADER, SIGNED), Ok(()));
    let other = format!("t={SIGNED},v1={OTHER_V1}");
    assert_eq!(check(&[OTHER_SECRET], BODY, &other, SIGNED), Ok(()));
}

#[test]
fn either_secret_will_do_while_one_is_rolled() {
    assert_eq!(check(&[OTHER_SECRET, SECRET], BODY, HEADER, SIGNED), Ok(()));
    let both = format!("{HEADER},v1={OTHER_V1}");
    for secrets in [[SECRET, "whsec_x"], [OTHER_SECRET, "whsec_x"]] {
        assert_eq!(check(&secrets, BODY, &both, SIGNED), Ok(()));
    }
}

#[test]
fn other_schemes_and_blanks_are_passed_over() {
    let v1 = &HEADER[13..];
    let busy = format!("v0=6ffbb59b,t={SIGNED}, v2=00,v1=nonsense,v1=00, {v1},odd");
    assert_eq!(check(&[SECRET], BODY, &busy, SIGNED), Ok(()));
}

#[rstest]
#[case::another_secret(&["whsec_guess"], BODY, HEADER)]
#[case::no_secret(&[], BODY, HEADER)]
#[case::altered_body(&[SECRET], &BODY[1..], HEADER)]
#[case::altered_time(&[SECRET], BODY, "t=1764339950,v1=b747c518562c10dcd91be2d9a9a282e952b80807172a092f7d4c7dcf7a75aa76")]
#[case::the_same_time_written_otherwise(&[SECRET], BODY, "t=01764339949,v1=b747c518562c10dcd91be2d9a9a282e952b80807172a092f7d4c7dcf7a75aa76")]
#[case::altered_signature(&[SECRET], BODY, "t=1764339949,v1=c747c518562c10dcd91be2d9a9a282e952b80807172a092f7d4c7dcf7a75aa76")]
#[case::right_signature_of_another_scheme(&[SECRET], BODY, "t=1764339949,v0=b747c518562c10dcd91be2d9a9a282e952b80807172a092f7d4c7dcf7a75aa76,v1=0000000000000000000000000000000000000000000000000000000000000000")]
fn what_stripe_did_not_sign_is_forged(#[case] secrets: &[&str], #[case] body: &str, #[case] header: &str) {
    assert_eq!(check(secrets, body, header, SIGNED), Err(EventError::Forged));
}

/// Anybody can make this signature.
#[test]
fn an_empty_secret_is_none() {
    let empty = SecretString::from("");
    let mac = mac(&empty, "1764339949", BODY.as_bytes()).unwrap();
    let header = format!("t={SIGNED},v1={}", hex::encode(mac.finalize().into_bytes()));
    assert_eq!(check(&[""], BODY, &header, SIGNED), Err(EventError::Forged));
}

#[rstest]
#[case::at_once(0, Ok(()))]
#[case::in_time(300, Ok(()))]
#[case::a_clock_behind(-300, Ok(()))]
#[case::late(301, Err(EventError::Stale))]
#[case::from_the_future(-301, Err(EventError::Stale))]
#[case::years_late(1_000_000_000, Err(EventError::Stale))]
fn a_signature_counts_for_five_minutes(#[case] later: i64, #[case] expected: Result<(), EventError>) {
    assert_eq!(check(&[SECRET], BODY, HEADER, SIGNED + later), expected);
}

#[rstest]
#[case::empty("")]
#[case::no_signature("t=1764339949")]
#[case::no_time("v1=b747c518562c10dcd91be2d9a9a282e952b80807172a092f7d4c7dcf7a75aa76")]
#[case::no_hexadecimal("t=1764339949,v1=zz47c518562c10dcd91be2d9a9a282e952b80807172a092f7d4c7dcf7a75aa76")]
#[case::short_signature("t=1764339949,v1=b747")]
#[case::time_before_1970("t=-1,v1=b747c518562c10dcd91be2d9a9a282e952b80807172a092f7d4c7dcf7a75aa76")]
#[case::time_that_is_none("t=,v1=b747c518562c10dcd91be2d9a9a282e952b80807172a092f7d4c7dcf7a75aa76")]
#[case::time_too_long(
    "t=99999999999999999999,v1=b747c518562c10dcd91be2d9a9a282e952b80807172a092f7d4c7dcf7a75aa76"
)]
#[case::garbage("Grüße, =,==,t,v1")]
fn a_header_of_another_form_is_malformed(#[case] header: &str) {
    assert_eq!(check(&[SECRET], BODY, header, SIGNED), Err(EventError::Malformed));
}

#[test]
fn a_header_is_not_read_without_end() {
    let long = format!("{HEADER},{}", "v0=00,".repeat(HEADER_MAX_BYTES / 6));
    assert_eq!(check(&[SECRET], BODY, &long, SIGNED), Err(EventError::Malformed));
}

proptest! {
    #[test]
    fn no_header_panics_and_none_is_believed(header in "\\PC{0,200}", seconds in any::<i32>()) {
        prop_assert!(check(&[SECRET], BODY, &header, i64::from(seconds)).is_err());
    }

    #[test]
    fn no_header_of_nearly_the_form_is_believed(
        items in prop::collection::vec("(t|v0|v1|)=?[0-9a-f]{0,64}", 0..6),
        seconds in any::<i32>(),
    ) {
        prop_assert!(check(&[SECRET], BODY, &items.join(","), i64::from(seconds)).is_err());
    }
}
