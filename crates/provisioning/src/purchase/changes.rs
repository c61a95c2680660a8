//! The changes of a purchase, each built whole by a pure function from what is known, ready for one transaction.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::json;
use trunkline_domain::{
    AccountSid, Change, Event, EventId, FailureReason, IdSource, NumberId, NumberSid, NumberStatus, Order,
    OrderId, OrderState, Origin, OwnedNumber, Reason, ReviewReason, TransferId,
};
use trunkline_provider::ProviderNumber;
use trunkline_wallet::{HoldCapture, HoldPlacement, HoldVoid};

use super::quote::Quote;
use crate::calls::Calls;
use crate::port::{
    Authority, ClaimEnd, LateSuccess, PurchaseAbort, PurchaseOpening, PurchaseParking, PurchaseReferral,
    PurchaseSettlement,
};
use crate::{LeaseTerms, ProvisioningSettings, PurchaseCommand, PurchaseEnd, Purchased};

/// TX1: the order, the claim and the hold.
pub(crate) fn opening(
    command: &PurchaseCommand,
    quote: &Quote,
    account: AccountSid,
    settings: &ProvisioningSettings,
    ids: &dyn IdSource,
    now: DateTime<Utc>,
) -> Change<PurchaseOpening> {
    let id = OrderId::from_uuid(ids.next());
    let hold = HoldPlacement::new(
        TransferId::from_uuid(ids.next()),
        command.user.clone(),
        quote.offer.charge,
        id,
        format!("Phone number {}", command.phone_number),
    );
    let order = Order {
        id,
        user: command.user.clone(),
        business: command.business,
        phone_number: command.phone_number.clone(),
        display_name: command.display_name.clone(),
        country: quote.offer.country,
        number_type: quote.offer.number_type,
        charge: quote.offer.charge,
        monthly_cost: quote.offer.monthly,
        account,
        wallet: hold.wallet.into(),
        hold: hold.hold,
        state: OrderState::Ordering,
        failure: None,
        review: None,
        number_sid: None,
        number: None,
        opened_at: now,
        updated_at: now,
    };
    let mut audit = command.origin.audit("order.open", id, Some(&command.user), now);
    audit.details = json!({ "phoneNumber": command.phone_number, "charge": quote.offer.charge });
    let terms = LeaseTerms { lease: settings.lease };
    let (send_window, daily_cap) = (settings.send_window, settings.purchases_per_day);
    let limits = settings.user_limits.clone();
    Change::new(PurchaseOpening { order, hold, terms, send_window, daily_cap, limits })
        .request(command.request.clone())
        .audit(audit)
}

/// Who brings an order to its end, and why where a person decides it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Decider<'a> {
    /// Who.
    pub origin: &'a Origin,
    /// Why.
    pub reason: Option<&'a Reason>,
}

impl<'a> Decider<'a> {
    /// The saga itself, on evidence.
    pub(crate) const fn saga(origin: &'a Origin) -> Self {
        Self { origin, reason: None }
    }
}

/// The row of a number that an order brings, as it begins.
pub(crate) fn row_of(order: &Order, id: NumberId, found: &ProviderNumber, now: DateTime<Utc>) -> OwnedNumber {
    OwnedNumber {
        id,
        user: order.user.clone(),
        business: order.business,
        phone_number: order.phone_number.clone(),
        display_name: order.display_name.clone(),
        country: order.country,
        kind: order.number_type.into(),
        status: NumberStatus::Active,
        is_primary: false,
        is_active: true,
        provider: OwnedNumber::PROVIDER.to_owned(),
        identity: Some(found.identity.clone()),
        order: Some(order.id),
        monthly_cost: order.monthly_cost,
        capabilities: found.capabilities,
        notes: None,
        webhooks: found.webhooks.clone(),
        review: None,
        purchased_at: now,
        created_at: now,
        updated_at: now,
        version: 1,
    }
}

