//! The two auth tokens of an account whose token is being changed: which of them Twilio takes. Each is asked alone, since
//! together the second hides that the first is refused.

use secrecy::SecretString;
use trunkline_provider::{ProviderAccount, ProviderError};

use super::report::{Finding, Report};
use crate::settings::{Settings, TwilioSettings};
use crate::wiring::twilio_client;

/// Examines both, where two are set.
pub(super) async fn examine(
    settings: &Settings,
    twilio: &TwilioSettings,
    report: &mut Report,
) -> anyhow::Result<()> {
    let Some(secondary) = &twilio.secondary_auth_token else { return Ok(()) };
    let alone = |token: &SecretString| {
        let alone = TwilioSettings::new(twilio.account_sid.clone(), token.clone(), twilio.base_url.clone());
        twilio_client(&alone, settings.times.request_timeout)
    };
    let first = alone(&twilio.auth_token)?.check_credentials().await.err();
    let second = alone(secondary)?.check_credentials().await.err();
    report.add(finding(first.as_ref(), second.as_ref()));
    Ok(())
}

const CHECK: &str = "auth tokens";

/// A token is refused when Twilio says so; that it cannot be asked is told by the other findings.
fn finding(first: Option<&ProviderError>, second: Option<&ProviderError>) -> Finding {
    let refused = |error: Option<&ProviderError>| matches!(error, Some(ProviderError::Unauthorized { .. }));
    match (refused(first), refused(second)) {
        (true, false) => Finding::warning(CHECK, "Twilio refuses the first and takes the second")
            .cured_by("put TWILIO_AUTH_TOKEN_SECONDARY's into TWILIO_AUTH_TOKEN and unset it; every request is sent twice until then"),
        (false, true) => Finding::warning(CHECK, "Twilio takes the first and refuses the second").cured_by(
            "unset TWILIO_AUTH_TOKEN_SECONDARY if it is the token from before; else copy the new one from the Console again",
        ),
        (true, true) => Finding::problem(CHECK, "Twilio refuses both")
            .cured_by("copy the token from the first page of the Twilio Console into TWILIO_AUTH_TOKEN"),
        (false, false) if first.is_none() && second.is_none() => {
            Finding::ok(CHECK, "Twilio takes both, so the second can be promoted")
        }
        (false, false) => Finding::warning(CHECK, "Twilio could not be asked about both")
            .cured_by("run the doctor again before you promote the second"),
    }
}
