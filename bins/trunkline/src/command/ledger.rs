//! `trunkline ledger`: the audit, for people and for programs.

use std::process::ExitCode;
use std::sync::Arc;

use serde::Serialize;
use serde_json::json;
use trunkline_domain::SystemClock;
use trunkline_wallet::{CurrencySum, LedgerAuditor, LedgerFault, LedgerReport};

use crate::arguments::LedgerCommand;
use crate::command::say;
use crate::settings::{SettingArguments, Settings};
use crate::wiring::{self, Use};
use crate::{complain, logging};

/// The ledger could be read, and does not balance.
const FAULTS: u8 = 1;
/// Nobody knows.
const COULD_NOT: u8 = 2;

/// Runs one ledger command. Its exit status tells a ledger that does not balance from one that could not be read.
pub(crate) async fn run(arguments: &SettingArguments, command: &LedgerCommand) -> ExitCode {
    let LedgerCommand::Verify { json } = *command;
    match verify(arguments, json).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => FAULTS.into(),
        Err(error) => {
            complain(&error);
            COULD_NOT.into()
        }
    }
}

async fn verify(arguments: &SettingArguments, json: bool) -> anyhow::Result<bool> {
    let settings = Settings::read(arguments)?;
    logging::install(&settings)?;
    let store = wiring::open_store(&settings, Use::Visit).await?;
    let report = LedgerAuditor::new(store.clone(), Arc::new(SystemClock)).audit().await;
    store.close().await;
    let report = report?;
    if json {
        say(for_programs(&report)?);
    } else {
        say(for_people(&report));
    }
    Ok(report.is_balanced())
}

/// A line for each fault, a line for each currency, and one that sums up.
fn for_people(report: &LedgerReport) -> String {
    let LedgerReport { accounts, transfers, sums, faults, fault_count } = report;
    let mut lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
    let unnamed = fault_count.saturating_sub(faults.len().try_into().unwrap_or(u64::MAX));
    if unnamed > 0 {
        lines.push(format!("and {unnamed} more"));
    }
    for CurrencySum { currency, wallets, held, revenue, funding, opening, debts, clearing, sum } in sums {
        let named = [("opening balances", opening), ("debts", debts), ("clearing", clearing)];
        let others = named.iter().filter(|(_, amount)| !amount.is_zero());
        let others: Vec<String> = others.map(|(name, amount)| format!("  {name} {amount}")).collect();
        let others = others.concat();
        lines.push(format!(
            "{currency}  wallets {wallets} (held {held})  revenue {revenue}  funding {funding}{others}  sum {sum}"
        ));
    }
    let verdict = match fault_count {
        0 => "The ledger balances.".to_owned(),
        1 => "THE LEDGER DOES NOT BALANCE: 1 fault.".to_owned(),
        count => format!("THE LEDGER DOES NOT BALANCE: {count} faults."),
    };
    lines.push(format!("{verdict} {transfers} transfers between {accounts} accounts were read."));
    lines.join("\n")
}

/// The same as JSON. Amounts are decimal digits in text, so that no reader makes floats of them.
fn for_programs(report: &LedgerReport) -> serde_json::Result<String> {
    #[derive(Serialize)]
    struct Fault<'a> {
        #[serde(flatten)]
        fault: &'a LedgerFault,
        message: String,
    }
    let faults: Vec<Fault<'_>> =
        report.faults.iter().map(|fault| Fault { fault, message: fault.to_string() }).collect();
    let currencies: Vec<_> = report
        .sums
        .iter()
        .map(|books| {
            json!({
                "currency": books.currency,
                "wallets": books.wallets.to_string(),
                "held": books.held.to_string(),
                "revenue": books.revenue.to_string(),
                "funding": books.funding.to_string(),
                "opening": books.opening.to_string(),
                "debts": books.debts.to_string(),
                "clearing": books.clearing.to_string(),
                "sum": books.sum.to_string(),
            })
        })
        .collect();
    serde_json::to_string_pretty(&json!({
        "balanced": report.is_balanced(),
        "accounts": report.accounts,
        "transfers": report.transfers,
        "faultCount": report.fault_count,
        "faults": faults,
        "currencies": currencies,
    }))
}
