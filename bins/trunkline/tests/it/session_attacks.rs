//! What somebody tries who wants another's session, against the real server over HTTP: slipping one in, using one again, making one
//! up, reaching another's, and having another's browser send a form. Attacks on signing in at an identity provider are in
//! tests/web/oidc.mjs.

use std::io::Write;
use std::net::TcpListener;
use std::process::Stdio;

use reqwest::header::{COOKIE, LOCATION, ORIGIN, SET_COOKIE};
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, StatusCode};
use serde_json::Value;

use crate::stage::{Stage, USER};

const PASSWORD: &str = "correct horse battery";
const ANN: &str = "ann@example.com";
const BEN: &str = "ben@example.com";
const SESSIONS: &str = "/dashboard/settings/sessions";
const BUSINESSES: &str = "/dashboard/settings/businesses";
/// How a browser says that a form is of this site.
const OWN: (&str, &str) = ("sec-fetch-site", "same-origin");

/// A server, and two people with accounts.
struct Doors {
    stage: Stage,
    http: Client,
}

/// What an answer says about who is signed in.
struct Answer {
    status: StatusCode,
    leads_to: String,
    /// The session's token that the browser is given.
    given: Option<String>,
    text: String,
}

impl Doors {
    async fn open() -> Self {
        // Forms are told from other sites' by the public address, so the server has to know its port before it listens.
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let url = format!("http://{address}");
        let stage = Stage::with("0", &[("LISTEN", &address), ("PUBLIC_URL", &url)]).await;
        let http = Client::builder().no_proxy().tls_certs_only([]).redirect(Policy::none()).build().unwrap();
        let doors = Self { stage, http };
        doors.make_account(ANN, USER);
        doors.make_account(BEN, "ben");
        doors
    }

    fn make_account(&self, email: &str, user: &str) {
        let arguments = ["user", "create", "--email", email, "--user", user];
        let mut command = self.stage.command_with(&arguments, &[]);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::inherit());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(format!("{PASSWORD}\n").as_bytes()).unwrap();
        assert!(child.wait().unwrap().success());
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.stage.server.url)
    }

    fn look(&self, path: &str) -> RequestBuilder {
        self.http.get(self.url(path))
    }

    fn send(&self, path: &str, form: &[(&str, &str)]) -> RequestBuilder {
        self.http.post(self.url(path)).form(form)
    }

    fn credentials(&self, email: &str) -> RequestBuilder {
        self.send("/sign-in", &[("email", email), ("password", PASSWORD)])
    }

    /// Signs in with this cookie; answers the token of the session.
    async fn sign_in(&self, email: &str, cookie: Option<&str>) -> String {
        let mut request = self.credentials(email).header(OWN.0, OWN.1);
        if let Some(token) = cookie {
            request = request.header(COOKIE, cookie_of(token));
        }
        let answer = heard(request).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        answer.given.unwrap()
    }

    /// Whether whoever has this cookie is let in.
    async fn lets_in(&self, cookie: &str) -> bool {
        let answer = heard(self.look(SESSIONS).header(COOKIE, cookie)).await;
        let is_in = answer.status == StatusCode::OK;
        assert!(is_in || answer.leads_to.starts_with("/sign-in"), "{} {}", answer.status, answer.text);
        is_in
    }

    async fn businesses(&self) -> usize {
        let listed = self.stage.get("/api/businesses").await;
        listed["businesses"].as_array().map_or(0, Vec::len)
    }

    /// The sessions of an account, by id.
    fn sessions(&self, email: &str) -> Vec<String> {
        let output = self.stage.command(&["user", "sessions", "--email", email]);
        assert!(output.status.success(), "{output:?}");
        let text = String::from_utf8(output.stdout).unwrap();
        text.split_whitespace().filter(|word| word.parse::<uuid::Uuid>().is_ok()).map(str::to_owned).collect()
    }
}

fn cookie_of(token: &str) -> String {
    format!("trunkline={token}")
}

async fn heard(request: RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let status = response.status();
    let text = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
    let leads_to = text(LOCATION).unwrap_or_default().to_owned();
    let lines = response.headers().get_all(SET_COOKIE).iter().filter_map(|line| line.to_str().ok());
    let given = lines.filter_map(|line| line.strip_prefix("trunkline=")?.split(';').next());
    let given = given.filter(|token| !token.is_empty()).map(str::to_owned).next();
    Answer { status, leads_to, given, text: response.text().await.unwrap() }
}

#[tokio::test]
async fn a_session_that_was_slipped_in_before_is_not_taken_over() {
    let doors = Doors::open().await;
    // One that the attacker has made up.
    let made_up = "A".repeat(43);
    let given = doors.sign_in(ANN, Some(&made_up)).await;
    assert_ne!(given, made_up);
    assert!(!doors.lets_in(&cookie_of(&made_up)).await && doors.lets_in(&cookie_of(&given)).await);
    // One that is the attacker's own: it ends, and is nobody's.
    let own = doors.sign_in(BEN, None).await;
    let given = doors.sign_in(ANN, Some(&own)).await;
    assert_ne!(given, own);
    assert!(!doors.lets_in(&cookie_of(&own)).await && doors.lets_in(&cookie_of(&given)).await);
    // One beside the victim's: which of them is whose, the server does not guess.
    let both = format!("{}; {}", cookie_of(&given), cookie_of(&doors.sign_in(BEN, None).await));
    assert!(!doors.lets_in(&both).await);
}

