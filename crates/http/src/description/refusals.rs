//! What each route can refuse, by status: the codes, and the headers that go with them.
//!
//! A route names a type of this file among its answers; the type lists the groups of codes that its extractors and layers
//! can answer, and the codes of its own service. *Invariant*: a code is described with the one status that it has; the
//! tests of the routes refuse an answer whose code is not described for its route.

use std::collections::BTreeMap;

use serde_json::json;
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::schema::{AllOfBuilder, ObjectBuilder, Type};
use utoipa::openapi::{ContentBuilder, Ref, RefOr};
use utoipa::{IntoResponses, PartialSchema, ToSchema};

use super::Schemas;
use super::problem::Problem;
use crate::problem::ErrorCode::{
    self, AddressRequired, AlarmNotFound, ApprovalEnded, ApprovalNotFound, BodyTooLarge, BodyTooSlow,
    BundleRequired, BusinessInUse, BusinessNotFound, EvidenceMissing, Forbidden, HeadersTooLarge,
    IdempotencyInProgress, IdempotencyKeyReused, IdentityUnavailable, InsufficientBalance, Internal,
    KeyEnded, KeyNotFound, LimitExceeded, MemberNotFound, NotReady, NumberAlreadyExists, NumberBusy,
    NumberNotFound, NumberNotUndecided, NumberTypeUnsupported, NumberUnavailable, OrderNotFound,
    OrderNotUndecided, Overloaded, PaymentEnded, PaymentNotFound, PaymentsNotConfigured, PaymentsRejected,
    PaymentsUnavailable, PriceChanged, PricingUnavailable, PrimaryNumberDelete, PrimaryNumberInactive,
    ProviderRejected, ProviderUnavailable, RateLimited, ReconciliationUnderWay, SalesPaused,
    SecondOperatorRequired, StatementNotFound, StorageUnavailable, TopUpNeedsMethod, TopUpNotFound,
    TwilioNotConfigured, Unauthenticated, UnsupportedMediaType, UrlTooLong, UserNotFound, ValidationFailed,
    WalletInDebt,
};

/// What the layers around every route answer.
const EVERYWHERE: &[ErrorCode] = &[UrlTooLong, HeadersTooLarge, Internal, Overloaded];

/// What is answered to whoever has to show who they are, and to whoever acts for somebody.
const CALLERS: &[ErrorCode] = &[
    ValidationFailed,
    Unauthenticated,
    Forbidden,
    UserNotFound,
    RateLimited,
    StorageUnavailable,
    IdentityUnavailable,
];

/// What is answered to a body.
const BODY: &[ErrorCode] = &[BodyTooSlow, BodyTooLarge, UnsupportedMediaType];

/// What is answered where Twilio is asked.
const PROVIDER: &[ErrorCode] = &[ProviderRejected, TwilioNotConfigured, ProviderUnavailable];

/// The codes that come with `Retry-After`, always or where it is known when to ask again.
const RETRIED: &[ErrorCode] = &[
    ReconciliationUnderWay,
    IdempotencyInProgress,
    RateLimited,
    ProviderUnavailable,
    SalesPaused,
    IdentityUnavailable,
    Overloaded,
];

macro_rules! refusals {
    ($($name:ident = $($group:expr),+;)*) => {$(
        pub(crate) enum $name {}

        impl IntoResponses for $name {
            fn responses() -> BTreeMap<String, RefOr<Response>> {
                by_status(&[EVERYWHERE, $($group),+])
            }
        }
    )*};
}

