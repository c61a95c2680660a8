//! What happens at Stripe: every change of the books, with the events that tell of it. The API, the hosted page, the
//! admin and the clock all come through here, so that a payment is the same whoever made it.

mod charging;
mod checkout;
mod disputing;
mod refunding;

use serde_json::Value;

pub use self::refunding::RefundFate;
pub(crate) use self::{
    charging::NewIntent,
    checkout::{NewItem, NewSession, name_of},
    disputing::Judgement,
    refunding::NewRefund,
};
use crate::{
    books::Books,
    model::{Event, Fate, IntentStatus, SessionStatus, Settlement, Transaction},
    refusal::Refusal,
    webhook::Outbox,
};

/// Why something happens: events name the request, if it was one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cause {
    pub(crate) request: Option<String>,
    pub(crate) idempotency_key: Option<String>,
}

/// One change, at one moment. Whoever makes a teller holds the lock on everything.
pub(crate) struct Teller<'w> {
    pub(crate) books: &'w mut Books,
    pub(crate) outbox: &'w mut Outbox,
    pub(crate) now: i64,
    pub(crate) cause: Cause,
    pub(crate) api_version: &'w str,
    /// How many objects there may be, and how many events.
    pub(crate) objects_max: usize,
}

impl Teller<'_> {
    /// Refuses to make more when there are too many objects.
    pub(crate) fn make_room(&self) -> Result<(), Refusal> {
        if self.books.len() < self.objects_max { Ok(()) } else { Err(Refusal::full(self.objects_max)) }
    }

    /// Writes an event and has it told.
    fn tell(&mut self, kind: &str, object: Value) {
        let id = self.books.ids.object("evt_");
        let fate = self.outbox.take(&id, kind);
        let event = Event {
            id,
            created: self.now,
            kind: kind.to_owned(),
            object,
            api_version: self.api_version.to_owned(),
            request: self.cause.request.clone(),
            idempotency_key: self.cause.idempotency_key.clone(),
            fate,
            attempts: Vec::new(),
        };
        if self.books.events.len() >= self.objects_max {
            self.books.events.forget_oldest();
        }
        self.books.events.add(event);
    }

    /// Tells of an object as it is now.
    fn tell_of(&mut self, kind: &str, id: &str) {
        if let Some(object) = self.books.view(id) {
            self.tell(kind, object);
        }
    }

    /// Moves money at Stripe.
    fn move_money(
        &mut self,
        amount: i64,
        fee: i64,
        currency: &str,
        kind: [&str; 2],
        source: &str,
    ) -> Transaction {
        let [kind, category] = kind.map(ToOwned::to_owned);
        let transaction = Transaction {
            id: self.books.ids.object("txn_"),
            created: self.now,
            amount,
            fee,
            currency: currency.to_owned(),
            kind,
            category,
            source: source.to_owned(),
        };
        self.books.transactions.add(transaction.clone());
        transaction
    }

    /// Does what the clock says is due. Whether anything was.
    pub(crate) fn keep_time(&mut self) -> bool {
        if self.books.next_due().is_none_or(|due| due > self.now) {
            return false;
        }
        let now = self.now;
        let sessions = self.books.sessions.oldest_first();
        let over: Vec<String> = sessions
            .filter(|session| session.status == SessionStatus::Open && session.expires_at <= now)
            .map(|session| session.id.clone())
            .collect();
        let intents = self.books.intents.oldest_first();
        let due: Vec<(String, Settlement)> = intents
            .filter(|intent| intent.status == IntentStatus::Processing)
            .filter_map(|intent| intent.settlement.map(|settlement| (intent.id.clone(), settlement)))
            .filter(|(_, settlement)| settlement.at <= now)
            .collect();
        for id in &over {
            self.end_session(id);
        }
        for (id, settlement) in due {
            // It is in progress, so it can be settled.
            let _settled = self.settle(&id, settlement.outcome);
        }
        true
    }

    /// Has every event told that was waiting when the simulator ended.
    pub(crate) fn tell_again_what_waited(&mut self) {
        let waiting: Vec<String> = self
            .books
            .events
            .oldest_first()
            .filter(|event| event.fate == Fate::Waiting)
            .map(|event| event.id.clone())
            .collect();
        for id in waiting {
            self.outbox.resend(&id);
        }
    }
}
