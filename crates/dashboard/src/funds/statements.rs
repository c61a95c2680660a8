//! Monthly statements: the list of them, and each as a file or as a page to be printed, as the API makes both.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::chart::month_name;
use super::record::{Statement, Statements, money};
use super::show::passed_on;
use super::{STATEMENTS, currency_of, tabs};
use crate::DashboardState;
use crate::api::{Api, segment};
use crate::error::Failure;
use crate::format::Formats;
use crate::link::{Tab, link};
use crate::page::{Frame, Section, html};
use crate::refusal::Refusal;
use crate::visitor::Visit;

/// Three years on a page.
const MONTHS: &str = "36";

/// How many lines the API makes a page of at most.
const PRINTED_LINES_MAX: u64 = 5_000;

/// Of which wallet, and from where on.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct StatementQuery {
    currency: String,
    cursor: String,
}

#[derive(Template)]
#[template(path = "funds/statements.html")]
struct StatementsPage {
    frame: Frame,
    tabs: Vec<Tab>,
    currency: &'static str,
    rows: Vec<Row>,
    newest: Option<String>,
    older: Option<String>,
}

struct Row {
    month: String,
    is_open: bool,
    opening: String,
    total_in: String,
    total_out: String,
    closing: String,
    /// Where it is as a page; a longer month is a file only.
    print: Option<String>,
    sheet: String,
}

pub(super) async fn list(
    State(state): State<Arc<DashboardState>>,
    visit: Visit,
    Query(query): Query<StatementQuery>,
) -> Result<Response, Failure> {
    let api = Api::new(&state.api, &visit);
    let currency = currency_of(&state, &query.currency);
    let mut asked = vec![("currency", currency.code()), ("limit", MONTHS)];
    if !query.cursor.is_empty() {
        asked.push(("cursor", &query.cursor));
    }
    let listed: Statements = api.get("/api/wallet/statements", &asked).await?;
    let page_from = |cursor: &str| link(STATEMENTS, &[("currency", currency.code()), ("cursor", cursor)]);
    let rows = listed.statements.iter().map(|statement| row(&visit.formats, statement));
    html(&StatementsPage {
        frame: Frame::new(&state, &visit, Section::Funds),
        tabs: tabs(STATEMENTS, currency),
        currency: currency.code(),
        rows: rows.collect::<Result<_, _>>()?,
        newest: (!query.cursor.is_empty()).then(|| page_from("")),
        older: listed.next_cursor.as_deref().map(page_from),
    })
}

fn row(formats: &Formats, statement: &Statement) -> Result<Row, Refusal> {
    let sum = |amount| money(amount, statement.currency).map(|sum| formats.money(sum));
    let address = |form: &str| {
        let path = format!("{STATEMENTS}/{}/{form}", statement.month);
        link(&path, &[("currency", statement.currency.code())])
    };
    Ok(Row {
        month: month_name(&statement.month),
        is_open: statement.status == "open",
        opening: sum(&statement.opening)?,
        total_in: sum(&statement.total_in)?,
        total_out: sum(&statement.total_out)?,
        closing: sum(&statement.closing)?,
        print: (statement.line_count <= PRINTED_LINES_MAX).then(|| address("print")),
        sheet: address("csv"),
    })
}

pub(super) async fn sheet(
    State(state): State<Arc<DashboardState>>,
    visit: Visit,
    Path(month): Path<String>,
    Query(query): Query<StatementQuery>,
) -> Result<Response, Failure> {
    one(&state, &visit, &month, &query, "text/csv").await
}

pub(super) async fn printed(
    State(state): State<Arc<DashboardState>>,
    visit: Visit,
    Path(month): Path<String>,
    Query(query): Query<StatementQuery>,
) -> Result<Response, Failure> {
    one(&state, &visit, &month, &query, "text/html").await
}

async fn one(
    state: &DashboardState,
    visit: &Visit,
    month: &str,
    query: &StatementQuery,
    kind: &'static str,
) -> Result<Response, Failure> {
    let currency = currency_of(state, &query.currency);
    let path = format!("/api/wallet/statements/{}", segment(month));
    let asked = [("currency", currency.code())];
    let file = Api::new(&state.api, visit).raw(&path, &asked, kind).await;
    // What the API says of a month that is not there is for programs.
    let is_absent = |refusal: &Refusal| refusal.status == StatusCode::NOT_FOUND;
    let file = file.map_err(|refusal| if is_absent(&refusal) { Refusal::absent() } else { refusal })?;
    Ok(passed_on(file))
}
