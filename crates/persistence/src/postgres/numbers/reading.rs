//! The port to numbers: reading, and the way to the functions that change them.

use async_trait::async_trait;
use trunkline_domain::{Change, NumberId, OwnedNumber, PhoneNumber, ProviderIdentity};
use trunkline_provisioning::port::{
    NumberFilter, NumberPage, NumberRecording, NumberStore, NumberUpdate, Place, RecordAnswer, Scope,
    StoreError, UpdateAnswer,
};

use crate::columns::number_columns;
use crate::error::Failure;
use crate::postgres::PostgresStore;
use crate::postgres::orders::{businesses_of, user_of};
use crate::row::{NumberRow, PlaceRow};

#[async_trait]
impl NumberStore for PostgresStore {
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
        Ok(self.update_number(change).await?)
    }

    async fn record(&self, change: &Change<NumberRecording>) -> Result<RecordAnswer, StoreError> {
        Ok(self.record_number(change).await?)
    }
}

impl PostgresStore {
    async fn find_number(&self, scope: &Scope, id: NumberId) -> Result<Option<OwnedNumber>, Failure> {
        let query = sqlx::query_as(concat!(
            "SELECT ",
            number_columns!(),
            " FROM trunkline.business_numbers
              WHERE id = $1 AND ($2::text IS NULL OR user_id = $2) AND ($3::uuid[] IS NULL OR business_id = ANY ($3))"
        ));
        let query = query.bind(id.as_uuid()).bind(user_of(scope)).bind(businesses_of(scope));
        let row: Option<NumberRow> = self.pool.find(query).await?;
        Ok(row.map(|row| row.number()).transpose()?)
    }

    async fn find_place_of_number(&self, id: NumberId) -> Result<Option<Place>, Failure> {
        let query =
            sqlx::query_as("SELECT user_id, business_id FROM trunkline.business_numbers WHERE id = $1");
        let row: Option<PlaceRow> = self.pool.find(query.bind(id.as_uuid())).await?;
        Ok(row.map(|row| row.place()).transpose()?)
    }

    async fn find_number_by_identity(
        &self,
        identity: &ProviderIdentity,
    ) -> Result<Option<OwnedNumber>, Failure> {
        let query = sqlx::query_as(concat!(
            "SELECT ",
            number_columns!(),
            " FROM trunkline.business_numbers WHERE twilio_sid = $1 AND twilio_account_sid = $2"
        ));
        let query = query.bind(identity.number.as_str()).bind(identity.account.as_str());
        let row: Option<NumberRow> = self.pool.find(query).await?;
        Ok(row.map(|row| row.number()).transpose()?)
    }

    /// The live number that holds the claim on a phone number.
    async fn find_claimed_number(&self, phone_number: &PhoneNumber) -> Result<Option<OwnedNumber>, Failure> {
        let query = sqlx::query_as(concat!(
            "SELECT ",
            number_columns!(),
            " FROM trunkline.business_numbers
              WHERE status <> 'released'
                AND order_id = (SELECT claim.order_id FROM trunkline.number_claim claim
                                WHERE claim.phone_number = $1 AND claim.state = 'owned')"
        ));
        let row: Option<NumberRow> = self.pool.find(query.bind(phone_number.as_str())).await?;
        Ok(row.map(|row| row.number()).transpose()?)
    }
}
