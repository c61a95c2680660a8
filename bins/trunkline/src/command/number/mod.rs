//! `trunkline number`: the operator's view of numbers, and decisions on what no machine can decide about them.

mod advice;
mod json;
mod text;

use anyhow::bail;
use trunkline_domain::{NumberStatus, UserId};
use trunkline_provisioning::port::{NumberFilter, OrphanStage, Scope, StoppedReleases};
use trunkline_provisioning::{
    AdoptCommand, AdoptedNumber, AdoptedSettings, AdoptionPrice, IfMoved, ReviewCommand, ReviewedRelease,
    WriteOffCommand,
};

use self::advice::advised;
use crate::arguments::{AdoptArguments, NumberCommand};
use crate::command::{origin, require_user, say};
use crate::logging;
use crate::settings::{SettingArguments, Settings};
use crate::wiring::{Parts, Use};

/// Runs one number command and closes the database.
pub(crate) async fn run(arguments: &SettingArguments, command: NumberCommand) -> anyhow::Result<()> {
    let settings = Settings::read(arguments)?;
    logging::install(&settings)?;
    let parts = Parts::open(&settings, Use::Visit).await?;
    let outcome = act(&parts, &settings, command).await;
    parts.close().await;
    outcome
}

async fn act(parts: &Parts, settings: &Settings, command: NumberCommand) -> anyhow::Result<()> {
    match command {
        NumberCommand::List { review, user, limit } => list(parts, review, user, limit).await,
        NumberCommand::Show { number, json } => show(parts, &number, json).await,
        NumberCommand::Adopt(adopt) => adopt_number(parts, settings, adopt).await,
        NumberCommand::WriteOff { id, reason, moved } => {
            let if_moved = if moved { IfMoved::WriteOff } else { IfMoved::Refuse };
            let command = WriteOffCommand { number: id, if_moved, reason, origin: origin() };
            let written_off = parts.provisioning.write_off_number(command).await.map_err(advised)?;
            let number = written_off.number;
            say(format_args!("released: {} of {} is free again", number.phone_number, number.user));
            if let Some(account) = written_off.moved_to {
                say(format_args!("it lives on in account {account}, where you pay for it"));
            }
            say("nothing was refunded; `trunkline wallet credit` gives something back");
            Ok(())
        }
        NumberCommand::Release { number, reason } => {
            let command = ReviewCommand { number: number.parse()?, reason, origin: origin() };
            release(parts, command).await
        }
        NumberCommand::StopReleases { reason } => {
            let stopped = parts.provisioning.stop_releases(reason, origin()).await.map_err(advised)?;
            say(stopped_in_words(stopped));
            Ok(())
        }
        NumberCommand::Keep { number, reason } => {
            let command = ReviewCommand { number: number.parse()?, reason, origin: origin() };
            let number = parts.provisioning.keep_number(command).await.map_err(advised)?;
            say(format_args!("active: {} of {} works as before", number.phone_number, number.user));
            Ok(())
        }
    }
}

/// What stopping releases came to, and what to do next.
pub(crate) fn stopped_in_words(stopped: StoppedReleases) -> String {
    let StoppedReleases { numbers, orphans } = stopped;
    if numbers + orphans == 0 {
        return "No release was under way.".to_owned();
    }
    format!(
        "{numbers} releases of customers' numbers and {orphans} of numbers that are nobody's were under way, and wait for \
         a decision: `trunkline number list --review`, then `number release` or `number keep` for each."
    )
}

async fn list(parts: &Parts, review: bool, user: Option<UserId>, limit: u16) -> anyhow::Result<()> {
    let everyone = user.is_none();
    let scope = user.map_or(Scope::Everyone, Scope::User);
    let status = review.then_some(NumberStatus::Review);
    let filter = NumberFilter { status, ..NumberFilter::of(scope, limit) };
    let page = parts.provisioning.numbers(&filter).await?;
    for number in &page.numbers {
        say(text::row(number));
    }
    // Orphans are nobody's.
    let orphans =
        if review && everyone { parts.provisioning.orphans_in_review(limit).await? } else { Vec::new() };
    for orphan in &orphans {
        say(text::orphan(orphan));
    }
    match (page.numbers.is_empty() && orphans.is_empty(), review) {
        (true, true) => say("nothing waits for a decision"),
        (true, false) => say("no numbers yet"),
        (false, _) if page.next.is_some() => {
            say(format_args!("only the newest {limit} of {}; --limit shows up to 100", page.total));
        }
        (false, _) => {}
    }
    Ok(())
}

async fn show(parts: &Parts, number: &str, json: bool) -> anyhow::Result<()> {
    let dossier = parts.provisioning.dossier(&number.parse()?).await?;
    if json {
        say(serde_json::to_string_pretty(&json::dossier(&dossier))?);
    } else {
        say(text::dossier(&dossier));
    }
    Ok(())
}

async fn adopt_number(parts: &Parts, settings: &Settings, adopt: AdoptArguments) -> anyhow::Result<()> {
    require_user(&parts.tenancy, &adopt.user).await?;
    let command = AdoptCommand {
        number_sid: adopt.sid,
        user: adopt.user,
        business: adopt.business,
        display_name: adopt.name,
        country: adopt.country,
        currency: adopt.currency.unwrap_or(settings.default_currency),
        from_deployment: adopt.from_deployment,
        from_order: adopt.from_order,
        reason: adopt.reason,
        origin: origin(),
    };
    let AdoptedNumber { number, price, settings } =
        parts.provisioning.adopt_number(command).await.map_err(advised)?;
    let (phone_number, user, id) = (&number.phone_number, &number.user, number.id);
    match price {
        AdoptionPrice::Charged(charge) => {
            say(format_args!("{phone_number} is {user}'s as {id}, charged {charge}"));
        }
        AdoptionPrice::TheirsBefore => {
            say(format_args!("{phone_number} was {user}'s already, as {id}; nothing was charged"));
        }
        AdoptionPrice::PaidFor(order) => say(format_args!(
            "{phone_number} is {user}'s again, as {id}; nothing was charged, because order {order} has paid for it"
        )),
    }
    match settings {
        AdoptedSettings::Right => say("its name and addresses at the provider are right"),
        AdoptedSettings::Set => say("its name and addresses at the provider are set"),
        AdoptedSettings::NotSet(error) => bail!(
            "the number is adopted, but its name and addresses at the provider are not set ({error}). Run the same \
             command again: nothing is charged twice. Until then `trunkline reconcile` shows it as drifted"
        ),
    }
    Ok(())
}

async fn release(parts: &Parts, command: ReviewCommand) -> anyhow::Result<()> {
    match parts.provisioning.release_reviewed(command).await.map_err(advised)? {
        ReviewedRelease::Released => say("released"),
        ReviewedRelease::UnderWay => say("not decided yet; it goes on by itself while a server runs"),
        ReviewedRelease::Refused { code } => {
            let code = code.map_or(String::new(), |code| format!(" (code {code})"));
            bail!("the provider refuses to take it back{code}; the number is active and works as before");
        }
        ReviewedRelease::InReview(reason) => {
            bail!("it waits for a decision again: {}; `trunkline number show` says more", reason.as_str());
        }
    }
    Ok(())
}

/// Where an orphan's release stands, in words.
fn stage(stage: OrphanStage) -> String {
    match stage {
        OrphanStage::Releasing => "releasing".to_owned(),
        OrphanStage::Review(reason) => format!("review ({})", reason.as_str()),
        OrphanStage::Released => "released".to_owned(),
    }
}
