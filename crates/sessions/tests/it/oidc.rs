//! The code flow, as it should be and as it is attacked. Each attack is refused, and the good sign-in beside it is not.

use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use rstest::rstest;
use secrecy::SecretString;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use trunkline_domain::SystemClock;
use trunkline_sessions::{
    Account, AccountHolder, AccountState, CreateAccountAnswer, MockSessionStore, NewSession, OidcAnswer,
    OidcProvider, OidcRefusal, OidcSettings, OidcStart, SessionSettings, SessionStart, Sessions, SignInError,
    SignInMethod,
};
use trunkline_tenancy::{CreateUserAnswer, MockTenancyStore, Newcomers, User};

use crate::issuer::{CLIENT, Issuer, SECRET, now, parameter};
use crate::world::{account, begins, browser, keeps_pending, maria, sessions};

/// Somebody who signs in at a provider.
struct Scene {
    issuer: Issuer,
    sessions: Sessions,
    begun: Arc<Mutex<Vec<SessionStart>>>,
}

impl Scene {
    async fn new() -> Self {
        let account = account().await;
        let mut store = MockSessionStore::new();
        store.expect_account().returning(move |_| Ok(Some(account.clone())));
        Self::with(store, MockTenancyStore::new(), Newcomers::Refused).await
    }

    async fn with(mut store: MockSessionStore, tenancy: MockTenancyStore, newcomers: Newcomers) -> Self {
        let issuer = Issuer::start().await;
        keeps_pending(&mut store);
        let begun = begins(&mut store);
        let settings = OidcSettings {
            issuer: issuer.name(),
            client_id: CLIENT.to_owned(),
            client_secret: SECRET.into(),
        };
        let callback = "https://numbers.example.com/sign-in/oidc/callback".parse().unwrap();
        let provider = OidcProvider::new(settings, callback, Arc::new(SystemClock)).unwrap();
        let settings = SessionSettings { newcomers, ..SessionSettings::default() };
        Self { issuer, sessions: sessions(store, tenancy, Some(Arc::new(provider)), settings), begun }
    }

    async fn begin(&self) -> OidcStart {
        self.sessions.begin_oidc("/dashboard/funds?add=25".to_owned()).await.unwrap()
    }

    /// Comes back to the browser with this.
    async fn finish(&self, answer: OidcAnswer) -> Result<(NewSession, String), SignInError> {
        self.sessions.finish_oidc(answer, browser(), None).await
    }

    fn began_nothing(&self) -> bool {
        self.begun.lock().unwrap().is_empty()
    }
}

fn answer(start: &OidcStart) -> OidcAnswer {
    OidcAnswer {
        state: parameter(&start.url, "state"),
        code: "the code".into(),
        issuer: None,
        browser_secret: start.browser_secret.clone(),
    }
}

fn refusal<T>(answer: Result<T, SignInError>) -> OidcRefusal {
    match answer {
        Err(SignInError::Oidc(refusal)) => refusal,
        Err(other) => panic!("not refused: {other:?}"),
        Ok(_) => panic!("let in"),
    }
}

#[tokio::test]
async fn whoever_the_provider_knows_is_signed_in_and_goes_where_they_were_going() {
    let scene = Scene::new().await;
    let start = scene.begin().await;
    assert_eq!((start.url.path(), parameter(&start.url, "tenant").as_str()), ("/authorize", "shop"));
    assert_eq!(parameter(&start.url, "scope"), "openid email");
    scene.issuer.answers_codes_with(&scene.issuer.sign(&scene.issuer.claims(&start.url))).await;
    let issuer = Some(scene.issuer.name());
    let (new, return_to) = scene.finish(OidcAnswer { issuer, ..answer(&start) }).await.unwrap();
    assert_eq!(return_to, "/dashboard/funds?add=25");
    assert_eq!(new.session.method, SignInMethod::Oidc);

    let asked = scene.issuer.asked("/token").await.remove(0);
    let form: Vec<(String, String)> = url::form_urlencoded::parse(&asked.body).into_owned().collect();
    let sent = |name: &str| form.iter().find(|(key, _)| key == name).unwrap().1.clone();
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(sent("code_verifier")));
    assert_eq!(challenge, parameter(&start.url, "code_challenge"));
    assert_eq!((sent("code").as_str(), sent("grant_type").as_str()), ("the code", "authorization_code"));
    assert_eq!(sent("redirect_uri"), "https://numbers.example.com/sign-in/oidc/callback");
    let basic = asked.headers["authorization"].to_str().unwrap().strip_prefix("Basic ").unwrap();
    let basic = String::from_utf8(STANDARD.decode(basic).unwrap()).unwrap();
    assert_eq!(basic, "numbers+%26+co:a+secret%3A+100%25+ours%2C+and+long+enough+for+HS256");
}

