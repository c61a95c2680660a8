//! Settings: flags before environment before file before default, and all mistakes named at once.
//!
//! A setting is a field of [`SettingArguments`] (the flag), a line in `read` (its type) and one in `definitions` (its
//! default, what it does and costs). Its names, the documents and `trunkline config check` follow from these.

mod alarms;
mod arguments;
mod database;
mod definition;
mod definitions;
mod effective;
mod identity;
mod limits;
mod mail;
pub(crate) mod page;
mod payments;
mod rates;
mod read;
mod sessions;
mod source;
mod times;
mod twilio;

pub(crate) use alarms::AlarmWebhook;
pub(crate) use arguments::SettingArguments;
pub(crate) use database::{DatabaseSettings, Engine};
pub(crate) use definitions::definition;
pub(crate) use effective::effective;
pub(crate) use identity::IdentitySettings;
pub(crate) use mail::MailSettings;
pub(crate) use payments::PaymentSettings;
pub(crate) use rates::LoadSettings;
pub(crate) use read::{LogFormat, Settings};
pub(crate) use times::Times;
pub(crate) use twilio::TwilioSettings;
