//! `trunkline sales`: whether numbers are sold, for how long the money at Twilio lasts, and the operator's switch.

use std::error::Error;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use trunkline_provisioning::port::{SalesPause, SalesState, SalesStop, Shortage, StartAnswer, StopAnswer};
use trunkline_provisioning::{BalanceFloor, RunwayError, RunwayFigures};

use crate::arguments::SalesCommand;
use crate::command::{origin, say};
use crate::logging;
use crate::settings::{SettingArguments, Settings};
use crate::wiring::{Parts, Use};

/// Runs one sales command and closes the database.
pub(crate) async fn run(arguments: &SettingArguments, command: SalesCommand) -> anyhow::Result<()> {
    let settings = Settings::read(arguments)?;
    logging::install(&settings)?;
    let parts = Parts::open(&settings, Use::Visit).await?;
    let outcome = act(&settings, &parts, command).await;
    parts.close().await;
    outcome
}

async fn act(settings: &Settings, parts: &Parts, command: SalesCommand) -> anyhow::Result<()> {
    let origin = origin();
    match command {
        SalesCommand::Status { json } => {
            let status = Status::ask(settings, parts).await?;
            if json {
                say(serde_json::to_string_pretty(&status.for_programs())?);
            } else {
                say(status.for_people());
            }
        }
        SalesCommand::Stop { reason } => {
            let answer = parts.sales.stop(&reason, &origin).await?;
            say(match answer {
                StopAnswer::Stopped => {
                    "Sales are stopped. What has been begun goes on to its end; releases, calls and texts go on.\n\
                     trunkline sales start --reason TEXT ends this."
                }
                StopAnswer::StoppedBefore => "Sales were stopped already, and nothing was changed:",
            });
            if answer == StopAnswer::StoppedBefore {
                say(verdict(&parts.sales.state().await?, settings));
            }
        }
        SalesCommand::Start { reason } => {
            let answer = parts.sales.start(&reason, &origin).await?;
            say(match answer {
                StartAnswer::Started => "The stop is over.",
                StartAnswer::NotStopped => "Nobody had stopped sales, and nothing was changed.",
            });
            say(verdict(&parts.sales.state().await?, settings));
        }
    }
    Ok(())
}

/// Everything that decides whether numbers are sold.
struct Status<'a> {
    settings: &'a Settings,
    state: SalesState,
    floor: Option<BalanceFloor>,
    looked: Result<RunwayFigures, RunwayError>,
}

impl<'a> Status<'a> {
    async fn ask(settings: &'a Settings, parts: &Parts) -> anyhow::Result<Self> {
        let state = parts.sales.state().await?;
        let looked = parts.runway.figures().await;
        Ok(Self { settings, state, floor: parts.runway.floor(), looked })
    }

    /// The verdict, and a line for each figure.
    fn for_people(&self) -> String {
        let mut lines = vec![verdict(&self.state, self.settings)];
        match &self.looked {
            Ok(figures) => {
                lines.push(format!("balance       {}", figures.balance));
                lines.push(format!("coming fees   {}", coming(figures)));
                let left = figures.left().map_or_else(|error| error.to_string(), |left| left.to_string());
                lines.push(format!("left          {left}; {}", self.floor_in_words(figures)));
            }
            Err(error) => {
                lines.push(format!("balance       not known: {}", reason_of(error)));
                lines.push(match self.floor {
                    Some(floor) => format!(
                        "floor         {floor}; while the balance is not known, sales stay as they are"
                    ),
                    None => "floor         none (BALANCE_FLOOR)".to_owned(),
                });
            }
        }
        let cap = match self.settings.purchases_per_day {
            Some(cap) => format!("of {cap} at most"),
            None => "without a limit (PURCHASES_PER_DAY)".to_owned(),
        };
        lines.push(format!("today (UTC)   {}, {cap}", counted(self.state.purchases_today, "purchase")));
        lines.join("\n")
    }

    fn floor_in_words(&self, figures: &RunwayFigures) -> String {
        match self.floor {
            Some(floor) => format!("the floor is {}", floor.in_currency(figures.balance.currency())),
            None => "there is no floor (BALANCE_FLOOR)".to_owned(),
        }
    }

    /// The same as JSON. Amounts are decimal digits in text, so that no reader makes floats of them.
    fn for_programs(&self) -> Value {
        let SalesState { stop, pause, purchases_today, .. } = &self.state;
        let figures = self.looked.as_ref().ok();
        json!({
            "open": self.state.are_open() && !self.state.is_day_used_up(self.settings.purchases_per_day),
            "stop": stop.as_ref().map(|SalesStop { by, reason, at }| {
                json!({ "by": by, "reason": reason, "since": at })
            }),
            "pause": pause.as_ref().map(|SalesPause { shortage, at }| {
                let Shortage { balance, coming_fees, floor } = shortage;
                json!({ "balance": balance, "comingFees": coming_fees, "floor": floor, "since": at })
            }),
            "floor": self.floor.map(|floor| floor.to_string()),
            "balance": figures.map(|figures| figures.balance),
            "comingFees": figures.map(|figures| figures.coming_fees),
            "left": figures.and_then(|figures| figures.left().ok()),
            "renewals": figures.map(|figures| figures.renewals),
            "unpriced": figures.map(|figures| figures.unpriced),
            "unreadable": self.looked.as_ref().err().map(reason_of),
            "purchasesToday": purchases_today,
            "purchasesPerDay": self.settings.purchases_per_day,
        })
    }
}

/// Whether numbers are sold; a line for each thing that holds them back.
fn verdict(state: &SalesState, settings: &Settings) -> String {
    let mut lines = Vec::new();
    if let Some(SalesStop { by, reason, at }) = &state.stop {
        lines.push(format!("SALES ARE STOPPED by {by} since {}: {reason}", shown(*at)));
    }
    if let Some(SalesPause { shortage: Shortage { balance, coming_fees, floor }, at }) = &state.pause {
        lines.push(format!(
            "SALES ARE PAUSED since {}: {balance} at Twilio, less {coming_fees} of coming fees, is below the floor of \
             {floor}. They go on by themselves after a top-up.",
            shown(*at)
        ));
    }
    if state.is_day_used_up(settings.purchases_per_day) {
        lines
            .push("SALES ARE PAUSED until midnight (UTC): the purchases of this day are used up.".to_owned());
    }
    if lines.is_empty() {
        lines.push("Sales are open.".to_owned());
    }
    lines.join("\n")
}

fn coming(figures: &RunwayFigures) -> String {
    let RunwayFigures { coming_fees, renewals, unpriced, .. } = figures;
    let unpriced = match unpriced {
        0 => String::new(),
        unpriced => format!("; without {unpriced} of them, whose cost Twilio does not say in this currency"),
    };
    format!("{coming_fees} within 7 days, for {}{unpriced}", counted(*renewals, "number"))
}

fn counted(count: u64, thing: &str) -> String {
    format!("{count} {thing}{}", if count == 1 { "" } else { "s" })
}

fn shown(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// An error with what caused it.
fn reason_of(error: &RunwayError) -> String {
    let mut said = error.to_string();
    let mut cause = error.source();
    while let Some(because) = cause {
        said = format!("{said}: {because}");
        cause = because.source();
    }
    said
}