/// The browser that comes back is the one that began, it has the state that it began with, and it comes back once.
#[tokio::test]
async fn a_sign_in_is_its_browsers_and_ends_once() {
    let scene = Scene::new().await;
    let (start, other) = (scene.begin().await, scene.begin().await);
    scene.issuer.answers_codes_with(&scene.issuer.sign(&scene.issuer.claims(&start.url))).await;
    let wrong_state = OidcAnswer { state: "guessed".to_owned(), ..answer(&start) };
    assert_eq!(refusal(scene.finish(wrong_state).await), OidcRefusal::NotUnderWay);
    let wrong_browser = OidcAnswer { browser_secret: other.browser_secret.clone(), ..answer(&start) };
    assert_eq!(refusal(scene.finish(wrong_browser).await), OidcRefusal::NotUnderWay);
    let no_cookie = OidcAnswer { browser_secret: SecretString::from(""), ..answer(&start) };
    assert_eq!(refusal(scene.finish(no_cookie).await), OidcRefusal::NotUnderWay);
    assert!(scene.began_nothing() && scene.issuer.asked("/token").await.is_empty());

    scene.finish(answer(&start)).await.unwrap();
    assert_eq!(refusal(scene.finish(answer(&start)).await), OidcRefusal::NotUnderWay, "replayed");
    assert_eq!(scene.issuer.asked("/token").await.len(), 1, "a code is asked about once");
    assert_eq!(scene.begun.lock().unwrap().len(), 1);
}

/// What a token says is the configured provider's word for this client and this sign-in, now, or nothing.
#[rstest]
#[case::another_sign_ins("nonce", json!("another"))]
#[case::no_nonce("nonce", Value::Null)]
#[case::another_issuers("iss", json!("https://evil.example"))]
#[case::no_issuer("iss", Value::Null)]
#[case::for_another_client("aud", json!("another"))]
#[case::for_nobody("aud", Value::Null)]
#[case::for_several_and_issued_to_nobody_known("aud", json!([CLIENT, "another"]))]
#[case::issued_to_another("azp", json!("another"))]
#[case::expired("exp", json!(now() - 120))]
#[case::without_end("exp", Value::Null)]
#[case::not_valid_yet("nbf", json!(now() + 120))]
#[case::of_nobody("sub", Value::Null)]
#[tokio::test]
async fn a_token_that_is_not_for_this_is_refused(#[case] claim: &str, #[case] value: Value) {
    let scene = Scene::new().await;
    let start = scene.begin().await;
    let mut claims = scene.issuer.claims(&start.url);
    let members = claims.as_object_mut().unwrap();
    if value.is_null() {
        members.remove(claim);
    } else {
        members.insert(claim.to_owned(), value);
    }
    scene.issuer.answers_codes_with(&scene.issuer.sign(&claims)).await;
    assert_eq!(refusal(scene.finish(answer(&start)).await), OidcRefusal::NotAccepted);
    assert!(scene.began_nothing());
}

/// For several, of which this one is named as the party, it is good.
#[tokio::test]
async fn a_token_for_several_that_was_issued_to_us_is_good() {
    let scene = Scene::new().await;
    let start = scene.begin().await;
    let mut claims = scene.issuer.claims(&start.url);
    claims["aud"] = json!(["another", CLIENT]);
    claims["azp"] = json!(CLIENT);
    scene.issuer.answers_codes_with(&scene.issuer.sign(&claims)).await;
    scene.finish(answer(&start)).await.unwrap();
}

