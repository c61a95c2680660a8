//! Wallets: balances, histories, and the operator's credits.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use trunkline_domain::{Currency, Money, MoneyError, RequestOperation, TransferId, UserId};
use trunkline_tenancy::Action;
use trunkline_wallet::{CreditCommand, Posting, TransactionDirection, TransactionFilter, TransactionStatus};

use super::{Api, PAGE_MAX, sheet};
use crate::HttpSettings;
use crate::access::Caller;
use crate::answer::operator::{ApprovalRequired, under_approval};
use crate::answer::{BalanceAnswer, CreditAnswer, TransactionListAnswer, WalletListAnswer, made};
use crate::description::asked;
use crate::description::refusals::{OfCredit, OfReading};
use crate::extract::{Fields, IdempotencyKey, Input, JsonBody, Query, first_accepted};
use crate::problem::Problem;

/// Whose balance in which currency.
#[derive(Debug)]
pub(crate) struct BalanceQuery {
    pub(super) user: Option<UserId>,
    pub(super) currency: Currency,
}

impl Input for BalanceQuery {
    fn read(fields: &mut Fields, settings: &HttpSettings) -> Option<Self> {
        let currency = fields.optional("currency").unwrap_or(settings.default_currency);
        Some(Self { user: fields.optional("userId"), currency })
    }
}

/// Whose, where there is nothing else to say.
#[derive(Debug)]
pub(crate) struct WhoseQuery {
    pub(super) user: Option<UserId>,
}

impl Input for WhoseQuery {
    fn read(fields: &mut Fields, _: &HttpSettings) -> Option<Self> {
        Some(Self { user: fields.optional("userId") })
    }
}

/// Which lines of whose history, in which form.
#[derive(Debug)]
pub(crate) struct TransactionQuery {
    user: Option<UserId>,
    filter: TransactionFilter,
    after: Option<TransferId>,
    limit: Option<u16>,
    format: Option<Format>,
}

/// In which form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Json,
    Csv,
}

impl Format {
    /// What a client may accept, and what it gets.
    const OFFERED: [(&'static str, Self); 5] = [
        ("text/csv", Self::Csv),
        ("application/json", Self::Json),
        ("*/*", Self::Json),
        ("application/*", Self::Json),
        ("text/*", Self::Csv),
    ];
}

impl Input for TransactionQuery {
    fn read(fields: &mut Fields, _: &HttpSettings) -> Option<Self> {
        let direction =
            fields.read("type", |name| TransactionDirection::from_name(name).ok_or("is credit or debit"));
        let status = fields.read("status", |name| {
            TransactionStatus::from_name(name).ok_or("is one of pending, completed, failed, refunded")
        });
        let format = fields.read("format", |name| match name {
            "json" => Ok(Format::Json),
            "csv" => Ok(Format::Csv),
            _ => Err("is json or csv"),
        });
        let after = fields.read("cursor", |text| text.parse().map_err(|_| "is not a cursor of this list"));
        let limit = fields.whole("limit", 1..=PAGE_MAX);
        let filter = TransactionFilter { currency: fields.optional("currency"), direction, status };
        Some(Self { user: fields.optional("userId"), filter, after, limit, format })
    }
}

/// An operator's credit.
#[derive(Debug)]
pub(crate) struct NewCredit {
    user: UserId,
    amount: Money,
    reason: String,
}

impl Input for NewCredit {
    fn read(fields: &mut Fields, _: &HttpSettings) -> Option<Self> {
        let user = fields.required("userId");
        let currency = fields.required("currency");
        let amount = fields.amount("amount");
        let amount = fields.require("amount", amount);
        let reason = fields.required("reason");
        let amount = Money::new(amount?, currency?).map_err(|error| fields.note("amount", error)).ok();
        Some(Self { user: user?, amount: amount?, reason: reason? })
    }
}

/// Show a balance
///
/// What can be spent, and what open orders hold. A wallet that does not exist yet reads 0.
#[utoipa::path(
    get,
    path = "/api/wallet/balance",
    operation_id = "showBalance",
    tag = "wallet",
    params(asked::ForUser, asked::BalanceQuery),
    responses(
        (status = 200, description = "The balance.", body = BalanceAnswer),
        OfReading,
    ),
)]
pub(crate) async fn balance(
    State(api): Api,
    caller: Caller,
    Query(query): Query<BalanceQuery>,
) -> Result<Json<BalanceAnswer>, Problem> {
    let user = caller.user(&api.tenancy, Action::ReadAccount, query.user.as_ref()).await?;
    let (balance, debt, usd, inr) = futures::try_join!(
        api.wallets.balance(&user, query.currency),
        api.wallets.debt(&user, query.currency),
        api.wallets.balance(&user, Currency::USD),
        api.wallets.balance(&user, Currency::INR),
    )?;
    BalanceAnswer::new(&balance, debt, &usd, &inr).map(Json).map_err(unreckonable)
}

