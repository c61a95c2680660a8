//! The simulated API: from a method and a path to the act, and from its result to an answer.

mod checkout;
mod expand;
mod list;
mod people;
mod refunds;

use serde_json::Value;

use crate::{
    answer::Answer,
    api::expand::{check, expand},
    call::Call,
    flow::{Cause, Teller},
    form::Form,
    model::Balances,
    refusal::Refusal,
    world::World,
};

/// What an endpoint answers.
type Answered = Result<Value, Refusal>;

/// Does what an authenticated request asks for.
pub(crate) fn act(world: &mut World, call: &Call, now: i64) -> Answer {
    let mut form = call.form.clone();
    let paths = form.list("expand");
    let cause = Cause { request: Some(call.id.clone()), idempotency_key: call.idempotency_key.clone() };
    let mut desk = Desk { teller: world.teller(now, cause), base: &call.base };
    let answered = check(&paths).and_then(|()| desk.route(call, form)).and_then(|mut value| {
        let expanded = expand(desk.teller.books, &mut value, &paths);
        // What was asked for has been done by now, so an expansion that does not fit refuses nothing.
        if call.method == "GET" { expanded.map(|()| value) } else { Ok(value) }
    });
    match answered {
        Ok(value) => Answer::of(200, &value),
        Err(refusal) => refusal.answer(),
    }
}

/// Serves one request.
struct Desk<'w> {
    teller: Teller<'w>,
    /// Where pages are.
    base: &'w str,
}

impl Desk<'_> {
    fn route(&mut self, call: &Call, form: Form) -> Answered {
        let path = call.path.strip_prefix("/v1/").unwrap_or_default();
        let segments: Vec<&str> = path.split('/').collect();
        match (call.method.as_str(), segments.as_slice()) {
            ("POST", ["checkout", "sessions"]) => self.create_session(form),
            ("GET", ["checkout", "sessions"]) => self.list_sessions(form),
            ("GET", ["checkout", "sessions", id]) => self.retrieve("checkout.session", "cs_", id, form),
            ("GET", ["checkout", "sessions", id, "line_items"]) => self.list_line_items(id, form),
            ("POST", ["checkout", "sessions", id, "expire"]) => {
                form.finish()?;
                self.teller.expire(id)?;
                self.show("checkout.session", id)
            }
            ("POST", ["payment_intents"]) => self.create_intent(form),
            ("GET", ["payment_intents"]) => self.list_intents(form),
            ("GET", ["payment_intents", id]) => self.retrieve("payment_intent", "pi_", id, form),
            ("POST", ["payment_intents", id, "confirm"]) => self.confirm_intent(id, form),
            ("POST", ["payment_intents", id, "cancel"]) => {
                form.finish()?;
                self.teller.cancel(id)?;
                self.show("payment_intent", id)
            }
            ("POST", ["customers"]) => self.create_customer(form),
            ("GET", ["customers"]) => self.list_customers(form),
            ("GET", ["customers", id]) => self.retrieve("customer", "cus_", id, form),
            ("GET", ["customers", id, "payment_methods"]) => self.list_methods(id, form),
            ("GET", ["payment_methods", id]) => self.retrieve("PaymentMethod", "pm_", id, form),
            ("POST", ["payment_methods", id, "detach"]) => self.detach(id, form),
            ("GET", ["setup_intents", id]) => self.retrieve("setupintent", "seti_", id, form),
            ("GET", ["charges"]) => self.list_charges(form),
            ("GET", ["charges", id]) => self.retrieve("charge", "ch_", id, form),
            ("POST", ["refunds"]) => self.create_refund(form),
            ("GET", ["refunds"]) => self.list_refunds(form),
            ("GET", ["refunds", id]) => self.retrieve("refund", "re_", id, form),
            ("GET", ["disputes"]) => self.list_disputes(form),
            ("GET", ["disputes", id]) => self.retrieve("dispute", "dp_", id, form),
            ("GET", ["balance_transactions", id]) => self.retrieve("balance transaction", "txn_", id, form),
            ("GET", ["events"]) => self.list_events(form),
            ("GET", ["events", id]) => self.retrieve("event", "evt_", id, form),
            ("GET", ["balance"]) => {
                form.finish()?;
                Ok(Balances::of(self.teller.books.transactions.oldest_first()).view())
            }
            (method, _) => Err(Refusal::unrecognized_url(method, &call.path)),
        }
    }

    fn retrieve(&self, noun: &str, prefix: &str, id: &str, form: Form) -> Answered {
        form.finish()?;
        if id.starts_with(prefix) { self.show(noun, id) } else { Err(Refusal::no_such(noun, id)) }
    }

    fn show(&self, noun: &str, id: &str) -> Answered {
        self.teller.books.view(id).ok_or_else(|| Refusal::no_such(noun, id))
    }

    /// An identifier in a parameter, of a customer that there is.
    fn customer_named(&self, form: &mut Form) -> Result<Option<String>, Refusal> {
        match form.text("customer")? {
            Some(id) if self.teller.books.customers.get(&id).is_none() => {
                Err(Refusal::names_no("customer", &id, "customer"))
            }
            id => Ok(id),
        }
    }
}
