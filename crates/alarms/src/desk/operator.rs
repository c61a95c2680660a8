//! What an operator asks of the desk: which alarms are open, and to end one.

use trunkline_domain::{Change, Origin};

use super::AlarmDesk;
use crate::{
    Alarm, AlarmEnding, AlarmFilter, AlarmRecord, AlarmStoreError, AlarmsShown, CauseError, CauseVerdict,
    EndReason,
};

/// An operator ends an alarm. One whose cause is seen to stand is not ended: nobody may raise it a second time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndAlarmCommand {
    /// Which.
    pub alarm: Alarm,
    /// About what.
    pub subject: String,
    /// Why, for the audit trail.
    pub reason: String,
    /// Who says so.
    pub origin: Origin,
}

/// Why an alarm is not ended.
#[derive(Debug, thiserror::Error)]
pub enum EndAlarmError {
    /// Nobody would know later why it was ended.
    #[error("a reason is needed, of 1 to {max} characters: the audit trail keeps it", max = REASON_MAX)]
    Reason,
    /// It is not open.
    #[error("there is no open alarm {alarm} about {subject}; `trunkline alarm list` shows the open ones")]
    NotOpen {
        /// Which.
        alarm: Alarm,
        /// About what.
        subject: String,
    },
    /// What it was raised about was looked at, and stands.
    #[error(
        "nothing is ended: what {alarm} was raised about still stands for {subject}, and the alarm ends by itself when \
         that does; docs/operations.md says what to do"
    )]
    CauseStands {
        /// Which.
        alarm: Alarm,
        /// About what.
        subject: String,
    },
    /// It could not be looked at.
    #[error("nothing is ended: {0}; try again")]
    Cause(#[source] CauseError),
    /// The store could not be asked.
    #[error("the store could not be asked")]
    Store(#[from] AlarmStoreError),
}

/// How many open alarms are read at once.
const PAGE: u16 = 100;

/// The longest reason, in characters.
const REASON_MAX: usize = 500;

impl AlarmDesk {
    /// Alarms as the store has them.
    pub async fn alarms(&self, filter: &AlarmFilter) -> Result<Vec<AlarmRecord>, AlarmStoreError> {
        self.0.parts.store.alarms(filter).await
    }

    /// Ends an open alarm, audited.
    pub async fn end_by_operator(&self, command: EndAlarmCommand) -> Result<(), EndAlarmError> {
        let EndAlarmCommand { alarm, subject, reason, origin } = command;
        let reason = reason.trim();
        if reason.is_empty() || reason.chars().count() > REASON_MAX {
            return Err(EndAlarmError::Reason);
        }
        let Some(record) = self.open_alarm(alarm, &subject).await? else {
            return Err(EndAlarmError::NotOpen { alarm, subject });
        };
        match self.0.parts.causes.stands(&record).await.map_err(EndAlarmError::Cause)? {
            CauseVerdict::Stands => return Err(EndAlarmError::CauseStands { alarm, subject }),
            CauseVerdict::Gone | CauseVerdict::NotKnown => {}
        }
        let at = self.0.parts.clock.now();
        let mut audit = origin.audit("alarm.end", &subject, None, at);
        audit.reason = Some(reason.to_owned());
        audit.details = serde_json::json!({ "alarm": alarm });
        let ending =
            AlarmEnding { alarm, subject: subject.clone(), reason: EndReason::Operator, at, as_seen: None };
        if self.0.end(&Change::new(ending).audit(audit)).await? {
            Ok(())
        } else {
            Err(EndAlarmError::NotOpen { alarm, subject })
        }
    }

    async fn open_alarm(&self, alarm: Alarm, subject: &str) -> Result<Option<AlarmRecord>, AlarmStoreError> {
        let mut after = None;
        loop {
            let filter = AlarmFilter { shown: AlarmsShown::Open, after, limit: PAGE };
            let mut page = self.alarms(&filter).await?;
            after = page.last().map(|record| record.id);
            let is_last = page.len() < usize::from(PAGE);
            page.retain(|record| record.alarm == alarm && record.subject == subject);
            if is_last || !page.is_empty() {
                return Ok(page.pop());
            }
        }
    }
}
