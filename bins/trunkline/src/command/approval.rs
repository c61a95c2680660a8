//! `trunkline approval`: credits and corrections that wait for another operator, and that operator's decision.

use anyhow::bail;
use serde_json::{Value, json};
use trunkline_domain::ApprovalId;
use trunkline_wallet::{
    Approval, ApprovalError, ApprovalFilter, ApprovalState, DecideApprovalCommand, TransactionDirection,
    WalletStoreError, Wallets,
};

use crate::arguments::ApprovalCommand;
use crate::command::{legible, origin, say};
use crate::logging;
use crate::settings::{SettingArguments, Settings};
use crate::wiring::{Parts, Use};

/// Runs one approval command and closes the database.
pub(crate) async fn run(arguments: &SettingArguments, command: ApprovalCommand) -> anyhow::Result<()> {
    let settings = Settings::read(arguments)?;
    logging::install(&settings)?;
    let parts = Parts::open(&settings, Use::Visit).await?;
    let outcome = act(&parts.wallets, command).await;
    parts.close().await;
    outcome
}

async fn act(wallets: &Wallets, command: ApprovalCommand) -> anyhow::Result<()> {
    match command {
        ApprovalCommand::List { all, status, limit, json } => {
            let state = if all { None } else { Some(status.unwrap_or(ApprovalState::Waiting)) };
            list(wallets, ApprovalFilter { user: None, state, after: None, limit }, json).await
        }
        ApprovalCommand::Show { id, json } => show(wallets, id, json).await,
        ApprovalCommand::Approve { id, reason } => {
            let command = DecideApprovalCommand { approval: id, reason, origin: origin() };
            let approved = wallets.approve(command).await.map_err(undecided)?;
            let again = if approved.repeated { " (it was approved before, and moved once)" } else { "" };
            let (done, transfer) = (movement(&approved.approval), approved.approval.id.transfer());
            say(format_args!("approved: {done}{again}: transaction {transfer}"));
            say(format_args!("available     {}", approved.balance.available()?));
            say(format_args!("held          {}", approved.balance.held));
            Ok(())
        }
        ApprovalCommand::Reject { id, reason } => {
            let command = DecideApprovalCommand { approval: id, reason, origin: origin() };
            let rejected = wallets.reject(command).await.map_err(undecided)?;
            say(format_args!("rejected: {}; no money moved", what(&rejected)));
            Ok(())
        }
    }
}

/// What a decision that was not taken means for the money, and what to do.
fn undecided(error: ApprovalError) -> anyhow::Error {
    let outcome = match &error {
        ApprovalError::Store(WalletStoreError::OutcomeUnknown(_)) => {
            "it is not known whether the decision is stored: look with `trunkline approval show`, or give the same command \
             again, which moves money once"
        }
        ApprovalError::Ended(approval) if approval.state == ApprovalState::Approved => {
            "nothing was changed, and the money has moved before; `trunkline wallet adjust` corrects a mistake"
        }
        ApprovalError::NotFound
        | ApprovalError::Ended(_)
        | ApprovalError::SameOperator
        | ApprovalError::Insufficient { .. }
        | ApprovalError::TooLarge
        | ApprovalError::Unreckonable(_)
        | ApprovalError::Store(WalletStoreError::Unavailable(_) | WalletStoreError::Broken(_)) => {
            "nothing was changed and no money moved"
        }
    };
    anyhow::Error::new(error).context(outcome)
}

async fn list(wallets: &Wallets, filter: ApprovalFilter, as_json: bool) -> anyhow::Result<()> {
    let page = wallets.approvals(&filter).await?;
    if as_json {
        let approvals: Vec<Value> = page.approvals.iter().map(for_programs).collect();
        say(json!({ "approvals": approvals, "more": page.next.is_some() }));
        return Ok(());
    }
    for approval in &page.approvals {
        let (asked, state) = (approval.asked_at.format("%Y-%m-%d %H:%M:%S"), approval.state.as_str());
        say(format_args!("{}  {asked}  {state:<8}  {}", approval.id, what(approval)));
        say(format_args!("    {}: {}", approval.asked_by, legible(&approval.reason)));
    }
    match (page.approvals.is_empty(), filter.state) {
        (true, Some(ApprovalState::Waiting)) => say("nothing waits for a second operator"),
        (true, Some(_)) => say("there are no such approvals"),
        (true, None) => say("no approvals yet"),
        (false, _) if page.next.is_some() => {
            say(format_args!("only the latest {}; --limit shows up to 100", filter.limit));
        }
        (false, _) => {}
    }
    Ok(())
}

async fn show(wallets: &Wallets, id: ApprovalId, as_json: bool) -> anyhow::Result<()> {
    let Some(approval) = wallets.approval(id).await? else { bail!("there is no approval {id}") };
    if as_json {
        say(json!({ "approval": for_programs(&approval) }));
        return Ok(());
    }
    say(format_args!("approval      {}", approval.id));
    say(format_args!("status        {}", approval.state.as_str()));
    say(format_args!("what          {}", what(&approval)));
    say(format_args!("asked by      {}, {}", approval.asked_by, approval.asked_at.to_rfc3339()));
    say(format_args!("reason        {}", legible(&approval.reason)));
    match &approval.decision {
        Some(decision) => {
            say(format_args!("decided by    {}, {}", decision.by, decision.at.to_rfc3339()));
            say(format_args!("reason        {}", legible(&decision.reason)));
        }
        None => say(format_args!("expires       {}", approval.expires_at.to_rfc3339())),
    }
    Ok(())
}

fn for_programs(approval: &Approval) -> Value {
    let decision = approval.decision.as_ref();
    let is_posted = approval.state == ApprovalState::Approved;
    json!({
        "id": approval.id,
        "status": approval.state,
        "operation": approval.kind,
        "user": approval.user,
        "type": approval.direction.as_str(),
        "amount": approval.amount.amount().to_string(),
        "currency": approval.amount.currency().code(),
        "reason": approval.reason,
        "askedBy": approval.asked_by,
        "askedAt": approval.asked_at,
        "expiresAt": approval.expires_at,
        "decidedBy": decision.map(|decision| &decision.by),
        "decisionReason": decision.map(|decision| &decision.reason),
        "decidedAt": decision.map(|decision| decision.at),
        "transactionId": is_posted.then(|| approval.id.transfer()),
    })
}

/// What is asked for.
pub(super) fn what(approval: &Approval) -> String {
    match approval.direction {
        TransactionDirection::Credit => format!("give {} to {}", approval.amount, approval.user),
        TransactionDirection::Debit => format!("take {} from {}", approval.amount, approval.user),
    }
}

/// What was done.
fn movement(approval: &Approval) -> String {
    match approval.direction {
        TransactionDirection::Credit => format!("gave {} to {}", approval.amount, approval.user),
        TransactionDirection::Debit => format!("took {} from {}", approval.amount, approval.user),
    }
}
