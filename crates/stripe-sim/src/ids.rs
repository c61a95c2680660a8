//! Identifiers in Stripe's shapes, out of a seed: the same requests in the same order get the same identifiers. The
//! stream of numbers is `SplitMix64`, written out because no library promises the same numbers across its versions.

use serde::{Deserialize, Serialize};

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A stream of numbers that depends on nothing but its seed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct SplitMix {
    state: u64,
}

impl SplitMix {
    pub(crate) const fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    pub(crate) const fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Puts a list into an order of its own.
    pub(crate) fn shuffle<T>(&mut self, list: &mut [T]) {
        for last in (1..list.len()).rev() {
            let bound = u64::try_from(last).unwrap_or(u64::MAX).saturating_add(1);
            let drawn = usize::try_from(self.next() % bound).unwrap_or(last);
            list.swap(last, drawn);
        }
    }
}

/// The maker of identifiers. It is kept with the objects, so that a restart repeats none.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Ids {
    stream: SplitMix,
}

impl Ids {
    pub(crate) const fn new(seed: u64) -> Self {
        Self { stream: SplitMix::new(seed) }
    }

    /// An identifier with this prefix and so many letters and digits behind it.
    pub(crate) fn fresh(&mut self, prefix: &str, length: usize) -> String {
        let mut id = String::with_capacity(prefix.len() + length);
        id.push_str(prefix);
        for _ in 0..length {
            let place = usize::try_from(self.stream.next() % 62).unwrap_or(0);
            id.push(char::from(ALPHABET.get(place).copied().unwrap_or(b'0')));
        }
        id
    }

    /// An object's identifier, of the length that most of Stripe's have.
    pub(crate) fn object(&mut self, prefix: &str) -> String {
        self.fresh(prefix, 24)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_identifiers_and_order() {
        let (mut one, mut two) = (Ids::new(7), Ids::new(7));
        let id = one.object("pi_");
        assert_eq!(id, two.object("pi_"));
        assert_eq!(id.len(), 27);
        assert_ne!(id, one.object("pi_"));
        let shuffled = |seed| {
            let mut list: Vec<u32> = (0..20).collect();
            SplitMix::new(seed).shuffle(&mut list);
            list
        };
        assert_eq!(shuffled(3), shuffled(3));
        assert_ne!(shuffled(3), shuffled(4));
        let mut sorted = shuffled(3);
        sorted.sort_unstable();
        assert_eq!(sorted, (0..20).collect::<Vec<u32>>());
    }
}
