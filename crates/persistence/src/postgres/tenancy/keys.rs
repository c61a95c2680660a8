//! API keys, by the hash of their secret.

use sqlx::types::Json;
use trunkline_domain::{Change, UserId};
use trunkline_tenancy::{ApiKey, KeyCreation, KeyHash, KeyHolder};

use super::unknown_outcome;
use crate::codec::text;
use crate::error::Failure;
use crate::postgres::PostgresStore;
use crate::row::KeyRow;

impl PostgresStore {
    pub(super) async fn add_key(&self, change: &Change<KeyCreation>) -> Result<(), Failure> {
        let key = &change.body.key;
        let user = match &key.holder {
            KeyHolder::User { user } => Some(user),
            KeyHolder::Service | KeyHolder::Operator => None,
        };
        let query =
            sqlx::query_as("SELECT outcome FROM trunkline.create_key_1($1, $2, $3, $4, $5, $6, $7, $8, $9)")
                .bind(key.id.as_uuid())
                .bind(text(key.hash))
                .bind(key.holder.kind())
                .bind(user.map(UserId::as_str))
                .bind(key.name.as_deref())
                .bind(key.created_at)
                .bind(key.revoked_at)
                .bind(Json(&change.events))
                .bind(Json(&change.audit));
        let (outcome,): (String,) = self.pool.change(query).await?;
        match outcome.as_str() {
            "created" | "exists" => Ok(()),
            other => Err(unknown_outcome("create_key_1", other)),
        }
    }

    pub(super) async fn find_key(&self, hash: &KeyHash) -> Result<Option<ApiKey>, Failure> {
        let query = sqlx::query_as(
            "SELECT id, hash, kind, user_id, name, created_at, revoked_at FROM trunkline.api_keys WHERE hash = $1",
        );
        let row: Option<KeyRow> = self.pool.find(query.bind(text(hash))).await?;
        Ok(row.map(|row| row.key()).transpose()?)
    }
}
