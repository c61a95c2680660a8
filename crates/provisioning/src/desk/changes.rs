//! The changes of an operator's decisions, each built whole by a pure function, ready for one transaction.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use trunkline_domain::{
    AuditEntry, Change, DisplayName, Event, EventId, IdSource, NumberId, Offer, Order, OrderId, OrderState,
    OwnedNumber, Reason, TransferId, WebhookUrls,
};
use trunkline_provider::ProviderNumber;
use trunkline_wallet::{HoldCapture, HoldPlacement};

use super::command::{AdoptCommand, ReviewCommand, WriteOffCommand};
use crate::LeaseTerms;
use crate::port::{
    Adoption, OrphanEnd, OrphanFile, OrphanResumption, ReleaseResumption, Restoration, ReviewKeeping,
    WriteOff,
};
use crate::purchase::row_of;

/// The audit line of a decision, with its reason.
fn decided(entry: AuditEntry, reason: &Reason) -> AuditEntry {
    AuditEntry { reason: Some(reason.to_string()), ..entry }
}

/// A number that the account holds, with what it shall be here.
pub(super) struct Adopted<'a> {
    pub found: &'a ProviderNumber,
    pub order: OrderId,
    pub display_name: DisplayName,
    pub offer: Offer,
    pub webhooks: WebhookUrls,
}

/// The order, completed as it is made; its money, held and taken; the number row.
pub(super) fn adoption(
    command: &AdoptCommand,
    adopted: Adopted<'_>,
    ids: &dyn IdSource,
    now: DateTime<Utc>,
) -> Change<Adoption> {
    let Adopted { found, order: id, display_name, offer, webhooks } = adopted;
    let (user, phone_number) = (&command.user, &found.phone_number);
    let description = format!("Phone number {phone_number}");
    let hold =
        HoldPlacement::new(TransferId::from_uuid(ids.next()), user.clone(), offer.charge, id, description);
    let number_id = NumberId::from_uuid(ids.next());
    let order = Order {
        id,
        user: user.clone(),
        business: command.business,
        phone_number: phone_number.clone(),
        display_name,
        country: offer.country,
        number_type: offer.number_type,
        charge: offer.charge,
        monthly_cost: offer.monthly,
        account: found.identity.account.clone(),
        wallet: hold.wallet.into(),
        hold: hold.hold,
        state: OrderState::Completed,
        failure: None,
        review: None,
        number_sid: Some(found.identity.number.clone()),
        number: Some(number_id),
        opened_at: now,
        updated_at: now,
    };
    let number = OwnedNumber { webhooks, ..row_of(&order, number_id, found, now) };
    let capture =
        HoldCapture { transfer: TransferId::from_uuid(ids.next()), hold: hold.hold, number: number_id };
    let data = json!({ "order": id, "phoneNumber": phone_number, "amount": offer.charge });
    let event = event("number.adopted", &number, data, ids, now);
    let mut audit = command.origin.audit("number.adopt", number_id, Some(user), now);
    audit.details = json!({
        "order": id,
        "phoneNumber": phone_number,
        "numberSid": found.identity.number,
        "nameAtProvider": found.friendly_name,
        "fromDeployment": command.from_deployment,
        "fromOrder": command.from_order,
        "charge": offer.charge,
    });
    let step = step(command, "order.adopt", &number);
    Change::new(Adoption { order, hold, capture, number })
        .event(event)
        .audit(decided(audit, &command.reason))
        .audit(step)
}

/// The decision as a step of the number's order, with its reason.
fn step(command: &AdoptCommand, action: &str, number: &OwnedNumber) -> AuditEntry {
    let order = number.order.map(|order| order.to_string()).unwrap_or_default();
    let mut step = command.origin.audit(action, order, Some(&number.user), number.created_at);
    step.details = json!({ "numberSid": command.number_sid, "numberId": number.id });
    decided(step, &command.reason)
}

