//! `trunkline reconcile`: the provider's books against ours, for people and for programs.

use std::process::ExitCode;

use anyhow::Context;
use trunkline_domain::Origin;
use trunkline_provisioning::port::Missing;
use trunkline_provisioning::{BookedNumber, Difference, Finding, HeldNumber, Progress, Report, Setting};

use crate::arguments::ReconcileArguments;
use crate::command::say;
use crate::command::terminal::TerminalLine;
use crate::settings::{SettingArguments, Settings};
use crate::wiring::{Parts, Use};
use crate::{complain, logging};

/// The books disagree.
const FINDINGS: u8 = 1;
/// Nobody knows.
const COULD_NOT: u8 = 2;

/// Reconciles once. The exit status tells books that disagree from books that could not be compared.
pub(crate) async fn run(arguments: &SettingArguments, command: &ReconcileArguments) -> ExitCode {
    match reconcile(arguments, command.json).await {
        Ok(report) if !report.complete => COULD_NOT.into(),
        Ok(report) if report.found > 0 => FINDINGS.into(),
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            COULD_NOT.into()
        }
    }
}

async fn reconcile(arguments: &SettingArguments, json: bool) -> anyhow::Result<Report> {
    let settings = Settings::read(arguments)?;
    logging::install(&settings)?;
    let parts = Parts::open(&settings, Use::Visit).await?;
    let line = TerminalLine::begin("asking the provider for its numbers");
    let report = parts.reconciler.reconcile(&Origin::command_line(), &|step| show(&line, step)).await;
    line.end();
    parts.close().await;
    let report = report.context("nothing was compared, and nothing changed")?;
    if json {
        say(serde_json::to_string_pretty(&report)?);
    } else {
        say(for_people(&report));
    }
    Ok(report)
}

/// How far it is.
fn show(line: &TerminalLine, step: Progress) {
    line.show(match step {
        Progress::Listed(count) => format!("the provider lists {count} numbers; reading ours"),
        Progress::Compared(count) => format!("{count} of our rows compared"),
        Progress::LookedFor(done, all) => format!("looking for what the list lacks: {done} of {all}"),
    });
}

/// A line or two for each finding, and one that sums up.
fn for_people(report: &Report) -> String {
    let Report { account, held, compared, skipped, on_other_accounts, found, .. } = report;
    let mut lines: Vec<String> = report.findings.iter().map(told).collect();
    let unnamed = found.saturating_sub(report.findings.len().try_into().unwrap_or(u64::MAX));
    if unnamed > 0 {
        lines.push(format!("and {unnamed} more"));
    }
    if *skipped > 0 {
        lines.push(format!("{skipped} left for the next time: in flight, or younger than 15 minutes"));
    }
    if *on_other_accounts > 0 {
        lines.push(format!(
            "{on_other_accounts} live numbers of ours are on other accounts than {account}; nothing is said of them"
        ));
    }
    if !report.costs_unknown.is_empty() {
        let countries: Vec<String> = report.costs_unknown.iter().map(ToString::to_string).collect();
        lines.push(format!("prices were not compared in {}: the provider did not say", countries.join(", ")));
    }
    lines.push(match (report.complete, *found) {
        (false, _) => format!(
            "NOTHING IS CONCLUDED: the provider's list broke off after {held} numbers. Try again."
        ),
        (true, 0) => format!("The books agree. {held} numbers at the provider, {compared} of our rows compared."),
        (true, 1) => format!("THE BOOKS DISAGREE: 1 finding. {held} numbers at the provider, {compared} of our rows compared."),
        (true, found) => format!(
            "THE BOOKS DISAGREE: {found} findings. {held} numbers at the provider, {compared} of our rows compared."
        ),
    });
    lines.join("\n")
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

fn difference(difference: &Difference) -> String {
    let setting = match difference.setting {
        Setting::FriendlyName => "its name",
        Setting::VoiceUrl => "its address for calls",
        Setting::SmsUrl => "its address for texts",
        Setting::StatusCallbackUrl => "its address for ends of calls",
    };
    let text = |value: &Option<String>| value.as_deref().map_or("nothing".to_owned(), |v| format!("\"{v}\""));
    format!("{setting} is {} and should be {}", text(&difference.held), text(&difference.booked))
}
