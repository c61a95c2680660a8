//! The directory that calls and texts are looked up in: live numbers that hold their claim, so nobody's calls go to
//! a record that somebody typed in.

use async_trait::async_trait;
use trunkline_domain::PhoneNumber;
use trunkline_provisioning::port::StoreError;
use trunkline_voice::{CalledNumber, DirectoryError, NumberDirectory};

use super::SqliteStore;

#[async_trait]
impl NumberDirectory for SqliteStore {
    async fn find(&self, called: &PhoneNumber) -> Result<Option<CalledNumber>, DirectoryError> {
        let number = self
            .find_claimed_number(called)
            .await
            .map_err(|failure| DirectoryError::new(StoreError::from(failure)))?;
        Ok(number.map(|number| CalledNumber {
            number: number.id,
            user: number.user,
            business: number.business,
            is_active: number.is_active,
            status: number.status,
        }))
    }
}
