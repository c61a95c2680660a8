//! Whose page a form was sent by. Browsers say so themselves: by `Sec-Fetch-Site`, and the older ones by `Origin`. A request that
//! changes something and says neither, or another site, is refused before anything of it is read.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::Response;
use url::Url;

use crate::DashboardState;
use crate::error::Failure;

const SITE: &str = "sec-fetch-site";

/// The layer before every page.
pub(crate) async fn own_forms_only(
    State(state): State<Arc<DashboardState>>,
    request: Request,
    next: Next,
) -> Result<Response, Failure> {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    if reads || is_own(request.headers(), &state.settings.public_url) {
        return Ok(next.run(request).await);
    }
    Err(Failure::ForeignForm)
}

/// Every header that is there has to say so, once. Never by the `Host` header, which is whatever somebody sent.
fn is_own(headers: &HeaderMap, public_url: &Url) -> bool {
    let only = |name: &str| {
        let mut sent = headers.get_all(name).iter();
        match (sent.next(), sent.next()) {
            (None, _) => Ok(None),
            (Some(one), None) => one.to_str().map(Some).map_err(|_| ()),
            (Some(_), Some(_)) => Err(()),
        }
    };
    let (Ok(site), Ok(origin)) = (only(SITE), only(header::ORIGIN.as_str())) else { return false };
    let ours = public_url.origin().ascii_serialization();
    match (site, origin) {
        (Some(site), Some(origin)) => site == "same-origin" && origin == ours,
        (Some(site), None) => site == "same-origin",
        (None, Some(origin)) => origin == ours,
        (None, None) => false,
    }
}

/// Whether a page of another site has led here, as browsers say of a page that is only looked at, too. The older ones do not say.
pub(crate) fn is_led_by_another_site(headers: &HeaderMap) -> bool {
    headers.get_all(SITE).iter().any(|site| site != "same-origin" && site != "none")
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    fn map(headers: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        map
    }

    fn sent(headers: &[(&'static str, &'static str)]) -> bool {
        is_own(&map(headers), &"https://numbers.example.com/".parse().unwrap())
    }

    #[test]
    fn only_a_form_of_our_own_pages_is_taken() {
        let ours = ("origin", "https://numbers.example.com");
        assert!(sent(&[("sec-fetch-site", "same-origin")]) && sent(&[ours]));
        assert!(sent(&[("sec-fetch-site", "same-origin"), ours]));
        for site in ["cross-site", "same-site", "none", "", "same-origin, cross-site"] {
            assert!(!sent(&[("sec-fetch-site", site)]), "{site}");
            assert!(!sent(&[("sec-fetch-site", site), ours]), "{site}");
        }
        for origin in
            ["null", "http://numbers.example.com", "https://numbers.example.com:444", "https://evil.example"]
        {
            assert!(!sent(&[("origin", origin)]), "{origin}");
            assert!(!sent(&[("sec-fetch-site", "same-origin"), ("origin", origin)]), "{origin}");
        }
        assert!(!sent(&[]) && !sent(&[ours, ours]) && !sent(&[("host", "numbers.example.com")]));
    }

    #[test]
    fn a_link_of_another_site_is_told_from_ones_own_and_from_a_typed_address() {
        let led = |headers: &[(&'static str, &'static str)]| is_led_by_another_site(&map(headers));
        for site in ["cross-site", "same-site", "", "none, cross-site"] {
            assert!(led(&[(SITE, site)]), "{site}");
        }
        assert!(led(&[(SITE, "same-origin"), (SITE, "cross-site")]));
        assert!(!led(&[(SITE, "same-origin")]) && !led(&[(SITE, "none")]) && !led(&[]));
    }
}
