//! The port of top-ups.

mod changing;
mod claiming;
mod counting;

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use trunkline_domain::{Change, Currency, PaymentId, UserId};
use trunkline_payments::{
    ClaimAnswer, CustomerId, MethodId, SessionId, SetupBegin, SetupEnd, StoredCharge, TopUp, TopUpChange,
    TopUpClaim, TopUpSetup, TopUpStore,
};
use trunkline_wallet::WalletStoreError;

use self::changing::{HandOutLeavings, HandOutSetups, KeepCustomer, NoteForgotten};
use self::claiming::FindLow;
pub(super) use self::counting::count;
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
        at: DateTime<Utc>,
    ) -> Result<CustomerId, WalletStoreError> {
        let work = KeepCustomer { user: user.clone(), customer: customer.clone(), at };
        Ok(self.writer.write(work).await?)
    }

    async fn begin_setup(&self, change: &Change<SetupBegin>) -> Result<(), WalletStoreError> {
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

    async fn charge(&self, payment: PaymentId) -> Result<Option<StoredCharge>, WalletStoreError> {
        Ok(self.find_charge(payment).await?)
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

    async fn find_charge(&self, payment: PaymentId) -> Result<Option<StoredCharge>, Failure> {
        let mut connection = self.readers.one().await?;
        let row: Option<TopUpChargeRow> = sqlx::query_as(
            "SELECT charge.customer_id, charge.method_id, charge.method_label,
                    EXISTS (SELECT 1 FROM top_up wanted
                            WHERE wanted.user_id = made.user_id AND wanted.currency = made.currency
                              AND wanted.state = 'on' AND wanted.method_id = charge.method_id) AS is_wanted
             FROM top_up_charge charge JOIN payment made ON made.id = charge.payment_id
             WHERE charge.payment_id = ?1",
        )
        .bind(text(payment))
        .fetch_optional(&mut *connection)
        .await?;
        Ok(row.map(|row| row.charge()).transpose()?)
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
