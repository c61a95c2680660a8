//! The hand behind the scenes: looks into the simulator, does what payers, banks and operators do, scripts faults and
//! webhooks. The HTTP endpoint `/_sim/` offers the same.

mod script;

use std::sync::Arc;

use serde_json::{Value, json};

use crate::{
    config::SimulatorConfig,
    error::AdminError,
    flow::{Cause, Judgement, NewRefund, RefundFate, Teller},
    form::Metadata,
    model::{
        Balances, Behaviour, Charge, Customer, Dispute, DisputeStatus, Event, Method, Outcome, PaymentIntent,
        Refund, Session, Settlement, SetupIntent, Transaction,
    },
    refusal::Refusal,
    shared::{Release, Shared},
};

/// A handle to a running simulator. Clones reach the same one; after its shutdown they still show the last state.
///
/// Whatever changes an object answers it as Stripe's API would.
#[derive(Clone)]
pub struct Admin {
    shared: Arc<Shared>,
}

impl std::fmt::Debug for Admin {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Admin").finish_non_exhaustive()
    }
}

/// How a payment that is in progress ends by itself, if it does.
pub(crate) fn settle_by_itself(config: &SimulatorConfig, now: i64) -> Option<Settlement> {
    config.settle_after_s.map(|after| Settlement { at: now.saturating_add(after), outcome: Outcome::Succeed })
}

/// What happens with a payment that takes days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PayLater {
    /// It ends by itself after so many seconds of the simulator's time.
    #[serde(rename = "settleAfterS")]
    pub settle_after_s: i64,
    /// How it ends.
    pub outcome: Outcome,
}

/// A dispute to be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DisputeKind {
    /// A real dispute: the money is withdrawn at once.
    NeedsResponse,
    /// An inquiry: the bank asks, and no money moves.
    WarningNeedsResponse,
}

impl Admin {
    pub(crate) const fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// Everything, as JSON: the objects as the API answers them, newest last, the events with what became of telling
    /// them, the webhooks' settings, faults and counters.
    pub fn state(&self) -> Value {
        let now = self.shared.clock.seconds();
        self.shared.with_world(|world| {
            let books = &world.books;
            let events: Vec<Value> = books.events.oldest_first().map(event_view).collect();
            json!({
                "now": now,
                "sessions": books.sessions.oldest_first().map(Session::view).collect::<Vec<_>>(),
                "paymentIntents": books.intents.oldest_first().map(PaymentIntent::view).collect::<Vec<_>>(),
                "charges": books.charges.oldest_first().map(Charge::view).collect::<Vec<_>>(),
                "refunds": books.refunds.oldest_first().map(Refund::view).collect::<Vec<_>>(),
                "disputes": books.disputes.oldest_first().map(Dispute::view).collect::<Vec<_>>(),
                "customers": books.customers.oldest_first().map(Customer::view).collect::<Vec<_>>(),
                "paymentMethods": books.methods.oldest_first().map(Method::view).collect::<Vec<_>>(),
                "setupIntents": books.setups.oldest_first().map(SetupIntent::view).collect::<Vec<_>>(),
                "balanceTransactions": books.transactions.oldest_first().map(Transaction::view).collect::<Vec<_>>(),
                "balance": Balances::of(books.transactions.oldest_first()).view(),
                "events": events,
                "webhooks": world.outbox.view(),
                "faults": world.script.faults(),
                "struck": world.script.struck(),
                "held": self.shared.held.receiver_count(),
                "counters": world.counters,
                "requestCount": world.journal.count(),
                "idempotencyKeys": world.keys.len(),
            })
        })
    }

    /// One object, as the API would answer it.
    pub fn object(&self, id: &str) -> Option<Value> {
        self.shared.with_world(|world| world.books.view(id))
    }

    /// Every event, oldest first, with what became of telling it.
    pub fn events(&self) -> Vec<Value> {
        self.shared.with_world(|world| world.books.events.oldest_first().map(event_view).collect())
    }

    /// Takes back everything: no objects, faults, keys or recorded requests, the clock as the machine's. The settings
    /// of webhooks stay.
    pub fn reset(&self) {
        self.shared.clock.reset();
        self.shared.change(|world| world.reset(&self.shared.config));
        self.shared.held.send_replace(Release::Drop);
        self.shared.save_now();
    }

    /// The simulator's time, in seconds since 1970.
    pub fn now(&self) -> i64 {
        self.shared.clock.seconds()
    }

    /// Moves the simulator's time ahead, and does what has become due by it: sessions expire, payments settle.
    pub fn advance(&self, milliseconds: i64) {
        self.shared.clock.advance(milliseconds);
        self.shared.change(|_| ());
        self.shared.save_now();
    }

    /// Somebody pays on the page of a session.
    pub fn pay(&self, session: &str) -> Result<Value, AdminError> {
        self.act(session, |teller| teller.pay(session))
    }

    /// Somebody tries a card that is declined, with Stripe's decline code. The session stays open.
    pub fn decline(&self, session: &str, decline_code: &str) -> Result<Value, AdminError> {
        self.act(session, |teller| teller.decline(session, decline_code))
    }

