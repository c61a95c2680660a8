//! The identity provider, where users may show its tokens: whether its keys can be had from here.

use trunkline_identity::{KeySource, count_published_keys};

use super::report::Finding;
use crate::settings::IdentitySettings;

const CHECK: &str = "identity provider";

/// Asks for the published keys; nothing where no provider is set.
pub(super) async fn examine(identity: Option<&IdentitySettings>) -> Option<Finding> {
    let url = match &identity?.tokens.keys {
        KeySource::Published(url) => url,
        KeySource::Shared(_) => {
            return Some(Finding::ok(CHECK, "tokens are checked with the shared secret; nobody is asked"));
        }
    };
    Some(match count_published_keys(url).await {
        Ok(1) => Finding::ok(CHECK, format!("{url} publishes one key that tokens can be checked with")),
        Ok(keys) => {
            Finding::ok(CHECK, format!("{url} publishes {keys} keys that tokens can be checked with"))
        }
        Err(error) => Finding::problem(
            CHECK,
            format!("no key is to be had from {url} ({error}), so tokens are answered 503; API keys work on"),
        )
        .cured_by("set JWT_JWKS_URL to the provider's jwks_uri, and let this machine reach it"),
    })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use trunkline_identity::TokenSettings;
    use trunkline_tenancy::Newcomers;
    use wiremock::matchers::{method, path};
    use wiremock::{Mock, MockServer, ResponseTemplate};

    use super::super::report::Level;
    use super::*;

    const KEYS: &str = r#"{"keys":[{"kty":"EC","crv":"P-256","kid":"a","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]}"#;

    fn settings(keys: KeySource) -> IdentitySettings {
        let (issuer, audience) = ("https://id.example.com".to_owned(), "numbers".to_owned());
        IdentitySettings { tokens: TokenSettings { issuer, audience, keys }, newcomers: Newcomers::Refused }
    }

    #[rstest]
    #[case(ResponseTemplate::new(200).set_body_string(KEYS), Level::Ok, "one key")]
    #[case(ResponseTemplate::new(200).set_body_string("<html>"), Level::Problem, "no JSON Web Key Set")]
    #[case(ResponseTemplate::new(200).set_body_string(r#"{"keys":[]}"#), Level::Problem, "no key for ES256")]
    #[case(ResponseTemplate::new(404), Level::Problem, "answers 404")]
    #[tokio::test]
    async fn the_address_of_the_keys_is_asked(
        #[case] answer: ResponseTemplate,
        #[case] level: Level,
        #[case] words: &str,
    ) {
        let server = MockServer::start().await;
        Mock::given(method("GET")).and(path("/keys")).respond_with(answer).mount(&server).await;
        let url = format!("{}/keys", server.uri()).parse().unwrap();
        let finding = examine(Some(&settings(KeySource::Published(url)))).await.unwrap();
        assert_eq!(finding.level, level);
        assert!(finding.message.contains(words), "{}", finding.message);
    }

    #[tokio::test]
    async fn what_is_not_set_is_not_asked() {
        assert!(examine(None).await.is_none());
        let shared = settings(KeySource::Shared("hunter2".into()));
        let finding = examine(Some(&shared)).await.unwrap();
        assert_eq!(finding.level, Level::Ok);
        assert!(!finding.message.contains("hunter2"));
    }
}
