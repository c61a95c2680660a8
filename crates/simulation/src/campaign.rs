//! Many schedules, on as many threads as there are processors, until one of them loses something.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::database::Database;
use crate::loss::Loss;
use crate::place;
use crate::schedule::play;
use crate::tally::Tally;
use crate::trace::Trace;

/// How many schedules share a database before the whole of it is audited and the next one is made.
const PER_DATABASE: usize = 1_000;

/// A seed whose schedule loses something.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The seed.
    pub seed: u64,
    /// What is lost.
    pub losses: Vec<Loss>,
}

/// Plays every seed's schedule, each once, and tells of the smallest seed that loses something: what comes after it may
/// be left out. The same seeds have the same finding, on however many threads.
pub fn search(seeds: Range<u64>, threads: usize, tally: &Arc<Tally>) -> Option<Finding> {
    let search = Search {
        next: AtomicU64::new(seeds.start),
        end: AtomicU64::new(seeds.end),
        found: Mutex::default(),
        tally,
    };
    std::thread::scope(|scope| {
        let search = &search;
        for turn in 0..threads.max(1) {
            scope.spawn(move || {
                place::stay(turn);
                while search.play_on(&Database::fresh()) {}
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
    /// The first seed that nobody needs to play any more.
    end: AtomicU64,
    found: Mutex<Vec<Finding>>,
    tally: &'a Arc<Tally>,
}

impl Search<'_> {
    /// The next seed. They are taken in their order, so whoever finds something knows that all before it are taken.
    fn take(&self) -> Option<u64> {
        let seed = self.next.fetch_add(1, Ordering::Relaxed);
        (seed < self.end.load(Ordering::Relaxed)).then_some(seed)
    }

    fn find(&self, seed: u64, losses: Vec<Loss>) {
        self.end.fetch_min(seed, Ordering::Relaxed);
        self.found.lock().unwrap_or_else(PoisonError::into_inner).push(Finding { seed, losses });
    }

    /// Plays schedules on one database until it is worn, and audits it. Whether there are more.
    fn play_on(&self, database: &Database) -> bool {
        let mut played = Vec::new();
        while played.len() < PER_DATABASE
            && let Some(seed) = self.take()
        {
            let losses = play(database, seed, &Trace::default(), self.tally);
            if !losses.is_empty() {
                self.find(seed, losses);
                return false;
            }
            played.push(seed);
        }
        let faults = audit(database);
        if !faults.is_empty() {
            self.blame(&played, faults);
            return false;
        }
        played.len() == PER_DATABASE
    }

    /// The ledger does not add up, and one of these schedules did it: alone, its audit tells.
    fn blame(&self, played: &[u64], faults: Vec<Loss>) {
        let alone = played.iter().map(|&seed| (seed, replay(seed, self.tally).0));
        let guilty = alone.into_iter().find(|(_, losses)| !losses.is_empty());
        if let Some((seed, losses)) = guilty {
            self.find(seed, losses);
        } else if let Some(&seed) = played.first() {
            self.find(seed, faults);
        }
    }
}

/// The audit of everything that the database holds.
fn audit(database: &Database) -> Vec<Loss> {
    database.play(Trace::default(), 0, async |world| world.ledger_losses())
}
