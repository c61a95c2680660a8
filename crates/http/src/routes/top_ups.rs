//! Automatic top-ups: setting one up on a page of the gateway, changing it, and having its payment method forgotten.

use axum::Json;
use axum::extract::State;
use trunkline_domain::{Currency, Money, UserId};
use trunkline_payments::{
    Agreement, CONSENT_TEXT, RemoveTopUpCommand, SetUpCommand, TopUpCommand, TopUpState, TopUpTerms, TopUps,
};
use trunkline_tenancy::Action;

use super::Api;
use crate::access::Caller;
use crate::{ApiState, HttpSettings};

use crate::answer::{TopUpAnswer, TopUpPageAnswer};
use crate::description::asked;
use crate::description::refusals::{OfReading, OfTopUp, OfTopUpChange, OfTopUpSetup};
use crate::extract::{Fields, Input, JsonBody, Query};
use crate::problem::{ErrorCode, Problem};
use crate::routes::payments::not_configured;
use crate::routes::wallet::BalanceQuery;

/// A top-up that a user wants to have, and that they agree.
#[derive(Debug)]
pub(crate) struct NewTopUp {
    user: Option<UserId>,
    terms: TopUpTerms,
    has_agreed: bool,
}

impl Input for NewTopUp {
    fn read(fields: &mut Fields, settings: &HttpSettings) -> Option<Self> {
        let user = fields.optional("userId");
        let currency = fields.optional("currency").unwrap_or(settings.default_currency);
        let mut sum = |field: &str| {
            let sum = fields.money(field, currency);
            fields.require(field, sum)
        };
        let (threshold, amount, monthly_cap) = (sum("threshold"), sum("amount"), sum("monthlyCap"));
        let consent = fields.flag("consent");
        let has_agreed = fields.require("consent", consent);
        let terms = TopUpTerms { threshold: threshold?, amount: amount?, monthly_cap: monthly_cap? };
        Some(Self { user, terms, has_agreed: has_agreed? })
    }
}

/// What is to change of a top-up.
#[derive(Debug)]
pub(crate) struct TopUpChange {
    user: Option<UserId>,
    currency: Currency,
    threshold: Option<Money>,
    amount: Option<Money>,
    monthly_cap: Option<Money>,
    enabled: Option<bool>,
    agreement: Agreement,
}

impl TopUpChange {
    /// Whether it only switches off.
    const fn only_stops(&self) -> bool {
        matches!(
            self,
            Self {
                enabled: Some(false),
                threshold: None,
                amount: None,
                monthly_cap: None,
                agreement: Agreement::NotGiven,
                ..
            }
        )
    }
}

impl Input for TopUpChange {
    fn read(fields: &mut Fields, settings: &HttpSettings) -> Option<Self> {
        let user = fields.optional("userId");
        let currency = fields.optional("currency").unwrap_or(settings.default_currency);
        Some(Self {
            user,
            currency,
            threshold: fields.money("threshold", currency),
            amount: fields.money("amount", currency),
            monthly_cap: fields.money("monthlyCap", currency),
            enabled: fields.flag("enabled"),
            agreement: match fields.flag("consent") {
                Some(true) => Agreement::Given,
                Some(false) | None => Agreement::NotGiven,
            },
        })
    }
}

/// Set an automatic top-up up
///
/// Send the customer to `url`, where they save a payment method with Stripe. It is on as soon as they have: whenever less than
/// `threshold` is available, `amount` is charged, and in a calendar month (UTC) no more than `monthlyCap`. `consent` says that
/// the customer has agreed to the text that `GET` shows. One that is on already stays as it is until a method is saved.
#[utoipa::path(
    post,
    path = "/api/payment/auto-top-up",
    operation_id = "setUpAutoTopUp",
    tag = "wallet",
    params(asked::ForUser),
    request_body = asked::TopUpSent,
    responses(
        (status = 200, description = "The page is open. Nothing was charged.", body = TopUpPageAnswer),
        OfTopUpSetup,
    ),
)]
pub(crate) async fn set_up(
    State(api): Api,
    caller: Caller,
    JsonBody(wanted): JsonBody<NewTopUp>,
) -> Result<Json<TopUpPageAnswer>, Problem> {
    let user = caller.user(&api.tenancy, Action::Trade, wanted.user.as_ref()).await?;
    let top_ups = configured(api.top_ups.as_ref())?;
    if !wanted.has_agreed {
        let sentence = format!("must be true, which says that the customer agrees: {CONSENT_TEXT}");
        return Err(Problem::invalid_field("consent", sentence));
    }
    let origin = caller.origin(&user);
    let page = top_ups.set_up(SetUpCommand { user, terms: wanted.terms, origin }).await?;
    Ok(Json(page.into()))
}

