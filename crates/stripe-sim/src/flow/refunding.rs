//! Refunds, by the client or by an operator at the dashboard.

use crate::{
    currency,
    flow::Teller,
    form::Metadata,
    model::{Charge, ChargeStatus, Outcome, Refund, RefundStatus},
    refusal::Refusal,
};

/// What somebody asks for.
pub(crate) struct NewRefund {
    /// A charge, or a payment intent whose charge is meant.
    pub(crate) of: String,
    /// All that is left, if it is not said.
    pub(crate) amount: Option<i64>,
    pub(crate) reason: Option<String>,
    pub(crate) metadata: Metadata,
    pub(crate) fate: RefundFate,
}

/// How a refund begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RefundFate {
    /// It is done at once.
    Succeeded,
    /// It waits until it is settled.
    Pending,
    /// The bank sends it back at once.
    Failed,
}

impl Teller<'_> {
    /// Gives money back, and tells the refund's identifier.
    pub(crate) fn refund(&mut self, new: NewRefund) -> Result<String, Refusal> {
        self.make_room()?;
        let charge = self.charge_of(&new.of)?;
        if charge.disputed {
            let message = format!("Charge {} has been charged back; cannot issue a refund.", charge.id);
            return Err(Refusal::invalid(Some("charge_disputed"), message));
        }
        if charge.refundable() == 0 {
            let message = format!("Charge {} has already been refunded.", charge.id);
            return Err(Refusal::invalid(Some("charge_already_refunded"), message));
        }
        let amount = new.amount.unwrap_or_else(|| charge.refundable());
        currency::check_form(amount, &charge.currency, "amount")?;
        if amount == 0 {
            let message = "Invalid positive integer";
            return Err(Refusal::invalid(Some("parameter_invalid_integer"), message).about("amount"));
        }
        if amount > charge.refundable() {
            let message = format!(
                "Refund amount ({}) is greater than unrefunded amount on charge ({})",
                currency::written(amount, &charge.currency),
                currency::written(charge.refundable(), &charge.currency)
            );
            return Err(Refusal::invalid(None, message).about("amount"));
        }
        let id = self.books.ids.object("re_");
        let transaction = self.move_money(-amount, 0, &charge.currency, ["refund", "refund"], &id);
        self.books.refunds.add(Refund {
            id: id.clone(),
            created: self.now,
            amount,
            currency: charge.currency,
            charge: charge.id.clone(),
            intent: charge.intent,
            reason: new.reason,
            metadata: new.metadata,
            status: match new.fate {
                RefundFate::Succeeded => RefundStatus::Succeeded,
                RefundFate::Pending | RefundFate::Failed => RefundStatus::Pending,
            },
            transaction: Some(transaction.id),
            failure_transaction: None,
        });
        self.add_refunded(&charge.id, amount);
        self.tell_of("refund.created", &id);
        self.tell_of("charge.refunded", &charge.id);
        if new.fate == RefundFate::Failed {
            self.settle_refund(&id, Outcome::Fail)?;
        }
        Ok(id)
    }

    /// Ends a pending refund. One that failed brings its money back.
    pub(crate) fn settle_refund(&mut self, refund_id: &str, outcome: Outcome) -> Result<(), Refusal> {
        let refund = self.books.refunds.get(refund_id).cloned();
        let refund = refund.ok_or_else(|| Refusal::no_such("refund", refund_id))?;
        if refund.status != RefundStatus::Pending && outcome == Outcome::Succeed {
            return Err(Refusal::invalid(None, format!("{refund_id} is not pending")));
        }
        if refund.status == RefundStatus::Failed {
            return Err(Refusal::invalid(None, format!("{refund_id} has failed before")));
        }
        match outcome {
            Outcome::Succeed => {
                if let Some(kept) = self.books.refunds.get_mut(refund_id) {
                    kept.status = RefundStatus::Succeeded;
                }
            }
            Outcome::Fail => {
                let back = ["refund_failure", "refund_failure"];
                let transaction = self.move_money(refund.amount, 0, &refund.currency, back, refund_id);
                self.add_refunded(&refund.charge, -refund.amount);
                if let Some(kept) = self.books.refunds.get_mut(refund_id) {
                    kept.status = RefundStatus::Failed;
                    kept.failure_transaction = Some(transaction.id);
                }
            }
        }
        self.tell_of("refund.updated", refund_id);
        if outcome == Outcome::Fail {
            self.tell_of("refund.failed", refund_id);
        }
        Ok(())
    }

    fn add_refunded(&mut self, charge_id: &str, amount: i64) {
        if let Some(charge) = self.books.charges.get_mut(charge_id) {
            charge.refunded = charge.refunded.saturating_add(amount);
        }
    }

    /// The successful charge that is meant by its own identifier, or its intent's or session's.
    pub(super) fn charge_of(&self, id: &str) -> Result<Charge, Refusal> {
        let intent_id = self.intent_meant_by(id)?;
        let charge_id = match self.books.intents.get(&intent_id) {
            Some(intent) => intent.latest_charge.clone().unwrap_or_default(),
            None if intent_id.starts_with("ch_") && self.books.charges.get(&intent_id).is_some() => intent_id,
            None if intent_id.starts_with("ch_") => return Err(Refusal::names_no("charge", id, "charge")),
            None => return Err(Refusal::names_no("payment_intent", id, "payment_intent")),
        };
        match self.books.charges.get(&charge_id) {
            Some(charge) if charge.status == ChargeStatus::Succeeded => Ok(charge.clone()),
            _ => {
                let message = format!("{id} does not have a successful charge.");
                Err(Refusal::invalid(Some("payment_intent_unexpected_state"), message))
            }
        }
    }

    /// The payment intent of a session on which somebody tried to pay; anything else stands for itself.
    pub(crate) fn intent_meant_by(&self, id: &str) -> Result<String, Refusal> {
        match self.books.sessions.get(id) {
            None => Ok(id.to_owned()),
            Some(session) => session
                .payment_intent
                .clone()
                .ok_or_else(|| Refusal::invalid(None, format!("Nobody has tried to pay on {id}."))),
        }
    }
}
