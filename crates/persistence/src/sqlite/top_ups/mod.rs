//! The port of top-ups.

mod changing;
mod claiming;
mod counting;
mod sending;

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use trunkline_domain::{Change, Currency, PaymentId, UserId};
use trunkline_payments::{
    ClaimAnswer, CustomerId, MethodId, SavedMethod, SendAnswer, SendBegin, SessionId, SetupBegin, SetupEnd,
    SetupsVoid, TopUp, TopUpChange, TopUpClaim, TopUpSetup, TopUpStore,
};
use trunkline_wallet::WalletStoreError;
use uuid::Uuid;

use self::changing::{HandOutLeavings, HandOutSetups, KeepCustomer, NoteForgotten};
use self::claiming::{FindLow, LeaveAlone};
pub(super) use self::counting::count;
use self::sending::NoteUnsent;
use super::SqliteStore;
use super::writer::Transaction;
use crate::codec::{parse_optional, text};
use crate::columns::{top_up_columns, top_up_setup_columns};
use crate::error::{Failure, Fault};
use crate::row::{TopUpChargeRow, TopUpRow, TopUpSetupRow};

#[async_trait]
impl TopUpStore for SqliteStore {
    async fn customer(&self, user: &UserId) -> Result<Option<CustomerId>, WalletStoreError> {
        Ok(self.find_customer(user).await?)
    }

    async fn keep_customer(
        &self,
        user: &UserId,
        customer: &CustomerId,
        instead_of: Option<CustomerId>,
        at: DateTime<Utc>,
    ) -> Result<CustomerId, WalletStoreError> {
        let work = KeepCustomer { user: user.clone(), customer: customer.clone(), instead_of, at };
        Ok(self.writer.write(work).await?)
    }

    async fn begin_setup(&self, change: &Change<SetupBegin>) -> Result<(), WalletStoreError> {
        Ok(self.writer.write(change.clone()).await?)
    }

    async fn void_setups(&self, change: &Change<SetupsVoid>) -> Result<u32, WalletStoreError> {
        Ok(self.writer.write(change.clone()).await?)
    }

    async fn open_setup(&self, session: &SessionId) -> Result<Option<TopUpSetup>, WalletStoreError> {
        Ok(self.find_open_setup(session).await?)
    }

    async fn due_setups(&self, again: Duration, limit: u16) -> Result<Vec<TopUpSetup>, WalletStoreError> {
        Ok(self.writer.write(HandOutSetups { again, limit }).await?)
    }

    async fn end_setup(&self, change: &Change<SetupEnd>) -> Result<Option<TopUp>, WalletStoreError> {
        Ok(self.writer.write(change.clone()).await?)
    }

    async fn top_up(&self, user: &UserId, currency: Currency) -> Result<Option<TopUp>, WalletStoreError> {
        Ok(self.find_top_up(user, currency).await?)
    }

    async fn change(&self, change: &Change<TopUpChange>) -> Result<Option<TopUp>, WalletStoreError> {
        Ok(self.writer.write(change.clone()).await?)
    }

    async fn low(&self, limit: u16) -> Result<Vec<TopUp>, WalletStoreError> {
        Ok(self.writer.write(FindLow { limit }).await?)
    }

    async fn claim(&self, change: &Change<TopUpClaim>) -> Result<ClaimAnswer, WalletStoreError> {
        Ok(self.writer.write(change.clone()).await?)
    }

    async fn charge(&self, payment: PaymentId) -> Result<Option<SavedMethod>, WalletStoreError> {
        Ok(self.find_charge(payment).await?)
    }

    async fn leave_alone(&self, top_up: &TopUp, pause: Duration) -> Result<(), WalletStoreError> {
        let (user, currency) = (top_up.user.clone(), top_up.terms.currency());
        Ok(self.writer.write(LeaveAlone { user, currency, version: top_up.version, pause }).await?)
    }

    async fn begin_send(&self, change: &Change<SendBegin>) -> Result<SendAnswer, WalletStoreError> {
        Ok(self.writer.write(change.clone()).await?)
    }

    async fn note_unsent(&self, payment: PaymentId, send: Uuid) -> Result<(), WalletStoreError> {
        Ok(self.writer.write(NoteUnsent { payment, send }).await?)
    }

    async fn methods_to_forget(
        &self,
        again: Duration,
        limit: u16,
    ) -> Result<Vec<MethodId>, WalletStoreError> {
        Ok(self.writer.write(HandOutLeavings { again, limit }).await?)
    }

    async fn note_forgotten(&self, method: &MethodId) -> Result<(), WalletStoreError> {
        Ok(self.writer.write(NoteForgotten(method.clone())).await?)
    }
}

impl SqliteStore {
    async fn find_customer(&self, user: &UserId) -> Result<Option<CustomerId>, Failure> {
        let mut connection = self.readers.one().await?;
        let customer: Option<String> =
            sqlx::query_scalar("SELECT customer_id FROM top_up_customer WHERE user_id = ?1")
                .bind(user.as_str())
                .fetch_optional(&mut *connection)
                .await?;
        Ok(parse_optional("top_up_customer.customer_id", customer.as_deref())?)
    }

    async fn find_open_setup(&self, session: &SessionId) -> Result<Option<TopUpSetup>, Failure> {
        let mut connection = self.readers.one().await?;
        let row: Option<TopUpSetupRow> = sqlx::query_as(concat!(
            "SELECT ",
            top_up_setup_columns!(),
            " FROM top_up_setup WHERE session_id = ?1 AND state = 'open'"
        ))
        .bind(session.as_str())
        .fetch_optional(&mut *connection)
        .await?;
        Ok(row.map(|row| row.setup()).transpose()?)
    }

    async fn find_top_up(&self, user: &UserId, currency: Currency) -> Result<Option<TopUp>, Failure> {
        let mut connection = self.readers.one().await?;
        let row: Option<TopUpRow> = sqlx::query_as(concat!(
            "SELECT ",
            top_up_columns!(),
            " FROM top_up WHERE user_id = ?1 AND currency = ?2"
        ))
        .bind(user.as_str())
        .bind(currency.code())
        .fetch_optional(&mut *connection)
        .await?;
        Ok(row.map(|row| row.top_up()).transpose()?)
    }

    async fn find_charge(&self, payment: PaymentId) -> Result<Option<SavedMethod>, Failure> {
        let mut connection = self.readers.one().await?;
        let row: Option<TopUpChargeRow> = sqlx::query_as(
            "SELECT customer_id, method_id, method_label FROM top_up_charge WHERE payment_id = ?1",
        )
        .bind(text(payment))
        .fetch_optional(&mut *connection)
        .await?;
        Ok(row.map(|row| row.method()).transpose()?)
    }
}

/// A top-up's row, inside a transition.
async fn row_of(
    transaction: &mut Transaction<'_>,
    user: &UserId,
    currency: Currency,
) -> Result<Option<TopUp>, Fault> {
    let row: Option<TopUpRow> = sqlx::query_as(concat!(
        "SELECT ",
        top_up_columns!(),
        " FROM top_up WHERE user_id = ?1 AND currency = ?2"
    ))
    .bind(user.as_str())
    .bind(currency.code())
    .fetch_optional(&mut *transaction.connection)
    .await?;
    row.map(|row| row.top_up()).transpose()
}
