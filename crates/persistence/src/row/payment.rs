//! Payments as they are stored.

use std::cmp::Reverse;

use sqlx::FromRow;
use trunkline_domain::{PaymentId, TransferId};
use trunkline_payments::{Payment, PaymentKind, PaymentPage, PaymentState, StoredTaking, TakingKind};
use trunkline_wallet::{Transaction as Line, TransactionDirection, TransactionStatus};

use crate::cell::{Id, Micros, Moment};
use crate::codec::{money, named, parse, parse_optional};
use crate::error::Fault;
use crate::row::LineRow;
use crate::row::page::cut_page;

/// A payment.
#[derive(Debug, FromRow)]
pub(crate) struct PaymentRow {
    id: Id,
    user_id: String,
    kind: String,
    amount: Micros,
    currency: String,
    description: String,
    state: String,
    session_id: Option<String>,
    intent_id: Option<String>,
    page_url: Option<String>,
    page_expires_at: Option<Moment>,
    paid_amount: Option<Micros>,
    paid_currency: Option<String>,
    decline: Option<String>,
    opened_at: Moment,
    updated_at: Moment,
}

impl PaymentRow {
    pub(crate) fn payment(&self) -> Result<Payment, Fault> {
        let paid = match (self.paid_amount, &self.paid_currency) {
            (Some(amount), Some(currency)) => Some(money(amount.0, currency)?),
            _ => None,
        };
        Ok(Payment {
            id: PaymentId::from_uuid(self.id.0),
            user: parse("payment.user_id", &self.user_id)?,
            kind: named("payment.kind", &self.kind, PaymentKind::from_name)?,
            asked: money(self.amount.0, &self.currency)?,
            state: named("payment.state", &self.state, PaymentState::from_name)?,
            session: parse_optional("payment.session_id", self.session_id.as_deref())?,
            page: parse_optional("payment.page_url", self.page_url.as_deref())?,
            page_expires_at: self.page_expires_at.map(Moment::time),
            intent: parse_optional("payment.intent_id", self.intent_id.as_deref())?,
            paid,
            decline: self.decline.clone(),
            description: self.description.clone(),
            opened_at: self.opened_at.time(),
            updated_at: self.updated_at.time(),
        })
    }

    /// The line that a customer reads of a payment that is not credited.
    pub(crate) fn line(&self) -> Result<Line, Fault> {
        let payment = self.payment()?;
        let is_ended = payment.state.is_ended();
        Ok(Line {
            id: TransferId::from_uuid(self.id.0),
            date: payment.opened_at,
            direction: TransactionDirection::Credit,
            amount: payment.asked,
            description: payment.description,
            status: if is_ended { TransactionStatus::Failed } else { TransactionStatus::Pending },
            number: None,
        })
    }

    /// Each row as a payment.
    pub(crate) fn all(rows: &[Self]) -> Result<Vec<Payment>, Fault> {
        rows.iter().map(Self::payment).collect()
    }

    /// A page of so many, of rows of which one more was asked for.
    pub(crate) fn page(rows: &[Self], limit: u16) -> Result<PaymentPage, Fault> {
        let (payments, next) = cut_page(Self::all(rows)?, limit, |payment| payment.id);
        Ok(PaymentPage { payments, next })
    }
}

/// The lines of a customer's history, newest first: the journal's, and payments that are not credited.
pub(crate) fn newest_first(rows: &[LineRow], payments: &[PaymentRow]) -> Result<Vec<Line>, Fault> {
    let rows = rows.iter().map(LineRow::line);
    let mut lines = rows.chain(payments.iter().map(PaymentRow::line)).collect::<Result<Vec<_>, Fault>>()?;
    lines.sort_by_key(|line| Reverse((line.date, line.id)));
    Ok(lines)
}

/// Something that was taken back of a payment.
#[derive(Debug, FromRow)]
pub(crate) struct TakingRow {
    id: String,
    kind: String,
    amount: Micros,
    currency: String,
    taken_at: Moment,
    returned_at: Option<Moment>,
}

impl TakingRow {
    pub(crate) fn taking(&self) -> Result<StoredTaking, Fault> {
        Ok(StoredTaking {
            id: parse("payment_taking.id", &self.id)?,
            kind: named("payment_taking.kind", &self.kind, TakingKind::from_name)?,
            amount: money(self.amount.0, &self.currency)?,
            taken_at: self.taken_at.time(),
            returned_at: self.returned_at.map(Moment::time),
        })
    }
}
