//! The directory that calls and texts are looked up in: live numbers that hold their claim, so nobody's calls go to
//! a record that somebody typed in.

use async_trait::async_trait;
use sqlx::FromRow;
use trunkline_domain::{BusinessId, NumberId, NumberStatus, PhoneNumber};
use trunkline_provisioning::port::StoreError;
use trunkline_voice::{CalledNumber, DirectoryError, NumberDirectory};
use uuid::Uuid;

use super::PostgresStore;
use crate::codec::{named, parse};
use crate::error::{Failure, Fault};

#[derive(FromRow)]
struct CalledRow {
    id: Uuid,
    user_id: String,
    business_id: Option<Uuid>,
    is_active: bool,
    status: String,
}

impl CalledRow {
    fn called(&self) -> Result<CalledNumber, Fault> {
        Ok(CalledNumber {
            number: NumberId::from_uuid(self.id),
            user: parse("business_numbers.user_id", &self.user_id)?,
            business: self.business_id.map(BusinessId::from_uuid),
            is_active: self.is_active,
            status: named("business_numbers.status", &self.status, NumberStatus::from_name)?,
        })
    }
}

#[async_trait]
impl NumberDirectory for PostgresStore {
    async fn find(&self, called: &PhoneNumber) -> Result<Option<CalledNumber>, DirectoryError> {
        let found = self.find_called(called).await;
        found.map_err(|failure| DirectoryError::new(StoreError::from(failure)))
    }
}

impl PostgresStore {
    async fn find_called(&self, called: &PhoneNumber) -> Result<Option<CalledNumber>, Failure> {
        let query = sqlx::query_as(
            "SELECT number.id, number.user_id, number.business_id, number.is_active, number.status
             FROM trunkline.number_claim claim
             JOIN trunkline.business_numbers number ON number.order_id = claim.order_id
             WHERE claim.phone_number = $1 AND claim.state = 'owned' AND number.status <> 'released'",
        );
        let row: Option<CalledRow> = self.pool.find(query.bind(called.as_str())).await?;
        Ok(row.map(|row| row.called()).transpose()?)
    }
}
