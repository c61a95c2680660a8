//! Ways in, to the real program: keys over HTTP and the command line, and tokens of an identity provider.

use std::time::{SystemTime, UNIX_EPOCH};

use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use reqwest::{Method, StatusCode};
use rstest::rstest;
use serde_json::{Value, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::engine::Engine;
use crate::stage::{Stage, USER};

const BUSINESSES: &str = "/api/businesses";

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim().to_owned()
}

async fn make_key(stage: &Stage, body: Value) -> (String, String) {
    let (status, answer) = stage.ask(Method::POST, "/api/keys", Some(body)).await;
    assert_eq!(status, StatusCode::CREATED, "{answer}");
    let part = |value: &Value| value.as_str().unwrap().to_owned();
    (part(&answer["key"]["id"]), part(&answer["secret"]))
}

async fn status_of(stage: &Stage, key: &str) -> StatusCode {
    stage.ask_as(key, Method::GET, BUSINESSES, None).await.0
}

#[rstest]
#[tokio::test]
async fn a_key_lives_from_its_making_to_its_revocation(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let stage = Stage::on(engine, "25.00", &[]).await;
    let (id, reader) = make_key(&stage, json!({ "name": "reports", "scopes": ["read"] })).await;
    assert_eq!(status_of(&stage, &reader).await, StatusCode::OK);
    let body = json!({ "phoneNumber": stage.free_number(0), "displayName": "Desk" });
    let (status, _) = stage.ask_as(&reader, Method::POST, "/api/numbers/purchase", Some(body)).await;
    assert_eq!((status, stage.purchases_seen()), (StatusCode::FORBIDDEN, 0));

    // The last use is noted beside the request: sooner or later the list has it.
    loop {
        let (_, list) = stage.ask(Method::GET, "/api/keys", None).await;
        let key =
            list["keys"].as_array().unwrap().iter().find(|key| key["id"] == id.as_str()).unwrap().clone();
        assert_eq!((&key["state"], &key["userId"]), (&json!("open"), &json!(USER)));
        if key["lastUsedAt"].is_string() {
            break;
        }
        tokio::task::yield_now().await;
    }

    let rotate = format!("/api/keys/{id}/rotate");
    let (status, rotated) = stage.ask(Method::POST, &rotate, Some(json!({ "overlapMinutes": 5 }))).await;
    assert_eq!(status, StatusCode::CREATED, "{rotated}");
    let successor = rotated["secret"].as_str().unwrap();
    for key in [reader.as_str(), successor] {
        assert_eq!(status_of(&stage, key).await, StatusCode::OK, "both open during the overlap");
    }
    let (status, _) = stage.ask(Method::POST, &rotate, Some(json!({}))).await;
    assert_eq!(status, StatusCode::CONFLICT, "a key has one successor");

    let revoke = format!("/api/keys/{id}");
    for _ in 0..2 {
        assert_eq!(stage.ask(Method::DELETE, &revoke, None).await.0, StatusCode::OK);
        assert_eq!(status_of(&stage, &reader).await, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(status_of(&stage, successor).await, StatusCode::OK);
}

#[rstest]
#[tokio::test]
async fn the_command_line_keeps_every_key(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let stage = Stage::on(engine, "0", &[]).await;
    let key = |arguments: &[&str]| stage.command(&[&["key"], arguments].concat());
    let made = key(&["create", "--service", "--name", "portal", "--scope", "read", "--expires", "90d"]);
    assert!(made.status.success(), "{}", text(&made.stderr));
    let secret = text(&made.stdout);
    let listed = text(&key(&["list"]).stdout);
    let line = listed.lines().find(|line| line.contains("\"portal\"")).unwrap();
    assert!(line.contains("open") && line.contains("service  [read]") && line.contains("ends 2"), "{line}");
    assert!(!listed.contains(&secret));
    let id = line.split_whitespace().next().unwrap();

    let rotated = key(&["rotate", id, "--overlap", "0"]);
    assert!(rotated.status.success(), "{}", text(&rotated.stderr));
    let (new, old) = (text(&rotated.stdout), secret);
    assert!(text(&rotated.stderr).contains("opens nothing from"), "{}", text(&rotated.stderr));
    let as_user = |secret: String| {
        let stage = &stage;
        let header = [("Trunkline-User", USER)];
        async move { stage.ask_with(&secret, Method::GET, BUSINESSES, None, &header).await.0 }
    };
    assert_eq!(as_user(old).await, StatusCode::UNAUTHORIZED);
    assert_eq!(as_user(new.clone()).await, StatusCode::OK);
    let listed = text(&key(&["list"]).stdout);
    let line = listed.lines().find(|line| line.contains("portal") && line.contains("open")).unwrap();
    assert!(key(&["revoke", line.split_whitespace().next().unwrap()]).status.success());
    assert_eq!(as_user(new).await, StatusCode::UNAUTHORIZED);

    for (arguments, sentence) in [
        (vec!["create", "--user", "x", "--scope", "credit"], "cannot have the scope `credit`"),
        (vec!["create", "--user", "x", "--scope", "everything"], "no scope"),
        (vec!["create", "--user", "x", "--expires", "soon"], "90d"),
        (vec!["revoke", "01890a5d-ac96-774b-bcce-b302099a8057"], "no such key"),
        (vec!["revoke", "tl_secret"], "key list"),
        (vec!["rotate", id], "has ended"),
    ] {
        let output = key(&arguments);
        assert!(!output.status.success(), "{arguments:?}");
        assert!(text(&output.stderr).contains(sentence), "{arguments:?}: {}", text(&output.stderr));
    }
}

/// The very next request on any server is refused: keys are looked up, not remembered.
#[tokio::test]
async fn a_revocation_holds_on_every_server_from_its_answer_on() {
    let stage = Stage::on(Engine::Postgres, "0", &[]).await;
    let other = stage.replica();
    for _ in 0..10 {
        let (id, key) = make_key(&stage, json!({ "scopes": ["read"] })).await;
        for server in [&stage.server, &other] {
            let (status, _) = stage.ask_server(server, &key, Method::GET, BUSINESSES, None, &[]).await;
            assert_eq!(status, StatusCode::OK);
        }
        stage.ask(Method::DELETE, &format!("/api/keys/{id}"), None).await;
        for server in [&other, &stage.server] {
            let (status, _) = stage.ask_server(server, &key, Method::GET, BUSINESSES, None, &[]).await;
            assert_eq!(status, StatusCode::UNAUTHORIZED);
        }
    }
}

#[tokio::test]
async fn users_come_with_the_tokens_of_an_identity_provider() {
    let key = EncodingKey::from_ec_der(&rcgen::KeyPair::generate().unwrap().serialize_der());
    let mut published = json!(Jwk::from_encoding_key(&key, Algorithm::ES256).unwrap());
    published["kid"] = json!("one");
    let provider = MockServer::start().await;
    let keys = ResponseTemplate::new(200).set_body_json(json!({ "keys": [published] }));
    Mock::given(method("GET")).and(path("/keys")).respond_with(keys).mount(&provider).await;
    let url = format!("{}/keys", provider.uri());
    let mut environment =
        vec![("JWT_ISSUER", "https://id.example.com"), ("JWT_AUDIENCE", "numbers"), ("JWT_JWKS_URL", &url)];
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let token = |subject: &str, expiry: u64| {
        let claims =
            json!({ "iss": "https://id.example.com", "aud": "numbers", "sub": subject, "exp": expiry });
        let header = Header { kid: Some("one".to_owned()), ..Header::new(Algorithm::ES256) };
        encode(&header, &claims, &key).unwrap()
    };

    let stage = Stage::with("25.00", &environment).await;
    let (status, balance) =
        stage.ask_as(&token(USER, now + 60), Method::GET, "/api/wallet/balance", None).await;
    assert_eq!((status, balance["available"].to_string()), (StatusCode::OK, "25.00".to_owned()), "{balance}");
    assert_eq!(status_of(&stage, &token(USER, now - 120)).await, StatusCode::UNAUTHORIZED);
    let (status, unknown) = stage.ask_as(&token("newcomer", now + 60), Method::GET, BUSINESSES, None).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert!(unknown["error"].as_str().unwrap().contains("no user here"), "{unknown}");

    environment.push(("JWT_CREATE_USERS", "true"));
    let stage = Stage::with("0", &environment).await;
    assert_eq!(status_of(&stage, &token("newcomer", now + 60)).await, StatusCode::OK);
    let listed = stage.command(&["key", "list", "--user", "newcomer"]);
    assert_eq!(text(&listed.stdout), "no keys yet");
}