/// The token does not choose how it is checked: neither not at all, nor by what everybody knows, nor by our own secret.
#[tokio::test]
async fn a_token_that_is_signed_otherwise_is_refused() {
    let scene = Scene::new().await;
    let named = |algorithm| Header { kid: Some("one".to_owned()), ..Header::new(algorithm) };
    let other = EncodingKey::from_ec_der(&rcgen::KeyPair::generate().unwrap().serialize_der());
    let public = scene.issuer.published().to_string();
    let forgeries: [&dyn Fn(&Value) -> String; 4] = [
        &|claims| {
            let part = |json: &Value| URL_SAFE_NO_PAD.encode(json.to_string());
            format!("{}.{}.", part(&json!({ "alg": "none", "kid": "one" })), part(claims))
        },
        &|claims| {
            encode(&named(Algorithm::HS256), claims, &EncodingKey::from_secret(SECRET.as_bytes())).unwrap()
        },
        &|claims| {
            encode(&named(Algorithm::HS256), claims, &EncodingKey::from_secret(public.as_bytes())).unwrap()
        },
        &|claims| encode(&named(Algorithm::ES256), claims, &other).unwrap(),
    ];
    for (n, forge) in forgeries.iter().enumerate() {
        let start = scene.begin().await;
        scene.issuer.server.reset().await;
        scene.issuer.says_of_itself(scene.issuer.document()).await;
        scene.issuer.publishes().await;
        scene.issuer.answers_codes_with(&forge(&scene.issuer.claims(&start.url))).await;
        assert_eq!(refusal(scene.finish(answer(&start)).await), OidcRefusal::NotAccepted, "{n}");
    }
    assert!(scene.began_nothing());
}

/// Mixed up with another provider's answer (RFC 9207): the code is not sent anywhere.
#[tokio::test]
async fn another_providers_answer_is_refused() {
    let scene = Scene::new().await;
    let start = scene.begin().await;
    let issuer = Some("https://evil.example".to_owned());
    assert_eq!(
        refusal(scene.finish(OidcAnswer { issuer, ..answer(&start) }).await),
        OidcRefusal::NotAccepted
    );
    assert!(scene.issuer.asked("/token").await.is_empty());
}

/// Unless those who come are added.
#[tokio::test]
async fn whoever_has_no_account_or_a_disabled_one_is_told_so() {
    let known = account().await;
    let disabled = Account { state: AccountState::Disabled { since: known.created_at }, ..known };
    for found in [None, Some(disabled)] {
        let mut store = MockSessionStore::new();
        store.expect_account().returning(move |_| Ok(found.clone()));
        let scene = Scene::with(store, MockTenancyStore::new(), Newcomers::Refused).await;
        let start = scene.begin().await;
        scene.issuer.answers_codes_with(&scene.issuer.sign(&scene.issuer.claims(&start.url))).await;
        assert_eq!(refusal(scene.finish(answer(&start)).await), OidcRefusal::NoAccount);
        assert!(scene.began_nothing());
    }
}

/// With their subject as their id, and an address only if it is proved to be theirs; it is none that they sign in with.
#[rstest]
#[case(json!(true), Some("maria@example.com"))]
#[case(json!("true"), Some("maria@example.com"))]
#[case(json!(false), None)]
#[case(Value::Null, None)]
#[tokio::test]
async fn newcomers_are_added_where_they_are_let_in(#[case] verified: Value, #[case] email: Option<&str>) {
    let mut store = MockSessionStore::new();
    store.expect_account().returning(|_| Ok(None));
    store.expect_create_account().times(1).returning(|change| {
        let account = &change.body.account;
        assert_eq!((&account.holder, &account.subject), (&AccountHolder::User(maria()), &Some(maria())));
        assert!(account.email.is_none() && account.password.is_none() && change.body.key.is_none());
        Ok(CreateAccountAnswer::Created)
    });
    let mut tenancy = MockTenancyStore::new();
    let email = email.map(|email| email.parse().unwrap());
    // Once as they come, and once for the account, when they are there.
    let mut known: Option<User> = None;
    tenancy.expect_create_user().times(2).returning(move |change| {
        if let Some(user) = &known {
            return Ok(CreateUserAnswer::Exists(user.clone()));
        }
        let user = change.body.user.clone();
        assert_eq!((&user.id, &user.email), (&maria(), &email));
        known = Some(user.clone());
        Ok(CreateUserAnswer::Created(user))
    });
    let scene = Scene::with(store, tenancy, Newcomers::Added).await;
    let start = scene.begin().await;
    let mut claims = scene.issuer.claims(&start.url);
    claims["email_verified"] = verified;
    scene.issuer.answers_codes_with(&scene.issuer.sign(&claims)).await;
    scene.finish(answer(&start)).await.unwrap();
}

#[tokio::test]
async fn without_a_provider_there_is_nothing_to_begin() {
    let sessions = crate::world::over(MockSessionStore::new());
    assert!(!sessions.has_oidc());
    assert_eq!(refusal(sessions.begin_oidc("/".to_owned()).await), OidcRefusal::NotConfigured);
}
