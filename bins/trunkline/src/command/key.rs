//! `trunkline key`.

use anyhow::Context;
use trunkline_tenancy::{KeyHolder, MakeKeyCommand};

use crate::arguments::{KeyCommand, KeyCreateArguments, KeyHolderArguments};
use crate::command::{origin, say};
use crate::logging;
use crate::settings::{SettingArguments, Settings};
use crate::wiring::{self, Parts, Use};

/// Makes a key and prints it, once: only its hash is kept.
pub(crate) async fn run(arguments: &SettingArguments, command: KeyCommand) -> anyhow::Result<()> {
    let KeyCommand::Create(KeyCreateArguments { holder, name }) = command;
    let settings = Settings::read(arguments)?;
    logging::install(&settings)?;
    let holder = parse_holder(holder)?;
    wiring::migrate(&settings).await?;
    let parts = Parts::open(&settings, Use::Visit).await?;
    let made = parts.tenancy.make_key(MakeKeyCommand { holder, name, origin: origin() }).await;
    parts.close().await;
    say(made?.secret.expose());
    Ok(())
}

fn parse_holder(holder: KeyHolderArguments) -> anyhow::Result<KeyHolder> {
    match holder {
        KeyHolderArguments { operator: true, .. } => Ok(KeyHolder::Operator),
        KeyHolderArguments { service: true, .. } => Ok(KeyHolder::Service),
        KeyHolderArguments { user, .. } => {
            let user = user.unwrap_or_default().parse().context("--user")?;
            Ok(KeyHolder::User { user })
        }
    }
}
