//! Moving the sandbox's two clocks together: the simulated Twilio's first, then the server's.
//!
//! The order matters. A number that was created at Twilio before we looked for it is somebody else's
//! (`provisioning/src/evidence.rs`), and dates there are Twilio's: were the server ahead for a moment, or for ever after a
//! crash between the two moves, numbers of its own would look older than the orders that bought them. A simulator ahead of
//! its server does no harm, and the next start brings the server's clock after it.
//!
//! While they are moved no request is worked on, and no purchase may still be on its way to Twilio: that it is not there
//! *yet* is judged by time, and the time that is skipped has not passed on the wire.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use tokio::sync::RwLock;
use trunkline_domain::{Clock, OrderState, RandomIds};
use trunkline_payments::Payments;
use trunkline_provisioning::port::{OrderFilter, Scope};
use trunkline_provisioning::{Provisioning, RecoveryRound};
use trunkline_wallet::{LedgerAuditor, StatementCloser};

use super::provider_clock::{Charge, ProviderClock};
use super::till::Till;
use crate::sandbox_clock::SandboxClock;
use crate::wiring::Parts;

/// How far apart the clocks may be without being called so: what a request takes.
const APART: TimeDelta = TimeDelta::seconds(2);

/// How often it is asked whether purchases are still on their way.
const POLL: Duration = Duration::from_millis(100);

/// How many rounds of recovery a move is followed by, at most: each takes a batch.
const ROUNDS: usize = 100;

/// Time in the sandbox: both clocks, and who has to stand still while they move.
#[derive(Clone)]
pub(super) struct SandboxTime {
    pub(super) clock: Arc<SandboxClock>,
    pub(super) provider: ProviderClock,
    /// The simulated Stripe, whose clock follows the server's.
    till: Till,
    /// Requests hold it shared, a move alone.
    gate: Arc<RwLock<()>>,
}

/// What a move came to, as the command prints it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Moved {
    pub server_before: DateTime<Utc>,
    pub server_after: DateTime<Utc>,
    pub provider_before: DateTime<Utc>,
    pub provider_after: DateTime<Utc>,
    /// What the simulator charged for the time between.
    pub charges: Vec<Charge>,
    /// Stalled work that had fallen due.
    pub recovered: usize,
    pub ledger_balanced: bool,
}

impl SandboxTime {
    pub(super) fn new(clock: Arc<SandboxClock>, provider: ProviderClock, till: Till) -> Self {
        Self { clock, provider, till, gate: Arc::default() }
    }

    /// Brings the clocks together before anything is sold: the one that is behind goes to the other. They are apart when a
    /// move was interrupted, or a simulator was reset or is another one.
    pub(super) async fn align(&self) -> anyhow::Result<()> {
        let provider = match self.provider.now().await {
            Ok(provider) => provider,
            // A simulator without an admin clock has the machine's time, and so has a sandbox that was never moved.
            Err(_) if self.clock.ahead().is_zero() => {
                self.till.follow(self.clock.now());
                return Ok(());
            }
            Err(error) => {
                return Err(error.context("the sandbox's clock is ahead, and the simulator's cannot follow"));
            }
        };
        let server = self.clock.now();
        if provider - server > APART {
            self.clock.move_to(provider)?;
        } else if server - provider > APART {
            self.provider.move_to(server).await?;
        }
        self.till.follow(self.clock.now());
        Ok(())
    }

    /// The same routes, whose requests wait while the clocks are moved.
    pub(super) fn guard(&self, router: Router) -> Router {
        router.layer(from_fn_with_state(Arc::clone(&self.gate), hold_still))
    }

    /// Moves both clocks ahead, and has done what has fallen due.
    pub(super) async fn advance(&self, by: Duration, parts: &Services) -> anyhow::Result<Moved> {
        let by = TimeDelta::from_std(by).context("that is too long")?;
        let still = self.gate.write().await;
        parts.let_purchases_arrive(self.clock.as_ref()).await?;
        let provider_before = self.provider.now().await.context("neither clock was moved")?;
        let server_before = self.clock.now();
        let target = server_before.max(provider_before).checked_add_signed(by);
        let target = target.context("there is no such time; neither clock was moved")?;
        let charged_before = self.provider.charges().await?.len();
        let provider_after = self.provider.move_to(target).await.context("neither clock was moved")?;
        self.clock.move_to(provider_after).context(
            "the simulator's clock was moved, and the server's was not: start the sandbox again, which brings it after",
        )?;
        let server_after = self.clock.now();
        drop(still);
        self.till.follow(server_after);
        let charges = self.provider.charges().await?.into_iter().skip(charged_before).collect();
        let recovered = parts.recover().await?;
        let ledger = parts.auditor.audit().await?;
        Ok(Moved {
            server_before,
            server_after,
            provider_before,
            provider_after,
            charges,
            recovered,
            ledger_balanced: ledger.is_balanced(),
        })
    }
}

