//! Changing and recording numbers. Our row is the truth; the provider's label follows it.

use serde_json::json;
use trunkline_domain::{BusinessId, Change, NumberId, NumberStatus, OwnedNumber, UserId, WebhookUrls};
use trunkline_provider::NumberSettings;

use crate::engine::{Engine, stored};
use crate::port::{NumberRecording, NumberUpdate, RecordAnswer, UpdateAnswer};
use crate::{Marker, NumberError, RecordCommand, UpdateCommand};

/// How often a change is made again on a row that somebody else changed meanwhile.
const UPDATE_ATTEMPTS: usize = 4;

/// The longest notes, in characters.
const NOTES_MAX: usize = 2_000;

impl Engine {
    pub(crate) async fn update_number(&self, command: &UpdateCommand) -> Result<OwnedNumber, NumberError> {
        command.require_reach()?;
        self.require_business(&command.user, command.business.flatten()).await?;
        let scope = command.scope();
        for attempt in 0..UPDATE_ATTEMPTS {
            let before = self.parts.numbers.number(&scope, command.number).await?;
            let before =
                before.filter(|n| n.status != NumberStatus::Released).ok_or(NumberError::NotFound)?;
            let after = changed(&before, command)?;
            if after == before {
                // Where this was offered before, it may be stored without our hearing of it: then the label is behind.
                if attempt > 0 && command.display_name.is_some() {
                    self.push_name(&before).await;
                }
                return Ok(before);
            }
            let now = self.now();
            let mut audit = command.origin.audit("number.update", before.id, Some(&before.user), now);
            audit.details = json!({ "before": customer_parts(&before), "after": customer_parts(&after) });
            let number = OwnedNumber { updated_at: now, ..after };
            let change = Change::new(NumberUpdate { number }).audit(audit);
            match stored(|| self.parts.numbers.update(&change)).await? {
                UpdateAnswer::Updated(number) => {
                    if number.display_name != before.display_name {
                        self.push_name(&number).await;
                    }
                    return Ok(number);
                }
                UpdateAnswer::Busy => return Err(NumberError::Busy),
                UpdateAnswer::Stale => {}
            }
        }
        Err(NumberError::Busy)
    }

    /// The provider's label follows the display name, marker kept; that of an imported number is not ours. A failure is drift, mended by reconciliation.
    async fn push_name(&self, number: &OwnedNumber) {
        let (Some(identity), Some(order)) = (&number.identity, number.order) else { return };
        if number.is_imported() {
            return;
        }
        let marker = Marker { deployment: self.settings.deployment, order };
        let friendly_name = Some(marker.friendly_name(&number.display_name));
        let settings = NumberSettings { friendly_name, webhooks: None };
        if let Err(error) = self.parts.provider.configure(identity, &settings).await {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(number.id = %number.id, error, "the provider's label keeps the old display name");
        }
    }

    pub(crate) async fn record_number(&self, command: RecordCommand) -> Result<OwnedNumber, NumberError> {
        self.require_business(&command.user, command.business).await?;
        let origin = command.origin.clone();
        let number = self.recorded(command)?;
        let mut audit = origin.audit("number.record", number.id, Some(&number.user), number.created_at);
        audit.details = customer_parts(&number);
        let change = Change::new(NumberRecording { number }).audit(audit);
        match stored(|| self.parts.numbers.record(&change)).await? {
            RecordAnswer::Recorded(number) => Ok(number),
            // Our own recording, its first acknowledgement lost.
            RecordAnswer::Exists(id) if id == change.body.number.id => Ok(change.body.number),
            RecordAnswer::Exists(id) => Err(NumberError::Exists(id)),
        }
    }

    fn recorded(&self, command: RecordCommand) -> Result<OwnedNumber, NumberError> {
        let provider = command.provider.trim().to_owned();
        if !(1..=64).contains(&provider.chars().count()) || provider.chars().any(char::is_control) {
            return Err(invalid("provider", "a provider's name has 1 to 64 characters"));
        }
        if provider.eq_ignore_ascii_case(OwnedNumber::PROVIDER) {
            return Err(invalid("provider", "numbers at Twilio are bought here, not recorded"));
        }
        if command.monthly_cost.is_negative() {
            return Err(invalid("monthlyCost", "a cost cannot be negative"));
        }
        let country = command.country.or_else(|| command.phone_number.country());
        let country =
            country.ok_or_else(|| invalid("countryCode", "the number is of no country; name one"))?;
        let now = self.now();
        Ok(OwnedNumber {
            id: NumberId::from_uuid(self.parts.ids.next()),
            user: command.user,
            business: command.business,
            phone_number: command.phone_number,
            display_name: command.display_name,
            country,
            kind: command.kind,
            status: NumberStatus::Active,
            is_primary: false,
            is_active: true,
            provider,
            identity: None,
            order: None,
            monthly_cost: command.monthly_cost,
            capabilities: trunkline_domain::Capabilities::default(),
            notes: bounded_notes(command.notes)?,
            webhooks: WebhookUrls::default(),
            review: None,
            purchased_at: now,
            created_at: now,
            updated_at: now,
            version: 1,
        })
    }

    /// A user's business, or none. Somebody else's is answered as one that does not exist.
    async fn require_business(&self, user: &UserId, business: Option<BusinessId>) -> Result<(), NumberError> {
        let Some(business) = business else { return Ok(()) };
        let owner = self.parts.businesses.owner_of(business).await?;
        if owner.as_ref() == Some(user) { Ok(()) } else { Err(NumberError::BusinessNotFound) }
    }
}

