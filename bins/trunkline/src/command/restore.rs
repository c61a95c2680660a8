//! `trunkline restore`: a backup in the place of a SQLite database, and what an operator does then.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, bail};
use trunkline_domain::SystemClock;
use trunkline_persistence::{PostgresAddress, RestoreReport, Scruples, SqliteStore};

use super::backup::contents_in_words;
use super::number::stopped_in_words;
use crate::arguments::RestoreArguments;
use crate::command::{origin, say};
use crate::logging;
use crate::progress::Progress;
use crate::settings::{Engine, SettingArguments, Settings};

/// Restores, or says how PostgreSQL's database is restored.
pub(crate) async fn run(arguments: &SettingArguments, restore: &RestoreArguments) -> anyhow::Result<()> {
    let settings = Settings::read(arguments)?;
    logging::install(&settings)?;
    let path = match &settings.database.engine {
        Engine::Sqlite(path) => path,
        Engine::Postgres(address) => bail!(how_to_restore(address, &restore.file)),
    };
    let options = settings.database.sqlite(path, false);
    let scruples = if restore.force { Scruples::None } else { Scruples::All };
    let bar = Progress::begin("reading the backup");
    let reason = "a backup was restored".parse()?;
    let clock = Arc::new(SystemClock);
    let report = SqliteStore::restore(&options, &restore.file, scruples, clock, &origin(), &reason).await;
    bar.end();
    let report =
        report.with_context(|| format!("nothing was restored, and {} is as it was", settings.database))?;
    say(told(&report, &restore.file));
    Ok(())
}

fn how_to_restore(address: &PostgresAddress, file: &Path) -> String {
    format!(
        "`trunkline restore` restores SQLite files; {address} is PostgreSQL's, whose own program does it. Nothing was \
         changed. Stop every server, keep the database under another name and make an empty one (docs/deployment.md \
         says how), on a new server CREATE ROLE trunkline_tenant NOLOGIN, and run
  pg_restore --exit-on-error \
         --single-transaction --no-owner {} {}
and before a server starts
  trunkline number stop-releases --reason \
         \"restored from a dump\"",
        address.program_flags(),
        file.display(),
    )
}

fn told(report: &RestoreReport, file: &Path) -> String {
    let RestoreReport { path, kept, migrated, contents, faults, stopped } = report;
    let mut lines = vec![
        format!("{} is in the place of {}.", file.display(), path.display()),
        contents_in_words(contents),
    ];
    if !migrated.is_empty() {
        lines.push(format!("It was brought up to this version: {}.", migrated.join(", ")));
    }
    if *faults > 0 {
        lines.push(format!(
            "ITS LEDGER DOES NOT BALANCE: {faults} faults; `trunkline ledger verify` names them."
        ));
    }
    if let Some(kept) = kept {
        lines.push(format!("The database before is kept as {}.", kept.display()));
    }
    lines.push(stopped_in_words(*stopped));
    lines.push(
        "\nWhat was sold since the backup is at Twilio and not in it, and what was paid since is not in its wallets. \
         Nothing of that is released by itself. Now:\n  \
         1. trunkline serve              start it; what was undecided is looked for and decided\n  \
         2. trunkline reconcile          unknown_order: bought since; ghost: given back since\n  \
         3. trunkline number adopt       give each unknown_order to the customer who bought it\n  \
         4. trunkline payment compare --days N --repair    N days back to the backup: what was paid at Stripe since is credited\n     \
            (of the last seven days by the server itself); give by hand only what came to you by other ways\n\
         docs/deployment.md has the whole of it."
            .to_owned(),
    );
    lines.join("\n")
}
