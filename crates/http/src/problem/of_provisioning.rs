//! What provisioning refuses, as clients see it: one exhaustive match per family of operations.

use std::time::Duration;

use trunkline_domain::{BundleGap, ChargeState, FailureReason, JsonMoney, Order, OrderId};
use trunkline_provider::ProviderError;
use trunkline_provisioning::port::{OpenRefusal, StoreError};
use trunkline_provisioning::{NumberError, PurchaseError, ReleaseError, SearchError};

use super::of_limits::limit_exceeded;
use super::{ErrorCode, Inner, Problem};
use crate::answer::number_type_name;

/// When to ask again after an answer that says "still running".
const RUNNING_RETRY: Duration = Duration::from_secs(2);
/// When to ask again while nothing is sold.
const PAUSED_RETRY: Duration = Duration::from_mins(5);
/// When to ask again while the server restarts.
pub(super) const RESTART_RETRY: Duration = Duration::from_secs(5);

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) => Self::storage().because(error),
            StoreError::OutcomeUnknown(_) => Self::unconfirmed().because(error),
            StoreError::Broken(_) => Self::internal().because(error),
        }
    }
}

impl From<SearchError> for Problem {
    fn from(error: SearchError) -> Self {
        match error {
            SearchError::PricingUnavailable { .. } => no_price(&error),
            SearchError::TypeUnsupported { country, number_type, supported } => {
                let supported = supported.into_iter().map(|t| number_type_name(t.into())).collect::<Vec<_>>();
                unsupported_type(country.as_str(), number_type_name(number_type.into()), &supported)
            }
            SearchError::Filter { field, message } => {
                let message: Vec<_> = message.split(' ').map(camel_case).collect();
                Self::invalid_field(camel_case(field), message.join(" "))
            }
            SearchError::Provider(error) => error.into(),
        }
    }
}

impl From<ProviderError> for Problem {
    fn from(error: ProviderError) -> Self {
        match error {
            ProviderError::NotConfigured => not_configured(),
            ProviderError::Unauthorized { .. } | ProviderError::Refused { .. } => rejected().because(error),
            ProviderError::Unavailable { retry_after, .. } => {
                provider_unavailable().retry_after(retry_after.unwrap_or(RUNNING_RETRY)).because(error)
            }
            ProviderError::OutcomeUnknown { .. } => provider_unavailable().because(error),
        }
    }
}

/// What a purchase that came to nothing, or may have, is answered with; `order` is the order that failed, where there
/// is one, and names country and type.
pub(crate) fn undecided_purchase(error: PurchaseError, failed: Option<&Order>) -> Problem {
    match error {
        PurchaseError::Validation { field, message } => Problem::invalid_field(field, message),
        PurchaseError::PricingUnavailable { .. } => no_price(&error),
        PurchaseError::PriceChanged { charge, max } => {
            let detail = format!(
                "The price is {charge} now, more than the {max} that you allow. Nothing was charged; show the new \
                 price and ask again."
            );
            Problem::new(ErrorCode::PriceChanged, detail)
                .member("amount", JsonMoney::from(charge))
                .member("maxAmount", JsonMoney::from(max))
                .member("currency", charge.currency())
        }
        PurchaseError::BusinessNotFound => Problem::absent(ErrorCode::BusinessNotFound),
        PurchaseError::NotConfigured => not_configured(),
        PurchaseError::Refused(refusal) => refused_opening(&refusal),
        PurchaseError::Failed { order, reason } => {
            failed_order(&reason, failed).member("orderId", order).charged(ChargeState::No)
        }
        PurchaseError::InProgress => in_progress("purchase").charged(ChargeState::Held),
        PurchaseError::KeyReused => Problem::key_reused("purchase"),
        PurchaseError::Storage { order: Some(order), source } => lost_order(order).because(source),
        PurchaseError::Storage { order: None, source } => Problem::storage().because(source),
        PurchaseError::Businesses(error) => Problem::storage().because(error),
        PurchaseError::ShuttingDown => shutting_down().charged(ChargeState::No),
    }
    .of_purchase()
}

