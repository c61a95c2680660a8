//! The words of the API as schemas: ids, numbers, amounts and the names that states have.
//!
//! The crates below know nothing of the description, so what they write as JSON is said here once. *Invariants*: a name
//! is listed from its own enum where that has a list; what an answer may hold is compared with these schemas by every
//! test of the routes, what a request may hold by the tests in `agreement.rs`.

use trunkline_alarms::{Alarm, EndReason};
use trunkline_domain::{self as domain, NumberKind, OrderState, ReviewReason};
use trunkline_notices as notices;
use trunkline_payments as payments;
use trunkline_tenancy::{self as tenancy, KeyScope};
use trunkline_wallet as wallet;
use utoipa::openapi::schema::{AnyOfBuilder, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::answer::number_type_name;
use crate::problem;

macro_rules! words {
    ($($(#[doc = $doc:literal])+ $name:ident = $schema:expr;)*) => {$(
        $(#[doc = $doc])+
        pub(crate) enum $name {}

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                $schema.description(Some(concat!($($doc),+).trim())).into()
            }
        }

        impl ToSchema for $name {}
    )*};
}

words! {
    /// An id: a UUID in lower case.
    Id = text().format(Some(SchemaFormat::Custom("uuid".to_owned())));
    /// A user: an opaque text from the identity provider, of 1 to 128 visible characters without blanks.
    UserId = bounded(1, domain::UserId::MAX_CHARS).pattern(Some(r"^\S+$"));
    /// A phone number in E.164: `+`, the country code, the number.
    E164 = text().pattern(Some(r"^\+[1-9][0-9]{1,14}$"));
    /// A country, by its ISO 3166-1 alpha-2 code.
    Country = text().pattern(Some("^[A-Z]{2}$"));
    /// A currency, by its ISO 4217 code.
    Currency = text().pattern(Some("^[A-Z]{3}$"));
    /// An amount: a number with at most six decimals. It is exact; read it as a decimal, not as a float.
    Amount = ObjectBuilder::new().schema_type(Type::Number);
    /// An amount as a text of digits, with its currency beside it.
    Digits = text().pattern(Some(r"^-?[0-9]+(\.[0-9]+)?$"));
    /// A number at Twilio.
    NumberSid = text().pattern(Some("^PN[0-9a-fA-F]{32}$"));
    /// An account at Twilio.
    AccountSid = text().pattern(Some("^AC[0-9a-fA-F]{32}$"));
    /// Always `true`.
    True = ObjectBuilder::new().schema_type(Type::Boolean).enum_values(Some([true]));
    /// Always `false`.
    False = ObjectBuilder::new().schema_type(Type::Boolean).enum_values(Some([false]));
    /// Always `null`.
    Nothing = ObjectBuilder::new().schema_type(Type::Null);
    /// What tells failures apart. A code never changes its meaning or its status; docs/error-codes.md has a section for
    /// each.
    ErrorCode = named(problem::ErrorCode::ALL.iter().map(|code| code.as_str()));
    /// Where the customer's money is: `no`, nothing was taken or all of it is back; `held`, reserved until it is decided;
    /// `yes`, taken.
    Charged = named(["no", "held", "yes"]);
    /// Where a number stands.
    NumberStatus = named(domain::NumberStatus::ALL.map(domain::NumberStatus::as_str));
    /// Where an order stands. `ordering`, `unresolved` and `review` are undecided.
    OrderStatus = named(OrderState::ALL.map(OrderState::as_str));
    /// Why an order or a number waits for an operator.
    Review = named(ReviewReason::ALL.map(ReviewReason::as_str));
    /// The type of a number, as the number record has it.
    RecordedType = named(KINDS.map(NumberKind::as_str));
    /// The type of a number.
    NumberType = named(KINDS.map(number_type_name));
    /// The type of a number that can be bought, as limits have it.
    SoldType = named(domain::NumberType::ALL.map(domain::NumberType::as_str));
    /// Whose address the carrier wants to see before it sells the number.
    AddressRequirements = named(["none", "any", "local", "foreign"]);
    /// What a number can do.
    Feature = named(["voice", "sms", "mms", "fax"]);
    /// In or out.
    Direction = named(["credit", "debit"]);
    /// A calendar month in UTC, as `2026-11`.
    Month = text().pattern(Some("^[0-9]{4}-(0[1-9]|1[0-2])$"));
    /// Whether a statement can still change: `open` until an hour after the month's end, then `closed` for good.
    StatementState = named(["open", "closed"]);
    /// Where a payment stands: it can be paid (`open`), the money is on its way (`processing`), it is credited (`completed`), or
    /// it came to nothing.
    PaymentState = named(payments::PaymentState::ALL.iter().map(|state| state.as_str()));
    /// What took money of a payment back: the operator gave it back, or the payer disputed it with their bank.
    TakingKind = named([payments::TakingKind::Refund, payments::TakingKind::Dispute].map(payments::TakingKind::as_str));
    /// How a payment is made: on a page, or from a saved payment method.
    PaymentKind = named(["checkout", "top_up"]);
    /// Whether an automatic top-up charges: `on`; `off`, by its user; `declined`, its payment method was declined too often.
    TopUpState = named(payments::TopUpState::ALL.map(payments::TopUpState::as_str));
    /// What became of a transaction: `pending` is held or not paid yet, `failed` was held and is back or was not paid,
    /// `refunded` was undone.
    TransactionState = named(["pending", "completed", "failed", "refunded"]);
    /// What somebody is in a business: its `owner`, a `manager` of its numbers, or a `viewer` of them.
    Role = named(tenancy::Role::ALL.map(tenancy::Role::as_str));
    /// As what somebody is a member of another user's business.
    MemberRole = named(tenancy::MemberRole::ALL.map(tenancy::MemberRole::as_str));
    /// Where an approval stands.
    ApprovalState = named(wallet::ApprovalState::ALL.map(wallet::ApprovalState::as_str));
    /// As what the movement of money was asked for that waits for an approval.
    PostKind = named(wallet::PostKind::ALL.map(wallet::PostKind::as_str));
    /// What a notice is about: `balance_low`, that what can be spent has fallen below an amount; `top_up_off`, that an
    /// automatic top-up is off because its payment method was declined too often.
    NoticeKind = named(notices::NoticeBody::KINDS);
    /// Where the mail of a notice stands: `waiting`, it is to be sent or tried again; `sent`, a mail server has taken it; `failed`,
    /// it was refused or given up; `no_address` and `not_configured`, it was never to be mailed.
    MailState = named(notices::MailState::ALL.map(notices::MailState::as_str));
    /// Whose thresholds hold: the user's `own`, or those for `everybody` who has set none.
    AlertSource = named(notices::AlertSource::ALL.map(notices::AlertSource::as_str));
    /// Whether notices are mailed: `ready`, to the address that is shown; `no_address`, none is known; `not_configured`, the
    /// deployment sends no mail. They are kept and listed in any case.
    AlertMail = named(["ready", "no_address", "not_configured"]);
    /// What a key may be used for.
    Scope = named(KeyScope::ALL.map(KeyScope::as_str));
    /// Whose key it is.
    KeyKind = named(["user", "service", "operator"]);
    /// What a key is now.
    KeyState = named(["open", "expired", "revoked"]);
    /// Which alarm; docs/operations.md has a section for each.
    AlarmName = named(Alarm::ALL.map(Alarm::as_str));
    /// How an alarm came to its end.
    AlarmEndReason = named(EndReason::ALL.map(EndReason::as_str));
    /// Where a number of a failed order stands.
    Stage = named(["releasing", "review", "released"]);
    /// What came of a release that was tried again.
    ReviewOutcome = named(["released", "under_way", "in_review"]);
    /// Whether the number's name and addresses at the provider are as our row has them.
    SettingsState = named(["right", "set", "not_set"]);
    /// What to do, by name for programs.
    AdviceName = named(ADVICE);
    /// Digits, written as a text or as a number.
    DigitsSent = either(text().pattern(Some("^[0-9]+$")), ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0)));
    /// A free text; programs may write it as a number.
    Label = either(text(), ObjectBuilder::new().schema_type(Type::Number));
    /// An amount with at most six decimals, as a number or as a text of digits.
    AmountSent = either(ObjectBuilder::new().schema_type(Type::Number), text().pattern(Some(r"^-?[0-9]+(\.[0-9]{1,6})?$")));
    /// An amount of zero or more with at most six decimals, as a number or as a text of digits.
    Price = either(
        ObjectBuilder::new().schema_type(Type::Number).minimum(Some(0)),
        text().pattern(Some(r"^[0-9]+(\.[0-9]{1,6})?$"))
    );
    /// A phone number: in E.164, or as it is written in `countryCode`.
    PhoneNumberSent = text().min_length(Some(1));
    /// The type of a number that can be bought.
    NumberTypeSent = named(domain::NumberType::ALL.map(|number_type| number_type_name(number_type.into())));
    /// A country, by its ISO 3166-1 alpha-2 code in any case.
    CountrySent = text().pattern(Some("^[A-Za-z]{2}$"));
    /// A currency, by its ISO 4217 code in any case.
    CurrencySent = text().pattern(Some("^[A-Za-z]{3}$"));
    /// Why: 1 to 200 characters on one line. The audit trail keeps it for good.
    ReasonSent = bounded(1, domain::Reason::MAX_CHARS);
    /// What the owner calls the number: 1 to 64 characters on one line.
    DisplayNameSent = bounded(1, 64);
    /// The name of a business: 1 to 100 characters on one line.
    BusinessNameSent = bounded(1, tenancy::BusinessName::MAX_CHARS);
    /// An email address.
    EmailSent = bounded(3, tenancy::Email::MAX_CHARS).pattern(Some(r"^\S+@\S+$"));
}

/// Every kind of number that can stand in the records.
const KINDS: [NumberKind; 5] = [
    NumberKind::Local,
    NumberKind::TollFree,
    NumberKind::Mobile,
    NumberKind::International,
    NumberKind::Vanity,
];

/// The names of `trunkline_provisioning::Advice`, which holds ids and so has no list.
const ADVICE: [&str; 16] = [
    "nothing",
    "ask_again",
    "wait",
    "settings",
    "release_or_keep",
    "release_orphan",
    "write_off",
    "release_at_provider",
    "release_orphan_at_provider",
    "adopt",
    "adopt_from_deployment",
    "await_pass",
    "in_doubt",
    "second_number",
    "put_back",
    "decide_order",
];

fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

fn bounded(least: usize, most: usize) -> ObjectBuilder {
    text().min_length(Some(least)).max_length(Some(most))
}

fn named<'n>(names: impl IntoIterator<Item = &'n str>) -> ObjectBuilder {
    text().enum_values(Some(names))
}

fn either(one: ObjectBuilder, other: ObjectBuilder) -> AnyOfBuilder {
    AnyOfBuilder::new().item(one).item(other)
}
