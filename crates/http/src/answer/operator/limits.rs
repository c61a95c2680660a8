//! What limits a user, from every side.

use serde::Serialize;
use trunkline_domain::UserId;
use trunkline_provisioning::{LimitUse, LimitsView, OwnLimits, UserLimits};
use utoipa::ToSchema;

use crate::answer::Success;
use crate::description::{things, words};

/// What holds for a user, where it comes from, and what they have.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LimitsAnswer {
    success: Success,
    #[schema(value_type = words::UserId)]
    user_id: UserId,
    /// What holds; a limit that is missing is none.
    #[schema(value_type = things::Limits)]
    effective: UserLimits,
    /// What is set for them alone; `null` is no limit, and what is missing is as for everybody.
    #[schema(value_type = things::OwnLimits)]
    limits: OwnLimits,
    /// What holds for everybody of whom nothing else is set.
    #[schema(value_type = things::Limits)]
    defaults: UserLimits,
    used: UseRecord,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = LimitUse)]
struct UseRecord {
    numbers: u64,
    purchases_today: u64,
    released_in_30_days: u64,
}

impl LimitsAnswer {
    pub(crate) fn new(user_id: UserId, view: LimitsView) -> Self {
        let LimitsView { limits, own, everybody, used } = view;
        let LimitUse { numbers, purchases_today, released_recently } = used;
        Self {
            success: Success,
            user_id,
            effective: limits,
            limits: own,
            defaults: everybody,
            used: UseRecord { numbers, purchases_today, released_in_30_days: released_recently },
        }
    }
}
