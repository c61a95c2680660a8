//! `POST /v1/refunds`.

use crate::{
    api::{Answered, Desk},
    flow::{NewRefund, RefundFate},
    form::Form,
    refusal::Refusal,
};

impl Desk<'_> {
    pub(super) fn create_refund(&mut self, mut form: Form) -> Answered {
        let (intent, charge) = (form.text("payment_intent")?, form.text("charge")?);
        let of = match (intent, charge) {
            (Some(id), None) if self.teller.books.intents.get(&id).is_some() => id,
            (Some(id), None) => return Err(Refusal::names_no("payment_intent", &id, "payment_intent")),
            (None, Some(id)) => id,
            (Some(_), Some(_)) => {
                let message = "You cannot pass both payment_intent and charge.";
                return Err(Refusal::invalid(None, message));
            }
            (None, None) => return Err(Refusal::missing_parameter("payment_intent")),
        };
        let new = NewRefund {
            of,
            amount: form.integer("amount")?,
            reason: form.one_of("reason", &["duplicate", "fraudulent", "requested_by_customer"])?,
            metadata: form.metadata("metadata")?,
            fate: RefundFate::Succeeded,
        };
        form.finish()?;
        let id = self.teller.refund(new)?;
        self.show("refund", &id)
    }
}
