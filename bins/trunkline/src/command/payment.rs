//! `trunkline payment`: what customers have paid, from both sides.

use std::process::ExitCode;

use anyhow::{Context, bail};
use chrono::TimeDelta;
use serde_json::{Value, json};
use trunkline_domain::{PaymentId, UserId};
use trunkline_payments::{
    Payment, PaymentComparison, PaymentFinding, PaymentReport, PaymentState, Payments, Progress, Repair,
    agrees,
};

use crate::arguments::PaymentCommand;
use crate::command::{legible, say};
use crate::settings::{SettingArguments, Settings};
use crate::wiring::{Parts, Use};
use crate::{complain, logging};

/// The two sides differ.
const DIFFER: u8 = 1;
/// Nobody knows.
const COULD_NOT: u8 = 2;

/// Runs one payment command and closes the database.
pub(crate) async fn run(arguments: &SettingArguments, command: &PaymentCommand) -> ExitCode {
    match act(arguments, command).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => DIFFER.into(),
        Err(error) => {
            complain(&error);
            COULD_NOT.into()
        }
    }
}

async fn act(arguments: &SettingArguments, command: &PaymentCommand) -> anyhow::Result<bool> {
    let settings = Settings::read(arguments)?;
    logging::install(&settings)?;
    let parts = Parts::open(&settings, Use::Visit).await?;
    let outcome = match &parts.payments {
        Some(payments) => ask(payments, command).await,
        None => {
            Err(anyhow::anyhow!("payments are not set up: set STRIPE_SECRET_KEY and STRIPE_WEBHOOK_SECRET"))
        }
    };
    parts.close().await;
    outcome
}

async fn ask(payments: &Payments, command: &PaymentCommand) -> anyhow::Result<bool> {
    match command {
        PaymentCommand::List { user, limit, json } => list(payments, user, *limit, *json).await,
        PaymentCommand::Show { id, apply, json } => show(payments, *id, *apply, *json).await,
        PaymentCommand::Compare { days, repair, json } => {
            let repair = if *repair { Repair::Missing } else { Repair::Nothing };
            let comparison = payments.compare_lately(TimeDelta::days(i64::from(*days)), repair).await?;
            if *json {
                say(serde_json::to_string_pretty(&comparison)?);
            } else {
                tell(&comparison);
            }
            Ok(comparison.agrees())
        }
    }
}

async fn list(payments: &Payments, user: &UserId, limit: u16, as_json: bool) -> anyhow::Result<bool> {
    let page = payments.payments(user, None, limit).await?;
    if as_json {
        let payments: Vec<Value> = page.payments.iter().map(for_programs).collect();
        say(json!({ "payments": payments, "more": page.next.is_some() }));
        return Ok(true);
    }
    for payment in &page.payments {
        let (opened, state) = (payment.opened_at.format("%Y-%m-%d %H:%M:%S"), payment.state.as_str());
        say(format_args!("{}  {opened}  {state:<10}  {}", payment.id, payment.asked));
    }
    if page.payments.is_empty() {
        say("no payments yet");
    } else if page.next.is_some() {
        say(format_args!("only the latest {limit}; --limit shows up to 100"));
    }
    Ok(true)
}

async fn show(payments: &Payments, id: PaymentId, apply: bool, as_json: bool) -> anyhow::Result<bool> {
    let Some(mut payment) = payments.payment(id).await? else { bail!("there is no payment {id}") };
    let report = payments.report(&payment).await.context("nothing was changed")?;
    if let (true, Some(report)) = (apply, &report) {
        payment = payments.apply(report).await?;
    }
    let takings = payments.takings(id).await?;
    let agree = report.as_ref().is_none_or(|report| agrees(&payment, &takings, report));
    if agree && report.is_some() {
        payments.end_alarm(id);
    }
    if as_json {
        let taken: Vec<Value> = takings
            .iter()
            .map(|taking| {
                json!({ "id": taking.id, "kind": taking.kind.as_str(), "amount": taking.amount,
                        "takenAt": taking.taken_at, "returnedAt": taking.returned_at })
            })
            .collect();
        let stripe = report.as_ref().map(|report| {
            json!({ "status": progress(report), "asked": report.asked, "takings": report.takings.len() })
        });
        say(
            json!({ "payment": for_programs(&payment), "takings": taken, "stripe": stripe, "agrees": agree }),
        );
        return Ok(agree);
    }
    tell_payment(&payment);
    for taking in &takings {
        let returned = taking.returned_at.map_or_else(String::new, |at| format!(", given again {at}"));
        say(format_args!("taken back    {} {} {}{returned}", taking.kind.as_str(), taking.id, taking.amount));
    }
    match &report {
        None => say("at stripe     unknown"),
        Some(report) => {
            say(format_args!("at stripe     {}, {} asked for", progress(report), report.asked));
            if let Progress::Paid { amount } = report.progress {
                say(format_args!("received      {amount}"));
            }
            for taking in &report.takings {
                say(format_args!("              {} {} {}", taking.kind.as_str(), taking.id, taking.amount));
            }
        }
    }
    if !agree {
        say("THE TWO SIDES DIFFER: --apply makes good what is missing here");
    }
    Ok(agree)
}

