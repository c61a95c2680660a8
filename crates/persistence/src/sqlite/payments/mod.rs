//! The port of payments.

mod assess;
mod open;
mod reading;

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use trunkline_domain::{Change, PaymentId, UserId};
use trunkline_payments::{
    Assessment, AssessmentAnswer, OpeningAnswer, PageNoted, Payment, PaymentOpening, PaymentPage, PaymentRef,
    PaymentStore, StoredTaking,
};
use trunkline_wallet::WalletStoreError;

use self::open::HandOutDue;
pub(super) use self::open::insert;
use super::SqliteStore;
use super::writer::Transaction;
use crate::codec::text;
use crate::columns::payment_columns;
use crate::error::Fault;
use crate::row::PaymentRow;

#[async_trait]
impl PaymentStore for SqliteStore {
    async fn open(&self, change: &Change<PaymentOpening>) -> Result<OpeningAnswer, WalletStoreError> {
        Ok(self.writer.write(change.clone()).await?)
    }

    async fn note_page(&self, change: &Change<PageNoted>) -> Result<Payment, WalletStoreError> {
        Ok(self.writer.write(change.clone()).await?)
    }

    async fn assess(&self, change: &Change<Assessment>) -> Result<AssessmentAnswer, WalletStoreError> {
        Ok(self.writer.write(change.clone()).await?)
    }

    async fn payment(&self, id: PaymentId) -> Result<Option<Payment>, WalletStoreError> {
        Ok(self.find_payment(id).await?)
    }

    async fn payment_of(&self, of: &PaymentRef) -> Result<Option<Payment>, WalletStoreError> {
        Ok(self.find_payment_of(of).await?)
    }

    async fn payments(
        &self,
        user: &UserId,
        after: Option<PaymentId>,
        limit: u16,
    ) -> Result<PaymentPage, WalletStoreError> {
        Ok(self.find_payments(user, after, limit).await?)
    }

    async fn due(&self, again: Duration, limit: u16) -> Result<Vec<Payment>, WalletStoreError> {
        Ok(self.writer.write(HandOutDue { again, limit }).await?)
    }

    async fn credited_between(
        &self,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
        after: Option<PaymentId>,
        limit: u16,
    ) -> Result<PaymentPage, WalletStoreError> {
        Ok(self.find_credited(from, to, after, limit).await?)
    }

    async fn undecided_since(
        &self,
        disputes: DateTime<Utc>,
        refunds: DateTime<Utc>,
        after: Option<PaymentId>,
        limit: u16,
    ) -> Result<PaymentPage, WalletStoreError> {
        Ok(self.find_undecided(disputes, refunds, after, limit).await?)
    }

    async fn takings(&self, payment: PaymentId) -> Result<Vec<StoredTaking>, WalletStoreError> {
        Ok(self.find_takings(payment).await?)
    }
}

/// A payment's row, inside a transition.
async fn row_of(transaction: &mut Transaction<'_>, id: PaymentId) -> Result<Option<PaymentRow>, Fault> {
    let row = sqlx::query_as(concat!("SELECT ", payment_columns!(), " FROM payment WHERE id = ?1"))
        .bind(text(id))
        .fetch_optional(&mut *transaction.connection)
        .await?;
    Ok(row)
}

/// A payment that must be there.
async fn known(transaction: &mut Transaction<'_>, id: PaymentId) -> Result<Payment, Fault> {
    let row = row_of(transaction, id).await?;
    row.ok_or_else(|| Fault::Broken(format!("payment {id} is not there")))?.payment()
}

/// A payment, where it is written down.
pub(super) async fn of(transaction: &mut Transaction<'_>, id: PaymentId) -> Result<Option<Payment>, Fault> {
    row_of(transaction, id).await?.map(|row| row.payment()).transpose()
}

/// Whether a payment is written down.
pub(super) async fn is_known(transaction: &mut Transaction<'_>, id: PaymentId) -> Result<bool, Fault> {
    Ok(row_of(transaction, id).await?.is_some())
}
