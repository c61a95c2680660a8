//! Counts of what a run of the simulation has been through: a run that nothing happened in proves nothing.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use trunkline_domain::{NumberStatus, OrderState};

use crate::books::Books;
use crate::supplier::Deal;

/// What goes wrong in a schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    StoreUnavailable,
    StoreSilent,
    StoreAnswerLost,
    StoreTwice,
    SupplierNo,
    SupplierSilent,
    SupplierAnswerLost,
    RequestLate,
    RequestTwice,
    ListBehind,
    ListBroken,
    Death,
    Freeze,
    ClockOff,
    ClientGone,
    Console,
    SoldElsewhere,
}

impl Fault {
    const ALL: [Self; 17] = [
        Self::StoreUnavailable,
        Self::StoreSilent,
        Self::StoreAnswerLost,
        Self::StoreTwice,
        Self::SupplierNo,
        Self::SupplierSilent,
        Self::SupplierAnswerLost,
        Self::RequestLate,
        Self::RequestTwice,
        Self::ListBehind,
        Self::ListBroken,
        Self::Death,
        Self::Freeze,
        Self::ClockOff,
        Self::ClientGone,
        Self::Console,
        Self::SoldElsewhere,
    ];

    /// The name in reports.
    const fn name(self) -> &'static str {
        match self {
            Self::StoreUnavailable => "the store says that it did nothing",
            Self::StoreSilent => "the store does nothing, and does not say so",
            Self::StoreAnswerLost => "the store commits, and its answer is lost",
            Self::StoreTwice => "the store is asked twice",
            Self::SupplierNo => "the provider says a certain no",
            Self::SupplierSilent => "the provider does nothing, and the request times out",
            Self::SupplierAnswerLost => "the provider acts, and the request times out",
            Self::RequestLate => "a request arrives long after it timed out",
            Self::RequestTwice => "a request arrives twice",
            Self::ListBehind => "the provider's lists lag behind a purchase",
            Self::ListBroken => "a listing breaks off",
            Self::Death => "a process dies",
            Self::Freeze => "an opener stands still for longer than its lease",
            Self::ClockOff => "a process has a wrong clock",
            Self::ClientGone => "a client hangs up",
            Self::Console => "somebody buys, renames, moves or releases in the console",
            Self::SoldElsewhere => "somebody else's account buys the number",
        }
    }
}

/// The counts. One may be shared by many schedules.
#[derive(Debug, Default)]
pub struct Tally {
    schedules: AtomicU64,
    faults: [AtomicU64; Fault::ALL.len()],
    completed: AtomicU64,
    failed: AtomicU64,
    review: AtomicU64,
    released: AtomicU64,
    orphans: AtomicU64,
    late: AtomicU64,
}

fn one(count: &AtomicU64) {
    count.fetch_add(1, Ordering::Relaxed);
}

fn of(count: &AtomicU64) -> u64 {
    count.load(Ordering::Relaxed)
}

impl Tally {
    pub(crate) fn strikes(&self, fault: Fault) {
        one(&self.faults[fault as usize]);
    }

    /// Counts a schedule by how it ended.
    pub(crate) fn schedule(&self, books: &Books, deals: &[Deal], late: usize) {
        one(&self.schedules);
        self.late.fetch_add(late as u64, Ordering::Relaxed);
        for books in &books.users {
            for order in &books.orders {
                match order.state {
                    OrderState::Completed => one(&self.completed),
                    OrderState::Failed => {
                        one(&self.failed);
                        // Bought after all, and given back since.
                        deals.iter().filter(|d| d.order() == Some(order.id)).for_each(|_| one(&self.orphans));
                    }
                    OrderState::Review => one(&self.review),
                    OrderState::Ordering | OrderState::Unresolved => {}
                }
            }
            let released = books.bought.iter().filter(|number| number.status == NumberStatus::Released);
            released.for_each(|_| one(&self.released));
        }
    }

    /// How many schedules were played.
    pub fn schedules(&self) -> u64 {
        of(&self.schedules)
    }

    /// The kinds of faults that never struck.
    pub fn never_struck(&self) -> Vec<&'static str> {
        let all = Fault::ALL.into_iter();
        all.filter(|&fault| of(&self.faults[fault as usize]) == 0).map(Fault::name).collect()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for fault in Fault::ALL {
            writeln!(f, "{:>11}  {}", of(&self.faults[fault as usize]), fault.name())?;
        }
        write!(
            f,
            "orders      {} completed, {} failed, {} under review; {} numbers released; {} bought too late and given \
             back, {} of them brought by their own openers",
            of(&self.completed),
            of(&self.failed),
            of(&self.review),
            of(&self.released),
            of(&self.orphans),
            of(&self.late)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_has_its_place() {
        for (place, fault) in Fault::ALL.into_iter().enumerate() {
            assert_eq!(fault as usize, place, "{fault:?}");
        }
        let tally = Tally::default();
        tally.strikes(Fault::Death);
        assert_eq!(tally.never_struck().len(), Fault::ALL.len() - 1);
    }
}
