//! `trunkline doctor`: what is wrong with this installation, a line each, with what to do about it. It only reads.

mod account;
mod identity;
mod mail;
mod needs;
mod public_url;
mod report;
mod tokens;

use std::process::ExitCode;

use trunkline_domain::{Clock, PriceBook, SystemClock};
use trunkline_provider::{NumberProvider, ProviderAccount};

use self::report::{Finding, Report};
use crate::arguments::DoctorArguments;
use crate::command::say;
use crate::logging;
use crate::settings::{SettingArguments, Settings};
use crate::wiring::{mailer, read_prices, twilio_client};

/// Examines everything and prints what it found. Exits with failure if there is a problem.
pub(crate) async fn run(arguments: &SettingArguments, doctor: &DoctorArguments) -> anyhow::Result<ExitCode> {
    let settings = Settings::read(arguments)?;
    logging::install(&settings)?;
    let prices = read_prices(settings.price_file.as_deref())?;
    let mut report = Report::default();
    report.add(Finding::ok("prices", format!("{} prices are good", prices.offers().len())));
    match &settings.twilio {
        Some(twilio) => {
            let client = twilio_client(twilio, settings.times.request_timeout)?;
            tokens::examine(&settings, twilio, &mut report).await?;
            examine(&client, &client, &prices, &SystemClock, &mut report).await;
        }
        None => report.add(
            Finding::problem("twilio", "no account is set, so nothing can be searched, bought or released")
                .cured_by("set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN, shown on the first page of the Twilio Console"),
        ),
    }
    report.add(public_url::examine(settings.public_url.as_ref()).await);
    if let Some(finding) = identity::examine(settings.identity.as_ref()).await {
        report.add(finding);
    }
    if let (Some(mail), Some(mailer)) = (&settings.mail, mailer(&settings)?) {
        report.add(mail::examine(&mailer, &mail.server.place()).await);
    }
    say(if doctor.json { report.json()? } else { report.text() });
    Ok(if report.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Examines the account at the provider, and what the prices need of it. Without working credentials there is nothing
/// more to ask.
async fn examine(
    numbers: &dyn NumberProvider,
    account: &dyn ProviderAccount,
    prices: &PriceBook,
    clock: &dyn Clock,
    report: &mut Report,
) {
    if account::examine_credentials(account, clock, report).await {
        account::examine_standing(account, report).await;
        needs::examine(numbers, account, prices, clock, report).await;
    }
}
