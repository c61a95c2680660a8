//! API keys. A secret is in two answers only: that of its making, and that of its rotation.

use chrono::{DateTime, Utc};
use serde::Serialize;
use trunkline_domain::{ApiKeyId, UserId};
use trunkline_tenancy::{ApiKey, IssuedKey, KeyPage, KeyScopes, KeyState, RotatedKey};
use utoipa::ToSchema;

use super::Success;
use crate::description::words;

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Key)]
struct KeyRecord {
    #[schema(value_type = words::Id)]
    id: ApiKeyId,
    #[schema(value_type = words::KeyKind)]
    kind: &'static str,
    #[schema(value_type = Option<words::UserId>, required)]
    user_id: Option<UserId>,
    #[schema(required)]
    name: Option<String>,
    #[schema(value_type = Vec<words::Scope>)]
    scopes: KeyScopes,
    #[schema(value_type = words::KeyState)]
    state: &'static str,
    created_at: DateTime<Utc>,
    #[schema(required)]
    expires_at: Option<DateTime<Utc>>,
    #[schema(required)]
    last_used_at: Option<DateTime<Utc>>,
    #[schema(required)]
    revoked_at: Option<DateTime<Utc>>,
    #[schema(value_type = Option<words::Id>, required)]
    replaces: Option<ApiKeyId>,
}

impl KeyRecord {
    fn of(key: ApiKey, state: KeyState) -> Self {
        let kind = key.holder.kind();
        let user_id = key.holder.user().cloned();
        let ApiKey { id, name, scopes, created_at, expires_at, last_used_at, revoked_at, replaces, .. } = key;
        let state = state.as_str();
        Self {
            id,
            kind,
            user_id,
            name,
            scopes,
            state,
            created_at,
            expires_at,
            last_used_at,
            revoked_at,
            replaces,
        }
    }
}

/// A new key, and its secret for the only time.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct IssuedKeyAnswer {
    success: Success,
    key: KeyRecord,
    secret: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    old_key_ends_at: Option<DateTime<Utc>>,
}

impl From<IssuedKey> for IssuedKeyAnswer {
    fn from(issued: IssuedKey) -> Self {
        let IssuedKey { key, secret } = issued;
        let (key, secret) = (KeyRecord::of(key, KeyState::Open), secret.expose().to_owned());
        Self { success: Success, key, secret, old_key_ends_at: None }
    }
}

impl From<RotatedKey> for IssuedKeyAnswer {
    fn from(rotated: RotatedKey) -> Self {
        Self { old_key_ends_at: Some(rotated.old_ends_at), ..rotated.issued.into() }
    }
}

/// A page of keys.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct KeyListAnswer {
    success: Success,
    keys: Vec<KeyRecord>,
    #[schema(value_type = Option<words::Id>, required)]
    next_cursor: Option<ApiKeyId>,
}

impl KeyListAnswer {
    /// A page, with what each of its keys is now.
    pub(crate) fn of(page: KeyPage, state_of: impl Fn(&ApiKey) -> KeyState) -> Self {
        let record = |key: ApiKey| {
            let state = state_of(&key);
            KeyRecord::of(key, state)
        };
        Self { success: Success, keys: page.keys.into_iter().map(record).collect(), next_cursor: page.next }
    }
}
