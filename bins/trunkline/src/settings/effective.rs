//! What holds: every setting with its value and who has set it. Secrets are not in it.

use url::Url;

use super::definition::{Secrecy, Unset};
use super::definitions::DEFINITIONS;
use super::source::{Origin, Source};
use super::{SettingArguments, definition};

/// What stands for a secret.
const MASK: &str = "********";

/// One setting as it holds.
pub(crate) struct Effective {
    pub variable: String,
    /// The value; nothing where there is none.
    pub value: String,
    pub origin: Origin,
}

/// Every setting, in the order of the documents. Values are as they were written, right or wrong.
pub(crate) fn effective(arguments: &SettingArguments) -> anyhow::Result<Vec<Effective>> {
    let source = Source::read(arguments)?;
    Ok(DEFINITIONS
        .iter()
        .map(|definition| Effective {
            variable: definition.variable(),
            value: match (source.text(definition.name), definition.default) {
                (Some(text), _) => shown(definition.name, text),
                (None, Unset::Value(value)) => value.to_owned(),
                (None, Unset::Words(words)) => format!("({})", words.replace('`', "")),
                (None, Unset::Nothing) => String::new(),
            },
            origin: source.origin(definition.name),
        })
        .collect())
}

/// A value as it may be printed. What has no definition is not printed at all.
fn shown(name: &str, text: &str) -> String {
    match definition(name).map(|definition| definition.secrecy) {
        Some(Secrecy::Open) => text.to_owned(),
        Some(Secrecy::HoldsPassword) => without_password(text),
        Some(Secrecy::Secret) | None => MASK.to_owned(),
    }
}

/// An address with its password masked. What cannot be taken apart is masked whole: a password may be anywhere in it.
fn without_password(text: &str) -> String {
    if text.starts_with("sqlite:") {
        return text.to_owned();
    }
    let Ok(mut url) = Url::parse(text) else { return MASK.to_owned() };
    let is_plain = !url.path().contains('@') && url.fragment().is_none();
    let has_parameter = url.query_pairs().any(|(name, value)| name == "password" || value.contains('@'));
    let masked = url.password().is_none() || url.set_password(Some(MASK)).is_ok();
    if is_plain && !has_parameter && masked { url.to_string() } else { MASK.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_secret_is_shown() {
        for (text, expected) in [
            ("sqlite:/var/lib/x.db", "sqlite:/var/lib/x.db"),
            ("postgres://ann:s3cret@db:5433/shop", "postgres://ann:********@db:5433/shop"),
            ("postgres://ann@db/shop", "postgres://ann@db/shop"),
            ("postgres://ann@db/shop?password=s3cret", MASK),
            ("postgres://ann:12/s3cret@db/shop", MASK),
            ("postgres://ann:12?x=s3cret@db/shop", MASK),
            ("postgres://ann:12#s3cret@db/shop", MASK),
            ("s3cret", MASK),
        ] {
            assert_eq!(without_password(text), expected, "{text}");
        }
        assert_eq!(shown("twilio_auth_token", "s3cret"), MASK);
        assert_eq!(shown("a_setting_that_nobody_defined", "s3cret"), MASK);
        assert_eq!(shown("listen", "127.0.0.1:1"), "127.0.0.1:1");
    }
}
