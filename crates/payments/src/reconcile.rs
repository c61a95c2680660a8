//! The two books of payments, compared: what the gateway says was paid and taken back, and what is credited here.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio_util::sync::CancellationToken;
use trunkline_alarms::{Alarm, Onset};
use trunkline_domain::{Money, PaymentId};

use crate::alarming::second_payment;
use crate::comparison::missing_takings;
use crate::{
    AssessError, GatewayError, IntentId, Payment, PaymentComparison, PaymentFinding, PaymentKind, PaymentRef,
    PaymentReport, PaymentState, Payments, Progress, Repair,
};

/// How soon a comparison is tried again that came to no end.
const TRIED_AGAIN: Duration = Duration::from_mins(1);

/// How many credited payments are read at a time.
const AT_ONCE: u16 = 200;

/// The span of the comparison that is made again and again: Stripe sends an event for three days.
const WEEK: TimeDelta = TimeDelta::days(7);

/// How long after a dispute its decision is still waited for. Banks take up to three months ("How disputes work").
const DISPUTED_FOR: TimeDelta = TimeDelta::days(120);

/// How long after a refund it can still come back ("Refunds": up to 30 days, and a bank takes its time).
const REFUNDED_FOR: TimeDelta = TimeDelta::days(45);

/// How far the gateway's clock may be from ours.
const APART: TimeDelta = TimeDelta::minutes(1);

/// What the alarm about many credits at once is about.
const ALL_OF_THEM: &str = "payments";

/// How many credits that nobody paid have an alarm each.
const ALARMS_MAX: usize = 10;

impl Payments {
    /// Compares the payments of the last week now and after every interval, and makes good what is missing here, until told to
    /// stop.
    pub async fn compare_again_and_again(&self, interval: Duration, stop: CancellationToken) {
        let comparing = async {
            loop {
                let pause = if self.compare_and_log().await { interval } else { interval.min(TRIED_AGAIN) };
                tokio::time::sleep(pause).await;
            }
        };
        stop.run_until_cancelled(comparing).await;
    }

    /// Compares, and says in the log what comes of it. False where it came to no end.
    async fn compare_and_log(&self) -> bool {
        let compared = self.compare_lately(WEEK, Repair::Missing).await;
        match &compared {
            Ok(comparison) if comparison.finding_count == 0 => {
                let PaymentComparison { reported, credited, .. } = comparison;
                tracing::debug!(reported, credited, "the gateway's payments and ours agree");
            }
            Ok(comparison) => {
                let PaymentComparison { reported, credited, finding_count, .. } = comparison;
                let agrees = comparison.agrees();
                tracing::warn!(
                    reported,
                    credited,
                    finding_count,
                    agrees,
                    "the gateway's payments and ours differed; `trunkline payment compare` names what is left"
                );
            }
            Err(error) => {
                let error = error as &dyn std::error::Error;
                tracing::warn!(
                    error,
                    "the gateway's payments could not be compared with ours; it is tried again, and no top-up is charged before the \
                     first comparison"
                );
            }
        }
        compared.is_ok()
    }

    /// Compares the payments of a span of time up to now, with those of this moment: the gateway counts whole seconds by a clock
    /// of its own.
    pub async fn compare_lately(
        &self,
        span: TimeDelta,
        repair: Repair,
    ) -> Result<PaymentComparison, AssessError> {
        let now = self.clock.now();
        self.compare(now - span, now + APART, repair).await
    }

