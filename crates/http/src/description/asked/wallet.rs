//! Wallets, as they are asked for.

use utoipa::{IntoParams, ToSchema};

use crate::description::words::{AmountSent, CurrencySent, EmailSent, UserId};

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

/// At which balances a user is told, whole, in one currency.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct AlertsSent {
    /// Whose, for services and operators.
    user_id: Option<UserId>,
    currency: CurrencySent,
    /// Up to five different amounts above zero, in any order; an empty list for none. As for everybody, where it is not sent.
    #[schema(max_items = 5)]
    thresholds: Option<Vec<AmountSent>>,
    /// Where notices go, in ASCII. The account's address, where it is not sent.
    email: Option<EmailSent>,
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
