//! How long a body may take. The time runs from when a handler begins to read it, so a stranger's body is still not read
//! at all; and it runs for the whole of it, so a byte now and then does not help.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use axum::BoxError;
use axum::body::{Body, BodyDataStream, Bytes, HttpBody};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use futures::FutureExt;
use futures::stream::{self, StreamExt};
use tokio::time::{Instant, timeout_at};

use super::admission::Place;
use crate::ApiState;

/// Why a body is not read to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BodyCut {
    /// It took too long.
    #[error("the body took too long")]
    TooSlow,
    /// While it was waited for, others took the place of its request.
    #[error("there is no place for the request any more")]
    NoPlace,
}

impl BodyCut {
    /// Whether that is why a body could not be read.
    pub(crate) fn of(error: &(dyn Error + 'static)) -> Option<Self> {
        let mut cause = Some(error);
        while let Some(error) = cause {
            if let Some(cut) = error.downcast_ref() {
                return Some(*cut);
            }
            cause = error.source();
        }
        None
    }
}

/// Gives every body its time.
pub(crate) async fn limit_body_time(
    State(state): State<Arc<ApiState>>,
    request: Request,
    next: Next,
) -> Response {
    let limit = state.settings.body_timeout;
    let place = request.extensions().get::<Place>().cloned();
    let request = request.map(|body| if body.is_end_stream() { body } else { timed(body, limit, place) });
    next.run(request).await
}

/// A body on its way.
struct Arriving {
    parts: BodyDataStream,
    limit: Duration,
    /// From the first part that is asked for.
    deadline: Option<Instant>,
    place: Option<Place>,
    is_cut: bool,
}

fn timed(body: Body, limit: Duration, place: Option<Place>) -> Body {
    let arriving = Arriving { parts: body.into_data_stream(), limit, deadline: None, place, is_cut: false };
    Body::from_stream(stream::unfold(arriving, |mut arriving| async move {
        let part = arriving.next().await?;
        Some((part, arriving))
    }))
}

impl Arriving {
    async fn next(&mut self) -> Option<Result<Bytes, BoxError>> {
        if self.is_cut {
            return None;
        }
        let limit = self.limit;
        let deadline = *self.deadline.get_or_insert_with(|| Instant::now() + limit);
        if let Some(part) = self.parts.next().now_or_never() {
            return part.map(|part| part.map_err(BoxError::from));
        }
        if let Some(place) = &self.place {
            place.leave();
        }
        let part = timeout_at(deadline, self.parts.next()).await;
        let has_place = self.place.as_ref().is_none_or(Place::take_again);
        match part {
            Ok(part) if has_place => part.map(|part| part.map_err(BoxError::from)),
            Ok(_) => Some(Err(self.cut(BodyCut::NoPlace))),
            Err(_) => Some(Err(self.cut(BodyCut::TooSlow))),
        }
    }

    fn cut(&mut self, why: BodyCut) -> BoxError {
        self.is_cut = true;
        why.into()
    }
}
