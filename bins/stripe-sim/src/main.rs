//! The command `stripe-sim`: reads settings, starts a simulator, prints where it answers, and stops when it is told
//! to. Everything else is in the library.

mod settings;

use std::io::{Write, stdout};

use anyhow::{Context, Result};
use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;
use trunkline_stripe_sim::Simulator;

use crate::settings::Settings;

#[tokio::main]
async fn main() -> Result<()> {
    let settings = Settings::parse();
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn")))
        .with_writer(std::io::stderr)
        // A line that standard error does not take is lost; complaining of it there would panic.
        .log_internal_errors(false)
        .init();
    // The signals are caught before anybody can know that the simulator runs.
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for SIGINT")?;
    let (listen, config) = settings.into_config();
    let simulator = Simulator::start(listen, config).await?;
    writeln!(
        stdout(),
        "Simulated Stripe at {url}, admin endpoint at {url}/_sim/state",
        url = simulator.url()
    )
    .context("cannot print the address")?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    simulator.shutdown().await;
    Ok(())
}
