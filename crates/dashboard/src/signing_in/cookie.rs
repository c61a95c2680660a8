//! The cookies of the pages. None is readable by scripts; over https they are kept to https and, where nothing narrows
//! their path, to this very host.

use axum::http::{HeaderMap, HeaderValue, header};
use chrono::{DateTime, Utc};
use cookie::time::{Duration, OffsetDateTime};
use cookie::{Cookie, SameSite};
use trunkline_sessions::SessionToken;
use url::Url;

/// What a cookie is called and how long it lives.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Jar<'u> {
    public_url: &'u Url,
}

impl<'u> Jar<'u> {
    /// The cookies of a server that browsers know under this address.
    pub(crate) const fn of(public_url: &'u Url) -> Self {
        Self { public_url }
    }

    fn is_https(self) -> bool {
        self.public_url.scheme() == "https"
    }

    /// A browser takes a name with `__Host-` only over https, for this host, and for all its paths.
    fn name(self, name: &'static str) -> String {
        if self.is_https() { format!("__Host-{name}") } else { name.to_owned() }
    }

    /// The token of the session that a browser says it has.
    pub(crate) fn session(self, headers: &HeaderMap) -> Option<SessionToken> {
        self.read(headers, "trunkline")?.parse().ok()
    }

    /// Keeps a session's token until the session ends, however busy.
    pub(crate) fn keep_session(self, token: &SessionToken, ends_at: DateTime<Utc>) -> HeaderValue {
        let ends_at = OffsetDateTime::from_unix_timestamp(ends_at.timestamp()).ok();
        let mut cookie = self.cookie("trunkline", token.expose().to_owned());
        cookie.set_expires(ends_at);
        written(&cookie)
    }

    /// Forgets it.
    pub(crate) fn forget_session(self) -> HeaderValue {
        self.forget("trunkline")
    }

    /// A cookie of ours, as the browser sent it. Where it came twice, another one was slipped in, and neither is believed.
    pub(crate) fn read(self, headers: &HeaderMap, name: &'static str) -> Option<String> {
        let name = self.name(name);
        let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
        let mut found = lines
            .flat_map(|line| Cookie::split_parse_encoded(line).flatten())
            .filter(|cookie| cookie.name() == name)
            .map(|cookie| cookie.value().to_owned());
        match (found.next(), found.next()) {
            (Some(value), None) => Some(value),
            (Some(_), Some(_)) | (None, _) => None,
        }
    }

    /// Keeps something for a while.
    pub(crate) fn keep(self, name: &'static str, value: String, seconds: i64) -> HeaderValue {
        let mut cookie = self.cookie(name, value);
        cookie.set_max_age(Duration::seconds(seconds));
        written(&cookie)
    }

    /// Forgets it.
    pub(crate) fn forget(self, name: &'static str) -> HeaderValue {
        let mut cookie = self.cookie(name, String::new());
        cookie.make_removal();
        written(&cookie)
    }

    fn cookie(self, name: &'static str, value: String) -> Cookie<'static> {
        // Lax: a link from elsewhere, such as back from the page on which somebody paid, finds them signed in; a form of
        // another site does not.
        Cookie::build((self.name(name), value))
            .path("/")
            .http_only(true)
            .same_site(SameSite::Lax)
            .secure(self.is_https())
            .build()
    }
}

/// Values are ours: letters, digits and escapes.
fn written(cookie: &Cookie<'_>) -> HeaderValue {
    HeaderValue::try_from(cookie.encoded().to_string()).unwrap_or(HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jar(url: &str) -> Url {
        url.parse().unwrap()
    }

    fn sent(line: &str) -> HeaderMap {
        HeaderMap::from_iter([(header::COOKIE, HeaderValue::try_from(line).unwrap())])
    }

    #[test]
    fn over_https_a_cookie_is_kept_to_this_host() {
        let url = jar("https://numbers.example.com");
        let kept = Jar::of(&url).keep("next", "x".into(), 60);
        let kept = kept.to_str().unwrap();
        assert!(kept.starts_with("__Host-next=x; "), "{kept}");
        for part in ["HttpOnly", "SameSite=Lax", "Secure", "Path=/", "Max-Age=60"] {
            assert!(kept.split("; ").any(|found| found == part), "{part}: {kept}");
        }
        assert!(!kept.contains("Domain"), "{kept}");
        let url = jar("http://127.0.0.1:8080");
        let kept = Jar::of(&url).keep("next", "x".into(), 60);
        assert!(!kept.to_str().unwrap().contains("Secure"));
    }

    #[test]
    fn a_cookie_that_came_twice_is_nobodys() {
        let url = jar("http://127.0.0.1:8080");
        let read = |line| Jar::of(&url).read(&sent(line), "next");
        assert_eq!(read("a=b; next=x").as_deref(), Some("x"));
        assert_eq!(read("next=x; next=y"), None);
        assert_eq!(read("nextx=x"), None);
    }
}
