//! The public address: whether it is reached from here, with a certificate that the world trusts, and answers as
//! Trunkline does.

use std::error::Error;
use std::time::Duration;

use reqwest::redirect;
use serde::Deserialize;
use url::Url;

use super::report::Finding;

const CHECK: &str = "public address";
/// What our servers call themselves.
const SERVICE: &str = "trunkline";
/// As long as Twilio itself waits for an answer.
const TIMEOUT: Duration = Duration::from_secs(15);

/// What `GET /healthz` answers.
#[derive(Deserialize)]
struct Health {
    success: bool,
    service: String,
}

/// Asks the server for its health at its public address.
pub(super) async fn examine(public_url: Option<&Url>) -> Finding {
    let Some(url) = public_url else {
        return Finding::problem(
            CHECK,
            "none is set: with an account the server refuses to start, without one no call or text arrives",
        )
        .cured_by("set PUBLIC_URL to the https address at which Twilio reaches this server");
    };
    if url.scheme() != "https" {
        return Finding::problem(CHECK, format!("{url} is not https"))
            .cured_by("set PUBLIC_URL to an https address; on your own machine, open a tunnel");
    }
    match client() {
        Ok(http) => ask(&http, url).await,
        Err(error) => Finding::warning(CHECK, format!("it cannot be checked: {}", cause(&error)))
            .cured_by("install the package ca-certificates"),
    }
}

fn client() -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder().redirect(redirect::Policy::none()).timeout(TIMEOUT).build()
}

async fn ask(http: &reqwest::Client, url: &Url) -> Finding {
    let health = format!("{}/healthz", url.as_str().trim_end_matches('/'));
    let answer = match http.get(&health).send().await {
        Ok(answer) => answer,
        Err(error) => return unreached(url, &error),
    };
    let status = answer.status();
    if status.is_redirection() {
        return Finding::problem(
            CHECK,
            format!("{health} redirects elsewhere, and Twilio signs the address it was given"),
        )
        .cured_by("set PUBLIC_URL to the address that answers itself");
    }
    let ours = answer.json::<Health>().await.is_ok_and(|health| health.success && health.service == SERVICE);
    if status.is_success() && ours {
        return Finding::ok(CHECK, format!("{url} answers, as Trunkline, with a valid certificate"));
    }
    Finding::problem(CHECK, format!("{health} answers {}, but not as Trunkline does", status.as_u16()))
        .cured_by("start the server, and let the proxy or tunnel pass every path to it unchanged")
}

fn unreached(url: &Url, error: &reqwest::Error) -> Finding {
    let cause = cause(error);
    // The TLS library's own words; they only choose between two sentences.
    if cause.to_lowercase().contains("certificate") {
        return Finding::problem(CHECK, format!("the certificate of {url} is not accepted ({cause})"))
            .cured_by("install one of a public authority, with its whole chain");
    }
    let how = if error.is_timeout() { "does not answer in time" } else { "is not reached from here" };
    Finding::problem(CHECK, format!("{url} {how} ({cause})"))
        .cured_by("check the name, the firewall, and that the server and its proxy or tunnel run")
}

/// The innermost error, which is the one that says something.
fn cause(error: &dyn Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use tokio::net::TcpListener;
    use wiremock::matchers::{method, path};
    use wiremock::{Mock, MockServer, ResponseTemplate};

    use super::super::report::Level;
    use super::*;

    async fn asked(answer: ResponseTemplate) -> Finding {
        let server = MockServer::start().await;
        Mock::given(method("GET")).and(path("/base/healthz")).respond_with(answer).mount(&server).await;
        let url = Url::parse(&format!("{}/base/", server.uri())).unwrap();
        let http = reqwest::Client::builder()
            .redirect(redirect::Policy::none())
            .no_proxy()
            .tls_certs_only([])
            .build()
            .unwrap();
        ask(&http, &url).await
    }

    #[rstest]
    #[case(ResponseTemplate::new(200).set_body_string(r#"{"success":true,"service":"trunkline"}"#), Level::Ok, "as Trunkline")]
    #[case(ResponseTemplate::new(200).set_body_string("Welcome to nginx"), Level::Problem, "not as Trunkline")]
    #[case(ResponseTemplate::new(200).set_body_string(r#"{"success":true}"#), Level::Problem, "not as Trunkline")]
    #[case(ResponseTemplate::new(200).set_body_string(r#"{"success":false,"service":"trunkline"}"#), Level::Problem, "not as Trunkline")]
    #[case(ResponseTemplate::new(502), Level::Problem, "answers 502")]
    #[case(ResponseTemplate::new(301).insert_header("Location", "/x"), Level::Problem, "redirects")]
    #[tokio::test]
    async fn an_answer_is_judged(
        #[case] answer: ResponseTemplate,
        #[case] level: Level,
        #[case] words: &str,
    ) {
        let finding = asked(answer).await;
        assert_eq!(finding.level, level);
        assert!(finding.message.contains(words), "{}", finding.message);
    }

    #[tokio::test]
    async fn an_address_without_https_or_none_at_all_is_named() {
        let plain = Url::parse("http://numbers.example.com").unwrap();
        assert_eq!(examine(Some(&plain)).await.level, Level::Problem);
        assert_eq!(examine(None).await.level, Level::Problem);
    }

    #[tokio::test]
    async fn nobody_there_is_named() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://{}", listener.local_addr().unwrap());
        drop(listener);
        let finding = examine(Some(&Url::parse(&url).unwrap())).await;
        assert!(finding.message.contains("not reached"), "{}", finding.message);
    }
}
