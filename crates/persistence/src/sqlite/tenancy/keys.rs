//! API keys: by the hash of their secret for those who show one, by id and age for those who keep them.

use async_trait::async_trait;
use sqlx::{QueryBuilder, Sqlite};
use trunkline_domain::{ApiKeyId, Change};
use trunkline_tenancy::{
    ApiKey, CreateKeyAnswer, KeyCreation, KeyFilter, KeyHash, KeyPage, KeyRevocation, KeyRotation, KeyState,
    KeyUse, RevokeKeyAnswer, RotateKeyAnswer, Scope, User,
};

use super::{newest_first, user_of, users};
use crate::codec::text;
use crate::columns::key_columns;
use crate::error::{Failure, Fault};
use crate::row::{KeyRow, key_page};
use crate::sqlite::SqliteStore;
use crate::sqlite::time;
use crate::sqlite::writer::{Apply, Decision, Transaction};

const SELECT_ONE: &str =
    concat!("SELECT ", key_columns!(), " FROM api_keys WHERE id = ?1 AND (?2 IS NULL OR user_id = ?2)");

async fn find(
    transaction: &mut Transaction<'_>,
    scope: &Scope,
    id: ApiKeyId,
) -> Result<Option<ApiKey>, Fault> {
    let row: Option<KeyRow> = sqlx::query_as(SELECT_ONE)
        .bind(text(id))
        .bind(user_of(scope))
        .fetch_optional(&mut *transaction.connection)
        .await?;
    row.map(|row| row.key()).transpose()
}

async fn is_of_an_account(transaction: &mut Transaction<'_>, id: ApiKeyId) -> Result<bool, Fault> {
    let found = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM sign_in_account WHERE key_id = ?1)")
        .bind(text(id))
        .fetch_one(&mut *transaction.connection)
        .await?;
    Ok(found)
}

/// Adds a key, unless that many of its user's others are open when it is made; the one that it replaces is not counted.
async fn insert(transaction: &mut Transaction<'_>, key: &ApiKey, open_at_most: u32) -> Result<bool, Fault> {
    let inserted = sqlx::query(
        "INSERT INTO api_keys (id, hash, kind, user_id, name, scopes, created_at, expires_at, revoked_at, replaces)
         SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10
         WHERE ?4 IS NULL OR ?11 > (
             SELECT count(*) FROM api_keys known
             WHERE known.user_id = ?4 AND known.revoked_at IS NULL
               AND (known.expires_at IS NULL OR known.expires_at > ?7) AND known.id IS NOT ?10)",
    )
    .bind(text(key.id))
    .bind(text(key.hash))
    .bind(key.holder.kind())
    .bind(key.holder.user().map(trunkline_domain::UserId::as_str))
    .bind(key.name.as_deref())
    .bind(text(key.scopes))
    .bind(time::to_text(key.created_at))
    .bind(key.expires_at.map(time::to_text))
    .bind(key.revoked_at.map(time::to_text))
    .bind(key.replaces.map(text))
    .bind(open_at_most)
    .execute(&mut *transaction.connection)
    .await?;
    Ok(inserted.rows_affected() > 0)
}

#[async_trait]
impl Apply for KeyCreation {
    type Answer = CreateKeyAnswer;

    async fn apply(
        change: &Change<Self>,
        transaction: &mut Transaction<'_>,
    ) -> Result<Decision<CreateKeyAnswer>, Fault> {
        let KeyCreation { key, open_at_most } = &change.body;
        if find(transaction, &Scope::Everyone, key.id).await?.is_some() {
            return Ok(Decision::Unchanged(CreateKeyAnswer::Created));
        }
        if let Some(id) = key.holder.user()
            && users::find(transaction.connection, id).await?.is_none()
        {
            users::insert(transaction, &User { id: id.clone(), email: None, created_at: key.created_at })
                .await?;
        }
        if insert(transaction, key, *open_at_most).await? {
            Ok(Decision::Applied(CreateKeyAnswer::Created))
        } else {
            Ok(Decision::Unchanged(CreateKeyAnswer::TooMany))
        }
    }
}

#[async_trait]
impl Apply for KeyRotation {
    type Answer = RotateKeyAnswer;