/// The row of the number that the order has paid for, made again from what the order knows; `None` if this is not the
/// order's number. What only the row knew, as notes, is lost.
pub(super) fn restoration(
    command: &AdoptCommand,
    order: &Order,
    found: &ProviderNumber,
    webhooks: WebhookUrls,
    ids: &dyn IdSource,
    now: DateTime<Utc>,
) -> Option<Change<Restoration>> {
    let id = order.number.filter(|_| order.phone_number == found.phone_number)?;
    let number = OwnedNumber {
        business: command.business.or(order.business),
        display_name: command.display_name.clone().unwrap_or_else(|| order.display_name.clone()),
        webhooks,
        // A completed order never changes again.
        purchased_at: order.updated_at,
        ..row_of(order, id, found, now)
    };
    let data = json!({ "order": order.id, "phoneNumber": order.phone_number });
    let event = event("number.restored", &number, data, ids, now);
    let mut audit = command.origin.audit("number.restore", id, Some(&order.user), now);
    audit.details = json!({
        "order": order.id,
        "phoneNumber": order.phone_number,
        "numberSid": found.identity.number,
        "nameAtProvider": found.friendly_name,
    });
    let step = step(command, "order.restore_number", &number);
    let change =
        Change::new(Restoration { number }).event(event).audit(decided(audit, &command.reason)).audit(step);
    Some(change)
}

/// The number is gone at the provider; `evidence` says how that was found.
pub(super) fn write_off(
    command: &WriteOffCommand,
    number: &OwnedNumber,
    evidence: &Value,
    ids: &dyn IdSource,
    now: DateTime<Utc>,
) -> Change<WriteOff> {
    let data = json!({ "phoneNumber": number.phone_number });
    let event = event("number.written_off", number, data, ids, now);
    let mut audit = command.origin.audit("number.write_off", number.id, Some(&number.user), now);
    audit.details = json!({ "status": number.status, "evidence": evidence });
    Change::new(WriteOff { number: number.id, at: now }).event(event).audit(decided(audit, &command.reason))
}

/// The release of a number is tried again.
pub(super) fn resumption(
    command: &ReviewCommand,
    number: &OwnedNumber,
    terms: LeaseTerms,
    now: DateTime<Utc>,
) -> Change<ReleaseResumption> {
    let mut audit = command.origin.audit("number.resume_release", number.id, Some(&number.user), now);
    audit.details = json!({ "waitedBecause": number.review });
    Change::new(ReleaseResumption { number: number.id, terms, at: now })
        .audit(decided(audit, &command.reason))
}

/// The number is kept.
pub(super) fn keeping(
    command: &ReviewCommand,
    number: &OwnedNumber,
    now: DateTime<Utc>,
) -> Change<ReviewKeeping> {
    let mut audit = command.origin.audit("number.keep", number.id, Some(&number.user), now);
    audit.details = json!({ "waitedBecause": number.review });
    Change::new(ReviewKeeping { number: number.id, at: now }).audit(decided(audit, &command.reason))
}

/// The release of an orphan is tried again.
pub(super) fn orphan_resumption(
    command: &ReviewCommand,
    file: &OrphanFile,
    terms: LeaseTerms,
    now: DateTime<Utc>,
) -> Change<OrphanResumption> {
    let identity = file.orphan.identity.clone();
    let mut audit = command.origin.audit("orphan.resume_release", &identity.number, None, now);
    audit.details = json!({ "order": file.orphan.order });
    let resumption = OrphanResumption { identity, after: file.lease, terms, at: now };
    Change::new(resumption).audit(decided(audit, &command.reason))
}

/// The orphan is gone at the provider.
pub(super) fn orphan_end(
    command: &ReviewCommand,
    file: &OrphanFile,
    now: DateTime<Utc>,
) -> Change<OrphanEnd> {
    let identity = file.orphan.identity.clone();
    let mut audit = command.origin.audit("orphan.released", &identity.number, None, now);
    audit.details = json!({ "order": file.orphan.order });
    Change::new(OrphanEnd { identity, at: now }).audit(decided(audit, &command.reason))
}

fn event(kind: &str, number: &OwnedNumber, data: Value, ids: &dyn IdSource, at: DateTime<Utc>) -> Event {
    Event {
        id: EventId::from_uuid(ids.next()),
        kind: kind.to_owned(),
        user: number.user.clone(),
        subject: number.id.to_string(),
        at,
        data,
    }
}
