//! The way of a request to the API: it is written down, a fault may strike it, it is acted on, and something becomes
//! of it.
//!
//! Acting is one step that nothing interrupts; only before and after it can a request wait. A client that goes away
//! therefore never leaves half a payment.

use std::sync::Arc;

use axum::{
    Extension,
    extract::{Request, State},
    response::Response,
};

use crate::{
    answer::Answer,
    api,
    call::Call,
    fault::{FaultAction, HangAct},
    idempotency::{Admission, KEY_CHARS_MAX},
    journal::RequestOutcome,
    refusal::Refusal,
    shared::{Release, Shared},
    wire::Line,
    world::World,
};

/// Answers a request to the simulated API.
pub(crate) async fn answer(
    State(shared): State<Arc<Shared>>,
    Extension(line): Extension<Line>,
    request: Request,
) -> Response {
    let id = shared.with_world(|world| world.request_ids.fresh("req_", 14));
    let call = Call::read(request, id).await;
    let (sequence, fault) = shared.with_world(|world| {
        world.counters.requests += 1;
        let authenticated = refuse_stranger(&shared, &call).is_ok();
        let sequence = world.journal.record(call.record(authenticated));
        (sequence, world.script.strike(&call.method, &call.path))
    });
    let headers = headers(&shared, &call);
    let errand = Errand { shared: Arc::clone(&shared), call, sequence };
    let end = match fault {
        None => End::Answer(errand.act().await, None),
        Some(fault) => errand.struck(fault).await,
    };
    match end {
        End::Answer(answer, retry_after_s) => {
            let replayed = answer.original_request.is_some();
            shared.settle(sequence, RequestOutcome::Answered { status: answer.status, replayed });
            let mut headers = headers;
            headers.extend(retry_after_s.map(|seconds| ("retry-after", seconds.to_string())));
            answer.respond(&headers)
        }
        End::Reset => {
            shared.settle(sequence, RequestOutcome::Reset);
            line.cut().await;
            Response::default()
        }
    }
}

/// What every answer has, the simulator's time too.
fn headers(shared: &Shared, call: &Call) -> Vec<(&'static str, String)> {
    let version = call.stripe_version.clone().unwrap_or_else(|| shared.config.api_version.clone());
    let date = shared.clock.now().format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let mut headers = vec![("date", date), ("request-id", call.id.clone()), ("stripe-version", version)];
    headers.extend(call.idempotency_key.clone().map(|key| ("idempotency-key", key)));
    headers
}

fn refuse_stranger(shared: &Shared, call: &Call) -> Result<(), Refusal> {
    match &call.secret_key {
        None => Err(Refusal::no_key()),
        Some(key) if shared.config.secret_keys.contains(key) => Ok(()),
        Some(key) => Err(Refusal::wrong_key(key)),
    }
}

/// What the client gets to see.
enum End {
    Answer(Answer, Option<u32>),
    Reset,
}

/// A request that has been written down.
#[derive(Clone)]
struct Errand {
    shared: Arc<Shared>,
    call: Call,
    sequence: u64,
}

impl Errand {
    /// Does what the request asks for, and waits until it would outlive the process.
    async fn act(&self) -> Answer {
        let answer = match self.admit() {
            Admission::Answered(answer) => answer,
            Admission::First => self.act_once(),
        };
        self.shared.save().await;
        answer
    }

    /// Whether the request is to be acted on.
    fn admit(&self) -> Admission {
        if let Err(refusal) = refuse_stranger(&self.shared, &self.call) {
            return Admission::Answered(refusal.answer());
        }
        if self.call.is_unreadable {
            return Admission::Answered(Refusal::body_too_large().answer());
        }
        let Some(key) = self.key() else { return Admission::First };
        if key.chars().count() > KEY_CHARS_MAX {
            let message = format!("Idempotency keys can have up to {KEY_CHARS_MAX} characters.");
            return Admission::Answered(Refusal::invalid(None, message).answer());
        }
        let now = self.shared.clock.seconds();
        self.shared.with_world(|world| {
            let admission = world.keys.admit(key, &self.call.fingerprint(), &self.call.id, now);
            if let Admission::Answered(answer) = &admission {
                world.counters.replayed += u64::from(answer.original_request.is_some());
            }
            admission
        })
    }

    /// Acts on an admitted request, and keeps the answer under its key. Whoever only looks changes nothing that a state
    /// file would have to know.
    fn act_once(&self) -> Answer {
        let now = self.shared.clock.seconds();
        if self.call.method == "GET" {
            self.shared.keep_time();
            return self.shared.with_world(|world| api::act(world, &self.call, now));
        }
        self.shared.change(|world: &mut World| {
            let answer = api::act(world, &self.call, now);
            if let Some(key) = self.key() {
                world.keys.keep(key, &answer);
            }
            answer
        })
    }

    /// Only what is posted has an idempotency key.
    fn key(&self) -> Option<&str> {
        self.call.idempotency_key.as_deref().filter(|_| self.call.method == "POST")
    }

    async fn struck(self, fault: FaultAction) -> End {
        match fault {
            FaultAction::Refuse { status, retry_after_s } => {
                End::Answer(Refusal::of_status(status).answer(), retry_after_s)
            }
            FaultAction::ResetBeforeActing => End::Reset,
            FaultAction::ActThenReset => {
                self.act().await;
                End::Reset
            }
            FaultAction::ActThen500 => {
                self.act().await;
                End::Answer(Refusal::of_status(500).answer(), None)
            }
            FaultAction::ActThenKept500 => {
                self.act().await;
                let answer = Refusal::of_status(500).answer();
                if let Some(key) = self.key() {
                    self.shared.with_world(|world| world.keys.keep(key, &answer));
                }
                End::Answer(answer, None)
            }
            FaultAction::Hang { act } => self.hang(act).await,
        }
    }

    /// Withholds the answer. It runs apart from the connection, so that a client which gives up does not stop it.
    async fn hang(self, act: HangAct) -> End {
        // Listening begins before anybody can see that the answer is withheld.
        let mut release = self.shared.held.subscribe();
        let withheld = tokio::spawn(async move {
            let early = match act {
                HangAct::First => Some(self.act().await),
                HangAct::Later | HangAct::Never => None,
            };
            // Until it is acted on, its key is in use.
            let admission = if act == HangAct::Later { Some(self.admit()) } else { None };
            self.shared.settle(self.sequence, RequestOutcome::Held);
            let released = tokio::select! {
                released = release.changed() => released.is_ok() && *release.borrow() == Release::Answer,
                () = self.shared.stopping.cancelled() => false,
            };
            match (early, admission) {
                (Some(answer), _) if released => End::Answer(answer, None),
                (None, Some(Admission::First)) if released => {
                    let answer = self.act_once();
                    self.shared.save().await;
                    End::Answer(answer, None)
                }
                (None, Some(Admission::Answered(answer))) if released => End::Answer(answer, None),
                (_, admission) => {
                    if let (Some(Admission::First), Some(key)) = (admission, self.key()) {
                        self.shared.with_world(|world| world.keys.forget(key));
                    }
                    End::Reset
                }
            }
        });
        withheld.await.unwrap_or(End::Reset)
    }
}

impl Shared {
    /// Writes down what became of a request and wakes those who wait for it.
    fn settle(&self, sequence: u64, outcome: RequestOutcome) {
        self.with_world(|world| world.journal.settle(sequence, outcome));
        self.moved.send_replace(());
    }
}
