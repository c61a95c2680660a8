//! What requests may hold, one file for each family of routes: the bodies, and the parameters of queries and headers.
//!
//! Requests are read by `Fields` (see `extract`), which says everything that is wrong with one and takes a member that is
//! `null` or empty for one that is not sent. These types say the same to programs; nothing is ever read into them.
//! *Invariant*: `agreement.rs` compares each of them with what its route asks for, requires, and refuses.

#![expect(dead_code, reason = "they say how something is sent, and are never made")]

mod callers;
mod numbers;
mod operator;
mod wallet;

pub(crate) use callers::{
    AuditQuery, BusinessChange, NewBusiness, NewKey, NewUser, OwnPage, Page, Rotation, StandingSent,
};
pub(crate) use numbers::{NewRecord, NumberChange, NumberQuery, OrderQuery, Purchase, Search};
pub(crate) use operator::{
    AdjustmentSent, AdoptionSent, AlarmEndSent, AlarmQuery, ApprovalQuery, LimitsSent, OperatorNumberQuery,
    OperatorOrderQuery, ReasonOnly, ReconciliationSent, ReportQuery, SalesQuery, SettlementSent, UserQuery,
    WriteOffSent,
};
pub(crate) use wallet::{
    AlertsSent, BalanceQuery, CheckoutSent, CreditSent, CurrencyQuery, StatementListQuery, StatementQuery,
    StripeEvent, TopUpChangeSent, TopUpSent, TransactionQuery, WhoseQuery,
};

use std::collections::BTreeMap;

use utoipa::{IntoParams, ToSchema};

use super::words::UserId;

/// For whom a service or an operator asks.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub(crate) struct ForUser {
    /// The user for whom a service asks, or to whose things an operator narrows the request. A member of a business may name
    /// its owner. A user's own things need nobody to be named.
    #[param(rename = "Trunkline-User", value_type = UserId, required = false)]
    trunkline_user: (),
}

/// What makes a request safe to repeat.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub(crate) struct Repeatable {
    /// A text of your own, 1 to 255 visible ASCII characters. The same request with the same key within a day is answered as
    /// the first one was, and nothing is done twice.
    #[param(rename = "Idempotency-Key", min_length = 1, max_length = 255, pattern = "^[!-~]+$", value_type = String, required = false)]
    idempotency_key: (),
}

/// A form of Twilio's, such as `CallSid`, `From`, `To`.
#[derive(ToSchema)]
pub(crate) struct TwilioForm(BTreeMap<String, String>);
