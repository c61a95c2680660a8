//! What took money of a payment back: its refunds ("The Refund object") and disputes ("The Dispute object").
//!
//! Invariant: all of them or an error. A list is read to its last page, and one that does not end is no answer.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use trunkline_domain::Money;

use super::checkout::field;
use super::failure::Failure;
use super::standing::money;
use super::transport::{Call, Parameter, Transport};
use super::wire::{Dispute, DisputeStatus, List, Refund, RefundStatus};
use crate::{IntentId, Taking, TakingId, TakingKind, TakingStanding};

const PAGE: &str = "100";
/// More pages than any payment has takings: a payment is given back once, in however many parts.
const PAGES_MAX: usize = 10;
/// More pages than a deployment has refunds or disputes in the span of a comparison; a longer span is compared in parts.
const PAGES_OF_A_SPAN_MAX: usize = 100;

/// Everything that took money of a payment.
pub(super) async fn of(
    transport: &Transport,
    intent: &IntentId,
    paid: Money,
) -> Result<Vec<Taking>, Failure> {
    let of_intent = [field("payment_intent", intent.as_str())];
    let (refunds, disputes) = tokio::try_join!(
        all::<Refund>(transport, "refunds", &of_intent, PAGES_MAX),
        all::<Dispute>(transport, "disputes", &of_intent, PAGES_MAX)
    )?;
    let mut takings = Vec::new();
    for Refund { id, amount, currency, status } in refunds {
        if let Some(standing) = of_refund(status)? {
            takings.extend(taking(id, TakingKind::Refund, (amount, &currency), paid, standing)?);
        }
    }
    for dispute in disputes {
        if let Some(standing) = of_dispute(&dispute) {
            let Dispute { id, amount, currency, .. } = dispute;
            takings.extend(taking(id, TakingKind::Dispute, (amount, &currency), paid, standing)?);
        }
    }
    Ok(takings)
}

