//! Where a setting's text comes from: the flag or environment variable that clap read, else the settings file.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, anyhow, bail};
use config::{Config, File, FileFormat, Value};

use super::SettingArguments;

/// The settings file that is read when nobody names one.
const DEFAULT_FILE: &str = "trunkline.toml";

/// The names that a settings file may have.
const NAMES: [&str; 33] = [
    "listen",
    "database_url",
    "database_connections",
    "database_acquire_timeout_s",
    "public_url",
    "twilio_account_sid",
    "twilio_auth_token",
    "twilio_auth_token_secondary",
    "twilio_api_key",
    "twilio_api_secret",
    "twilio_parent_account_sid",
    "twilio_parent_auth_token",
    "twilio_region",
    "twilio_edge",
    "twilio_base_url",
    "price_file",
    "default_currency",
    "purchase_wait_s",
    "send_window_s",
    "request_timeout_s",
    "settle_margin_s",
    "look_gap_s",
    "void_after_s",
    "lease_s",
    "recovery_interval_s",
    "pass_interval_s",
    "cooling_s",
    "reconcile_after_s",
    "metrics_listen",
    "metrics_interval_s",
    "ledger_check_interval_s",
    "log",
    "log_format",
];

/// The text of every setting that somebody has set.
pub(super) struct Source {
    values: BTreeMap<&'static str, String>,
}

impl Source {
    /// Flags and environment over the settings file. A file with unknown names is refused: a misspelt setting that is
    /// ignored is worse than a server that does not start.
    pub(super) fn read(arguments: &SettingArguments) -> anyhow::Result<Self> {
        let mut values = from_file(arguments.config.as_deref())?;
        for (name, text) in from_arguments(arguments) {
            values.insert(name, text);
        }
        Ok(Self { values })
    }

    /// A setting's text; empty text counts as not set.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(|text| text.trim()).filter(|text| !text.is_empty())
    }
}

fn from_arguments(arguments: &SettingArguments) -> impl Iterator<Item = (&'static str, String)> {
    let a = arguments.clone();
    let public_url = a.public_url.filter(|url| !url.trim().is_empty());
    let public_url = public_url.or_else(|| std::env::var("NEXT_PUBLIC_APP_URL").ok());
    let texts = [
        a.listen,
        a.database_url,
        a.database_connections,
        a.database_acquire_timeout_s,
        public_url,
        a.twilio_account_sid,
        a.twilio_auth_token,
        a.twilio_auth_token_secondary,
        a.twilio_api_key,
        a.twilio_api_secret,
        a.twilio_parent_account_sid,
        a.twilio_parent_auth_token,
        a.twilio_region,
        a.twilio_edge,
        a.twilio_base_url,
        a.price_file,
        a.default_currency,
        a.purchase_wait_s,
        a.send_window_s,
        a.request_timeout_s,
        a.settle_margin_s,
        a.look_gap_s,
        a.void_after_s,
        a.lease_s,
        a.recovery_interval_s,
        a.pass_interval_s,
        a.cooling_s,
        a.reconcile_after_s,
        a.metrics_listen,
        a.metrics_interval_s,
        a.ledger_check_interval_s,
        a.log,
        a.log_format,
    ];
    let pairs = NAMES.into_iter().zip(texts);
    pairs.filter_map(|(name, text)| text.filter(|text| !text.trim().is_empty()).map(|text| (name, text)))
}

fn from_file(named: Option<&Path>) -> anyhow::Result<BTreeMap<&'static str, String>> {
    let path = named.unwrap_or(Path::new(DEFAULT_FILE));
    if named.is_none() && !path.exists() {
        return Ok(BTreeMap::new());
    }
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("the settings file {} cannot be read", path.display()))?;
    let table: BTreeMap<String, Value> = Config::builder()
        .add_source(File::from_str(&text, FileFormat::Toml))
        .build()
        .and_then(Config::try_deserialize)
        .map_err(|_| mistake(path, &text))?;
    let mut values = BTreeMap::new();
    for (key, value) in table {
        let Some(name) = NAMES.into_iter().find(|name| *name == key) else {
            bail!("the settings file {} has an unknown setting `{key}`", path.display());
        };
        let text = value.into_string();
        let text = text.map_err(|_| {
            anyhow!("the settings file {}: `{key}` must be one text or number", path.display())
        })?;
        values.insert(name, text);
    }
    Ok(values)
}

/// Where the file is wrong, and how. Not what the parser itself prints: it shows the line, in which a secret may stand.
fn mistake(path: &Path, text: &str) -> anyhow::Error {
    let file = path.display();
    match toml::from_str::<toml::Table>(text) {
        Err(error) => {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            let line = before.matches('\n').count() + 1;
            anyhow!("the settings file {file} is wrong in line {line}: {}", error.message())
        }
        Ok(_) => anyhow!("the settings file {file} is no list of settings"),
    }
}
