//! `trunkline prices`.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Context;
use trunkline_domain::{Country, MarkUp, Offer, propose_prices};
use trunkline_provider::ProviderAccount;

use crate::arguments::PricesCommand;
use crate::command::{remark, say};
use crate::settings::{SettingArguments, Settings};
use crate::wiring::{read_prices, twilio_client};

/// Checks a price file, or proposes one.
pub(crate) async fn run(arguments: &SettingArguments, command: &PricesCommand) -> anyhow::Result<()> {
    match command {
        PricesCommand::Check { file } => check(file),
        PricesCommand::Propose { markup, country } => propose(arguments, *markup, country).await,
    }
}

/// Says what a price file sells, or fails with everything that is wrong with it.
fn check(file: &Path) -> anyhow::Result<()> {
    let book = read_prices(Some(file))?;
    let offers = book.offers();
    for Offer { country, number_type, monthly, setup, .. } in &offers {
        let needs = book.needs(*country, *number_type);
        let bundle = needs.bundle_sid.map(|sid| format!(", bundle {sid}")).unwrap_or_default();
        let address = needs.address_sid.map(|sid| format!(", address {sid}")).unwrap_or_default();
        say(format_args!("{country} {number_type:<9} {monthly} a month, {setup} set-up{bundle}{address}"));
    }
    say(format_args!("{} is good: {} prices", file.display(), offers.len()));
    Ok(())
}

/// Prints a price file with what Twilio charges and the mark-up on top.
async fn propose(arguments: &SettingArguments, mark_up: MarkUp, named: &[Country]) -> anyhow::Result<()> {
    let settings = Settings::read(arguments)?;
    let twilio = settings.twilio.as_ref().context(
        "no Twilio account is set: set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN, and it will say what it pays",
    )?;
    let account = twilio_client(twilio, settings.times.request_timeout)?;
    let book = read_prices(settings.price_file.as_deref())?;
    let priced = book.offers().into_iter().map(|offer| offer.country);
    let countries: BTreeSet<Country> = priced.chain(named.iter().copied()).collect();
    let mut costs = Vec::new();
    for country in countries {
        let of_country = account.number_costs(country).await;
        let of_country =
            of_country.with_context(|| format!("what numbers of {country} cost cannot be read"))?;
        if of_country.is_empty() {
            remark(format_args!("Twilio names no price for numbers of {country}: it is left out"));
        }
        costs.extend(of_country);
    }
    say(propose_prices(&costs, mark_up, &book)?.trim_end());
    Ok(())
}
