//! `trunkline key`: whoever sits at the server's machine makes, lists, rotates and revokes any key.

use anyhow::Context;
use chrono::{DateTime, TimeDelta, Utc};
use trunkline_domain::ApiKeyId;
use trunkline_tenancy::{
    ApiKey, KeyFilter, KeyHolder, KeyLimits, KeyScope, KeyScopes, MakeKeyCommand, RevokeKeyCommand,
    RotateKeyCommand, Scope,
};

use crate::arguments::{KeyCommand, KeyCreateArguments, KeyHolderArguments, KeyListArguments};
use crate::command::{origin, remark, say};
use crate::logging;
use crate::settings::{SettingArguments, Settings};
use crate::wiring::{self, Parts, Use};

/// Runs one key command and closes the database.
pub(crate) async fn run(arguments: &SettingArguments, command: KeyCommand) -> anyhow::Result<()> {
    let settings = Settings::read(arguments)?;
    logging::install(&settings)?;
    if let KeyCommand::Create(_) = command {
        wiring::migrate(&settings).await?;
    }
    let parts = Parts::open(&settings, Use::Visit).await?;
    let outcome = act(&parts, command).await;
    parts.close().await;
    outcome
}

async fn act(parts: &Parts, command: KeyCommand) -> anyhow::Result<()> {
    match command {
        KeyCommand::Create(arguments) => create(parts, arguments).await,
        KeyCommand::List(arguments) => list(parts, arguments).await,
        KeyCommand::Rotate { id, overlap, expires } => {
            let command = RotateKeyCommand {
                key: parse(&id)?,
                reach: Scope::Everyone,
                overlap: overlap.0,
                expires_at: expires.map(End::time).transpose()?,
                limits: KeyLimits::NONE,
                origin: origin(),
            };
            let rotated = parts.tenancy.rotate_key(command).await?;
            say(rotated.issued.secret.expose());
            remark(format_args!(
                "this is key {}; the old key {id} opens nothing from {} on",
                rotated.issued.key.id,
                minute(rotated.old_ends_at)
            ));
            Ok(())
        }
        KeyCommand::Revoke { id } => {
            let command = RevokeKeyCommand { key: parse(&id)?, reach: Scope::Everyone, origin: origin() };
            parts.tenancy.revoke_key(command).await?;
            say(format_args!("revoked: {id} opens nothing any more, on any server"));
            Ok(())
        }
    }
}

/// Makes a key and prints it, once: only its hash is kept.
async fn create(parts: &Parts, arguments: KeyCreateArguments) -> anyhow::Result<()> {
    let KeyCreateArguments { holder, name, scope, expires } = arguments;
    let command = MakeKeyCommand {
        holder: parse_holder(holder)?,
        name,
        scopes: scopes(scope),
        expires_at: expires.map(End::time).transpose()?,
        limits: KeyLimits::NONE,
        origin: origin(),
    };
    say(parts.tenancy.make_key(command).await?.secret.expose());
    Ok(())
}

/// Those that are named; where none is, everything that the holder may do.
fn scopes(named: Vec<KeyScope>) -> Option<KeyScopes> {
    if named.is_empty() { None } else { Some(named.into_iter().collect()) }
}

async fn list(parts: &Parts, arguments: KeyListArguments) -> anyhow::Result<()> {
    let KeyListArguments { user, limit } = arguments;
    let user = user.map(|user| user.parse().context("--user")).transpose()?;
    let scope = user.map_or(Scope::Everyone, Scope::User);
    let page = parts.tenancy.keys(&KeyFilter { scope, after: None, limit }).await?;
    for key in &page.keys {
        say(described(key, parts.tenancy.state_of(key).as_str()));
    }
    if page.keys.is_empty() {
        say("no keys yet");
    } else if page.next.is_some() {
        say(format_args!("only the newest {limit}; --limit shows up to 100"));
    }
    Ok(())
}

/// One key, on a line.
fn described(key: &ApiKey, state: &str) -> String {
    let holder = key.holder.user().map_or(key.holder.kind(), trunkline_domain::UserId::as_str);
    let used = key.last_used_at.map_or_else(|| "never used".to_owned(), |at| format!("used {}", minute(at)));
    let ends = key.expires_at.map(|end| format!("  ends {}", minute(end))).unwrap_or_default();
    let name = key.name.as_deref().map(|name| format!("  \"{name}\"")).unwrap_or_default();
    format!("{}  {state:<7}  {holder}  [{}]  {used}{ends}{name}", key.id, key.scopes)
}

fn minute(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%d %H:%MZ").to_string()
}

fn parse(id: &str) -> anyhow::Result<ApiKeyId> {
    id.parse().context("a key's id is a UUID, as `trunkline key list` shows it; it is not the key itself")
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

/// A length of time as people write it: `90d`, `12h`, `30m`, or 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span(pub(crate) TimeDelta);

/// When a key ends: after a length of time, or at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    After(Span),
    At(DateTime<Utc>),
}

impl std::str::FromStr for Span {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const HOW: &str = "write a number of days, hours or minutes: 90d, 12h, 30m";
        if text == "0" {
            return Ok(Self(TimeDelta::zero()));
        }
        let (number, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or(HOW)?;
        let number = number.parse::<u32>().map_err(|_| HOW)?.into();
        let span = match unit {
            "d" => TimeDelta::try_days(number),
            "h" => TimeDelta::try_hours(number),
            "m" => TimeDelta::try_minutes(number),
            _ => None,
        };
        span.map(Self).ok_or(HOW)
    }
}

impl std::str::FromStr for End {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match (text.parse(), DateTime::parse_from_rfc3339(text)) {
            (Ok(span), _) => Ok(Self::After(span)),
            (Err(_), Ok(time)) => Ok(Self::At(time.to_utc())),
            (Err(_), Err(_)) => Err("write a length of time such as 90d or 12h, or a moment such as \
                                     2027-01-31T12:00:00Z"),
        }
    }
}

impl End {
    fn time(self) -> anyhow::Result<DateTime<Utc>> {
        match self {
            Self::After(Span(span)) => {
                Utc::now().checked_add_signed(span).context("--expires is further ahead than calendars go")
            }
            Self::At(time) => Ok(time),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_written_as_people_write_them() {
        assert_eq!("90d".parse(), Ok(Span(TimeDelta::days(90))));
        assert_eq!("12h".parse(), Ok(Span(TimeDelta::hours(12))));
        assert_eq!("0".parse(), Ok(Span(TimeDelta::zero())));
        for bad in ["", "d", "90", "-1d", "1.5h", "90 d", "1é"] {
            assert!(bad.parse::<Span>().is_err(), "{bad}");
        }
        let moment = "2027-01-31T12:00:00Z";
        assert_eq!(moment.parse(), Ok(End::At(moment.parse().unwrap())));
        assert!("tomorrow".parse::<End>().is_err());
    }
}
