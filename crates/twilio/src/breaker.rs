//! A circuit breaker: while an endpoint family of Twilio's is down, nothing more is sent to it.
//!
//! Invariant: only outages trip it. An answer of Twilio's, also a refusal or a rate limit, shows that Twilio is there.
//! It opens after so many calls in a row found nobody; after a while one call may try, and its end decides.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use tracing::{info, warn};

use crate::config::BreakerPolicy;

/// The breaker of one family.
#[derive(Debug)]
pub(crate) struct Breaker {
    family: &'static str,
    policy: BreakerPolicy,
    state: Mutex<State>,
}

#[derive(Debug, Clone, Copy)]
enum State {
    /// Calls pass; so many of the last ones in a row found an outage.
    Closed { outages: u32 },
    /// No call passes before then; the first one after it is the trial.
    Open { until: Instant },
    /// One call is trying.
    Trying,
}

/// A call that may pass. Dropped without a word, as by a caller that went away, it says nothing about Twilio.
#[derive(Debug)]
pub(crate) struct Passage<'a> {
    breaker: &'a Breaker,
    is_trial: bool,
}

impl Breaker {
    pub(crate) const fn new(family: &'static str, policy: BreakerPolicy) -> Self {
        Self { family, policy, state: Mutex::new(State::Closed { outages: 0 }) }
    }

    /// Lets a call pass, or says how long none will.
    pub(crate) fn pass(&self) -> Result<Passage<'_>, Duration> {
        let mut state = self.state();
        let is_trial = match *state {
            State::Closed { .. } => false,
            State::Open { until } => {
                let left = until.saturating_duration_since(Instant::now());
                if !left.is_zero() {
                    return Err(left);
                }
                *state = State::Trying;
                true
            }
            State::Trying => return Err(self.policy.open_for),
        };
        Ok(Passage { breaker: self, is_trial })
    }

    fn open(&self, state: &mut State) {
        warn!(family = self.family, open_for = ?self.policy.open_for, "Twilio is down: nothing is sent to it for a while");
        *state = State::Open { until: Instant::now() + self.policy.open_for };
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Passage<'_> {
    /// Twilio answered, whatever it said.
    pub(crate) fn answered(mut self) {
        let mut state = self.breaker.state();
        match *state {
            State::Trying if self.is_trial => {
                info!(family = self.breaker.family, "Twilio is back");
                *state = State::Closed { outages: 0 };
            }
            State::Closed { .. } => *state = State::Closed { outages: 0 },
            // An answer to a call of before says less than the outages since.
            State::Open { .. } | State::Trying => {}
        }
        self.is_trial = false;
    }

    /// Nobody was there, or nobody who could answer.
    pub(crate) fn found_outage(mut self) {
        let mut state = self.breaker.state();
        match *state {
            State::Trying if self.is_trial => self.breaker.open(&mut state),
            State::Closed { outages } if outages + 1 >= self.breaker.policy.outages => {
                self.breaker.open(&mut state);
            }
            State::Closed { outages } => *state = State::Closed { outages: outages + 1 },
            State::Open { .. } | State::Trying => {}
        }
        self.is_trial = false;
    }
}

impl Drop for Passage<'_> {
    /// A trial that was given up makes room for another.
    fn drop(&mut self) {
        if self.is_trial {
            *self.breaker.state() = State::Open { until: Instant::now() };
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    const POLICY: BreakerPolicy = BreakerPolicy { outages: 3, open_for: Duration::from_secs(5) };

    fn breaker() -> Breaker {
        Breaker::new("search", POLICY)
    }

    fn trip(breaker: &Breaker) {
        for _ in 0..POLICY.outages {
            breaker.pass().unwrap().found_outage();
        }
    }

    #[tokio::test(start_paused = true)]
    async fn outages_in_a_row_open_it_for_a_while() {
        let breaker = breaker();
        trip(&breaker);
        assert_eq!(breaker.pass().unwrap_err(), POLICY.open_for);
        advance(Duration::from_secs(4)).await;
        assert_eq!(breaker.pass().unwrap_err(), Duration::from_secs(1));
        advance(Duration::from_secs(1)).await;
        breaker.pass().unwrap().answered();
        assert!(breaker.pass().is_ok() && breaker.pass().is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_between_outages_keeps_it_closed() {
        let breaker = breaker();
        for _ in 0..10 {
            breaker.pass().unwrap().found_outage();
            breaker.pass().unwrap().found_outage();
            breaker.pass().unwrap().answered();
        }
        assert!(breaker.pass().is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn one_call_at_a_time_tries_and_its_failure_opens_it_again() {
        let breaker = breaker();
        trip(&breaker);
        advance(POLICY.open_for).await;
        let trial = breaker.pass().unwrap();
        assert!(breaker.pass().is_err());
        trial.found_outage();
        assert_eq!(breaker.pass().unwrap_err(), POLICY.open_for);
    }

    #[tokio::test(start_paused = true)]
    async fn a_trial_that_is_given_up_makes_room_for_another() {
        let breaker = breaker();
        trip(&breaker);
        advance(POLICY.open_for).await;
        drop(breaker.pass().unwrap());
        assert!(breaker.pass().is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn calls_of_before_decide_nothing_about_a_trial() {
        let breaker = breaker();
        let (early, late) = (breaker.pass().unwrap(), breaker.pass().unwrap());
        trip(&breaker);
        early.answered();
        assert!(breaker.pass().is_err());
        advance(POLICY.open_for).await;
        let trial = breaker.pass().unwrap();
        late.found_outage();
        trial.answered();
        assert!(breaker.pass().is_ok());
    }
}
