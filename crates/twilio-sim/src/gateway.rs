//! The way of a request: it is written down, a fault may strike it, it is acted on, and something becomes of it.
//!
//! Acting is one step that nothing interrupts; only before and after it can a request wait. A client that goes away
//! therefore never leaves half a purchase.

use std::{
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use axum::{
    extract::{ConnectInfo, Request, State},
    http::HeaderMap,
    response::Response,
};
use tokio_util::sync::CancellationToken;

use crate::{
    answer::{Answer, common_headers},
    call::Call,
    fault::{Acting, Delivery, FaultAction},
    holdings::Lag,
    journal::Outcome,
    recorder::Exchange,
    refusal::Refusal,
    shared::{Release, Shared},
    wire::Line,
    world::World,
};

/// Answers a request to the simulated API.
pub(crate) async fn answer(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(line): ConnectInfo<Line>,
    request: Request,
) -> Response {
    let passage = Passage::begin(&shared);
    let call = Call::read(request).await;
    let (request, fault, epoch) = shared.with_world(|world| {
        let request = record(world, &call);
        (request, world.script.strike(&call.method, &call.path), world.epoch())
    });
    let exchange = shared.recorder.as_ref().map(|_| Exchange::of(&call, fault.is_some()));
    let errand = Errand { shared: Arc::clone(&shared), call, request, epoch };
    let end = match fault {
        None if passage.is_one_too_many() => End::Answer(Refusal::of_status(429).answer()),
        None => End::Answer(errand.act(None).await),
        Some(fault) => errand.struck(fault).await,
    };
    if let Some((recorder, exchange)) = shared.recorder.as_ref().zip(exchange) {
        recorder.write(&exchange, end.whole_answer());
    }
    match end {
        End::Answer(answer) => {
            shared.settle(request, Outcome::Answered { status: answer.status });
            answer.respond(passage.headers())
        }
        End::Truncated(answer) => {
            shared.settle(request, Outcome::Truncated { status: answer.status });
            answer.respond_truncated(passage.headers())
        }
        End::Reset => {
            line.cut();
            shared.settle(request, Outcome::Reset);
            // The server tries to send this and finds the line cut.
            Response::default()
        }
    }
}

/// Writes a request down, and tells its number.
fn record(world: &mut World, call: &Call) -> u64 {
    let authenticated = world.accounts.authenticate(call.credentials.as_ref()).is_ok();
    world.journal.record(call.record(authenticated))
}

/// What the client gets to see.
enum End {
    Answer(Answer),
    Truncated(Answer),
    Reset,
}

impl End {
    const fn whole_answer(&self) -> Option<&Answer> {
        match self {
            Self::Answer(answer) => Some(answer),
            Self::Truncated(_) | Self::Reset => None,
        }
    }
}

/// A request that has been written down.
struct Errand {
    shared: Arc<Shared>,
    call: Call,
    request: u64,
    /// The world in which it was sent.
    epoch: CancellationToken,
}

impl Errand {
    /// Does what the request asks for, and waits until it would outlive the process.
    async fn act(&self, lag: Option<Lag>) -> Answer {
        let answer = self.shared.act(&self.call, lag);
        self.shared.save().await;
        answer
    }

    async fn struck(self, fault: FaultAction) -> End {
        match fault {
            FaultAction::Refuse { status, code, message } => {
                let message = message.unwrap_or_else(|| "Refused by a fault script".to_owned());
                End::Answer(Refusal::new(status, Some(code), message).answer())
            }
            FaultAction::Status { status, retry_after_s } => {
                End::Answer(Refusal::of_status(status).answer().retry_after_s(retry_after_s))
            }
            FaultAction::ResetBeforeActing => End::Reset,
            FaultAction::ActThenReset => {
                self.act(None).await;
                End::Reset
            }
            FaultAction::ActThen500 => {
                self.act(None).await;
                End::Answer(Refusal::of_status(500).answer())
            }
            FaultAction::NeverAnswer { act } => self.withhold(act).await,
            FaultAction::Delay { ms, act } => self.delay(Duration::from_millis(ms), act).await,
            FaultAction::Duplicate { answer } => End::Answer(self.twice(answer).await),
            FaultAction::TruncatedBody => End::Truncated(self.act(None).await),
            FaultAction::ListLag { lists } => {
                let lag = lists.map_or(Lag::UntilEnded, Lag::Lists);
                End::Answer(self.act(Some(lag)).await)
            }
        }
    }

    /// Acts as if the request had come a second time right after the first, by a proxy that repeats it, say.
    async fn twice(self, answer: Delivery) -> Answer {
        let first = self.act(None).await;
        let again = self.shared.with_world(|world| record(world, &self.call));
        let second = self.act(None).await;
        self.shared.settle(again, Outcome::Answered { status: second.status });
        match answer {
            Delivery::First => first,
            Delivery::Second => second,
        }
    }

    /// Keeps the client waiting until the withheld answers are released. A client that goes away ends it too: the
    /// server then drops this future.
    async fn withhold(self, act: bool) -> End {
        // Listening begins before anybody can see that the answer is withheld.
        let mut release = self.shared.held.subscribe();
        let answer = if act { Some(self.act(None).await) } else { None };
        self.shared.settle(self.request, Outcome::Held);
        let released = tokio::select! {
            released = release.changed() => released.is_ok() && *release.borrow() == Release::Answer,
            () = self.epoch.cancelled() => false,
        };
        match answer {
            Some(answer) if released => End::Answer(answer),
            _ => End::Reset,
        }
    }

    /// Answers late. It runs apart from the connection, so that a client which gives up does not stop it.
    async fn delay(self, delay: Duration, act: Acting) -> End {
        let late = tokio::spawn(async move {
            let early = match act {
                Acting::First => Some(self.act(None).await),
                Acting::Later => None,
            };
            self.shared.settle(self.request, Outcome::Held);
            tokio::select! {
                () = tokio::time::sleep(delay) => {}
                () = self.epoch.cancelled() => return None,
            }
            match early {
                Some(answer) => Some(answer),
                None => Some(self.act(None).await),
            }
        });
        match late.await {
            Ok(Some(answer)) => End::Answer(answer),
            Ok(None) | Err(_) => End::Reset,
        }
    }
}

/// Counts a request as in progress for as long as it lives.
struct Passage {
    shared: Arc<Shared>,
    concurrent: usize,
    begun: Instant,
}

impl Passage {
    fn begin(shared: &Arc<Shared>) -> Self {
        let concurrent = shared.in_flight.fetch_add(1, Ordering::Relaxed) + 1;
        Self { shared: Arc::clone(shared), concurrent, begun: Instant::now() }
    }

    fn is_one_too_many(&self) -> bool {
        self.shared.config.concurrent_requests_max.is_some_and(|most| self.concurrent > most)
    }

    fn headers(&self) -> HeaderMap {
        common_headers(self.concurrent, self.begun.elapsed().as_millis(), self.shared.clock.now())
    }
}

impl Drop for Passage {
    fn drop(&mut self) {
        self.shared.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}
