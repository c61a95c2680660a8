//! Buying and giving back: the two routes behind which a saga runs.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use trunkline_domain::{
    BusinessId, Country, Currency, DisplayName, Money, NumberId, NumberType, PhoneNumber, RequestOperation,
    UserId,
};
use trunkline_provisioning::{
    PurchaseCommand, PurchaseError, PurchaseOutcome, ReleaseCommand, ReleaseProgress,
};
use trunkline_tenancy::{Action, Reach};

use super::{Api, place_of_number, reach_making, scope_within};
use crate::access::Caller;
use crate::answer::{PendingAnswer, PurchaseAnswer, ReleasedAnswer, ReleasingAnswer};
use crate::description::refusals::{OfPurchase, OfRelease};
use crate::description::{asked, words};
use crate::extract::{Fields, IdempotencyKey, Input, JsonBody, PathId};
use crate::problem::{ErrorCode, Problem, as_told_to, undecided_purchase};
use crate::router::PURCHASE_PATH;
use crate::{ApiState, HttpSettings};

/// What to buy.
#[derive(Debug)]
pub(crate) struct Purchase {
    phone_number: PhoneNumber,
    display_name: DisplayName,
    business: Option<BusinessId>,
    country: Option<Country>,
    number_type: Option<NumberType>,
    user: Option<UserId>,
    currency: Currency,
    max_amount: Option<Money>,
}

impl Input for Purchase {
    fn read(fields: &mut Fields, settings: &HttpSettings) -> Option<Self> {
        let country = fields.optional("countryCode");
        let phone_number = fields.read("phoneNumber", |text| PhoneNumber::parse(text, country));
        let phone_number = fields.require("phoneNumber", phone_number);
        let display_name = fields.required("displayName");
        let business = fields.optional("businessId");
        let number_type = fields.optional("numberType");
        let user = fields.optional("userId");
        let currency = fields.optional("currency").unwrap_or(settings.default_currency);
        let max_amount = fields.money("maxAmount", currency);
        if max_amount.is_some_and(Money::is_negative) {
            fields.note("maxAmount", "cannot be negative");
        }
        let (phone_number, display_name) = (phone_number?, display_name?);
        Some(Self { phone_number, display_name, business, country, number_type, user, currency, max_amount })
    }
}

impl Purchase {
    /// What tells a repeat of this purchase from another one.
    fn fingerprint(&self) -> [String; 7] {
        let text = |part: Option<String>| part.unwrap_or_default();
        [
            self.phone_number.to_string(),
            self.display_name.to_string(),
            text(self.business.map(|business| business.to_string())),
            text(self.country.map(|country| country.to_string())),
            text(self.number_type.map(|number_type| number_type.to_string())),
            self.currency.to_string(),
            text(self.max_amount.map(|amount| amount.to_string())),
        ]
    }
}

/// Buy a number
///
/// Takes set-up and the first month from the wallet. The price is held while the carrier is asked, and in the end there is
/// one number and one charge, or none of either, whatever happens on the way. `charged` in a failure says where the money
/// is. Where the carrier does not say in time what came of it, the answer is 202: look at the order of `Location` until it is
/// decided, and do not buy the number again. Send an `Idempotency-Key`, so that a lost answer can be asked for again.
#[utoipa::path(
    post,
    path = PURCHASE_PATH,
    operation_id = "buyNumber",
    tag = "numbers",
    params(asked::ForUser, asked::Repeatable),
    request_body = asked::Purchase,
    responses(
        (status = 200, description = "The number is bought.", body = PurchaseAnswer),
        (status = 202, description = "`ORDER_PENDING`: the purchase is not decided yet, and the price is held.", body = PendingAnswer,
            headers(("Location" = String, description = "Where the order is."))),
        OfPurchase,
    ),
)]
pub(crate) async fn purchase(
    State(api): Api,
    caller: Caller,
    key: IdempotencyKey,
    JsonBody(purchase): JsonBody<Purchase>,
) -> Result<Response, Problem> {
    let reach = reach_of_buyer(&api, &caller, &purchase).await?;
    let fingerprint = purchase.fingerprint();
    let parts = fingerprint.each_ref().map(String::as_str);
    let request = key.bind_reaching(&reach, RequestOperation::Purchase, &parts)?;
    let command = PurchaseCommand {
        origin: caller.origin_reaching(&reach)?,
        user: reach.owner()?.clone(),
        phone_number: purchase.phone_number,
        display_name: purchase.display_name,
        business: purchase.business,
        country: purchase.country,
        number_type: purchase.number_type,
        currency: purchase.currency,
        max_amount: purchase.max_amount,
        request,
    };
    match api.provisioning.purchase(command).await {
        Ok(PurchaseOutcome::Completed(purchased)) => {
            Ok(Json(PurchaseAnswer::from(*purchased)).into_response())
        }
        Ok(PurchaseOutcome::Pending(order)) => {
            let location = [(header::LOCATION, format!("/api/orders/{}", order.id))];
            let answer = Json(PendingAnswer::of(order.id, order.state));
            Ok((StatusCode::ACCEPTED, location, answer).into_response())
        }
        Err(error) => Err(explain(&api, &reach, error).await),
    }
}