fn tell_payment(payment: &Payment) {
    say(format_args!("payment       {}", payment.id));
    say(format_args!("user          {}", payment.user));
    say(format_args!("status        {}", payment.state.as_str()));
    say(format_args!("asked for     {}", payment.asked));
    if let Some(paid) = payment.paid {
        say(format_args!("credited      {paid}, transaction {}", payment.id));
    }
    if let Some(decline) = &payment.decline {
        say(format_args!("declined      {}", legible(decline)));
    }
    say(format_args!("opened        {}", payment.opened_at.to_rfc3339()));
    if let Some(session) = &payment.session {
        say(format_args!("session       {session}"));
    }
    if let Some(intent) = &payment.intent {
        say(format_args!("intent        {intent}"));
    }
    if payment.state == PaymentState::Open
        && let Some(page) = &payment.page
    {
        say(format_args!("page          {page}"));
    }
}

fn tell(comparison: &PaymentComparison) {
    for finding in &comparison.findings {
        let mended = |repaired: &bool| if *repaired { "mended" } else { "NOT MENDED" };
        match finding {
            PaymentFinding::NotCredited { payment, user, paid, repaired } => {
                say(format_args!("not credited  {payment}  {paid} of {user}: {}", mended(repaired)));
            }
            PaymentFinding::PaidTwice { payment, user, intent, paid } => {
                say(format_args!(
                    "PAID TWICE    {payment}  {paid} of {user} by {intent}, of which nothing is credited: refund it at Stripe"
                ));
            }
            PaymentFinding::NotTaken { payment, user, taking, amount, repaired } => {
                let mended = mended(repaired);
                say(format_args!("not taken     {payment}  {taking}, {amount} of {user}: {mended}"));
            }
            PaymentFinding::NotPaid { payment, user, credited, paid } => {
                let paid = paid.map_or_else(|| "nothing".to_owned(), |paid| paid.to_string());
                say(format_args!("NOT PAID      {payment}  {credited} credited to {user}, {paid} paid"));
            }
            PaymentFinding::Unanswered { payment } => {
                say(format_args!("unanswered    {payment}  Stripe did not say whether it was paid"));
            }
        }
    }
    let PaymentComparison { from, to, reported, credited, finding_count, .. } = comparison;
    say(format_args!("{reported} payments at Stripe and {credited} credits, from {from} to {to}"));
    say(match finding_count {
        0 => "The books agree.".to_owned(),
        _ if comparison.agrees() => format!("The books agree now: {finding_count} mended."),
        1 => "THE BOOKS DIFFER: 1 finding.".to_owned(),
        count => format!("THE BOOKS DIFFER: {count} findings."),
    });
}

const fn progress(report: &PaymentReport) -> &'static str {
    match report.progress {
        Progress::Open => "open",
        Progress::Processing => "processing",
        Progress::Paid { .. } => "paid",
        Progress::Failed => "failed",
        Progress::Expired => "expired",
    }
}

fn for_programs(payment: &Payment) -> Value {
    json!({
        "id": payment.id,
        "userId": payment.user,
        "kind": payment.kind.as_str(),
        "status": payment.state.as_str(),
        "asked": payment.asked,
        "paid": payment.paid,
        "decline": payment.decline,
        "session": payment.session,
        "intent": payment.intent,
        "openedAt": payment.opened_at,
        "updatedAt": payment.updated_at,
    })
}