fn refused_opening(refusal: &OpenRefusal) -> Problem {
    match refusal {
        OpenRefusal::InsufficientBalance { required, available } => {
            let detail = format!(
                "This costs {required}, and {available} is available. Nothing was charged; add money to the wallet, \
                 then buy again (with a new Idempotency-Key, if you use one)."
            );
            Problem::new(ErrorCode::InsufficientBalance, detail)
                .member("requiredAmount", JsonMoney::from(*required))
                .member("availableAmount", JsonMoney::from(*available))
                .member("currency", required.currency())
        }
        OpenRefusal::WalletInDebt { debt } => {
            let detail = format!(
                "A payment into this wallet was taken back after its money was spent, and {debt} is owed. Nothing was \
                 charged; add money to the wallet, which pays this first, then buy again (with a new Idempotency-Key, if you \
                 use one)."
            );
            Problem::new(ErrorCode::WalletInDebt, detail)
                .member("debt", JsonMoney::from(*debt))
                .member("currency", debt.currency())
        }
        OpenRefusal::AlreadyOwned { number } => {
            let detail =
                "You hold this number already. Nothing was charged again; numberId is the one you hold.";
            Problem::new(ErrorCode::NumberAlreadyExists, detail).member("numberId", number)
        }
        OpenRefusal::AlreadyOrdering { order } => {
            let detail =
                "You are buying this number already. Nothing more was charged; orderId is that purchase.";
            Problem::new(ErrorCode::NumberAlreadyExists, detail).member("orderId", order)
        }
        OpenRefusal::TakenByOther => Problem::new(
            ErrorCode::NumberAlreadyExists,
            "Somebody else holds this number or is buying it. Nothing was charged; choose another number.",
        ),
        OpenRefusal::CoolingDown => Problem::new(
            ErrorCode::NumberUnavailable,
            "This number cannot be bought for about a day, after a purchase of it came to nothing. Nothing was \
             charged; choose another number.",
        ),
        OpenRefusal::LimitExceeded { reached } => limit_exceeded(reached),
        // Why is the operator's business.
        OpenRefusal::SalesPaused { why: _ } => Problem::new(
            ErrorCode::SalesPaused,
            "Numbers are not sold for the moment. Nothing was charged, and the numbers that you hold work as before; try \
             again later (with the same Idempotency-Key, if you use one), or ask the operator.",
        )
        .retry_after(PAUSED_RETRY),
    }
}

/// Why an order failed, as its buyer hears it, at once or when they look at the order later.
pub(crate) fn failed_order(reason: &FailureReason, order: Option<&Order>) -> Problem {
    match reason {
        FailureReason::NumberUnavailable => Problem::new(
            ErrorCode::NumberUnavailable,
            "The carrier no longer has this number. Nothing was charged; search again and choose another one.",
        ),
        FailureReason::HeldAtProvider => Problem::new(
            ErrorCode::NumberAlreadyExists,
            "The operator's account at the carrier holds this number already. Nothing was charged; choose another \
             number, or ask the operator about this one.",
        ),
        FailureReason::AddressRequired => ADDRESS.problem(order, None),
        FailureReason::BundleRequired { gap } => BUNDLE.problem(order, gap.as_ref()),
        FailureReason::WrongType => {
            let message = "the carrier has this number as another type; search shows the type that it has";
            Problem::invalid_field("numberType", message)
        }
        FailureReason::ProviderRejected { .. } => rejected(),
        FailureReason::ProviderUnavailable => provider_unavailable(),
        FailureReason::ProviderNotConfigured => not_configured(),
        FailureReason::NeverArrived => Problem::new(
            ErrorCode::ProviderUnavailable,
            "The carrier never answered this purchase, and has not sold the number. Nothing was charged. The number \
             cannot be bought for about a day; choose another one.",
        ),
        FailureReason::VoidedByOperator => Problem::new(
            ErrorCode::ProviderUnavailable,
            "The operator found that the carrier has not sold this number, and ended the purchase. Nothing was \
             charged. The number cannot be bought for about a day; choose another one.",
        ),
    }
}

