//! `POST /v1/checkout/sessions` and `POST /v1/payment_intents`: what they take, within which limits.

use crate::{
    api::{Answered, Desk},
    currency,
    flow::{NewIntent, NewItem, NewSession},
    form::Form,
    model::Mode,
    refusal::Refusal,
};

/// A session can be paid for so long after it was made, in seconds.
const OPEN_S_LEAST: i64 = 30 * 60;
const OPEN_S_MOST: i64 = 24 * 3600;
const LINE_ITEMS_MAX: usize = 100;
const REFERENCE_CHARS_MAX: usize = 200;
const URL_BYTES_MAX: usize = 5_000;
/// Stripe's kinds of payment methods that an account like this one may name.
const METHOD_TYPES: &[&str] = &[
    "acss_debit",
    "afterpay_clearpay",
    "alipay",
    "amazon_pay",
    "au_becs_debit",
    "bacs_debit",
    "bancontact",
    "blik",
    "boleto",
    "card",
    "cashapp",
    "customer_balance",
    "eps",
    "fpx",
    "giropay",
    "grabpay",
    "ideal",
    "klarna",
    "konbini",
    "link",
    "multibanco",
    "oxxo",
    "p24",
    "paynow",
    "paypal",
    "pix",
    "promptpay",
    "revolut_pay",
    "sepa_debit",
    "sofort",
    "swish",
    "upi",
    "us_bank_account",
    "wechat_pay",
];

