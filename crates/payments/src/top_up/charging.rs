//! Charging what was claimed.
//!
//! Before each send the store looks at everything again. A charge that is certainly not at the gateway is sent or withdrawn;
//! one that is perhaps there is sent again under the same key, which happens once as long as the gateway keeps the key, or
//! looked for (`looking.rs`). Every answer goes through the transition that moves the payment on, which also counts the
//! declines: in whatever order and however often answers come, each payment is counted once.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::json;
use trunkline_domain::{Change, Currency, Event, EventId, Money, NoticeId, Origin};
use trunkline_notices::{NewNotice, NoticeBody};
use uuid::Uuid;

use super::service::subject;
use super::watch::{PAUSE, midnight_before, month_before};
use super::{Brake, DECLINES_MAX, SavedMethod, SendAnswer, SendBegin, SwitchOff};
use crate::assess::{self, Subject};
use crate::service::until_known;
use crate::{
    AssessError, GatewayError, Payment, PaymentReport, Payments, Progress, REPEAT_WITHIN, SavedCharge, Told,
};

/// How long after the last moment at which a charge was perhaps sent it is found nowhere and given up.
pub(super) const FOUND_WITHIN: Duration = Duration::from_hours(1);

impl Payments {
    /// Charges what was claimed, for the first time or again. `None` where it is not known yet what comes of it, and before
    /// the books were compared: they are perhaps a backup's.
    pub(crate) async fn charge(&self, payment: &Payment) -> Result<Option<Payment>, AssessError> {
        if !self.has_compared() {
            return Ok(None);
        }
        let send = self.sending(payment, self.refused_amount(payment.asked));
        match until_known(|| self.top_ups.begin_send(&send)).await? {
            SendAnswer::Send(method) => self.send_charge(payment, method, send.body.send).await,
            SendAnswer::Look(sends) => self.look_for_charge(payment, sends).await,
            SendAnswer::Stands(stands) => Ok(Some(stands)),
            SendAnswer::Unknown => Ok(None),
        }
    }

    /// What the operator's bounds say against an amount now.
    pub(super) fn refused_amount(&self, amount: Money) -> Option<Brake> {
        let is_taken = self.terms.bounds.check(amount).is_ok() && self.gateway.can_express(amount);
        (!is_taken).then_some(Brake::OutOfBounds)
    }

    fn sending(&self, payment: &Payment, brake: Option<Brake>) -> Change<SendBegin> {
        let at = self.clock.now();
        let currency = payment.asked.currency();
        Change::new(SendBegin {
            payment: payment.id,
            user: payment.user.clone(),
            currency,
            send: self.ids.next(),
            brake,
            daily_cap: self.terms.bounds.daily_cap(currency),
            day: midnight_before(at),
            month: month_before(at),
            repeat_within: REPEAT_WITHIN,
            pause: PAUSE,
            withdrawn: assess::withdrawn(&Subject::of(payment), payment.asked, at),
            at,
        })
    }

    async fn send_charge(
        &self,
        payment: &Payment,
        method: SavedMethod,
        send: Uuid,
    ) -> Result<Option<Payment>, AssessError> {
        let charge = SavedCharge {
            payment: payment.id,
            user: payment.user.clone(),
            customer: method.customer,
            method: method.id,
            amount: payment.asked,
            description: payment.description.clone(),
        };
        match self.gateway.charge_saved(&charge).await {
            Ok(report) if report.mark.as_ref().is_some_and(|mark| mark.payment == payment.id) => {
                self.charges_are_taken();
                self.apply(&report).await.map(Some)
            }
            Ok(_) => Err(AssessError::Contradicts("another payment was charged")),
            Err(error @ (GatewayError::Refused { .. } | GatewayError::NoSuchCustomer { .. })) => {
                until_known(|| self.top_ups.note_unsent(payment.id, send)).await?;
                self.charges_are_refused(payment, &error);
                self.withdraw(payment).await
            }
            Err(error @ (GatewayError::Unavailable { .. } | GatewayError::Unauthorized)) => {
                until_known(|| self.top_ups.note_unsent(payment.id, send)).await?;
                if matches!(error, GatewayError::Unauthorized) {
                    self.charges_are_refused(payment, &error);
                }
                Err(error.into())
            }
            // The gateway may repeat for a day that it failed, while the charge stands.
            Err(error @ (GatewayError::OutcomeUnknown { .. } | GatewayError::NotOurs)) => {
                match self.find_charge(payment, None).await? {
                    Some(found) => Ok(Some(found)),
                    None => Err(error.into()),
                }
            }
        }
    }

    /// Ends what the gateway refuses for a reason of the operator's, unless an earlier send of it is perhaps there. No card was
    /// asked, so nothing is counted against one.
    async fn withdraw(&self, payment: &Payment) -> Result<Option<Payment>, AssessError> {
        let send = self.sending(payment, Some(Brake::Refused));
        match until_known(|| self.top_ups.begin_send(&send)).await? {
            SendAnswer::Stands(stands) => Ok(Some(stands)),
            SendAnswer::Look(sends) => self.look_for_charge(payment, sends).await,
            SendAnswer::Send(_) | SendAnswer::Unknown => Ok(None),
        }
    }

    /// What is told should this decline be the one that switches the top-up off; `None` where it is no top-up's, or nothing
    /// that a card has said.
    pub(crate) async fn switch_off(
        &self,
        of: &Subject,
        report: &PaymentReport,
        at: DateTime<Utc>,
    ) -> Result<Option<SwitchOff>, AssessError> {
        if report.progress != Progress::Failed || report.decline.is_none() {
            return Ok(None);
        }
        let Some(method) = self.top_ups.charge(of.id).await? else { return Ok(None) };
        let currency = report.asked.currency();
        let alerts = self.alerts.alerts(&of.user, currency).await.map_err(AssessError::Notices)?;
        let notice = NewNotice {
            id: NoticeId::from_uuid(self.ids.next()),
            user: of.user.clone(),
            body: NoticeBody::TopUpOff { amount: report.asked, method: method.label, declines: DECLINES_MAX },
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