    async fn apply(
        change: &Change<Self>,
        transaction: &mut Transaction<'_>,
    ) -> Result<Decision<RotateKeyAnswer>, Fault> {
        let KeyRotation { key, scope, successor, old_ends_at, open_at_most, at } = &change.body;
        let Some(old) = find(transaction, scope, *key).await? else {
            return Ok(Decision::Unchanged(RotateKeyAnswer::NotFound));
        };
        if is_of_an_account(transaction, *key).await? {
            return Ok(Decision::Unchanged(RotateKeyAnswer::OfAnAccount));
        }
        let known: Option<String> = sqlx::query_scalar("SELECT id FROM api_keys WHERE replaces = ?1")
            .bind(text(key))
            .fetch_optional(&mut *transaction.connection)
            .await?;
        match known {
            Some(known) if known == text(successor.id) => {
                return Ok(Decision::Unchanged(RotateKeyAnswer::Rotated));
            }
            Some(_) => return Ok(Decision::Unchanged(RotateKeyAnswer::Ended)),
            None if old.state(*at) != KeyState::Open => {
                return Ok(Decision::Unchanged(RotateKeyAnswer::Ended));
            }
            None => {}
        }
        // Holder, name and scopes are the old one's, whoever asks for what.
        let ApiKey { holder, name, scopes, expires_at, .. } = old;
        let successor = ApiKey { holder, name, scopes, replaces: Some(*key), ..successor.clone() };
        if !insert(transaction, &successor, *open_at_most).await? {
            return Ok(Decision::Unchanged(RotateKeyAnswer::TooMany));
        }
        let ends_at = expires_at.map_or(*old_ends_at, |end| end.min(*old_ends_at));
        sqlx::query("UPDATE api_keys SET expires_at = ?2 WHERE id = ?1")
            .bind(text(key))
            .bind(time::to_text(ends_at))
            .execute(&mut *transaction.connection)
            .await?;
        Ok(Decision::Applied(RotateKeyAnswer::Rotated))
    }
}

#[async_trait]
impl Apply for KeyRevocation {
    type Answer = RevokeKeyAnswer;

    async fn apply(
        change: &Change<Self>,
        transaction: &mut Transaction<'_>,
    ) -> Result<Decision<RevokeKeyAnswer>, Fault> {
        let KeyRevocation { key, scope, at } = &change.body;
        let Some(known) = find(transaction, scope, *key).await? else {
            return Ok(Decision::Unchanged(RevokeKeyAnswer::NotFound));
        };
        if known.revoked_at.is_some() {
            return Ok(Decision::Unchanged(RevokeKeyAnswer::Revoked));
        }
        sqlx::query("UPDATE api_keys SET revoked_at = ?2 WHERE id = ?1")
            .bind(text(key))
            .bind(time::to_text(*at))
            .execute(&mut *transaction.connection)
            .await?;
        Ok(Decision::Applied(RevokeKeyAnswer::Revoked))
    }
}

#[async_trait]
impl Apply for KeyUse {
    type Answer = ();

    async fn apply(change: &Change<Self>, transaction: &mut Transaction<'_>) -> Result<Decision<()>, Fault> {
        let KeyUse { key, at, pause } = change.body;
        sqlx::query(
            "UPDATE api_keys SET last_used_at = ?2 WHERE id = ?1 AND (last_used_at IS NULL OR last_used_at <= ?3)",
        )
        .bind(text(key))
        .bind(time::to_text(at))
        .bind(time::to_text(at - pause))
        .execute(&mut *transaction.connection)
        .await?;
        Ok(Decision::Applied(()))
    }
}

impl SqliteStore {
    pub(super) async fn find_key_by_hash(&self, hash: &KeyHash) -> Result<Option<ApiKey>, Failure> {
        let mut connection = self.readers.one().await?;
        let row: Option<KeyRow> =
            sqlx::query_as(concat!("SELECT ", key_columns!(), " FROM api_keys WHERE hash = ?1"))
                .bind(text(hash))
                .fetch_optional(&mut *connection)
                .await?;
        Ok(row.map(|row| row.key()).transpose()?)
    }

    pub(super) async fn find_key(&self, scope: &Scope, id: ApiKeyId) -> Result<Option<ApiKey>, Failure> {
        let mut connection = self.readers.one().await?;
        let row: Option<KeyRow> = sqlx::query_as(SELECT_ONE)
            .bind(text(id))
            .bind(user_of(scope))
            .fetch_optional(&mut *connection)
            .await?;
        Ok(row.map(|row| row.key()).transpose()?)
    }

    pub(super) async fn find_keys(&self, filter: &KeyFilter) -> Result<KeyPage, Failure> {
        let mut connection = self.readers.one().await?;
        let rows: Vec<KeyRow> = page_query(filter).build_query_as().fetch_all(&mut *connection).await?;
        Ok(key_page(&rows, filter.limit)?)
    }
}

fn page_query(filter: &KeyFilter) -> QueryBuilder<Sqlite> {
    let select = concat!("SELECT ", key_columns!(), " FROM api_keys WHERE TRUE");
    let place = "SELECT created_at, id FROM api_keys WHERE id = ";
    newest_first(select, place, (&filter.scope, None), filter.after.map(text), filter.limit)
}