#[tokio::test]
async fn a_session_is_of_no_use_after_its_end() {
    let doors = Doors::open().await;
    let token = doors.sign_in(ANN, None).await;
    let cookie = cookie_of(&token);
    let out = heard(doors.send("/sign-out", &[]).header(OWN.0, OWN.1).header(COOKIE, &cookie)).await;
    assert_eq!((out.status, out.leads_to.as_str()), (StatusCode::SEE_OTHER, "/sign-in?out=1"));
    assert!(!doors.lets_in(&cookie).await);
    let add = doors.send(BUSINESSES, &[("name", "Stolen")]).header(OWN.0, OWN.1).header(COOKIE, &cookie);
    assert_eq!(heard(add).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(doors.businesses().await, 0);
    // Nor after another sign-in in the same browser, or when it is ended elsewhere.
    let (first, second) = (doors.sign_in(ANN, None).await, doors.sign_in(ANN, Some(&token)).await);
    let others = doors.send(&format!("{SESSIONS}/others"), &[]).header(OWN.0, OWN.1);
    heard(others.header(COOKIE, cookie_of(&second))).await;
    assert!(!doors.lets_in(&cookie_of(&first)).await && doors.lets_in(&cookie_of(&second)).await);
}

#[tokio::test]
async fn nobody_comes_in_by_a_session_that_is_made_up() {
    let doors = Doors::open().await;
    let token = doors.sign_in(ANN, None).await;
    let id = doors.sessions(ANN).remove(0);
    let last = if token.ends_with('A') { "B" } else { "A" };
    let near = format!("{}{last}", &token[..token.len() - 1]);
    for forged in [near.as_str(), &id, "", "null", &format!("{token}{token}"), &"%00".repeat(43)] {
        assert!(!doors.lets_in(&cookie_of(forged)).await, "{forged}");
    }
    assert!(doors.lets_in(&cookie_of(&token)).await);
}

#[tokio::test]
async fn nobody_sees_or_ends_anothers_session() {
    let doors = Doors::open().await;
    let (ann, ben) = (doors.sign_in(ANN, None).await, doors.sign_in(BEN, None).await);
    let anns = doors.sessions(ANN).remove(0);
    let list = heard(doors.look(SESSIONS).header(COOKIE, cookie_of(&ben))).await;
    assert!(!list.text.contains(&anns) && !list.text.contains(ANN), "{}", list.text);
    let end = doors.send(&format!("{SESSIONS}/{anns}"), &[]).header(OWN.0, OWN.1);
    heard(end.header(COOKIE, cookie_of(&ben))).await;
    let others = doors.send(&format!("{SESSIONS}/others"), &[]).header(OWN.0, OWN.1);
    heard(others.header(COOKIE, cookie_of(&ben))).await;
    assert!(doors.lets_in(&cookie_of(&ann)).await && doors.lets_in(&cookie_of(&ben)).await);
    // With the cookie of another user one acts as that user, and as nobody else.
    let add = doors.send(BUSINESSES, &[("name", "Bens")]).header(OWN.0, OWN.1);
    heard(add.header(COOKIE, cookie_of(&ben))).await;
    assert_eq!(doors.businesses().await, 0, "ann has none");
}

#[tokio::test]
async fn a_form_of_another_site_does_nothing() {
    let doors = Doors::open().await;
    let token = doors.sign_in(ANN, None).await;
    let cookie = cookie_of(&token);
    let ours = doors.stage.server.url.clone();
    let strange: [&[(&str, &str)]; 7] = [
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "none")],
        &[("sec-fetch-site", "cross-site"), (ORIGIN.as_str(), &ours)],
        &[(ORIGIN.as_str(), "https://evil.example")],
        &[(ORIGIN.as_str(), "null")],
        &[],
    ];
    let id = uuid::Uuid::now_v7().to_string();
    for headers in strange {
        let business = doors.send(BUSINESSES, &[("id", &id), ("name", "Theirs")]);
        let others = doors.send(&format!("{SESSIONS}/others"), &[]);
        for request in [business, others, doors.send("/sign-out", &[]), doors.credentials(BEN)] {
            let request =
                headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
            let answer = heard(request.header(COOKIE, &cookie)).await;
            assert_eq!((answer.status, answer.given), (StatusCode::FORBIDDEN, None), "{headers:?}");
            assert!(answer.text.contains("nothing was done"), "{}", answer.text);
        }
    }
    assert_eq!(doors.businesses().await, 0);
    assert!(doors.lets_in(&cookie).await && doors.sessions(BEN).is_empty());
    // The same form of this server's own page is taken.
    let business = doors.send(BUSINESSES, &[("id", &id), ("name", "Ours")]);
    let added = heard(business.header(OWN.0, OWN.1).header(COOKIE, &cookie)).await;
    assert_eq!(added.status, StatusCode::SEE_OTHER, "{}", added.text);
    let listed: Value = doors.stage.get("/api/businesses").await;
    assert_eq!(listed["businesses"][0]["name"], "Ours");
}
