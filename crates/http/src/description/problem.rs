//! The problem document as a schema: what every failure has, and the members that some codes add.

#![expect(dead_code, reason = "they say how something looks, and are never made")]

use utoipa::ToSchema;

use crate::answer::operator::ApprovalMark;

use super::words::{
    AccountSid, Amount, Charged, Country, Currency, ErrorCode, False, Id, NumberType, UserId,
};

/// A failure, as RFC 9457 has it. Programs act on `code`, people read `error`, operators look for `requestId` in the log.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct Problem {
    /// `urn:trunkline:error:` and the code.
    #[schema(rename = "type")]
    kind: String,
    /// A few words that are the same for every occurrence of the code.
    title: String,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// What happened, whether money moved, and what to do.
    detail: String,
    success: False,
    /// The same sentence as `detail`.
    error: String,
    code: ErrorCode,
    /// The request's id, as in the header `X-Request-Id` and in the server's log.
    request_id: String,
    /// Where the money is, where any is involved.
    charged: Option<Charged>,
    /// Of `VALIDATION_FAILED`: everything that is wrong.
    fields: Option<Vec<Mistake>>,
    /// Of `INSUFFICIENT_BALANCE`: what was to be paid or taken.
    required_amount: Option<Amount>,
    /// Of `INSUFFICIENT_BALANCE`: what there is to be paid with.
    available_amount: Option<Amount>,
    /// Of `INSUFFICIENT_BALANCE` of a correction: what open orders hold beside it.
    held_amount: Option<Amount>,
    /// In which currency the amounts are.
    currency: Option<Currency>,
    /// Of `PRICE_CHANGED`: what it costs now.
    amount: Option<Amount>,
    /// Of `PRICE_CHANGED`: what was allowed.
    max_amount: Option<Amount>,
    /// Of `LIMIT_EXCEEDED`: which limit, or of keys how many there may be.
    #[schema(value_type = Option<Value>)]
    limit: (),
    /// Of `LIMIT_EXCEEDED`: what the limit allows.
    #[schema(value_type = Option<Value>)]
    allowed: (),
    /// Of `APPROVAL_ENDED`: which approval it was.
    #[schema(inline)]
    approval: Option<ApprovalMark>,
    /// Of `NUMBER_TYPE_UNSUPPORTED`: what is to be had in the country.
    supported_types: Option<Vec<NumberType>>,
    /// Of `ADDRESS_REQUIRED` and `BUNDLE_REQUIRED`: the entry of the price file.
    setting: Option<String>,
    /// Of `ADDRESS_REQUIRED` and `BUNDLE_REQUIRED`: the page of Twilio's Console.
    console_page: Option<String>,
    /// The country that it is about.
    country_code: Option<Country>,
    /// The type of number that it is about.
    number_type: Option<NumberType>,
    /// The number that it is about.
    number_id: Option<Id>,
    /// The order that it is about.
    order_id: Option<Id>,
    /// Of `ORDER_NOT_UNDECIDED` and `EVIDENCE_MISSING`: where the order stands.
    order_status: Option<super::words::OrderStatus>,
    /// Of a decision about a number: where it stands.
    number_status: Option<super::words::NumberStatus>,
    /// Of a decision about a number of a failed order: where it stands.
    orphan_stage: Option<super::words::Stage>,
    /// Of a decision about a number: whose it is.
    user_id: Option<UserId>,
    /// Of `EVIDENCE_MISSING`: the deployment whose marker the number carries.
    deployment: Option<Id>,
    /// Of `EVIDENCE_MISSING`: the account that the number is of.
    account_sid: Option<AccountSid>,
    /// Of `EVIDENCE_MISSING`: the account that is configured.
    configured_account_sid: Option<AccountSid>,
    /// Of `EVIDENCE_MISSING`: the account that the number was moved to.
    moved_to: Option<AccountSid>,
    /// Of `PROVIDER_REJECTED`: Twilio's own code.
    provider_code: Option<u32>,
    /// Of `NOT_READY`: which part fails.
    failing: Option<String>,
}

/// One part of a request that is not as it should be.
#[derive(ToSchema)]
pub(crate) struct Mistake {
    /// The member of the body, the parameter of the query, or the header.
    field: String,
    /// What is wrong with it.
    message: String,
}
