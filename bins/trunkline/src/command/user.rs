//! `trunkline user`: accounts that sign in, and what a user may have and buy.

use std::fmt::Display;

use anyhow::{Context, bail};
use serde_json::json;
use trunkline_domain::{Origin, Reason, UserId};
use trunkline_provisioning::{Limit, LimitsView, OwnLimits};

use crate::arguments::{AccountCommand, LimitArguments, LimitsCommand, UserCommand};
use crate::command::{account, say};
use crate::logging;
use crate::settings::{SettingArguments, Settings};
use crate::wiring::{self, Parts, Use};

/// Runs one user command and closes the database.
pub(crate) async fn run(arguments: &SettingArguments, command: UserCommand) -> anyhow::Result<()> {
    let settings = Settings::read(arguments)?;
    logging::install(&settings)?;
    if let UserCommand::Account(AccountCommand::Create(_)) = command {
        wiring::migrate(&settings).await?;
    }
    let parts = Parts::open(&settings, Use::Visit).await?;
    let outcome = match command {
        UserCommand::Account(command) => account::act(&settings, &parts, command).await,
        UserCommand::Limits(command) => limits(&parts, command).await,
    };
    parts.close().await;
    outcome
}

async fn limits(parts: &Parts, command: LimitsCommand) -> anyhow::Result<()> {
    match command {
        LimitsCommand::Show { user, json } => {
            require_user(parts, &user).await?;
            let view = parts.limits.of(&user).await?;
            say(if json { for_programs(&user, &view) } else { for_people(&user, &view) });
            Ok(())
        }
        LimitsCommand::Set(LimitArguments { user, limits, reason }) => {
            let change = |before: OwnLimits| OwnLimits {
                numbers: limits.numbers.clone().unwrap_or(before.numbers),
                purchases_per_day: limits.per_day.clone().unwrap_or(before.purchases_per_day),
                monthly_price: limits.monthly_price.clone().unwrap_or(before.monthly_price),
                countries: limits.countries.clone().unwrap_or(before.countries),
                number_types: limits.types.clone().unwrap_or(before.number_types),
                churn: limits.churn.clone().unwrap_or(before.churn),
            };
            set(parts, &user, &reason, change).await
        }
        LimitsCommand::Clear { user, reason } => set(parts, &user, &reason, |_| OwnLimits::default()).await,
    }
}

async fn set(
    parts: &Parts,
    user: &UserId,
    reason: &Reason,
    change: impl Fn(OwnLimits) -> OwnLimits + Send + Sync,
) -> anyhow::Result<()> {
    require_user(parts, user).await?;
    let changed = parts.limits.change(user, reason, &Origin::command_line(), change).await;
    let changed = changed
        .context("look with `trunkline user limits show` what holds now, and give the command again")?;
    say(if changed.before == changed.after { "They were so already:" } else { "Set:" });
    say(for_people(user, &parts.limits.of(user).await?));
    Ok(())
}

/// Limits of a user whom nobody knows would hold for nobody.
async fn require_user(parts: &Parts, user: &UserId) -> anyhow::Result<()> {
    if parts.tenancy.user(user).await?.is_none() {
        bail!("there is no user {user}; nothing was changed. Check the id");
    }
    Ok(())
}

/// A line for each limit: what holds, what is used of it, and where it comes from.
fn for_people(user: &UserId, view: &LimitsView) -> String {
    let LimitsView { limits, own, used, .. } = view;
    let (today, released) = (used.purchases_today, used.released_recently);
    [
        format!("user                 {user}"),
        line(
            "numbers",
            limits.numbers.as_ref(),
            &own.numbers,
            &format!("{} held or being bought", used.numbers),
        ),
        line(
            "purchases per day",
            limits.purchases_per_day.as_ref(),
            &own.purchases_per_day,
            &format!("{today} today (UTC)"),
        ),
        line("monthly price", limits.monthly_price.as_ref(), &own.monthly_price, ""),
        line("countries", limits.countries.as_ref(), &own.countries, ""),
        line("types", limits.number_types.as_ref(), &own.number_types, ""),
        line("churn", limits.churn.as_ref(), &own.churn, &format!("{released} given back within 30 days")),
    ]
    .join("\n")
}

fn line<T: Display, L>(name: &str, limit: Option<&T>, own: &Limit<L>, used: &str) -> String {
    let limit = limit.map_or_else(|| "no limit".to_owned(), T::to_string);
    let source = if own.is_as_everybody() { "as for everybody" } else { "set for this user" };
    let used = if used.is_empty() { String::new() } else { format!("; {used}") };
    format!("{name:<20} {limit} ({source}){used}")
}

fn for_programs(user: &UserId, view: &LimitsView) -> String {
    let LimitsView { limits, own, everybody, used } = view;
    let document = json!({
        "user": user,
        "effective": limits,
        "limits": own,
        "defaults": everybody,
        "used": {
            "numbers": used.numbers,
            "purchasesToday": used.purchases_today,
            "releasedIn30Days": used.released_recently,
        },
    });
    format!("{document:#}")
}