/// The intents of which a refund or dispute that was made from `from` until before `to`, in whole seconds, took something
/// back; each once. What names no intent was not made by us.
pub(super) async fn between(
    transport: &Transport,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> Result<Vec<IntentId>, Failure> {
    let made = [
        field("created[gte]", from.timestamp().to_string()),
        field("created[lt]", to.timestamp().to_string()),
    ];
    let (refunds, disputes) = tokio::try_join!(
        all::<OfIntent>(transport, "refunds", &made, PAGES_OF_A_SPAN_MAX),
        all::<OfIntent>(transport, "disputes", &made, PAGES_OF_A_SPAN_MAX)
    )?;
    let intents = refunds.into_iter().chain(disputes).filter_map(|taking| taking.payment_intent);
    Ok(intents.collect::<BTreeSet<_>>().into_iter().collect())
}

/// A refund or dispute of which only the payment is of interest.
#[derive(Deserialize)]
struct OfIntent {
    id: TakingId,
    payment_intent: Option<IntentId>,
}

/// `None` for one of nothing.
fn taking(
    id: TakingId,
    kind: TakingKind,
    (number, currency): (i64, &str),
    paid: Money,
    standing: TakingStanding,
) -> Result<Option<Taking>, Failure> {
    let amount = money(number, currency)?;
    if amount.currency() != paid.currency() {
        return Err(Failure::unreadable(format!("{id} is in another currency than its payment")));
    }
    Ok(amount.is_positive().then_some(Taking { id, kind, amount, standing }))
}

/// Where the money of a refund is; `None` where it has not left. One that waits for the customer's bank details has not;
/// one without a status is older than statuses and was made at once.
fn of_refund(status: Option<RefundStatus>) -> Result<Option<TakingStanding>, Failure> {
    match status {
        Some(RefundStatus::Pending | RefundStatus::Succeeded) | None => Ok(Some(TakingStanding::Taken)),
        Some(RefundStatus::Failed | RefundStatus::Canceled) => Ok(Some(TakingStanding::Returned)),
        Some(RefundStatus::RequiresAction) => Ok(None),
        Some(RefundStatus::Unknown) => Err(Failure::unreadable("a refund has a status that is not known")),
    }
}

/// Where the money of a dispute is; `None` where none has left, as in an inquiry. What it moved on the account's balance
/// is believed before its status, which may be ahead of it or behind.
fn of_dispute(dispute: &Dispute) -> Option<TakingStanding> {
    let withdrawn = dispute.balance_transactions.iter().any(|moved| moved.amount < 0);
    if withdrawn && dispute.status != DisputeStatus::Won {
        // Given again in part is not given again, and what is withdrawn once more is taken.
        let left: i64 = dispute.balance_transactions.iter().map(|moved| moved.amount).sum();
        return Some(if left < 0 { TakingStanding::Taken } else { TakingStanding::Returned });
    }
    match dispute.status {
        DisputeStatus::Won => Some(TakingStanding::Returned),
        DisputeStatus::NeedsResponse
        | DisputeStatus::UnderReview
        | DisputeStatus::AppealNeedsResponse
        | DisputeStatus::AppealUnderReview
        | DisputeStatus::Lost => Some(TakingStanding::Taken),
        DisputeStatus::WarningNeedsResponse
        | DisputeStatus::WarningUnderReview
        | DisputeStatus::WarningClosed
        | DisputeStatus::Prevented
        | DisputeStatus::Unknown => withdrawn.then_some(TakingStanding::Taken),
    }
}

/// What a list goes on after.
trait Listed: DeserializeOwned + Send {
    fn id(&self) -> &TakingId;
}

impl Listed for Refund {
    fn id(&self) -> &TakingId {
        &self.id
    }
}

impl Listed for OfIntent {
    fn id(&self) -> &TakingId {
        &self.id
    }
}

impl Listed for Dispute {
    fn id(&self) -> &TakingId {
        &self.id
    }
}

async fn all<T: Listed>(
    transport: &Transport,
    path: &'static str,
    which: &[Parameter],
    pages_max: usize,
) -> Result<Vec<T>, Failure> {
    let mut found: Vec<T> = Vec::new();
    for _ in 0..pages_max {
        let mut query = which.to_vec();
        query.push(field("limit", PAGE));
        if let Some(last) = found.last() {
            query.push(field("starting_after", last.id().as_str()));
        }
        let page: List<T> = transport.send(&Call::read(path, path, query)).await?;
        if page.has_more && page.data.is_empty() {
            return Err(Failure::unreadable("a page of a list is empty and not the last"));
        }
        found.extend(page.data);
        if !page.has_more {
            return Ok(found);
        }
    }
    Err(Failure::unreadable(format!("the list of {path} does not end")))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use TakingStanding::{Returned, Taken};

    #[rstest]
    #[case("\"pending\"", Some(Taken))]
    #[case("\"succeeded\"", Some(Taken))]
    #[case("null", Some(Taken))]
    #[case("\"failed\"", Some(Returned))]
    #[case("\"canceled\"", Some(Returned))]
    #[case("\"requires_action\"", None)]
    fn a_refund_stands_as_its_status_says(#[case] status: &str, #[case] expected: Option<TakingStanding>) {
        assert_eq!(of_refund(serde_json::from_str(status).unwrap()).unwrap(), expected);
    }

    #[test]
    fn a_refund_of_an_unknown_status_is_not_passed_over() {
        assert!(of_refund(serde_json::from_str("\"something_new\"").unwrap()).is_err());
    }

    #[rstest]
    #[case("warning_needs_response", &[], None)]
    #[case("warning_under_review", &[], None)]
    #[case("warning_closed", &[], None)]
    #[case("prevented", &[], None)]
    #[case("needs_response", &[], Some(Taken))]
    #[case("needs_response", &[-2500], Some(Taken))]
    #[case("under_review", &[-2500], Some(Taken))]
    #[case("appeal_needs_response", &[-2500], Some(Taken))]
    #[case("appeal_under_review", &[-2500], Some(Taken))]
    #[case("lost", &[-2500], Some(Taken))]
    #[case("won", &[-2500, 2500], Some(Returned))]
    #[case::won_before_it_is_booked("won", &[-2500], Some(Returned))]
    #[case::given_back_in_part("under_review", &[-2500, 1000], Some(Taken))]
    #[case::withdrawn_once_more("appeal_under_review", &[-2500, 2500, -2500], Some(Taken))]
    #[case::given_back_before_it_is_won("under_review", &[-2500, 2500], Some(Returned))]
    #[case::an_inquiry_that_took("warning_needs_response", &[-2500], Some(Taken))]
    #[case::an_unknown_status_that_took("something_new", &[-2500], Some(Taken))]
    #[case::an_unknown_status("charge_refunded", &[], None)]
    fn a_dispute_stands_as_its_money_and_its_status_say(
        #[case] status: &str,
        #[case] moved: &[i64],
        #[case] expected: Option<TakingStanding>,
    ) {
        let moved: Vec<_> = moved.iter().map(|amount| serde_json::json!({"amount": amount})).collect();
        let dispute = serde_json::json!({
            "id": "du_1", "amount": 2500, "currency": "usd", "status": status, "balance_transactions": moved,
        });
        assert_eq!(of_dispute(&serde_json::from_value(dispute).unwrap()), expected);
    }
}