impl Desk<'_> {
    pub(super) fn create_session(&mut self, mut form: Form) -> Answered {
        let mode = match form.one_of("mode", &["payment", "setup", "subscription"])?.as_deref() {
            Some("payment") => Mode::Payment,
            Some("setup") => Mode::Setup,
            Some(_) => {
                return Err(Refusal::invalid(None, "This simulator has no subscriptions.").about("mode"));
            }
            None => return Err(Refusal::missing_parameter("mode")),
        };
        form.one_of("ui_mode", &["hosted", "hosted_page"])?;
        // Every price here is asked for in one currency, so there is nothing to adapt.
        form.one_of("adaptive_pricing[enabled]", &["true", "false"])?;
        let (currency, line_items) = match mode {
            Mode::Payment => {
                let (currency, items) = line_items(&mut form)?;
                (Some(currency), items)
            }
            Mode::Setup => {
                let currency = form.text("currency")?;
                (currency.map(|text| currency::read(&text, "currency")).transpose()?, Vec::new())
            }
        };
        let (data, setup_future_usage) = match mode {
            Mode::Payment => {
                let usage = "payment_intent_data[setup_future_usage]";
                ("payment_intent_data", form.one_of(usage, &["off_session", "on_session"])?)
            }
            Mode::Setup => ("setup_intent_data", None),
        };
        let customer = self.customer_named(&mut form)?;
        let customer_email = form.text("customer_email")?;
        if customer.is_some() && customer_email.is_some() {
            let message = "You may only specify one of these parameters: customer, customer_email.";
            return Err(Refusal::invalid(None, message));
        }
        let new = NewSession {
            mode,
            currency,
            line_items,
            success_url: address(&mut form, "success_url")?
                .ok_or_else(|| Refusal::missing_parameter("success_url"))?,
            cancel_url: address(&mut form, "cancel_url")?,
            client_reference_id: reference(&mut form)?,
            customer,
            customer_email,
            metadata: form.metadata("metadata")?,
            intent_metadata: form.metadata(&format!("{data}[metadata]"))?,
            intent_description: form.text(&format!("{data}[description]"))?,
            setup_future_usage,
            payment_method_types: allowed_method_types(&mut form)?,
            expires_at: expires_at(&mut form, self.teller.now)?,
            base: self.base.to_owned(),
            locale: form.text("locale")?,
            submit_type: form.one_of("submit_type", &["auto", "book", "donate", "pay", "subscribe"])?,
        };
        form.finish()?;
        let id = self.teller.open_session(new)?;
        self.show("checkout.session", &id)
    }

    pub(super) fn create_intent(&mut self, mut form: Form) -> Answered {
        let amount = form.integer("amount")?.ok_or_else(|| Refusal::missing_parameter("amount"))?;
        let currency = currency::read(&form.required("currency")?, "currency")?;
        currency::check_charge(amount, &currency, "amount")?;
        let customer = self.customer_named(&mut form)?;
        let payment_method = form.text("payment_method")?;
        if let Some(id) = &payment_method {
            self.check_method(id, customer.as_deref())?;
        }
        let (confirm, off_session) = (form.is_true("confirm")?, form.is_true("off_session")?);
        if off_session && !confirm {
            let message = "You can only use off_session when confirm=true.";
            return Err(Refusal::invalid(None, message).about("off_session"));
        }
        form.is_true("error_on_requires_action")?;
        form.is_true("automatic_payment_methods[enabled]")?;
        form.one_of("automatic_payment_methods[allow_redirects]", &["always", "never"])?;
        let new = NewIntent {
            amount,
            currency,
            customer,
            description: form.text("description")?,
            metadata: form.metadata("metadata")?,
            payment_method,
            payment_method_types: method_types(&mut form)?,
            setup_future_usage: form.one_of("setup_future_usage", &["off_session", "on_session"])?,
            session: None,
        };
        form.finish()?;
        if confirm && new.payment_method.is_none() {
            let message = "You cannot confirm this PaymentIntent because it's missing a payment method.";
            return Err(Refusal::invalid(Some("parameter_missing"), message).about("payment_method"));
        }
        let id = self.teller.open_intent(new)?;
        if confirm {
            self.teller.confirm(&id)?;
        }
        self.show("payment_intent", &id)
    }

    pub(super) fn confirm_intent(&mut self, id: &str, mut form: Form) -> Answered {
        let payment_method = form.text("payment_method")?;
        form.is_true("off_session")?;
        form.finish()?;
        let intent =
            self.teller.books.intents.get(id).ok_or_else(|| Refusal::no_such("payment_intent", id))?;
        if let Some(method) = &payment_method {
            self.check_method(method, intent.customer.clone().as_deref())?;
        }
        if let (Some(method), Some(intent)) = (payment_method, self.teller.books.intents.get_mut(id)) {
            intent.payment_method = Some(method);
        }
        self.teller.confirm(id)?;
        self.show("payment_intent", id)
    }

    /// Only its owner's payments can be made with a saved payment method.
    fn check_method(&self, id: &str, customer: Option<&str>) -> Result<(), Refusal> {
        let method = self.teller.books.methods.get(id);
        let method = method.ok_or_else(|| Refusal::names_no("PaymentMethod", id, "payment_method"))?;
        match (method.customer.as_deref(), customer) {
            (Some(owner), Some(customer)) if owner == customer => Ok(()),
            (Some(_), _) => {
                let message = "The provided PaymentMethod belongs to a Customer: include that Customer in the `customer` \
                               parameter of this request.";
                Err(Refusal::invalid(None, message).about("payment_method"))
            }
            (None, _) => {
                let message = "The provided PaymentMethod was previously used without being attached to a Customer, or was \
                               detached from one, and may not be used again.";
                Err(Refusal::invalid(Some("payment_method_unexpected_state"), message)
                    .about("payment_method"))
            }
        }
    }
}

