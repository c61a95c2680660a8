//! Checkout sessions, and what somebody does on their page.

use crate::{
    flow::{NewIntent, Teller},
    form::Metadata,
    model::{
        Behaviour, Decline, IntentStatus, LineItem, Method, Mode, PaymentStatus, Session, SessionStatus,
        Settlement, SetupIntent,
    },
    refusal::Refusal,
};

/// Who pays when nobody said so.
const SOMEBODY: &str = "payer@example.com";

/// A thing that is to be paid for.
pub(crate) struct NewItem {
    pub(crate) name: String,
    pub(crate) unit_amount: i64,
    pub(crate) quantity: i64,
}

/// What a client asks for.
pub(crate) struct NewSession {
    pub(crate) mode: Mode,
    pub(crate) currency: Option<String>,
    pub(crate) line_items: Vec<NewItem>,
    pub(crate) success_url: String,
    pub(crate) cancel_url: Option<String>,
    pub(crate) client_reference_id: Option<String>,
    pub(crate) customer: Option<String>,
    pub(crate) customer_email: Option<String>,
    pub(crate) metadata: Metadata,
    pub(crate) intent_metadata: Metadata,
    pub(crate) intent_description: Option<String>,
    pub(crate) setup_future_usage: Option<String>,
    pub(crate) payment_method_types: Vec<String>,
    pub(crate) expires_at: i64,
    pub(crate) base: String,
    pub(crate) locale: Option<String>,
    pub(crate) submit_type: Option<String>,
}

