//! What is tried on verifiers of tokens. Each is refused for its own reason, and the good token beside it is not.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use rstest::rstest;
use serde_json::{Value, json};
use trunkline_tenancy::TokenVerifier;

use crate::issuer::{Place, SECRET, Signer, claims, claims_with, now, reason, shared};

fn base64url(json: &Value) -> String {
    URL_SAFE_NO_PAD.encode(json.to_string())
}

#[tokio::test]
async fn alg_none_in_any_spelling() {
    let signer = Signer::ec("one");
    let place = Place::publishing(&[&signer]).await;
    let good = signer.sign(&claims());
    place.verifier.verify(&good).await.unwrap();
    let signature = good.rsplit('.').next().unwrap();
    for none in ["none", "None", "NONE", "nOnE"] {
        let header = base64url(&json!({ "alg": none, "typ": "JWT", "kid": "one" }));
        for signature in ["", signature] {
            let token = format!("{header}.{}.{signature}", base64url(&claims()));
            reason(place.verifier.verify(&token).await);
            reason(shared().verify(&token).await);
        }
    }
}

/// The public key is public: whoever takes it for the shared secret must not be believed.
#[tokio::test]
async fn hs256_signed_with_the_rsa_public_key() {
    let signer = Signer::rsa("one");
    let place = Place::publishing(&[&signer]).await;
    place.verifier.verify(&signer.sign(&claims())).await.unwrap();

    let public = signer.published();
    let modulus = URL_SAFE_NO_PAD.decode(public["n"].as_str().unwrap()).unwrap();
    let pem =
        format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(&modulus));
    let header = Header { kid: Some("one".to_owned()), ..Header::new(Algorithm::HS256) };
    for secret in [modulus.as_slice(), pem.as_bytes(), public.to_string().as_bytes()] {
        let token = encode(&header, &claims(), &EncodingKey::from_secret(secret)).unwrap();
        assert_eq!(reason(place.verifier.verify(&token).await), "HS256 is not accepted");
    }
}

#[tokio::test]
async fn a_key_of_one_kind_under_the_name_of_another() {
    let (ec, rsa) = (Signer::ec("ec"), Signer::rsa("rsa"));
    let place = Place::publishing(&[&ec, &rsa]).await;
    for signer in [&ec, &rsa] {
        place.verifier.verify(&signer.sign(&claims())).await.unwrap();
    }
    let header = Header { kid: Some("rsa".to_owned()), ..Header::new(Algorithm::ES256) };
    let token = encode(&header, &claims(), &ec.key).unwrap();
    assert_eq!(reason(place.verifier.verify(&token).await), "ES256 is not what its key is for");
    for algorithm in [Algorithm::RS384, Algorithm::RS512, Algorithm::PS256] {
        let header = Header { kid: Some("rsa".to_owned()), ..Header::new(algorithm) };
        let token = encode(&header, &claims(), &rsa.key).unwrap();
        assert!(reason(place.verifier.verify(&token).await).contains("is not accepted"));
    }
}

#[tokio::test]
async fn an_unknown_or_missing_kid_and_a_strangers_signature() {
    let (ours, theirs) = (Signer::ec("one"), Signer::ec("two"));
    let place = Place::publishing(&[&ours]).await;
    let unknown = place.verifier.verify(&theirs.sign(&claims())).await;
    assert_eq!(reason(unknown), "its key is not among the published ones");

    let header = Header::new(Algorithm::ES256);
    let nameless = encode(&header, &claims(), &ours.key).unwrap();
    assert!(reason(place.verifier.verify(&nameless).await).contains("names no key"));

    let forged = encode(&ours.header(), &claims(), &theirs.key).unwrap();
    assert_eq!(reason(place.verifier.verify(&forged).await), "InvalidSignature");

    let good = ours.sign(&claims());
    let [header, _, signature] = good.split('.').collect::<Vec<_>>().try_into().unwrap();
    let altered = format!("{header}.{}.{signature}", base64url(&claims_with("sub", json!("ben"))));
    assert_eq!(reason(place.verifier.verify(&altered).await), "InvalidSignature");
}