    /// Compares both books over a span of time: the payments that began at the gateway in it, those of which something was
    /// taken back in it, those whose disputes are not decided, and those that were credited here in it.
    pub async fn compare(
        &self,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
        repair: Repair,
    ) -> Result<PaymentComparison, AssessError> {
        let mut comparison = PaymentComparison::new(from, to);
        let (mut paid, mut seen) = (BTreeSet::new(), BTreeSet::new());
        let mut after = None;
        loop {
            let page = self.gateway.payments_between(from, to, after).await?;
            for report in &page.reports {
                self.compare_report(report, repair, &mut comparison, &mut paid).await?;
            }
            seen.extend(page.reports.into_iter().filter_map(|report| report.intent));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        for intent in self.touched_lately(from, to).await? {
            if !seen.insert(intent.clone()) {
                continue;
            }
            match self.gateway.payment(&PaymentRef::Intent(intent)).await {
                Ok(Some(report)) => self.compare_report(&report, repair, &mut comparison, &mut paid).await?,
                // Another program's on the same account, or one that the account does not know: a credit of it is met below.
                Ok(None) | Err(GatewayError::NotOurs) => {}
                Err(error) => return Err(error.into()),
            }
        }
        self.compare_credits(&paid, &mut comparison).await?;
        match repair {
            Repair::Nothing => {}
            Repair::Missing => {
                self.raise_unpaid(&comparison);
                self.compared.store(true, Ordering::Release);
            }
        }
        Ok(comparison)
    }

    /// An alarm for each credit that nobody paid; and one for all of them where they are many, since then it is rather the
    /// account at the gateway that is another one.
    fn raise_unpaid(&self, comparison: &PaymentComparison) {
        let unpaid = comparison.findings.iter().filter_map(|finding| match finding {
            PaymentFinding::NotPaid { payment, credited, paid, .. } => Some((payment, credited, paid)),
            PaymentFinding::NotCredited { .. }
            | PaymentFinding::PaidTwice { .. }
            | PaymentFinding::NotTaken { .. }
            | PaymentFinding::Unanswered { .. } => None,
        });
        let unpaid: Vec<_> = unpaid.collect();
        if unpaid.len() <= ALARMS_MAX {
            self.agree_about(ALL_OF_THEM);
        } else {
            let sentence = "many credits stand here that the payment gateway says were not paid so: is its account another one?";
            let onset = Onset::of(Alarm::PaymentContradicts, ALL_OF_THEM, sentence);
            return self.raise(onset.with("credits", unpaid.len()));
        }
        for (payment, credited, paid) in unpaid {
            let sentence = "a credit stands here that the payment gateway says was not paid so";
            let onset = Onset::of(Alarm::PaymentContradicts, payment, sentence);
            let paid = paid.map(|paid| paid.to_string());
            self.raise(onset.with("credited", credited.to_string()).with("paid", paid));
        }
    }

    /// Older payments of which something was taken back in the span, or given again since: a dispute comes months after its
    /// payment, and is decided months after that.
    async fn touched_lately(
        &self,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
    ) -> Result<BTreeSet<IntentId>, AssessError> {
        let mut touched: BTreeSet<_> = self.gateway.taken_between(from, to).await?.into_iter().collect();
        let (disputes, refunds) = (to - DISPUTED_FOR, to - REFUNDED_FOR);
        let mut after = None;
        loop {
            let page = self.store.undecided_since(disputes, refunds, after, AT_ONCE).await?;
            touched.extend(page.payments.into_iter().filter_map(|payment| payment.intent));
            after = page.next;
            if after.is_none() {
                return Ok(touched);
            }
        }
    }

    async fn compare_report(
        &self,
        report: &PaymentReport,
        repair: Repair,
        comparison: &mut PaymentComparison,
        agreed: &mut BTreeSet<PaymentId>,
    ) -> Result<(), AssessError> {
        let deployment = self.terms.deployment.to_string();
        let Some(mark) = report.mark.as_ref().filter(|mark| mark.deployment == deployment) else {
            return Ok(());
        };
        comparison.reported += 1;
        let Progress::Paid { amount } = report.progress else {
            return self.compare_waiting(mark.payment, report, repair).await;
        };
        let stored = self.store.payment(mark.payment).await?;
        if let Some(stored) = &stored
            && let (Some(paid), Some(intent)) = (second_payment(stored, report), &report.intent)
        {
            self.compare_second(stored, intent, paid, repair, comparison);
            return Ok(());
        }
        let completed = stored.as_ref().filter(|payment| payment.state == PaymentState::Completed);
        if completed.is_some_and(|payment| payment.paid == Some(amount)) {
            agreed.insert(mark.payment);
            self.agree(mark.payment);
        }
        let missing = missing_takings(report, &self.store.takings(mark.payment).await?);
        if completed.is_some() && missing.is_empty() {
            return Ok(());
        }
        let repaired = match repair {
            Repair::Nothing => false,
            Repair::Missing => self.apply(report).await.is_ok(),
        };
        if completed.is_none() {
            let user = mark.user.clone();
            comparison.add(PaymentFinding::NotCredited {
                payment: mark.payment,
                user,
                paid: amount,
                repaired,
            });
            if repaired {
                agreed.insert(mark.payment);
            }
        }
        for taking in missing {
            let (payment, user) = (mark.payment, mark.user.clone());
            let (taking, amount) = (taking.id.clone(), taking.amount);
            comparison.add(PaymentFinding::NotTaken { payment, user, taking, amount, repaired });
        }
        Ok(())
    }

    /// What was paid a second time is a finding until it is taken back.
    fn compare_second(
        &self,
        stored: &Payment,
        intent: &IntentId,
        paid: Money,
        repair: Repair,
        comparison: &mut PaymentComparison,
    ) {
        if !paid.is_positive() {
            return self.not_twice_any_more(intent);
        }
        match repair {
            Repair::Nothing => {}
            Repair::Missing => self.paid_twice(stored, intent, paid),
        }
        let (payment, user, intent) = (stored.id, stored.user.clone(), intent.clone());
        comparison.add(PaymentFinding::PaidTwice { payment, user, intent, paid });
    }

    /// A charge without a page that still waits for somebody while its payment has ended: nobody may pay it any more.
    async fn compare_waiting(
        &self,
        payment: PaymentId,
        report: &PaymentReport,
        repair: Repair,
    ) -> Result<(), AssessError> {
        if (report.progress, repair, &report.session) != (Progress::Open, Repair::Missing, &None) {
            return Ok(());
        }
        let stored = self.store.payment(payment).await?;
        if stored.is_some_and(|stored| stored.kind == PaymentKind::TopUp && stored.state.is_ended())
            && let Err(error) = self.apply(report).await
        {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(payment.id = %payment, error, "a charge that waits for somebody was not ended; it is tried again");
        }
        Ok(())
    }

    async fn compare_credits(
        &self,
        agreed: &BTreeSet<PaymentId>,
        comparison: &mut PaymentComparison,
    ) -> Result<(), AssessError> {
        let mut after = None;
        loop {
            let page = self.store.credited_between(comparison.from, comparison.to, after, AT_ONCE).await?;
            for payment in &page.payments {
                comparison.credited += 1;
                if !agreed.contains(&payment.id) {
                    self.compare_credit(payment, comparison).await;
                }
            }
            after = page.next;
            if after.is_none() {
                return Ok(());
            }
        }
    }

    /// A credit that the gateway's list did not confirm, because it began before the span or is not there.
    async fn compare_credit(&self, payment: &Payment, comparison: &mut PaymentComparison) {
        let Some(credited) = payment.paid else { return };
        let of = payment.intent.clone().map(PaymentRef::Intent).or_else(|| payment.reference());
        let report = match of {
            None => Ok(None),
            Some(of) => self.gateway.payment(&of).await,
        };
        let Ok(report) = report else {
            return comparison.add(PaymentFinding::Unanswered { payment: payment.id });
        };
        let is_theirs = |report: &PaymentReport| {
            report.mark.as_ref().is_some_and(|mark| mark.payment == payment.id && mark.user == payment.user)
        };
        let paid = match report.filter(is_theirs).map(|report| report.progress) {
            Some(Progress::Paid { amount }) => Some(amount),
            None | Some(Progress::Open | Progress::Processing | Progress::Failed | Progress::Expired) => None,
        };
        if paid == Some(credited) {
            return self.agree(payment.id);
        }
        let user = payment.user.clone();
        comparison.add(PaymentFinding::NotPaid { payment: payment.id, user, credited, paid });
    }
}
