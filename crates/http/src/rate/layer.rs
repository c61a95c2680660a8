//! Where requests are counted: strangers before it is known who they are, callers after.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{Extensions, HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use trunkline_tenancy::Principal;

use super::RateLimiter;
use super::meter::Rate;
use crate::ApiState;
use crate::problem::{ErrorCode, Problem};

/// Counts requests without good credentials by their address. Stands outside of `authenticate`, whose answer it reads.
///
/// Where an address has asked too much, credentials that were good before are still looked at: who shares an address
/// with somebody who guesses keys, behind one proxy perhaps, is not shut out. What is good is never counted, however much
/// of it is under way; guesses that are under way together may pass together, and are owed afterwards.
pub(crate) async fn limit_strangers(
    State(state): State<Arc<ApiState>>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let rates = &state.rates;
    let address = rates.trusted_proxies().client(request.extensions(), request.headers());
    let credentials = request.headers().get(header::AUTHORIZATION);
    let mark = credentials.map(|credentials| rates.mark_of(credentials.as_bytes()));
    let is_known = mark.is_some_and(|mark| rates.knows(mark));
    if !is_known {
        rates.let_try(address).map_err(|(rate, wait)| too_many_attempts(rate, wait))?;
    }
    let response = next.run(request).await;
    let is_stranger = response.status() == StatusCode::UNAUTHORIZED;
    if is_stranger {
        rates.charge(address);
    }
    match mark {
        Some(mark) if is_stranger => rates.forget(mark),
        Some(mark) if !is_known && is_of_somebody(&response) => rates.remember(mark),
        Some(_) | None => {}
    }
    Ok(response)
}

/// Counts somebody by their address who shows nothing that could be good.
pub(crate) fn count_stranger(
    rates: &RateLimiter,
    extensions: &Extensions,
    headers: &HeaderMap,
) -> Result<(), Problem> {
    let address = rates.trusted_proxies().client(extensions, headers);
    rates.let_try(address).map_err(|(rate, wait)| too_many_attempts(rate, wait))?;
    rates.charge(address);
    Ok(())
}

/// Counts requests by their caller. Stands inside of `authenticate`.
pub(crate) async fn limit_callers(
    State(state): State<Arc<ApiState>>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    if let Some(principal) = request.extensions().get::<Principal>() {
        state.rates.admit(principal).map_err(|(rate, wait)| too_many_requests(rate, wait))?;
    }
    let mut response = next.run(request).await;
    response.extensions_mut().insert(OfSomebody);
    Ok(response)
}

/// The answer to a request whose credentials were good.
#[derive(Debug, Clone, Copy)]
struct OfSomebody;

fn is_of_somebody(response: &Response) -> bool {
    response.extensions().get::<OfSomebody>().is_some()
}

fn too_many_requests(rate: Rate, wait: Duration) -> Problem {
    let detail = format!(
        "This caller has asked more often than {} times a second. Nothing was done; send the same request again \
         after Retry-After, and space requests out.",
        rate.per_second
    );
    limited(detail, wait)
}

fn too_many_attempts(rate: Rate, wait: Duration) -> Problem {
    let detail = format!(
        "From this address more than {} requests a second came without valid credentials. Nothing was done; check the API \
         key, then try again after Retry-After.",
        rate.per_second
    );
    limited(detail, wait)
}

fn limited(detail: String, wait: Duration) -> Problem {
    // Whole seconds, and never too early.
    let wait = Duration::from_secs(wait.as_secs() + u64::from(wait.subsec_nanos() > 0));
    Problem::new(ErrorCode::RateLimited, detail).retry_after(wait)
}