/// List wallets
///
/// One per currency in which there ever was money, each with what can be spent, what open orders hold, and what is owed.
#[utoipa::path(
    get,
    path = "/api/wallets",
    operation_id = "listWallets",
    tag = "wallet",
    params(asked::ForUser, asked::WhoseQuery),
    responses(
        (status = 200, description = "All wallets, by the letters of their currencies.", body = WalletListAnswer),
        OfReading,
    ),
)]
pub(crate) async fn list(
    State(api): Api,
    caller: Caller,
    Query(query): Query<WhoseQuery>,
) -> Result<Json<WalletListAnswer>, Problem> {
    let user = caller.user(&api.tenancy, Action::ReadAccount, query.user.as_ref()).await?;
    let wallets = api.wallets.of(&user).await?;
    WalletListAnswer::new(&wallets).map(Json).map_err(unreckonable)
}

/// List transactions
///
/// Those that are asked for: in one currency, in or out, with one status. A page may have fewer than `limit` where many others are
/// between them; there is more as long as `nextCursor` is there. As CSV all of them come.
#[utoipa::path(
    get,
    path = "/api/wallet/transactions",
    operation_id = "listTransactions",
    tag = "wallet",
    params(asked::ForUser, asked::TransactionQuery),
    responses(
        (status = 200, description = "A page of transactions, newest first; or all of them, as CSV.", content(
            (TransactionListAnswer = "application/json"),
            (String = "text/csv"),
        )),
        OfReading,
    ),
)]
pub(crate) async fn transactions(
    State(api): Api,
    caller: Caller,
    headers: HeaderMap,
    Query(query): Query<TransactionQuery>,
) -> Result<Response, Problem> {
    let TransactionQuery { user, filter, after, limit, format } = query;
    let user = caller.user(&api.tenancy, Action::ReadAccount, user.as_ref()).await?;
    let format = format.or_else(|| first_accepted(&headers, &Format::OFFERED)).unwrap_or(Format::Json);
    let is_of_page = [("cursor", after.is_some()), ("limit", limit.is_some())];
    let superfluous = is_of_page.iter().find(|(_, is_sent)| *is_sent).map(|(field, _)| *field);
    match (format, superfluous) {
        (Format::Json, _) => {
            let limit = limit.unwrap_or(PAGE_MAX);
            let page = api.wallets.transactions_like(&user, &filter, after, limit).await?;
            Ok(Json(TransactionListAnswer::from(page)).into_response())
        }
        (Format::Csv, Some(field)) => {
            Err(Problem::invalid_field(field, "is for pages of JSON; as CSV every line comes"))
        }
        (Format::Csv, None) => sheet::send(api.wallets.sheet(user, filter), "transactions.csv").await,
    }
}

/// Put money into a wallet
///
/// For operators. Without an `Idempotency-Key` each request is one more credit.
#[utoipa::path(
    post,
    path = "/api/wallet/credits",
    operation_id = "creditWallet",
    tag = "wallet",
    params(asked::ForUser, asked::Repeatable),
    request_body = asked::CreditSent,
    responses(
        (status = 201, description = "The credit is posted.", body = CreditAnswer),
        (status = 200, description = "The credit was posted before, under this key.", body = CreditAnswer),
        (
            status = 202,
            description = "Nothing moved: another operator must approve it first.",
            body = ApprovalRequired,
            headers(("Location" = String, description = "Where the approval is.")),
        ),
        OfCredit,
    ),
)]
pub(crate) async fn credit(
    State(api): Api,
    caller: Caller,
    key: IdempotencyKey,
    JsonBody(credit): JsonBody<NewCredit>,
) -> Result<Response, Problem> {
    let user = caller.user(&api.tenancy, Action::Credit, Some(&credit.user)).await?;
    let NewCredit { amount, reason, .. } = credit;
    let parts = [&amount.amount().to_string(), amount.currency().code(), reason.as_str()];
    let request = key.bind(&user, RequestOperation::Credit, &parts)?;
    let origin = caller.origin(&user);
    let command = CreditCommand { user: user.clone(), amount, reason, request, origin };
    let credited = match api.wallets.credit(command).await? {
        Posting::Posted(credited) => credited,
        Posting::UnderApproval(approval) => return Ok(under_approval(&approval)),
    };
    let answer = CreditAnswer::new(user, amount, &credited).map_err(unreckonable)?;
    Ok(made(answer, credited.repeated))
}

/// A balance that the ledger's rules forbid.
fn unreckonable(error: MoneyError) -> Problem {
    Problem::internal().because(error)
}
