//! Published vectors of Twilio's documentation and libraries, token `12345`, and the ways around a signature.

use rstest::rstest;

use super::*;

const URL: &str = "https://mycompany.com/myapp.php?foo=1&bar=2";
const CALL: &[(&str, &str)] = &[
    ("CallSid", "CA1234567890ABCDE"),
    ("Caller", "+14158675309"),
    ("Digits", "1234"),
    ("From", "+14158675309"),
    ("To", "+18005551212"),
];
const CALL_SIGNATURE: &str = "RSOYDt4T1cUTdK1PDd93/VVr8B8=";

fn token() -> SecretString {
    SecretString::from("12345")
}

fn fields(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn verify(url: &str, pairs: &[(&str, &str)], signature: &str) -> bool {
    verify_signature(&[token()], url, SignedBody::Form(&fields(pairs)), signature)
}

#[rstest]
#[case::documented(URL, CALL, CALL_SIGNATURE)]
#[case::repeated_names(
    URL,
    &[("Sid", "CA123"), ("SidAccount", "AC123"), ("Digits", "5678"), ("Digits", "1234")],
    "IK+Dwps556ElfBT0I3Rgjkr1wJU="
)]
#[case::repeated_equal_values(
    URL,
    &[("Digits", "1234"), ("Sid", "CA123"), ("SidAccount", "AC123"), ("Digits", "5678"), ("Digits", "1234")],
    "IK+Dwps556ElfBT0I3Rgjkr1wJU="
)]
#[case::port_dropped("https://mycompany.com:1234/myapp.php?foo=1&bar=2", CALL, CALL_SIGNATURE)]
#[case::standard_port_signed(URL, CALL, "kvajT1Ptam85bY51eRf/AJRuM3w=")]
#[case::standard_http_port_signed(
    "http://mycompany.com/myapp.php?foo=1&bar=2",
    CALL,
    "0ZXoZLH/DfblKGATFgpif+LLRf4="
)]
#[case::empty_value(
    URL,
    &[("Body", ""), ("From", "+14155551212")],
    "OgBoS9aaTz7mNCDHPdxONVCpmis="
)]
#[case::unicode(
    "https://h.example/sms",
    &[("Body", "Grüße 👋 & a=b+c"), ("From", "+14155551212")],
    "MgbYRdyztnPdfsuxgnuG1A2cGlQ="
)]
#[case::another_host(
    "https://example.com/myapp.php?foo=1&bar=2",
    &[
        ("CallSid", "CA1234567890ABCDE"),
        ("Caller", "+14158675310"),
        ("Digits", "1234"),
        ("From", "+14158675310"),
        ("To", "+18005551212"),
    ],
    "L/OH5YylLD5NRKLltdqwSvS0BnU="
)]
#[case::fragment_left_out("https://mycompany.com/myapp.php?foo=1&bar=2#rc=2&rt=5000", CALL, CALL_SIGNATURE)]
#[case::credentials_left_out("https://user:p@ss@mycompany.com/myapp.php?foo=1&bar=2", CALL, CALL_SIGNATURE)]
#[case::credentials_and_port(
    "https://user:pw@mycompany.com:1234/myapp.php?foo=1&bar=2",
    CALL,
    CALL_SIGNATURE
)]
fn published_vectors_verify(#[case] url: &str, #[case] pairs: &[(&str, &str)], #[case] signature: &str) {
    assert!(verify(url, pairs, signature));
}

#[test]
fn any_order_of_fields_verifies() {
    let reversed: Vec<_> = CALL.iter().rev().copied().collect();
    assert!(verify(URL, &reversed, CALL_SIGNATURE));
}

#[test]
fn one_of_two_tokens_is_enough_and_no_token_is_not() {
    let fields = fields(CALL);
    let body = SignedBody::Form(&fields);
    assert!(verify_signature(&[SecretString::from("old"), token()], URL, body, CALL_SIGNATURE));
    assert!(!verify_signature(&[SecretString::from("old")], URL, body, CALL_SIGNATURE));
    assert!(!verify_signature(&[], URL, body, CALL_SIGNATURE));
}

#[test]
fn anything_changed_is_refused() {
    let mut changed = CALL.to_vec();
    changed[4] = ("To", "+18005551213");
    assert!(!verify(URL, &changed, CALL_SIGNATURE));
    assert!(!verify(URL, &CALL[1..], CALL_SIGNATURE));
    assert!(!verify("https://mycompany.com/myapp.php?foo=1&bar=3", CALL, CALL_SIGNATURE));
    assert!(!verify("http://mycompany.com/myapp.php?foo=1&bar=2", CALL, CALL_SIGNATURE));
    for signature in ["", "RSOYDt4T1cUTdK1PDd93/VVr8B8", "not base64", "AAAA", "kvajT1Ptam85bY51eRf/AJRuM3x="]
    {
        assert!(!verify(URL, CALL, signature), "{signature}");
    }
}

const JSON: &[u8] = br#"{"property": "value", "boolean": true}"#;
const JSON_URL: &str = "https://mycompany.com/myapp.php?foo=1&bar=2&bodySHA256=0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620";
const JSON_SIGNATURE: &str = "a9nBmqA0ju/hNViExpshrM61xv4=";

#[test]
fn a_raw_body_is_covered_by_its_hash() {
    let verify = |url, body| verify_signature(&[token()], url, SignedBody::Raw(body), JSON_SIGNATURE);
    assert!(verify(JSON_URL, JSON));
    assert!(!verify(JSON_URL, b"{}"));
    let without_hash = sign(&token(), URL, SignedBody::Form(&[]));
    assert!(!verify_signature(&[token()], URL, SignedBody::Raw(JSON), &without_hash));
}

/// A hash in the URL must not make form parameters unsigned.
#[test]
fn a_hash_in_the_url_never_skips_form_parameters() {
    assert!(!verify(JSON_URL, &[("To", "+18005551212")], JSON_SIGNATURE));
}

#[test]
fn what_is_signed_here_verifies() {
    let fields = fields(CALL);
    let body = SignedBody::Form(&fields);
    assert_eq!(sign(&token(), URL, body), CALL_SIGNATURE);
    for url in ["http://[::1]:8080/x", "http://[::1]/x", "https://h.example", "https://h.example?a=1"] {
        assert!(verify_signature(&[token()], url, body, &sign(&token(), url, body)), "{url}");
    }
}
