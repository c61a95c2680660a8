//! How large the first lines of a request may be. What is larger still is refused by the connection itself, unread.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;

use crate::problem::{ErrorCode, Problem};

/// The longest path with its query, in bytes.
const TARGET_MAX: usize = 8 * 1024;
/// The largest headers together, in bytes.
const HEADERS_MAX: usize = 16 * 1024;

/// Refuses what no client of ours needs.
pub(crate) async fn limit_head(request: Request, next: Next) -> Result<Response, Problem> {
    let target = request.uri().path_and_query().map_or(0, |target| target.as_str().len());
    if target > TARGET_MAX {
        let detail = "The path and query are longer than this server reads. Nothing was done; send less.";
        return Err(Problem::new(ErrorCode::UrlTooLong, detail));
    }
    let headers: usize =
        request.headers().iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if headers > HEADERS_MAX {
        let detail = "The headers are larger than this server reads. Nothing was done; send less.";
        return Err(Problem::new(ErrorCode::HeadersTooLarge, detail));
    }
    Ok(next.run(request).await)
}