/// The token brings its own key, or tells where to get one: nobody looks.
#[tokio::test]
async fn a_token_that_brings_its_own_key() {
    let (ours, theirs) = (Signer::ec("one"), Signer::ec("one"));
    let place = Place::publishing(&[&ours]).await;
    let elsewhere = format!("{}/theirs", place.server.uri());
    let jwk = serde_json::from_value(theirs.published()).unwrap();
    let header = Header { jwk: Some(jwk), jku: Some(elsewhere), ..theirs.header() };
    let token = encode(&header, &claims(), &theirs.key).unwrap();
    assert_eq!(reason(place.verifier.verify(&token).await), "InvalidSignature");
    let asked = place.server.received_requests().await.unwrap();
    assert!(asked.iter().all(|request| request.url.path() == "/keys"));
}

#[rstest]
#[case::wrong_issuer("iss", json!("https://id.example.com"), "InvalidIssuer")]
#[case::no_issuer("iss", Value::Null, "Missing required claim: iss")]
#[case::wrong_audience("aud", json!("another"), "InvalidAudience")]
#[case::wrong_audiences("aud", json!(["another", "third"]), "InvalidAudience")]
#[case::no_audience("aud", Value::Null, "Missing required claim: aud")]
#[case::expired("exp", json!(now() - 61), "ExpiredSignature")]
#[case::no_expiry("exp", Value::Null, "Missing required claim: exp")]
#[case::a_strange_expiry("exp", json!("tomorrow"), "Missing required claim: exp")]
#[case::not_yet_valid("nbf", json!(now() + 120), "ImmatureSignature")]
#[case::a_strange_beginning("nbf", json!("yesterday"), "nbf")]
#[case::no_subject("sub", Value::Null, "")]
#[case::an_empty_subject("sub", json!(""), "its subject is no user's id")]
#[case::a_subject_with_blanks("sub", json!("maria and ben"), "its subject is no user's id")]
#[case::a_long_subject("sub", json!("m".repeat(129)), "its subject is no user's id")]
#[case::a_subject_that_is_no_text("sub", json!(7), "")]
#[tokio::test]
async fn claims_that_are_not_right(#[case] name: &str, #[case] value: Value, #[case] expected: &str) {
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    let token = encode(&Header::default(), &claims_with(name, value), &key).unwrap();
    let reason = reason(shared().verify(&token).await);
    assert!(reason.contains(expected), "{reason}");
}

#[rstest]
#[case::expired_within_the_leeway("exp", json!(now() - 30))]
#[case::begins_within_the_leeway("nbf", json!(now() + 30))]
#[case::one_of_several_audiences("aud", json!(["another", "numbers"]))]
#[tokio::test]
async fn claims_that_are_just_right(#[case] name: &str, #[case] value: Value) {
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    let token = encode(&Header::default(), &claims_with(name, value), &key).unwrap();
    assert_eq!(shared().verify(&token).await.unwrap().as_str(), "maria");
}

#[tokio::test]
async fn a_token_that_is_too_long_or_none_at_all() {
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    let token = encode(&Header::default(), &claims_with("pad", json!("x".repeat(8 * 1024))), &key).unwrap();
    assert!(reason(shared().verify(&token).await).contains("longer than 8192"));
    for garbage in ["", ".", "..", "a.b.c", "a.b", &"a".repeat(8192), "e30.e30.", "\u{0}.\u{0}.\u{0}"] {
        reason(shared().verify(garbage).await);
    }
}

#[tokio::test]
async fn an_extension_that_nobody_knows() {
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    let header = Header { crit: Some(vec!["b64".to_owned()]), ..Header::default() };
    let token = encode(&header, &claims(), &key).unwrap();
    assert!(reason(shared().verify(&token).await).contains("crit"));
}

#[tokio::test]
async fn another_secret_and_another_hash() {
    let other = EncodingKey::from_secret(b"some other secret of thirty-two letters");
    let token = encode(&Header::default(), &claims(), &other).unwrap();
    assert_eq!(reason(shared().verify(&token).await), "InvalidSignature");
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    let token = encode(&Header::new(Algorithm::HS512), &claims(), &key).unwrap();
    assert_eq!(reason(shared().verify(&token).await), "HS512 is not what its key is for");
    let asymmetric = Signer::ec("one").sign(&claims());
    assert_eq!(reason(shared().verify(&asymmetric).await), "ES256 is not what its key is for");
}
