//! Wallets, as they are asked for.

use utoipa::{IntoParams, ToSchema};

use crate::description::words::{AmountSent, CurrencySent, UserId};

/// Whose balance in which currency.
#[derive(IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
pub(crate) struct BalanceQuery {
    /// Whose, for services and operators.
    user_id: Option<UserId>,
    /// In which currency; the deployment's own, where this is not sent.
    currency: Option<CurrencySent>,
}

/// In which currency.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct CurrencyQuery {
    /// The deployment's own, where this is not sent.
    currency: Option<CurrencySent>,
}

/// An operator's credit.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct CreditSent {
    user_id: UserId,
    /// Above zero.
    amount: AmountSent,
    currency: CurrencySent,
    /// What the user reads of it in their history.
    #[schema(min_length = 1, max_length = 200)]
    reason: String,
}

/// Money that a customer wants to pay.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct CheckoutSent {
    /// For whom, where a service asks; else the caller's own.
    user_id: Option<UserId>,
    /// Above zero, in whole smallest units of the currency.
    amount: AmountSent,
    /// The deployment's own, where this is not sent.
    currency: Option<CurrencySent>,
}

/// An event of Stripe's; see Stripe's documentation for what is in it.
#[derive(ToSchema)]
pub(crate) struct StripeEvent {
    /// Stripe's id of the event.
    id: String,
    /// What happened, as `checkout.session.completed`.
    r#type: String,
}
