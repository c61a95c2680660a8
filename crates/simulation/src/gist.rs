//! The gist of a port's answer, as a trace tells it: what the next step depends on, and nothing else.

use std::fmt::Debug;

use chrono::{DateTime, Utc};
use trunkline_domain::{Money, NumberSid, Order, OwnedNumber, UserId};
use trunkline_provider::{AvailableNumber, Bought, Listing, ProviderNumber, Sighting};
use trunkline_provisioning::Report;
use trunkline_provisioning::port::{
    Contradiction, MendingAnswer, NumberPage, OpenAnswer, OrderPage, OrphanAnswer, OrphanStanding, PassLease,
    Place, RecordAnswer, ReleaseAnswer, ReleaseTransition, Repeat, SettleAnswer, StalledOrder, StalledOrphan,
    StalledRelease, Transition, UpdateAnswer,
};
use trunkline_wallet::{
    AdjustmentAnswer, Approval, ApprovalPage, ApproveAnswer, AskAnswer, Balance, CreditAnswer,
    LedgerSnapshot, RejectAnswer, TransactionPage, WalletStanding,
};

/// Something that a trace can tell in a few words.
pub(crate) trait Gist {
    fn gist(&self) -> String;
}

/// The gist of an answer or of a failure.
pub(crate) fn gist_of<T: Gist, E: Debug>(answer: &Result<T, E>) -> String {
    match answer {
        Ok(answer) => answer.gist(),
        Err(error) => format!("error {}", name_of(error)),
    }
}

/// The name of an enum's variant.
pub(crate) fn name_of(value: &impl Debug) -> String {
    let text = format!("{value:?}");
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    text[..end].to_owned()
}

/// The last digits of an id are enough to tell a few apart.
pub(crate) fn tail(id: &str) -> &str {
    &id[id.len().saturating_sub(4)..]
}

fn number(sid: &NumberSid) -> String {
    format!("PN..{}", tail(sid.as_str()))
}

impl Gist for Money {
    fn gist(&self) -> String {
        self.to_string()
    }
}

impl Gist for Order {
    fn gist(&self) -> String {
        format!("order ..{} {}", tail(&self.id.to_string()), self.state.as_str())
    }
}

impl Gist for Place {
    fn gist(&self) -> String {
        format!("place {}", self.user)
    }
}

impl Gist for OwnedNumber {
    fn gist(&self) -> String {
        let sid = self.identity.as_ref().map_or_else(|| "no id".to_owned(), |i| number(&i.number));
        format!("number {sid} {}", self.status.as_str())
    }
}

impl Gist for OpenAnswer {
    fn gist(&self) -> String {
        match self {
            Self::Opened(opened) => format!("opened {}", opened.order.gist()),
            Self::Refused(refusal) => format!("refused {}", name_of(refusal)),
            Self::Repeat(repeat) => repeat.gist(),
        }
    }
}

impl<T: Debug> Gist for Repeat<T> {
    fn gist(&self) -> String {
        match self {
            Self::OtherCommand => "key of another command".to_owned(),
            Self::Open { .. } => "repeat of something open".to_owned(),
            Self::Ended(end) => format!("repeat, ended {}", name_of(end)),
        }
    }
}

impl Gist for SettleAnswer {
    fn gist(&self) -> String {
        match self {
            Self::Settled(number) | Self::SettledBefore(number) => {
                format!("{} {}", name_of(self), number.gist())
            }
            Self::OrderFailed | Self::SettledOtherwise | Self::Conflict => name_of(self),
        }
    }
}

impl Gist for Transition {
    fn gist(&self) -> String {
        format!("{} {}", name_of(self), self.order().gist())
    }
}

impl Gist for ReleaseAnswer {
    fn gist(&self) -> String {
        match self {
            Self::Begun(begun) => format!("begun {}", begun.number.gist()),
            Self::RecordRemoved(_) => "record removed".to_owned(),
            Self::Refused(refusal) => format!("refused {}", name_of(refusal)),
            Self::Repeat(repeat) => repeat.gist(),
        }
    }
}

impl Gist for ReleaseTransition {
    fn gist(&self) -> String {
        match self {
            Self::Applied(number) | Self::Stale(number) => format!("{} {}", name_of(self), number.gist()),
        }
    }
}

impl Gist for OrphanAnswer {
    fn gist(&self) -> String {
        match self {
            Self::Begun(_) => "begun".to_owned(),
            Self::Refused(refusal) => format!("refused {}", name_of(refusal)),
        }
    }
}

impl Gist for Contradiction {
    fn gist(&self) -> String {
        format!("order ..{} lacks its {}", tail(&self.order.to_string()), self.missing.as_str())
    }
}

impl Gist for Report {
    fn gist(&self) -> String {
        format!("{} found, {} repaired", self.found, self.repairs.done)
    }
}

