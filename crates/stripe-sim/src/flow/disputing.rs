//! Disputes, from the bank's letter to its judgement. They are never a client's doing.

use crate::{
    currency,
    flow::Teller,
    model::{Dispute, DisputeStatus},
    refusal::Refusal,
};

/// What Stripe asks for a dispute, in US cents. Its fees in other currencies are not simulated.
const FEE_USD: i64 = 1500;

/// How a dispute was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Judgement {
    Won,
    Lost,
}

impl Teller<'_> {
    /// A bank complains about a payment: all of it, if no amount is said. A real dispute takes the money with it.
    pub(crate) fn dispute(
        &mut self,
        of: &str,
        amount: Option<i64>,
        reason: &str,
        status: DisputeStatus,
    ) -> Result<String, Refusal> {
        self.make_room()?;
        let charge = self.charge_of(of)?;
        let open = self
            .books
            .disputes
            .oldest_first()
            .any(|dispute| dispute.charge == charge.id && dispute.status.is_open());
        if open || charge.disputed {
            return Err(Refusal::invalid(None, format!("{} has been disputed before", charge.id)));
        }
        let amount = amount.unwrap_or(charge.amount);
        if amount <= 0 || amount > charge.amount {
            let most = currency::written(charge.amount, &charge.currency);
            return Err(Refusal::invalid(None, format!("at most {most} of {} can be disputed", charge.id)));
        }
        let id = self.books.ids.object("dp_");
        self.books.disputes.add(Dispute {
            id: id.clone(),
            created: self.now,
            amount,
            currency: charge.currency,
            charge: charge.id,
            intent: charge.intent,
            reason: reason.to_owned(),
            status,
            transactions: Vec::new(),
        });
        if status.is_inquiry() {
            self.tell_of("charge.dispute.created", &id);
        } else {
            self.withdraw(&id);
            self.tell_of("charge.dispute.created", &id);
            self.tell_of("charge.dispute.funds_withdrawn", &id);
        }
        Ok(id)
    }

    /// An inquiry becomes a dispute.
    pub(crate) fn escalate(&mut self, dispute_id: &str) -> Result<(), Refusal> {
        let dispute = self.open_dispute(dispute_id)?;
        if !dispute.status.is_inquiry() {
            return Err(Refusal::invalid(None, format!("{dispute_id} is no inquiry")));
        }
        if let Some(kept) = self.books.disputes.get_mut(dispute_id) {
            kept.status = DisputeStatus::NeedsResponse;
        }
        self.withdraw(dispute_id);
        self.tell_of("charge.dispute.funds_withdrawn", dispute_id);
        Ok(())
    }

    /// The bank decides a dispute. Won, the money comes back.
    pub(crate) fn judge(&mut self, dispute_id: &str, judgement: Judgement) -> Result<(), Refusal> {
        let dispute = self.open_dispute(dispute_id)?;
        if dispute.status.is_inquiry() {
            let message =
                format!("{dispute_id} is an inquiry: it is closed, or escalated to a dispute first");
            return Err(Refusal::invalid(None, message));
        }
        let status = match judgement {
            Judgement::Won => DisputeStatus::Won,
            Judgement::Lost => DisputeStatus::Lost,
        };
        let reinstated = (judgement == Judgement::Won).then(|| {
            let kind = ["adjustment", "dispute_reversal"];
            self.move_money(dispute.amount, 0, &dispute.currency, kind, dispute_id)
        });
        let is_reinstated = reinstated.is_some();
        if let Some(kept) = self.books.disputes.get_mut(dispute_id) {
            kept.status = status;
            kept.transactions.extend(reinstated);
        }
        if is_reinstated {
            self.tell_of("charge.dispute.funds_reinstated", dispute_id);
        }
        self.tell_of("charge.dispute.closed", dispute_id);
        Ok(())
    }

    /// Ends a dispute without a fight: an inquiry is over, a dispute is lost.
    pub(crate) fn close_dispute(&mut self, dispute_id: &str) -> Result<(), Refusal> {
        let dispute = self.open_dispute(dispute_id)?;
        if !dispute.status.is_inquiry() {
            return self.judge(dispute_id, Judgement::Lost);
        }
        if let Some(kept) = self.books.disputes.get_mut(dispute_id) {
            kept.status = DisputeStatus::WarningClosed;
        }
        self.tell_of("charge.dispute.closed", dispute_id);
        Ok(())
    }

    fn open_dispute(&self, dispute_id: &str) -> Result<Dispute, Refusal> {
        let dispute = self.books.disputes.get(dispute_id);
        let dispute = dispute.ok_or_else(|| Refusal::no_such("dispute", dispute_id))?;
        if dispute.status.is_open() {
            Ok(dispute.clone())
        } else {
            Err(Refusal::invalid(None, format!("{dispute_id} is decided already")))
        }
    }

    /// Stripe takes the money, and its fee, until the bank has decided.
    fn withdraw(&mut self, dispute_id: &str) {
        let Some(dispute) = self.books.disputes.get(dispute_id).cloned() else { return };
        let fee = if dispute.currency == "usd" { FEE_USD } else { 0 };
        let kind = ["adjustment", "dispute"];
        let transaction = self.move_money(-dispute.amount, fee, &dispute.currency, kind, dispute_id);
        if let Some(charge) = self.books.charges.get_mut(&dispute.charge) {
            charge.disputed = true;
        }
        if let Some(kept) = self.books.disputes.get_mut(dispute_id) {
            kept.transactions.push(transaction);
        }
    }
}
