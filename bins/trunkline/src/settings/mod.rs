//! Settings: flags before environment before file before default, and all mistakes named at once.

mod arguments;
mod database;
mod identity;
mod read;
mod source;
mod twilio;

pub(crate) use arguments::SettingArguments;
pub(crate) use database::{DatabaseSettings, Engine};
pub(crate) use identity::IdentitySettings;
pub(crate) use read::{LogFormat, Settings};
pub(crate) use twilio::TwilioSettings;
