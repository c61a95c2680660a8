//! What the provider's answers prove about an order. Pure judgements; whoever asked acts on them.

use chrono::{DateTime, TimeDelta, Utc};
use trunkline_domain::{Order, ReviewReason};
use trunkline_provider::{ProviderNumber, Sighting};

use crate::Marker;

/// The provider's clock and its `Date` header are good to about a second each.
const PROVIDER_CLOCK_TOLERANCE: TimeDelta = TimeDelta::seconds(2);

/// How much older than its order a number may be when recovery finds it: the provider's clock may differ from ours.
const RECOVERY_CLOCK_TOLERANCE: TimeDelta = TimeDelta::minutes(5);

/// What a look proves about an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LookVerdict {
    /// The account holds exactly this number under the order's marker.
    Ours(Box<ProviderNumber>),
    /// The account holds exactly this number under any other label.
    Other,
    /// A complete answer lacks the number.
    Absent,
}

/// Judges a look. The provider's filter by number is taken for what it is, a hint: the number is compared exactly.
pub(crate) fn judge_look(sighting: Sighting, order: &Order, marker: Marker) -> LookVerdict {
    match sighting.number {
        None => LookVerdict::Absent,
        Some(number) if number.phone_number != order.phone_number => LookVerdict::Absent,
        Some(number) => {
            let ours = Marker::find_in(&number.friendly_name) == Some(marker);
            if ours && number.identity.account == order.account {
                LookVerdict::Ours(Box::new(number))
            } else {
                LookVerdict::Other
            }
        }
    }
}

/// What a successful answer to a purchase proves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PurchaseVerdict {
    /// Bought now, for this order.
    Bought(Box<ProviderNumber>),
    /// The account owned it before: the provider took the purchase for an update of settings.
    OwnedBefore(Box<ProviderNumber>),
    /// Another number, account or type than was asked. It proves nothing about the order.
    Mismatch(Box<ProviderNumber>),
    /// What was asked, under a label that is not ours. It proves nothing.
    Unlabelled,
}

/// Judges the answer to a purchase. `looked_at` is the provider's clock at the look before it.
pub(crate) fn judge_purchase(
    number: ProviderNumber,
    order: &Order,
    marker: Marker,
    looked_at: DateTime<Utc>,
) -> PurchaseVerdict {
    let asked = number.phone_number == order.phone_number
        && number.identity.account == order.account
        && has_ordered_type(&number, order);
    if !asked {
        PurchaseVerdict::Mismatch(Box::new(number))
    } else if Marker::find_in(&number.friendly_name) != Some(marker) {
        PurchaseVerdict::Unlabelled
    } else if number.date_created + PROVIDER_CLOCK_TOLERANCE < looked_at || was_updated(&number) {
        PurchaseVerdict::OwnedBefore(Box::new(number))
    } else {
        PurchaseVerdict::Bought(Box::new(number))
    }
}

/// Why a number that a look found under the order's marker may all the same not be its purchase: it is of another
/// type, or older than the purchase, which the provider must then have taken for an update. `None` where nothing
/// speaks against it.
pub(crate) fn doubt_about(number: &ProviderNumber, order: &Order) -> Option<ReviewReason> {
    if !has_ordered_type(number, order) {
        Some(ReviewReason::AnswerMismatch)
    } else if number.date_created + RECOVERY_CLOCK_TOLERANCE < order.opened_at || was_updated(number) {
        Some(ReviewReason::OwnedBefore)
    } else {
        None
    }
}

/// Whether a number was changed after the account got it. A purchase of ours makes it and changes nothing, so somebody
/// else got it first, in the moment between our look and our purchase, or has changed it since: a person has to tell.
fn was_updated(number: &ProviderNumber) -> bool {
    number.date_created + PROVIDER_CLOCK_TOLERANCE < number.date_updated
}

fn has_ordered_type(number: &ProviderNumber, order: &Order) -> bool {
    number.number_type.is_none_or(|found| found == order.number_type)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn a_look_tells_ours_from_every_other_label() {
        let (order, marker) = (sample::order(), sample::marker());
        let ours = sample::provider_number();
        let seen = |number: Option<ProviderNumber>| {
            judge_look(Sighting { number, provider_time: sample::at(0) }, &order, marker)
        };
        assert_eq!(seen(None), LookVerdict::Absent);
        assert_eq!(seen(Some(ours.clone())), LookVerdict::Ours(Box::new(ours.clone())));
        for label in ["", "(415) 230-0101", "tl1:1:3", &format!("{} renamed", ours.friendly_name)] {
            let renamed = ProviderNumber { friendly_name: label.to_owned(), ..ours.clone() };
            assert_eq!(seen(Some(renamed)), LookVerdict::Other, "{label}");
        }
        let elsewhere = ProviderNumber { phone_number: "+14152300199".parse().unwrap(), ..ours.clone() };
        assert_eq!(
            seen(Some(elsewhere)),
            LookVerdict::Absent,
            "the provider's filter matches parts of numbers"
        );
        let mut moved = ours;
        moved.identity.account = format!("AC{}", "9".repeat(32)).parse().unwrap();
        assert_eq!(seen(Some(moved)), LookVerdict::Other);
    }

    #[test]
    fn a_number_older_than_the_look_was_owned_before() {
        let (order, marker) = (sample::order(), sample::marker());
        let created =
            |seconds| ProviderNumber { date_created: sample::at(seconds), ..sample::provider_number() };
        let verdict = |number| judge_purchase(number, &order, marker, sample::at(100));
        assert!(matches!(verdict(created(100)), PurchaseVerdict::Bought(_)));
        assert!(matches!(verdict(created(98)), PurchaseVerdict::Bought(_)), "clocks are good to seconds");
        assert!(matches!(verdict(created(97)), PurchaseVerdict::OwnedBefore(_)));
        let bought_between_look_and_purchase =
            ProviderNumber { date_updated: sample::at(105), ..created(101) };
        assert!(matches!(verdict(bought_between_look_and_purchase), PurchaseVerdict::OwnedBefore(_)));
        let other_type = Some(trunkline_domain::NumberType::TollFree);
        let mismatch = ProviderNumber { number_type: other_type, ..created(100) };
        assert_eq!(verdict(mismatch.clone()), PurchaseVerdict::Mismatch(Box::new(mismatch)));
        let unlabelled = ProviderNumber { friendly_name: "(415) 230-0101".to_owned(), ..created(100) };
        assert_eq!(verdict(unlabelled), PurchaseVerdict::Unlabelled);
    }

    #[test]
    fn a_look_believes_numbers_of_the_ordered_type_as_young_as_their_order() {
        let order = sample::order();
        let made = |created, updated| ProviderNumber {
            date_created: sample::at(created),
            date_updated: sample::at(updated),
            ..sample::provider_number()
        };
        let created = |seconds| made(seconds, seconds);
        assert_eq!(doubt_about(&made(10, 12), &order), None);
        assert_eq!(doubt_about(&made(10, 13), &order), Some(ReviewReason::OwnedBefore));
        assert_eq!(doubt_about(&created(-300), &order), None);
        assert_eq!(doubt_about(&created(-301), &order), Some(ReviewReason::OwnedBefore));
        let unsaid = ProviderNumber { number_type: None, ..created(1) };
        assert_eq!(doubt_about(&unsaid, &order), None);
        let mobile = ProviderNumber { number_type: Some(trunkline_domain::NumberType::Mobile), ..created(1) };
        assert_eq!(doubt_about(&mobile, &order), Some(ReviewReason::AnswerMismatch));
    }
}
