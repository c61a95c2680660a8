//! Ids from a seed.

use std::sync::{Mutex, PoisonError};

use trunkline_domain::IdSource;
use uuid::Uuid;

use crate::random::Random;

/// The ids of one play: the same ones for the same seed.
pub(crate) struct SeededIds {
    random: Mutex<Random>,
}

/// Sets the ids' draws apart from all others of the same seed.
const IDS: u64 = 0x1d5;

impl SeededIds {
    pub(crate) const fn new(seed: u64) -> Self {
        Self { random: Mutex::new(Random::new(seed ^ (IDS << 52))) }
    }
}

impl IdSource for SeededIds {
    fn next(&self) -> Uuid {
        let mut random = self.random.lock().unwrap_or_else(PoisonError::into_inner);
        uuid::Builder::from_random_bytes(
            ((u128::from(random.next()) << 64) | u128::from(random.next())).to_be_bytes(),
        )
        .into_uuid()
    }
}
