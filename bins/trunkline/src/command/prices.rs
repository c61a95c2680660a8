//! `trunkline prices`.

use trunkline_domain::Offer;

use crate::arguments::PricesCommand;
use crate::command::say;
use crate::wiring::read_prices;

/// Says what a price file sells, or fails with everything that is wrong with it.
pub(crate) fn run(command: &PricesCommand) -> anyhow::Result<()> {
    let PricesCommand::Check { file } = command;
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
