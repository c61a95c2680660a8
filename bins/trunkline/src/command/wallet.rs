//! `trunkline wallet`: what a user has, payments that came in, and corrections.

use std::process::ExitCode;

use anyhow::{Context, bail};
use serde_json::{Value, json};
use trunkline_domain::{Currency, Fingerprint, Money, RequestKey, RequestOperation, UserId};
use trunkline_wallet::{
    AdjustCommand, AdjustError, Approval, ApprovalState, Balance, CreditCommand, CreditError, Posting,
    Transaction, TransactionDirection, WalletStoreError, Wallets,
};

use crate::arguments::{WalletAmountArguments, WalletCommand, WalletDirectionArguments};
use crate::command::{legible, origin, require_user, say};
use crate::logging;
use crate::settings::{SettingArguments, Settings};
use crate::wiring::{Parts, Use};

/// The exit status of what waits for another operator: neither done nor failed, and not 2, which is a mistake in the
/// command's arguments.
const WAITS: u8 = 3;

/// How many transactions are shown.
const LINES: u16 = 20;

/// Runs one wallet command and closes the database.
pub(crate) async fn run(arguments: &SettingArguments, command: WalletCommand) -> anyhow::Result<ExitCode> {
    let settings = Settings::read(arguments)?;
    logging::install(&settings)?;
    let parts = Parts::open(&settings, Use::Visit).await?;
    let outcome = act(&settings, &parts, command).await;
    parts.close().await;
    outcome
}

async fn act(settings: &Settings, parts: &Parts, command: WalletCommand) -> anyhow::Result<ExitCode> {
    match command {
        WalletCommand::Show { user, currency, json } => {
            require_user(&parts.tenancy, &user).await?;
            show(&parts.wallets, &user, currency.unwrap_or(settings.default_currency), json).await?;
            Ok(ExitCode::SUCCESS)
        }
        WalletCommand::Credit { what } => {
            require_user(&parts.tenancy, &what.user).await?;
            credit(&parts.wallets, what).await
        }
        WalletCommand::Adjust { what, direction } => {
            require_user(&parts.tenancy, &what.user).await?;
            adjust(&parts.wallets, what, direction_of(&direction)).await
        }
    }
}

async fn show(wallets: &Wallets, user: &UserId, currency: Currency, as_json: bool) -> anyhow::Result<()> {
    let balance = wallets.balance(user, currency).await?;
    let debt = wallets.debt(user, currency).await?;
    let page = wallets.transactions(user, None, LINES).await?;
    if as_json {
        say(for_programs(user, &balance, debt, &page.transactions)?);
        return Ok(());
    }
    say(format_args!("user          {user}"));
    say_balance(&balance)?;
    say_debt(debt);
    match balance.updated_at {
        Some(at) => say(format_args!("changed       {}", at.to_rfc3339())),
        None => say("changed       never: nothing has touched this wallet yet"),
    }
    say("");
    if page.transactions.is_empty() {
        say("no transactions yet");
        return Ok(());
    }
    say("last transactions, in all currencies");
    for line in &page.transactions {
        let sign = match line.direction {
            TransactionDirection::Credit => '+',
            TransactionDirection::Debit => '-',
        };
        let amount = format!("{sign}{}", line.amount);
        let (date, status) = (line.date.format("%Y-%m-%d %H:%M:%S"), line.status.as_str());
        say(format_args!("  {date}  {amount:>14}  {status:<9}  {}", legible(&line.description)));
    }
    if page.next.is_some() {
        say(format_args!("  only the newest {LINES}"));
    }
    Ok(())
}

fn for_programs(
    user: &UserId,
    balance: &Balance,
    debt: Money,
    lines: &[Transaction],
) -> anyhow::Result<String> {
    let digits = |money: Money| money.amount().to_string();
    let lines: Vec<Value> = lines
        .iter()
        .map(|line| {
            json!({
                "id": line.id,
                "date": line.date,
                "type": line.direction.as_str(),
                "amount": digits(line.amount),
                "currency": line.amount.currency().code(),
                "description": line.description,
                "status": line.status.as_str(),
                "numberId": line.number,
            })
        })
        .collect();
    let document = json!({
        "user": user,
        "currency": balance.posted.currency().code(),
        "available": digits(balance.available()?),
        "held": digits(balance.held),
        "posted": digits(balance.posted),
        "debt": digits(debt),
        "updatedAt": balance.updated_at,
        "transactions": lines,
    });
    Ok(document.to_string())
}

