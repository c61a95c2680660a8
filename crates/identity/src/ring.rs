//! The published keys that we hold, and when they are asked for again.
//!
//! | the key that a token names | what happens |
//! | --- | --- |
//! | is held, and the set is fresh | it is used |
//! | is held, and the set is older | one caller asks for a new set and waits for it; the others, and everybody while the issuer does not answer, use what there is |
//! | is not held, or the set is too old | one caller asks, the others wait for the answer; then it is there, unknown, or unavailable |
//!
//! Whatever happens, the issuer is asked by one caller at a time and at most once in an interval; a caller that goes
//! away does not end the asking.

use std::error::Error;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::{Mutex, OwnedMutexGuard};
use trunkline_domain::Clock;
use trunkline_tenancy::TokenError;

use crate::fetch::{FetchError, Fetcher};
use crate::key_set::{KeySet, ProvingKey};

/// How long published keys are used, and how often they are asked for.
#[derive(Debug, Clone, Copy)]
pub struct KeyTimes {
    /// So long a set is used without asking again. A key that the issuer takes back is accepted so long at most, while
    /// the issuer can be reached.
    pub fresh_for: Duration,
    /// So long a set is used when the issuer cannot be reached.
    pub stale_for: Duration,
    /// The issuer is asked at most once in this time, however many tokens name a key that is not held.
    pub refetch_after: Duration,
    /// How long the issuer has for a whole answer.
    pub timeout: Duration,
}

impl Default for KeyTimes {
    /// Fresh for ten minutes, kept for a day, asked for every thirty seconds at most, five seconds for an answer.
    fn default() -> Self {
        Self {
            fresh_for: Duration::from_mins(10),
            stale_for: Duration::from_hours(24),
            refetch_after: Duration::from_secs(30),
            timeout: Duration::from_secs(5),
        }
    }
}

/// The keys of one issuer.
#[derive(Clone)]
pub(crate) struct KeyRing(Arc<Inner>);

struct Inner {
    fetcher: Fetcher,
    clock: Arc<dyn Clock>,
    times: KeyTimes,
    state: RwLock<State>,
    /// Held by whoever asks the issuer.
    turn: Arc<Mutex<()>>,
}

#[derive(Default)]
struct State {
    held: Option<Held>,
    asked_at: Option<DateTime<Utc>>,
    /// Why the last asking brought nothing, where it did not.
    failure: Option<String>,
}

struct Held {
    keys: KeySet,
    since: DateTime<Utc>,
}

enum Found {
    Fresh(ProvingKey),
    Stale(ProvingKey),
    Missing,
}

impl KeyRing {
    pub(crate) fn new(fetcher: Fetcher, clock: Arc<dyn Clock>, times: KeyTimes) -> Self {
        let state = RwLock::new(State::default());
        Self(Arc::new(Inner { fetcher, clock, times, state, turn: Arc::new(Mutex::new(())) }))
    }

    /// The key that a token names.
    pub(crate) async fn key(&self, kid: &str) -> Result<ProvingKey, TokenError> {
        match self.0.look(kid) {
            Found::Fresh(key) => Ok(key),
            Found::Stale(key) => self.renewed(kid, key).await,
            Found::Missing => self.found_out(kid).await,
        }
    }

    /// A key of an older set: of a new set where it is this caller's turn to ask, else as it is.
    async fn renewed(&self, kid: &str, stale: ProvingKey) -> Result<ProvingKey, TokenError> {
        let Ok(turn) = Arc::clone(&self.0.turn).try_lock_owned() else { return Ok(stale) };
        if !self.0.may_ask() {
            return Ok(stale);
        }
        self.ask(turn).await;
        self.0.verdict(kid)
    }

    /// A key that is not held: asked for, unless that was done a moment ago.
    async fn found_out(&self, kid: &str) -> Result<ProvingKey, TokenError> {
        let turn = Arc::clone(&self.0.turn).lock_owned().await;
        // Somebody else may have brought it meanwhile.
        let is_missing = matches!(self.0.look(kid), Found::Missing);
        if is_missing && self.0.may_ask() {
            self.ask(turn).await;
        }
        self.0.verdict(kid)
    }

    /// Asks in a task of its own, which ends whether or not anybody waits for it.
    async fn ask(&self, turn: OwnedMutexGuard<()>) {
        let ring = self.clone();
        let asking = tokio::spawn(async move {
            ring.0.begin();
            let answer = ring.0.fetcher.fetch().await;
            ring.0.end(answer);
            drop(turn);
        });
        if let Err(error) = asking.await {
            tracing::error!(%error, "asking the identity provider for its keys broke off");
        }
    }
}

impl Inner {
    fn look(&self, kid: &str) -> Found {
        let now = self.clock.now();
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        let Some(held) = &state.held else { return Found::Missing };
        let Some(key) = held.keys.get(kid).cloned() else { return Found::Missing };
        let age = now - held.since;
        if is_within(age, self.times.fresh_for) {
            Found::Fresh(key)
        } else if is_within(age, self.times.stale_for) {
            Found::Stale(key)
        } else {
            Found::Missing
        }
    }

    /// What is said of a key when asking is over. It is unknown only by the word of a set that is still good; whether
    /// there is such a key while the issuer cannot be asked, nobody knows.
    fn verdict(&self, kid: &str) -> Result<ProvingKey, TokenError> {
        match self.look(kid) {
            Found::Fresh(key) | Found::Stale(key) => Ok(key),
            Found::Missing => {
                let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
                match &state.failure {
                    Some(failure) => Err(TokenError::Unavailable(failure.clone().into())),
                    None => Err(TokenError::Refused("its key is not among the published ones".to_owned())),
                }
            }
        }
    }

    fn may_ask(&self) -> bool {
        let now = self.clock.now();
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        state.asked_at.is_none_or(|asked| !is_within(now - asked, self.times.refetch_after))
    }

    fn begin(&self) {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        state.asked_at = Some(self.clock.now());
        state.failure = Some("the identity provider has not answered yet".to_owned());
    }

    fn end(&self, answer: Result<KeySet, FetchError>) {
        let since = self.clock.now();
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        match answer {
            Ok(keys) => {
                state.held = Some(Held { keys, since });
                state.failure = None;
            }
            Err(error) => {
                let failure = with_causes(&error);
                tracing::warn!(failure, "the identity provider's keys are not renewed");
                state.failure = Some(failure);
            }
        }
    }
}

/// Whether a time since something is within bounds. A clock that was put back has bounds that are over.
fn is_within(age: TimeDelta, bound: Duration) -> bool {
    age.to_std().is_ok_and(|age| age < bound)
}

pub(crate) fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
