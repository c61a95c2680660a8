//! Payment intents: attempts to take money, with an end at once or days later.

use crate::{
    flow::Teller,
    form::Metadata,
    model::{
        Behaviour, Charge, ChargeStatus, Decline, IntentStatus, Method, Outcome, PaymentIntent,
        PaymentStatus, Session, Settlement,
    },
    refusal::Refusal,
};

/// Stripe's fee, in thousandths of the amount, and what comes on top.
const FEE_THOUSANDTHS: i64 = 29;
const FEE_FIXED: i64 = 30;

/// What a client asks for.
pub(crate) struct NewIntent {
    pub(crate) amount: i64,
    pub(crate) currency: String,
    pub(crate) customer: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) metadata: Metadata,
    pub(crate) payment_method: Option<String>,
    pub(crate) payment_method_types: Vec<String>,
    pub(crate) setup_future_usage: Option<String>,
    pub(crate) session: Option<String>,
}

impl NewIntent {
    /// The payment that a page asks for.
    pub(super) fn of_session(session: &Session) -> Self {
        Self {
            amount: session.amount().unwrap_or_default(),
            currency: session.currency.clone().unwrap_or_default(),
            customer: session.customer.clone(),
            description: session.intent_description.clone(),
            metadata: session.intent_metadata.clone(),
            payment_method: None,
            payment_method_types: session.payment_method_types.clone(),
            setup_future_usage: session.setup_future_usage.clone(),
            session: Some(session.id.clone()),
        }
    }
}

