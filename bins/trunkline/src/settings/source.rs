//! Where a setting's text comes from: the flag or environment variable that clap read, else the settings file.
//!
//! The names are those of the fields of [`SettingArguments`]: there is no second list of them.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};
use config::{Config, File, FileFormat};
use serde_json::{Map, Value};

use super::SettingArguments;

/// The settings file that is read when nobody names one.
const DEFAULT_FILE: &str = "trunkline.toml";

/// The variable that other programs of the same family know the public address by.
const PUBLIC_URL_ALIAS: &str = "NEXT_PUBLIC_APP_URL";

/// The text of every setting that somebody has set.
pub(super) struct Source {
    values: BTreeMap<String, Given>,
}

/// A setting's text, and who gave it.
struct Given {
    text: String,
    origin: Origin,
}

/// Who has set a setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    Flag,
    Environment(String),
    File(PathBuf),
    /// Nobody.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag => f.write_str("flag"),
            Self::Environment(variable) => write!(f, "environment, {variable}"),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Default => f.write_str("default"),
        }
    }
}

impl Source {
    /// Flags and environment over the settings file. A file with unknown names is refused: a misspelt setting that is
    /// ignored is worse than a server that does not start.
    pub(super) fn read(arguments: &SettingArguments) -> anyhow::Result<Self> {
        let given = texts(arguments)?;
        let mut values = from_file(arguments.config.as_deref(), &given)?;
        for (name, text) in given {
            if let Some(text) = text.as_str().filter(|text| !text.trim().is_empty()) {
                let origin = origin_of(&name, text);
                values.insert(name, Given { text: text.to_owned(), origin });
            }
        }
        Ok(Self { values })
    }

    /// A setting's text; empty text counts as not set.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(|given| given.text.trim()).filter(|text| !text.is_empty())
    }

    /// Who has set it.
    pub(super) fn origin(&self, name: &str) -> Origin {
        let given = self.values.get(name).filter(|given| !given.text.trim().is_empty());
        given.map_or(Origin::Default, |given| given.origin.clone())
    }
}

/// What clap read, by the names of the fields; nothing for those that nobody has set.
fn texts(arguments: &SettingArguments) -> anyhow::Result<Map<String, Value>> {
    let Value::Object(mut texts) = serde_json::to_value(arguments)? else { bail!("the flags have no names") };
    let is_set = texts.get("public_url").and_then(Value::as_str).is_some_and(|url| !url.trim().is_empty());
    if !is_set && let Ok(alias) = std::env::var(PUBLIC_URL_ALIAS) {
        texts.insert("public_url".to_owned(), Value::String(alias));
    }
    Ok(texts)
}

/// clap reads flags before the environment, and does not tell afterwards. A flag that repeats the environment may be
/// called either.
fn origin_of(name: &str, text: &str) -> Origin {
    let variables = [name.to_uppercase(), PUBLIC_URL_ALIAS.to_owned()];
    let asked = if name == "public_url" { &variables[..] } else { &variables[..1] };
    let from = asked.iter().find(|variable| std::env::var(variable).is_ok_and(|set| set == text));
    from.map_or(Origin::Flag, |variable| Origin::Environment(variable.clone()))
}

fn from_file(named: Option<&Path>, known: &Map<String, Value>) -> anyhow::Result<BTreeMap<String, Given>> {
    let path = named.unwrap_or(Path::new(DEFAULT_FILE));
    if named.is_none() && !path.exists() {
        return Ok(BTreeMap::new());
    }
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("the settings file {} cannot be read", path.display()))?;
    let table: BTreeMap<String, config::Value> = Config::builder()
        .add_source(File::from_str(&text, FileFormat::Toml))
        .build()
        .and_then(Config::try_deserialize)
        .map_err(|_| mistake(path, &text))?;
    let mut values = BTreeMap::new();
    for (key, value) in table {
        if !known.contains_key(&key) {
            bail!("the settings file {} has an unknown setting `{key}`", path.display());
        }
        let text = value.into_string();
        let text = text.map_err(|_| {
            anyhow!("the settings file {}: `{key}` must be one text or number", path.display())
        })?;
        values.insert(key, Given { text, origin: Origin::File(path.to_owned()) });
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
