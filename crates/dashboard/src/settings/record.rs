//! Members, keys and limits as the API answers them, as far as pages show them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use trunkline_domain::{ApiKeyId, JsonMoney};

use crate::businesses::Role;

#[derive(Deserialize)]
pub(super) struct Members {
    pub(super) members: Vec<Member>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Member {
    pub(super) user_id: String,
    pub(super) role: Role,
    pub(super) added_at: DateTime<Utc>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Keys {
    pub(super) keys: Vec<Key>,
    pub(super) next_cursor: Option<ApiKeyId>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Key {
    pub(super) id: ApiKeyId,
    pub(super) kind: String,
    pub(super) user_id: Option<String>,
    pub(super) name: Option<String>,
    pub(super) scopes: Vec<String>,
    pub(super) state: String,
    pub(super) created_at: DateTime<Utc>,
    pub(super) expires_at: Option<DateTime<Utc>>,
    pub(super) last_used_at: Option<DateTime<Utc>>,
}

/// A new key with its secret, which no other answer has.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Issued {
    pub(super) key: Key,
    pub(super) secret: String,
    #[serde(default)]
    pub(super) old_key_ends_at: Option<DateTime<Utc>>,
}

/// What limits the visitor; what is missing does not.
#[derive(Deserialize)]
pub(crate) struct LimitsAnswer {
    pub(super) effective: Limits,
    pub(super) used: Used,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Limits {
    #[serde(default)]
    pub(super) numbers: Option<u64>,
    #[serde(default)]
    pub(super) purchases_per_day: Option<u64>,
    #[serde(default)]
    pub(super) monthly_price: Option<BTreeMap<String, JsonMoney>>,
    #[serde(default)]
    pub(super) countries: Option<Vec<String>>,
    #[serde(default)]
    pub(super) number_types: Option<Vec<String>>,
    #[serde(default)]
    pub(super) churn: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Used {
    pub(super) numbers: u64,
    pub(super) purchases_today: u64,
    pub(super) released_in_30_days: u64,
}
