//! Every random choice of a run, from its seed. Who draws has a stream of its own, so one client's pace changes nothing
//! about what another one draws.
//!
//! The choices repeat with the seed; the run does not. Which request a kill hits is up to the machine.

use std::time::Duration;

/// A stream of random numbers: `SplitMix64`, which gives the same ones for the same seed wherever it is built.
#[derive(Debug, Clone)]
pub(crate) struct Dice {
    state: u64,
}

impl Dice {
    pub(crate) const fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// A stream of its own for the `nth` who draws under this name. It depends on the seed, the name and `nth`, and
    /// on nothing that was drawn before.
    pub(crate) fn stream(seed: u64, name: &str, nth: u64) -> Self {
        let mut dice = Self::new(seed);
        for part in name.bytes().map(u64::from).chain([nth]) {
            dice.state = dice.next() ^ part;
        }
        dice
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from `least` to `most`, both included.
    pub(crate) fn between(&mut self, least: u64, most: u64) -> u64 {
        least + self.next() % (most.saturating_sub(least) + 1)
    }

    /// A time from `least` to `most`, to the millisecond.
    pub(crate) fn time(&mut self, least: Duration, most: Duration) -> Duration {
        let ms = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        Duration::from_millis(self.between(ms(least), ms(most)))
    }

    /// True so many times of a hundred.
    pub(crate) fn chance(&mut self, percent: u64) -> bool {
        self.next() % 100 < percent
    }

    /// An index below `length`; 0 where there is none.
    pub(crate) fn index(&mut self, length: usize) -> usize {
        let length = u64::try_from(length).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.next() % length).unwrap_or(0)
    }

    /// One of several, `None` of none.
    pub(crate) fn pick<'a, T>(&mut self, choices: &'a [T]) -> Option<&'a T> {
        choices.get(self.index(choices.len()))
    }

    /// One of several, each as likely as its weight says.
    pub(crate) fn weighed<'a, T>(&mut self, choices: &'a [(u64, T)]) -> Option<&'a T> {
        let all = choices.iter().map(|(weight, _)| weight).sum::<u64>().max(1);
        let mut drawn = self.next() % all;
        for (weight, choice) in choices {
            match drawn.checked_sub(*weight) {
                Some(rest) => drawn = rest,
                None => return Some(choice),
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(mut dice: Dice) -> Vec<u64> {
        (0..20).map(|_| dice.between(1, 6)).collect()
    }

    #[test]
    fn a_stream_depends_on_its_seed_name_and_place_only() {
        let first = drawn(Dice::stream(7, "client", 1));
        assert_eq!(first, drawn(Dice::stream(7, "client", 1)));
        for other in [Dice::stream(8, "client", 1), Dice::stream(7, "chaos", 1), Dice::stream(7, "client", 2)]
        {
            assert_ne!(first, drawn(other));
        }
    }

    #[test]
    fn everything_drawn_keeps_its_bounds() {
        let mut dice = Dice::new(1);
        let sides: std::collections::BTreeSet<u64> = (0..200).map(|_| dice.between(1, 6)).collect();
        assert_eq!(sides, (1..=6).collect());
        assert_eq!(dice.between(4, 4), 4);
        assert!((0..100).all(|_| dice.index(3) < 3));
        assert_eq!((dice.index(0), dice.pick::<u8>(&[])), (0, None));
        let (least, most) = (Duration::from_millis(20), Duration::from_millis(30));
        assert!((0..100).map(|_| dice.time(least, most)).all(|time| least <= time && time <= most));
        assert!((0..100).all(|_| dice.chance(100) && !dice.chance(0)));
    }

    #[test]
    fn weights_weigh() {
        let mut dice = Dice::new(2);
        let choices = [(90, 'a'), (10, 'b'), (0, 'c')];
        let drawn: Vec<char> = (0..1000).filter_map(|_| dice.weighed(&choices).copied()).collect();
        let count = |wanted| drawn.iter().filter(|drawn| **drawn == wanted).count();
        assert_eq!((drawn.len(), count('c')), (1000, 0));
        assert!((50..150).contains(&count('b')), "{}", count('b'));
    }
}
