//! What every flow of this crate works with: the ports, the settings, and the tasks that nobody cancels.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use trunkline_alarms::{AlarmBoard, LoggedAlarms};
use trunkline_domain::{Clock, IdSource};
use trunkline_provider::{NumberProvider, ProviderAccount, ProviderError, Unconfigured};

use crate::port::{
    Businesses, DecisionStore, NumberStore, OrderStore, OrphanStore, PurchaseStore, ReconciliationStore,
    ReleaseStore, StoreError,
};
use crate::purchase::changes::backoff;
use crate::{CurrentPrices, LeaseTerms, ProvisioningSettings};

/// The ports that provisioning works through, and the prices in force.
#[derive(Clone)]
pub struct ProvisioningParts {
    /// Who supplies numbers.
    pub provider: Arc<dyn NumberProvider>,
    /// The account there: whose addresses go with purchases that need one. `Unconfigured` leaves that to the operator.
    pub account: Arc<dyn ProviderAccount>,
    /// Orders' transitions.
    pub purchases: Arc<dyn PurchaseStore>,
    /// Releases' transitions.
    pub releases: Arc<dyn ReleaseStore>,
    /// Orphans and passes.
    pub orphans: Arc<dyn OrphanStore>,
    /// What an operator decides about numbers.
    pub decisions: Arc<dyn DecisionStore>,
    /// Numbers.
    pub numbers: Arc<dyn NumberStore>,
    /// Orders, for reading.
    pub orders: Arc<dyn OrderStore>,
    /// Our books as a reconciliation reads them, and its reports.
    pub reconciliations: Arc<dyn ReconciliationStore>,
    /// Who owns a business.
    pub businesses: Arc<dyn Businesses>,
    /// The prices in force.
    pub prices: CurrentPrices,
    /// Where it is said that an operator should look at something.
    pub alarms: Arc<dyn AlarmBoard>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Fresh ids.
    pub ids: Arc<dyn IdSource>,
}

impl ProvisioningParts {
    /// The parts over one store that implements every store port, with the system's clock and random ids, alarms that
    /// are written into the log alone (see [`Self::with_alarms`]), and without the account's addresses (see
    /// [`Self::with_account`]).
    pub fn over<S>(
        store: &Arc<S>,
        provider: Arc<dyn NumberProvider>,
        businesses: Arc<dyn Businesses>,
        prices: CurrentPrices,
    ) -> Self
    where
        S: PurchaseStore
            + ReleaseStore
            + OrphanStore
            + DecisionStore
            + NumberStore
            + OrderStore
            + ReconciliationStore
            + 'static,
    {
        Self {
            provider,
            account: Arc::new(Unconfigured),
            purchases: Arc::<S>::clone(store),
            releases: Arc::<S>::clone(store),
            orphans: Arc::<S>::clone(store),
            decisions: Arc::<S>::clone(store),
            numbers: Arc::<S>::clone(store),
            orders: Arc::<S>::clone(store),
            reconciliations: Arc::<S>::clone(store),
            businesses,
            prices,
            alarms: Arc::new(LoggedAlarms),
            clock: Arc::new(trunkline_domain::SystemClock),
            ids: Arc::new(trunkline_domain::RandomIds),
        }
    }

    /// The same parts, with the account whose addresses go with purchases that need one.
    #[must_use]
    pub fn with_account(self, account: Arc<dyn ProviderAccount>) -> Self {
        Self { account, ..self }
    }

    /// The same parts, with alarms raised on this board.
    #[must_use]
    pub fn with_alarms(self, alarms: Arc<dyn AlarmBoard>) -> Self {
        Self { alarms, ..self }
    }
}

/// The shared inside of the facade.
pub(crate) struct Engine {
    pub parts: ProvisioningParts,
    pub settings: ProvisioningSettings,
    /// Sagas run here, from before their first transaction to after their last. Shutdown waits for it.
    pub tracker: TaskTracker,
    /// Cancelled when the facade shuts down: sagas stop waiting and looking, and leave the rest to recovery.
    pub stopping: CancellationToken,
    /// Whether the addresses of these settings are noted.
    pub addresses_noted: AtomicBool,
    /// Whether the last reconciliation was too long ago when it was last asked.
    pub overdue: AtomicBool,
}

/// How often the provider is asked again after it has certainly not acted.
const PATIENT_ATTEMPTS: u32 = 8;

/// The pause after the first time, where the provider names none; each further one is twice as long, up to ten times.
const PATIENT_PAUSE: Duration = Duration::from_millis(250);