async fn hold_still(State(gate): State<Arc<RwLock<()>>>, request: Request, next: Next) -> Response {
    let _moving = gate.read().await;
    next.run(request).await
}

/// What a move needs of the server.
#[derive(Clone)]
pub(super) struct Services {
    provisioning: Provisioning,
    payments: Option<Payments>,
    auditor: LedgerAuditor,
    closer: StatementCloser,
    /// From opening an order, how long a purchase of it may be on its way.
    on_the_wire: TimeDelta,
}

impl Services {
    pub(super) fn of(parts: &Parts, on_the_wire: Duration) -> anyhow::Result<Self> {
        Ok(Self {
            provisioning: parts.provisioning.clone(),
            payments: parts.payments.clone(),
            auditor: LedgerAuditor::new(parts.store.clone(), parts.clock.clone()),
            closer: StatementCloser::new(parts.store.clone(), parts.clock.clone(), Arc::new(RandomIds)),
            on_the_wire: TimeDelta::from_std(on_the_wire)?,
        })
    }

    /// Waits until every undecided order is so old that its purchase has arrived or never will. Nobody opens one
    /// meanwhile, so it ends.
    async fn let_purchases_arrive(&self, clock: &dyn Clock) -> anyhow::Result<()> {
        let states = [OrderState::Ordering, OrderState::Unresolved].to_vec();
        let filter = OrderFilter { scope: Scope::Everyone, business: None, states, after: None, limit: 1 };
        loop {
            // Newest first: if the first is old enough, all are.
            let newest = self.provisioning.orders(&filter).await?.orders.into_iter().next();
            let fresh = |opened_at: DateTime<Utc>| clock.now() - opened_at < self.on_the_wire;
            if !newest.is_some_and(|order| fresh(order.opened_at)) {
                return Ok(());
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// Everything that has stalled by now, the pass if it is due, and the months that are over.
    async fn recover(&self) -> anyhow::Result<usize> {
        let mut recovered = 0;
        for _ in 0..ROUNDS {
            let RecoveryRound { orders, releases, orphans } = self.provisioning.run_once().await?;
            let taken = orders + releases + orphans;
            recovered += taken;
            if taken == 0 {
                break;
            }
        }
        self.provisioning.pass_once().await?;
        if let Some(payments) = &self.payments {
            payments.sweep().await?;
        }
        self.closer.close_what_is_due().await?;
        Ok(recovered)
    }
}

/// How far the clocks are moved: a number and a unit, such as `31d`.
pub(crate) fn parse_span(text: &str) -> Result<Duration, String> {
    let spelt = parse(text).ok_or_else(|| format!("`{text}` is no time: write 90s, 15m, 6h, 31d or 2w"))?;
    if spelt.is_zero() {
        return Err("the clocks are moved ahead by a second at least".to_owned());
    }
    if spelt > SPAN_MAX {
        return Err("the clocks are moved by ten years at most".to_owned());
    }
    Ok(spelt)
}

/// Farther is a slip of the finger, and there is no way back.
const SPAN_MAX: Duration = Duration::from_hours(24 * 3653);

fn parse(text: &str) -> Option<Duration> {
    let unit = text.chars().last()?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        'w' => 604_800,
        _ => return None,
    };
    let count = text.strip_suffix(unit)?;
    let count: u32 =
        if count.bytes().all(|byte| byte.is_ascii_digit()) { count.parse().ok()? } else { return None };
    Some(Duration::from_secs(u64::from(count).checked_mul(seconds)?))
}

/// Refuses a ledger that a move has found out of balance.
pub(super) fn check(moved: &Moved) -> anyhow::Result<()> {
    ensure!(moved.ledger_balanced, "THE LEDGER DOES NOT BALANCE: `trunkline ledger verify` names the rows");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_a_number_and_a_unit() {
        for (text, seconds) in
            [("90s", 90), ("15m", 900), ("6h", 21_600), ("31d", 2_678_400), ("2w", 1_209_600)]
        {
            assert_eq!(parse_span(text), Ok(Duration::from_secs(seconds)));
        }
        for wrong in ["", "d", "31", "31 d", "-1d", "+1d", "1.5d", "31y", "0d", "99999w", "1é"] {
            assert!(parse_span(wrong).is_err(), "{wrong}");
        }
    }
}
