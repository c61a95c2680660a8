//! Tokens as the providers that docs/authentication.md names issue them: their claims, headers and key sets.

use jsonwebtoken::{EncodingKey, Header, encode};
use serde_json::{Value, json};
use trunkline_tenancy::TokenVerifier;

use crate::issuer::{AUDIENCE, ISSUER, Place, SECRET, Signer, now, reason, set, shared};
use wiremock::ResponseTemplate;

/// Supabase: ES256, one audience, a user's UUID as subject, and no `nbf`.
fn supabase() -> Value {
    json!({
        "iss": ISSUER, "aud": AUDIENCE, "sub": "0b7d1a6e-3f50-4a2e-9d52-0c2f5f3a9b11",
        "exp": now() + 3600, "iat": now(), "email": "maria@example.com", "phone": "", "role": "authenticated",
        "aal": "aal1", "amr": [{ "method": "password", "timestamp": now() }], "is_anonymous": false,
        "app_metadata": { "provider": "email" }, "user_metadata": {},
        "session_id": "1f0d2f6a-6a52-4a2e-9d52-0c2f5f3a9b12",
    })
}

#[tokio::test]
async fn supabase_with_its_signing_keys() {
    let signer = Signer::ec("7c2bb3d1-5a07-4fe0-a3a5-6a6f0f2f4c11");
    let place = Place::publishing(&[&signer]).await;
    let user = place.verifier.verify(&signer.sign(&supabase())).await.unwrap();
    assert_eq!(user.as_str(), "0b7d1a6e-3f50-4a2e-9d52-0c2f5f3a9b11");
}

/// The legacy secret signs the `anon` and `service_role` keys too; they name no subject and are nobody here.
#[tokio::test]
async fn supabase_with_its_legacy_secret() {
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    shared().verify(&encode(&Header::default(), &supabase(), &key).unwrap()).await.unwrap();
    for role in ["anon", "service_role"] {
        let claims =
            json!({ "iss": "supabase", "ref": "abc", "role": role, "iat": now(), "exp": now() + 3600 });
        reason(shared().verify(&encode(&Header::default(), &claims, &key).unwrap()).await);
    }
}

/// Auth0: RS256, several audiences, a subject with a bar in it, access tokens of type `at+jwt`.
#[tokio::test]
async fn auth0() {
    let signer = Signer::rsa("NjVBRjY5MDlCMUIwNzU4RTA2QzZFMDQ4QzQ2MDAyQjVDNjk1RTM2Qg");
    let place = Place::publishing(&[&signer]).await;
    let claims = json!({
        "iss": ISSUER, "aud": [AUDIENCE, "https://tenant.eu.auth0.com/userinfo"], "sub": "auth0|64f0c0ffee",
        "iat": now(), "exp": now() + 86_400, "scope": "openid profile", "azp": "aBcDeF",
    });
    let header = Header { typ: Some("at+jwt".to_owned()), ..signer.header() };
    let token = encode(&header, &claims, &signer.key).unwrap();
    assert_eq!(place.verifier.verify(&token).await.unwrap().as_str(), "auth0|64f0c0ffee");
}

/// Keycloak: a key for encryption beside the one for signing, chains of certificates, and a `typ` among the claims.
#[tokio::test]
async fn keycloak() {
    let signer = Signer::rsa("FJ86GcF3jTbNLOco4NvZkUCIUmfYCqoqtOQeMfbhNlE");
    let place = Place::publishing(&[&signer]).await;
    let mut encryption = Signer::rsa("enc").published();
    encryption["use"] = json!("enc");
    encryption["alg"] = json!("RSA-OAEP");
    let mut keys = set(&[&signer]);
    keys["keys"][0]["x5c"] = json!(["MIIClzCCAX8CBgF"]);
    keys["keys"][0]["x5t#S256"] = json!("abc");
    keys["keys"].as_array_mut().unwrap().insert(0, encryption);
    place.answers(ResponseTemplate::new(200).set_body_json(keys)).await;
    let claims = json!({
        "iss": ISSUER, "aud": [AUDIENCE, "account"], "sub": "f3a1b2c4-0000-4000-8000-000000000001", "typ": "Bearer",
        "exp": now() + 300, "iat": now(), "auth_time": now(), "jti": "x", "azp": "shop", "acr": "1",
        "realm_access": { "roles": ["offline_access"] }, "scope": "openid email",
    });
    let user = place.verifier.verify(&signer.sign(&claims)).await.unwrap();
    assert_eq!(user.as_str(), "f3a1b2c4-0000-4000-8000-000000000001");
}
