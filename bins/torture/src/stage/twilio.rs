//! The simulated Twilio: what it sells to clients, what another deployment has on the same account, what it holds.

use std::net::SocketAddr;

use anyhow::Context;
use chrono::{DateTime, Utc};
use trunkline_twilio_sim::{
    AddressRequirements, Admin, Charge, ChargeReason, NumberType, OwnedNumber, Simulator, SimulatorConfig,
};

use crate::dice::Dice;
use crate::plan::NEIGHBOURS;

pub(super) const ACCOUNT_SID: &str = "AC0123456789abcdef0123456789abcdef";
pub(super) const AUTH_TOKEN: &str = "a-token-for-torture";

/// How another deployment names its numbers.
const NEIGHBOURS_NAME: &str = "Staging tl1:7:7";

/// A number that Twilio holds for the account, as far as it is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HeldNumber {
    pub sid: String,
    pub phone_number: String,
    pub friendly_name: String,
    pub voice_url: String,
}

impl From<OwnedNumber> for HeldNumber {
    fn from(number: OwnedNumber) -> Self {
        let OwnedNumber { sid, phone_number, friendly_name, voice_url, .. } = number;
        Self { sid, phone_number, friendly_name, voice_url }
    }
}

/// A purchase that Twilio acted on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sale {
    pub sid: String,
    pub phone_number: String,
    pub at: DateTime<Utc>,
}

/// Everything that Twilio has sold; the last 10,000 at least.
pub(crate) fn sales(twilio: &Admin) -> Vec<Sale> {
    let charges = twilio.charges().into_iter().filter(|charge| charge.reason == ChargeReason::Purchase);
    let sale =
        |charge: Charge| Sale { sid: charge.number_sid, phone_number: charge.phone_number, at: charge.at };
    charges.map(sale).collect()
}

/// Everything that Twilio holds.
pub(crate) fn held(twilio: &Admin) -> Vec<HeldNumber> {
    twilio.owned().into_iter().map(HeldNumber::from).collect()
}

pub(super) async fn start(seed: u64) -> anyhow::Result<Simulator> {
    let mut config = SimulatorConfig::new(ACCOUNT_SID, AUTH_TOKEN);
    config.inventory_seed = seed;
    let local = SocketAddr::from(([127, 0, 0, 1], 0));
    Simulator::start(local, config).await.context("the simulated Twilio does not start")
}

/// The numbers that clients may buy: local ones of the US that need no address.
pub(super) fn stock(twilio: &Admin) -> Vec<String> {
    let numbers = twilio.available("US", NumberType::Local).into_iter();
    let plain = numbers.filter(|number| number.address_requirements == AddressRequirements::None);
    plain.map(|number| number.phone_number).collect()
}

/// What another deployment has bought on the same account, under its own marker.
pub(super) fn settle_neighbours(
    twilio: &Admin,
    stock: &[String],
    seed: u64,
) -> anyhow::Result<Vec<HeldNumber>> {
    let mut dice = Dice::stream(seed, "neighbours", 0);
    let mut taken = Vec::new();
    while taken.len() < NEIGHBOURS {
        let number = dice.pick(stock).context("the simulated Twilio sells nothing")?;
        if let Ok(bought) = twilio.console_purchase(number, NEIGHBOURS_NAME) {
            taken.push(bought.into());
        }
    }
    Ok(taken)
}
