//! An OpenID Connect provider on loopback: what it says of itself, its keys, and the token that it answers a code with.

use std::time::{SystemTime, UNIX_EPOCH};

use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use rcgen::KeyPair;
use serde_json::{Value, json};
use url::Url;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

pub(crate) const CLIENT: &str = "numbers & co";
pub(crate) const SECRET: &str = "a secret: 100% ours, and long enough for HS256";

pub(crate) struct Issuer {
    pub(crate) server: MockServer,
    pub(crate) key: EncodingKey,
}

impl Issuer {
    pub(crate) async fn start() -> Self {
        let server = MockServer::start().await;
        let key = EncodingKey::from_ec_der(&KeyPair::generate().unwrap().serialize_der());
        let issuer = Self { server, key };
        issuer.says_of_itself(issuer.document()).await;
        issuer.publishes().await;
        issuer
    }

    pub(crate) async fn publishes(&self) {
        self.answers("GET", "/keys", json!({ "keys": [self.published()] })).await;
    }

    pub(crate) fn name(&self) -> String {
        self.server.uri()
    }

    pub(crate) fn document(&self) -> Value {
        let uri = self.server.uri();
        json!({
            "issuer": uri,
            "authorization_endpoint": format!("{uri}/authorize?tenant=shop"),
            "token_endpoint": format!("{uri}/token"),
            "jwks_uri": format!("{uri}/keys"),
        })
    }

    pub(crate) async fn says_of_itself(&self, document: Value) {
        self.answers("GET", "/.well-known/openid-configuration", document).await;
    }

    /// What it answers from now on.
    async fn answers(&self, verb: &str, at: &str, body: Value) {
        let answer = ResponseTemplate::new(200).set_body_json(body);
        Mock::given(method(verb)).and(path(at)).respond_with(answer).mount(&self.server).await;
    }

    pub(crate) async fn answers_codes_with(&self, id_token: &str) {
        let body = json!({ "access_token": "unused", "token_type": "Bearer", "id_token": id_token });
        self.answers("POST", "/token", body).await;
    }

    pub(crate) fn published(&self) -> Value {
        let mut jwk = json!(Jwk::from_encoding_key(&self.key, Algorithm::ES256).unwrap());
        jwk["kid"] = json!("one");
        jwk["use"] = json!("sig");
        jwk
    }

    /// A good id token's claims for the sign-in that an address begins.
    pub(crate) fn claims(&self, begun: &Url) -> Value {
        json!({
            "iss": self.name(), "aud": CLIENT, "sub": "maria", "iat": now(), "exp": now() + 300,
            "nonce": parameter(begun, "nonce"), "email": "maria@example.com", "email_verified": true,
        })
    }

    pub(crate) fn sign(&self, claims: &Value) -> String {
        let header = Header { kid: Some("one".to_owned()), ..Header::new(Algorithm::ES256) };
        encode(&header, claims, &self.key).unwrap()
    }

    /// What it was asked at this path.
    pub(crate) async fn asked(&self, at: &str) -> Vec<Request> {
        let all = self.server.received_requests().await.unwrap();
        all.into_iter().filter(|request| request.url.path() == at).collect()
    }
}

pub(crate) fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs().try_into().unwrap()
}

pub(crate) fn parameter(url: &Url, name: &str) -> String {
    url.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned()
}
