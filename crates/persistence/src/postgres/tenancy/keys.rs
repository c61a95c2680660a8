//! API keys, by the hash of their secret.

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use sqlx::types::Json;
use trunkline_domain::{Change, UserId};
use trunkline_tenancy::{ApiKey, KeyCreation, KeyHash, KeyHolder};
use uuid::Uuid;

use super::unknown_outcome;
use crate::codec::{key_holder, parse, text};
use crate::error::{Failure, Fault};
use crate::postgres::PostgresStore;

#[derive(FromRow)]
struct KeyRow {
    id: Uuid,
    hash: String,
    kind: String,
    user_id: Option<String>,
    name: Option<String>,
    created_at: DateTime<Utc>,
    revoked_at: Option<DateTime<Utc>>,
}

impl KeyRow {
    fn key(self) -> Result<ApiKey, Fault> {
        Ok(ApiKey {
            id: trunkline_domain::ApiKeyId::from_uuid(self.id),
            hash: parse("api_keys.hash", &self.hash)?,
            holder: key_holder(&self.kind, self.user_id.as_deref())?,
            name: self.name,
            created_at: self.created_at,
            revoked_at: self.revoked_at,
        })
    }
}

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
        Ok(row.map(KeyRow::key).transpose()?)
    }
}
