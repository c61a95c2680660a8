//! A proof that the checks can fail: something is broken on purpose, behind everybody's back, once all is at rest.

use anyhow::Context;
use clap::ValueEnum;

use crate::api::{Api, Direction, Transaction};
use crate::plan::users;
use crate::stage::Stage;

/// What is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Sabotage {
    /// Twilio loses a number that a user holds.
    LoseNumber,
    /// The account owns a number that nobody here has, as after a purchase that was forgotten.
    StrayNumber,
    /// A number of another deployment is renamed, as by a purchase that was taken for an update.
    TouchNeighbour,
    /// A user gets a credit twice that was asked for once.
    PostTwice,
}

impl Sabotage {
    /// Breaks it.
    pub(crate) async fn commit(self, stage: &Stage) -> anyhow::Result<()> {
        let twilio = stage.twilio();
        match self {
            Self::LoseNumber => {
                let numbers = stage.api.numbers(false).await?;
                let sid = numbers.iter().find_map(|number| number.twilio_sid.as_ref());
                twilio.console_release(sid.context("nobody holds a number")?)?;
            }
            Self::StrayNumber => {
                let bought =
                    stage.stock.iter().find_map(|number| twilio.console_purchase(number, "stray").ok());
                bought.context("no number is free")?;
            }
            Self::TouchNeighbour => {
                let number = stage.neighbours.first().context("there is none")?;
                twilio.rename(&number.sid, "somebody's now")?;
            }
            Self::PostTwice => {
                let (user, credit) = some_credit(&stage.api).await?;
                stage.api.credit(&user, &credit.amount.to_string(), &credit.description, None).await?;
            }
        }
        Ok(())
    }
}

/// The newest credit that a client has asked for.
async fn some_credit(api: &Api) -> anyhow::Result<(String, Transaction)> {
    for user in users() {
        let mut history = api.transactions(&user).await?.into_iter();
        let wish = |line: &Transaction| {
            line.direction == Direction::Credit && line.description.starts_with("client-")
        };
        if let Some(credit) = history.find(wish) {
            return Ok((user, credit));
        }
    }
    anyhow::bail!("nobody got a credit")
}
