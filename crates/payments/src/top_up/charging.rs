//! Charging what was claimed, and finding out what came of it.
//!
//! A charge is sent under the payment's key, so a repeat happens once, but only as long as the gateway keeps the key. After
//! that it is only looked for. Every answer goes through the transition that moves the payment on, which also counts the
//! declines: in whatever order and however often answers come, each payment is counted once.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use trunkline_domain::{Currency, Event, EventId, NoticeId, Origin};
use trunkline_notices::{NewNotice, NoticeBody};

use super::service::subject;
use super::{DECLINES_MAX, StoredCharge, SwitchOff};
use crate::assess::Subject;
use crate::{
    AssessError, GatewayError, Payment, PaymentReport, Payments, Progress, REPEAT_WITHIN, SavedCharge, Told,
};

/// How long after the last moment at which a charge could be sent it is found nowhere and given up.
const FOUND_WITHIN: Duration = Duration::from_hours(1);

/// How far the gateway's clock may be from ours.
const CLOCKS: TimeDelta = TimeDelta::minutes(5);

/// What a decline is called where the gateway refuses without a word of its own.
const REFUSED: &str = "refused";

impl Payments {
    /// Charges what was claimed, for the first time or again. `None` where it is not known yet what comes of it.
    pub(crate) async fn charge(&self, payment: &Payment) -> Result<Option<Payment>, AssessError> {
        let Some(stored) = self.top_ups.charge(payment.id).await? else { return Ok(None) };
        let since = (self.clock.now() - payment.opened_at).to_std().unwrap_or_default();
        if since > REPEAT_WITHIN || !stored.is_wanted {
            return match self.find_charge(payment).await? {
                Some(found) => self.apply(&found).await.map(Some),
                None if since > REPEAT_WITHIN + FOUND_WITHIN => Ok(Some(self.give_up(payment).await?)),
                None => Ok(None),
            };
        }
        match self.send_charge(payment, stored).await {
            // The gateway may repeat for a day that it failed, while the charge stands.
            Err(AssessError::Gateway(unknown @ GatewayError::OutcomeUnknown { .. })) => {
                match self.find_charge(payment).await? {
                    Some(found) => self.apply(&found).await.map(Some),
                    None => Err(unknown.into()),
                }
            }
            answer => answer.map(Some),
        }
    }

    async fn send_charge(&self, payment: &Payment, stored: StoredCharge) -> Result<Payment, AssessError> {
        let charge = SavedCharge {
            payment: payment.id,
            user: payment.user.clone(),
            customer: stored.method.customer,
            method: stored.method.id,
            amount: payment.asked,
            description: payment.description.clone(),
        };
        match self.gateway.charge_saved(&charge).await {
            Ok(report) if report.mark.as_ref().is_some_and(|mark| mark.payment == payment.id) => {
                self.apply(&report).await
            }
            Ok(_) => Err(AssessError::Contradicts("another payment was charged")),
            Err(GatewayError::Refused { code, message }) => {
                tracing::warn!(payment.id = %payment.id, code, message, "the payment gateway refused a charge");
                let decline = code.unwrap_or_else(|| REFUSED.to_owned());
                Ok(self.conclude(payment, Progress::Failed, Some(decline)).await?)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Looks for the charge among all that were made since it was claimed, by its mark.
    async fn find_charge(&self, payment: &Payment) -> Result<Option<PaymentReport>, GatewayError> {
        let from = payment.opened_at - CLOCKS;
        let to = payment.opened_at
            + TimeDelta::seconds(i64::try_from((REPEAT_WITHIN + FOUND_WITHIN).as_secs()).unwrap_or(i64::MAX));
        let to = to.min(self.clock.now() + CLOCKS);
        let is_it = |report: &PaymentReport| {
            report.mark.as_ref().is_some_and(|mark| {
                mark.payment == payment.id && mark.deployment == self.terms.deployment.to_string()
            })
        };
        let mut after = None;
        loop {
            let page = self.gateway.payments_between(from, to, after).await?;
            if let Some(found) = page.reports.into_iter().find(is_it) {
                return Ok(Some(found));
            }
            after = page.next;
            if after.is_none() {
                return Ok(None);
            }
        }
    }

    /// What is told should this failure be the one that switches the top-up off; `None` where it is no top-up's.
    pub(crate) async fn switch_off(
        &self,
        of: &Subject,
        report: &PaymentReport,
        at: DateTime<Utc>,
    ) -> Result<Option<SwitchOff>, AssessError> {
        let Some(stored) = self.top_ups.charge(of.id).await? else { return Ok(None) };
        let currency = report.asked.currency();
        let alerts = self.alerts.alerts(&of.user, currency).await.map_err(AssessError::Notices)?;
        let notice = NewNotice {
            id: NoticeId::from_uuid(self.ids.next()),
            user: of.user.clone(),
            body: NoticeBody::TopUpOff {
                amount: report.asked,
                method: stored.method.label,
                declines: DECLINES_MAX,
            },
            delivery: self.mail.delivery(alerts.address()),
            at,
        };
        Ok(Some(SwitchOff { declines: DECLINES_MAX, told: self.told_of_switch(&notice, currency), notice }))
    }

    fn told_of_switch(&self, notice: &NewNotice, currency: Currency) -> Told {
        let NewNotice { user, at, .. } = notice;
        let of = subject(user, currency);
        let data = json!({ "state": "declined", "declines": DECLINES_MAX, "notice": notice.id });
        let event = Event {
            id: EventId::from_uuid(self.ids.next()),
            kind: "top_up.off".to_owned(),
            user: user.clone(),
            subject: of.clone(),
            at: *at,
            data: data.clone(),
        };
        let mut audit = Origin::system().audit("top_up.switch_off", of, Some(user), *at);
        audit.details = data;
        Told { events: vec![event], audit: vec![audit] }
    }
}
