//! `trunkline import`: moves what the original system has, or says what it would move.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use serde_json::json;
use trunkline_domain::{Origin, RandomIds};
use trunkline_import::{
    BalanceSum, Finding, FindingKind, ImportError, ImportMode, ImportReport, ImportSettings, Importer,
    ImporterParts, Tally,
};
use trunkline_persistence::PostgresOriginal;

use crate::arguments::ImportArguments;
use crate::command::{legible, say};
use crate::progress::Progress as Bar;
use crate::settings::{SettingArguments, Settings};
use crate::wiring::{self, Parts, Use};
use crate::{complain, logging};

/// Something is not here as the original has it.
const FOUND: u8 = 1;
/// It was not made to its end.
const COULD_NOT: u8 = 2;

pub(crate) async fn run(arguments: &SettingArguments, command: &ImportArguments) -> ExitCode {
    match import(arguments, command).await {
        Ok(report) if report.is_clean() => ExitCode::SUCCESS,
        Ok(_) => FOUND.into(),
        Err(error) => {
            complain(&error);
            COULD_NOT.into()
        }
    }
}

async fn import(arguments: &SettingArguments, command: &ImportArguments) -> anyhow::Result<ImportReport> {
    let settings = Settings::read(arguments)?;
    logging::install(&settings)?;
    let mode = if command.dry_run { ImportMode::DryRun } else { ImportMode::Apply };
    let original = PostgresOriginal::open(&command.from, &command.schema).await;
    let original = original.context("nothing was moved; is --from the original's database?")?;
    let parts = Parts::open(&settings, Use::Visit).await?;
    let (provider, _) = wiring::provider(&settings)?;
    let bar = Bar::begin("asking Twilio what the account holds");
    let shown = bar.clone();
    let work = ImporterParts {
        original: Box::new(original),
        store: Arc::clone(&parts.store) as _,
        provider,
        clock: Arc::clone(&parts.clock),
        ids: Arc::new(RandomIds),
    };
    let how = ImportSettings {
        mode,
        currency: settings.default_currency,
        prices: parts.prices.current(),
        origin: Origin::command_line(),
    };
    let progress = move |done, all| shown.of("users", done, all);
    let report = Importer::run(work, how, &progress).await;
    bar.end();
    parts.close().await;
    let report = report.map_err(|error| not_to_its_end(error, mode))?;
    say(if command.json { for_programs(&report, mode)? } else { for_people(&report, mode) });
    Ok(report)
}

/// What to do when it stopped.
fn not_to_its_end(error: ImportError, mode: ImportMode) -> anyhow::Error {
    let outcome = match (&error, mode) {
        (ImportError::Schema(_), _) => "nothing was moved; see --from and --schema",
        (ImportError::Provider(_), _) => "nothing was moved; see `trunkline doctor`, then run this again",
        (ImportError::Original(_) | ImportError::Store(_), ImportMode::DryRun) => {
            "nothing was moved; run this again"
        }
        (ImportError::Original(_) | ImportError::Store(_), ImportMode::Apply) => {
            "it stopped before its end, and what was moved stays moved; run this again, it goes on from there"
        }
    };
    anyhow::Error::new(error).context(outcome)
}

