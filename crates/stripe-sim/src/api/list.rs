//! Lists: newest first, a page at a time, from after or before an object that the client knows.

use serde_json::{Value, json};

use crate::{
    api::{Answered, Desk},
    flow::name_of,
    form::Form,
    model::{Charge, Customer, Dispute, Event, Method, PaymentIntent, Refund, Session},
    refusal::Refusal,
    table::{Row, Table},
};

const LIMIT_DEFAULT: usize = 10;
const LIMIT_MAX: i64 = 100;

/// The parameters of a page.
struct Page {
    limit: usize,
    starting_after: Option<String>,
    ending_before: Option<String>,
}

impl Page {
    fn read(form: &mut Form) -> Result<Self, Refusal> {
        let limit = match form.integer("limit")? {
            None => LIMIT_DEFAULT,
            Some(limit @ 1..=LIMIT_MAX) => usize::try_from(limit).unwrap_or(LIMIT_DEFAULT),
            Some(limit) => {
                let message = format!("This value must be between 1 and {LIMIT_MAX}, and {limit} is not.");
                return Err(Refusal::invalid(Some("parameter_invalid_integer"), message).about("limit"));
            }
        };
        let (starting_after, ending_before) = (form.text("starting_after")?, form.text("ending_before")?);
        if starting_after.is_some() && ending_before.is_some() {
            let message = "You can only provide one of starting_after and ending_before.";
            return Err(Refusal::invalid(None, message));
        }
        Ok(Self { limit, starting_after, ending_before })
    }

    /// The rows of the page, and whether there are more in its direction.
    fn cut<'t, T: Row>(&self, rows: &[&'t T]) -> Result<(Vec<&'t T>, bool), Refusal> {
        let place = |id: &str, param: &str| {
            rows.iter().position(|row| row.id() == id).ok_or_else(|| Refusal::names_no("object", id, param))
        };
        let (from, to) = match (&self.starting_after, &self.ending_before) {
            (Some(id), _) => (place(id, "starting_after")? + 1, rows.len()),
            (None, Some(id)) => (0, place(id, "ending_before")?),
            (None, None) => (0, rows.len()),
        };
        let part = rows.get(from..to).unwrap_or_default();
        let more = part.len() > self.limit;
        let part = if self.ending_before.is_some() {
            part.get(part.len().saturating_sub(self.limit)..)
        } else {
            part.get(..self.limit.min(part.len()))
        };
        Ok((part.unwrap_or_default().to_vec(), more))
    }
}

/// `created`, as a time or as bounds.
struct Created {
    least: i64,
    most: i64,
}

impl Created {
    fn read(form: &mut Form) -> Result<Self, Refusal> {
        if let Some(exactly) = form.integer("created")? {
            return Ok(Self { least: exactly, most: exactly });
        }
        let least = form.integer("created[gte]")?.unwrap_or(i64::MIN);
        let above = form.integer("created[gt]")?.map_or(i64::MIN, |bound| bound.saturating_add(1));
        let most = form.integer("created[lte]")?.unwrap_or(i64::MAX);
        let below = form.integer("created[lt]")?.map_or(i64::MAX, |bound| bound.saturating_sub(1));
        Ok(Self { least: least.max(above), most: most.min(below) })
    }

    fn has(&self, created: i64) -> bool {
        (self.least..=self.most).contains(&created)
    }
}

/// A page of a table.
fn listed<T: Row>(
    table: &Table<T>,
    url: &str,
    mut form: Form,
    filter: impl Fn(&T) -> bool,
    view: impl Fn(&T) -> Value,
) -> Answered {
    let (page, created) = (Page::read(&mut form)?, Created::read(&mut form)?);
    form.finish()?;
    let rows: Vec<&T> =
        table.newest_first().filter(|row| created.has(row.created()) && filter(row)).collect();
    let (rows, has_more) = page.cut(&rows)?;
    let data: Vec<Value> = rows.into_iter().map(view).collect();
    Ok(json!({ "object": "list", "data": data, "has_more": has_more, "url": url }))
}

