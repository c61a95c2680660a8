//! A user's wallet as an operator sees and corrects it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use trunkline_domain::{Currency, Money, MoneyError, Reason, RequestOperation, UserId};
use trunkline_tenancy::Action;
use trunkline_wallet::{AdjustCommand, Posting, TransactionDirection};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::Caller;
use crate::answer::made;
use crate::answer::operator::{AdjustmentAnswer, ApprovalRequired, WalletAnswer, under_approval};
use crate::description::refusals::{OfAdjustment, OfReading};
use crate::description::{asked, words};
use crate::extract::{Fields, IdempotencyKey, Input, JsonBody, PathId, Query};
use crate::problem::Problem;
use crate::routes::Api;
use crate::{ApiState, HttpSettings};

/// How many transactions come with a wallet: the latest ones.
const LINES: u16 = 20;

pub(super) fn routes() -> OpenApiRouter<Arc<ApiState>> {
    OpenApiRouter::new().routes(routes!(adjust)).routes(routes!(show))
}

/// In which currency.
#[derive(Debug)]
pub(crate) struct CurrencyQuery(Currency);

impl Input for CurrencyQuery {
    fn read(fields: &mut Fields, settings: &HttpSettings) -> Option<Self> {
        Some(Self(fields.optional("currency").unwrap_or(settings.default_currency)))
    }
}

/// A correction: an amount above zero goes into the wallet, one below zero out of it.
#[derive(Debug)]
pub(crate) struct NewAdjustment {
    user: UserId,
    direction: TransactionDirection,
    amount: Money,
    reason: Reason,
}

impl Input for NewAdjustment {
    fn read(fields: &mut Fields, _: &HttpSettings) -> Option<Self> {
        let user = fields.required("userId");
        let currency = fields.required("currency");
        let signed = fields.amount("amount");
        let signed = fields.require("amount", signed);
        let reason = fields.required("reason");
        let signed = signed?;
        if signed.is_zero() {
            fields.note("amount", "is zero; above zero it goes into the wallet, below zero out of it");
            return None;
        }
        let direction = if signed.is_sign_negative() {
            TransactionDirection::Debit
        } else {
            TransactionDirection::Credit
        };
        let amount = Money::new(signed.abs(), currency?).map_err(|error| fields.note("amount", error)).ok();
        Some(Self { user: user?, direction, amount: amount?, reason: reason? })
    }
}

/// Show a user's wallet
///
/// The balance in a currency, with the latest transactions in all currencies.
#[utoipa::path(
    get,
    path = "/api/operator/wallet/{userId}",
    operation_id = "showWallet",
    tag = "operator",
    params(asked::ForUser, ("userId" = words::UserId, Path, description = "The user."), asked::CurrencyQuery),
    responses(
        (status = 200, description = "The wallet.", body = WalletAnswer),
        OfReading,
    ),
)]
async fn show(
    State(api): Api,
    caller: Caller,
    PathId(user): PathId<UserId>,
    Query(CurrencyQuery(currency)): Query<CurrencyQuery>,
) -> Result<Json<WalletAnswer>, Problem> {
    let user = caller.user(&api.tenancy, Action::Operate, Some(&user)).await?;
    let (balance, page) = futures::try_join!(
        api.wallets.balance(&user, currency),
        api.wallets.transactions(&user, None, LINES),
    )?;
    WalletAnswer::new(user, &balance, page).map(Json).map_err(unreckonable)
}

/// Correct a user's wallet
///
/// What open orders hold is never taken. Without an `Idempotency-Key` each request is one more correction.
#[utoipa::path(
    post,
    path = "/api/operator/wallet/adjustments",
    operation_id = "adjustWallet",
    tag = "operator",
    params(asked::ForUser, asked::Repeatable),
    request_body = asked::AdjustmentSent,
    responses(
        (status = 201, description = "The correction is posted.", body = AdjustmentAnswer),
        (status = 200, description = "The correction was posted before, under this key.", body = AdjustmentAnswer),
        (
            status = 202,
            description = "Nothing moved: another operator must approve it first.",
            body = ApprovalRequired,
            headers(("Location" = String, description = "Where the approval is.")),
        ),
        OfAdjustment,
    ),
)]
async fn adjust(
    State(api): Api,
    caller: Caller,
    key: IdempotencyKey,
    JsonBody(adjustment): JsonBody<NewAdjustment>,
) -> Result<Response, Problem> {
    let user = caller.user(&api.tenancy, Action::Operate, Some(&adjustment.user)).await?;
    let NewAdjustment { direction, amount, reason, .. } = adjustment;
    // As on the command line, so that a key means the same on both ways.
    let digits = amount.amount().to_string();
    let parts = [direction.as_str(), &digits, amount.currency().code(), reason.as_str()];
    let request = key.bind(&user, RequestOperation::Adjustment, &parts)?;
    let origin = caller.origin(&user);
    let command = AdjustCommand { user: user.clone(), direction, amount, reason, request, origin };
    let adjusted = match api.wallets.adjust(command).await? {
        Posting::Posted(adjusted) => adjusted,
        Posting::UnderApproval(approval) => return Ok(under_approval(&approval)),
    };
    let answer = AdjustmentAnswer::new(user, direction, amount, &adjusted).map_err(unreckonable)?;
    Ok(made(answer, adjusted.repeated))
}

/// A balance that the ledger's rules forbid.
fn unreckonable(error: MoneyError) -> Problem {
    Problem::internal().because(error)
}