fn for_people(report: &ImportReport, mode: ImportMode) -> String {
    let mut lines: Vec<String> = report.findings.iter().map(told).collect();
    let unnamed = report.found.saturating_sub(report.findings.len().try_into().unwrap_or(u64::MAX));
    if unnamed > 0 {
        lines.push(format!("and {unnamed} more"));
    }
    if !lines.is_empty() {
        lines.push(String::new());
    }
    let moved = match mode {
        ImportMode::DryRun => "to move",
        ImportMode::Apply => "moved",
    };
    lines.push(format!("{:<14}{moved:>10}{:>10}{:>10}{:>10}", "", "here", "differ", "not moved"));
    let tallies = [
        ("users", report.users),
        ("businesses", report.businesses),
        ("numbers", report.numbers),
        ("balances", report.balances),
        ("history lines", report.lines),
    ];
    for (what, Tally { moved, here, differ, left }) in tallies {
        lines.push(format!("{what:<14}{moved:>10}{here:>10}{differ:>10}{left:>10}"));
    }
    if report.numbers_given_back > 0 {
        lines.push(format!(
            "{} numbers were given back in the original, and stay there.",
            report.numbers_given_back
        ));
    }
    let (by_original, by_file) = (report.priced_by_original, report.priced_by_price_file);
    if by_original + by_file > 0 {
        lines.push(format!("Prices: {by_original} from the original, {by_file} from the price file."));
    }
    lines.extend(report.sums.iter().map(|sum| balanced(sum, mode)));
    lines.push(String::new());
    lines.push(verdict(report, mode));
    lines.join("\n")
}

/// The trial balance of one currency, with only what there is.
fn balanced(sum: &BalanceSum, mode: ImportMode) -> String {
    let BalanceSum { currency, original, moved, here, changed_since, left, ledger } = sum;
    let now = match mode {
        ImportMode::DryRun => "to move",
        ImportMode::Apply => "moved now",
    };
    let parts =
        [(now, moved), ("moved before", here), ("changed there since", changed_since), ("not moved", left)];
    let parts: Vec<String> = parts
        .into_iter()
        .filter(|(_, amount)| !amount.is_zero())
        .map(|(what, amount)| format!("{amount} {what}"))
        .collect();
    let parts = if parts.is_empty() { "0".to_owned() } else { parts.join(" + ") };
    format!(
        "{currency}: the original's balances {original} = {parts}; opening balances in the ledger {ledger}"
    )
}

fn verdict(report: &ImportReport, mode: ImportMode) -> String {
    let tallies = [report.users, report.businesses, report.numbers, report.balances, report.lines];
    let differ: u64 = tallies.iter().map(|tally| tally.differ).sum();
    let left: u64 = tallies.iter().map(|tally| tally.left).sum();
    let rest = match (differ, left) {
        (0, 0) => "everything is as the original has it".to_owned(),
        (differ, 0) => format!("{differ} differ"),
        (0, left) => format!("{left} not moved"),
        (differ, left) => format!("{differ} differ, {left} not moved"),
    };
    match (mode, report.moved()) {
        (_, 0) => format!("Nothing to move; {rest}."),
        (ImportMode::DryRun, _) => format!("A dry run: nothing was written. After moving: {rest}."),
        (ImportMode::Apply, _) => format!(
            "Moved; {rest}. Calls and texts go on to where they went: when the server here answers, see \
             `trunkline webhooks repoint --dry-run`."
        ),
    }
}

fn told(finding: &Finding) -> String {
    let Finding { kind, user, subject, message } = finding;
    let kind = match kind {
        FindingKind::NotMoved => "NOT MOVED",
        FindingKind::Differs => "DIFFERS",
        FindingKind::Adjusted => "moved, but",
    };
    let named_beside = user.as_deref().filter(|user| !subject.contains(*user));
    let of = named_beside.map(|user| format!(" of {user}")).unwrap_or_default();
    legible(&format!("{kind}: {subject}{of}: {message}"))
}

/// The same for programs. Amounts are decimal digits in text, so that no reader makes floats of them.
fn for_programs(report: &ImportReport, mode: ImportMode) -> anyhow::Result<String> {
    let mut document = json!(report);
    document["dryRun"] = json!(mode == ImportMode::DryRun);
    document["sums"] = report
        .sums
        .iter()
        .map(|sum| {
            json!({
                "currency": sum.currency,
                "original": sum.original.to_string(),
                "moved": sum.moved.to_string(),
                "here": sum.here.to_string(),
                "changedSince": sum.changed_since.to_string(),
                "left": sum.left.to_string(),
                "ledger": sum.ledger.to_string(),
            })
        })
        .collect();
    serde_json::to_string_pretty(&document).context("the report cannot be written")
}