/// The code and the sentence of a failed order, for the order's own record.
pub(crate) fn order_failure_sentence(reason: &FailureReason, order: &Order) -> (ErrorCode, String) {
    let Inner { code, detail, .. } = *failed_order(reason, Some(order)).0;
    (code, detail)
}

/// What only the operator can register at the carrier.
struct Regulation {
    code: ErrorCode,
    thing: &'static str,
    setting: &'static str,
    console_page: &'static str,
    /// What makes it count once it is registered.
    then: &'static str,
}

const ADDRESS: Regulation = Regulation {
    code: ErrorCode::AddressRequired,
    thing: "a validated address",
    setting: "address_sid",
    console_page: "Phone Numbers > Manage > Addresses",
    then: "Once it is validated it goes with the next purchase, unless the price file names another as",
};

const BUNDLE: Regulation = Regulation {
    code: ErrorCode::BundleRequired,
    thing: "an approved regulatory bundle",
    setting: "bundle_sid",
    console_page: "Phone Numbers > Regulatory Compliance > Bundles",
    then: "Once it is approved, its SID goes into the price file as",
};

impl Regulation {
    /// Names country, type and setting where the order is known, and what is missing where that is.
    fn problem(&self, order: Option<&Order>, gap: Option<&BundleGap>) -> Problem {
        let Self { code, thing, setting, console_page, then } = *self;
        let (numbers, setting) = match order {
            Some(Order { country, number_type, .. }) => {
                (format!("{number_type} numbers in {country}"), format!("{country}.{number_type}.{setting}"))
            }
            None => ("such numbers".to_owned(), setting.to_owned()),
        };
        let gap = gap.map(|gap| format!("; {gap}")).unwrap_or_default();
        let detail = format!(
            "The carrier wants {thing} of the operator's for {numbers}{gap}. Nothing was charged. The operator \
             registers it in the Twilio Console ({console_page}). {then} {setting}."
        );
        let problem =
            Problem::new(code, detail).member("setting", setting).member("consolePage", console_page);
        match order {
            Some(order) => problem
                .member("countryCode", order.country)
                .member("numberType", number_type_name(order.number_type.into())),
            None => problem,
        }
    }
}

impl From<ReleaseError> for Problem {
    fn from(error: ReleaseError) -> Self {
        match error {
            ReleaseError::NotFound => Self::absent(ErrorCode::NumberNotFound),
            ReleaseError::Primary => Self::new(
                ErrorCode::PrimaryNumberDelete,
                "A primary number cannot be released. Make another number of the business primary first.",
            ),
            ReleaseError::Busy => busy(),
            ReleaseError::NotConfigured => not_configured(),
            ReleaseError::RefusedByProvider { .. } => Self::new(
                ErrorCode::ProviderRejected,
                "The carrier refuses to take the number back. It works as before; ask the operator to look into it.",
            )
            .because(error),
            ReleaseError::InProgress => in_progress("release"),
            ReleaseError::KeyReused => Self::key_reused("release"),
            ReleaseError::Storage(StoreError::OutcomeUnknown(_)) => Self::new(
                ErrorCode::StorageUnavailable,
                "The database did not say whether the release has begun. If it has, it goes on by itself; look at the \
                 number, or send the request again.",
            )
            .because(error),
            ReleaseError::Storage(error) => error.into(),
            ReleaseError::ShuttingDown => shutting_down(),
        }
    }
}

impl From<NumberError> for Problem {
    fn from(error: NumberError) -> Self {
        match error {
            NumberError::NotFound => Self::absent(ErrorCode::NumberNotFound),
            NumberError::BusinessNotFound => Self::absent(ErrorCode::BusinessNotFound),
            NumberError::Validation { field, message } => Self::invalid_field(field, message),
            NumberError::OwnersAlone => Self::new(
                ErrorCode::Forbidden,
                "Only its owner takes a number out of its business. Nothing was changed; move it to another business of \
                 the owner's in which you are a manager.",
            ),
            NumberError::PrimaryInactive => Self::new(
                ErrorCode::PrimaryNumberInactive,
                "A primary number cannot be inactive. Nothing was changed; make another number of the business \
                 primary first.",
            ),
            NumberError::Busy => busy(),
            NumberError::Exists(number) => Self::new(
                ErrorCode::NumberAlreadyExists,
                "You have this number already. Nothing was recorded; numberId is the one you have.",
            )
            .member("numberId", number),
            NumberError::Storage(error) => error.into(),
            NumberError::Businesses(error) => Self::storage().because(error),
        }
    }
}

