//! When keys were last used: noted beside the requests, never before their answers.
//!
//! A key's row, which a request reads anyway, says when it was last used. Where that is a minute ago, a task of its own
//! writes the new time; the request does not wait for it and does not learn whether it succeeded. In between, this
//! process remembers that it has tried, so a database that fails is not asked more often than one that works.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use trunkline_domain::ApiKeyId;

use crate::{ApiKey, KeyUse, TenancyStore};

/// How precise the last use is.
const PAUSE: TimeDelta = TimeDelta::minutes(1);
/// So many keys are remembered before those that may be noted again are forgotten.
const REMEMBERED: usize = 1024;

/// Which keys this process has noted within the last minute.
#[derive(Clone, Default)]
pub(crate) struct LastUses(Arc<Mutex<HashMap<ApiKeyId, DateTime<Utc>>>>);

impl LastUses {
    /// Notes a use in the background, where it is time to.
    pub(crate) fn note(&self, store: &Arc<dyn TenancyStore>, key: &ApiKey, now: DateTime<Utc>) {
        if !is_due(key.last_used_at, now) || !self.claim(key.id, now) {
            return;
        }
        let (store, usage) = (Arc::clone(store), KeyUse { key: key.id, at: now, pause: PAUSE });
        tokio::spawn(async move {
            if let Err(error) = store.note_key_use(&usage).await {
                tracing::debug!(key = %usage.key, %error, "the last use of a key is not noted");
            }
        });
    }

    /// Whether nobody here has tried within the last minute; then the caller has.
    fn claim(&self, key: ApiKeyId, now: DateTime<Utc>) -> bool {
        let mut tried = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !is_due(tried.get(&key).copied(), now) {
            return false;
        }
        if tried.len() >= REMEMBERED {
            tried.retain(|_, at| !is_due(Some(*at), now));
        }
        tried.insert(key, now);
        true
    }
}

fn is_due(last: Option<DateTime<Utc>>, now: DateTime<Utc>) -> bool {
    last.is_none_or(|last| now - last >= PAUSE)
}
