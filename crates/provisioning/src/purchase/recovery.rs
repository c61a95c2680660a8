//! Recovery: deciding orders whose opener is gone or does not know. Recovery looks and never buys.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::time::Instant;
use trunkline_alarms::{Alarm, Onset};
use trunkline_domain::{FailureReason, Origin, ReviewReason};
use trunkline_provider::ProviderNumber;

use super::changes::{self, Decider, Failing, backoff};
use crate::ProvisioningSettings;
use crate::calls::Calls;
use crate::engine::{Engine, stored};
use crate::evidence::{LookVerdict, doubt_about};
use crate::mutant::Mutant;
use crate::port::{Authority, ClaimEnd, PurchaseParking, StalledOrder, StoreError, Transition};

/// What to do with a stalled order after a look.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Decision {
    /// It is ours.
    Settle(Box<ProviderNumber>),
    /// It is certainly not ours: absent in two looks, far enough apart and late enough.
    Abort,
    /// Look again later; `first_absent_at` is what is known so far.
    Wait { next_look_in: Duration, first_absent_at: Option<DateTime<Utc>> },
    /// Only a person can tell.
    Refer(ReviewReason, Option<Box<ProviderNumber>>),
}

/// Until when an order waits, and what is known of it by then.
struct Parking {
    next_look_in: Duration,
    first_absent_at: Option<DateTime<Utc>>,
    unanswered: u32,
}

/// Decides what a look proves about a stalled order. `begun` is when the look began, by the store's clock.
///
/// An absent number counts only in looks begun after the purchase can no longer be under way: `send_by`, a request
/// timeout and a margin. Two such looks, a gap apart, the second not before the order may be voided, end the order.
fn decide(
    stalled: &StalledOrder,
    verdict: LookVerdict,
    begun: DateTime<Utc>,
    settings: &ProvisioningSettings,
) -> Decision {
    match verdict {
        LookVerdict::Ours(found) => match doubt_about(&found, &stalled.order) {
            None => Decision::Settle(found),
            Some(reason) => Decision::Refer(reason, Some(found)),
        },
        LookVerdict::Other => Decision::Refer(ReviewReason::StrangeMarker, None),
        LookVerdict::Absent if Mutant::VoidOnFirstAbsent.is_made() => Decision::Abort,
        LookVerdict::Absent => {
            let counts_from = stalled.send_by + delta(settings.request_timeout + settings.settle_margin);
            let void_from = stalled.order.opened_at + delta(settings.void_after);
            if begun < counts_from {
                return Decision::Wait { next_look_in: until(begun, counts_from), first_absent_at: None };
            }
            let first = stalled.first_absent_at.unwrap_or(begun);
            let abort_from = void_from.max(first + delta(settings.look_gap));
            if stalled.first_absent_at.is_some() && begun >= abort_from {
                Decision::Abort
            } else {
                Decision::Wait { next_look_in: until(begun, abort_from), first_absent_at: Some(first) }
            }
        }
    }
}

fn delta(duration: Duration) -> TimeDelta {
    TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX)
}

fn until(from: DateTime<Utc>, to: DateTime<Utc>) -> Duration {
    (to - from).to_std().unwrap_or_default()
}

impl Engine {
    /// Looks for the number of one stalled order and acts on what that proves. A failure to store leaves the order to
    /// the next worker.
    pub(crate) async fn recover_order(&self, stalled: StalledOrder) {
        let (taken_over, mut calls) = (Instant::now(), Calls::default());
        let outcome = match self.try_recover_order(&stalled, taken_over, &mut calls).await {
            // Repeating mends nothing: an operator has to look, or the order would be tried forever.
            Err(StoreError::Broken(why)) => {
                tracing::error!(order.id = %stalled.order.id, why, "an order cannot be brought any further");
                self.refer(&stalled, ReviewReason::AttemptsSpent, None, &calls).await
            }
            outcome => outcome,
        };
        if let Err(error) = outcome {
            let error = &error as &dyn std::error::Error;
            tracing::error!(order.id = %stalled.order.id, error, "an undecided order stays undecided for now");
        }
    }

    async fn try_recover_order(
        &self,
        stalled: &StalledOrder,
        taken_over: Instant,
        calls: &mut Calls,
    ) -> Result<(), StoreError> {
        self.warn_if_old(stalled);
        let order = &stalled.order;
        match self.parts.provider.account() {
            Err(error) => {
                self.note_unasked(calls, &error);
                return self.park_unanswered(stalled, calls).await;
            }
            Ok(account) if account != order.account => {
                return self.refer(stalled, ReviewReason::AccountChanged, None, calls).await;
            }
            Ok(_) => {}
        }
        let begun = stalled.claimed_at + delta(taken_over.elapsed());
        let Ok((verdict, _)) = self.look_for(order, calls).await else {
            return self.park_unanswered(stalled, calls).await;
        };
        match decide(stalled, verdict, begun, &self.settings) {
            Decision::Settle(found) => {
                let origin = Origin::system();
                self.settle(order, &found, Some(stalled.lease), Decider::saga(&origin), calls).await.map(drop)
            }
            Decision::Abort => self.abort_absent(stalled, calls).await,
            Decision::Wait { next_look_in, first_absent_at } => {
                let parking = Parking { next_look_in, first_absent_at, unanswered: 0 };
                self.park(stalled, parking, calls).await
            }
            Decision::Refer(reason, found) => {
                self.refer(stalled, reason, found.as_deref(), calls).await?;
                // The purchase may have been taken for an update of a number of ours: then it is put back.
                if let Some(found) = found {
                    self.restore_settings(&found).await;
                }
                Ok(())
            }
        }
    }