impl Problem {
    /// The same idempotency key with another request.
    pub(crate) fn key_reused(operation: &str) -> Self {
        let detail = format!(
            "This Idempotency-Key was used for another {operation}. Nothing was done; use a new key for a new request."
        );
        Self::new(ErrorCode::IdempotencyKeyReused, detail)
    }
}

/// The acknowledgement of an order's transaction is lost: the order may stand, with its money held.
fn lost_order(order: OrderId) -> Problem {
    let detail = "The database did not answer, so the purchase may be running with its price held. It ends by itself, \
                  with the number or with the money back; look at the order orderId before buying again.";
    Problem::new(ErrorCode::StorageUnavailable, detail).charged(ChargeState::Held).member("orderId", order)
}

/// A type that nobody sells in a country.
pub(crate) fn unsupported_type(country: &str, number_type: &str, supported: &[&str]) -> Problem {
    let choice = if supported.is_empty() { "none".to_owned() } else { supported.join(", ") };
    let detail =
        format!("There are no {number_type} numbers to be had in {country}. To be had there: {choice}.");
    Problem::new(ErrorCode::NumberTypeUnsupported, detail).member("supportedTypes", supported)
}

fn no_price(error: &impl std::fmt::Display) -> Problem {
    let sentence = error.to_string();
    let detail = format!(
        "{}. Nothing was charged; choose another country, type or currency, or ask the operator to add a price.",
        sentence.replacen("there", "There", 1)
    );
    Problem::new(ErrorCode::PricingUnavailable, detail)
}

fn busy() -> Problem {
    let detail = "The number is being released or under review. Nothing was changed; look at it again later.";
    Problem::new(ErrorCode::NumberBusy, detail)
}

fn in_progress(operation: &str) -> Problem {
    let detail = format!(
        "The first {operation} with this Idempotency-Key is still running. Send the same request again in a moment."
    );
    Problem::new(ErrorCode::IdempotencyInProgress, detail).retry_after(RUNNING_RETRY)
}

fn not_configured() -> Problem {
    let detail = "The operator has not configured Twilio. Nothing was charged; see docs/setup-twilio.md.";
    Problem::new(ErrorCode::TwilioNotConfigured, detail)
}

fn rejected() -> Problem {
    let detail = "The carrier refused for a reason that only the operator can mend: credentials, account or limits. \
                  Nothing was charged; tell the operator the requestId.";
    Problem::new(ErrorCode::ProviderRejected, detail)
}

fn provider_unavailable() -> Problem {
    let detail =
        "The carrier cannot be reached or gives no answer. Nothing was charged; try again in a moment.";
    Problem::new(ErrorCode::ProviderUnavailable, detail)
}

fn shutting_down() -> Problem {
    let detail = "The server is stopping and begins nothing new. Nothing was charged; try again in a moment.";
    Problem::new(ErrorCode::Overloaded, detail).retry_after(RESTART_RETRY)
}

/// A search filter's name as clients write it: `area_code` is `areaCode`.
fn camel_case(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| {
        let mut letters = word.chars();
        let capital = letters.next().map(|c| c.to_ascii_uppercase());
        name + &capital.into_iter().chain(letters).collect::<String>()
    })
}

#[cfg(test)]
mod tests {
    use super::camel_case;

    #[test]
    fn filters_are_named_as_clients_write_them() {
        assert_eq!(camel_case("area_code"), "areaCode");
        assert_eq!(camel_case("near_lat_long"), "nearLatLong");
        assert_eq!(camel_case("contains"), "contains");
    }
}
