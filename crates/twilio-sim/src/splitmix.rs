//! A stream of numbers that depends on nothing but its seed: the stock is made from it, and faults by chance strike
//! by it. It is `SplitMix64`, written out here because the same seed must give the same numbers for ever, which no
//! library of random numbers promises across its versions.

/// The generator.
#[derive(Debug, Clone)]
pub(crate) struct SplitMix {
    state: u64,
}

impl SplitMix {
    pub(crate) const fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// As many decimal digits as asked for, at most 9.
    pub(crate) fn digits(&mut self, count: usize) -> String {
        let digits = self.next() % 1_000_000_000;
        let nine = format!("{digits:09}");
        nine.get(..count).unwrap_or(&nine).to_owned()
    }
}
