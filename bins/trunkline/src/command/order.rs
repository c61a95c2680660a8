//! `trunkline order`: the operator's view of orders, and decisions on those that no machine can decide.

use std::fmt::Write as _;

use anyhow::{Context, bail};
use trunkline_domain::{Order, OrderId, OrderState, Origin};
use trunkline_provisioning::port::{OrderFilter, Scope};

use crate::arguments::OrderCommand;
use crate::command::say;
use crate::logging;
use crate::settings::{SettingArguments, Settings};
use crate::wiring::{Parts, Use};

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
        OrderCommand::List { stuck, limit } => list(parts, stuck, limit).await,
        OrderCommand::Show { id } => {
            let order = parts.provisioning.order(&Scope::Everyone, parse(&id)?).await?;
            let Some(order) = order else { bail!("there is no order {id}") };
            say(described(&order));
            Ok(())
        }
        OrderCommand::Settle { id, sid } => {
            let sid = sid.parse().context("--sid")?;
            let order = parts.provisioning.settle_order(parse(&id)?, sid, Origin::command_line()).await?;
            say(format_args!("completed: {} is charged {}", order.user, order.charge));
            Ok(())
        }
        OrderCommand::Void { id } => {
            let order = parts.provisioning.void_order(parse(&id)?, Origin::command_line()).await?;
            say(format_args!("failed: {} of {} is free again", order.charge, order.user));
            Ok(())
        }
    }
}

async fn list(parts: &Parts, stuck: bool, limit: u16) -> anyhow::Result<()> {
    let undecided = OrderState::ALL.into_iter().filter(|state| !state.is_end()).collect();
    let states = if stuck { undecided } else { Vec::new() };
    let filter = OrderFilter { scope: Scope::Everyone, states, after: None, limit };
    let page = parts.provisioning.orders(&filter).await?;
    for order in &page.orders {
        let (opened, state) = (order.opened_at.format("%Y-%m-%d %H:%M:%S"), order.state.as_str());
        say(format_args!("{}  {opened}  {state:<10}  {}  {}", order.id, order.phone_number, order.user));
    }
    match (page.orders.is_empty(), stuck) {
        (true, true) => say("nothing is stuck"),
        (true, false) => say("no orders yet"),
        (false, _) if page.next.is_some() => {
            say(format_args!("only the newest {limit}; --limit shows up to 100"));
        }
        (false, _) => {}
    }
    Ok(())
}

fn parse(id: &str) -> anyhow::Result<OrderId> {
    id.parse().context("an order's id is a UUID, as `trunkline order list` shows it")
}

/// Everything about one order, a line each.
fn described(order: &Order) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: &dyn std::fmt::Display| {
        let separator = if text.is_empty() { "" } else { "\n" };
        // Writing to a string does not fail.
        let _ = write!(text, "{separator}{name:<14}{value}");
    };
    line("order", &order.id);
    line("state", &order.state.as_str());
    if let Some(reason) = order.review {
        line("waits because", &reason.as_str());
    }
    if let Some(reason) = &order.failure {
        line("failed because", &serde_json::json!(reason));
    }
    line("number", &order.phone_number);
    line("type", &format!("{} {}", order.country, order.number_type));
    line("user", &order.user);
    if let Some(business) = order.business {
        line("business", &business);
    }
    line("charge", &order.charge);
    line("money", &format!("{:?}", order.state.charged()).to_lowercase());
    line("account", &order.account);
    if let Some(sid) = &order.number_sid {
        line("number sid", sid);
    }
    if let Some(number) = order.number {
        line("number id", &number);
    }
    line("opened", &order.opened_at.to_rfc3339());
    line("changed", &order.updated_at.to_rfc3339());
    text
}
