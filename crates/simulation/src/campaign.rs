//! Many schedules, on as many threads as there are processors, until one of them loses something.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::database::Database;
use crate::loss::Loss;
use crate::place;
use crate::schedule::play;
use crate::tally::Tally;
use crate::trace::Trace;

/// How many schedules share a database before the whole of it is audited and the next one is made.
const PER_DATABASE: u64 = 1_000;

/// A seed whose schedule loses something.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The seed.
    pub seed: u64,
    /// What is lost.
    pub losses: Vec<Loss>,
}

/// Plays every seed's schedule, each once. Ends early with the first that loses something.
pub fn search(seeds: Range<u64>, threads: usize, tally: &Arc<Tally>) -> Option<Finding> {
    let search = Search { next: AtomicU64::new(seeds.start), end: seeds.end, found: Mutex::default(), tally };
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let (search, is_over) = (&search, &is_over);
        for turn in 0..threads.max(1) {
            scope.spawn(move || {
                place::stay(turn);
                while !is_over.load(Ordering::Relaxed)
                    && let Some(seeds) = search.take()
                {
                    if let Some(finding) = search.play(seeds, is_over) {
                        is_over.store(true, Ordering::Relaxed);
                        search.found.lock().unwrap_or_else(PoisonError::into_inner).push(finding);
                    }
                }
            });
        }
    });
    let found = search.found.into_inner().unwrap_or_else(PoisonError::into_inner);
    found.into_iter().min_by_key(|finding| finding.seed)
}

/// Plays one seed's schedule alone, with its trace, and audits the whole ledger after it.
pub fn replay(seed: u64, tally: &Arc<Tally>) -> (Vec<Loss>, Trace) {
    let (database, trace) = (Database::fresh(), Trace::kept());
    let mut losses = play(&database, seed, &trace, tally);
    losses.extend(audit(&database));
    (losses, trace)
}

struct Search<'a> {
    next: AtomicU64,
    end: u64,
    found: Mutex<Vec<Finding>>,
    tally: &'a Arc<Tally>,
}

impl Search<'_> {
    /// The next few seeds.
    fn take(&self) -> Option<Range<u64>> {
        let from = self.next.fetch_add(PER_DATABASE, Ordering::Relaxed);
        (from < self.end).then(|| from..self.end.min(from.saturating_add(PER_DATABASE)))
    }

    /// Plays a few schedules on one database.
    fn play(&self, seeds: Range<u64>, is_over: &AtomicBool) -> Option<Finding> {
        let database = Database::fresh();
        for seed in seeds.clone() {
            if is_over.load(Ordering::Relaxed) {
                return None;
            }
            let losses = play(&database, seed, &Trace::default(), self.tally);
            if !losses.is_empty() {
                return Some(Finding { seed, losses });
            }
        }
        let faults = audit(&database);
        if faults.is_empty() {
            return None;
        }
        // One of them did it, whichever: alone, its audit tells.
        let alone = seeds.clone().map(|seed| Finding { seed, losses: replay(seed, self.tally).0 });
        let guilty = alone.into_iter().find(|finding| !finding.losses.is_empty());
        Some(guilty.unwrap_or(Finding { seed: seeds.start, losses: faults }))
    }
}

/// The audit of everything that the database holds.
fn audit(database: &Database) -> Vec<Loss> {
    database.play(Trace::default(), 0, async |world| world.ledger_losses())
}
