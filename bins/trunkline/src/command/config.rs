//! `trunkline config`: what holds, and the documents of the settings.

use anyhow::Context;

use crate::arguments::ConfigCommand;
use crate::command::{remark, say};
use crate::settings::{SettingArguments, Settings, effective, page};

/// Runs one configuration command.
pub(crate) fn run(arguments: &SettingArguments, command: &ConfigCommand) -> anyhow::Result<()> {
    match command {
        ConfigCommand::Check => check(arguments),
        ConfigCommand::Docs { env: false } => {
            say(page::markdown().trim_end());
            Ok(())
        }
        ConfigCommand::Docs { env: true } => {
            say(page::environment().trim_end());
            Ok(())
        }
    }
}

/// Prints what holds, also where some of it is wrong: that is when it is looked at.
fn check(arguments: &SettingArguments) -> anyhow::Result<()> {
    let settings = effective(arguments)?;
    let widest = settings.iter().map(|setting| setting.variable.len()).max().unwrap_or(0);
    for setting in &settings {
        let (variable, value, origin) = (&setting.variable, &setting.value, &setting.origin);
        say(format_args!("{variable:widest$}  {value:<28}  {origin}"));
    }
    let read = Settings::read_for_serving(arguments).context("a server does not start with this")?;
    for warning in &read.warnings {
        remark(format_args!("warning: {warning}"));
    }
    say("No mistakes.");
    Ok(())
}