    fn warn_if_old(&self, stalled: &StalledOrder) {
        let age = stalled.claimed_at - stalled.order.opened_at;
        if age > delta(self.settings.alarm_after) {
            let onset =
                Onset::of(Alarm::OrderUndecided, stalled.order.id, "an order is undecided for too long")
                    .with("ageS", age.num_seconds());
            self.parts.alarms.raise(onset);
        }
    }

    async fn abort_absent(&self, stalled: &StalledOrder, calls: &Calls) -> Result<(), StoreError> {
        let failing = Failing {
            authority: Authority::Lease(stalled.lease),
            reason: FailureReason::NeverArrived,
            claim: ClaimEnd::Cool,
        };
        let (origin, ids) = (Origin::system(), self.parts.ids.as_ref());
        let decider = Decider::saga(&origin);
        let change = changes::abort(&stalled.order, failing, decider, calls, ids, self.now());
        match stored(|| self.parts.purchases.abort(&change)).await? {
            Transition::Applied(_) => {
                tracing::info!(order.id = %stalled.order.id, "the number was not bought; the money is free again");
            }
            Transition::Stale(_) => {}
        }
        Ok(())
    }

    /// The provider did not answer: what is known stays, and the next look comes later each time.
    async fn park_unanswered(&self, stalled: &StalledOrder, calls: &Calls) -> Result<(), StoreError> {
        let parking = Parking {
            next_look_in: backoff(self.settings.look_gap, stalled.unanswered),
            first_absent_at: stalled.first_absent_at,
            unanswered: stalled.unanswered.saturating_add(1),
        };
        self.park(stalled, parking, calls).await
    }

    async fn park(&self, stalled: &StalledOrder, parking: Parking, calls: &Calls) -> Result<(), StoreError> {
        let (order, lease, at) = (stalled.order.id, stalled.lease, self.now());
        let Parking { next_look_in, first_absent_at, unanswered } = parking;
        let parking = PurchaseParking { order, lease, next_look_in, first_absent_at, unanswered, at };
        let change = changes::parking(&stalled.order, parking, calls);
        stored(|| self.parts.purchases.park(&change)).await.map(drop)
    }

    async fn refer(
        &self,
        stalled: &StalledOrder,
        reason: ReviewReason,
        found: Option<&ProviderNumber>,
        calls: &Calls,
    ) -> Result<(), StoreError> {
        let onset = Onset::of(Alarm::OrderInReview, stalled.order.id, "an order waits for an operator")
            .with("reason", reason.as_str());
        self.parts.alarms.raise(onset);
        let sid = found.map(|number| number.identity.number.clone());
        let change = changes::referral(&stalled.order, stalled.lease, reason, sid, calls, self.now());
        stored(|| self.parts.purchases.refer(&change)).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{LeaseToken, sample};

    fn stalled(first_absent_at: Option<i64>) -> StalledOrder {
        StalledOrder {
            order: sample::order(),
            lease: LeaseToken::from_i64(2),
            send_by: sample::at(20),
            claimed_at: sample::at(0),
            first_absent_at: first_absent_at.map(sample::at),
            unanswered: 0,
        }
    }

    fn absent(first: Option<i64>, begun: i64) -> Decision {
        decide(&stalled(first), LookVerdict::Absent, sample::at(begun), &sample::settings())
    }

    fn wait(seconds: u64, first: Option<i64>) -> Decision {
        Decision::Wait { next_look_in: Duration::from_secs(seconds), first_absent_at: first.map(sample::at) }
    }

    #[test]
    fn absence_counts_only_after_the_purchase_can_no_longer_be_under_way() {
        assert_eq!(absent(None, 10), wait(30, None));
        assert_eq!(absent(None, 39), wait(1, None));
        assert_eq!(absent(None, 40), wait(260, Some(40)));
    }

    #[test]
    fn the_second_look_is_a_gap_later_and_not_before_the_order_may_be_voided() {
        assert_eq!(absent(Some(40), 60), wait(240, Some(40)));
        assert_eq!(absent(Some(40), 300), Decision::Abort);
        assert_eq!(absent(Some(290), 301), wait(19, Some(290)));
        assert_eq!(absent(Some(290), 320), Decision::Abort);
        assert_eq!(absent(None, 1000), wait(30, Some(1000)), "one look is never enough, however late");
    }

    #[test]
    fn ours_settles_whatever_the_hour_and_strangers_go_to_a_person() {
        let found = Box::new(sample::provider_number());
        let ours = |begun| {
            decide(&stalled(None), LookVerdict::Ours(found.clone()), sample::at(begun), &sample::settings())
        };
        assert_eq!(ours(1), Decision::Settle(found.clone()));
        assert_eq!(ours(100_000), Decision::Settle(found.clone()));
        let other = decide(&stalled(None), LookVerdict::Other, sample::at(1), &sample::settings());
        assert_eq!(other, Decision::Refer(ReviewReason::StrangeMarker, None));
    }

    #[test]
    fn unanswered_looks_come_later_each_time_up_to_ten_gaps() {
        let gap = Duration::from_secs(30);
        let waits: Vec<u64> = (0..6).map(|n| backoff(gap, n).as_secs()).collect();
        assert_eq!(waits, [30, 60, 120, 240, 300, 300]);
    }
}
