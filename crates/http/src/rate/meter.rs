//! Counting: so many requests a second for each subject, with a burst, in bounded memory.
//!
//! Each subject has one number, the moment at which everything that it asked is paid off at its rate (the "theoretical
//! arrival time" of the generic cell rate algorithm). A request is let through unless that moment is further ahead than the
//! burst. What other servers let through is added to it afterwards, so together they keep to the rate as well, late by one
//! settlement.
//!
//! *Invariants*: a table never has more than its capacity; who is new when it is full shares one number with all who are
//! new then. A subject is forgotten only when all that it asked is paid off.

use std::collections::HashMap;
use std::hash::Hash;
use std::num::NonZeroU32;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// How far what others let through may put a subject behind, beyond its burst.
const DEBT_MAX: Duration = Duration::from_secs(5);
/// Between two searches of a full table for who can be forgotten.
const SWEEP_PAUSE: Duration = Duration::from_secs(1);

/// How often somebody may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Requests a second, in the long run.
    pub per_second: NonZeroU32,
    /// Requests at once, after a pause.
    pub burst: NonZeroU32,
}

impl Rate {
    /// What one request costs.
    fn interval(self) -> Duration {
        Duration::from_secs(1) / self.per_second.get()
    }

    /// What may be owed, with the request that is asked now.
    fn credit(self) -> Duration {
        self.interval().saturating_mul(self.burst.get())
    }
}

/// The numbers of many subjects.
#[derive(Debug)]
pub(super) struct Meter<K> {
    rate: Rate,
    capacity: usize,
    table: Mutex<Table<K>>,
}

#[derive(Debug)]
struct Table<K> {
    counts: HashMap<K, Count>,
    /// Of everybody for whom there is no room.
    rest: Count,
    swept_at: Option<Instant>,
}

/// What one subject asked.
#[derive(Debug, Clone, Copy)]
struct Count {
    /// When it is paid off.
    paid_off_at: Instant,
    /// How many requests other servers do not know of.
    untold: u32,
    /// What all servers had let through when this one last told.
    total: Option<u64>,
}

impl Count {
    const fn new(now: Instant) -> Self {
        Self { paid_off_at: now, untold: 0, total: None }
    }

    fn take(&mut self, rate: Rate, now: Instant) -> Result<(), Duration> {
        let owed = self.paid_off_at.saturating_duration_since(now) + rate.interval();
        if let Some(wait) = owed.checked_sub(rate.credit()).filter(|wait| !wait.is_zero()) {
            return Err(wait);
        }
        self.paid_off_at = now + owed;
        self.untold = self.untold.saturating_add(1);
        Ok(())
    }
}

impl<K: Eq + Hash + Clone> Meter<K> {
    pub(super) fn new(rate: Rate, capacity: usize) -> Self {
        let rest = Count::new(Instant::now());
        let table = Mutex::new(Table { counts: HashMap::new(), rest, swept_at: None });
        Self { rate, capacity, table }
    }

    pub(super) const fn rate(&self) -> Rate {
        self.rate
    }

    /// Nothing under the lock panics, so a poisoned table is as good as any.
    fn table(&self) -> MutexGuard<'_, Table<K>> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets one request through, or says how long to wait.
    pub(super) fn take(&self, subject: &K) -> Result<(), Duration> {
        let now = Instant::now();
        let mut table = self.table();
        if let Some(count) = table.counts.get_mut(subject) {
            return count.take(self.rate, now);
        }
        table.make_room(self.capacity, now);
        if table.counts.len() >= self.capacity {
            return table.rest.take(self.rate, now);
        }
        let mut count = Count::new(now);
        let taken = count.take(self.rate, now);
        table.counts.insert(subject.clone(), count);
        taken
    }

    /// Whether one more request would be let through, or how long to wait. Counts nothing.
    pub(super) fn check(&self, subject: &K) -> Result<(), Duration> {
        let now = Instant::now();
        let mut table = self.table();
        let is_full = table.counts.len() >= self.capacity;
        let Table { counts, rest, .. } = &mut *table;
        let count = match counts.get(subject) {
            Some(count) => Some(*count),
            None => is_full.then_some(*rest),
        };
        count.map_or(Ok(()), |mut count| count.take(self.rate, now))
    }

    /// Counts one request that was let through before it was known that it counts, even beyond the burst.
    pub(super) fn charge(&self, subject: &K) {
        let now = Instant::now();
        let mut table = self.table();
        if !table.counts.contains_key(subject) {
            table.make_room(self.capacity, now);
            if table.counts.len() < self.capacity {
                table.counts.insert(subject.clone(), Count::new(now));
            }
        }
        let Table { counts, rest, .. } = &mut *table;
        let count = counts.get_mut(subject).unwrap_or(rest);
        let owed = count.paid_off_at.saturating_duration_since(now) + self.rate.interval();
        count.paid_off_at = now + owed.min(self.rate.credit().saturating_add(DEBT_MAX));
        count.untold = count.untold.saturating_add(1);
    }

    /// What other servers should hear of: subjects that asked for more than a tenth of a second's worth, at most `limit`.
    /// It counts as told from now on.
    pub(super) fn tell(&self, limit: usize) -> Vec<(K, u32)> {
        let enough = (self.rate.per_second.get() / 10).max(1);
        let mut table = self.table();
        let worth = table.counts.iter_mut().filter(|(_, count)| count.untold >= enough).take(limit);
        worth.map(|(subject, count)| (subject.clone(), std::mem::take(&mut count.untold))).collect()
    }