impl Gist for MendingAnswer {
    fn gist(&self) -> String {
        name_of(self)
    }
}

impl Gist for DateTime<Utc> {
    fn gist(&self) -> String {
        self.to_rfc3339()
    }
}

impl Gist for String {
    fn gist(&self) -> String {
        self.clone()
    }
}

impl Gist for ProviderNumber {
    fn gist(&self) -> String {
        format!("{} {} {:?}", number(&self.identity.number), self.phone_number, self.friendly_name)
    }
}

impl Gist for Sighting {
    fn gist(&self) -> String {
        self.number.as_ref().map_or_else(|| "absent".to_owned(), Gist::gist)
    }
}

impl Gist for Bought {
    fn gist(&self) -> String {
        format!("bought {}", self.number.gist())
    }
}

impl Gist for Listing {
    fn gist(&self) -> String {
        let whole = if self.complete { "complete" } else { "incomplete" };
        format!("{} numbers, {whole}", self.numbers.len())
    }
}

impl<T: Gist> Gist for Option<T> {
    fn gist(&self) -> String {
        self.as_ref().map_or_else(|| "none".to_owned(), Gist::gist)
    }
}

impl<T: Gist> Gist for Vec<T> {
    fn gist(&self) -> String {
        if self.is_empty() {
            return "nothing".to_owned();
        }
        self.iter().map(Gist::gist).collect::<Vec<_>>().join(", ")
    }
}

impl Gist for StalledOrder {
    fn gist(&self) -> String {
        format!("takes over {} as {}", self.order.gist(), self.lease.as_i64())
    }
}

impl Gist for StalledRelease {
    fn gist(&self) -> String {
        format!("takes over {} as {}", self.number.gist(), self.lease.as_i64())
    }
}

impl Gist for StalledOrphan {
    fn gist(&self) -> String {
        format!("takes over orphan {}", number(&self.orphan.identity.number))
    }
}

impl Gist for AvailableNumber {
    fn gist(&self) -> String {
        self.phone_number.to_string()
    }
}

impl Gist for CreditAnswer {
    fn gist(&self) -> String {
        name_of(self)
    }
}

impl Gist for AdjustmentAnswer {
    fn gist(&self) -> String {
        name_of(self)
    }
}

impl Gist for AskAnswer {
    fn gist(&self) -> String {
        name_of(self)
    }
}

impl Gist for ApproveAnswer {
    fn gist(&self) -> String {
        name_of(self)
    }
}

impl Gist for RejectAnswer {
    fn gist(&self) -> String {
        name_of(self)
    }
}

impl Gist for Approval {
    fn gist(&self) -> String {
        format!("approval {}", self.state.as_str())
    }
}

impl Gist for ApprovalPage {
    fn gist(&self) -> String {
        format!("{} approvals", self.approvals.len())
    }
}

impl Gist for UpdateAnswer {
    fn gist(&self) -> String {
        name_of(self)
    }
}

impl Gist for RecordAnswer {
    fn gist(&self) -> String {
        name_of(self)
    }
}

impl Gist for trunkline_provider::ReleaseAnswer {
    fn gist(&self) -> String {
        name_of(self)
    }
}

impl Gist for trunkline_domain::AccountSid {
    fn gist(&self) -> String {
        "in another account".to_owned()
    }
}

impl Gist for OrphanStanding {
    fn gist(&self) -> String {
        format!("{self:?}")
    }
}

impl Gist for PassLease {
    fn gist(&self) -> String {
        "a pass".to_owned()
    }
}

impl Gist for Balance {
    fn gist(&self) -> String {
        format!("posted {}, held {}", self.posted, self.held)
    }
}

impl Gist for WalletStanding {
    fn gist(&self) -> String {
        format!("{}, owed {}", self.balance.gist(), self.debt)
    }
}

impl Gist for NumberPage {
    fn gist(&self) -> String {
        self.numbers.gist()
    }
}

impl Gist for OrderPage {
    fn gist(&self) -> String {
        self.orders.gist()
    }
}

impl Gist for TransactionPage {
    fn gist(&self) -> String {
        format!("{} transactions", self.transactions.len())
    }
}

impl Gist for LedgerSnapshot {
    fn gist(&self) -> String {
        format!("{} transfers", self.transfers.len())
    }
}

impl Gist for UserId {
    fn gist(&self) -> String {
        self.as_str().to_owned()
    }
}

impl Gist for () {
    fn gist(&self) -> String {
        "done".to_owned()
    }
}

impl Gist for bool {
    fn gist(&self) -> String {
        self.to_string()
    }
}

/// How many claims a pass has freed, which depends on what was played before on the same database.
impl Gist for u64 {
    fn gist(&self) -> String {
        "done".to_owned()
    }
}

impl Gist for trunkline_domain::NumberType {
    fn gist(&self) -> String {
        self.to_string()
    }
}
