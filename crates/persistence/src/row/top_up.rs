//! Top-ups, the pages on which they are set up, and what their payments charge, as they are stored.

use sqlx::FromRow;
use trunkline_domain::UserId;
use trunkline_payments::{Consent, SavedMethod, TopUp, TopUpSetup, TopUpState, TopUpTerms};

use crate::cell::{Document, Id, Micros, Moment};
use crate::codec::{count, from_json, money, named, parse, parse_optional};
use crate::error::Fault;

/// When to charge, how much, and by which consent.
#[derive(Debug, FromRow)]
struct AgreedRow {
    user_id: String,
    currency: String,
    threshold: Micros,
    amount: Micros,
    monthly_cap: Micros,
    consent_version: i32,
    consented_by: Document,
    consented_at: Moment,
}

impl AgreedRow {
    fn user(&self) -> Result<UserId, Fault> {
        parse("top_up.user_id", &self.user_id)
    }

    fn terms(&self) -> Result<TopUpTerms, Fault> {
        Ok(TopUpTerms {
            threshold: money(self.threshold.0, &self.currency)?,
            amount: money(self.amount.0, &self.currency)?,
            monthly_cap: money(self.monthly_cap.0, &self.currency)?,
        })
    }

    fn consent(&self) -> Result<Consent, Fault> {
        Ok(Consent {
            version: count("top_up.consent_version", self.consent_version.into())?,
            by: from_json("top_up.consented_by", &self.consented_by.0)?,
            at: self.consented_at.time(),
        })
    }
}

/// A top-up.
#[derive(Debug, FromRow)]
pub(crate) struct TopUpRow {
    #[sqlx(flatten)]
    agreed: AgreedRow,
    state: String,
    customer_id: String,
    method_id: Option<String>,
    method_label: Option<String>,
    declines: i32,
    cool_until: Option<Moment>,
    version: i32,
    updated_at: Moment,
}

impl TopUpRow {
    /// Whose it is and in what, for a fault.
    pub(crate) fn name(&self) -> String {
        format!("{}/{}", self.agreed.user_id, self.agreed.currency)
    }

    pub(crate) fn top_up(&self) -> Result<TopUp, Fault> {
        let method = parse_optional("top_up.method_id", self.method_id.as_deref())?;
        let method = match (method, &self.method_label) {
            (Some(id), Some(label)) => Some(SavedMethod {
                customer: parse("top_up.customer_id", &self.customer_id)?,
                id,
                label: label.clone(),
            }),
            _ => None,
        };
        Ok(TopUp {
            user: self.agreed.user()?,
            terms: self.agreed.terms()?,
            state: named("top_up.state", &self.state, TopUpState::from_name)?,
            method,
            consent: self.agreed.consent()?,
            declines: count("top_up.declines", self.declines.into())?,
            cool_until: self.cool_until.map(Moment::time),
            version: count("top_up.version", self.version.into())?,
            updated_at: self.updated_at.time(),
        })
    }
}

/// A page of which nothing has come yet.
#[derive(Debug, FromRow)]
pub(crate) struct TopUpSetupRow {
    id: Id,
    #[sqlx(flatten)]
    agreed: AgreedRow,
    customer_id: String,
    session_id: String,
    expires_at: Moment,
    is_void: bool,
}

impl TopUpSetupRow {
    pub(crate) fn setup(&self) -> Result<TopUpSetup, Fault> {
        Ok(TopUpSetup {
            id: self.id.0,
            user: self.agreed.user()?,
            terms: self.agreed.terms()?,
            customer: parse("top_up_setup.customer_id", &self.customer_id)?,
            session: parse("top_up_setup.session_id", &self.session_id)?,
            consent: self.agreed.consent()?,
            expires_at: self.expires_at.time(),
            is_void: self.is_void,
        })
    }
}

/// What a payment charges.
#[derive(Debug, FromRow)]
pub(crate) struct TopUpChargeRow {
    customer_id: String,
    method_id: String,
    method_label: String,
}

impl TopUpChargeRow {
    pub(crate) fn method(&self) -> Result<SavedMethod, Fault> {
        Ok(SavedMethod {
            customer: parse("top_up_charge.customer_id", &self.customer_id)?,
            id: parse("top_up_charge.method_id", &self.method_id)?,
            label: self.method_label.clone(),
        })
    }
}
