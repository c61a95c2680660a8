//! Customers and their payment methods.

use crate::{
    api::{Answered, Desk},
    form::Form,
    model::Customer,
    refusal::Refusal,
};

impl Desk<'_> {
    pub(super) fn create_customer(&mut self, mut form: Form) -> Answered {
        let (email, name) = (form.text("email")?, form.text("name")?);
        if email.as_ref().is_some_and(|email| !email.contains('@')) {
            let message = format!("Invalid email address: {}", email.unwrap_or_default());
            return Err(Refusal::invalid(Some("email_invalid"), message).about("email"));
        }
        let (description, metadata) = (form.text("description")?, form.metadata("metadata")?);
        form.finish()?;
        self.teller.make_room()?;
        let id = self.teller.books.ids.fresh("cus_", 14);
        let created = self.teller.now;
        let customer = Customer { id: id.clone(), created, email, name, description, metadata };
        self.teller.books.customers.add(customer);
        self.show("customer", &id)
    }

    /// Takes a payment method from its customer. It cannot be charged any more.
    pub(super) fn detach(&mut self, id: &str, form: Form) -> Answered {
        form.finish()?;
        let method = self.teller.books.methods.get_mut(id);
        let method = method.ok_or_else(|| Refusal::no_such("PaymentMethod", id))?;
        if method.customer.take().is_none() {
            let message =
                "The payment method you provided is not attached to a customer so detachment is impossible.";
            return Err(Refusal::invalid(None, message).about("payment_method"));
        }
        self.show("PaymentMethod", id)
    }
}