    /// What all servers have let through of a subject, with the `told` requests of this one.
    pub(super) fn hear(&self, subject: &K, told: u32, total: u64) {
        let now = Instant::now();
        let mut table = self.table();
        let Some(count) = table.counts.get_mut(subject) else { return };
        let before = count.total.replace(total);
        // The sum begins anew when it was forgotten meanwhile; what others did before this server told at all is past.
        let grown = before.and_then(|before| total.checked_sub(before)).unwrap_or(0);
        let others = u32::try_from(grown.saturating_sub(told.into())).unwrap_or(u32::MAX);
        let owed = count.paid_off_at.saturating_duration_since(now);
        let owed = owed.saturating_add(self.rate.interval().saturating_mul(others));
        let most = self.rate.credit().saturating_add(DEBT_MAX);
        count.paid_off_at = now + owed.min(most);
    }

    /// These were not told after all.
    pub(super) fn untell(&self, told: Vec<(K, u32)>) {
        let mut table = self.table();
        for (subject, requests) in told {
            if let Some(count) = table.counts.get_mut(&subject) {
                count.untold = count.untold.saturating_add(requests);
            }
        }
    }
}

impl<K: Eq + Hash> Table<K> {
    /// Forgets who has paid everything off, where the table is full.
    fn make_room(&mut self, capacity: usize, now: Instant) {
        let is_rested = self.swept_at.is_none_or(|swept| now.duration_since(swept) >= SWEEP_PAUSE);
        if self.counts.len() >= capacity && is_rested {
            self.counts.retain(|_, count| count.paid_off_at > now);
            self.swept_at = Some(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meter(per_second: u32, burst: u32, capacity: usize) -> Meter<&'static str> {
        let (per_second, burst) = (NonZeroU32::new(per_second).unwrap(), NonZeroU32::new(burst).unwrap());
        Meter::new(Rate { per_second, burst }, capacity)
    }

    /// How many of so many requests are let through at this moment.
    fn passed(meter: &Meter<&'static str>, subject: &'static str, requests: usize) -> usize {
        (0..requests).filter(|_| meter.take(&subject).is_ok()).count()
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_passes_at_once_and_then_the_rate() {
        let meter = meter(100, 200, 10);
        assert_eq!(passed(&meter, "ann", 1_000), 200);
        assert_eq!(meter.take(&"ann"), Err(Duration::from_millis(10)));
        assert_eq!(passed(&meter, "ben", 1), 1, "everybody has their own");
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(passed(&meter, "ann", 1_000), 100);
        tokio::time::advance(Duration::from_hours(1)).await;
        assert_eq!(passed(&meter, "ann", 1_000), 200, "a pause is no credit beyond the burst");
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_counted_afterwards_is_owed() {
        let meter = meter(1, 2, 1);
        assert_eq!(meter.check(&"ann"), Ok(()));
        for _ in 0..3 {
            meter.charge(&"ann");
        }
        assert_eq!(meter.check(&"ann"), Err(Duration::from_secs(2)), "one beyond the burst, and one more");
        assert_eq!(meter.check(&"ben"), Ok(()), "who is new when the table is full has the rest");
        meter.charge(&"ben");
        meter.charge(&"cid");
        assert_eq!(meter.check(&"dan"), Err(Duration::from_secs(1)));
        tokio::time::advance(Duration::from_secs(2)).await;
        assert_eq!(meter.check(&"ann"), Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_table_does_not_grow_and_strangers_share_what_is_left() {
        let meter = meter(1, 2, 2);
        assert_eq!(passed(&meter, "a", 1) + passed(&meter, "b", 1), 2);
        assert_eq!(passed(&meter, "c", 5) + passed(&meter, "d", 5), 2, "both together");
        assert_eq!(passed(&meter, "a", 5), 1, "who was there first is not touched");
        assert_eq!(meter.table().counts.len(), 2);
        tokio::time::advance(Duration::from_secs(5)).await;
        assert_eq!(passed(&meter, "c", 5) + passed(&meter, "d", 5), 4, "there is room again");
        assert_eq!(meter.table().counts.len(), 2);
    }

    /// Two servers and their sum: late by a settlement, and then as one.
    #[tokio::test(start_paused = true)]
    async fn servers_that_tell_each_other_keep_to_one_rate() {
        let servers = [meter(100, 100, 10), meter(100, 100, 10)];
        let (mut sum, mut passed_in_all) = (0, 0);
        for _ in 0..20 {
            for server in &servers {
                passed_in_all += passed(server, "ann", 1_000);
                for (subject, told) in server.tell(10) {
                    sum += u64::from(told);
                    server.hear(&subject, told, sum);
                }
            }
            tokio::time::advance(Duration::from_secs(1)).await;
        }
        // 20 seconds at 100, the burst of each server, and what one settlement lets slip.
        assert!((1_900..=2_500).contains(&passed_in_all), "{passed_in_all}");
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_not_told_is_told_the_next_time() {
        let meter = meter(100, 100, 10);
        assert_eq!(passed(&meter, "ann", 9), 9);
        assert_eq!(meter.tell(10), [], "too little to speak of");
        assert_eq!(passed(&meter, "ann", 1), 1);
        let told = meter.tell(10);
        assert_eq!(told, [("ann", 10)]);
        meter.untell(told);
        assert_eq!(meter.tell(10), [("ann", 10)]);
        assert_eq!(meter.tell(10), []);
    }
}
