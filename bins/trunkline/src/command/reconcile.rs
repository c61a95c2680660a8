//! `trunkline reconcile`: the provider's books against ours, for people and for programs.

use std::pin::pin;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use trunkline_provisioning::port::Missing;
use trunkline_provisioning::{
    BookedNumber, Difference, Finding, Found, HeldBack, HeldNumber, Progress, ReconcileCommand, Repair,
    Repairs, Report, Setting,
};

use crate::arguments::ReconcileArguments;
use crate::command::{origin, say};
use crate::progress::Progress as Bar;
use crate::settings::{SettingArguments, Settings};
use crate::wiring::{Parts, Use};
use crate::{complain, logging, signals};

/// The books disagree, or not all of ours could be compared.
const FINDINGS: u8 = 1;
/// Nobody knows.
const COULD_NOT: u8 = 2;
/// More would have been repaired than is done without being confirmed.
const HELD_BACK: u8 = 3;

/// Reconciles once. The exit status tells books that disagree from books that could not be compared.
pub(crate) async fn run(arguments: &SettingArguments, command: &ReconcileArguments) -> ExitCode {
    match reconcile(arguments, command).await {
        Ok(report) if !report.complete => COULD_NOT.into(),
        Ok(report) if report.held_back.is_some() => HELD_BACK.into(),
        Ok(report) if report.remaining() > 0 || report.on_other_accounts > 0 => FINDINGS.into(),
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            COULD_NOT.into()
        }
    }
}

async fn reconcile(arguments: &SettingArguments, command: &ReconcileArguments) -> anyhow::Result<Report> {
    let settings = Settings::read(arguments)?;
    logging::install(&settings)?;
    let stop = signals::stop_token("what has begun is finished")?;
    let parts = Parts::open(&settings, Use::Visit).await?;
    let repairs = if command.repair { Repairs::All { confirmed: command.confirm } } else { Repairs::Nothing };
    let bar = Bar::begin("asking the provider for its numbers");
    let shown = bar.clone();
    let asked = ReconcileCommand { repairs, origin: origin() };
    let report = {
        let provisioning = parts.provisioning.clone();
        let mut report = pin!(parts.provisioning.reconcile(asked, Arc::new(move |step| show(&shown, step))));
        match stop.run_until_cancelled(report.as_mut()).await {
            Some(report) => report,
            None => tokio::join!(report, provisioning.shutdown()).0,
        }
    };
    bar.end();
    parts.close().await;
    let report = report.with_context(|| {
        if command.repair {
            "the books were not compared; what was repaired before that is in the audit trail"
        } else {
            "nothing was compared, and nothing changed"
        }
    })?;
    if command.json {
        say(serde_json::to_string_pretty(&report)?);
    } else {
        say(for_people(&report));
    }
    Ok(report)
}

fn show(bar: &Bar, step: Progress) {
    let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    match step {
        Progress::Listed(numbers) => bar.say(format!("the provider lists {numbers} numbers; reading ours")),
        Progress::Compared(rows) => bar.say(format!("{rows} of our rows compared")),
        Progress::LookedFor(done, all) => bar.of("looking for what the list lacks", count(done), count(all)),
        Progress::Repaired(done, all) => bar.of("repairing", count(done), count(all)),
    }
}

/// A line or two for each finding, and one that sums up.
fn for_people(report: &Report) -> String {
    let Report { account, held, compared, skipped, on_other_accounts, found, .. } = report;
    let mut lines: Vec<String> = report.findings.iter().map(told_with_repair).collect();
    let unnamed = found.saturating_sub(report.findings.len().try_into().unwrap_or(u64::MAX));
    if unnamed > 0 {
        lines.push(format!("and {unnamed} more"));
    }
    if *skipped > 0 {
        lines.push(format!("{skipped} left for the next time: in flight, or younger than RECONCILE_AFTER_S"));
    }
    if *on_other_accounts > 0 {
        lines.push(format!(
            "{on_other_accounts} live numbers of ours are on other accounts than {account}, and nothing is said of them. Is \
             TWILIO_ACCOUNT_SID right? If it is, move them in Twilio's Console, or compare with the other account's settings"
        ));
    }
    if !report.costs_unknown.is_empty() {
        let countries: Vec<String> = report.costs_unknown.iter().map(ToString::to_string).collect();
        lines.push(format!("prices were not compared in {}: the provider did not say", countries.join(", ")));
    }
    lines.extend(told_of_repairs(report));
    let read = format!("{held} numbers at the provider, {compared} of our rows compared.");
    let findings = |count: u64| if count == 1 { "1 finding".to_owned() } else { format!("{count} findings") };
    lines.push(match (report.complete, *found, report.remaining()) {
        (false, _, _) => {
            format!("NOTHING IS CONCLUDED: the provider's list broke off after {held} numbers. Try again.")
        }
        (true, 0, _) if *on_other_accounts > 0 => {
            format!("NOT EVERYTHING WAS COMPARED. What was agrees. {read}")
        }
        (true, 0, _) => format!("The books agree. {read}"),
        (true, _, 0) if *on_other_accounts > 0 => {
            format!("NOT EVERYTHING WAS COMPARED. Of what was, every finding was repaired. {read}")
        }
        (true, _, 0) => format!("The books agree again: every finding was repaired. {read}"),
        (true, found, remaining) if remaining == found => {
            format!("THE BOOKS DISAGREE: {}. {read}", findings(found))
        }
        (true, found, remaining) => {
            format!("THE BOOKS DISAGREE: {} of {} left. {read}", remaining, findings(found))
        }
    });
    lines.join("\n")
}