/// Show the automatic top-up
///
/// With the text to which a customer agrees by setting one up.
#[utoipa::path(
    get,
    path = "/api/payment/auto-top-up",
    operation_id = "showAutoTopUp",
    tag = "wallet",
    params(asked::ForUser, asked::BalanceQuery),
    responses(
        (status = 200, description = "The top-up, or null where none was ever set up.", body = TopUpAnswer),
        OfReading,
    ),
)]
pub(crate) async fn show(
    State(api): Api,
    caller: Caller,
    Query(query): Query<BalanceQuery>,
) -> Result<Json<TopUpAnswer>, Problem> {
    let BalanceQuery { user, currency } = query;
    let user = caller.user(&api.tenancy, Action::ReadAccount, user.as_ref()).await?;
    let top_up = match &api.top_ups {
        Some(top_ups) => top_ups.top_up(&user, currency).await?,
        None => None,
    };
    Ok(Json(TopUpAnswer::new(top_up.as_ref())))
}

/// Change the automatic top-up
///
/// What is not sent stays. Switching on again forgets the declines, and not the cool-down after the last charge. Whatever raises
/// `threshold`, `amount` or `monthlyCap` needs the customer's `consent` again; lowering, and switching on and off, do not.
/// Switching off is always taken, and whatever page is open to save a method counts for nothing any more. An operator may send
/// `enabled: false`, and nothing else.
#[utoipa::path(
    patch,
    path = "/api/payment/auto-top-up",
    operation_id = "changeAutoTopUp",
    tag = "wallet",
    params(asked::ForUser),
    request_body = asked::TopUpChangeSent,
    responses(
        (status = 200, description = "The top-up as it is now.", body = TopUpAnswer),
        OfTopUpChange,
    ),
)]
pub(crate) async fn change(
    State(api): Api,
    caller: Caller,
    JsonBody(change): JsonBody<TopUpChange>,
) -> Result<Json<TopUpAnswer>, Problem> {
    let user = if change.only_stops() {
        user_to_stop(&api, &caller, change.user.as_ref()).await?
    } else {
        caller.user(&api.tenancy, Action::Trade, change.user.as_ref()).await?
    };
    let top_ups = configured(api.top_ups.as_ref())?;
    let TopUpChange { currency, threshold, amount, monthly_cap, enabled, agreement, .. } = change;
    let state = enabled.map(|on| if on { TopUpState::On } else { TopUpState::Off });
    let origin = caller.origin(&user);
    let command = TopUpCommand {
        user,
        currency,
        threshold,
        amount,
        monthly_cap,
        state,
        agreement,
        reason: None,
        origin,
    };
    Ok(Json(TopUpAnswer::new(Some(&top_ups.change(&command).await?))))
}

/// Remove the automatic top-up
///
/// It is off at once, and Stripe forgets the payment method: at once, or as soon as it can be reached. A page that is open to
/// save one counts for nothing any more: what is saved on it is forgotten. A charge that is under way may still come. An operator
/// may do it, too.
#[utoipa::path(
    delete,
    path = "/api/payment/auto-top-up",
    operation_id = "removeAutoTopUp",
    tag = "wallet",
    params(asked::ForUser, asked::BalanceQuery),
    responses(
        (
            status = 200,
            description = "It is off, and has no payment method; null where only a page was open to set one up.",
            body = TopUpAnswer,
        ),
        OfTopUp,
    ),
)]
pub(crate) async fn remove(
    State(api): Api,
    caller: Caller,
    Query(query): Query<BalanceQuery>,
) -> Result<Json<TopUpAnswer>, Problem> {
    let BalanceQuery { user, currency } = query;
    let user = user_to_stop(&api, &caller, user.as_ref()).await?;
    let top_ups = configured(api.top_ups.as_ref())?;
    let origin = caller.origin(&user);
    let removed = top_ups.remove(&RemoveTopUpCommand { user, currency, origin }).await?;
    Ok(Json(TopUpAnswer::new(removed.as_ref())))
}

/// Whose top-up is to charge no more. An operator spends nothing of a customer's, and may keep others from it.
async fn user_to_stop(api: &ApiState, caller: &Caller, stated: Option<&UserId>) -> Result<UserId, Problem> {
    let action = if caller.is_operator() { Action::Operate } else { Action::Trade };
    caller.user(&api.tenancy, action, stated).await
}

fn configured(top_ups: Option<&TopUps>) -> Result<&TopUps, Problem> {
    top_ups.ok_or_else(not_configured)
}

/// There is none that could be changed.
pub(crate) fn absent() -> Problem {
    Problem::absent(ErrorCode::TopUpNotFound)
}
