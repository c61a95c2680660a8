//! The times of the protocol, and how a time is read.

use std::time::Duration;

use trunkline_domain::{DeploymentId, WebhookUrls};
use trunkline_provisioning::{ProvisioningSettings, SettingsError};
use uuid::Uuid;

use super::read::Reader;

/// The times of the protocol; `None` leaves the default of provisioning.
#[derive(Default)]
pub(crate) struct Times {
    pub purchase_wait: Option<Duration>,
    pub send_window: Option<Duration>,
    pub request_timeout: Option<Duration>,
    pub settle_margin: Option<Duration>,
    pub look_gap: Option<Duration>,
    pub void_after: Option<Duration>,
    pub lease: Option<Duration>,
    pub recovery_interval: Option<Duration>,
    pub pass_interval: Option<Duration>,
    pub cooling: Option<Duration>,
    pub reconcile_after: Option<Duration>,
}

impl Times {
    /// Puts the times that are set over the defaults.
    pub(crate) fn apply(&self, provisioning: &mut ProvisioningSettings) {
        for (time, set) in [
            (&mut provisioning.purchase_wait, self.purchase_wait),
            (&mut provisioning.send_window, self.send_window),
            (&mut provisioning.request_timeout, self.request_timeout),
            (&mut provisioning.settle_margin, self.settle_margin),
            (&mut provisioning.look_gap, self.look_gap),
            (&mut provisioning.void_after, self.void_after),
            (&mut provisioning.lease, self.lease),
            (&mut provisioning.recovery_interval, self.recovery_interval),
            (&mut provisioning.pass_interval, self.pass_interval),
            (&mut provisioning.cooling, self.cooling),
            (&mut provisioning.reconcile_after, self.reconcile_after),
        ] {
            if let Some(set) = set {
                *time = set;
            }
        }
    }
}

impl Reader<'_> {
    pub(super) fn times(&mut self) -> Times {
        Times {
            purchase_wait: self.seconds("purchase_wait_s"),
            send_window: self.seconds("send_window_s"),
            request_timeout: self.seconds("request_timeout_s"),
            settle_margin: self.seconds("settle_margin_s"),
            look_gap: self.seconds("look_gap_s"),
            void_after: self.seconds("void_after_s"),
            lease: self.seconds("lease_s"),
            recovery_interval: self.seconds("recovery_interval_s"),
            pass_interval: self.seconds("pass_interval_s"),
            cooling: self.seconds("cooling_s"),
            reconcile_after: self.seconds("reconcile_after_s"),
        }
    }

    /// Seconds, with decimals if need be, up to a week.
    pub(super) fn seconds(&mut self, name: &str) -> Option<Duration> {
        const WEEK: Duration = Duration::from_hours(7 * 24);
        let text = self.source.text(name)?;
        let time = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        let time = time.filter(|time| *time <= WEEK);
        if time.is_none() {
            self.mistakes
                .push(format!("{}: `{text}` is not a number of seconds up to a week", name.to_uppercase()));
        }
        time
    }

    /// An interval, which is more than nothing.
    pub(super) fn interval(&mut self, name: &str, default: Duration) -> Duration {
        let interval = self.seconds(name).unwrap_or(default);
        if interval.is_zero() {
            self.mistakes.push(format!("{}: must be more than zero", name.to_uppercase()));
        }
        interval
    }

    pub(super) fn check_times(&mut self, times: &Times) {
        let nobody = DeploymentId::from_uuid(Uuid::nil());
        let mut together = ProvisioningSettings::new(nobody, WebhookUrls::default());
        times.apply(&mut together);
        if let Err(contradiction) = together.validate() {
            self.mistakes.push(match contradiction {
                SettingsError::Zero(name) => format!("{}_S: must be more than zero", name.to_uppercase()),
                SettingsError::RequestTimeout { .. } => format!("REQUEST_TIMEOUT_S: {contradiction}"),
                SettingsError::Lease { .. } => format!("LEASE_S: {contradiction}"),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::{SettingArguments, Settings};

    #[test]
    fn seconds_may_have_decimals() {
        let settings = Settings::read(&SettingArguments {
            look_gap_s: Some("0.3".to_owned()),
            ..SettingArguments::default()
        });
        assert_eq!(settings.unwrap().times.look_gap, Some(Duration::from_millis(300)));
    }
}
