//! Finding out what came of a charge that was perhaps sent, and ending what waits for somebody.
//!
//! Nothing is in flight for ever: what is found nowhere an hour after it was last perhaps sent is given up, what waits for
//! its owner is ended at the gateway, and about what has not ended after a day an alarm is open.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use trunkline_alarms::{Alarm, Onset};

use super::Sends;
use super::charging::FOUND_WITHIN;
use crate::{
    AssessError, GatewayError, Payment, PaymentKind, PaymentReport, Payments, Progress, REPEAT_WITHIN,
};

/// How far the gateway's clock may be from ours.
const CLOCKS: TimeDelta = TimeDelta::minutes(5);

/// What the alarm is about while the gateway takes no charges at all.
const CHARGES: &str = "charges";

impl Payments {
    /// Looks for a charge that may not be sent again, and gives it up once it can be expected nowhere.
    pub(super) async fn look_for_charge(
        &self,
        payment: &Payment,
        sends: Sends,
    ) -> Result<Option<Payment>, AssessError> {
        match self.find_charge(payment, Some(sends)).await? {
            Some(found) => Ok(Some(found)),
            None if sends.now - sends.last > delta(FOUND_WITHIN) => Ok(Some(self.give_up(payment).await?)),
            None => Ok(None),
        }
    }

    /// Looks for the charge among all that were made since it was first perhaps sent, by its mark, and applies what is found.
    /// More than one is not expected: all are applied, the one that was paid first, and whatever contradicts it raises its
    /// alarm.
    pub(super) async fn find_charge(
        &self,
        payment: &Payment,
        sends: Option<Sends>,
    ) -> Result<Option<Payment>, AssessError> {
        let now = self.clock.now();
        let (from, to) = match sends {
            Some(Sends { first, last, .. }) => {
                (first - CLOCKS, (last + delta(FOUND_WITHIN)).min(now.max(last) + CLOCKS))
            }
            None => (payment.opened_at.min(now) - CLOCKS, now + CLOCKS),
        };
        let mut found = self.gateway.charges_of(payment.id, from, to).await?;
        found.sort_by_key(order);
        let mut found = found.iter();
        let Some(first) = found.next() else { return Ok(None) };
        let after = self.apply(first).await?;
        for further in found {
            if let Err(error) = self.apply(further).await {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(payment.id = %payment.id, error, "a payment has more than one charge");
            }
        }
        Ok(Some(after))
    }

    /// What the gateway says of a top-up's charge, which its owner could still pay, is what it says once that is ended there.
    pub(crate) async fn without_its_owner(
        &self,
        kind: PaymentKind,
        report: &PaymentReport,
    ) -> Result<Option<PaymentReport>, AssessError> {
        let (PaymentKind::TopUp, Progress::Open, Some(intent)) = (kind, report.progress, &report.intent)
        else {
            return Ok(None);
        };
        let ended = self.gateway.cancel_charge(intent).await?;
        if ended.mark != report.mark {
            return Err(AssessError::Contradicts("another payment was ended"));
        }
        if ended.progress == Progress::Open {
            let detail = "a charge can still be paid by its owner".to_owned();
            return Err(GatewayError::OutcomeUnknown { detail, source: None }.into());
        }
        tracing::warn!(intent = %intent, "a charge that waited for somebody was ended at the payment gateway");
        Ok(Some(ended))
    }

    /// After a day something should have ended a charge.
    pub(crate) fn watch_stalled(&self, payment: &Payment, after: Option<&Payment>) {
        if payment.kind != PaymentKind::TopUp || !is_overdue(payment, self.clock.now()) {
            return;
        }
        if after.is_some_and(|after| after.state.is_ended()) {
            return self.alarms.end(Alarm::TopUpStalled, &payment.id.to_string());
        }
        let sentence =
            "an automatic top-up has not ended a day after it began: nothing more is charged for its wallet";
        let onset = Onset::of(Alarm::TopUpStalled, payment.id, sentence);
        self.alarms.raise(onset.with("user", payment.user.as_str()).with("status", payment.state.as_str()));
    }

    /// The gateway refuses a charge, and not because of its card.
    pub(super) fn charges_are_refused(&self, payment: &Payment, error: &GatewayError) {
        tracing::warn!(payment.id = %payment.id, error = error as &dyn std::error::Error, "the payment gateway refused a charge, and not because of its card");
        let sentence =
            "the payment gateway refuses automatic top-ups for a reason of the operator's; no card was asked";
        let onset = Onset::of(Alarm::TopUpStalled, CHARGES, sentence);
        self.alarms.raise(onset.with("payment", payment.id.to_string()).with("refusal", error.to_string()));
    }

    /// It takes one.
    pub(super) fn charges_are_taken(&self) {
        self.alarms.end(Alarm::TopUpStalled, CHARGES);
    }
}

/// What was paid is applied before what was not.
const fn order(report: &PaymentReport) -> u8 {
    match report.progress {
        Progress::Paid { .. } => 0,
        Progress::Processing => 1,
        Progress::Open | Progress::Failed | Progress::Expired => 2,
    }
}

/// Whether something should have ended a charge by now.
fn is_overdue(payment: &Payment, now: DateTime<Utc>) -> bool {
    now - payment.opened_at > delta(REPEAT_WITHIN + FOUND_WITHIN)
}

fn delta(duration: Duration) -> TimeDelta {
    TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX)
}