/// The longest pause that is made because the provider asks for it.
const PATIENT_PAUSE_MAX: Duration = Duration::from_mins(1);

impl Engine {
    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.parts.clock.now()
    }

    pub(crate) fn terms(&self) -> LeaseTerms {
        LeaseTerms { lease: self.settings.lease }
    }

    /// Asks the provider again while it is certainly not done, above all because it limits us, as long as it asks to be
    /// left alone. Nobody waits for what is asked this way.
    pub(crate) async fn patiently<T, F, Fut>(&self, ask: F) -> Result<T, ProviderError>
    where
        F: Fn() -> Fut,
        Fut: Future<Output = Result<T, ProviderError>>,
    {
        let mut attempt = 1;
        loop {
            let error = match ask().await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let ProviderError::Unavailable { retry_after, .. } = &error else { return Err(error) };
            let pause = retry_after.unwrap_or_else(|| backoff(PATIENT_PAUSE, attempt - 1));
            if attempt == PATIENT_ATTEMPTS || !self.pause(pause.min(PATIENT_PAUSE_MAX)).await {
                return Err(error);
            }
            attempt += 1;
        }
    }

    /// Waits, or returns false at once when the facade shuts down.
    pub(crate) async fn pause(&self, time: Duration) -> bool {
        tokio::select! {
            () = tokio::time::sleep(time) => true,
            () = self.stopping.cancelled() => false,
        }
    }
}

/// How often a change is offered to the store before its failure is believed.
const STORE_ATTEMPTS: u32 = 6;

/// The pause after the first failure; each further one is twice as long.
const STORE_PAUSE: Duration = Duration::from_millis(20);

/// Offers a change to the store until it answers. Every change is safe to repeat, so a lost acknowledgement is mended
/// by asking again. The failure that comes back says `OutcomeUnknown` if any attempt may have been stored.
pub(crate) async fn stored<T, F, Fut>(offer: F) -> Result<T, StoreError>
where
    F: Fn() -> Fut,
    Fut: Future<Output = Result<T, StoreError>>,
{
    let mut may_be_stored = false;
    let mut attempt = 1;
    loop {
        let error = match offer().await {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        may_be_stored |= matches!(error, StoreError::OutcomeUnknown(_));
        if attempt == STORE_ATTEMPTS || matches!(error, StoreError::Broken(_)) {
            return Err(match error {
                StoreError::Unavailable(source) if may_be_stored => StoreError::OutcomeUnknown(source),
                broken @ StoreError::Broken(_) if may_be_stored => {
                    StoreError::OutcomeUnknown(Box::new(broken))
                }
                other => other,
            });
        }
        tokio::time::sleep(STORE_PAUSE * 2_u32.pow(attempt - 1)).await;
        attempt += 1;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    fn unknown() -> StoreError {
        StoreError::OutcomeUnknown("lost".into())
    }

    fn unavailable() -> StoreError {
        StoreError::Unavailable("down".into())
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_ends_the_asking() {
        let calls = AtomicU32::new(0);
        let answer = stored(|| async {
            let call = calls.fetch_add(1, Ordering::Relaxed);
            if call < 3 { Err(unknown()) } else { Ok(call) }
        });
        assert_eq!(answer.await.unwrap(), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn one_unknown_attempt_makes_the_whole_unknown() {
        let calls = AtomicU32::new(0);
        let answer = stored(|| async {
            match calls.fetch_add(1, Ordering::Relaxed) {
                0 => Err::<(), _>(unknown()),
                _ => Err(unavailable()),
            }
        });
        assert!(matches!(answer.await, Err(StoreError::OutcomeUnknown(_))));
        assert_eq!(calls.load(Ordering::Relaxed), STORE_ATTEMPTS);
    }

    #[tokio::test(start_paused = true)]
    async fn a_broken_store_does_not_make_an_unknown_attempt_certain() {
        let calls = AtomicU32::new(0);
        let answer = stored(|| async {
            match calls.fetch_add(1, Ordering::Relaxed) {
                0 => Err::<(), _>(unknown()),
                _ => Err(StoreError::Broken("a rule is broken".to_owned())),
            }
        });
        assert!(matches!(answer.await, Err(StoreError::OutcomeUnknown(_))));
        assert_eq!(calls.load(Ordering::Relaxed), 2, "repeating mends nothing that is broken");
    }

    #[tokio::test(start_paused = true)]
    async fn certainly_nothing_stays_certain() {
        let answer = stored(|| async { Err::<(), _>(unavailable()) });
        assert!(matches!(answer.await, Err(StoreError::Unavailable(_))));
    }
}