impl Teller<'_> {
    /// Makes a payment intent, which takes no money yet.
    pub(crate) fn open_intent(&mut self, new: NewIntent) -> Result<String, Refusal> {
        self.make_room()?;
        let id = self.books.ids.object("pi_");
        let status = if new.payment_method.is_some() {
            IntentStatus::RequiresConfirmation
        } else {
            IntentStatus::RequiresPaymentMethod
        };
        self.books.intents.add(PaymentIntent {
            id: id.clone(),
            created: self.now,
            amount: new.amount,
            currency: new.currency,
            customer: new.customer,
            description: new.description,
            metadata: new.metadata,
            status,
            payment_method: new.payment_method,
            payment_method_types: new.payment_method_types,
            setup_future_usage: new.setup_future_usage,
            latest_charge: None,
            last_error: None,
            canceled_at: None,
            session: new.session,
            settlement: None,
        });
        Ok(id)
    }

    /// Charges the saved payment method of an intent without its owner. A decline is a refusal that leaves the intent
    /// and its failed charge behind, and tells of it.
    pub(crate) fn confirm(&mut self, intent_id: &str) -> Result<(), Refusal> {
        let intent = self.books.intents.get(intent_id).cloned();
        let intent = intent.ok_or_else(|| Refusal::no_such("payment_intent", intent_id))?;
        let method = match (intent.status, intent.payment_method.as_deref()) {
            (IntentStatus::RequiresConfirmation | IntentStatus::RequiresPaymentMethod, Some(id)) => {
                self.books.methods.get(id).cloned()
            }
            (IntentStatus::RequiresPaymentMethod, None) => None,
            (IntentStatus::Processing | IntentStatus::Succeeded | IntentStatus::Canceled, _)
            | (IntentStatus::RequiresConfirmation, None) => {
                let message = "This PaymentIntent's payment_method could not be updated because it has a status in \
                               which it cannot be confirmed.";
                return Err(Refusal::invalid(Some("payment_intent_unexpected_state"), message));
            }
        };
        let Some(method) = method else {
            let message = "You cannot confirm this PaymentIntent because it's missing a payment method.";
            return Err(Refusal::invalid(Some("payment_intent_unexpected_state"), message));
        };
        match (method.behaviour, method.behaviour.decline_code()) {
            (_, Some(decline_code)) => {
                let decline = Decline::of(decline_code);
                self.fail(intent_id, &method, &decline);
                Err(self.refusal_of(intent_id, &method, &decline))
            }
            (Behaviour::Processing, None) => {
                self.begin(intent_id, &method, None);
                Ok(())
            }
            (_, None) => {
                self.succeed(intent_id, &method);
                Ok(())
            }
        }
    }

    /// Ends an intent for good, so that nobody can pay it any more. What is paid or on its way cannot be cancelled.
    pub(crate) fn cancel(&mut self, intent_id: &str) -> Result<(), Refusal> {
        let now = self.now;
        let intent = self.books.intents.get_mut(intent_id);
        let intent = intent.ok_or_else(|| Refusal::no_such("payment_intent", intent_id))?;
        match intent.status {
            IntentStatus::RequiresPaymentMethod | IntentStatus::RequiresConfirmation => {
                intent.status = IntentStatus::Canceled;
                intent.canceled_at = Some(now);
            }
            IntentStatus::Processing | IntentStatus::Succeeded | IntentStatus::Canceled => {
                let message = "You cannot cancel this PaymentIntent because it has a status in which it cannot be canceled.";
                return Err(Refusal::invalid(Some("payment_intent_unexpected_state"), message));
            }
        }
        self.tell_of("payment_intent.canceled", intent_id);
        Ok(())
    }

    /// Stripe's answer to a declined payment, with the payment intent in it.
    fn refusal_of(&self, intent_id: &str, method: &Method, decline: &Decline) -> Refusal {
        let code = match decline.code.as_str() {
            "authentication_required" => "authentication_required",
            "expired_card" => "expired_card",
            _ => "card_declined",
        };
        let mut refusal =
            Refusal::declined(code, &decline.reason, &decline.message).with("payment_method", method.view());
        if let Some(intent) = self.books.intents.get(intent_id) {
            refusal = refusal
                .with("payment_intent", intent.view())
                .with("charge", intent.latest_charge.clone().into());
        }
        refusal
    }

    /// The money comes at once.
    pub(super) fn succeed(&mut self, intent_id: &str, method: &Method) {
        if let Some(charge) = self.add_charge(intent_id, method, ChargeStatus::Pending, None) {
            self.complete(intent_id, &charge);
        }
    }

    /// The bank says no.
    pub(super) fn fail(&mut self, intent_id: &str, method: &Method, decline: &Decline) {
        self.add_charge(intent_id, method, ChargeStatus::Failed, Some(decline.clone()));
        self.note_failure(intent_id, decline);
    }

    /// The money is on its way, and comes in days or never.
    pub(super) fn begin(&mut self, intent_id: &str, method: &Method, settlement: Option<Settlement>) {
        self.add_charge(intent_id, method, ChargeStatus::Pending, None);
        if let Some(intent) = self.books.intents.get_mut(intent_id) {
            intent.status = IntentStatus::Processing;
            intent.settlement = settlement;
        }
    }

    /// Ends a payment that was on its way.
    pub(crate) fn settle(&mut self, intent_id: &str, outcome: Outcome) -> Result<(), Refusal> {
        let intent = self.books.intents.get(intent_id).cloned();
        let intent = intent.ok_or_else(|| Refusal::no_such("payment_intent", intent_id))?;
        let (IntentStatus::Processing, Some(charge)) = (intent.status, intent.latest_charge) else {
            return Err(Refusal::invalid(
                None,
                format!("{intent_id} is not being processed: there is nothing to settle"),
            ));
        };
        match outcome {
            Outcome::Succeed => self.complete(intent_id, &charge),
            Outcome::Fail => {
                let decline = Decline::of("payment_failed");
                if let Some(charge) = self.books.charges.get_mut(&charge) {
                    charge.status = ChargeStatus::Failed;
                    charge.failure = Some(decline.clone());
                }
                self.note_failure(intent_id, &decline);
            }
        }
        if let Some(session) = intent.session {
            let (payment_status, kind) = match outcome {
                Outcome::Succeed => (PaymentStatus::Paid, "checkout.session.async_payment_succeeded"),
                Outcome::Fail => (PaymentStatus::Unpaid, "checkout.session.async_payment_failed"),
            };
            if let Some(session) = self.books.sessions.get_mut(&session) {
                session.payment_status = payment_status;
            }
            self.tell_of(kind, &session);
        }
        Ok(())
    }

    fn add_charge(
        &mut self,
        intent_id: &str,
        method: &Method,
        status: ChargeStatus,
        failure: Option<Decline>,
    ) -> Option<String> {
        let id = self.books.ids.object("ch_");
        let intent = self.books.intents.get_mut(intent_id)?;
        intent.latest_charge = Some(id.clone());
        let charge = Charge {
            id: id.clone(),
            created: self.now,
            amount: intent.amount,
            currency: intent.currency.clone(),
            customer: intent.customer.clone(),
            email: method.email.clone(),
            description: intent.description.clone(),
            metadata: intent.metadata.clone(),
            intent: intent_id.to_owned(),
            method: method.id.clone(),
            method_kind: method.kind,
            last4: method.last4(),
            status,
            refunded: 0,
            disputed: false,
            transaction: None,
            failure,
        };
        // Stripe forgets the method of an attempt that failed, so that the next attempt names its own.
        intent.payment_method = (status != ChargeStatus::Failed).then(|| method.id.clone());
        self.books.charges.add(charge);
        Some(id)
    }

    /// The money of a charge has come.
    fn complete(&mut self, intent_id: &str, charge_id: &str) {
        let Some(charge) = self.books.charges.get(charge_id) else { return };
        let (amount, currency) = (charge.amount, charge.currency.clone());
        let fee =
            (amount.saturating_mul(FEE_THOUSANDTHS).saturating_add(500) / 1000).saturating_add(FEE_FIXED);
        let transaction = self.move_money(amount, fee, &currency, ["charge", "charge"], charge_id);
        if let Some(charge) = self.books.charges.get_mut(charge_id) {
            charge.status = ChargeStatus::Succeeded;
            charge.transaction = Some(transaction.id);
        }
        if let Some(intent) = self.books.intents.get_mut(intent_id) {
            intent.status = IntentStatus::Succeeded;
            intent.last_error = None;
            intent.settlement = None;
        }
        self.tell_of("payment_intent.succeeded", intent_id);
    }

    fn note_failure(&mut self, intent_id: &str, decline: &Decline) {
        if let Some(intent) = self.books.intents.get_mut(intent_id) {
            intent.status = IntentStatus::RequiresPaymentMethod;
            intent.payment_method = None;
            intent.last_error = Some(decline.clone());
            intent.settlement = None;
        }
        self.tell_of("payment_intent.payment_failed", intent_id);
    }
}
