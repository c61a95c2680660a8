//! What must never be found after a play, however it went. Looked for once everything has ended and time has passed.
//!
//! Every check reads what a customer, an operator or the supplier could read, and compares the books with one another.

use std::collections::BTreeSet;
use std::fmt;

use trunkline_domain::{NumberSid, NumberStatus, Order, OrderId, OrderState, ReviewReason};
use trunkline_wallet::{TransactionDirection, TransactionStatus, WalletStore, verify_ledger};

use crate::books::{Books, UserBooks};
use crate::supplier::Deal;
use crate::world::World;

/// What kind of promise is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LossKind {
    /// A number that is paid for and nobody has, or that somebody has and does not exist.
    LostNumber,
    /// Two numbers where one was ordered.
    DoubleNumber,
    /// Money was taken for something that is not there, or twice.
    DoubleCharge,
    /// Money is held for nothing.
    StrandedHold,
    /// The ledger does not add up.
    UnbalancedLedger,
    /// Something stays undecided for good.
    Undecided,
    /// A number's id that the provider told is kept nowhere.
    LostEvidence,
    /// A client was told what is not so.
    FalseAnswer,
    /// An operator is asked what a machine could have known.
    NeedlessReview,
}

impl LossKind {
    /// The name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::LostNumber => "lost number",
            Self::DoubleNumber => "double number",
            Self::DoubleCharge => "double charge",
            Self::StrandedHold => "stranded hold",
            Self::UnbalancedLedger => "unbalanced ledger",
            Self::Undecided => "undecided",
            Self::LostEvidence => "lost evidence",
            Self::FalseAnswer => "false answer",
            Self::NeedlessReview => "needless review",
        }
    }
}

/// A broken promise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    /// Of which kind.
    pub kind: LossKind,
    /// What is wrong with what.
    pub what: String,
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind.name(), self.what)
    }
}

impl Loss {
    pub(crate) fn new(kind: LossKind, what: impl Into<String>) -> Self {
        Self { kind, what: what.into() }
    }
}

impl World {
    /// Everything that is lost, of these books' users and at the supplier. Empty after every good day and after every
    /// bad one.
    pub(crate) fn losses_in(&self, books: &Books) -> Vec<Loss> {
        let deals = self.supplier().deals();
        let mut audit = Audit {
            world: self,
            deals: &deals,
            losses: Vec::new(),
            accounted: BTreeSet::new(),
            rows: BTreeSet::new(),
        };
        for books in &books.users {
            for order in &books.orders {
                audit.order(order, books);
            }
            audit.numbers(books);
            audit.money(books);
        }
        audit.supplier();
        audit.evidence(books);
        audit.losses
    }

    /// Whatever the ledger's own audit finds in the whole database.
    pub(crate) fn ledger_losses(&self) -> Vec<Loss> {
        let snapshot = self.read(self.store.snapshot()).unwrap();
        let faults = verify_ledger(&snapshot);
        faults.iter().map(|fault| Loss::new(LossKind::UnbalancedLedger, fault.to_string())).collect()
    }
}

struct Audit<'a> {
    world: &'a World,
    deals: &'a [Deal],
    losses: Vec<Loss>,
    /// The numbers at the supplier that a row or an order under review stands for.
    accounted: BTreeSet<NumberSid>,
    /// The numbers that live rows stand for.
    rows: BTreeSet<NumberSid>,
}

impl<'a> Audit<'a> {
    fn lose(&mut self, kind: LossKind, what: impl Into<String>) {
        self.losses.push(Loss::new(kind, what));
    }

    /// An order is decided, and has exactly what its end says.
    fn order(&mut self, order: &Order, books: &UserBooks) {
        match order.state {
            OrderState::Ordering | OrderState::Unresolved => {
                self.lose(LossKind::Undecided, format!("order {} is {}", order.id, order.state.as_str()));
            }
            OrderState::Completed => {
                if !books.bought.iter().any(|row| row.order == Some(order.id)) {
                    self.lose(
                        LossKind::LostNumber,
                        format!("completed order {} has no number row", order.id),
                    );
                }
            }
            OrderState::Failed => self.failed(order),
            OrderState::Review => self.reviewed(order),
        }
    }

    /// What was bought in time, and shown in time, must not have been given up.
    fn failed(&mut self, order: &Order) {
        if order.number.is_some() {
            self.lose(LossKind::DoubleNumber, format!("failed order {} has a number row", order.id));
        }
        let last_look = order.opened_at + self.world.settings().void_after;
        for deal in self.deals_of(order.id) {
            if deal.shown_from <= last_look && !deal.meddled_with {
                let sid = &deal.number.identity.number;
                let what = format!("{sid} was bought in time for order {}, which failed", order.id);
                self.lose(LossKind::LostNumber, what);
            }
        }
    }