    /// Somebody pays in a way that takes days. Without a time it is as the configuration says.
    pub fn pay_later(&self, session: &str, later: Option<PayLater>) -> Result<Value, AdminError> {
        self.act(session, |teller| {
            let settlement = match later {
                Some(later) => Some(Settlement {
                    at: teller.now.saturating_add(later.settle_after_s),
                    outcome: later.outcome,
                }),
                None => settle_by_itself(&self.shared.config, teller.now),
            };
            teller.pay_later(session, settlement)
        })
    }

    /// Somebody saves a payment method on the page of a session in setup mode.
    pub fn save(&self, session: &str, behaviour: Behaviour) -> Result<Value, AdminError> {
        self.act(session, |teller| teller.save(session, behaviour))
    }

    /// Ends an open session.
    pub fn expire(&self, session: &str) -> Result<Value, AdminError> {
        self.act(session, |teller| teller.expire(session))
    }

    /// Ends a payment in progress, of a payment intent or of a session.
    pub fn settle(&self, payment: &str, outcome: Outcome) -> Result<Value, AdminError> {
        self.act(payment, |teller| {
            let intent = teller.intent_meant_by(payment)?;
            teller.settle(&intent, outcome)
        })
    }

    /// Refunds a payment at the dashboard: all that is left, or an amount. `payment` is a payment intent, a session
    /// or a charge.
    pub fn refund(&self, payment: &str, amount: Option<i64>, fate: RefundFate) -> Result<Value, AdminError> {
        let new = NewRefund { of: payment.to_owned(), amount, reason: None, metadata: Metadata::new(), fate };
        self.make(|teller| teller.refund(new))
    }

    /// Ends a pending refund; or has one fail that was believed to be done.
    pub fn settle_refund(&self, refund: &str, outcome: Outcome) -> Result<Value, AdminError> {
        self.act(refund, |teller| teller.settle_refund(refund, outcome))
    }

    /// A bank complains about a payment: all of it, or an amount.
    pub fn dispute(
        &self,
        payment: &str,
        amount: Option<i64>,
        reason: &str,
        kind: DisputeKind,
    ) -> Result<Value, AdminError> {
        let status = match kind {
            DisputeKind::NeedsResponse => DisputeStatus::NeedsResponse,
            DisputeKind::WarningNeedsResponse => DisputeStatus::WarningNeedsResponse,
        };
        self.make(|teller| teller.dispute(payment, amount, reason, status))
    }

    /// The bank decides for the account: the money comes back.
    pub fn win(&self, dispute: &str) -> Result<Value, AdminError> {
        self.act(dispute, |teller| teller.judge(dispute, Judgement::Won))
    }

    /// The bank decides for the payer.
    pub fn lose(&self, dispute: &str) -> Result<Value, AdminError> {
        self.act(dispute, |teller| teller.judge(dispute, Judgement::Lost))
    }

    /// Ends an inquiry, or gives a dispute up.
    pub fn close(&self, dispute: &str) -> Result<Value, AdminError> {
        self.act(dispute, |teller| teller.close_dispute(dispute))
    }

    /// Makes a dispute of an inquiry.
    pub fn escalate(&self, dispute: &str) -> Result<Value, AdminError> {
        self.act(dispute, |teller| teller.escalate(dispute))
    }

    /// Gives a customer a saved payment method, without a page.
    pub fn add_payment_method(&self, customer: &str, behaviour: Behaviour) -> Result<Value, AdminError> {
        self.make(|teller| {
            let known = teller.books.customers.get(customer);
            let email = known.ok_or_else(|| Refusal::no_such("customer", customer))?.email.clone();
            Ok(teller.add_method(behaviour, Some(customer.to_owned()), email).id)
        })
    }

    /// Says what happens when a saved payment method is charged from now on.
    pub fn set_behaviour(&self, method: &str, behaviour: Behaviour) -> Result<Value, AdminError> {
        self.act(method, |teller| {
            let kept = teller.books.methods.get_mut(method);
            kept.ok_or_else(|| Refusal::no_such("PaymentMethod", method))?.behaviour = behaviour;
            Ok(())
        })
    }

    fn act(
        &self,
        id: &str,
        act: impl FnOnce(&mut Teller<'_>) -> Result<(), Refusal>,
    ) -> Result<Value, AdminError> {
        self.make(|teller| act(teller).map(|()| id.to_owned()))
    }

    /// Does something, and shows the object that it is about.
    fn make(
        &self,
        act: impl FnOnce(&mut Teller<'_>) -> Result<String, Refusal>,
    ) -> Result<Value, AdminError> {
        let now = self.shared.clock.seconds();
        let done = self.shared.change(|world| {
            let id = act(&mut world.teller(now, Cause::default()))?;
            Ok::<_, Refusal>(world.books.view(&id).unwrap_or_default())
        });
        self.shared.save_now();
        Ok(done?)
    }
}

/// An event with what became of telling it.
fn event_view(event: &Event) -> Value {
    let mut view = event.view(event.pending());
    view["delivery"] = json!({ "fate": event.fate, "attempts": event.attempts });
    view
}