/// Whether a filter, if it is given, is met.
fn meets(wanted: Option<&String>, found: Option<&str>) -> bool {
    wanted.is_none_or(|wanted| found == Some(wanted.as_str()))
}

impl Desk<'_> {
    pub(super) fn list_sessions(&self, mut form: Form) -> Answered {
        let (intent, customer) = (form.text("payment_intent")?, form.text("customer")?);
        let status = form.one_of("status", &["open", "complete", "expired"])?;
        let filter = |session: &Session| {
            meets(intent.as_ref(), session.payment_intent.as_deref())
                && meets(customer.as_ref(), session.customer.as_deref())
                && meets(status.as_ref(), Some(name_of(session.status)))
        };
        let sessions = &self.teller.books.sessions;
        listed(sessions, "/v1/checkout/sessions", form, filter, Session::view)
    }

    pub(super) fn list_line_items(&self, id: &str, form: Form) -> Answered {
        form.finish()?;
        let session = self.teller.books.sessions.get(id);
        Ok(session.ok_or_else(|| Refusal::no_such("checkout.session", id))?.line_items_view())
    }

    pub(super) fn list_intents(&self, mut form: Form) -> Answered {
        let customer = form.text("customer")?;
        let filter = |intent: &PaymentIntent| meets(customer.as_ref(), intent.customer.as_deref());
        let intents = &self.teller.books.intents;
        listed(intents, "/v1/payment_intents", form, filter, PaymentIntent::view)
    }

    pub(super) fn list_charges(&self, mut form: Form) -> Answered {
        let (intent, customer) = (form.text("payment_intent")?, form.text("customer")?);
        let filter = |charge: &Charge| {
            meets(intent.as_ref(), Some(&charge.intent))
                && meets(customer.as_ref(), charge.customer.as_deref())
        };
        listed(&self.teller.books.charges, "/v1/charges", form, filter, Charge::view)
    }

    pub(super) fn list_customers(&self, mut form: Form) -> Answered {
        let email = form.text("email")?;
        let filter = |customer: &Customer| meets(email.as_ref(), customer.email.as_deref());
        listed(&self.teller.books.customers, "/v1/customers", form, filter, Customer::view)
    }

    pub(super) fn list_methods(&self, customer: &str, mut form: Form) -> Answered {
        if self.teller.books.customers.get(customer).is_none() {
            return Err(Refusal::no_such("customer", customer));
        }
        let kind = form.text("type")?;
        let filter = |method: &Method| {
            method.customer.as_deref() == Some(customer) && meets(kind.as_ref(), Some(method.kind.name()))
        };
        let url = format!("/v1/customers/{customer}/payment_methods");
        listed(&self.teller.books.methods, &url, form, filter, Method::view)
    }

    pub(super) fn list_refunds(&self, mut form: Form) -> Answered {
        let (intent, charge) = (form.text("payment_intent")?, form.text("charge")?);
        let filter = |refund: &Refund| {
            meets(intent.as_ref(), Some(&refund.intent)) && meets(charge.as_ref(), Some(&refund.charge))
        };
        listed(&self.teller.books.refunds, "/v1/refunds", form, filter, Refund::view)
    }

    pub(super) fn list_disputes(&self, mut form: Form) -> Answered {
        let (intent, charge) = (form.text("payment_intent")?, form.text("charge")?);
        let filter = |dispute: &Dispute| {
            meets(intent.as_ref(), Some(&dispute.intent)) && meets(charge.as_ref(), Some(&dispute.charge))
        };
        listed(&self.teller.books.disputes, "/v1/disputes", form, filter, Dispute::view)
    }

    pub(super) fn list_events(&self, mut form: Form) -> Answered {
        let (kind, kinds) = (form.text("type")?, form.list("types"));
        let filter = |event: &Event| {
            meets(kind.as_ref(), Some(&event.kind)) && (kinds.is_empty() || kinds.contains(&event.kind))
        };
        listed(&self.teller.books.events, "/v1/events", form, filter, |event| event.view(event.pending()))
    }
}