/// Whose wallet pays. Where the business is out of reach it is the caller's own, and provisioning finds no such business:
/// after it has looked whether this repeats a purchase of theirs in a business that is gone.
async fn reach_of_buyer(api: &ApiState, caller: &Caller, purchase: &Purchase) -> Result<Reach, Problem> {
    let (action, stated) = (Action::Trade, purchase.user.as_ref());
    if let Some(reach) = reach_making(api, caller, action, stated, purchase.business).await? {
        return Ok(reach);
    }
    match caller.reach(&api.tenancy, action, stated).await? {
        Reach::Shared { .. } => Err(Problem::absent(ErrorCode::BusinessNotFound)),
        reach @ (Reach::Own(_) | Reach::Everyone) => Ok(reach),
    }
}

/// A failed order is read once more, because its country and type belong into the answer. Without it the answer is
/// only less exact.
async fn explain(api: &ApiState, reach: &Reach, error: PurchaseError) -> Problem {
    let order = match &error {
        PurchaseError::Failed { order, .. } => {
            api.provisioning.order(&scope_within(reach), *order).await.ok().flatten()
        }
        PurchaseError::Validation { .. }
        | PurchaseError::PricingUnavailable { .. }
        | PurchaseError::PriceChanged { .. }
        | PurchaseError::BusinessNotFound
        | PurchaseError::NotConfigured
        | PurchaseError::Refused(_)
        | PurchaseError::InProgress
        | PurchaseError::KeyReused
        | PurchaseError::Storage { .. }
        | PurchaseError::Businesses(_)
        | PurchaseError::ShuttingDown => None,
    };
    let is_of_the_wallet = matches!(error, PurchaseError::Refused(_));
    let problem = undecided_purchase(error, order.as_ref());
    if is_of_the_wallet { as_told_to(reach, problem) } else { problem }
}

/// Release a number
///
/// Gives the number back to the carrier, for good. What was paid for its month is not refunded. An undecided release is
/// answered with 202 and goes on by itself. A record of a number that lives elsewhere is only removed.
#[utoipa::path(
    delete,
    path = "/api/numbers/{id}/release",
    operation_id = "releaseNumber",
    tag = "numbers",
    params(asked::ForUser, asked::Repeatable, ("id" = words::Id, Path, description = "The number.")),
    responses(
        (status = 200, description = "The number is released.", body = ReleasedAnswer),
        (status = 202, description = "The release goes on by itself.", body = ReleasingAnswer),
        OfRelease,
    ),
)]
pub(crate) async fn release(
    State(api): Api,
    caller: Caller,
    key: IdempotencyKey,
    PathId(number): PathId<NumberId>,
) -> Result<Response, Problem> {
    let place = place_of_number(&api, number);
    let reach = caller.reach_of(&api.tenancy, Action::Trade, None, place).await?;
    let reach = reach.ok_or_else(|| Problem::absent(ErrorCode::NumberNotFound))?;
    let request = key.bind_reaching(&reach, RequestOperation::Release, &[&number.to_string()])?;
    let (user, within) = (reach.owner()?.clone(), reach.within());
    let origin = caller.origin_reaching(&reach)?;
    match api.provisioning.release(ReleaseCommand { user, within, number, request, origin }).await? {
        ReleaseProgress::Released => Ok(Json(ReleasedAnswer::new()).into_response()),
        ReleaseProgress::Pending(number) => {
            Ok((StatusCode::ACCEPTED, Json(ReleasingAnswer::from(*number))).into_response())
        }
    }
}