async fn credit(wallets: &Wallets, what: WalletAmountArguments) -> anyhow::Result<ExitCode> {
    let amount = amount_of(&what)?;
    // As over HTTP, so that a key means the same on both ways.
    let parts = [&amount.amount().to_string(), amount.currency().code(), what.reason.as_str()];
    let request = key_of(&what, RequestOperation::Credit, &parts)?;
    let command = CreditCommand {
        user: what.user.clone(),
        amount,
        reason: what.reason.into(),
        request,
        origin: origin(),
    };
    let credited = match wallets.credit(command).await {
        Ok(Posting::Posted(credited)) => credited,
        Ok(Posting::UnderApproval(approval)) => return under_approval(&approval),
        Err(CreditError::Store(error)) => return Err(untold(error)),
        Err(refusal) => bail!("{refusal}; no money moved"),
    };
    let again = if credited.repeated { " (it was before, with this key)" } else { "" };
    say(format_args!("credited {amount} to {}{again}: transaction {}", what.user, credited.transfer));
    say_balance(&credited.balance)?;
    // The money has moved, whether this can be told or not.
    if let Ok(debt) = wallets.debt(&what.user, amount.currency()).await {
        say_debt(debt);
    }
    Ok(ExitCode::SUCCESS)
}

async fn adjust(
    wallets: &Wallets,
    what: WalletAmountArguments,
    direction: TransactionDirection,
) -> anyhow::Result<ExitCode> {
    let amount = amount_of(&what)?;
    let parts =
        [direction.as_str(), &amount.amount().to_string(), amount.currency().code(), what.reason.as_str()];
    let request = key_of(&what, RequestOperation::Adjustment, &parts)?;
    let command = AdjustCommand {
        user: what.user.clone(),
        direction,
        amount,
        reason: what.reason,
        request,
        origin: origin(),
    };
    let adjusted = match wallets.adjust(command).await {
        Ok(Posting::Posted(adjusted)) => adjusted,
        Ok(Posting::UnderApproval(approval)) => return under_approval(&approval),
        Err(AdjustError::Store(error)) => return Err(untold(error)),
        Err(refusal) => bail!("{refusal}; no money moved"),
    };
    let done = match direction {
        TransactionDirection::Credit => format!("gave {amount} to {}", what.user),
        TransactionDirection::Debit => format!("took {amount} from {}", what.user),
    };
    let again = if adjusted.repeated { " (it was done before, with this key)" } else { "" };
    say(format_args!("{done}{again}: transaction {}", adjusted.transfer));
    say_balance(&adjusted.balance)?;
    // The money has moved, whether this can be told or not.
    if let Ok(debt) = wallets.debt(&what.user, amount.currency()).await {
        say_debt(debt);
    }
    Ok(ExitCode::SUCCESS)
}

/// What becomes of an amount that is above what one operator may move.
fn under_approval(approval: &Approval) -> anyhow::Result<ExitCode> {
    let id = approval.id;
    match approval.state {
        ApprovalState::Waiting => {
            say(format_args!("waits for another operator, and no money moved: approval {id}"));
            say(format_args!(
                "above APPROVAL_ABOVE one operator is not enough. Until {} another one can run:",
                approval.expires_at.format("%Y-%m-%d %H:%M UTC")
            ));
            say(format_args!("  trunkline approval approve {id} --reason TEXT"));
            Ok(ExitCode::from(WAITS))
        }
        // With the same key, after its end.
        ApprovalState::Approved | ApprovalState::Rejected | ApprovalState::Expired => bail!(
            "approval {id}, which was asked for with this key, is {}; no money moved. Ask again, with another key, if it is \
             still wanted",
            approval.state.as_str()
        ),
    }
}

/// What a failure of the store leaves open, and what to do then.
fn untold(error: WalletStoreError) -> anyhow::Error {
    let advice = match error {
        WalletStoreError::OutcomeUnknown(_) => {
            "it is not known whether money moved: look with `trunkline wallet show`, or give the same command again \
             if it had a --key"
        }
        WalletStoreError::Unavailable(_) | WalletStoreError::Broken(_) => "no money moved",
    };
    anyhow::Error::new(error).context(advice)
}

/// What is owed, where anything is: whatever comes in pays it first.
fn say_debt(debt: Money) {
    if debt.is_positive() {
        say(format_args!("owed          {debt}, which is paid first out of whatever comes in"));
    }
}

fn say_balance(balance: &Balance) -> anyhow::Result<()> {
    say(format_args!("available     {}", balance.available()?));
    say(format_args!("held          {}", balance.held));
    Ok(())
}

fn amount_of(what: &WalletAmountArguments) -> anyhow::Result<Money> {
    let amount = Money::parse(&what.amount, what.currency).context("the amount; no money moved")?;
    if !amount.is_positive() {
        bail!("an amount is more than zero (--take says that it goes out of the wallet); no money moved");
    }
    Ok(amount)
}

fn key_of(
    what: &WalletAmountArguments,
    operation: RequestOperation,
    parts: &[&str],
) -> anyhow::Result<Option<RequestKey>> {
    let Some(key) = &what.key else { return Ok(None) };
    let request = RequestKey::new(what.user.clone(), operation, key, Fingerprint::of(parts));
    request.map(Some).context("--key")
}

const fn direction_of(arguments: &WalletDirectionArguments) -> TransactionDirection {
    // Exactly one is set: clap has seen to it.
    if arguments.give { TransactionDirection::Credit } else { TransactionDirection::Debit }
}
