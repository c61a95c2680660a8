//! How many requests are answered at once. One more is refused at once: who waits without an end in sight asks again, and
//! then the server works for answers that nobody waits for any more.
//!
//! Webhooks have places of their own, so calls are answered while customers' programs ask for too much; probes need none.
//! A request that waits for its client to send the rest of its body gives its place up meanwhile.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::HttpSettings;
use crate::problem::{ErrorCode, Problem};
use crate::router::WEBHOOKS;

/// When to ask again.
const RETRY: Duration = Duration::from_secs(1);

/// The places.
#[derive(Debug)]
pub(crate) struct Admission {
    api: Arc<Semaphore>,
    webhooks: Arc<Semaphore>,
}

impl Admission {
    pub(crate) fn new(settings: &HttpSettings) -> Self {
        let places = || Arc::new(Semaphore::new(settings.requests_at_once.min(Semaphore::MAX_PERMITS)));
        Self { api: places(), webhooks: places() }
    }

    /// The places for requests to a route; `None` where none is needed.
    fn places(&self, route: &str) -> Option<&Arc<Semaphore>> {
        if WEBHOOKS.iter().any(|webhooks| route.starts_with(webhooks)) {
            return Some(&self.webhooks);
        }
        let is_probe = ["/healthz", "/readyz"].contains(&route);
        (!is_probe).then_some(&self.api)
    }
}

/// The place of one request, given up when the request is answered.
#[derive(Debug, Clone)]
pub(crate) struct Place(Arc<Held>);

#[derive(Debug)]
struct Held {
    places: Arc<Semaphore>,
    permit: Mutex<Option<OwnedSemaphorePermit>>,
}

impl Place {
    fn take(places: &Arc<Semaphore>) -> Option<Self> {
        let permit = Arc::clone(places).try_acquire_owned().ok()?;
        Some(Self(Arc::new(Held { places: Arc::clone(places), permit: Mutex::new(Some(permit)) })))
    }

    /// Gives the place up until [`Place::take_again`].
    pub(super) fn leave(&self) {
        self.set(None);
    }

    /// Takes a place again; `false` where there is none now.
    pub(super) fn take_again(&self) -> bool {
        let permit = Arc::clone(&self.0.places).try_acquire_owned().ok();
        let has_place = permit.is_some();
        self.set(permit);
        has_place
    }

    fn set(&self, permit: Option<OwnedSemaphorePermit>) {
        *self.0.permit.lock().unwrap_or_else(PoisonError::into_inner) = permit;
    }
}

/// Answers a request where there is a place for it, and refuses it otherwise.
pub(crate) async fn admit(
    State(admission): State<Arc<Admission>>,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str).unwrap_or_default();
    let Some(places) = admission.places(route) else { return Ok(next.run(request).await) };
    let place = Place::take(places).ok_or_else(overloaded)?;
    request.extensions_mut().insert(place.clone());
    let response = next.run(request).await;
    place.leave();
    Ok(response)
}

/// What is said where there is no place. Nothing has been begun.
pub(crate) fn overloaded() -> Problem {
    let detail = "The server is answering as many requests as it can at once. Nothing was done; send the same request again \
                  after Retry-After.";
    Problem::new(ErrorCode::Overloaded, detail).nothing_begun().retry_after(RETRY)
}
