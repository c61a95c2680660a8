//! What the edge measures: every request by route, method, status and time. The crate speaks to whatever recorder its
//! host installs.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use metrics::{Unit, describe_histogram, histogram};

const REQUESTS: &str = "trunkline_http_request_duration_seconds";

/// The label of every request that no route takes: what strangers try must not make time series.
const UNMATCHED: &str = "unmatched";

/// Tells the installed recorder what this crate's metrics mean.
pub fn describe_metrics() {
    describe_histogram!(
        REQUESTS,
        Unit::Seconds,
        "How long requests take until their answer begins, by the route's pattern, method and status."
    );
}

/// A request is answered.
pub(crate) fn answered(route: Option<&str>, method: &Method, status: StatusCode, took: Duration) {
    let labels = [
        ("route", route.unwrap_or(UNMATCHED).to_owned()),
        ("method", known(method).to_owned()),
        ("status", status.as_u16().to_string()),
    ];
    histogram!(REQUESTS, &labels).record(took);
}

/// Methods are whatever a client says; only those that HTTP names get a label of their own.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
