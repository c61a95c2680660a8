//! Whether the account at Twilio is on trial, which every page says as long as it is.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use trunkline_dashboard::Banner;
use trunkline_provider::ProviderAccount;

/// What a trial account may do: Twilio, "Trial accounts".
const ON_TRIAL: &str = "The Twilio account behind this service is on trial: it may own one number, and reaches only phones that \
                        are verified there.";

/// Looks how the account is, and again whenever the time is over. Where Twilio does not say, the banner stays as it is.
pub(crate) async fn watch(
    account: Arc<dyn ProviderAccount>,
    banner: Banner,
    interval: Duration,
    stop: CancellationToken,
) {
    loop {
        let Some(asked) = stop.run_until_cancelled(account.account_status()).await else { return };
        match asked {
            Ok(status) => banner.say(status.trial.then(|| ON_TRIAL.to_owned())),
            Err(error) => tracing::debug!(%error, "whether the account is on trial is not known"),
        }
        if stop.run_until_cancelled(tokio::time::sleep(interval)).await.is_none() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use trunkline_provider::{AccountState, AccountStatus, MockProviderAccount, ProviderError};

    use super::*;

    /// What the banner says after the account was looked at so often.
    async fn said_after(looks: usize) -> Option<String> {
        let (banner, stop) = (Banner::default(), CancellationToken::new());
        let (mut account, mut looked, stopping) = (MockProviderAccount::new(), 0, stop.clone());
        account.expect_account_status().returning(move || {
            looked += 1;
            if looked == looks {
                stopping.cancel();
            }
            match looked {
                2 => Err(ProviderError::Unauthorized { code: None }),
                look => Ok(AccountStatus {
                    account: "AC00000000000000000000000000000001".parse().unwrap(),
                    friendly_name: "Trunkline".to_owned(),
                    state: AccountState::Active,
                    trial: look < 3,
                    parent: None,
                }),
            }
        });
        watch(Arc::new(account), banner.clone(), Duration::from_millis(1), stop).await;
        banner.text()
    }

    #[tokio::test]
    async fn a_trial_is_said_until_twilio_says_that_it_is_over() {
        assert_eq!(said_after(1).await.as_deref(), Some(ON_TRIAL));
        assert_eq!(said_after(2).await.as_deref(), Some(ON_TRIAL));
        assert_eq!(said_after(3).await, None);
    }
}
