//! What clients read: the JSON of every success. Amounts are [`trunkline_domain::JsonMoney`], so their digits survive.

mod audit;
mod business;
mod key;
mod member;
mod notice;
mod number;
pub(crate) mod operator;
mod order;
mod payment;
mod pricing;
mod search;
mod statement;
mod top_up;
mod wallet;

pub(crate) use audit::AuditAnswer;
pub(crate) use business::{BusinessAnswer, BusinessListAnswer, UserAnswer, UserListAnswer};
pub(crate) use key::{IssuedKeyAnswer, KeyListAnswer};
pub(crate) use member::{MemberAnswer, MemberListAnswer, MembershipListAnswer};
pub(crate) use notice::{AlertsAnswer, NoticeListAnswer};
pub(crate) use number::{
    NumberAnswer, NumberListAnswer, PurchaseAnswer, ReleasedAnswer, ReleasingAnswer, number_type_name,
};
pub(crate) use order::{OrderAnswer, OrderListAnswer, PendingAnswer};
pub(crate) use payment::{CheckoutAnswer, EventAnswer, PaymentAnswer, PaymentListAnswer};
pub(crate) use pricing::PricingAnswer;
pub(crate) use search::SearchAnswer;
pub(crate) use statement::{StatementAnswer, StatementListAnswer};
pub(crate) use top_up::{TopUpAnswer, TopUpPageAnswer};
pub(crate) use wallet::{BalanceAnswer, CreditAnswer, TransactionListAnswer, WalletListAnswer};

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Serialize, Serializer};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// `success: true`.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Success;

impl Serialize for Success {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bool(true)
    }
}

impl PartialSchema for Success {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(Type::Boolean).enum_values(Some([true])).into()
    }
}

impl ToSchema for Success {}

/// An answer that says nothing but `success: true`.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct Done {
    success: Success,
}

/// An answer that says what was done, or what follows.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Told {
    success: Success,
    message: &'static str,
}

impl Told {
    pub(crate) const fn new(message: &'static str) -> Self {
        Self { success: Success, message }
    }
}

/// What was made: 201, or 200 where it was there before.
pub(crate) fn made(body: impl Serialize, repeated: bool) -> Response {
    let status = if repeated { StatusCode::OK } else { StatusCode::CREATED };
    (status, Json(body)).into_response()
}
