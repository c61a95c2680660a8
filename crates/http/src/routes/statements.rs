//! Monthly statements: a wallet's months, and one of them with its lines: a page of them as JSON, all of them as CSV or as a
//! page to be printed.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use trunkline_domain::{Currency, UserId};
use trunkline_tenancy::Action;
use trunkline_wallet::{Statement, StatementMonth};

use super::{Api, PAGE_MAX, sheet};
use crate::access::Caller;
use crate::answer::{StatementAnswer, StatementListAnswer};
use crate::description::refusals::{OfReading, OfStatement};
use crate::description::{asked, words};
use crate::extract::{Fields, Input, MonthName, PathId, Query, first_accepted};
use crate::page::StatementPage;
use crate::problem::{ErrorCode, Problem};
use crate::{ApiState, HttpSettings};

/// How many lines a page for printing has at most: more than a hundred sheets of paper. A longer month is read as CSV.
const PRINTED_LINES_MAX: u64 = 5_000;

/// In which form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Json,
    Csv,
    Html,
}

impl Format {
    /// What a client may accept, and what it gets.
    const OFFERED: [(&'static str, Self); 6] = [
        ("text/html", Self::Html),
        ("text/csv", Self::Csv),
        ("application/json", Self::Json),
        ("*/*", Self::Json),
        ("application/*", Self::Json),
        ("text/*", Self::Csv),
    ];
}

/// Which page of whose months.
#[derive(Debug)]
pub(crate) struct StatementListQuery {
    user: Option<UserId>,
    currency: Currency,
    before: Option<StatementMonth>,
    limit: u16,
}

impl Input for StatementListQuery {
    fn read(fields: &mut Fields, settings: &HttpSettings) -> Option<Self> {
        let currency = fields.optional("currency").unwrap_or(settings.default_currency);
        let before = fields.read("cursor", |text| text.parse().map_err(|_| "is not a cursor of this list"));
        let limit = fields.whole("limit", 1..=PAGE_MAX).unwrap_or(PAGE_MAX);
        Some(Self { user: fields.optional("userId"), currency, before, limit })
    }
}

/// Which lines of whose month, in which form.
#[derive(Debug)]
pub(crate) struct StatementQuery {
    user: Option<UserId>,
    currency: Currency,
    after: Option<i64>,
    limit: Option<u16>,
    format: Option<Format>,
}

impl Input for StatementQuery {
    fn read(fields: &mut Fields, settings: &HttpSettings) -> Option<Self> {
        let currency = fields.optional("currency").unwrap_or(settings.default_currency);
        let after = fields.read("cursor", |text| {
            let place = text.parse().ok().filter(|place| *place > 0);
            place.ok_or("is not a cursor of this list")
        });
        let limit = fields.whole("limit", 1..=PAGE_MAX);
        let format = fields.read("format", |name| match name {
            "json" => Ok(Format::Json),
            "csv" => Ok(Format::Csv),
            "html" => Ok(Format::Html),
            _ => Err("is json, csv or html"),
        });
        Some(Self { user: fields.optional("userId"), currency, after, limit, format })
    }
}

/// List statements
///
/// The months of a wallet, newest first, from its first one on: each opens with what the one before it closed with. A
/// month in which nothing happened is there, too. A wallet that does not exist has none.
#[utoipa::path(
    get,
    path = "/api/wallet/statements",
    operation_id = "listStatements",
    tag = "wallet",
    params(asked::ForUser, asked::StatementListQuery),
    responses(
        (status = 200, description = "A page of statements, newest first.", body = StatementListAnswer),
        OfReading,
    ),
)]
pub(crate) async fn list(
    State(api): Api,
    caller: Caller,
    Query(query): Query<StatementListQuery>,
) -> Result<Json<StatementListAnswer>, Problem> {
    let StatementListQuery { user, currency, before, limit } = query;
    let user = caller.user(&api.tenancy, Action::ReadAccount, user.as_ref()).await?;
    Ok(Json(api.statements.list(&user, currency, before, limit).await?.into()))
}

/// Show a statement
///
/// A month of a wallet with its lines, oldest first: what moved the balance, while holds that are given back do not. As
/// CSV all lines come, between the opening and the closing balance; as HTML, too, for printing, up to 5,000 of them.
#[utoipa::path(
    get,
    path = "/api/wallet/statements/{month}",
    operation_id = "showStatement",
    tag = "wallet",
    params(
        asked::ForUser,
        ("month" = words::Month, Path, description = "The month."),
        asked::StatementQuery,
    ),
    responses(
        (status = 200, description = "The statement, with a page of its lines; or all of them, as CSV or HTML.", content(
            (StatementAnswer = "application/json"),
            (String = "text/csv"),
            (String = "text/html"),
        )),
        OfStatement,
    ),
)]
pub(crate) async fn show(
    State(api): Api,
    caller: Caller,
    PathId(month): PathId<MonthName>,
    headers: HeaderMap,
    Query(query): Query<StatementQuery>,
) -> Result<Response, Problem> {
    let StatementQuery { user, currency, after, limit, format } = query;
    let user = caller.user(&api.tenancy, Action::ReadAccount, user.as_ref()).await?;
    let month = month.month()?;
    let format = format.or_else(|| first_accepted(&headers, &Format::OFFERED)).unwrap_or(Format::Json);
    let found = api.statements.statement(&user, currency, month).await?;
    let statement = found.ok_or_else(|| no_statement(month, currency))?;
    let is_of_page = [("cursor", after.is_some()), ("limit", limit.is_some())];
    let superfluous = is_of_page.iter().find(|(_, is_sent)| *is_sent).map(|(field, _)| *field);
    match (format, superfluous) {
        (Format::Json, _) => {
            let page = api.statements.lines(&statement, after, limit.unwrap_or(PAGE_MAX)).await?;
            Ok(Json(StatementAnswer::new(&statement, page)).into_response())
        }
        (Format::Csv | Format::Html, Some(field)) => {
            Err(Problem::invalid_field(field, "is for pages of JSON; as CSV and HTML every line comes"))
        }
        (Format::Csv, None) => {
            let name = format!("statement-{month}-{}.csv", currency.code());
            sheet::send(api.statements.sheet(statement), &name).await
        }
        (Format::Html, None) => printed(&api, user, statement).await,
    }
}

/// The page for printing. All of it is made before any of it is sent, so one that does not add up is a problem and no page.
async fn printed(api: &ApiState, user: UserId, statement: Statement) -> Result<Response, Problem> {
    if statement.lines > PRINTED_LINES_MAX {
        let detail = format!(
            "cannot be html here: the month has {} lines, and a page at most {PRINTED_LINES_MAX}; ask for csv",
            statement.lines
        );
        return Err(Problem::invalid_field("format", detail));
    }
    let (mut export, mut lines) = (api.statements.export(statement.clone()), Vec::new());
    while let Some(more) = export.next().await? {
        lines.extend(more);
    }
    StatementPage::new(user, &statement, lines).answer()
}

/// Neither a month that has not begun nor one before the wallet's first.
fn no_statement(month: StatementMonth, currency: Currency) -> Problem {
    let detail = format!(
        "There is no statement of {month} in {currency}: the month has not begun, or is before the wallet's first. \
         GET /api/wallet/statements lists those that there are."
    );
    Problem::new(ErrorCode::StatementNotFound, detail)
}
