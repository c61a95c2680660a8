//! `torture`: the real program on a real database, killed with SIGKILL again and again while clients buy, release and
//! pay in, while the simulated Twilio misbehaves, and while PostgreSQL itself is stopped in the middle. After every
//! restart it checks what a crash could have taken; after one quiet window at the end it checks everything.
//!
//! A development tool: nothing depends on it. It knows the product only from outside, by its command line and its HTTP
//! API, and Twilio by the simulator's admin.
//!
//! A run goes this way: the `plan` and the `dice` decide, the `stage` starts simulator, database and servers, the
//! `load` keeps clients at work and writes into the `diary` what they are told, the `weather` changes the faults, `run`
//! strikes and starts again, the `checks` judge, and the `report` prints.

mod api;
mod arguments;
mod checks;
mod diary;
mod dice;
mod load;
mod operator;
mod plan;
mod quiet;
mod report;
mod run;
mod sabotage;
mod stage;
mod weather;

use std::io::{Write, stdout};
use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};

use crate::arguments::Arguments;
use crate::run::Orders;

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    // Told to stop, it drops what it runs, and dropped servers are killed.
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for SIGINT")?;
    tokio::select! {
        ended = torture(&arguments) => ended,
        _ = terminate.recv() => anyhow::bail!("stopped before the end"),
        _ = interrupt.recv() => anyhow::bail!("stopped before the end"),
    }
}

/// One run for each engine, each with everything of its own. The exit status is 1 if anything was lost.
async fn torture(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let program = match &arguments.trunkline {
        Some(path) => path.clone(),
        None => stage::program_beside_us()?,
    };
    let mut out = stdout();
    let mut lost = 0;
    for engine in arguments.engines() {
        writeln!(out, "torture: {}, seed {}", engine.name(), arguments.seed)?;
        let folder = tempfile::Builder::new().prefix("trunkline-torture-").tempdir()?;
        let orders = Orders {
            engine,
            seed: arguments.seed,
            length: arguments.minutes,
            sabotage: &arguments.sabotage,
            program: &program,
            folder: folder.path(),
        };
        let ended = run::run(&orders).await;
        let is_good = matches!(&ended, Ok(report) if report.losses.is_empty());
        if arguments.keep || !is_good {
            writeln!(out, "What the servers left is in {}", folder.keep().display())?;
        }
        let report = ended.with_context(|| format!("the run on {} broke off", engine.name()))?;
        writeln!(out, "{report}")?;
        lost += report.losses.len();
    }
    if lost == 0 {
        writeln!(out, "Nothing lost.")?;
        return Ok(ExitCode::SUCCESS);
    }
    writeln!(
        out,
        "{lost} losses. Every choice was drawn from --seed {}; which request a kill hit was not.",
        arguments.seed
    )?;
    Ok(ExitCode::FAILURE)
}
