//! `trunkline backup`: a verified copy of a SQLite file beside its server. What PostgreSQL's own program does better is
//! named, not wrapped.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context, bail};
use serde_json::json;
use trunkline_domain::SystemClock;
use trunkline_persistence::{
    BackupContents, BackupReport, BackupStep, Existing, PostgresAddress, SqliteStore,
};

use crate::arguments::BackupArguments;
use crate::command::say;
use crate::logging;
use crate::progress::Progress;
use crate::settings::{Engine, SettingArguments, Settings};

/// Copies the database, or says how PostgreSQL's is copied.
pub(crate) async fn run(arguments: &SettingArguments, backup: &BackupArguments) -> anyhow::Result<()> {
    let settings = Settings::read(arguments)?;
    logging::install(&settings)?;
    let path = match &settings.database.engine {
        Engine::Sqlite(path) => path,
        Engine::Postgres(address) => bail!(how_to_dump(address, &backup.file)),
    };
    let options = settings.database.sqlite(path, false);
    let existing = if backup.force { Existing::Replace } else { Existing::Keep };
    let bar = Progress::begin("copying the database");
    let shown = bar.clone();
    let told = move |step| show(&shown, step);
    let report = SqliteStore::back_up(&options, &backup.file, existing, &SystemClock, told).await;
    bar.end();
    let report = report.with_context(|| format!("there is no new backup of {}", settings.database))?;
    if backup.json {
        say(serde_json::to_string_pretty(&for_programs(&report))?);
    } else {
        say(for_people(&report));
    }
    Ok(())
}

fn show(bar: &Progress, step: BackupStep) {
    match step {
        BackupStep::Copied { done, of } => bar.of("copying pages", done.into(), of.into()),
        BackupStep::Verifying => bar.say("copied; reading the copy and auditing its ledger".to_owned()),
    }
}

fn how_to_dump(address: &PostgresAddress, file: &Path) -> String {
    format!(
        "`trunkline backup` copies SQLite files; {address} is PostgreSQL's, whose own program copies it beside its \
         servers. Nothing was copied. As the tables' owner or a superuser (PostgreSQL lets nobody else dump tables with \
         row-level security), run\n  pg_dump --format=custom --schema=trunkline --schema=trunkline_tenant {} --file={}\n\
         docs/deployment.md has the way back.",
        address.program_flags(),
        file.display(),
    )
}

fn for_people(report: &BackupReport) -> String {
    let BackupReport { path, bytes, copied_in, verified_in, contents } = report;
    format!(
        "{}: {} in {:.1} s, checked in {:.1} s\n{}\nThe copy is whole, and its ledger balances.",
        path.display(),
        size(*bytes),
        copied_in.as_secs_f32(),
        verified_in.as_secs_f32(),
        contents_in_words(contents),
    )
}

/// What a copy holds, and until when.
pub(super) fn contents_in_words(contents: &BackupContents) -> String {
    let BackupContents { orders, newest_order_at, numbers, accounts, transfers, schema_version, deployment } =
        contents;
    let mut text = format!("orders {orders}");
    if let Some(newest) = newest_order_at {
        // Writing to a string does not fail.
        let _ = write!(text, " (the last one changed {} UTC)", newest.format("%Y-%m-%d %H:%M:%S"));
    }
    let _ = write!(
        text,
        ", numbers {numbers}, accounts {accounts}, transfers {transfers}, schema {schema_version}, deployment {deployment}"
    );
    text
}

fn size(bytes: u64) -> String {
    match bytes {
        0..10_000 => format!("{bytes} bytes"),
        10_000..10_000_000 => format!("{} kB", bytes / 1_000),
        _ => format!("{} MB", bytes / 1_000_000),
    }
}

fn for_programs(report: &BackupReport) -> serde_json::Value {
    let BackupReport { path, bytes, copied_in, verified_in, contents } = report;
    json!({
        "path": path.display().to_string(),
        "bytes": bytes,
        "schemaVersion": contents.schema_version,
        "deployment": contents.deployment.to_string(),
        "orders": contents.orders,
        "newestOrderAt": contents.newest_order_at.map(|at| at.to_rfc3339()),
        "numbers": contents.numbers,
        "accounts": contents.accounts,
        "transfers": contents.transfers,
        "copiedInMs": u64::try_from(copied_in.as_millis()).unwrap_or(u64::MAX),
        "verifiedInMs": u64::try_from(verified_in.as_millis()).unwrap_or(u64::MAX),
    })
}
