//! Saying that a number of ours is gone at the provider. Nothing is given back to anybody: what the number cost is paid.

use serde_json::json;
use trunkline_alarms::Alarm;
use trunkline_domain::{AccountSid, NumberEvent, OwnedNumber, ProviderIdentity};

use super::changes;
use super::command::{IfMoved, WriteOffCommand};
use super::error::NumberDecisionError;
use crate::engine::{Engine, stored};
use crate::port::Scope;

/// A number that was written off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenOff {
    /// The number as it stands.
    pub number: OwnedNumber,
    /// The account that it was moved to, where it was found.
    pub moved_to: Option<AccountSid>,
}

impl Engine {
    pub(super) async fn write_off(
        &self,
        command: &WriteOffCommand,
    ) -> Result<WrittenOff, NumberDecisionError> {
        let number = self.parts.numbers.number(&Scope::Everyone, command.number).await?;
        let number = number.ok_or(NumberDecisionError::NotFound)?;
        let identity = number.identity.clone().ok_or(NumberDecisionError::RecordOnly)?;
        number
            .status
            .after(NumberEvent::WriteOff)
            .map_err(|error| NumberDecisionError::Status { status: error.status })?;
        self.require_account(&identity)?;
        self.require_gone(&number, &identity).await?;
        let located = self.parts.provider.locate(&identity).await;
        let moved_to = match (located.map_err(NumberDecisionError::Provider)?, command.if_moved) {
            (Some(account), IfMoved::Refuse) => return Err(NumberDecisionError::Moved { account }),
            (moved_to, IfMoved::Refuse | IfMoved::WriteOff) => moved_to,
        };
        let evidence = json!({
            "account": identity.account,
            "numberSid": identity.number,
            "look": "absent",
            "fetch": "absent",
            "movedTo": moved_to,
        });
        let change = changes::write_off(command, &number, &evidence, self.parts.ids.as_ref(), self.now());
        let written_off = stored(|| self.parts.decisions.write_off(&change)).await?;
        for alarm in [Alarm::GhostNumber, Alarm::ReleaseInReview] {
            self.parts.alarms.end(alarm, &number.id.to_string());
        }
        Ok(WrittenOff { number: written_off.into_number(), moved_to })
    }

    /// A complete answer to a look without it, and the account's own no to its id: both, or nothing is concluded.
    async fn require_gone(
        &self,
        number: &OwnedNumber,
        identity: &ProviderIdentity,
    ) -> Result<(), NumberDecisionError> {
        let held = || {
            let ProviderIdentity { account, number: sid } = identity;
            NumberDecisionError::Evidence(format!("account {account} has {sid} still"))
        };
        let provider = &self.parts.provider;
        let sighting = provider.look(&number.phone_number).await.map_err(NumberDecisionError::Provider)?;
        if sighting.number.is_some_and(|seen| seen.identity.number == identity.number) {
            return Err(held());
        }
        match provider.fetch(identity).await.map_err(NumberDecisionError::Provider)? {
            Some(_) => Err(held()),
            None => Ok(()),
        }
    }

    /// Only the account that is stored with a number says anything about it.
    pub(super) fn require_account(&self, identity: &ProviderIdentity) -> Result<(), NumberDecisionError> {
        let configured = self.parts.provider.account().map_err(NumberDecisionError::Provider)?;
        if configured == identity.account {
            return Ok(());
        }
        Err(NumberDecisionError::OtherAccount { stored: identity.account.clone(), configured })
    }
}
