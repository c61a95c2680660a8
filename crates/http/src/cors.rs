//! Which browser front ends may call: an exact list of origins, empty until somebody fills it.
//!
//! A browser asks before it sends another site's request, and shows the answer to that site only where we name its
//! origin. We never name all of them, and never allow credentials that a browser sends by itself: callers show a bearer
//! token, which no other site has.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, Method, header};
use tower_http::cors::{AllowOrigin, CorsLayer};
use url::{Origin, Url};

/// How long a browser may remember what it was told.
const REMEMBERED: Duration = Duration::from_mins(10);

/// The origin of a front end, as browsers send it: scheme, host, and the port unless it is the scheme's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedOrigin(HeaderValue);

/// Text that is no origin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AllowedOriginError {
    /// Neither http nor https, or no URL at all; `*` among them.
    #[error("`{0}` is not an origin; write each one out, such as https://app.example.com")]
    NotAnOrigin(String),
    /// A URL, but not as a browser writes its origin.
    #[error("`{text}` is not how a browser names this origin; write {origin}")]
    NotExact {
        /// What was written.
        text: String,
        /// What a browser sends.
        origin: String,
    },
}

impl FromStr for AllowedOrigin {
    type Err = AllowedOriginError;

    fn from_str(text: &str) -> Result<Self, AllowedOriginError> {
        let unfit = || AllowedOriginError::NotAnOrigin(text.to_owned());
        let url: Url = text.parse().map_err(|_| unfit())?;
        let origin = match (url.scheme(), url.origin()) {
            // A pattern would be taken for a host of that very name, and quietly match nobody.
            ("http" | "https", origin @ Origin::Tuple(..)) if !text.contains('*') => {
                origin.ascii_serialization()
            }
            _ => return Err(unfit()),
        };
        if origin != text {
            return Err(AllowedOriginError::NotExact { text: text.to_owned(), origin });
        }
        HeaderValue::from_str(text).map(Self).map_err(|_| unfit())
    }
}

impl fmt::Display for AllowedOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.to_str().unwrap_or_default())
    }
}

/// What answers browsers, where there is anybody to answer.
pub(crate) fn layer(origins: &[AllowedOrigin]) -> Option<CorsLayer> {
    if origins.is_empty() {
        return None;
    }
    let request_id = HeaderName::from_static("x-request-id");
    let layer = CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins.iter().map(|origin| origin.0.clone())))
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            HeaderName::from_static("idempotency-key"),
            HeaderName::from_static("trunkline-user"),
        ])
        .expose_headers([header::LOCATION, header::RETRY_AFTER, request_id])
        .max_age(REMEMBERED);
    Some(layer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_written_as_browsers_write_it() {
        for good in ["https://app.example.com", "http://localhost:5173", "https://app.example.com:8443"] {
            assert_eq!(good.parse::<AllowedOrigin>().unwrap().to_string(), good);
        }
        for bad in ["*", "null", "app.example.com", "file:///x", "https://*.example.com", "https://"] {
            assert!(bad.parse::<AllowedOrigin>().is_err(), "{bad}");
        }
        for loose in ["https://app.example.com/", "https://App.example.com", "https://app.example.com:443"] {
            let error = loose.parse::<AllowedOrigin>().unwrap_err();
            assert!(error.to_string().ends_with("write https://app.example.com"), "{error}");
        }
    }
}
