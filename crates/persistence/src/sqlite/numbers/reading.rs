//! The port to numbers: reading, and the way to the writer for changing them.

use async_trait::async_trait;
use trunkline_domain::{Change, NumberId, OwnedNumber, PhoneNumber, ProviderIdentity};
use trunkline_provisioning::port::{
    NumberFilter, NumberPage, NumberRecording, NumberStore, NumberUpdate, Place, RecordAnswer, Scope,
    StoreError, UpdateAnswer,
};

use crate::codec::text;
use crate::columns::number_columns;
use crate::error::Failure;
use crate::row::{NumberRow, PlaceRow};
use crate::sqlite::SqliteStore;
use crate::sqlite::scope::is_within;

#[async_trait]
impl NumberStore for SqliteStore {
    async fn number(&self, scope: &Scope, id: NumberId) -> Result<Option<OwnedNumber>, StoreError> {
        Ok(self.find_number(scope, id).await?)
    }

    async fn place_of_number(&self, id: NumberId) -> Result<Option<Place>, StoreError> {
        Ok(self.find_place_of_number(id).await?)
    }

    async fn number_by_identity(
        &self,
        identity: &ProviderIdentity,
    ) -> Result<Option<OwnedNumber>, StoreError> {
        Ok(self.find_number_by_identity(identity).await?)
    }

    async fn number_by_phone(&self, phone_number: &PhoneNumber) -> Result<Option<OwnedNumber>, StoreError> {
        Ok(self.find_claimed_number(phone_number).await?)
    }

    async fn numbers(&self, filter: &NumberFilter) -> Result<NumberPage, StoreError> {
        Ok(self.find_numbers(filter).await?)
    }

    async fn update(&self, change: &Change<NumberUpdate>) -> Result<UpdateAnswer, StoreError> {
        Ok(self.writer.write(change.clone()).await?)
    }

    async fn record(&self, change: &Change<NumberRecording>) -> Result<RecordAnswer, StoreError> {
        Ok(self.writer.write(change.clone()).await?)
    }
}

impl SqliteStore {
    async fn find_number(&self, scope: &Scope, id: NumberId) -> Result<Option<OwnedNumber>, Failure> {
        let mut connection = self.readers.one().await?;
        let row = NumberRow::find(&mut connection, id).await?;
        let number = row.map(|row| row.number()).transpose()?;
        Ok(number.filter(|number| is_within(scope, &number.user, number.business)))
    }

    async fn find_place_of_number(&self, id: NumberId) -> Result<Option<Place>, Failure> {
        let mut connection = self.readers.one().await?;
        let row: Option<PlaceRow> =
            sqlx::query_as("SELECT user_id, business_id FROM business_numbers WHERE id = ?1")
                .bind(text(id))
                .fetch_optional(&mut *connection)
                .await?;
        Ok(row.map(|row| row.place()).transpose()?)
    }

    async fn find_number_by_identity(
        &self,
        identity: &ProviderIdentity,
    ) -> Result<Option<OwnedNumber>, Failure> {
        let mut connection = self.readers.one().await?;
        let row: Option<NumberRow> = sqlx::query_as(concat!(
            "SELECT ",
            number_columns!(),
            " FROM business_numbers WHERE twilio_sid = ?1 AND twilio_account_sid = ?2"
        ))
        .bind(identity.number.as_str())
        .bind(identity.account.as_str())
        .fetch_optional(&mut *connection)
        .await?;
        Ok(row.map(|row| row.number()).transpose()?)
    }

    /// The live number that holds the claim on a phone number.
    pub(crate) async fn find_claimed_number(
        &self,
        phone_number: &PhoneNumber,
    ) -> Result<Option<OwnedNumber>, Failure> {
        let mut connection = self.readers.one().await?;
        let row: Option<NumberRow> = sqlx::query_as(
            concat!(
                "SELECT ",
                number_columns!(),
                " FROM business_numbers
                 WHERE status <> 'released'
                   AND order_id = (SELECT order_id FROM number_claim WHERE phone_number = ?1 AND state = 'owned')"
            ),
        )
        .bind(phone_number.as_str())
        .fetch_optional(&mut *connection)
        .await?;
        Ok(row.map(|row| row.number()).transpose()?)
    }
}