/// What was repaired, what was not, and what to do about it.
fn told_of_repairs(report: &Report) -> Option<String> {
    let counts = report.repairs;
    if let Some(HeldBack { would_repair, limit }) = report.held_back {
        return Some(format!(
            "NOTHING WAS REPAIRED: {would_repair} findings would have been, and without being asked at most {limit} are. \
             Is this the right database, and the right account? If every one of them is meant:\n  \
             trunkline reconcile --repair --confirm {would_repair}"
        ));
    }
    if counts.done + counts.skipped + counts.failed > 0 {
        let (done, skipped, failed) = (counts.done, counts.skipped, counts.failed);
        return Some(format!("repaired {done}, left alone {skipped}, failed {failed}"));
    }
    (report.repairable > 0).then(|| {
        format!("{} of these would be repaired by `trunkline reconcile --repair`", report.repairable)
    })
}

fn told_with_repair(found: &Found) -> String {
    let finding = told(&found.finding);
    match &found.repair {
        None => finding,
        Some(Repair::Done) => format!("{finding}\n{:<22}repaired", ""),
        Some(Repair::Skipped { why }) => format!("{finding}\n{:<22}left alone: {why}", ""),
        Some(Repair::Failed { why }) => format!("{finding}\n{:<22}NOT REPAIRED: {why}", ""),
    }
}

fn told(finding: &Finding) -> String {
    let class = finding.class();
    let what = match finding {
        Finding::Orphan { held, order } => {
            format!("{}: order {order} failed, and nobody has the number", at_provider(held))
        }
        Finding::UnknownOrder { held, order } => format!(
            "{}: it was bought here for order {order}, which this database does not have; was a backup restored?",
            at_provider(held)
        ),
        Finding::Foreign { held, deployment: Some(deployment) } => {
            format!("{}: bought by deployment {deployment}", at_provider(held))
        }
        Finding::Foreign { held, deployment: None } => format!("{}: not bought here", at_provider(held)),
        Finding::SecondNumber { held, order } => {
            format!("{}: order {order} has another number", at_provider(held))
        }
        Finding::Ghost { booked, moved_to: Some(account) } => {
            format!("{}: the operator has moved it to account {account}", in_books(booked))
        }
        Finding::Ghost { booked, moved_to: None } => {
            format!("{}: the provider does not have it", in_books(booked))
        }
        Finding::Drifted { booked, differences } => {
            let settings: Vec<String> = differences.iter().map(difference).collect();
            format!("{}: {}", in_books(booked), settings.join("; "))
        }
        Finding::ReleasedButPresent { booked } => {
            format!("{}: released here, and the provider has it still", in_books(booked))
        }
        Finding::Contradiction(contradiction) => {
            let missing = match contradiction.missing {
                Missing::Charge => "has its number and was never charged",
                Missing::Number => "was charged or completed, and no number stands for it",
            };
            let (order, user, phone_number) =
                (contradiction.order, &contradiction.user, &contradiction.phone_number);
            format!("order {order} of {user} for {phone_number} {missing}")
        }
        Finding::PriceUnderCost { booked, price, cost } => {
            format!("{}: sold for {price} a month, and costs {cost}", in_books(booked))
        }
    };
    format!("{class:<22}{what}")
}

fn at_provider(held: &HeldNumber) -> String {
    format!("{} ({}, \"{}\")", held.phone_number, held.number_sid, held.friendly_name)
}

fn in_books(booked: &BookedNumber) -> String {
    format!("{} of {} ({}, {})", booked.phone_number, booked.user, booked.number_id, booked.number_sid)
}

pub(crate) fn difference(difference: &Difference) -> String {
    let setting = match difference.setting {
        Setting::FriendlyName => "its name",
        Setting::VoiceUrl => "its address for calls",
        Setting::SmsUrl => "its address for texts",
        Setting::StatusCallbackUrl => "its address for ends of calls",
    };
    let text = |value: &Option<String>| value.as_deref().map_or("nothing".to_owned(), |v| format!("\"{v}\""));
    format!("{setting} is {} and should be {}", text(&difference.held), text(&difference.booked))
}
