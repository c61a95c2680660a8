//! `trunkline order`: the operator's view of orders, and decisions on those that no machine can decide.

mod described;
mod json;

use anyhow::bail;
use trunkline_domain::{OrderId, OrderState};
use trunkline_provisioning::port::{OrderFilter, Scope, StoreError};
use trunkline_provisioning::{DecisionError, OrderStep};

use crate::arguments::{OrderCommand, OrderListArguments};
use crate::command::{origin, say};
use crate::logging;
use crate::settings::{SettingArguments, Settings};
use crate::wiring::{Parts, Use};

/// How many steps of an order are shown: a week of looks that get no answer makes two thousand.
const STEPS_MAX: usize = 2_500;

/// Runs one order command and closes the database.
pub(crate) async fn run(arguments: &SettingArguments, command: OrderCommand) -> anyhow::Result<()> {
    let settings = Settings::read(arguments)?;
    logging::install(&settings)?;
    let parts = Parts::open(&settings, Use::Visit).await?;
    let outcome = act(&parts, command).await;
    parts.close().await;
    outcome
}

async fn act(parts: &Parts, command: OrderCommand) -> anyhow::Result<()> {
    match command {
        OrderCommand::List(which) => list(parts, which).await,
        OrderCommand::Show { id, json } => show(parts, id, json).await,
        OrderCommand::Settle { id, sid, reason } => {
            let order = parts.provisioning.settle_order(id, sid, reason, origin()).await;
            let order = order.map_err(undone)?;
            say(format_args!("completed: {} is charged {}", order.user, order.charge));
            Ok(())
        }
        OrderCommand::Void { id, reason } => {
            let order = parts.provisioning.void_order(id, reason, origin()).await;
            let order = order.map_err(undone)?;
            say(format_args!("failed: {} of {} is free again", order.charge, order.user));
            Ok(())
        }
    }
}

/// A decision that was not carried out, or of which that is not known.
fn undone(error: DecisionError) -> anyhow::Error {
    let outcome = match &error {
        DecisionError::Storage(StoreError::OutcomeUnknown(_)) => {
            "it is not known whether the decision is stored: look with `trunkline order show`, and decide again if the \
             order is still undecided"
        }
        DecisionError::NotFound
        | DecisionError::NotUndecided(_)
        | DecisionError::Evidence(_)
        | DecisionError::Provider(_)
        | DecisionError::Storage(StoreError::Unavailable(_) | StoreError::Broken(_)) => "nothing was changed",
    };
    anyhow::Error::new(error).context(outcome)
}

async fn show(parts: &Parts, id: OrderId, as_json: bool) -> anyhow::Result<()> {
    let order = parts.provisioning.order(&Scope::Everyone, id).await?;
    let Some(order) = order else { bail!("there is no order {id}") };
    let history = parts.audit.history(id.to_string(), STEPS_MAX).await?;
    let steps: Vec<OrderStep> = history.entries.into_iter().map(OrderStep::from).collect();
    if as_json {
        say(json::order_with_steps(&order, &steps, history.begins_earlier));
        return Ok(());
    }
    say(described::order(&order));
    say("");
    if history.begins_earlier {
        say(format_args!("steps (the last {STEPS_MAX}; there are earlier ones)"));
    } else {
        say("steps");
    }
    for line in described::steps(&order, &steps) {
        say(line);
    }
    Ok(())
}

async fn list(parts: &Parts, which: OrderListArguments) -> anyhow::Result<()> {
    let OrderListArguments { stuck, user, state, limit, json } = which;
    let undecided = OrderState::ALL.into_iter().filter(|state| !state.is_end()).collect();
    let states = if stuck { undecided } else { state };
    let is_narrow = user.is_some() || !states.is_empty();
    let scope = user.map_or(Scope::Everyone, Scope::User);
    let page =
        parts.provisioning.orders(&OrderFilter { scope, business: None, states, after: None, limit }).await?;
    if json {
        say(json::orders(&page));
        return Ok(());
    }
    for order in &page.orders {
        let (opened, state) = (order.opened_at.format("%Y-%m-%d %H:%M:%S"), order.state.as_str());
        say(format_args!("{}  {opened}  {state:<10}  {}  {}", order.id, order.phone_number, order.user));
    }
    match (page.orders.is_empty(), stuck, is_narrow) {
        (true, true, _) => say("nothing is stuck"),
        (true, false, true) => say("there are no such orders"),
        (true, false, false) => say("no orders yet"),
        (false, _, _) if page.next.is_some() => {
            say(format_args!("only the newest {limit}; --limit shows up to 100"));
        }
        (false, _, _) => {}
    }
    Ok(())
}
