//! `trunkline migrate`.

use crate::command::say;
use crate::settings::{SettingArguments, Settings};
use crate::{logging, wiring};

/// Brings the database up to this version.
pub(crate) async fn run(arguments: &SettingArguments) -> anyhow::Result<()> {
    let settings = Settings::read(arguments)?;
    logging::install(&settings)?;
    wiring::migrate(&settings).await?;
    say(format_args!("{} is up to date", settings.database));
    Ok(())
}