/// The things that are paid for, in one currency, with a sum that Stripe charges.
fn line_items(form: &mut Form) -> Result<(String, Vec<NewItem>), Refusal> {
    let mut currency: Option<String> = None;
    let mut items = Vec::new();
    let mut total = 0_i64;
    while form.has(&format!("line_items[{}]", items.len())) {
        let name = |rest: &str| format!("line_items[{}]{rest}", items.len());
        if items.len() == LINE_ITEMS_MAX {
            let message = format!("There are at most {LINE_ITEMS_MAX} line items.");
            return Err(Refusal::invalid(None, message).about("line_items"));
        }
        let own = currency::read(
            &form.required(&name("[price_data][currency]"))?,
            &name("[price_data][currency]"),
        )?;
        if currency.as_ref().is_some_and(|first| *first != own) {
            let message = "All prices on a Checkout Session must be expressed in the same currency.";
            return Err(Refusal::invalid(None, message).about("line_items"));
        }
        let amount_name = name("[price_data][unit_amount]");
        let amount = form.integer(&amount_name)?.ok_or_else(|| Refusal::missing_parameter(&amount_name))?;
        currency::check_form(amount, &own, &amount_name)?;
        let product = form.required(&name("[price_data][product_data][name]"))?;
        form.text(&name("[price_data][product_data][description]"))?;
        let quantity_name = name("[quantity]");
        let quantity =
            form.integer(&quantity_name)?.ok_or_else(|| Refusal::missing_parameter(&quantity_name))?;
        if !(1..=999_999).contains(&quantity) {
            let message = "This value must be from 1 to 999999.";
            return Err(Refusal::invalid(Some("parameter_invalid_integer"), message).about(&quantity_name));
        }
        total = total.saturating_add(amount.saturating_mul(quantity));
        items.push(NewItem { name: product, unit_amount: amount, quantity });
        currency = Some(own);
    }
    let currency = currency.ok_or_else(|| Refusal::missing_parameter("line_items"))?;
    currency::check_charge(total, &currency, "line_items")?;
    Ok((currency, items))
}

fn address(form: &mut Form, name: &str) -> Result<Option<String>, Refusal> {
    let Some(text) = form.text(name)? else { return Ok(None) };
    let parsed =
        url::Url::parse(&text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    if parsed.is_none() || text.len() > URL_BYTES_MAX {
        return Err(Refusal::invalid(Some("url_invalid"), "Not a valid URL").about(name));
    }
    Ok(Some(text))
}

fn reference(form: &mut Form) -> Result<Option<String>, Refusal> {
    let reference = form.text("client_reference_id")?;
    if reference.as_ref().is_some_and(|text| text.chars().count() > REFERENCE_CHARS_MAX) {
        let message = format!("Invalid string: it must be at most {REFERENCE_CHARS_MAX} characters.");
        return Err(Refusal::invalid(None, message).about("client_reference_id"));
    }
    Ok(reference)
}

/// What a session's page offers. The pinned version names it anew; older ones call it as intents do.
fn allowed_method_types(form: &mut Form) -> Result<Vec<String>, Refusal> {
    let allowed = named_method_types(form, "allowed_payment_method_types")?;
    let older = method_types(form)?;
    Ok(if allowed.is_empty() { older } else { allowed })
}

fn method_types(form: &mut Form) -> Result<Vec<String>, Refusal> {
    let types = named_method_types(form, "payment_method_types")?;
    Ok(if types.is_empty() { vec!["card".to_owned()] } else { types })
}

fn named_method_types(form: &mut Form, name: &str) -> Result<Vec<String>, Refusal> {
    let types = form.list(name);
    if types.iter().any(|known| !METHOD_TYPES.contains(&known.as_str())) {
        return Err(Refusal::none_of(&format!("{name}[0]"), METHOD_TYPES));
    }
    Ok(types)
}

fn expires_at(form: &mut Form, now: i64) -> Result<i64, Refusal> {
    let Some(at) = form.integer("expires_at")? else { return Ok(now + OPEN_S_MOST) };
    let message = if at < now + OPEN_S_LEAST {
        "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation."
    } else if at > now + OPEN_S_MOST {
        "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation."
    } else {
        return Ok(at);
    };
    Err(Refusal::invalid(None, message).about("expires_at"))
}
