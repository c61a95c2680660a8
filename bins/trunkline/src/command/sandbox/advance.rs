//! `trunkline sandbox advance`: asks the running sandbox to move its clocks, and says what fell due.

use std::path::Path;

use anyhow::{Context, bail};
use secrecy::ExposeSecret;

use super::environment::{Environment, FILE_NAME};
use super::provider_clock::Charge;
use super::time::{self, Moved};
use super::{control, shell_path};
use crate::arguments::AdvanceArguments;
use crate::command::say;
use crate::progress::Progress;

/// How many charges are printed one by one.
const CHARGES_SHOWN: usize = 20;

/// Moves the clocks of the sandbox in this folder.
pub(super) async fn run(data: &Path, advance: &AdvanceArguments) -> anyhow::Result<()> {
    let file = data.join(FILE_NAME);
    let environment = Environment::read(&file)?;
    if environment.control_url.is_empty() || environment.control_token.expose_secret().is_empty() {
        bail!(
            "{} says of no running sandbox: start one with `trunkline sandbox --data {}`",
            shell_path(&file),
            data.display()
        );
    }
    let bar = Progress::begin("waiting for purchases that are on their way, then moving the clocks");
    let moved = control::ask(&environment.control_url, &environment.control_token, advance.by).await;
    bar.end();
    let moved = moved.context("the sandbox's clock was not moved")?;
    say(told(&moved));
    time::check(&moved)
}

fn told(moved: &Moved) -> String {
    let at = |time: chrono::DateTime<chrono::Utc>| time.format("%Y-%m-%d %H:%M:%S UTC").to_string();
    let mut lines = vec![
        format!("server            {} -> {}", at(moved.server_before), at(moved.server_after)),
        format!("simulated Twilio  {} -> {}", at(moved.provider_before), at(moved.provider_after)),
    ];
    for Charge { phone_number, amount, at: due, .. } in moved.charges.iter().take(CHARGES_SHOWN) {
        lines.push(format!("Twilio charged    ${amount} for {phone_number}, due {}", at(*due)));
    }
    match moved.charges.len() {
        0 => lines.push("Twilio charged    nothing: no number's month has ended".to_owned()),
        all if all > CHARGES_SHOWN => {
            lines.push(format!("                  and {} more", all - CHARGES_SHOWN));
        }
        _ => {}
    }
    if moved.recovered > 0 {
        lines.push(format!("recovery          took over {} stalled orders or releases", moved.recovered));
    }
    if moved.ledger_balanced {
        lines.push("The ledger balances.".to_owned());
    }
    lines.join("\n")
}
