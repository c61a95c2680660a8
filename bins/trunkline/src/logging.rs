//! Log lines: to standard error, as text or JSON, with ERROR and below filtered by the setting `LOG`. A line that
//! cannot be written is lost, and whoever wrote it goes on.

use std::io::IsTerminal;

use anyhow::Context;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::util::SubscriberInitExt;

use crate::settings::{LogFormat, Settings};

/// Installs the subscriber. Only the binary does that; the crates merely speak.
pub(crate) fn install(settings: &Settings) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&settings.log).with_context(|| format!("LOG: `{}`", settings.log))?;
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        // It would complain of a line that standard error does not take, on standard error, and panic.
        .log_internal_errors(false);
    match settings.log_format {
        LogFormat::Text => lines.finish().try_init(),
        LogFormat::Json => lines.json().finish().try_init(),
    }
    .context("the log cannot be set up")?;
    for warning in &settings.warnings {
        tracing::warn!("{warning}");
    }
    Ok(())
}