refusals! {
    OfAnybody = &[];
    OfReadiness = &[NotReady];
    OfWebhook = &[ValidationFailed, Forbidden, BodyTooSlow, BodyTooLarge];
    OfReading = CALLERS;
    OfStatement = CALLERS, &[StatementNotFound];
    OfBody = CALLERS, BODY;
    OfMakingKey = CALLERS, BODY, &[LimitExceeded];
    OfKey = CALLERS, &[KeyNotFound];
    OfRotation = CALLERS, BODY, &[KeyNotFound, KeyEnded, LimitExceeded];
    OfBusiness = CALLERS, &[BusinessNotFound];
    OfBusinessChange = CALLERS, BODY, &[BusinessNotFound];
    OfBusinessEnd = CALLERS, &[BusinessNotFound, BusinessInUse];
    OfMembers = CALLERS, &[BusinessNotFound];
    OfMember = CALLERS, &[BusinessNotFound, MemberNotFound];
    OfMemberChange = CALLERS, BODY, &[BusinessNotFound, LimitExceeded];
    OfSearch = CALLERS, BODY, PROVIDER, &[PricingUnavailable, NumberTypeUnsupported];
    OfPurchase = CALLERS, BODY, PROVIDER, &[
        InsufficientBalance, WalletInDebt, LimitExceeded, BusinessNotFound, NumberAlreadyExists, PriceChanged, IdempotencyInProgress,
        NumberUnavailable, IdempotencyKeyReused, AddressRequired, BundleRequired, PricingUnavailable, SalesPaused,
    ];
    OfRelease = CALLERS, PROVIDER, &[
        NumberNotFound, PrimaryNumberDelete, NumberBusy, IdempotencyInProgress, IdempotencyKeyReused,
    ];
    OfNumber = CALLERS, &[NumberNotFound];
    OfNumberChange = CALLERS, BODY, &[NumberNotFound, BusinessNotFound, PrimaryNumberInactive, NumberBusy];
    OfRecord = CALLERS, BODY, &[BusinessNotFound, NumberAlreadyExists];
    OfOrder = CALLERS, &[OrderNotFound];
    OfCheckout = CALLERS, BODY, &[
        LimitExceeded, PaymentEnded, IdempotencyKeyReused, PaymentsRejected, PaymentsNotConfigured, PaymentsUnavailable,
    ];
    OfPayment = CALLERS, &[PaymentNotFound];
    OfTopUpSetup = CALLERS, BODY, &[PaymentsRejected, PaymentsNotConfigured, PaymentsUnavailable];
    OfTopUpChange = CALLERS, BODY, &[TopUpNotFound, TopUpNeedsMethod, PaymentsNotConfigured];
    OfTopUp = CALLERS, &[TopUpNotFound, PaymentsNotConfigured];
    OfPaymentEvent = &[
        ValidationFailed, Forbidden, BodyTooSlow, BodyTooLarge, PaymentsNotConfigured, PaymentsUnavailable,
        StorageUnavailable,
    ];
    OfCredit = CALLERS, BODY, &[IdempotencyKeyReused, LimitExceeded, ApprovalEnded];
    OfAdjustment = CALLERS, BODY, &[InsufficientBalance, IdempotencyKeyReused, LimitExceeded, ApprovalEnded];
    OfApproval = CALLERS, &[ApprovalNotFound];
    OfApprovalGiven = CALLERS, BODY, &[ApprovalNotFound, ApprovalEnded, SecondOperatorRequired, InsufficientBalance];
    OfApprovalRefused = CALLERS, BODY, &[ApprovalNotFound, ApprovalEnded];
    OfAlarmEnd = CALLERS, BODY, &[AlarmNotFound, EvidenceMissing];
    OfAdoption = CALLERS, BODY, PROVIDER, &[
        InsufficientBalance, NumberNotFound, BusinessNotFound, NumberAlreadyExists, NumberBusy, NumberNotUndecided,
        EvidenceMissing, PricingUnavailable,
    ];
    OfNumberDecision = CALLERS, BODY, PROVIDER, &[NumberNotFound, NumberBusy, NumberNotUndecided, EvidenceMissing];
    OfOrderDecision = CALLERS, BODY, PROVIDER, &[OrderNotFound, OrderNotUndecided, EvidenceMissing];
    OfReconciliation = CALLERS, BODY, PROVIDER, &[ReconciliationUnderWay];
}

/// One answer for each status, with the codes that have it.
fn by_status(groups: &[&[ErrorCode]]) -> BTreeMap<String, RefOr<Response>> {
    let mut codes: BTreeMap<u16, Vec<ErrorCode>> = BTreeMap::new();
    for code in groups.iter().copied().flatten() {
        codes.entry(code.status().as_u16()).or_default().push(*code);
    }
    let described = |codes: &[ErrorCode]| match codes {
        [only] => RefOr::Ref(Ref::from_response_name(only.as_str())),
        several => answer(several).into(),
    };
    codes.into_iter().map(|(status, codes)| (status.to_string(), described(&codes))).collect()
}

/// A problem with one of these codes.
pub(super) fn answer(codes: &[ErrorCode]) -> Response {
    let lines: Vec<_> = codes.iter().map(|code| format!("`{}`: {}.", code.as_str(), code.title())).collect();
    let code = ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(codes.iter().map(|code| json!(code.as_str()))));
    let narrowed = ObjectBuilder::new().schema_type(Type::Object).property("code", code).required("code");
    let schema = AllOfBuilder::new().item(Ref::from_schema_name(Problem::name())).item(narrowed);
    let content = ContentBuilder::new().schema(Some(schema)).build();
    let answer =
        ResponseBuilder::new().description(lines.join("  \n")).content("application/problem+json", content);
    let mut answer = answer.build();
    if codes.iter().any(|code| RETRIED.contains(code)) {
        answer
            .headers
            .insert("Retry-After".to_owned(), RefOr::Ref(Ref::new("#/components/headers/RetryAfter")));
    }
    if codes.contains(&Unauthenticated) {
        answer.headers.insert(
            "WWW-Authenticate".to_owned(),
            RefOr::Ref(Ref::new("#/components/headers/WwwAuthenticate")),
        );
    }
    answer
}

/// The schemas that the answers of this file refer to, which nothing else collects.
pub(super) fn schemas() -> Schemas {
    let mut schemas = vec![(Problem::name().into_owned(), Problem::schema())];
    Problem::schemas(&mut schemas);
    schemas
}
