//! `trunkline webhooks`: where the numbers' calls and texts go.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use trunkline_provisioning::{
    Addresses, Repair, RepointCommand, RepointError, RepointMode, RepointReport, RepointedNumber,
};

use crate::arguments::{RepointArguments, WebhooksCommand};
use crate::command::{origin, say};
use crate::progress::Progress as Bar;
use crate::settings::{SettingArguments, Settings};
use crate::wiring::{Parts, Use};
use crate::{complain, logging};

/// Some numbers still point elsewhere.
const FAILED: u8 = 1;
/// Nothing was done.
const COULD_NOT: u8 = 2;

pub(crate) async fn run(arguments: &SettingArguments, command: WebhooksCommand) -> ExitCode {
    let WebhooksCommand::Repoint(command) = command;
    match repoint(arguments, &command).await {
        Ok(report) if report.repairs.failed > 0 => FAILED.into(),
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            COULD_NOT.into()
        }
    }
}

async fn repoint(arguments: &SettingArguments, command: &RepointArguments) -> anyhow::Result<RepointReport> {
    let settings = Settings::read(arguments)?;
    logging::install(&settings)?;
    let parts = Parts::open(&settings, Use::Visit).await?;
    let mode = if command.dry_run { RepointMode::DryRun } else { RepointMode::Apply };
    let bar = Bar::begin("reading our numbers");
    let shown = bar.clone();
    let asked = RepointCommand { mode, origin: origin() };
    let report = parts
        .provisioning
        .repoint_webhooks(asked, Arc::new(move |done, all| shown.of("repointing", done, all)))
        .await;
    bar.end();
    parts.close().await;
    let report = report.map_err(|error| match error {
        RepointError::NoAddresses => anyhow::Error::new(error)
            .context("nothing was changed; set PUBLIC_URL to the address that Twilio shall call"),
        RepointError::Provider(_) => {
            anyhow::Error::new(error).context("nothing was changed; see `trunkline doctor`")
        }
        RepointError::Store(_) => anyhow::Error::new(error)
            .context("not every number was repointed; run this again, it goes on where it stopped"),
    })?;
    if command.json {
        say(serde_json::to_string_pretty(&report).context("the report cannot be written")?);
    } else {
        say(for_people(&report, mode));
    }
    Ok(report)
}

fn for_people(report: &RepointReport, mode: RepointMode) -> String {
    let RepointReport { right_already, on_other_accounts, elsewhere, repairs, numbers, .. } = report;
    let mut lines: Vec<String> = numbers.iter().filter_map(|number| told(number, mode)).collect();
    if *on_other_accounts > 0 {
        lines.push(format!(
            "{on_other_accounts} live numbers are on other accounts than {}, and were left alone",
            report.account
        ));
    }
    lines.push(match mode {
        RepointMode::DryRun => {
            let would_be = elsewhere.saturating_sub(repairs.failed);
            format!("{would_be} numbers would be repointed; {right_already} point there already. Nothing was changed.")
        }
        RepointMode::Apply => format!(
            "{} of {elsewhere} numbers repointed; {right_already} pointed there already, {} were left alone.",
            repairs.done, repairs.skipped
        ),
    });
    match (repairs.failed, mode) {
        (0, _) => {}
        (failed, RepointMode::DryRun) => {
            lines.push(format!("{failed} WOULD STILL POINT ELSEWHERE; see above."));
        }
        (failed, RepointMode::Apply) => lines.push(format!(
            "{failed} STILL POINT ELSEWHERE; see above. Run this again: it takes only what is not right yet."
        )),
    }
    lines.join("\n")
}

/// A line for a number that changes, or did not; nothing where all went well, of which there may be thousands.
fn told(number: &RepointedNumber, mode: RepointMode) -> Option<String> {
    let booked = &number.booked;
    let who =
        format!("{} of {} ({}, {})", booked.phone_number, booked.user, booked.number_id, booked.number_sid);
    match (&number.repair, mode) {
        (Some(Repair::Failed { why }), RepointMode::Apply) => Some(format!("{who}: NOT REPOINTED: {why}")),
        (Some(Repair::Failed { why }), RepointMode::DryRun) => {
            Some(format!("{who}: would be left alone: {why}"))
        }
        (Some(Repair::Skipped { why }), _) => Some(format!("{who}: left alone: {why}")),
        (Some(Repair::Done), _) | (None, RepointMode::Apply) => None,
        (None, RepointMode::DryRun) => Some(format!("{who}: {}", changed(&number.from, &number.to))),
    }
}

fn changed(from: &Addresses, to: &Addresses) -> String {
    let pairs = [
        ("calls", &from.voice_url, &to.voice_url),
        ("texts", &from.sms_url, &to.sms_url),
        ("ends of calls", &from.status_callback_url, &to.status_callback_url),
    ];
    let shown = |address: &Option<String>| address.clone().unwrap_or_else(|| "nothing".to_owned());
    let changed = pairs.into_iter().filter(|(_, from, to)| from != to);
    changed
        .map(|(what, from, to)| format!("{what} from {} to {}", shown(from), shown(to)))
        .collect::<Vec<_>>()
        .join("; ")
}
