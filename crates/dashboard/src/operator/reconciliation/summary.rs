//! A report as a whole, in words: whether the books agree, what was read, what was left out.

use super::record::Report;
use crate::form::Note;
use crate::format::Formats;

/// Whether the books agree, and how that is marked.
pub(super) fn verdict(formats: &Formats, report: &Report) -> Note {
    let left = findings(formats, report.remaining());
    let is_all = report.is_about_all();
    let (tone, text) = match (report.complete, report.found, report.remaining()) {
        (false, ..) => (
            "bad",
            format!(
                "Nothing is concluded: Twilio's list broke off after {}. Look again.",
                numbers(formats, report.held)
            ),
        ),
        (true, 0, _) if is_all => ("good", "The books agree.".to_owned()),
        (true, 0, _) => ("waiting", "What was compared agrees, and not everything was compared.".to_owned()),
        (true, _, 0) if is_all => ("good", "The books agree again: every finding was repaired.".to_owned()),
        (true, _, 0) => {
            ("waiting", "Every finding was repaired, and not everything was compared.".to_owned())
        }
        (true, found, remaining) if found == remaining => ("bad", format!("The books disagree: {left}.")),
        (true, found, _) => ("bad", format!("The books disagree: {left} of {} left.", formats.count(found))),
    };
    Note { tone, text }
}

/// The same in a word or two, for a list.
pub(super) fn badge(report: &Report) -> (&'static str, &'static str) {
    match (report.complete, report.remaining()) {
        (false, _) => ("Broke off", "bad"),
        (true, 0) if !report.is_about_all() => ("Not all compared", "waiting"),
        (true, 0) => ("Agree", "good"),
        (true, _) => ("Disagree", "bad"),
    }
}

/// What else is to be known, a sentence each.
pub(super) fn remarks(formats: &Formats, report: &Report) -> Vec<String> {
    let mut said = vec![format!(
        "Twilio's account has {}, and {} of our rows were compared with them.",
        numbers(formats, report.held),
        formats.count(report.compared)
    )];
    if report.skipped > 0 {
        said.push(format!(
            "{} were left for the next time, because they were made or are being decided just now.",
            formats.count(report.skipped)
        ));
    }
    if report.on_other_accounts > 0 {
        said.push(format!(
            "{} that customers have are on other accounts than {}, and nothing is said of them. Is the account in the settings right \
             (TWILIO_ACCOUNT_SID)? If it is, move them in Twilio's Console.",
            numbers(formats, report.on_other_accounts),
            report.account
        ));
    }
    if !report.costs_unknown.is_empty() {
        said.push(format!(
            "Prices were not compared in {}: Twilio did not say what it asks.",
            report.costs_unknown.join(", ")
        ));
    }
    let done = report.repairs;
    if done.done + done.skipped + done.failed > 0 {
        said.push(format!(
            "Repaired {}, left alone {}, failed {}.",
            formats.count(done.done),
            formats.count(done.skipped),
            formats.count(done.failed)
        ));
    }
    if let Some(held_back) = report.held_back {
        said.push(format!(
            "Nothing was repaired: {} would have been, and unasked at most {} are. A wrong account, a restored backup or a changed \
             address look like that. Are these findings true? Compare some with Twilio's Console before you repair them.",
            findings(formats, held_back.would_repair),
            formats.count(held_back.limit)
        ));
    }
    let unnamed = report.found.saturating_sub(u64::try_from(report.findings.len()).unwrap_or(u64::MAX));
    if unnamed > 0 {
        said.push(format!("{} more were found than are kept by name.", formats.count(unnamed)));
    }
    said
}

pub(super) fn findings(formats: &Formats, count: u64) -> String {
    if count == 1 { "1 finding".to_owned() } else { format!("{} findings", formats.count(count)) }
}

fn numbers(formats: &Formats, count: u64) -> String {
    if count == 1 { "1 number".to_owned() } else { format!("{} numbers", formats.count(count)) }
}
