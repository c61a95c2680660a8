//! The alarm about a payment of which the gateway says something else than what is stored.

use std::sync::PoisonError;

use trunkline_alarms::{Alarm, Onset};
use trunkline_domain::{Money, PaymentId};

use crate::{
    AssessError, IntentId, Payment, PaymentReport, PaymentState, Payments, Progress, TakingStanding,
};

/// What an intent has brought that is not the one by which the payment was credited, less what was taken back of it; `None`
/// where it is the payment's own, or brought nothing.
pub(crate) fn second_payment(payment: &Payment, report: &PaymentReport) -> Option<Money> {
    let Progress::Paid { amount } = report.progress else { return None };
    let (Some(own), Some(other)) = (&payment.intent, &report.intent) else { return None };
    if payment.state != PaymentState::Completed || own == other {
        return None;
    }
    let stands = report.takings.iter().filter(|taking| taking.standing == TakingStanding::Taken);
    let taken = stands.filter(|taking| taking.amount.currency() == amount.currency());
    let left = taken.fold(amount.micros(), |left, taking| left.saturating_sub(taking.amount.micros()));
    Some(Money::from_micros(left, amount.currency()))
}

impl Payments {
    /// What is credited must be what was paid. A report that says less is perhaps an older one.
    pub(crate) fn compare_amounts(&self, payment: &Payment, report: &PaymentReport) {
        match (payment.paid, report.progress) {
            (Some(credited), Progress::Paid { amount }) if credited != amount => {
                let sentence = "the payment gateway says that another amount was paid than is credited";
                let onset = Onset::of(Alarm::PaymentContradicts, payment.id, sentence);
                self.raise(onset.with("credited", credited.to_string()).with("paid", amount.to_string()));
            }
            (Some(_), Progress::Paid { .. }) => {
                self.agree(payment.id);
            }
            (
                Some(_) | None,
                Progress::Paid { .. }
                | Progress::Open
                | Progress::Processing
                | Progress::Failed
                | Progress::Expired,
            ) => {}
        }
    }

    /// Another intent than the payment's: one that brought no money is none of its affair; one that did was paid twice.
    pub(crate) fn of_another_intent(
        &self,
        payment: Payment,
        report: &PaymentReport,
    ) -> Result<Payment, AssessError> {
        let (Some(second), Some(intent)) = (second_payment(&payment, report), &report.intent) else {
            return Ok(payment);
        };
        if !second.is_positive() {
            self.not_twice_any_more(intent);
            return Ok(payment);
        }
        self.paid_twice(&payment, intent, second);
        Err(AssessError::Contradicts("a second charge of the same payment was paid"))
    }

    /// A customer has paid a second time under the mark of one payment, and nothing of it is in their wallet.
    pub(crate) fn paid_twice(&self, payment: &Payment, second: &IntentId, paid: Money) {
        let sentence = "a payment was paid twice: refund the second one at the payment gateway; nothing of it is credited";
        let onset = Onset::of(Alarm::PaymentContradicts, second, sentence)
            .with("payment", payment.id.to_string())
            .with("user", payment.user.as_str())
            .with("credited_by", payment.intent.as_ref().map(ToString::to_string))
            .with("paid", paid.to_string());
        self.raise(onset);
    }

    /// All of it was taken back there: the alarm is over, whoever raised it.
    pub(crate) fn not_twice_any_more(&self, second: &IntentId) {
        self.contradicted.lock().unwrap_or_else(PoisonError::into_inner).remove(second.as_str());
        self.alarms.end(Alarm::PaymentContradicts, second.as_str());
    }

    /// Nothing is applied, and an operator must look.
    pub(crate) fn contradicted(
        &self,
        report: &PaymentReport,
        what: &'static str,
    ) -> Result<Payment, AssessError> {
        let payment = report.mark.as_ref().map_or_else(String::new, |mark| mark.payment.to_string());
        let sentence =
            "what the payment gateway says of a payment contradicts what is stored; nothing was moved";
        let onset = Onset::of(Alarm::PaymentContradicts, payment, sentence)
            .with("what", what)
            .with("session", report.session.as_ref().map(ToString::to_string))
            .with("intent", report.intent.as_ref().map(ToString::to_string));
        self.raise(onset);
        Err(AssessError::Contradicts(what))
    }

    /// An operator must look.
    pub(crate) fn raise(&self, onset: Onset) {
        self.contradicted.lock().unwrap_or_else(PoisonError::into_inner).insert(onset.subject.clone());
        self.alarms.raise(onset);
    }

    /// Both sides of a payment agree: an alarm that this process has raised about it is over.
    pub(crate) fn agree(&self, payment: PaymentId) {
        self.agree_about(&payment.to_string());
    }

    /// The same of whatever else an alarm is about.
    pub(crate) fn agree_about(&self, subject: &str) {
        if self.contradicted.lock().unwrap_or_else(PoisonError::into_inner).remove(subject) {
            self.alarms.end(Alarm::PaymentContradicts, subject);
        }
    }

    /// An operator has seen that both sides of a payment agree: an alarm about it is over, whoever raised it.
    pub fn end_alarm(&self, payment: PaymentId) {
        self.alarms.end(Alarm::PaymentContradicts, &payment.to_string());
    }
}
