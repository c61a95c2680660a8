//! The description over HTTP: the document, and pages that show it.
//!
//! Both are open to everybody, since they say nothing of the deployment. The pages are Swagger UI's, which the program
//! carries; they load nothing from anywhere else, and their policy lets them load nothing else.

use std::borrow::Cow;
use std::sync::{Arc, LazyLock};

use axum::body::Bytes;
use axum::extract::Path;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};
use utoipa_swagger_ui::Config;

use super::refusals::OfAnybody;
use super::served;
use crate::edge::nowhere;
use crate::problem::Problem;

/// Where the pages are.
pub(crate) const PAGES: &str = "/api/docs/";

/// A page may run and show what this server has, style itself, and ask this server; nothing else, and nobody frames it.
const POLICY: (HeaderName, HeaderValue) = (
    header::CONTENT_SECURITY_POLICY,
    HeaderValue::from_static(
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
);

/// The same in every release of Swagger UI, so it may be kept for an hour.
const KEPT: (HeaderName, HeaderValue) =
    (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600"));

static SETTINGS: LazyLock<Arc<Config<'static>>> = LazyLock::new(|| {
    let config = Config::from("../openapi.json").use_base_layout().validator_url("none");
    Arc::new(config.display_operation_id(true).default_models_expand_depth(0).doc_expansion("list"))
});

/// This description
///
/// As an OpenAPI 3.1 document; `trunkline openapi` prints it, too. People read it at `/api/docs`.
#[utoipa::path(
    get,
    path = "/api/openapi.json",
    operation_id = "describe",
    tag = "health",
    responses(
        (status = 200, description = "The document.", body = Object),
        OfAnybody,
    ),
    security(()),
)]
pub(crate) async fn document() -> Response {
    ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], served()).into_response()
}

/// `GET /api/docs`: where the pages begin.
pub(crate) async fn front() -> Redirect {
    Redirect::permanent(PAGES)
}

/// `GET /api/docs/`.
pub(crate) async fn index() -> Response {
    page("index.html")
}

/// `GET /api/docs/{file}`.
pub(crate) async fn file(Path(name): Path<String>) -> Response {
    page(&name)
}

fn page(name: &str) -> Response {
    match utoipa_swagger_ui::serve(name, Arc::clone(&SETTINGS)) {
        Ok(Some(file)) => {
            let Ok(content_type) = HeaderValue::from_str(&file.content_type) else {
                return Problem::internal().into_response();
            };
            // What the program carries is sent from where it is: a megabyte that somebody reads slowly costs nothing.
            let bytes = match file.bytes {
                Cow::Borrowed(bytes) => Bytes::from_static(bytes),
                Cow::Owned(bytes) => Bytes::from(bytes),
            };
            ([POLICY, KEPT, (header::CONTENT_TYPE, content_type)], bytes).into_response()
        }
        Ok(None) => nowhere().into_response(),
        Err(_) => Problem::internal().into_response(),
    }
}
