//! Counts of what a run of the simulation has been through: a run that nothing happened in proves nothing.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use trunkline_domain::{NumberStatus, OrderState};

use crate::books::Books;
use crate::fate::{Ending, Fate};
use crate::supplier::Deal;

/// The counts. One may be shared by many schedules.
#[derive(Debug, Default)]
pub struct Tally {
    schedules: AtomicU64,
    calls: AtomicU64,
    refused: AtomicU64,
    lost: AtomicU64,
    deaths: AtomicU64,
    echoes: AtomicU64,
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

impl Tally {
    pub(crate) fn call(&self, fate: Fate) {
        one(&self.calls);
        match fate.ending {
            Ending::Answered => {}
            Ending::NotDone | Ending::Refused => one(&self.refused),
            Ending::Unknown { .. } => one(&self.lost),
            Ending::Death { .. } => one(&self.deaths),
        }
        if fate.echo.is_some() {
            one(&self.echoes);
        }
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
            books
                .bought
                .iter()
                .filter(|n| n.status == NumberStatus::Released)
                .for_each(|_| one(&self.released));
        }
    }

    /// How many schedules were played.
    pub fn schedules(&self) -> u64 {
        self.schedules.load(Ordering::Relaxed)
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
        writeln!(
            f,
            "calls       {} ({} refused, {} answers lost, {} deaths, {} repeated or late by themselves)",
            of(&self.calls),
            of(&self.refused),
            of(&self.lost),
            of(&self.deaths),
            of(&self.echoes)
        )?;
        write!(
            f,
            "orders      {} completed, {} failed, {} under review; {} numbers released; {} bought too late, {} of them \
             brought by their own openers",
            of(&self.completed),
            of(&self.failed),
            of(&self.review),
            of(&self.released),
            of(&self.orphans),
            of(&self.late)
        )
    }
}
