//! Wallets: balances, histories, and the operator's credits.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use trunkline_domain::{Currency, Money, MoneyError, RequestOperation, TransferId, UserId};
use trunkline_tenancy::Action;
use trunkline_wallet::{CreditCommand, Posting};

use super::{Api, Page};
use crate::HttpSettings;
use crate::access::Caller;
use crate::answer::operator::{ApprovalRequired, under_approval};
use crate::answer::{BalanceAnswer, CreditAnswer, TransactionListAnswer, made};
use crate::description::asked;
use crate::description::refusals::{OfCredit, OfReading};
use crate::extract::{Fields, IdempotencyKey, Input, JsonBody, Query};
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

impl Input for Page<TransferId> {
    fn read(fields: &mut Fields, _: &HttpSettings) -> Option<Self> {
        Some(Self::read(fields))
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

/// List transactions
#[utoipa::path(
    get,
    path = "/api/wallet/transactions",
    operation_id = "listTransactions",
    tag = "wallet",
    params(asked::ForUser, asked::OwnPage),
    responses(
        (status = 200, description = "A page of transactions in all currencies, newest first.", body = TransactionListAnswer),
        OfReading,
    ),
)]
pub(crate) async fn transactions(
    State(api): Api,
    caller: Caller,
    Query(page): Query<Page<TransferId>>,
) -> Result<Json<TransactionListAnswer>, Problem> {
    let user = caller.user(&api.tenancy, Action::ReadAccount, page.user.as_ref()).await?;
    Ok(Json(api.wallets.transactions(&user, page.after, page.limit).await?.into()))
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
