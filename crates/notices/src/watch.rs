//! The watch over balances: looks at every wallet that has moved, and has its crossings told.
//!
//! *Invariants*: a look moves a wallet's mark and stores its notices in one transition, which compares the mark with what
//! was read, so replicas that look at the same time tell once; nothing is told of what was not stored. There is no lease:
//! a second watch costs its question, and loses.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio_util::sync::CancellationToken;
use trunkline_domain::{Change, Clock, Event, EventId, IdSource, Money, NoticeId, WalletId};

use crate::crossing::look;
use crate::service::until_known;
use crate::{
    AlertStore, DefaultThresholds, Look, MailRoute, MovedWallet, NewNotice, NoticeBody, NoticeStoreError,
    measure,
};

/// How many wallets are read at once.
const BATCH: u16 = 100;

/// How often it is asked which wallets have moved.
const INTERVAL: Duration = Duration::from_secs(2);

/// What a watch works with.
#[derive(Clone)]
pub struct WatchParts {
    /// Which wallets have moved, and what is set for them.
    pub store: Arc<dyn AlertStore>,
    /// What holds for everybody who has set nothing.
    pub everybody: DefaultThresholds,
    /// Whether there is mail.
    pub mail: MailRoute,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Fresh ids.
    pub ids: Arc<dyn IdSource>,
}

/// Watches balances. Every replica may.
#[derive(Clone)]
pub struct BalanceWatch(WatchParts);

impl BalanceWatch {
    /// A watch over these parts.
    pub const fn new(parts: WatchParts) -> Self {
        Self(parts)
    }

    /// Looks again and again, until told to stop. A look that has begun is finished.
    pub async fn run(&self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            if let Err(error) = self.run_once().await {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(
                    error,
                    "balances could not be watched; they are looked at again, and nothing is missed"
                );
            }
            stop.run_until_cancelled(tokio::time::sleep(INTERVAL)).await;
        }
    }

    /// Looks once at every wallet that has moved, and says how many notices were made.
    pub async fn run_once(&self) -> Result<usize, NoticeStoreError> {
        let (mut after, mut told): (Option<WalletId>, usize) = (None, 0);
        loop {
            let moved = self.0.store.moved_wallets(after, BATCH).await?;
            for wallet in &moved {
                told += self.look(wallet).await?;
            }
            if moved.len() < usize::from(BATCH) {
                return Ok(told);
            }
            after = moved.last().map(|wallet| wallet.wallet);
        }
    }

    /// Looks at one wallet. One that cannot be stored is left, and does not keep others from being looked at.
    async fn look(&self, moved: &MovedWallet) -> Result<usize, NoticeStoreError> {
        let change = self.change(moved);
        match until_known(|| self.0.store.look(&change)).await {
            Ok(true) => {
                for notice in &change.body.notices {
                    say(notice);
                }
                Ok(change.body.notices.len())
            }
            Ok(false) => Ok(0),
            Err(NoticeStoreError::Broken(why)) => {
                tracing::error!(wallet.id = %moved.wallet, why, "a wallet cannot be watched");
                Ok(0)
            }
            Err(error) => Err(error),
        }
    }

    fn change(&self, moved: &MovedWallet) -> Change<Look> {
        let seen = look(moved, &self.0.everybody);
        let at = self.0.clock.now();
        let notice = |threshold| NewNotice {
            id: NoticeId::from_uuid(self.0.ids.next()),
            user: moved.user.clone(),
            body: NoticeBody::BalanceLow { available: seen.standing.available, threshold },
            delivery: self.0.mail.delivery(moved.alerts.address()),
            at,
        };
        let notices: Vec<NewNotice> = seen.fired.iter().copied().map(notice).collect();
        let told = notices.iter().zip(&seen.fired);
        let event = |(notice, threshold): (&NewNotice, &Money)| {
            self.event(notice, seen.standing.available, *threshold)
        };
        let events: Vec<Event> = told.map(event).collect();
        let look = Look {
            wallet: moved.wallet,
            user: moved.user.clone(),
            currency: moved.currency,
            after: moved.mark.revision,
            alerts: moved.alerts.version,
            standing: seen.standing,
            notices,
        };
        events.into_iter().fold(Change::new(look), Change::event)
    }

    fn event(&self, notice: &NewNotice, available: Money, threshold: Money) -> Event {
        Event {
            id: EventId::from_uuid(self.0.ids.next()),
            kind: "wallet.balance_low".to_owned(),
            user: notice.user.clone(),
            subject: notice.id.to_string(),
            at: notice.at,
            data: json!({ "available": available, "threshold": threshold }),
        }
    }
}

/// A line of the log, so that a developer without a mail server sees what a customer would read.
fn say(notice: &NewNotice) {
    measure::noticed(&notice.body, notice.delivery.state());
    tracing::info!(
        notice.id = %notice.id,
        notice.subject = notice.body.subject(),
        notice.mail = notice.delivery.state().as_str(),
        user.id = %notice.user,
        "a customer is told"
    );
}
