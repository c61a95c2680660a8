//! The ends that several flows share: settling on evidence, whoever found it, and what hangs on it.

use trunkline_alarms::{Alarm, Onset};
use trunkline_domain::{Change, Order, OrderId, Origin, OwnedNumber, ReviewReason};
use trunkline_provider::{NumberSettings, ProviderNumber};

use super::changes::{self, Decider};
use super::opener::{HeldLease, SagaEnd};
use crate::calls::Calls;
use crate::causes::ACCOUNT;
use crate::engine::{Engine, stored};
use crate::mutant::Mutant;
use crate::port::{NumberUpdate, Scope, SettleAnswer, StoreError, UpdateAnswer};
use crate::{Marker, PurchaseEnd, Purchased};

impl Engine {
    /// Settles an order on evidence. Yes beats no: this is accepted from any worker while the order is undecided, and
    /// evidence that comes too late is kept and the number released.
    pub(crate) async fn settle(
        &self,
        order: &Order,
        found: &ProviderNumber,
        lease: HeldLease,
        decider: Decider<'_>,
        calls: &mut Calls,
    ) -> Result<SagaEnd, StoreError> {
        let ids = self.parts.ids.as_ref();
        let change = changes::settlement(order, found, decider, calls, ids, self.now());
        let answer = match stored(|| self.parts.purchases.settle(&change)).await {
            // Repeating mends nothing here either, so it is the same operator's matter as a conflict.
            Err(StoreError::Broken(why)) if lease.is_some() => {
                tracing::error!(order.id = %order.id, why, "the database cannot store a settlement");
                SettleAnswer::Conflict
            }
            answer => answer?,
        };
        match answer {
            SettleAnswer::Settled(number) => {
                calls.clear();
                tracing::info!(order.id = %order.id, number.sid = %found.identity.number, "order completed");
                let end = change.body.end.clone();
                self.add_sms_address(number).await;
                Ok(SagaEnd::Ended(end))
            }
            SettleAnswer::SettledBefore(number) => {
                // It may have been this very settlement, its acknowledgement lost.
                self.add_sms_address(number).await;
                self.end_of(order).await
            }
            SettleAnswer::OrderFailed if Mutant::StaleSettleDropsSid.is_made() => self.end_of(order).await,
            SettleAnswer::OrderFailed => {
                self.keep_late_success(order, found, calls).await?;
                self.end_of(order).await
            }
            SettleAnswer::SettledOtherwise => {
                let onset = Onset::of(
                    Alarm::SecondNumberForOrder,
                    &found.identity.number,
                    "the provider holds a second number for a completed order",
                )
                .with(ACCOUNT, found.identity.account.as_str())
                .with("orderId", order.id.to_string());
                self.parts.alarms.raise(onset);
                self.end_of(order).await
            }
            SettleAnswer::Conflict => {
                self.refer_conflict(order, found, lease, calls).await?;
                self.end_of(order).await
            }
        }
    }

    /// The order was given up, and the number turns up after all: it is nobody's, and is released.
    async fn keep_late_success(
        &self,
        order: &Order,
        found: &ProviderNumber,
        calls: &mut Calls,
    ) -> Result<(), StoreError> {
        let onset = Onset::of(
            Alarm::LateSuccess,
            &found.identity.number,
            "a number turned up for an order that had failed; it will be released",
        )
        .with(ACCOUNT, found.identity.account.as_str())
        .with("orderId", order.id.to_string());
        self.parts.alarms.raise(onset);
        let change = changes::late_success(order, found.identity.number.clone(), calls, self.now());
        stored(|| self.parts.purchases.record_late_success(&change)).await?;
        calls.clear();
        self.release_orphan(found, order, &Origin::system()).await;
        Ok(())
    }

    async fn refer_conflict(
        &self,
        order: &Order,
        found: &ProviderNumber,
        lease: HeldLease,
        calls: &mut Calls,
    ) -> Result<(), StoreError> {
        let onset = Onset::of(
            Alarm::SettlementConflict,
            order.id,
            "the number was bought, and storing it conflicts with what is stored",
        )
        .with("numberSid", found.identity.number.as_str());
        self.parts.alarms.raise(onset);
        // Without a lease the order is left to the next worker, who will meet the same conflict with one.
        if let Some(lease) = lease {
            let sid = Some(found.identity.number.clone());
            let reason = ReviewReason::SettlementConflict;
            let change = changes::referral(order, lease, reason, sid, calls, self.now());
            stored(|| self.parts.purchases.refer(&change)).await?;
            calls.clear();
            // Where the id belongs to another live number of ours, this order's purchase was an update of it.
            self.restore_settings(found).await;
        }
        Ok(())
    }

    /// The answer for a completed order that somebody else settled: the number as it stands.
    pub(crate) async fn completed_end(&self, order: &Order) -> Result<SagaEnd, StoreError> {
        let missing = || StoreError::Broken(format!("completed order {} has no number", order.id));
        let id = order.number.ok_or_else(missing)?;
        let number = self.parts.numbers.number(&Scope::Everyone, id).await?.ok_or_else(missing)?;
        let purchased = Purchased { number, transaction: order.hold, amount: order.charge };
        Ok(SagaEnd::Ended(PurchaseEnd::Completed(Box::new(purchased))))
    }

    /// Adds our address for texts where the number takes texts and the purchase could not know it. A failure is drift:
    /// seen and mended by reconciliation, never a reason to undo a purchase.
    async fn add_sms_address(&self, number: OwnedNumber) {
        let wanted = self.webhooks_for(number.capabilities);
        let Some(identity) = number.identity.clone() else { return };
        let is_missing = number.webhooks.sms_url.is_none() && wanted.sms_url.is_some();
        if !is_missing || !number.status.accepts_changes() {
            return;
        }
        let settings = NumberSettings { webhooks: Some(wanted), friendly_name: None };
        let configured = match self.parts.provider.configure(&identity, &settings).await {
            Ok(configured) => configured,
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(number.sid = %identity.number, error, "the address for texts is not set");
                return;
            }
        };
        let number = OwnedNumber { webhooks: configured.webhooks, updated_at: self.now(), ..number };
        let change = Change::new(NumberUpdate { number });
        let answer = stored(|| self.parts.numbers.update(&change)).await;
        if !matches!(answer, Ok(UpdateAnswer::Updated(_))) {
            tracing::warn!(number.sid = %identity.number, ?answer, "the address for texts is set and not noted");
        }
    }

    /// Puts the settings of a number of ours back, after a purchase of another order overwrote them.
    pub(crate) async fn restore_settings(&self, found: &ProviderNumber) {
        let row = match self.parts.numbers.number_by_identity(&found.identity).await {
            Ok(row) => row.filter(|number| number.status.is_live()),
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::error!(number.sid = %found.identity.number, error, "not known whose settings were overwritten");
                return;
            }
        };
        let Some(row) = row else { return };
        let settings = NumberSettings {
            friendly_name: row.order.map(|order: OrderId| {
                Marker { deployment: self.settings.deployment, order }.friendly_name(&row.display_name)
            }),
            webhooks: Some(row.webhooks.clone()),
        };
        if let Err(error) = self.parts.provider.configure(&found.identity, &settings).await {
            let error = &error as &dyn std::error::Error;
            tracing::error!(number.sid = %found.identity.number, error, "overwritten settings are not restored");
        }
    }
}
