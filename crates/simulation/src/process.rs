//! A process: what dies as one. Every call of its sagas, to the store or to the provider, goes through it and meets
//! its fate here.

use std::future::{Future, pending};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::time::sleep;
use trunkline_provider::ProviderError;
use trunkline_provisioning::port::{BusinessesError, StoreError};
use trunkline_wallet::WalletStoreError;

use crate::database::Lockstep;
use crate::fate::{Ending, Fate, Fates};
use crate::gist::{Gist, gist_of};
use crate::time::Timeline;
use crate::trace::Trace;

/// One run of the program. Once dead it makes no call any more: whatever of it still waits, waits forever.
pub(crate) struct Process {
    name: String,
    fates: Arc<dyn Fates>,
    lockstep: Lockstep,
    timeline: Timeline,
    trace: Trace,
    dead: AtomicBool,
}

impl Process {
    pub(crate) fn new(
        name: String,
        fates: Arc<dyn Fates>,
        lockstep: Lockstep,
        timeline: Timeline,
        trace: Trace,
    ) -> Arc<Self> {
        Arc::new(Self { name, fates, lockstep, timeline, trace, dead: AtomicBool::new(false) })
    }

    /// How it is called in traces.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Whether it has met its end.
    pub(crate) fn is_dead(&self) -> bool {
        self.dead.load(Ordering::Relaxed)
    }

    /// Ends it, as SIGKILL would.
    pub(crate) fn kill(&self) {
        self.dead.store(true, Ordering::Relaxed);
        self.note(|| "dies");
    }

    pub(crate) fn note<T: std::fmt::Display>(&self, what: impl FnOnce() -> T) {
        self.trace.note(self.timeline.passed(), &self.name, what);
    }

    /// A call to the store. A store's call happens in one moment of virtual time; what takes time is the way there
    /// and back.
    pub(crate) async fn ask_store<T, E, F>(
        &self,
        method: &'static str,
        call: impl Fn() -> F + Send,
    ) -> Result<T, E>
    where
        T: Gist + Send,
        E: CallError,
        F: Future<Output = Result<T, E>>,
    {
        let fate = self.fate(method).await;
        let make = || {
            let answer = self.lockstep.run(call());
            // What comes twice is done twice; the second answer is the one that is heard.
            if fate.echo.is_some() { self.lockstep.run(call()) } else { answer }
        };
        let answer = self.meet(method, fate, make);
        self.answered(fate, answer).await
    }

    /// A call to the provider.
    pub(crate) async fn ask_provider<T: Gist + Send>(
        &self,
        method: &'static str,
        fate: Fate,
        call: impl Fn() -> Result<T, ProviderError> + Send,
    ) -> Result<T, ProviderError> {
        let answer = self.meet(method, fate, call);
        self.answered(fate, answer).await
    }

    /// The fate of a call, after the time that it takes to arrive. A call that its process does not live to see
    /// arrive is not made.
    pub(crate) async fn fate(&self, method: &'static str) -> Fate {
        self.while_alive().await;
        let fate = self.fates.of(method);
        if !fate.delay.is_zero() {
            sleep(fate.delay).await;
            self.while_alive().await;
        }
        fate
    }

    /// What a call comes to; `None` where its process does not live to hear it.
    fn meet<T: Gist, E: CallError>(
        &self,
        method: &'static str,
        fate: Fate,
        make: impl Fn() -> Result<T, E>,
    ) -> Option<Result<T, E>> {
        let answer = match fate.ending {
            Ending::Answered => Some(make()),
            Ending::NotDone => Some(Err(E::not_done())),
            Ending::Refused => Some(Err(E::refused())),
            Ending::Unknown { done } | Ending::Death { done } => {
                if done {
                    let unheard = make();
                    self.note(|| format!("{method}: {}, and the answer is lost", gist_of(&unheard)));
                }
                matches!(fate.ending, Ending::Unknown { .. }).then(|| Err(E::unknown()))
            }
        };
        if let Some(answer) = &answer {
            self.note(|| format!("{method}: {}", gist_of(answer)));
        } else {
            self.note(|| method);
            self.kill();
        }
        answer
    }

    /// Hands an answer over, after the time that it takes to come back.
    async fn answered<T, E>(&self, fate: Fate, answer: Option<Result<T, E>>) -> Result<T, E> {
        if !fate.answer_delay.is_zero() {
            sleep(fate.answer_delay).await;
        }
        self.while_alive().await;
        match answer {
            Some(answer) => answer,
            None => pending().await,
        }
    }

    async fn while_alive(&self) {
        if self.is_dead() {
            pending::<()>().await;
        }
    }
}

/// The three ways in which a call fails, in the words of its port.
pub(crate) trait CallError: std::fmt::Debug + Sized {
    /// Certainly nothing was done.
    fn not_done() -> Self;
    /// A certain no.
    fn refused() -> Self {
        Self::not_done()
    }
    /// Nobody knows.
    fn unknown() -> Self;
}

/// What an error of this tool says of itself.
const ON_PURPOSE: &str = "a fault on purpose";

impl CallError for StoreError {
    fn not_done() -> Self {
        Self::Unavailable(ON_PURPOSE.into())
    }

    fn unknown() -> Self {
        Self::OutcomeUnknown(ON_PURPOSE.into())
    }
}

impl CallError for WalletStoreError {
    fn not_done() -> Self {
        Self::Unavailable(ON_PURPOSE.into())
    }

    fn unknown() -> Self {
        Self::OutcomeUnknown(ON_PURPOSE.into())
    }
}

impl CallError for BusinessesError {
    fn not_done() -> Self {
        Self(ON_PURPOSE.into())
    }

    fn unknown() -> Self {
        Self::not_done()
    }
}

impl CallError for ProviderError {
    fn not_done() -> Self {
        Self::Unavailable { retry_after: None, detail: ON_PURPOSE.to_owned(), source: None }
    }

    fn refused() -> Self {
        let reason = trunkline_provider::Refusal::Other;
        Self::Refused { reason, code: Some(20_001), message: ON_PURPOSE.to_owned() }
    }

    fn unknown() -> Self {
        Self::OutcomeUnknown { detail: ON_PURPOSE.to_owned(), source: None }
    }
}
