//! Monthly statements and their lines.

use chrono::{DateTime, Utc};
use serde::Serialize;
use trunkline_domain::{Currency, JsonMoney, NumberId, OrderId, TransferId};
use trunkline_wallet::{
    Statement, StatementLine, StatementLinePage, StatementMonth, StatementPage, StatementState,
};
use utoipa::ToSchema;

use super::Success;
use crate::description::words;

/// A month of a wallet. `opening + totalIn - totalOut = closing`, of the balance with holds not taken off; the next month's
/// `opening` is this one's `closing`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Statement)]
struct StatementRecord {
    #[schema(value_type = words::Month)]
    month: StatementMonth,
    #[schema(value_type = words::Currency)]
    currency: Currency,
    #[schema(value_type = words::StatementState)]
    status: &'static str,
    #[schema(value_type = words::Amount)]
    opening: JsonMoney,
    #[schema(value_type = words::Amount)]
    total_in: JsonMoney,
    #[schema(value_type = words::Amount)]
    total_out: JsonMoney,
    #[schema(value_type = words::Amount)]
    closing: JsonMoney,
    /// What open orders hold of `closing` at the month's end.
    #[schema(value_type = words::Amount)]
    held: JsonMoney,
    /// How many lines it has.
    line_count: u64,
    /// The last place in the wallet's history that is before the month.
    after_version: i64,
    /// The last place that is in it; the same where nothing happened.
    last_version: i64,
    /// Since when it does not change any more; `null` where it still can.
    #[schema(required)]
    closed_at: Option<DateTime<Utc>>,
}

impl From<&Statement> for StatementRecord {
    fn from(statement: &Statement) -> Self {
        Self {
            month: statement.month,
            currency: statement.currency(),
            status: statement.state.as_str(),
            opening: statement.opening.into(),
            total_in: statement.total_in.into(),
            total_out: statement.total_out.into(),
            closing: statement.closing.into(),
            held: statement.held.into(),
            line_count: statement.lines,
            after_version: statement.after_version,
            last_version: statement.last_version,
            closed_at: match statement.state {
                StatementState::Open => None,
                StatementState::Closed { at } => Some(at),
            },
        }
    }
}

/// A page of a wallet's months.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StatementListAnswer {
    success: Success,
    statements: Vec<StatementRecord>,
    #[schema(value_type = Option<words::Month>, required)]
    next_cursor: Option<StatementMonth>,
}

impl From<StatementPage> for StatementListAnswer {
    fn from(page: StatementPage) -> Self {
        let statements = page.statements.iter().map(StatementRecord::from).collect();
        Self { success: Success, statements, next_cursor: page.next }
    }
}

/// What moved the balance.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = StatementLine)]
struct StatementLineRecord {
    #[schema(value_type = words::Id)]
    id: TransferId,
    /// Its place in the wallet's history. Holds have places as well, so those of lines have gaps.
    version: i64,
    date: DateTime<Utc>,
    #[serde(rename = "type")]
    #[schema(value_type = words::Direction)]
    direction: &'static str,
    #[schema(value_type = words::Amount)]
    amount: JsonMoney,
    /// After it, with holds not taken off.
    #[schema(value_type = words::Amount)]
    balance: JsonMoney,
    description: String,
    #[schema(value_type = Option<words::Id>, required)]
    number_id: Option<NumberId>,
    #[schema(value_type = Option<words::Id>, required)]
    order_id: Option<OrderId>,
}

impl From<StatementLine> for StatementLineRecord {
    fn from(line: StatementLine) -> Self {
        Self {
            id: line.transfer,
            version: line.version,
            date: line.date,
            direction: line.direction.as_str(),
            amount: line.amount.into(),
            balance: line.balance.into(),
            description: line.description,
            number_id: line.number,
            order_id: line.order,
        }
    }
}

/// A month of a wallet, with a page of its lines.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StatementAnswer {
    success: Success,
    statement: StatementRecord,
    lines: Vec<StatementLineRecord>,
    #[schema(required)]
    next_cursor: Option<String>,
}

impl StatementAnswer {
    pub(crate) fn new(statement: &Statement, page: StatementLinePage) -> Self {
        let lines = page.lines.into_iter().map(StatementLineRecord::from).collect();
        let next_cursor = page.next.map(|place| place.to_string());
        Self { success: Success, statement: statement.into(), lines, next_cursor }
    }
}
