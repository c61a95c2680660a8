//! The `trunkline` binary: settings, wiring and commands. It holds no rule of the product; those are in the crates.

mod arguments;
mod command;
mod logging;
mod settings;
mod signals;
mod wiring;

use std::process::ExitCode;

use clap::Parser;

use crate::arguments::{Arguments, Command};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = match arguments.command {
        Command::Serve(serve) => command::serve::run(&arguments.settings, &serve).await,
        Command::Sandbox(sandbox) => command::sandbox::run(&arguments.settings, &sandbox).await,
        Command::Migrate => command::migrate::run(&arguments.settings).await,
        Command::Key(key) => command::key::run(&arguments.settings, key).await,
        Command::Prices(prices) => command::prices::run(&prices),
        Command::Order(order) => command::order::run(&arguments.settings, order).await,
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stderr, reason = "the last words of a command-line program")]
fn complain(error: &anyhow::Error) {
    eprintln!("trunkline: {error:#}");
}
