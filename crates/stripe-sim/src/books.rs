//! Everything that the simulated account holds. It is what a state file keeps; what is due by the clock, and who is
//! told of it, is the teller's.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    ids::Ids,
    model::{
        Charge, Customer, Dispute, Event, IntentStatus, Method, PaymentIntent, Refund, Session,
        SessionStatus, SetupIntent, Transaction,
    },
    table::Table,
};

/// The objects.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Books {
    pub(crate) ids: Ids,
    pub(crate) sessions: Table<Session>,
    pub(crate) intents: Table<PaymentIntent>,
    pub(crate) charges: Table<Charge>,
    pub(crate) refunds: Table<Refund>,
    pub(crate) disputes: Table<Dispute>,
    pub(crate) customers: Table<Customer>,
    pub(crate) methods: Table<Method>,
    pub(crate) setups: Table<SetupIntent>,
    pub(crate) events: Table<Event>,
    pub(crate) transactions: Table<Transaction>,
}

impl Books {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            ids: Ids::new(seed),
            sessions: Table::default(),
            intents: Table::default(),
            charges: Table::default(),
            refunds: Table::default(),
            disputes: Table::default(),
            customers: Table::default(),
            methods: Table::default(),
            setups: Table::default(),
            events: Table::default(),
            transactions: Table::default(),
        }
    }

    /// How many objects there are, events left out: of those the oldest are forgotten.
    pub(crate) fn len(&self) -> usize {
        self.sessions.len()
            + self.intents.len()
            + self.charges.len()
            + self.refunds.len()
            + self.disputes.len()
            + self.customers.len()
            + self.methods.len()
            + self.setups.len()
            + self.transactions.len()
    }

    /// The view of any object, which its identifier's beginning tells the kind of.
    pub(crate) fn view(&self, id: &str) -> Option<Value> {
        let (prefix, _) = id.split_once('_')?;
        match prefix {
            "cs" => self.sessions.get(id).map(Session::view),
            "pi" => self.intents.get(id).map(PaymentIntent::view),
            "ch" => self.charges.get(id).map(Charge::view),
            "re" => self.refunds.get(id).map(Refund::view),
            "dp" => self.disputes.get(id).map(Dispute::view),
            "cus" => self.customers.get(id).map(Customer::view),
            "pm" => self.methods.get(id).map(Method::view),
            "seti" => self.setups.get(id).map(SetupIntent::view),
            "txn" => self.transactions.get(id).map(Transaction::view),
            "evt" => self.events.get(id).map(|event| event.view(event.pending())),
            _ => None,
        }
    }

    /// When the next thing happens by itself, if nobody does anything before.
    pub(crate) fn next_due(&self) -> Option<i64> {
        let sessions = self.sessions.oldest_first().filter(|session| session.status == SessionStatus::Open);
        let intents = self.intents.oldest_first().filter(|intent| intent.status == IntentStatus::Processing);
        let settlements = intents.filter_map(|intent| intent.settlement.map(|settlement| settlement.at));
        sessions.map(|session| session.expires_at).chain(settlements).min()
    }
}
