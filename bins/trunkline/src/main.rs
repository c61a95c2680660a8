//! The `trunkline` binary: settings, wiring and commands. It holds no rule of the product; those are in the crates.

mod arguments;
mod background;
mod command;
mod logging;
mod metrics;
mod pages;
mod progress;
mod sandbox_clock;
mod settings;
mod signals;
mod store;
mod trial;
mod wiring;

use std::process::ExitCode;

use clap::Parser;

use crate::arguments::{Arguments, Command};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    start().unwrap_or_else(|error| {
        complain(&error);
        ExitCode::FAILURE
    })
}

/// Reads the command line, and for the sandbox `./.env`, before there is a second thread that could read the environment.
fn start() -> anyhow::Result<ExitCode> {
    let mut arguments = Arguments::parse();
    if matches!(arguments.command, Command::Sandbox(_)) && command::sandbox::read_dotenv()? {
        arguments = Arguments::parse();
    }
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(run(arguments))
}

async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let settings = &arguments.settings;
    match arguments.command {
        Command::Serve(serve) => command::serve::run(settings, &serve).await?,
        Command::Sandbox(sandbox) => command::sandbox::run(settings, &sandbox).await?,
        Command::Migrate => command::migrate::run(settings).await?,
        Command::Key(key) => command::key::run(settings, key).await?,
        Command::Prices(prices) => command::prices::run(settings, &prices).await?,
        Command::Doctor(doctor) => return command::doctor::run(settings, &doctor).await,
        Command::Notice(notice) => command::notice::run(settings, notice).await?,
        Command::Order(order) => command::order::run(settings, order).await?,
        Command::Alarm(alarm) => command::alarm::run(settings, alarm).await?,
        Command::User(user) => command::user::run(settings, user).await?,
        Command::Wallet(wallet) => return command::wallet::run(settings, wallet).await,
        Command::Payment(payment) => return Ok(command::payment::run(settings, &payment).await),
        Command::TopUp(top_up) => command::top_up::run(settings, top_up).await?,
        Command::Approval(approval) => command::approval::run(settings, approval).await?,
        Command::Number(number) => command::number::run(settings, number).await?,
        Command::Reconcile(reconcile) => return Ok(command::reconcile::run(settings, &reconcile).await),
        Command::Sales(sales) => command::sales::run(settings, sales).await?,
        Command::Audit(audit) => command::audit::run(settings, audit).await?,
        Command::Openapi => command::say(trunkline_http::api_description()),
        Command::Webhooks(webhooks) => return Ok(command::webhooks::run(settings, webhooks).await),
        Command::Import(import) => return Ok(command::import::run(settings, &import).await),
        Command::Config(config) => command::config::run(settings, &config)?,
        Command::Backup(backup) => command::backup::run(settings, &backup).await?,
        Command::Restore(restore) => command::restore::run(settings, &restore).await?,
        Command::Ledger(ledger) => return Ok(command::ledger::run(settings, &ledger).await),
    }
    Ok(ExitCode::SUCCESS)
}

/// The last words of a command.
pub(crate) fn complain(error: &anyhow::Error) {
    // Some of it may be a provider's words.
    let lines: Vec<String> = format!("{error:#}").lines().map(command::legible).collect();
    command::remark(format_args!("trunkline: {}", lines.join("\n")));
}
