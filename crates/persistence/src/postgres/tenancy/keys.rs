//! API keys: by the hash of their secret for those who show one, by id and age for those who keep them.

use sqlx::types::Json;
use sqlx::{Postgres, QueryBuilder};
use trunkline_domain::{ApiKeyId, Change, UserId};
use trunkline_tenancy::{
    ApiKey, CreateKeyAnswer, KeyCreation, KeyFilter, KeyHash, KeyPage, KeyRevocation, KeyRotation, KeyUse,
    RevokeKeyAnswer, RotateKeyAnswer, Scope,
};

use super::{newest_first, unknown_outcome, user_of};
use crate::codec::text;
use crate::columns::key_columns;
use crate::error::Failure;
use crate::postgres::PostgresStore;
use crate::row::{KeyRow, key_page};

impl PostgresStore {
    pub(super) async fn add_key(&self, change: &Change<KeyCreation>) -> Result<CreateKeyAnswer, Failure> {
        let KeyCreation { key, open_at_most } = &change.body;
        let query = sqlx::query_as(
            "SELECT outcome FROM trunkline.create_key_2($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        )
        .bind(key.id.as_uuid())
        .bind(text(key.hash))
        .bind(key.holder.kind())
        .bind(key.holder.user().map(UserId::as_str))
        .bind(key.name.as_deref())
        .bind(text(key.scopes))
        .bind(key.created_at)
        .bind(key.expires_at)
        .bind(key.revoked_at)
        .bind(i64::from(*open_at_most))
        .bind(Json(&change.events))
        .bind(Json(&change.audit));
        let (outcome,): (String,) = self.pool.change(query).await?;
        match outcome.as_str() {
            "created" | "exists" => Ok(CreateKeyAnswer::Created),
            "too_many" => Ok(CreateKeyAnswer::TooMany),
            other => Err(unknown_outcome("create_key_2", other)),
        }
    }

    pub(super) async fn replace_key(&self, change: &Change<KeyRotation>) -> Result<RotateKeyAnswer, Failure> {
        let KeyRotation { key, scope, successor, old_ends_at, open_at_most, at } = &change.body;
        let query = sqlx::query_as(
            "SELECT outcome FROM trunkline.rotate_key_2($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        )
        .bind(key.as_uuid())
        .bind(user_of(scope))
        .bind(*at)
        .bind(*old_ends_at)
        .bind(successor.id.as_uuid())
        .bind(text(successor.hash))
        .bind(successor.created_at)
        .bind(successor.expires_at)
        .bind(i64::from(*open_at_most))
        .bind(Json(&change.events))
        .bind(Json(&change.audit));
        let (outcome,): (String,) = self.pool.change(query).await?;
        match outcome.as_str() {
            "rotated" => Ok(RotateKeyAnswer::Rotated),
            "not_found" => Ok(RotateKeyAnswer::NotFound),
            "ended" => Ok(RotateKeyAnswer::Ended),
            "of_an_account" => Ok(RotateKeyAnswer::OfAnAccount),
            "too_many" => Ok(RotateKeyAnswer::TooMany),
            other => Err(unknown_outcome("rotate_key_2", other)),
        }
    }

    pub(super) async fn end_key(&self, change: &Change<KeyRevocation>) -> Result<RevokeKeyAnswer, Failure> {
        let KeyRevocation { key, scope, at } = &change.body;
        let query = sqlx::query_as("SELECT outcome FROM trunkline.revoke_key_1($1, $2, $3, $4, $5)")
            .bind(key.as_uuid())
            .bind(user_of(scope))
            .bind(*at)
            .bind(Json(&change.events))
            .bind(Json(&change.audit));
        let (outcome,): (String,) = self.pool.change(query).await?;
        match outcome.as_str() {
            "revoked" => Ok(RevokeKeyAnswer::Revoked),
            "not_found" => Ok(RevokeKeyAnswer::NotFound),
            other => Err(unknown_outcome("revoke_key_1", other)),
        }
    }

    pub(super) async fn note_use(&self, usage: &KeyUse) -> Result<(), Failure> {
        let query = sqlx::query_as(
            "UPDATE trunkline.api_keys SET last_used_at = $2
             WHERE id = $1 AND (last_used_at IS NULL OR last_used_at <= $3) RETURNING kind",
        )
        .bind(usage.key.as_uuid())
        .bind(usage.at)
        .bind(usage.at - usage.pause);
        let _: Vec<(String,)> = self.pool.take(query).await?;
        Ok(())
    }

    pub(super) async fn find_key_by_hash(&self, hash: &KeyHash) -> Result<Option<ApiKey>, Failure> {
        let query =
            sqlx::query_as(concat!("SELECT ", key_columns!(), " FROM trunkline.api_keys WHERE hash = $1"));
        let row: Option<KeyRow> = self.pool.find(query.bind(text(hash))).await?;
        Ok(row.map(|row| row.key()).transpose()?)
    }

    pub(super) async fn find_key(&self, scope: &Scope, id: ApiKeyId) -> Result<Option<ApiKey>, Failure> {
        let query = sqlx::query_as(concat!(
            "SELECT ",
            key_columns!(),
            " FROM trunkline.api_keys WHERE id = $1 AND ($2::text IS NULL OR user_id = $2)"
        ));
        let row: Option<KeyRow> = self.pool.find(query.bind(id.as_uuid()).bind(user_of(scope))).await?;
        Ok(row.map(|row| row.key()).transpose()?)
    }

    pub(super) async fn find_keys(&self, filter: &KeyFilter) -> Result<KeyPage, Failure> {
        let rows: Vec<KeyRow> = self.pool.list(page_query(filter).build_query_as()).await?;
        Ok(key_page(&rows, filter.limit)?)
    }
}

fn page_query(filter: &KeyFilter) -> QueryBuilder<Postgres> {
    let select = concat!("SELECT ", key_columns!(), " FROM trunkline.api_keys WHERE TRUE");
    let place = "SELECT created_at, id FROM trunkline.api_keys WHERE id = ";
    newest_first(
        select,
        place,
        (&filter.scope, None),
        filter.after.map(|after| after.as_uuid()),
        filter.limit,
    )
}
