//! How operators see what limits a user, and set it.

use std::sync::Arc;

use serde_json::json;
use trunkline_domain::{AuditEntry, Change, Clock, Origin, Reason, UserId};

use super::{LimitUse, OwnLimits, UserLimits};
use crate::engine::stored;
use crate::port::{LimitStore, LimitsFile, LimitsSetting, SetLimitsAnswer, StoreError};

/// How often a change is made again because somebody else was first.
const TRIES: u32 = 5;

/// What limits users. Cheap to clone.
#[derive(Clone)]
pub struct Limits {
    store: Arc<dyn LimitStore>,
    clock: Arc<dyn Clock>,
    everybody: UserLimits,
}

/// A user's limits, from every side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitsView {
    /// What holds for them.
    pub limits: UserLimits,
    /// What is set for them alone.
    pub own: OwnLimits,
    /// What holds for everybody of whom nothing else is set.
    pub everybody: UserLimits,
    /// What they have.
    pub used: LimitUse,
}

/// What a change came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitChange {
    /// What was set for the user alone.
    pub before: OwnLimits,
    /// What is set now.
    pub after: OwnLimits,
}

/// Why limits were not set.
#[derive(Debug, thiserror::Error)]
pub enum LimitsError {
    /// Others changed the same limits each time.
    #[error("somebody else is changing these limits at this moment; nothing was changed by this")]
    Contended,
    /// The store failed.
    #[error("the store could not be asked")]
    Storage(#[from] StoreError),
}

impl Limits {
    /// Limits over this store, where `everybody` holds for every user of whom nothing else is set.
    pub fn new(store: Arc<dyn LimitStore>, clock: Arc<dyn Clock>, everybody: UserLimits) -> Self {
        Self { store, clock, everybody }
    }

    /// What limits a user. Whether there is such a user is not known here.
    pub async fn of(&self, user: &UserId) -> Result<LimitsView, StoreError> {
        let LimitsFile { own, used, .. } = self.store.limits(user).await?;
        let everybody = self.everybody.clone();
        Ok(LimitsView { limits: everybody.clone().with(own.clone()), own, everybody, used })
    }

    /// Changes what is set for a user alone. `change` is asked again where somebody else was first.
    pub async fn change(
        &self,
        user: &UserId,
        reason: &Reason,
        origin: &Origin,
        change: impl Fn(OwnLimits) -> OwnLimits + Send + Sync,
    ) -> Result<LimitChange, LimitsError> {
        for _ in 0..TRIES {
            let LimitsFile { own: before, version, .. } = self.store.limits(user).await?;
            let after = change(before.clone());
            let audit = self.audit(user, reason, origin, &before, &after);
            let setting = LimitsSetting { user: user.clone(), own: after.clone(), version, at: audit.at };
            let setting = Change::new(setting).audit(audit);
            match stored(|| self.store.set_limits(&setting)).await? {
                SetLimitsAnswer::Set => return Ok(LimitChange { before, after }),
                SetLimitsAnswer::Moved => {}
            }
        }
        Err(LimitsError::Contended)
    }

    fn audit(
        &self,
        user: &UserId,
        reason: &Reason,
        origin: &Origin,
        before: &OwnLimits,
        after: &OwnLimits,
    ) -> AuditEntry {
        AuditEntry {
            reason: Some(reason.to_string()),
            details: json!({ "before": before, "after": after }),
            ..origin.audit("user.limit", user, Some(user), self.clock.now())
        }
    }
}
