//! Checkout sessions: a page on which somebody pays once, or saves a card.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{form::Metadata, model::billing_details, table::Row};

/// A Checkout session.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Session {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) expires_at: i64,
    pub(crate) mode: Mode,
    pub(crate) status: SessionStatus,
    pub(crate) payment_status: PaymentStatus,
    pub(crate) currency: Option<String>,
    pub(crate) line_items: Vec<LineItem>,
    pub(crate) success_url: String,
    pub(crate) cancel_url: Option<String>,
    pub(crate) client_reference_id: Option<String>,
    pub(crate) customer: Option<String>,
    pub(crate) customer_email: Option<String>,
    /// Who paid, as the page was told.
    pub(crate) payer_email: Option<String>,
    pub(crate) metadata: Metadata,
    /// What the payment intent, or the setup intent, will have.
    pub(crate) intent_metadata: Metadata,
    pub(crate) intent_description: Option<String>,
    pub(crate) setup_future_usage: Option<String>,
    pub(crate) payment_method_types: Vec<String>,
    /// Made by the first attempt to pay.
    pub(crate) payment_intent: Option<String>,
    /// Made with the session, in setup mode.
    pub(crate) setup_intent: Option<String>,
    /// Scheme and host of the page, as the client asked for them.
    pub(crate) base: String,
    pub(crate) locale: Option<String>,
    pub(crate) submit_type: Option<String>,
}

/// What the page is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Mode {
    Payment,
    Setup,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SessionStatus {
    Open,
    /// The page has done its part. The money may still be on its way.
    Complete,
    Expired,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PaymentStatus {
    Unpaid,
    Paid,
    NoPaymentRequired,
}

/// A thing that is paid for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LineItem {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) unit_amount: i64,
    pub(crate) quantity: i64,
}

impl Session {
    /// What is to be paid; nothing in setup mode.
    pub(crate) fn amount(&self) -> Option<i64> {
        match self.mode {
            Mode::Payment => Some(self.line_items.iter().map(LineItem::amount).fold(0, i64::saturating_add)),
            Mode::Setup => None,
        }
    }

    /// The address of its page.
    pub(crate) fn page(&self) -> String {
        format!("{}/c/pay/{}", self.base, self.id)
    }

    /// Where the page leads when it has done its part.
    pub(crate) fn success_location(&self) -> String {
        self.success_url.replace("{CHECKOUT_SESSION_ID}", &self.id)
    }

    pub(crate) fn view(&self) -> Value {
        let amount = self.amount();
        let email = self.payer_email.as_deref().or(self.customer_email.as_deref());
        let details = email.is_some().then(|| {
            let mut details = billing_details(email);
            details["tax_exempt"] = json!("none");
            details["tax_ids"] = json!([]);
            details
        });
        let url = (self.status == SessionStatus::Open).then(|| self.page());
        let mut view = json!({
            "id": self.id,
            "object": "checkout.session",
            "amount_subtotal": amount,
            "amount_total": amount,
            "cancel_url": self.cancel_url,
            "client_reference_id": self.client_reference_id,
            "created": self.created,
            "currency": self.currency,
            "customer": self.customer,
            "customer_creation": (self.mode == Mode::Payment && self.customer.is_none()).then_some("if_required"),
            "customer_details": details,
            "customer_email": self.customer_email,
            "expires_at": self.expires_at,
            "livemode": false,
            "locale": self.locale,
            "metadata": self.metadata,
            "mode": self.mode,
            "payment_intent": self.payment_intent,
            "payment_method_types": self.payment_method_types,
            "payment_status": self.payment_status,
            "setup_intent": self.setup_intent,
            "status": self.status,
            "submit_type": self.submit_type,
            "success_url": self.success_url,
            "total_details": amount.map(|_| json!({
                "amount_discount": 0, "amount_shipping": 0, "amount_tax": 0,
            })),
            "ui_mode": "hosted_page",
            "url": url,
        });
        if let Some(fields) = view.as_object_mut() {
            fields.extend(defaults());
        }
        view
    }

    /// The things that are paid for, which an answer shows only when asked to.
    pub(crate) fn line_items_view(&self) -> Value {
        let items: Vec<Value> = self
            .line_items
            .iter()
            .map(|item| item.view(self.currency.as_deref().unwrap_or_default()))
            .collect();
        json!({
            "object": "list",
            "data": items,
            "has_more": false,
            "url": format!("/v1/checkout/sessions/{}/line_items", self.id),
        })
    }
}

/// What this simulator's sessions never have.
fn defaults() -> serde_json::Map<String, Value> {
    const ABSENT: &[&str] = &[
        "adaptive_pricing",
        "after_expiration",
        "allow_promotion_codes",
        "billing_address_collection",
        "client_secret",
        "collected_information",
        "consent",
        "consent_collection",
        "currency_conversion",
        "invoice",
        "invoice_creation",
        "origin_context",
        "payment_link",
        "payment_method_collection",
        "payment_method_configuration_details",
        "payment_method_options",
        "recovered_from",
        "saved_payment_method_options",
        "shipping_address_collection",
        "shipping_cost",
        "subscription",
        "wallet_options",
    ];
    let mut fields: serde_json::Map<String, Value> =
        ABSENT.iter().map(|name| ((*name).to_owned(), Value::Null)).collect();
    fields.insert("automatic_tax".to_owned(), json!({ "enabled": false, "liability": null, "status": null }));
    fields.insert("custom_fields".to_owned(), json!([]));
    fields.insert("shipping_options".to_owned(), json!([]));
    fields.insert("discounts".to_owned(), json!([]));
    fields.insert("phone_number_collection".to_owned(), json!({ "enabled": false }));
    let text = json!({
        "after_submit": null, "shipping_address": null, "submit": null, "terms_of_service_acceptance": null,
    });
    fields.insert("custom_text".to_owned(), text);
    fields
}

impl LineItem {
    pub(crate) const fn amount(&self) -> i64 {
        self.unit_amount.saturating_mul(self.quantity)
    }

    fn view(&self, currency: &str) -> Value {
        let amount = self.amount();
        json!({
            "id": self.id,
            "object": "item",
            "amount_discount": 0,
            "amount_subtotal": amount,
            "amount_tax": 0,
            "amount_total": amount,
            "currency": currency,
            "description": self.name,
            "price": { "object": "price", "currency": currency, "unit_amount": self.unit_amount, "type": "one_time" },
            "quantity": self.quantity,
        })
    }
}

impl Row for Session {
    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> i64 {
        self.created
    }
}
