//! `trunkline top-up`: what a customer's automatic top-up is, and the operator's way to end it.

use anyhow::{Context, bail};
use serde_json::json;
use trunkline_domain::{Currency, UserId};
use trunkline_payments::{Agreement, TopUp, TopUpError, TopUpState, TopUps};

use crate::arguments::TopUpCommand;
use crate::command::{legible, origin, say};
use crate::logging;
use crate::settings::{SettingArguments, Settings};
use crate::wiring::{Parts, Use};

/// Runs one command about top-ups and closes the database.
pub(crate) async fn run(arguments: &SettingArguments, command: TopUpCommand) -> anyhow::Result<()> {
    let settings = Settings::read(arguments)?;
    logging::install(&settings)?;
    let parts = Parts::open(&settings, Use::Visit).await?;
    let outcome = match &parts.top_ups {
        Some(top_ups) => act(top_ups, command).await,
        None => {
            Err(anyhow::anyhow!("payments are not set up: set STRIPE_SECRET_KEY and STRIPE_WEBHOOK_SECRET"))
        }
    };
    parts.close().await;
    outcome
}

async fn act(top_ups: &TopUps, command: TopUpCommand) -> anyhow::Result<()> {
    match command {
        TopUpCommand::Show { user, currency, json } => {
            let Some(top_up) = top_ups.top_up(&user, currency).await? else {
                bail!("{}", absent(&user, currency))
            };
            if json { say(for_programs(&top_up)) } else { tell(&top_up) }
        }
        TopUpCommand::Off { user, currency, reason } => switch_off(top_ups, user, currency, reason).await?,
    }
    Ok(())
}

async fn switch_off(
    top_ups: &TopUps,
    user: UserId,
    currency: Currency,
    reason: String,
) -> anyhow::Result<()> {
    let command = trunkline_payments::TopUpCommand {
        user: user.clone(),
        currency,
        threshold: None,
        amount: None,
        monthly_cap: None,
        state: Some(TopUpState::Off),
        agreement: Agreement::NotGiven,
        reason: Some(reason),
        origin: origin(),
    };
    match top_ups.change(&command).await {
        Ok(off) => {
            say(
                "It is off: nothing more is charged. A charge that is under way may still come, and is credited; \
                 `trunkline payment list` shows it.",
            );
            tell(&off);
            Ok(())
        }
        Err(TopUpError::NotFound(_)) => bail!("{}", absent(&user, currency)),
        Err(error) => Err(error).context("it is not switched off"),
    }
}

fn absent(user: &UserId, currency: Currency) -> String {
    format!("{user} has set up no automatic top-up in {}; nothing was changed", currency.code())
}

fn tell(top_up: &TopUp) {
    let TopUp { terms, consent, .. } = top_up;
    say(format_args!("user          {}", top_up.user));
    say(format_args!("status        {}", top_up.state));
    say(format_args!(
        "terms         {} below {}, {} in a month at most",
        terms.amount, terms.threshold, terms.monthly_cap
    ));
    match &top_up.method {
        Some(method) => {
            say(format_args!(
                "method        {} ({} of {})",
                legible(&method.label),
                method.id,
                method.customer
            ));
        }
        None => say("method        forgotten"),
    }
    say(format_args!("declines      {} in a row", top_up.declines));
    if let Some(until) = top_up.cool_until {
        say(format_args!("cools down    until {}", until.to_rfc3339()));
    }
    say(format_args!("agreed        to version {}, {}", consent.version, consent.at.to_rfc3339()));
    say(format_args!("changed       {}", top_up.updated_at.to_rfc3339()));
}

fn for_programs(top_up: &TopUp) -> serde_json::Value {
    let TopUp { terms, consent, .. } = top_up;
    json!({
        "userId": top_up.user,
        "currency": terms.currency().code(),
        "status": top_up.state.as_str(),
        "threshold": terms.threshold,
        "amount": terms.amount,
        "monthlyCap": terms.monthly_cap,
        "method": top_up.method.as_ref().map(|method| {
            json!({ "id": method.id, "customer": method.customer, "label": method.label })
        }),
        "declines": top_up.declines,
        "coolDownUntil": top_up.cool_until,
        "consent": { "version": consent.version, "by": consent.by, "at": consent.at },
        "updatedAt": top_up.updated_at,
    })
}
