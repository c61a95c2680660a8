//! Settings: flags before environment before file before default, and all mistakes named at once.

mod arguments;
mod read;
mod source;

pub(crate) use arguments::SettingArguments;
pub(crate) use read::{LogFormat, Settings, TwilioSettings};
