//! What a report means for the books: a pure function from what the gateway says to what the store applies.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use trunkline_domain::{Event, EventId, Money, Origin, PaymentId, TransferId, UserId};
use uuid::Uuid;

use crate::service::LOOK_AFTER;
use crate::{
    Assessment, Movement, Payment, PaymentCredit, PaymentKind, PaymentReport, PaymentState, Progress, Taking,
    TakingChange, TakingKind, TakingStanding, Told, WITHDRAWN,
};

/// The namespace of what follows from a refund or dispute: the same one leads to the same rows, however often it is told.
const TAKINGS: Uuid = Uuid::from_u128(0x5d0f_0a8e_62d1_4c4e_a3f4_7d90_2b6c_e1a8);

/// Money was taken back in another currency than was paid. Nothing is applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OtherCurrency;

/// Of which payment a report is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Subject {
    pub(crate) id: PaymentId,
    pub(crate) user: UserId,
    pub(crate) kind: PaymentKind,
    pub(crate) description: String,
}

impl Subject {
    /// A payment as it is stored.
    pub(crate) fn of(payment: &Payment) -> Self {
        let Payment { id, kind, .. } = *payment;
        Self { id, user: payment.user.clone(), kind, description: payment.description.clone() }
    }
}

/// What the store is to apply.
pub(crate) fn assessment(
    subject: &Subject,
    report: &PaymentReport,
    at: DateTime<Utc>,
) -> Result<Assessment, OtherCurrency> {
    let paid = match report.progress {
        Progress::Paid { amount } => Some(amount),
        Progress::Open | Progress::Processing | Progress::Failed | Progress::Expired => None,
    };
    let told = Telling { subject, at };
    let takings = match paid {
        None => Vec::new(),
        Some(paid) => {
            if report.takings.iter().any(|taking| taking.amount.currency() != paid.currency()) {
                return Err(OtherCurrency);
            }
            report.takings.iter().map(|taking| told.taking(taking)).collect()
        }
    };
    Ok(Assessment {
        payment: subject.id,
        user: subject.user.clone(),
        kind: subject.kind,
        asked: report.asked,
        description: subject.description.clone(),
        session: report.session.clone(),
        intent: report.intent.clone(),
        state: state_of(report.progress),
        decline: report.decline.clone(),
        credit: paid.map(|amount| PaymentCredit { amount, told: told.credit(amount) }),
        takings,
        failed: told.failed(report),
        switch_off: None,
        look_after: LOOK_AFTER,
        at,
    })
}

/// What is told of a charge that is withdrawn: it has failed, and no card was asked.
pub(crate) fn withdrawn(subject: &Subject, asked: Money, at: DateTime<Utc>) -> Told {
    let data = json!({ "amount": asked, "decline": WITHDRAWN });
    Telling { subject, at }.told("payment.failed", "payment.withdraw", "failed", data)
}

const fn state_of(progress: Progress) -> PaymentState {
    match progress {
        Progress::Open => PaymentState::Open,
        Progress::Processing => PaymentState::Processing,
        Progress::Paid { .. } => PaymentState::Completed,
        Progress::Failed => PaymentState::Failed,
        Progress::Expired => PaymentState::Expired,
    }
}

/// What others are told of a payment.
struct Telling<'a> {
    subject: &'a Subject,
    at: DateTime<Utc>,
}

impl Telling<'_> {
    fn credit(&self, amount: Money) -> Told {
        self.told("payment.completed", "payment.complete", "completed", json!({ "amount": amount }))
    }

    fn failed(&self, report: &PaymentReport) -> Told {
        let data = json!({ "amount": report.asked, "decline": report.decline });
        self.told("payment.failed", "payment.fail", "failed", data)
    }

    fn taking(&self, taking: &Taking) -> TakingChange {
        let Taking { id, kind, amount, standing } = taking;
        let transfer =
            |part: &str| TransferId::from_uuid(Uuid::new_v5(&TAKINGS, format!("{id} {part}").as_bytes()));
        let data = json!({ "id": id, "amount": amount });
        let words = Words::of(*kind);
        let taken = Movement {
            transfer: transfer("taken"),
            description: words.taken.to_owned(),
            told: self.told(words.taken_event, words.taken_action, &format!("{id} taken"), data.clone()),
        };
        let returned = (*standing == TakingStanding::Returned).then(|| Movement {
            transfer: transfer("returned"),
            description: words.returned.to_owned(),
            told: self.told(words.returned_event, words.returned_action, &format!("{id} returned"), data),
        });
        TakingChange {
            id: id.clone(),
            kind: *kind,
            amount: *amount,
            taken,
            lent: [transfer("out of the debt"), transfer("into the wallet")],
            lent_description: words.lent.to_owned(),
            returned,
        }
    }

    /// One event and one audit line. The event's id follows from what it tells, so no two servers tell it twice.
    fn told(&self, event: &str, action: &str, part: &str, data: Value) -> Told {
        let Self { subject, at } = *self;
        let id = Uuid::new_v5(&TAKINGS, format!("{} {part}", subject.id).as_bytes());
        let event = Event {
            id: EventId::from_uuid(id),
            kind: event.to_owned(),
            user: subject.user.clone(),
            subject: subject.id.to_string(),
            at,
            data: data.clone(),
        };
        let mut audit = Origin::system().audit(action, subject.id, Some(&subject.user), at);
        audit.details = data;
        Told { events: vec![event], audit: vec![audit] }
    }
}

/// How refunds and disputes are spoken of.
struct Words {
    taken: &'static str,
    taken_event: &'static str,
    taken_action: &'static str,
    returned: &'static str,
    returned_event: &'static str,
    returned_action: &'static str,
    lent: &'static str,
}

impl Words {
    const fn of(kind: TakingKind) -> Self {
        match kind {
            TakingKind::Refund => Self {
                taken: "Payment refunded",
                taken_event: "payment.refunded",
                taken_action: "payment.refund",
                returned: "Refund that did not arrive",
                returned_event: "payment.refund_failed",
                returned_action: "payment.refund_fail",
                lent: "Owed since a payment was refunded",
            },
            TakingKind::Dispute => Self {
                taken: "Payment disputed",
                taken_event: "payment.disputed",
                taken_action: "payment.dispute",
                returned: "Dispute decided in favour of the payment",
                returned_event: "payment.dispute_won",
                returned_action: "payment.dispute_win",
                lent: "Owed since a payment was disputed",
            },
        }
    }
}
