//! `trunkline alarm`: which alarms are open, and the end of one by an operator's word.

use trunkline_alarms::{Alarm, AlarmFilter, AlarmRecord, AlarmsShown, EndAlarmCommand, EndReason};

use crate::arguments::AlarmCommand;
use crate::command::{origin, say};
use crate::logging;
use crate::settings::{SettingArguments, Settings};
use crate::wiring::{Parts, Use};

/// Runs one alarm command and closes the database.
pub(crate) async fn run(arguments: &SettingArguments, command: AlarmCommand) -> anyhow::Result<()> {
    let settings = Settings::read(arguments)?;
    logging::install(&settings)?;
    let parts = Parts::open(&settings, Use::Visit).await?;
    let outcome = act(&parts, command).await;
    parts.close().await;
    outcome
}

async fn act(parts: &Parts, command: AlarmCommand) -> anyhow::Result<()> {
    match command {
        AlarmCommand::List { all, json, limit } => {
            let shown = if all { AlarmsShown::All } else { AlarmsShown::Open };
            // One more than is shown tells whether there are more.
            let filter = AlarmFilter { shown, after: None, limit: limit.saturating_add(1) };
            let mut alarms = parts.alarms.alarms(&filter).await?;
            let are_more = alarms.len() > usize::from(limit);
            alarms.truncate(usize::from(limit));
            if json {
                say(serde_json::to_string_pretty(&alarms)?);
                return Ok(());
            }
            list(&alarms, shown);
            if are_more {
                say(format_args!("only the latest {limit}; --limit shows up to 1000"));
            }
            Ok(())
        }
        AlarmCommand::End { name, subject, reason } => end(parts, name, subject, reason).await,
    }
}

fn list(alarms: &[AlarmRecord], shown: AlarmsShown) {
    for alarm in alarms {
        say(line(alarm));
    }
    match (alarms.is_empty(), shown) {
        (true, AlarmsShown::Open) => say("no alarm is open"),
        (true, AlarmsShown::All) => say("no alarms yet"),
        (false, _) => say("What to do: docs/operations.md, under the alarm's name."),
    }
}

async fn end(parts: &Parts, alarm: Alarm, subject: String, reason: String) -> anyhow::Result<()> {
    let told = format!("ended: {alarm} about {subject}. Whoever finds the same again raises it again.");
    let origin = origin();
    parts.alarms.end_by_operator(EndAlarmCommand { alarm, subject, reason, origin }).await?;
    say(told);
    Ok(())
}

/// An alarm in a line, and what happened in another.
fn line(record: &AlarmRecord) -> String {
    let AlarmRecord { alarm, subject, sentence, details, raised_at, times, .. } = record;
    let raised = raised_at.format("%Y-%m-%d %H:%M:%S");
    let state = match record.end {
        None => "open".to_owned(),
        Some(end) => format!("ended {} {}", end.at.format("%Y-%m-%d %H:%M:%S"), how(end.reason)),
    };
    let details: Vec<String> = details.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let details = if details.is_empty() { String::new() } else { format!(" ({})", details.join(" ")) };
    format!("{raised}  {alarm}  {subject}  {state}, raised {times} times\n    {sentence}{details}")
}

const fn how(reason: EndReason) -> &'static str {
    match reason {
        EndReason::Told => "by itself",
        EndReason::CauseGone => "since its cause is gone",
        EndReason::Operator => "by an operator",
    }
}
