//! `trunkline audit`: the audit trail, for whoever sits at the server's machine. It shows whole lines.

use std::io::{self, Write};
use std::num::NonZeroU32;
use std::str::FromStr;

use anyhow::{Context, bail};
use chrono::{DateTime, Utc};
use trunkline_tenancy::{Audience, AuditFilter, AuditLine, ShownActor};

use crate::arguments::AuditArguments;
use crate::command::key::Span;
use crate::command::{legible, remark, say};
use crate::logging;
use crate::settings::{SettingArguments, Settings};
use crate::wiring::{Parts, Use};

/// How many lines are listed where nobody says.
const LINES: NonZeroU32 = NonZeroU32::new(50).unwrap();

/// The longest page of the store.
const PAGE: u32 = 100;

/// Reads the trail and closes the database.
pub(crate) async fn run(arguments: &SettingArguments, which: AuditArguments) -> anyhow::Result<()> {
    let settings = Settings::read(arguments)?;
    logging::install(&settings)?;
    let parts = Parts::open(&settings, Use::Visit).await?;
    let outcome = read(&parts, which).await;
    parts.close().await;
    outcome
}

async fn read(parts: &Parts, which: AuditArguments) -> anyhow::Result<()> {
    let AuditArguments { user, subject, action, from, to, limit, json, csv } = which;
    let now = parts.clock.now();
    let from = from.map(|from| from.time(now).context("--from")).transpose()?;
    let until = to.map(|to| to.time(now).context("--to")).transpose()?;
    if from.zip(until).is_some_and(|(from, until)| from >= until) {
        bail!("--to is the moment before which lines are read, and must be after --from");
    }
    let filter = AuditFilter { subject, user, action, from, until, after: None, limit: 0 };
    if csv {
        sheet(parts, filter, limit.unwrap_or(NonZeroU32::MAX)).await
    } else {
        list(parts, filter, limit.unwrap_or(LINES), json).await
    }
}

async fn list(parts: &Parts, mut filter: AuditFilter, most: NonZeroU32, json: bool) -> anyhow::Result<()> {
    let mut left = most.get();
    loop {
        filter.limit = u16::try_from(left.min(PAGE))?;
        let page = parts.audit.page(&filter).await?;
        if page.records.is_empty() && !json {
            say("there are no such lines");
        }
        for record in page.records {
            let line = AuditLine::of(record, Audience::Operators);
            if json {
                say(serde_json::to_string(&line)?);
            } else {
                say(told(&line));
            }
            left = left.saturating_sub(1);
        }
        match page.next {
            None => return Ok(()),
            Some(_) if left == 0 => {
                remark(format_args!("only the newest {most}; --limit shows more, --from and --to narrow it"));
                return Ok(());
            }
            next => filter.after = next,
        }
    }
}

async fn sheet(parts: &Parts, filter: AuditFilter, most: NonZeroU32) -> anyhow::Result<()> {
    let mut export = parts.audit.export(filter, Audience::Operators, most);
    while let Some(lines) = export.next().await.context("the lines so far are not all of them")? {
        match io::stdout().write_all(&lines) {
            Ok(()) => {}
            // Whoever reads it has stopped reading, as `head` does.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
            Err(error) => return Err(error).context("the lines so far are not all of them"),
        }
    }
    if export.is_cut() {
        remark(format_args!("not complete: there are more than {most}; the last line says so, too"));
    }
    Ok(())
}

/// A line of the trail: what happened, and below it what changed.
fn told(line: &AuditLine) -> String {
    let AuditLine { at, actor, action, subject, user_id, reason, details, request_id, address, .. } = line;
    let whose = user_id.as_ref().map(|user| format!("  of {user}")).unwrap_or_default();
    let request = request_id.as_ref().map(|id| format!("  request {id}")).unwrap_or_default();
    let from = address.map(|address| format!("  from {address}")).unwrap_or_default();
    let reason =
        reason.as_ref().map(|reason| format!("\n    because: {}", legible(reason))).unwrap_or_default();
    let details =
        if details.is_null() { String::new() } else { format!("\n    {}", legible(&details.to_string())) };
    let head = format!("{action}  {subject}{whose}  by {}{from}{request}", who(actor));
    format!("{}  {}{reason}{details}", at.format("%Y-%m-%d %H:%M:%S"), legible(&head))
}

fn who(actor: &ShownActor) -> String {
    let ShownActor { kind, user_id, key_id, login } = actor;
    let mut told = kind.replace('_', " ");
    for part in [
        user_id.as_ref().map(ToString::to_string),
        key_id.map(|key| format!("with key {key}")),
        login.clone(),
    ] {
        told.extend(part.into_iter().flat_map(|part| [" ".to_owned(), part]));
    }
    told
}

/// A moment, or so long ago.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Since {
    Ago(Span),
    At(DateTime<Utc>),
}

impl FromStr for Since {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match (text.parse(), DateTime::parse_from_rfc3339(text)) {
            (Ok(span), _) => Ok(Self::Ago(span)),
            (Err(_), Ok(time)) => Ok(Self::At(time.to_utc())),
            (Err(_), Err(_)) => {
                Err("write a moment such as 2027-01-31T12:00:00Z, or how long ago: 90d, 12h, 30m")
            }
        }
    }
}

impl Since {
    fn time(self, now: DateTime<Utc>) -> anyhow::Result<DateTime<Utc>> {
        match self {
            Self::Ago(Span(span)) => now.checked_sub_signed(span).context("is longer ago than calendars go"),
            Self::At(time) => Ok(time),
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use serde_json::{Value, json};
    use trunkline_tenancy::AuditPlace;

    use super::*;

    #[test]
    fn moments_are_written_as_people_write_them() {
        let now: DateTime<Utc> = "2027-01-31T12:00:00Z".parse().unwrap();
        let time = |text: &str| text.parse::<Since>().unwrap().time(now).unwrap();
        assert_eq!(time("7d"), now - TimeDelta::days(7));
        assert_eq!(
            time("2027-01-01T01:00:00+01:00"),
            "2027-01-01T00:00:00Z".parse::<DateTime<Utc>>().unwrap()
        );
        assert!("yesterday".parse::<Since>().is_err());
        assert!("4294967295d".parse::<Since>().unwrap().time(now).is_err());
    }

    #[test]
    fn a_line_tells_who_what_and_why_and_moves_no_terminal() {
        let actor =
            ShownActor { kind: "command_line", user_id: None, key_id: None, login: Some("root".to_owned()) };
        let line = AuditLine {
            id: AuditPlace::from_i64(1),
            at: DateTime::UNIX_EPOCH,
            actor,
            action: "wallet.adjust".to_owned(),
            subject: "t-1".to_owned(),
            user_id: Some("ann".parse().unwrap()),
            reason: Some("case\u{1b}[2J".to_owned()),
            details: json!({ "direction": "debit" }),
            request_id: None,
            address: None,
        };
        assert_eq!(
            told(&line),
            "1970-01-01 00:00:00  wallet.adjust  t-1  of ann  by command line root\n    because: case\\u{1b}[2J\n    \
             {\"direction\":\"debit\"}"
        );
        let bare = AuditLine { reason: None, details: Value::Null, ..line };
        assert!(told(&bare).ends_with("by command line root"));
    }
}