/// TX2, yes: the number row appears and the hold is taken.
pub(crate) fn settlement(
    order: &Order,
    found: &ProviderNumber,
    decider: Decider<'_>,
    calls: &Calls,
    ids: &dyn IdSource,
    now: DateTime<Utc>,
) -> Change<PurchaseSettlement> {
    let number = row_of(order, NumberId::from_uuid(ids.next()), found, now);
    let end = PurchaseEnd::Completed(Box::new(Purchased {
        number: number.clone(),
        transaction: order.hold,
        amount: order.charge,
    }));
    let data = json!({ "order": order.id, "phoneNumber": order.phone_number, "amount": order.charge });
    let event = event("number.purchased", order, number.id.to_string(), data.clone(), ids, now);
    let mut bought = decider.origin.audit("number.purchase", number.id, Some(&order.user), now);
    bought.details = data;
    let mut settled = decider.origin.audit("order.settle", order.id, Some(&order.user), now);
    settled.reason = decider.reason.map(Reason::to_string);
    settled.details = calls.within(json!({
        "number": number.id, "numberSid": found.identity.number, "amount": order.charge,
    }));
    let capture =
        HoldCapture { transfer: TransferId::from_uuid(ids.next()), hold: order.hold, number: number.id };
    let number_sid = found.identity.number.clone();
    Change::new(PurchaseSettlement { order: order.id, number, number_sid, capture, end, at: now })
        .event(event)
        .audit(bought)
        .audit(settled)
}

/// How an order comes to nothing.
pub(crate) struct Failing {
    pub(crate) authority: Authority,
    pub(crate) reason: FailureReason,
    pub(crate) claim: ClaimEnd,
}

/// TX2, no: the hold is given back.
pub(crate) fn abort(
    order: &Order,
    failing: Failing,
    decider: Decider<'_>,
    calls: &Calls,
    ids: &dyn IdSource,
    now: DateTime<Utc>,
) -> Change<PurchaseAbort> {
    let Failing { authority, reason, claim } = failing;
    let end =
        (!reason.is_retryable()).then(|| PurchaseEnd::Failed { order: order.id, reason: reason.clone() });
    let data = json!({ "order": order.id, "phoneNumber": order.phone_number, "failure": reason });
    let event = event("order.failed", order, order.id.to_string(), data.clone(), ids, now);
    let mut audit = decider.origin.audit("order.abort", order.id, Some(&order.user), now);
    audit.reason = decider.reason.map(Reason::to_string);
    audit.details = calls.within(data);
    let void = HoldVoid { transfer: TransferId::from_uuid(ids.next()), hold: order.hold };
    Change::new(PurchaseAbort { order: order.id, authority, reason, claim, void, end, at: now })
        .event(event)
        .audit(audit)
}

/// TX2, unknown: the order waits for the next look.
pub(crate) fn parking(order: &Order, parking: PurchaseParking, calls: &Calls) -> Change<PurchaseParking> {
    let mut audit = Origin::system().audit("order.park", order.id, Some(&order.user), parking.at);
    audit.details = calls.within(json!({
        "nextLookInS": parking.next_look_in.as_secs(),
        "firstAbsentAt": parking.first_absent_at,
        "unanswered": parking.unanswered,
    }));
    Change::new(parking).audit(audit)
}

/// Hands an order to an operator.
pub(crate) fn referral(
    order: &Order,
    lease: crate::LeaseToken,
    reason: ReviewReason,
    number_sid: Option<NumberSid>,
    calls: &Calls,
    now: DateTime<Utc>,
) -> Change<PurchaseReferral> {
    let mut audit = Origin::system().audit("order.refer", order.id, Some(&order.user), now);
    audit.details = calls.within(json!({ "reason": reason, "numberSid": number_sid }));
    Change::new(PurchaseReferral { order: order.id, lease, reason, number_sid, at: now }).audit(audit)
}

/// Notes that a failed order's number turned up after all.
pub(crate) fn late_success(
    order: &Order,
    number_sid: NumberSid,
    calls: &Calls,
    now: DateTime<Utc>,
) -> Change<LateSuccess> {
    let mut audit = Origin::system().audit("order.late_success", order.id, Some(&order.user), now);
    audit.details = calls.within(json!({ "numberSid": number_sid }));
    Change::new(LateSuccess { order: order.id, number_sid, at: now }).audit(audit)
}

fn event(
    kind: &str,
    order: &Order,
    subject: String,
    data: serde_json::Value,
    ids: &dyn IdSource,
    at: DateTime<Utc>,
) -> Event {
    Event {
        id: EventId::from_uuid(ids.next()),
        kind: kind.to_owned(),
        user: order.user.clone(),
        subject,
        at,
        data,
    }
}

/// Twice as long after every unanswered question, from `first`, to at most ten times as long.
pub(crate) fn backoff(first: Duration, unanswered: u32) -> Duration {
    first.saturating_mul(2_u32.saturating_pow(unanswered.min(8)).min(10))
}
