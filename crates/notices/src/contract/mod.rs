//! The contract suite that every [`AlertStore`] and [`NoticeStore`] must pass.
//!
//! ```ignore
//! async fn fixture() -> trunkline_notices::contract::NoticeFixture { /* a fresh, empty store */ }
//! trunkline_notices::notice_store_contract!(fixture);
//! ```
//!
//! The macro makes one `#[tokio::test]` of each case, so a failure names what is broken.

#![expect(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a suite fails by panicking")]

mod letters;
mod watching;

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use trunkline_domain::{Change, Clock, Currency, Money, NoticeId, Origin, RandomIds, UserId};
use uuid::Uuid;

use crate::{
    AlertStore, AlertsSetting, BalanceWatch, DefaultThresholds, EmailAddress, Look, MailRoute, MovedWallet,
    NewNotice, NoticeBody, NoticeFilter, NoticeRecord, NoticeStore, Thresholds, WatchParts,
};

pub use self::letters::*;
pub use self::watching::*;

/// A fresh, empty store, whose clock the suite moves, with wallets beside it.
pub struct NoticeFixture {
    /// The store under test.
    pub alerts: Arc<dyn AlertStore>,
    /// The same.
    pub notices: Arc<dyn NoticeStore>,
    /// The wallets and users of the same database.
    pub wallets: Arc<dyn Wallets>,
    /// The clock that the store was given.
    pub clock: Arc<dyn Clock>,
    /// Moves that clock on.
    pub advance: Box<dyn Fn(Duration) + Send + Sync>,
    /// Whatever must live as long as the store, such as its folder.
    pub keep: Box<dyn Any + Send + Sync>,
}

/// What the suite has done to wallets and users, of which a store of notices knows only the rows.
#[async_trait]
pub trait Wallets: Send + Sync {
    /// Adds a user with an address.
    async fn add_user(&self, user: &UserId, email: &str);

    /// Puts money into a wallet.
    async fn credit(&self, user: &UserId, amount: Money);

    /// Takes money out of a wallet that has it.
    async fn debit(&self, user: &UserId, amount: Money);

    /// Holds money of a wallet that has it, then gives it back.
    async fn hold_and_void(&self, user: &UserId, amount: Money);
}

/// Makes a test of every case of the suite; `$fixture` names an `async fn() -> NoticeFixture`.
#[macro_export]
macro_rules! notice_store_contract {
    ($fixture:path) => {
        $crate::notice_store_contract!(@each $fixture,
            a_wallet_that_has_moved_is_looked_at_once,
            a_look_is_repeated_harmlessly,
            a_look_is_void_where_the_alerts_have_changed,
            a_look_is_void_where_somebody_looked_since,
            a_wallet_with_more_rows_stays_on_the_list,
            wallets_come_in_pages,
            nothing_is_known_of_a_user_who_has_set_nothing,
            alerts_are_replaced_whole_and_repeated_harmlessly,
            an_address_of_ones_own_comes_first,
            setting_alerts_has_the_wallet_looked_at,
            a_hold_counts_and_its_void_arms_again,
            crossings_are_told_once_whoever_looks,
            notices_are_listed_newest_first_in_pages,
            a_notice_says_where_its_mail_stands,
            a_letter_has_one_worker,
            parallel_claims_take_each_letter_once,
            a_letter_is_claimed_again_when_its_lease_has_run_out,
            a_letter_that_failed_is_due_when_it_said,
            a_letter_that_was_sent_or_given_up_is_not_claimed,
            a_worker_that_lost_its_lease_sets_nothing_back,
        );
    };
    (@each $fixture:path, $($case:ident),+ $(,)?) => {
        $(
            #[tokio::test]
            async fn $case() {
                $crate::contract::$case(&$fixture().await).await;
            }
        )+
    };
}

pub(crate) fn usd(units: i64) -> Money {
    Money::from_micros(units * 1_000_000, Currency::USD)
}

pub(crate) fn user(name: &str) -> UserId {
    name.parse().unwrap()
}

pub(crate) fn thresholds(units: &[i64]) -> Thresholds {
    Thresholds::new(units.iter().copied().map(usd).collect()).unwrap()
}

pub(crate) fn email(text: &str) -> EmailAddress {
    text.parse().unwrap()
}

impl NoticeFixture {
    pub(crate) fn watch(&self, everybody: &str) -> BalanceWatch {
        let everybody =
            if everybody.is_empty() { DefaultThresholds::NONE } else { everybody.parse().unwrap() };
        let (store, clock) = (Arc::clone(&self.alerts), Arc::clone(&self.clock));
        BalanceWatch::new(WatchParts {
            store,
            everybody,
            mail: MailRoute::Configured,
            clock,
            ids: Arc::new(RandomIds),
        })
    }

    pub(crate) async fn moved(&self) -> Vec<MovedWallet> {
        self.alerts.moved_wallets(None, 1_000).await.unwrap()
    }

    /// A look that sees all the rows, and tells this much.
    pub(crate) fn look_at(&self, moved: &MovedWallet, notices: usize) -> Change<Look> {
        let last = moved.steps.last();
        let mut standing = moved.mark.standing.clone();
        standing.version = last.map_or(standing.version, |step| step.version);
        standing.available = last.map_or(standing.available, |step| step.available);
        Change::new(Look {
            wallet: moved.wallet,
            user: moved.user.clone(),
            currency: moved.currency,
            after: moved.mark.revision,
            alerts: moved.alerts.version,
            standing,
            notices: (0..notices).map(|_| self.notice(&moved.user, MailRoute::Configured, None)).collect(),
        })
    }

    pub(crate) fn notice(&self, user: &UserId, mail: MailRoute, to: Option<&EmailAddress>) -> NewNotice {
        NewNotice {
            id: NoticeId::from_uuid(Uuid::now_v7()),
            user: user.clone(),
            body: NoticeBody::BalanceLow { available: usd(4), threshold: usd(5) },
            delivery: mail.delivery(to),
            at: self.clock.now(),
        }
    }

    pub(crate) async fn set(&self, user: &UserId, own: Option<Thresholds>, email: Option<EmailAddress>) {
        self.alerts.set_alerts(&self.setting(user, own, email)).await.unwrap();
    }

    pub(crate) fn setting(
        &self,
        user: &UserId,
        own: Option<Thresholds>,
        email: Option<EmailAddress>,
    ) -> Change<AlertsSetting> {
        (self.advance)(Duration::from_secs(1));
        let at = self.clock.now();
        let audit = Origin::system().audit("wallet.alerts", user, Some(user), at);
        let setting = AlertsSetting { user: user.clone(), currency: Currency::USD, own, email, at };
        Change::new(setting).audit(audit)
    }

    pub(crate) async fn listed(&self, user: &UserId) -> Vec<NoticeRecord> {
        self.notices.notices(&NoticeFilter { user: user.clone(), after: None, limit: 1_000 }).await.unwrap()
    }
}
