//! The documents that are made of the settings' definitions: `docs/configuration.md` and `.env.example`.

use std::fmt::Write as _;

use super::definition::{Chapter, Definition, Example, Secrecy, Unset};
use super::definitions::DEFINITIONS;

/// How wide a line of `.env.example` is.
const WIDTH: usize = 118;

const HEAD: &str = "# Configuration

<!-- Made by `trunkline config docs` from bins/trunkline/src/settings/definitions.rs. Change it there. -->

A setting is a flag, an environment variable or a key in the settings file, and looked for in that order; then its default
holds. The settings file is `trunkline.toml` in the working directory, or what `--config FILE` (`TRUNKLINE_CONFIG`) names; a
key in it that is not known is refused. An empty value counts as not set. Every mistake is named at once, and nothing starts
with one.

A change takes effect at the next start. `trunkline config check` prints what holds, where it comes from, and what is wrong
with it, without starting anything; secrets are not printed.
";

const ENVIRONMENT_HEAD: &str = "\
# Trunkline's settings, each with its default. Copy to .env, fill in, and load before `trunkline serve`:
#   set -a; . ./.env; set +a
# Flags come before the environment, the environment before the settings file (trunkline.toml, or --config FILE), and
# that before the defaults. docs/configuration.md says what each costs. The sandbox needs none of them.
# Made by `trunkline config docs --env`.
";

/// `docs/configuration.md`.
pub(crate) fn markdown() -> String {
    let mut page = HEAD.to_owned();
    for chapter in Chapter::ALL {
        // Writing to a string does not fail.
        let _ = write!(page, "\n## {}\n\n{}\n", chapter.title(), chapter.introduction());
        for definition in DEFINITIONS.iter().filter(|definition| definition.chapter == chapter) {
            page.push_str(&section(definition));
        }
    }
    page
}

fn section(definition: &Definition) -> String {
    let default = match definition.default {
        Unset::Value(value) => format!("`{value}`"),
        Unset::Words(words) => words.to_owned(),
        Unset::Nothing => "none".to_owned(),
    };
    let secrecy = match definition.secrecy {
        Secrecy::Open => "",
        Secrecy::Secret => "\nSecret: it is never printed.  ",
        Secrecy::HoldsPassword => "\nMay hold a password, which is never printed.  ",
    };
    format!(
        "\n### {variable}\n\n`{flag}` · `{name}` in the file  \nValue: {unit}  \nDefault: {default}  {secrecy}\n\n\
         {does}\n\n*What it costs.* {costs}\n",
        variable = definition.variable(),
        flag = definition.flag(),
        name = definition.name,
        unit = definition.unit,
        does = definition.does,
        costs = definition.costs,
    )
}

/// `.env.example`.
pub(crate) fn environment() -> String {
    let mut file = ENVIRONMENT_HEAD.to_owned();
    for chapter in Chapter::ALL {
        let title = format!("# --- {} ", chapter.title());
        let _ = writeln!(file, "\n{title}{}", "-".repeat(WIDTH.saturating_sub(title.len())));
        for definition in DEFINITIONS.iter().filter(|definition| definition.chapter == chapter) {
            file.push_str(&comment(definition.does));
            let variable = definition.variable();
            let _ = match definition.example {
                Example::ToFillIn => writeln!(file, "{variable}="),
                Example::Commented(value) => writeln!(file, "#{variable}={value}"),
            };
        }
        if chapter == Chapter::Server {
            file.push_str("# A settings file to use instead of trunkline.toml.\n#TRUNKLINE_CONFIG=\n");
        }
    }
    file
}

