//! A process: one run of the program, whose calls to the store and to the provider all come through here, where one of
//! them meets with a fault.

use std::future::{Future, pending};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::Notify;
use trunkline_provider::ProviderError;
use trunkline_provisioning::port::{BusinessesError, StoreError};
use trunkline_wallet::WalletStoreError;

use super::echo::Echo;

/// The longest that anything here may take. Nothing waits for it on a good day.
const PATIENCE: Duration = Duration::from_secs(30);

/// What happens at a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It is certainly not done, and says so.
    NotDone,
    /// It is not done, and nobody can know.
    NeverArrived,
    /// It is done, and its answer is lost.
    AnswerLost,
    /// The process dies before it.
    DiesBefore,
    /// The process dies after it, before it hears the answer.
    DiesAfter,
    /// Whoever waits for all this goes away.
    CallerLeaves,
    /// It waits before it is done, until it is let go.
    HeldBefore,
    /// It is done, and its answer waits until it is let go.
    HeldAfter,
}

/// Where a fault strikes. Each strikes once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Plan {
    /// Nowhere.
    Healthy,
    /// Nowhere; but every call that changes the store is made twice, and the second answer is the one that is heard.
    Twice,
    /// At the call with this number, from 0.
    At(usize, Fault),
    /// At the first call of this method.
    On(&'static str, Fault),
}

impl Plan {
    /// Recovery has no caller that could leave.
    pub(crate) fn is_for_callers(self) -> bool {
        matches!(self, Self::At(_, Fault::CallerLeaves))
    }
}

/// One run of the program. Once dead it makes no call any more: whatever of it still waits, waits forever.
pub(crate) struct Process {
    plan: Plan,
    calls: AtomicUsize,
    struck: AtomicBool,
    dead: AtomicBool,
    strike: Notify,
    gate: Notify,
    contradictions: Mutex<Vec<String>>,
}

impl Process {
    pub(crate) fn new(plan: Plan) -> Arc<Self> {
        Arc::new(Self {
            plan,
            calls: AtomicUsize::new(0),
            struck: AtomicBool::new(false),
            dead: AtomicBool::new(false),
            strike: Notify::new(),
            gate: Notify::new(),
            contradictions: Mutex::new(Vec::new()),
        })
    }

    pub(crate) fn was_struck(&self) -> bool {
        self.struck.load(Ordering::SeqCst)
    }

    /// Fails where a change was answered otherwise when it was repeated. Recovery survives panics, so they wait here.
    pub(crate) fn assert_repetitions_agreed(&self) {
        assert_eq!(*self.contradictions.lock().unwrap(), [""; 0]);
    }

    pub(crate) fn is_dead(&self) -> bool {
        self.dead.load(Ordering::SeqCst)
    }

    /// Waits until a call is held.
    pub(crate) async fn holds(&self) {
        tokio::time::timeout(PATIENCE, self.strike.notified()).await.expect("the call is made");
    }

    /// Lets the held call go on.
    pub(crate) fn let_go(&self) {
        self.gate.notify_one();
    }

    /// The answer to a request; `None` where the process dies, or where the caller goes away, before it is heard.
    pub(crate) async fn heard<T>(&self, request: impl Future<Output = T>) -> Option<T> {
        let deaf = async {
            match self.plan {
                Plan::At(_, fault) | Plan::On(_, fault) if fault.ends_hearing() => {
                    self.strike.notified().await;
                }
                _ => pending().await,
            }
        };
        let heard = async {
            tokio::select! {
                answer = request => Some(answer),
                () = deaf => None,
            }
        };
        tokio::time::timeout(PATIENCE, heard).await.expect("every request ends")
    }

    /// A call that changes nothing, or that is no repetition when it is made again.
    pub(crate) async fn ask<T, E, F>(&self, method: &'static str, call: impl Fn() -> F + Send) -> Result<T, E>
    where
        E: CallError,
        F: Future<Output = Result<T, E>> + Send,
        T: Send,
    {
        if self.is_dead() {
            return pending().await;
        }
        let answer = match self.fault_at(method) {
            None => call().await,
            Some(Fault::NotDone) => Err(E::not_done()),
            Some(Fault::NeverArrived) => Err(E::unknown()),
            Some(Fault::AnswerLost) => call().await.and_then(|_| Err(E::unknown())),
            Some(Fault::DiesBefore) => {
                self.die();
                Err(E::unknown())
            }
            Some(Fault::DiesAfter) => {
                let answer = call().await;
                self.die();
                answer
            }
            Some(Fault::CallerLeaves) => {
                self.strike.notify_one();
                call().await
            }
            Some(Fault::HeldBefore) => {
                self.hold().await;
                call().await
            }
            Some(Fault::HeldAfter) => {
                let answer = call().await;
                self.hold().await;
                answer
            }
        };
        if self.is_dead() { pending().await } else { answer }
    }

    /// A change of the store: safe to repeat, and repeated where everything is done twice.
    pub(crate) async fn change<T, E, F>(
        &self,
        method: &'static str,
        call: impl Fn() -> F + Send,
    ) -> Result<T, E>
    where
        T: Echo + Send,
        E: CallError,
        F: Future<Output = Result<T, E>> + Send,
    {
        if self.plan != Plan::Twice {
            return self.ask(method, call).await;
        }
        let first = call().await?;
        let second = call().await?;
        if !first.is_echoed_by(&second) {
            let what = format!("{method} answered {first:?}, and when repeated {second:?}");
            self.contradictions.lock().unwrap().push(what);
        }
        Ok(second)
    }

    fn fault_at(&self, method: &'static str) -> Option<Fault> {
        let number = self.calls.fetch_add(1, Ordering::SeqCst);
        let fault = match self.plan {
            Plan::At(n, fault) if n == number => fault,
            Plan::On(name, fault) if name == method => fault,
            _ => return None,
        };
        (!self.struck.swap(true, Ordering::SeqCst)).then_some(fault)
    }

    fn die(&self) {
        self.dead.store(true, Ordering::SeqCst);
        self.strike.notify_one();
    }

    async fn hold(&self) {
        self.strike.notify_one();
        tokio::time::timeout(PATIENCE, self.gate.notified()).await.expect("the call is let go");
    }
}

impl Fault {
    const fn ends_hearing(self) -> bool {
        matches!(self, Self::DiesBefore | Self::DiesAfter | Self::CallerLeaves)
    }
}

/// The two ways in which a call fails, in the words of its port.
pub(crate) trait CallError: Send {
    /// Certainly nothing was done.
    fn not_done() -> Self;
    /// Nobody knows.
    fn unknown() -> Self;
}

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

    fn unknown() -> Self {
        Self::OutcomeUnknown { detail: ON_PURPOSE.to_owned(), source: None }
    }
}