impl UpdateCommand {
    /// Whoever reaches some of an owner's businesses moves numbers between these, and takes none out of them.
    fn require_reach(&self) -> Result<(), NumberError> {
        match (&self.within, self.business) {
            (Some(_), Some(None)) => Err(NumberError::OwnersAlone),
            (Some(within), Some(Some(business))) if !within.contains(&business) => {
                Err(NumberError::BusinessNotFound)
            }
            (Some(_) | None, Some(Some(_)) | None) | (None, Some(None)) => Ok(()),
        }
    }
}

/// A number with a customer's changes, or why they do not go together.
fn changed(before: &OwnedNumber, command: &UpdateCommand) -> Result<OwnedNumber, NumberError> {
    if !before.status.accepts_changes() {
        return Err(NumberError::Busy);
    }
    let business = command.business.unwrap_or(before.business);
    // A primary number that moves to another business arrives there as one of its numbers.
    let stays = business == before.business;
    let after = OwnedNumber {
        business,
        display_name: command.display_name.clone().unwrap_or_else(|| before.display_name.clone()),
        is_primary: command.is_primary.unwrap_or(before.is_primary && stays),
        is_active: command.is_active.unwrap_or(before.is_active),
        notes: match &command.notes {
            Some(notes) => bounded_notes(notes.clone())?,
            None => before.notes.clone(),
        },
        ..before.clone()
    };
    if after.is_primary && after.business.is_none() {
        return Err(invalid("isPrimary", "a number is primary of a business; assign it to one first"));
    }
    if after.is_primary && !after.is_active {
        return Err(NumberError::PrimaryInactive);
    }
    Ok(after)
}

fn bounded_notes(notes: Option<String>) -> Result<Option<String>, NumberError> {
    let notes = notes.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    if notes.as_ref().is_some_and(|text| text.chars().count() > NOTES_MAX) {
        return Err(invalid("notes", "notes have at most 2,000 characters"));
    }
    Ok(notes)
}

fn invalid(field: &'static str, message: &str) -> NumberError {
    NumberError::Validation { field, message: message.to_owned() }
}

/// What a customer may change, for the audit trail.
fn customer_parts(number: &OwnedNumber) -> serde_json::Value {
    json!({
        "phoneNumber": number.phone_number,
        "displayName": number.display_name,
        "business": number.business,
        "isPrimary": number.is_primary,
        "isActive": number.is_active,
        "notes": number.notes,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    fn command() -> UpdateCommand {
        UpdateCommand {
            user: sample::user(),
            within: None,
            number: sample::number().id,
            display_name: None,
            business: None,
            is_primary: None,
            is_active: None,
            notes: None,
            origin: sample::origin(),
        }
    }

    #[test]
    fn primary_and_active_belong_together() {
        let business = Some(BusinessId::from_uuid(uuid::Uuid::from_u128(9)));
        let number = OwnedNumber { business, ..sample::number() };
        let primary = UpdateCommand { is_primary: Some(true), ..command() };
        let primary = changed(&number, &primary).unwrap();
        assert!(primary.is_primary);
        let off = UpdateCommand { is_active: Some(false), ..command() };
        assert!(matches!(changed(&primary, &off), Err(NumberError::PrimaryInactive)));
        let alone = UpdateCommand { business: Some(None), is_primary: Some(true), ..command() };
        assert!(matches!(changed(&number, &alone), Err(NumberError::Validation { field: "isPrimary", .. })));
    }

    #[test]
    fn a_primary_that_moves_is_primary_no_more() {
        let business = Some(BusinessId::from_uuid(uuid::Uuid::from_u128(9)));
        let primary = OwnedNumber { business, is_primary: true, ..sample::number() };
        let away = UpdateCommand { business: Some(None), ..command() };
        assert!(!changed(&primary, &away).unwrap().is_primary);
    }

    #[test]
    fn a_number_is_moved_within_reach_and_not_out_of_it() {
        let [shared, other] = [9, 10].map(|n| BusinessId::from_uuid(uuid::Uuid::from_u128(n)));
        let member = |business| UpdateCommand { within: Some(vec![shared]), business, ..command() };
        assert!(member(None).require_reach().is_ok() && member(Some(Some(shared))).require_reach().is_ok());
        let elsewhere = member(Some(Some(other))).require_reach();
        assert!(matches!(elsewhere, Err(NumberError::BusinessNotFound)));
        assert!(matches!(member(Some(None)).require_reach(), Err(NumberError::OwnersAlone)));
        for business in [None, Some(None), Some(Some(other))] {
            assert!(UpdateCommand { business, ..command() }.require_reach().is_ok(), "an owner");
        }
    }

    #[test]
    fn only_settled_numbers_change() {
        for status in [NumberStatus::Releasing, NumberStatus::Review] {
            let number = OwnedNumber { status, ..sample::number() };
            assert!(matches!(changed(&number, &command()), Err(NumberError::Busy)));
        }
    }

    #[test]
    fn empty_notes_are_no_notes() {
        let noted = UpdateCommand { notes: Some(Some("  ".to_owned())), ..command() };
        assert_eq!(changed(&sample::number(), &noted).unwrap().notes, None);
        let long = UpdateCommand { notes: Some(Some("n".repeat(2_001))), ..command() };
        assert!(changed(&sample::number(), &long).is_err());
    }
}