/// A text as comment lines.
fn comment(text: &str) -> String {
    let (mut lines, mut line) = (String::new(), "#".to_owned());
    for word in text.split_whitespace() {
        if line.chars().count() + 1 + word.chars().count() > WIDTH {
            lines.push_str(&line);
            lines.push('\n');
            line.truncate(1);
        }
        line.push(' ');
        line.push_str(word);
    }
    lines + &line + "\n"
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use clap::{Args, Command};
    use serde_json::{Map, Value};

    use super::super::{SettingArguments, Settings, definition};
    use super::*;

    fn committed(file: &str) -> String {
        let path = format!("{}/../../{file}", env!("CARGO_MANIFEST_DIR"));
        std::fs::read_to_string(path).unwrap_or_default()
    }

    #[test]
    fn the_documents_are_the_definitions() {
        assert!(
            committed("docs/configuration.md") == markdown(),
            "docs/configuration.md is not what the definitions say: \
             cargo run -- config docs > docs/configuration.md"
        );
        assert!(
            committed(".env.example") == environment(),
            ".env.example is not what the definitions say: cargo run -- config docs --env > .env.example"
        );
    }

    /// The flags that are settings, by their names in a file.
    fn flags() -> Vec<clap::Arg> {
        let command = SettingArguments::augment_args(Command::new("settings"));
        command.get_arguments().filter(|flag| flag.get_id() != "config").cloned().collect()
    }

    #[test]
    fn every_flag_has_a_definition_and_every_definition_a_flag() {
        for flag in flags() {
            let name = flag.get_id().as_str();
            let Some(definition) = definition(name) else {
                panic!(
                    "the setting {name} has no definition. Add to bins/trunkline/src/settings/definitions.rs:\n    \
                     Definition::of(\n        CHAPTER,\n        \"{name}\",\n        \"its unit\",\n        \"What it does.\",\n        \
                     \"What too little and too much of it cost.\",\n    )\n    .by_default(\"…\"), or .secret(), or nothing\n\
                     then: cargo run -- config docs > docs/configuration.md; cargo run -- config docs --env > .env.example"
                )
            };
            let variable = flag.get_env().unwrap().to_str().unwrap();
            assert_eq!(variable, definition.variable());
            assert_eq!(format!("--{}", flag.get_long().unwrap()), definition.flag());
            let hidden = flag.is_hide_env_values_set();
            assert_eq!(hidden, definition.secrecy != Secrecy::Open, "{name}: hide_env_values, and .secret()");
            if let Unset::Value(value) = definition.default {
                let help = flag.get_long_help().or(flag.get_help()).unwrap().to_string();
                let said = help.contains(&format!("[default: {value}]"));
                assert!(said, "{name}: the help says another default than {value}: {help}");
            }
        }
        let flags: BTreeSet<_> = flags().iter().map(|flag| flag.get_id().as_str().to_owned()).collect();
        for Definition { name, .. } in DEFINITIONS {
            assert!(flags.contains(*name), "{name} is defined, and there is no flag: settings/arguments.rs");
        }
        assert_eq!(flags.len(), DEFINITIONS.len(), "a setting is defined twice");
    }

    #[test]
    fn no_definition_leaves_anything_out() {
        for definition in DEFINITIONS {
            for text in [definition.does, definition.costs] {
                assert!(text.ends_with('.') && text.len() > 10, "{}: {text:?}", definition.name);
            }
            assert!(!definition.unit.is_empty(), "{}", definition.name);
        }
    }

    /// Setting every default by hand changes nothing, so the documents' defaults are the program's.
    #[test]
    fn the_defaults_are_those_that_hold() {
        let defaults = DEFINITIONS.iter().filter_map(|definition| match definition.default {
            Unset::Value(value) => Some((definition.name.to_owned(), Value::from(value))),
            Unset::Words(_) | Unset::Nothing => None,
        });
        let defaults = Value::Object(defaults.collect::<Map<_, _>>());
        let by_hand: SettingArguments = serde_json::from_value(defaults).unwrap();
        let (set, unset) =
            (Settings::read(&by_hand).unwrap(), Settings::read(&SettingArguments::default()).unwrap());
        assert_eq!(set.fingerprint(), unset.fingerprint());
    }
}
