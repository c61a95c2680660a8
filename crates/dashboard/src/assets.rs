//! Styles and scripts, part of the program. Their names carry what is in them, so browsers keep them for good.

use axum::extract::Path;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;

/// Where they are.
pub(crate) const PATH: &str = "/assets/{version}/{name}";

const FOR_GOOD: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

#[derive(RustEmbed)]
#[folder = "assets/"]
struct Assets;

/// The address of one of them.
pub(crate) fn address(name: &str) -> String {
    format!("/assets/{}/{name}", version(name).unwrap_or_default())
}

fn version(name: &str) -> Option<String> {
    let file = Assets::get(name)?;
    Some(hex::encode(&file.metadata.sha256_hash()[..6]))
}

/// One of them, as it is now. Under the name of an older one there is nothing: a page of the older program asks for it.
pub(crate) async fn file(Path((asked, name)): Path<(String, String)>) -> Response {
    let Some(file) = Assets::get(&name).filter(|_| version(&name) == Some(asked)) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let kind = mime_guess::from_path(&name).first_or_octet_stream();
    let kind = HeaderValue::try_from(kind.as_ref()).unwrap_or(HeaderValue::from_static("text/plain"));
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, FOR_GOOD)], file.data).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_carries_what_is_in_it() {
        let style = address("style.css");
        assert!(
            style.starts_with("/assets/") && style.ends_with("/style.css") && style.len() > 25,
            "{style}"
        );
        assert_eq!(version("absent.css"), None);
    }
}
