//! Wallets, as they are asked for.

use utoipa::{IntoParams, ToSchema};

use crate::description::words::{
    AmountSent, CurrencySent, Direction, EmailSent, Id, Month, TransactionState, UserId,
};

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

/// Whose, where there is nothing else to say.
#[derive(IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
pub(crate) struct WhoseQuery {
    /// Whose, for services and operators.
    user_id: Option<UserId>,
}

/// Which lines of whose history, in which form.
#[derive(IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
pub(crate) struct TransactionQuery {
    /// Whose, for services and operators, who must name somebody.
    user_id: Option<UserId>,
    /// In this currency; in all of them, where this is not sent.
    currency: Option<CurrencySent>,
    /// In or out.
    #[param(rename = "type")]
    direction: Option<Direction>,
    /// Of which this became.
    status: Option<TransactionState>,
    /// `nextCursor` of the page before, with the same filter; not to be sent for CSV.
    cursor: Option<Id>,
    /// At most so many; not to be sent for CSV.
    #[param(minimum = 1, maximum = 100, default = 100)]
    limit: Option<u16>,
    /// In which form; where this is not sent, the `Accept` header says it.
    #[param(inline)]
    format: Option<SheetForm>,
}

/// In which form a list comes.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
enum SheetForm {
    Json,
    Csv,
}

/// Which page of whose months.
#[derive(IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
pub(crate) struct StatementListQuery {
    /// Whose, for services and operators.
    user_id: Option<UserId>,
    /// Of the wallet in this currency; the deployment's own, where this is not sent.
    currency: Option<CurrencySent>,
    /// `nextCursor` of the page before.
    cursor: Option<Month>,
    /// At most so many.
    #[param(minimum = 1, maximum = 100, default = 100)]
    limit: Option<u16>,
}

/// Which lines of whose month, in which form.
#[derive(IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
pub(crate) struct StatementQuery {
    /// Whose, for services and operators.
    user_id: Option<UserId>,
    /// Of the wallet in this currency; the deployment's own, where this is not sent.
    currency: Option<CurrencySent>,
    /// `nextCursor` of the page before; as CSV and HTML every line comes, and this is not to be sent.
    #[param(pattern = "^[1-9][0-9]{0,17}$")]
    cursor: Option<String>,
    /// At most so many lines; not to be sent for CSV and HTML.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u16>,
    /// In which form; where this is not sent, the `Accept` header says it.
    #[param(inline)]
    format: Option<StatementForm>,
}

/// In which form a statement comes.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
enum StatementForm {
    Json,
    Csv,
    Html,
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

/// An automatic top-up that a customer wants to have.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct TopUpSent {
    /// For whom, where a service asks; else the caller's own.
    user_id: Option<UserId>,
    /// The deployment's own, where this is not sent.
    currency: Option<CurrencySent>,
    /// Above zero. Charged when less is available.
    threshold: AmountSent,
    /// How much is charged at a time, within the bounds of payments.
    amount: AmountSent,
    /// How much is charged in a calendar month (UTC) at most; at least `amount`.
    monthly_cap: AmountSent,
    /// That the customer has agreed to the text that `GET` shows. Anything but `true` is refused.
    consent: bool,
}

/// What is to change of an automatic top-up.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct TopUpChangeSent {
    /// Whose, where a service asks; else the caller's own.
    user_id: Option<UserId>,
    /// The deployment's own, where this is not sent.
    currency: Option<CurrencySent>,
    /// Above zero. Charged when less is available.
    threshold: Option<AmountSent>,
    /// How much is charged at a time, within the bounds of payments.
    amount: Option<AmountSent>,
    /// How much is charged in a calendar month (UTC) at most; at least `amount`.
    monthly_cap: Option<AmountSent>,
    /// Whether it charges.
    enabled: Option<bool>,
    /// That the customer has agreed to the text that `GET` shows. Needed where `threshold`, `amount` or `monthlyCap` is raised.
    consent: Option<bool>,
}

/// An event of Stripe's; see Stripe's documentation for what is in it.
#[derive(ToSchema)]
pub(crate) struct StripeEvent {
    /// Stripe's id of the event.
    id: String,
    /// What happened, as `checkout.session.completed`.
    r#type: String,
}
