//! What comes from another system: the port to its store.

mod standing;
mod user;

use async_trait::async_trait;
use trunkline_domain::{Change, Money};
use trunkline_import::{ImportAnswer, ImportStore, ImportStoreError, Standing, StandingQuestion, UserImport};

use super::PostgresStore;

#[async_trait]
impl ImportStore for PostgresStore {
    async fn standing(&self, question: &StandingQuestion) -> Result<Standing, ImportStoreError> {
        Ok(self.find_standing(question).await?)
    }

    async fn import_user(&self, change: &Change<UserImport>) -> Result<ImportAnswer, ImportStoreError> {
        Ok(self.import_one_user(change).await?)
    }

    async fn opened(&self) -> Result<Vec<Money>, ImportStoreError> {
        Ok(self.find_opened().await?)
    }
}
