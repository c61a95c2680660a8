//! The settings of provisioning: every time and every limit of the protocol, with its default.

use std::num::NonZeroU32;
use std::time::Duration;

use trunkline_domain::{DeploymentId, WebhookUrls};

use crate::UserLimits;

/// What provisioning needs to be told. [`ProvisioningSettings::new`] gives the defaults; tests scale the times down.
#[derive(Debug, Clone)]
pub struct ProvisioningSettings {
    /// This installation, as its database names it; part of every marker.
    pub deployment: DeploymentId,
    /// Where the provider shall send what happens on the numbers that are bought.
    pub webhooks: WebhookUrls,
    /// From opening an order, how long it may be sent to the provider at all.
    pub send_window: Duration,
    /// The provider adapter's limit for one request. Must be less than `send_window`.
    pub request_timeout: Duration,
    /// Added to `send_window` and `request_timeout` before an absent number counts as absent.
    pub settle_margin: Duration,
    /// Between two looks that find a number absent.
    pub look_gap: Duration,
    /// From opening an order, when it may be voided at the earliest.
    pub void_after: Duration,
    /// How long a worker has before somebody else takes its work over.
    pub lease: Duration,
    /// How long a caller waits for a purchase or release before it hears that it is not decided.
    pub purchase_wait: Duration,
    /// How long a repeat with the same idempotency key waits for the first request.
    pub repeat_wait: Duration,
    /// How often recovery looks for stalled work.
    pub recovery_interval: Duration,
    /// How often the provider's inventory is listed to end cooling and find orphans.
    pub pass_interval: Duration,
    /// How long a claim cools at least.
    pub cooling: Duration,
    /// How long nothing must have happened to a number or row before a reconciliation judges it.
    pub reconcile_after: Duration,
    /// How many unanswered attempts a release gets before an operator has to look.
    pub release_attempts: u32,
    /// From opening an undecided order, when it raises an alarm.
    pub alarm_after: Duration,
    /// How many purchases of all customers there may be on one day, by UTC; failed ones do not count. `None`: no limit.
    pub purchases_per_day: Option<NonZeroU32>,
    /// What limits every customer of whom an operator has set nothing else.
    pub user_limits: UserLimits,
}

/// Settings that contradict each other.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// A request could outlive the window in which it may be sent.
    #[error("the request timeout ({request_timeout:?}) must be less than the send window ({send_window:?})")]
    RequestTimeout {
        /// As set.
        request_timeout: Duration,
        /// As set.
        send_window: Duration,
    },
    /// An opener would lose its lease before it may stop sending.
    #[error("the lease ({lease:?}) must be at least the send window ({send_window:?})")]
    Lease {
        /// As set.
        lease: Duration,
        /// As set.
        send_window: Duration,
    },
    /// A time or count that must be more than zero.
    #[error("{0} must be more than zero")]
    Zero(&'static str),
}

impl ProvisioningSettings {
    /// The defaults.
    pub const fn new(deployment: DeploymentId, webhooks: WebhookUrls) -> Self {
        Self {
            deployment,
            webhooks,
            send_window: Duration::from_secs(20),
            request_timeout: Duration::from_secs(10),
            settle_margin: Duration::from_secs(10),
            look_gap: Duration::from_secs(30),
            void_after: Duration::from_mins(5),
            lease: Duration::from_mins(1),
            purchase_wait: Duration::from_secs(30),
            repeat_wait: Duration::from_secs(10),
            recovery_interval: Duration::from_secs(2),
            pass_interval: Duration::from_hours(6),
            cooling: Duration::from_hours(24),
            reconcile_after: Duration::from_mins(15),
            release_attempts: 20,
            alarm_after: Duration::from_hours(24),
            purchases_per_day: None,
            user_limits: UserLimits::NONE,
        }
    }

    /// Refuses settings under which the protocol's promises would not hold.
    pub fn validate(&self) -> Result<(), SettingsError> {
        let (request_timeout, send_window, lease) = (self.request_timeout, self.send_window, self.lease);
        if request_timeout >= send_window {
            return Err(SettingsError::RequestTimeout { request_timeout, send_window });
        }
        if lease < send_window {
            return Err(SettingsError::Lease { lease, send_window });
        }
        let must_be_positive = [
            ("request_timeout", request_timeout),
            ("look_gap", self.look_gap),
            ("purchase_wait", self.purchase_wait),
            ("recovery_interval", self.recovery_interval),
            ("pass_interval", self.pass_interval),
        ];
        match must_be_positive.into_iter().find(|(_, time)| time.is_zero()) {
            Some((name, _)) => Err(SettingsError::Zero(name)),
            None if self.release_attempts == 0 => Err(SettingsError::Zero("release_attempts")),
            None => Ok(()),
        }
    }
}
