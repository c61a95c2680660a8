//! The commands, one file each.

use std::fmt::Display;
use std::io::{self, Write};

use anyhow::bail;
use trunkline_domain::UserId;
use trunkline_tenancy::Tenancy;

mod account;
pub(crate) mod alarm;
pub(crate) mod approval;
pub(crate) mod audit;
pub(crate) mod backup;
pub(crate) mod config;
pub(crate) mod doctor;
pub(crate) mod import;
pub(crate) mod key;
pub(crate) mod ledger;
pub(crate) mod migrate;
pub(crate) mod notice;
pub(crate) mod number;
pub(crate) mod order;
mod origin;
mod password;
pub(crate) mod payment;
pub(crate) mod prices;
pub(crate) mod reconcile;
pub(crate) mod restore;
pub(crate) mod sales;
pub(crate) mod sandbox;
pub(crate) mod serve;
pub(crate) mod top_up;
pub(crate) mod user;
pub(crate) mod wallet;
pub(crate) mod webhooks;

pub(crate) use self::origin::origin;

/// Tells whoever runs a command something beside its answer, on standard error.
pub(crate) fn remark(line: impl Display) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// Prints a line of a command's answer. Whoever reads it may stop reading, as `head` does.
pub(crate) fn say(line: impl Display) {
    match writeln!(io::stdout(), "{line}") {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            tracing::error!(%error, "the answer cannot be written");
        }
        Ok(()) | Err(_) => {}
    }
}

/// Refuses a user whom nobody knows: what they were given would be lost to everybody.
pub(crate) async fn require_user(tenancy: &Tenancy, user: &UserId) -> anyhow::Result<()> {
    if tenancy.user(user).await?.is_none() {
        bail!(
            "there is no user {user}; nothing changed and no money moved. Check the id, or add the user first: POST \
             /api/users, or `trunkline key create --user {user}`"
        );
    }
    Ok(())
}

/// A text that a provider or a customer wrote, for a terminal: characters that would move its cursor, change its
/// colours or turn the direction of its writing are shown as their codes.
pub(crate) fn legible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        let turns =
            matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if character.is_control() || turns {
            shown.extend(character.escape_unicode());
        } else {
            shown.push(character);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_somebody_wrote_moves_the_terminal() {
        assert_eq!(legible("Front desk – Zürich 📞"), "Front desk – Zürich 📞");
        assert_eq!(legible("\u{1b}[2Jgone\r\n"), "\\u{1b}[2Jgone\\u{d}\\u{a}");
        assert_eq!(legible("a\u{202e}b\u{9b}"), "a\\u{202e}b\\u{9b}");
    }
}