    /// A person is asked only where somebody else had a hand in it.
    fn reviewed(&mut self, order: &Order) {
        let deals = self.deals_of(order.id);
        self.accounted.extend(deals.map(|deal| deal.number.identity.number.clone()));
        self.accounted.extend(order.number_sid.clone());
        if !self.deals.iter().any(|deal| deal.meddled_with || deal.updated) {
            let reason = order.review.map_or("none", ReviewReason::as_str);
            self.lose(LossKind::NeedlessReview, format!("order {} is under review: {reason}", order.id));
        }
    }

    /// A live row is one number at the supplier, and the supplier has it under no other row.
    fn numbers(&mut self, books: &UserBooks) {
        let mut phones = BTreeSet::new();
        for row in &books.live {
            let Some(sid) = row.identity.as_ref().map(|identity| identity.number.clone()) else { continue };
            let is_meddled_with =
                self.deals.iter().any(|deal| deal.number.identity.number == sid && deal.meddled_with);
            match row.status {
                NumberStatus::Active | NumberStatus::Suspended => {
                    let held = self.world.supplier().number(&sid);
                    if held.is_none_or(|held| held.phone_number != row.phone_number) && !is_meddled_with {
                        self.lose(
                            LossKind::LostNumber,
                            format!("the supplier does not have {sid}, and we do"),
                        );
                    }
                }
                NumberStatus::Releasing => {
                    self.lose(LossKind::Undecided, format!("{sid} is still being released"));
                }
                NumberStatus::Review if !is_meddled_with => {
                    self.lose(LossKind::NeedlessReview, format!("{sid} is under review"));
                }
                NumberStatus::Review | NumberStatus::Released => {}
            }
            if !phones.insert(row.phone_number.clone()) || !self.rows.insert(sid.clone()) {
                self.lose(LossKind::DoubleNumber, format!("{} has two live rows", row.phone_number));
            }
        }
    }

    /// What the supplier says we own is what we say that we own, and what the console bought is still there.
    fn supplier(&mut self) {
        for deal in self.deals {
            let sid = &deal.number.identity.number;
            let held = self.world.supplier().number(sid);
            if deal.by_console && held.is_none() {
                self.lose(LossKind::LostNumber, format!("{sid} was bought in the console, and is gone"));
            }
            let is_known = self.accounted.contains(sid) || self.rows.contains(sid);
            if held.is_some() && !deal.meddled_with && !is_known {
                self.lose(LossKind::LostNumber, format!("the supplier has {sid}, and nobody here has it"));
            }
        }
        let mut orders = BTreeSet::new();
        let held = self.deals.iter().filter(|deal| {
            !deal.by_console && self.world.supplier().number(&deal.number.identity.number).is_some()
        });
        let twice = held.filter_map(Deal::order).find(|order| !orders.insert(order.as_uuid()));
        if let Some(order) = twice {
            self.lose(LossKind::DoubleNumber, format!("order {order} has two numbers at the supplier"));
        }
    }

    /// The wallet has paid for what there is, and holds for what is undecided.
    fn money(&mut self, books: &UserBooks) {
        use TransactionDirection::{Credit, Debit};
        use TransactionStatus::{Completed, Pending};
        let user = &books.user;
        let in_state = |state| books.orders.iter().filter(|order| order.state == state).count();
        let completed = books.orders.iter().filter(|order| order.state == OrderState::Completed);
        let (charged, charges) =
            (books.sum(Debit, Completed), completed.map(|order| order.charge.micros()).sum::<i64>());
        let (paid, bought) = (books.count(Debit, Completed), in_state(OrderState::Completed));
        if paid != bought {
            self.lose(LossKind::DoubleCharge, format!("{user} paid {paid} times for {bought} numbers"));
        }
        if charged != charges {
            let what = format!("{user} paid {charged} millionths for numbers that cost {charges}");
            self.lose(LossKind::DoubleCharge, what);
        }
        let open = books.orders.len() - bought - in_state(OrderState::Failed);
        let holds = books.count(Debit, Pending);
        if holds != open {
            self.lose(LossKind::StrandedHold, format!("{user} has {holds} holds for {open} open orders"));
        }
        let (posted, held) = books.balance.as_ref().map_or((0, 0), |b| (b.posted.micros(), b.held.micros()));
        let history = (books.sum(Credit, Completed) - charged, books.sum(Debit, Pending));
        if (posted, held) != history {
            let what = format!("{user} has {posted} with {held} held, and their history says {history:?}");
            self.lose(LossKind::UnbalancedLedger, what);
        }
    }

    fn evidence(&mut self, books: &Books) {
        for (id, process) in self.world.witness.dropped() {
            let is_kept = books.order(id).is_some_and(|order| order.number_sid.is_some());
            if !is_kept && !self.world.is_dead(&process) {
                let what = format!(
                    "process {process} had the number of order {id}, which had failed, and dropped it"
                );
                self.lose(LossKind::LostEvidence, what);
            }
        }
    }

    fn deals_of(&self, order: OrderId) -> impl Iterator<Item = &'a Deal> + use<'a> {
        self.deals.iter().filter(move |deal| deal.order() == Some(order))
    }
}
