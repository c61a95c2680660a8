//! The idempotency key of a change, as functions take it. Events and audit lines are bound as they are, in JSON; all of
//! them are stored by the transition itself, with it or not at all.

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use sqlx::types::Json;
use trunkline_domain::RequestKey;
use trunkline_provisioning::port::Repeat;

use super::PostgresStore;
use super::answer::KnownRow;
use crate::error::Failure;
use crate::request::KEPT;

/// An idempotency key, for binding.
pub(super) fn request(key: Option<&RequestKey>) -> Option<Json<Value>> {
    key.map(|key| {
        Json(json!({
            "user": key.user,
            "operation": key.operation.as_str(),
            "key": key.key(),
            "fingerprint": key.fingerprint,
            "kept": format!("{} seconds", KEPT.as_secs()),
        }))
    })
}

impl PostgresStore {
    /// What an idempotency key stands for now.
    pub(super) async fn repeat_of<T: DeserializeOwned>(
        &self,
        key: &RequestKey,
    ) -> Result<Option<Repeat<T>>, Failure> {
        let query =
            sqlx::query_as("SELECT outcome, subject, document FROM trunkline.known_request_1($1, $2)")
                .bind(request(Some(key)))
                .bind(self.lease_time.given());
        let row: Option<KnownRow> = self.pool.find(query).await?;
        Ok(row.map(|row| row.known()?.into_repeat()).transpose()?)
    }
}