impl Teller<'_> {
    /// Makes a session, and tells its identifier.
    pub(crate) fn open_session(&mut self, new: NewSession) -> Result<String, Refusal> {
        self.make_room()?;
        let id = self.books.ids.fresh("cs_test_a1", 56);
        let setup_intent = match new.mode {
            Mode::Payment => None,
            Mode::Setup => Some(self.open_setup(&new)),
        };
        let items = new.line_items.into_iter().map(|item| LineItem {
            id: self.books.ids.object("li_"),
            name: item.name,
            unit_amount: item.unit_amount,
            quantity: item.quantity,
        });
        let line_items = items.collect();
        self.books.sessions.add(Session {
            id: id.clone(),
            created: self.now,
            expires_at: new.expires_at,
            mode: new.mode,
            status: SessionStatus::Open,
            payment_status: match new.mode {
                Mode::Payment => PaymentStatus::Unpaid,
                Mode::Setup => PaymentStatus::NoPaymentRequired,
            },
            currency: new.currency,
            line_items,
            success_url: new.success_url,
            cancel_url: new.cancel_url,
            client_reference_id: new.client_reference_id,
            customer: new.customer,
            customer_email: new.customer_email,
            payer_email: None,
            metadata: new.metadata,
            intent_metadata: new.intent_metadata,
            intent_description: new.intent_description,
            setup_future_usage: new.setup_future_usage,
            payment_method_types: new.payment_method_types,
            payment_intent: None,
            setup_intent,
            base: new.base,
            locale: new.locale,
            submit_type: new.submit_type,
        });
        Ok(id)
    }

    fn open_setup(&mut self, new: &NewSession) -> String {
        let id = self.books.ids.object("seti_");
        self.books.setups.add(SetupIntent {
            id: id.clone(),
            created: self.now,
            customer: new.customer.clone(),
            description: new.intent_description.clone(),
            metadata: new.intent_metadata.clone(),
            payment_method: None,
            payment_method_types: new.payment_method_types.clone(),
            is_canceled: false,
        });
        id
    }

    /// Somebody pays.
    pub(crate) fn pay(&mut self, session_id: &str) -> Result<(), Refusal> {
        let (session, intent) = self.attempt(session_id)?;
        let method = self.new_method(Behaviour::Accept, &session);
        self.succeed(&intent, &method);
        self.finish_page(session_id, PaymentStatus::Paid);
        Ok(())
    }

    /// Somebody tries a card that the bank declines. The page can be tried again.
    pub(crate) fn decline(&mut self, session_id: &str, decline_code: &str) -> Result<(), Refusal> {
        let (session, intent) = self.attempt(session_id)?;
        let method = self.new_method(Behaviour::Decline, &session);
        self.fail(&intent, &method, &Decline::of(decline_code));
        Ok(())
    }

    /// Somebody pays in a way that takes days: the page is done, and the money is not here.
    pub(crate) fn pay_later(
        &mut self,
        session_id: &str,
        settlement: Option<Settlement>,
    ) -> Result<(), Refusal> {
        let (session, intent) = self.attempt(session_id)?;
        let method = self.new_method(Behaviour::Processing, &session);
        self.begin(&intent, &method, settlement);
        self.finish_page(session_id, PaymentStatus::Unpaid);
        Ok(())
    }

    /// Somebody saves a payment method, in setup mode.
    pub(crate) fn save(&mut self, session_id: &str, behaviour: Behaviour) -> Result<(), Refusal> {
        let session = self.open_page(session_id, Mode::Setup)?;
        self.make_room()?;
        let mut method = self.new_method(behaviour, &session);
        method.customer.clone_from(&session.customer);
        if let Some(kept) = self.books.methods.get_mut(&method.id) {
            kept.customer.clone_from(&session.customer);
        }
        if let Some(setup_id) = &session.setup_intent {
            if let Some(setup) = self.books.setups.get_mut(setup_id) {
                setup.payment_method = Some(method.id);
            }
            self.tell_of("setup_intent.succeeded", setup_id);
        }
        self.finish_page(session_id, PaymentStatus::NoPaymentRequired);
        Ok(())
    }

    /// The client, or the admin, ends an open session.
    pub(crate) fn expire(&mut self, session_id: &str) -> Result<(), Refusal> {
        let session = self.books.sessions.get(session_id);
        let session = session.ok_or_else(|| Refusal::no_such("checkout.session", session_id))?;
        if session.status != SessionStatus::Open {
            let message = "Only Checkout Sessions with a status in [\"open\"] can be expired. This Checkout Session has \
                           a status of something else.";
            return Err(Refusal::invalid(None, message.replace("something else", name_of(session.status))));
        }
        self.end_session(session_id);
        Ok(())
    }

    pub(super) fn end_session(&mut self, session_id: &str) {
        let Some(session) = self.books.sessions.get_mut(session_id) else { return };
        session.status = SessionStatus::Expired;
        let (intent, setup) = (session.payment_intent.clone(), session.setup_intent.clone());
        if let Some(intent) = intent.and_then(|id| self.books.intents.get_mut(&id)) {
            intent.status = IntentStatus::Canceled;
            intent.canceled_at = Some(self.now);
        }
        if let Some(setup) = setup.and_then(|id| self.books.setups.get_mut(&id)) {
            setup.is_canceled = true;
        }
        self.tell_of("checkout.session.expired", session_id);
    }

    /// A session whose page can still be used for this.
    pub(crate) fn open_page(&self, session_id: &str, mode: Mode) -> Result<Session, Refusal> {
        let session = self.books.sessions.get(session_id);
        let session = session.ok_or_else(|| Refusal::no_such("checkout.session", session_id))?;
        if session.status != SessionStatus::Open {
            let message = format!("{session_id} is {}, not open", name_of(session.status));
            return Err(Refusal::invalid(None, message));
        }
        if session.mode != mode {
            let needed = match mode {
                Mode::Payment => "a payment",
                Mode::Setup => "saving a payment method",
            };
            return Err(Refusal::invalid(None, format!("{session_id} is not for {needed}")));
        }
        Ok(session.clone())
    }

    /// The open session and its payment intent, which the first attempt makes.
    fn attempt(&mut self, session_id: &str) -> Result<(Session, String), Refusal> {
        let session = self.open_page(session_id, Mode::Payment)?;
        self.make_room()?;
        let intent = match &session.payment_intent {
            Some(intent) => intent.clone(),
            None => self.open_intent(NewIntent::of_session(&session))?,
        };
        if let Some(kept) = self.books.sessions.get_mut(session_id) {
            kept.payment_intent = Some(intent.clone());
        }
        Ok((session, intent))
    }

    /// What somebody typed into the page. It stays with the customer if the session is to save it.
    fn new_method(&mut self, behaviour: Behaviour, session: &Session) -> Method {
        let saved = session.setup_future_usage.is_some() && behaviour != Behaviour::Decline;
        let customer = session.customer.clone().filter(|_| saved);
        let email = self.email_of(session);
        self.add_method(behaviour, customer, Some(email))
    }

    /// Keeps a new payment method.
    pub(crate) fn add_method(
        &mut self,
        behaviour: Behaviour,
        customer: Option<String>,
        email: Option<String>,
    ) -> Method {
        let method = Method {
            id: self.books.ids.object("pm_"),
            created: self.now,
            kind: behaviour.kind(),
            customer,
            email,
            behaviour,
        };
        self.books.methods.add(method.clone());
        method
    }

    fn email_of(&self, session: &Session) -> String {
        let customer = session.customer.as_deref().and_then(|id| self.books.customers.get(id));
        let of_customer = || customer.and_then(|customer| customer.email.clone());
        session.customer_email.clone().or_else(of_customer).unwrap_or_else(|| SOMEBODY.to_owned())
    }

    fn finish_page(&mut self, session_id: &str, payment_status: PaymentStatus) {
        let email = self.books.sessions.get(session_id).map(|session| self.email_of(session));
        if let Some(session) = self.books.sessions.get_mut(session_id) {
            session.status = SessionStatus::Complete;
            session.payment_status = payment_status;
            session.payer_email = email;
        }
        self.tell_of("checkout.session.completed", session_id);
    }
}

pub(crate) const fn name_of(status: SessionStatus) -> &'static str {
    match status {
        SessionStatus::Open => "open",
        SessionStatus::Complete => "complete",
        SessionStatus::Expired => "expired",
    }
}
