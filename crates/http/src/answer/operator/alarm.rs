//! Alarms, as they are remembered.

use serde::Serialize;
use trunkline_alarms::AlarmRecord;
use utoipa::ToSchema;

use crate::answer::Success;
use crate::description::things;

/// Alarms, those that began last first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AlarmListAnswer {
    success: Success,
    #[schema(value_type = Vec<things::Alarm>)]
    alarms: Vec<AlarmRecord>,
    /// Whether there are others that began earlier.
    more: bool,
}

impl AlarmListAnswer {
    /// Of these alarms the first so many.
    pub(crate) fn new(mut alarms: Vec<AlarmRecord>, shown: u16) -> Self {
        let shown = usize::from(shown);
        let more = alarms.len() > shown;
        alarms.truncate(shown);
        Self { success: Success, alarms, more }
    }
}
