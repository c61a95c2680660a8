//! Limits as the users whom they hold back hear of them: what the limit is, that no money moved, and what to do.

use trunkline_domain::JsonMoney;
use trunkline_provisioning::{LimitReached, LimitsError, UserLimits};

use super::{ErrorCode, Problem};

/// A purchase that a limit of its user refuses.
pub(super) fn limit_exceeded(reached: &LimitReached) -> Problem {
    let (what, then) = match reached {
        LimitReached::Countries { country, allowed } => (
            format!("You may buy numbers of these countries: {allowed}. This one is of {country}"),
            "choose a number of one of them",
        ),
        LimitReached::NumberTypes { number_type, allowed } => (
            format!("You may buy numbers of these types: {allowed}. This one is {number_type}"),
            "choose a number of one of them",
        ),
        LimitReached::MonthlyPrice { price, allowed: Some(allowed) } => (
            format!("You may buy numbers that cost up to {allowed} a month. This one costs {price}"),
            "choose a cheaper number",
        ),
        LimitReached::MonthlyPrice { price, allowed: None } => (
            format!("You may not buy numbers that are paid in {}", price.currency()),
            "pay in another currency",
        ),
        LimitReached::PurchasesPerDay { allowed } => (
            format!("You may buy {} on one day (UTC), and they are bought", counted(allowed.get().into())),
            "buy again tomorrow",
        ),
        LimitReached::Numbers { allowed } => (
            format!("You may hold {}, and you hold or are buying as many", counted(allowed.get().into())),
            "give one back first",
        ),
        LimitReached::Churn { released, allowed } => (
            format!(
                "You have given back {} within {} days, more than the {allowed} that go with what you hold",
                counted(*released),
                UserLimits::CHURN_DAYS
            ),
            "wait until they are longer ago",
        ),
    };
    let detail = format!(
        "{what}. Nothing was charged, and an Idempotency-Key is not used up; {then}, or ask the operator to change the limit."
    );
    let problem = Problem::new(ErrorCode::LimitExceeded, detail).member("limit", reached.name());
    match reached {
        LimitReached::Countries { allowed, .. } => problem.member("allowed", allowed),
        LimitReached::NumberTypes { allowed, .. } => problem.member("allowed", allowed),
        LimitReached::MonthlyPrice { allowed, price } => {
            problem.member("allowed", allowed.map(JsonMoney::from)).member("currency", price.currency())
        }
        LimitReached::PurchasesPerDay { allowed } | LimitReached::Numbers { allowed } => {
            problem.member("allowed", allowed)
        }
        LimitReached::Churn { allowed, .. } => problem.member("allowed", allowed),
    }
}

fn counted(numbers: u64) -> String {
    format!("{numbers} number{}", if numbers == 1 { "" } else { "s" })
}

impl From<LimitsError> for Problem {
    fn from(error: LimitsError) -> Self {
        match error {
            LimitsError::Contended => Self::new(
                ErrorCode::StorageUnavailable,
                "Somebody else is changing these limits at this moment. Nothing was changed by this; look at them, then try \
                 again.",
            )
            .because(error),
            LimitsError::Storage(error) => error.into(),
        }
    }
}
