//! Who is counted by what, and how servers of one database tell each other.

use std::collections::HashSet;
use std::fmt::Display;
use std::hash::{BuildHasher, Hash, RandomState};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use trunkline_tenancy::{Principal, PrincipalKind, RateStore, RateUse};

use super::address::TrustedProxies;
use super::meter::{Meter, Rate};

/// How many callers, and how many addresses of strangers, are counted at once.
const CALLERS_MAX: usize = 100_000;
const ADDRESSES_MAX: usize = 50_000;
/// How many credentials are remembered as good.
const CREDENTIALS_MAX: usize = 100_000;
/// How many subjects one statement tells of.
const TOLD_MAX: usize = 1_000;
/// Between two settlements.
const SETTLE_INTERVAL: Duration = Duration::from_secs(1);

/// How often callers and strangers may ask; `None` is as often as they like.
#[derive(Debug, Clone, Default)]
pub struct RateSettings {
    /// Each caller who shows good credentials.
    pub per_caller: Option<Rate>,
    /// Each address, with requests whose credentials are missing or bad.
    pub per_address: Option<Rate>,
    /// Who is believed about the addresses of others.
    pub trusted_proxies: TrustedProxies,
}

/// Counts requests. Cheap to clone; clones count together.
#[derive(Clone)]
pub struct RateLimiter(Arc<Inner>);

struct Inner {
    callers: Option<Meter<String>>,
    addresses: Option<Meter<IpAddr>>,
    trusted_proxies: TrustedProxies,
    known: Mutex<HashSet<u64>>,
    hasher: RandomState,
}

/// Whom a request is counted for: a user with all their keys and tokens, a service or an operator by their key.
fn counted_as(principal: &Principal) -> String {
    match &principal.kind {
        PrincipalKind::User { user, .. } => format!("user {user}"),
        PrincipalKind::Service { key } | PrincipalKind::Operator { key } => key.to_string(),
    }
}

impl RateLimiter {
    /// A limiter that has counted nothing yet.
    pub fn new(settings: RateSettings) -> Self {
        Self(Arc::new(Inner {
            callers: settings.per_caller.map(|rate| Meter::new(rate, CALLERS_MAX)),
            addresses: settings.per_address.map(|rate| Meter::new(rate, ADDRESSES_MAX)),
            trusted_proxies: settings.trusted_proxies,
            known: Mutex::default(),
            hasher: RandomState::new(),
        }))
    }

    pub(crate) fn trusted_proxies(&self) -> &TrustedProxies {
        &self.0.trusted_proxies
    }

    /// Lets a caller through, or says at which rate they may ask and how long to wait.
    pub(super) fn admit(&self, principal: &Principal) -> Result<(), (Rate, Duration)> {
        let Some(callers) = &self.0.callers else { return Ok(()) };
        callers.take(&counted_as(principal)).map_err(|wait| (callers.rate(), wait))
    }

    /// Lets a stranger try, or says how long to wait. It counts only when it is known to be one.
    pub(super) fn let_try(&self, address: IpAddr) -> Result<(), (Rate, Duration)> {
        let Some(addresses) = &self.0.addresses else { return Ok(()) };
        addresses.check(&address).map_err(|wait| (addresses.rate(), wait))
    }

    /// A request without good credentials came from there.
    pub(super) fn charge(&self, address: IpAddr) {
        if let Some(addresses) = &self.0.addresses {
            addresses.charge(&address);
        }
    }

    fn known(&self) -> MutexGuard<'_, HashSet<u64>> {
        self.0.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Credentials in a form that is of use to nobody.
    pub(super) fn mark_of(&self, credentials: &[u8]) -> u64 {
        self.0.hasher.hash_one(credentials)
    }

    /// Whether these were good the last time. Only good ones are ever remembered, so strangers cannot fill the memory.
    pub(super) fn knows(&self, mark: u64) -> bool {
        self.known().contains(&mark)
    }

    pub(super) fn remember(&self, mark: u64) {
        let mut known = self.known();
        if known.len() >= CREDENTIALS_MAX {
            known.clear();
        }
        known.insert(mark);
    }

    pub(super) fn forget(&self, mark: u64) {
        self.known().remove(&mark);
    }

    /// Tells the other servers of a database what was asked here, and hears what was asked there, again and again.
    pub async fn run(&self, store: Arc<dyn RateStore>, stop: CancellationToken) {
        let mut beat = tokio::time::interval(SETTLE_INTERVAL);
        beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        while stop.run_until_cancelled(beat.tick()).await.is_some() {
            self.settle(&*store).await;
        }
    }

    /// Tells and hears once: one statement for callers and one for addresses, and none where nobody asked much.
    pub async fn settle(&self, store: &dyn RateStore) {
        if let Some(callers) = &self.0.callers {
            settle(callers, "caller", store).await;
        }
        if let Some(addresses) = &self.0.addresses {
            settle(addresses, "address", store).await;
        }
    }
}

async fn settle<K: Eq + Hash + Clone + Display>(meter: &Meter<K>, kind: &str, store: &dyn RateStore) {
    let told = meter.tell(TOLD_MAX);
    if told.is_empty() {
        return;
    }
    let named = told
        .iter()
        .map(|(subject, requests)| RateUse { subject: format!("{kind} {subject}"), requests: *requests });
    match store.settle(&named.collect::<Vec<_>>()).await {
        Ok(totals) => {
            for ((subject, told), total) in told.iter().zip(totals) {
                meter.hear(subject, *told, total);
            }
        }
        Err(error) => {
            // Each server goes on by its own count.
            tracing::debug!(
                error = &error as &dyn std::error::Error,
                "servers could not tell each other what was asked"
            );
            meter.untell(told);
        }
    }
}
