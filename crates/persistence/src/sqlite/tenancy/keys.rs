//! API keys, by the hash of their secret.

use async_trait::async_trait;
use trunkline_domain::Change;
use trunkline_tenancy::{ApiKey, KeyCreation, KeyHash, KeyHolder, User};

use super::users;
use crate::codec::text;
use crate::error::{Failure, Fault};
use crate::row::KeyRow;
use crate::sqlite::SqliteStore;
use crate::sqlite::time;
use crate::sqlite::writer::{Apply, Decision, Transaction};

#[async_trait]
impl Apply for KeyCreation {
    type Answer = ();

    async fn apply(change: &Change<Self>, transaction: &mut Transaction<'_>) -> Result<Decision<()>, Fault> {
        let key = &change.body.key;
        let exists: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM api_keys WHERE id = ?1)")
            .bind(text(key.id))
            .fetch_one(&mut *transaction.connection)
            .await?;
        if exists {
            return Ok(Decision::Unchanged(()));
        }
        let user = match &key.holder {
            KeyHolder::User { user } => Some(user),
            KeyHolder::Service | KeyHolder::Operator => None,
        };
        if let Some(id) = user
            && users::find(transaction.connection, id).await?.is_none()
        {
            users::insert(transaction, &User { id: id.clone(), email: None, created_at: key.created_at })
                .await?;
        }
        sqlx::query(
            "INSERT INTO api_keys (id, hash, kind, user_id, name, created_at, revoked_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )
        .bind(text(key.id))
        .bind(text(key.hash))
        .bind(key.holder.kind())
        .bind(user.map(trunkline_domain::UserId::as_str))
        .bind(key.name.as_deref())
        .bind(time::to_text(key.created_at))
        .bind(key.revoked_at.map(time::to_text))
        .execute(&mut *transaction.connection)
        .await?;
        Ok(Decision::Applied(()))
    }
}

impl SqliteStore {
    pub(super) async fn find_key(&self, hash: &KeyHash) -> Result<Option<ApiKey>, Failure> {
        let mut connection = self.readers.one().await?;
        let row: Option<KeyRow> = sqlx::query_as(
            "SELECT id, hash, kind, user_id, name, created_at, revoked_at FROM api_keys WHERE hash = ?1",
        )
        .bind(text(hash))
        .fetch_optional(&mut *connection)
        .await?;
        Ok(row.map(|row| row.key()).transpose()?)
    }
}
