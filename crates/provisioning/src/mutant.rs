//! Mistakes on purpose, each one a rule of the protocol left out, by which the tests that look for losses are tested.
//!
//! Only a build with feature `mutants` can make them, and only when it is told to; no build without debug assertions
//! has the feature. In every other build `is_made` is the constant false.

#[cfg(feature = "mutants")]
use std::sync::atomic::{AtomicUsize, Ordering};

#[cfg(all(feature = "mutants", not(debug_assertions)))]
compile_error!("feature `mutants` puts mistakes into the protocol: it is for tests, never for a release");

/// One mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    not(feature = "mutants"),
    expect(dead_code, unreachable_pub, reason = "without the feature nobody makes them")
)]
pub enum Mutant {
    /// Nobody takes stalled work over.
    RecoveryOff,
    /// The first look that finds a number absent ends its order.
    VoidOnFirstAbsent,
    /// A purchase without an answer counts as refused.
    TimeoutIsNo,
    /// The number row and the capture of the hold are two transactions. A mistake of the store.
    SettleInTwo,
    /// A settlement that comes too late forgets the number that it brings.
    StaleSettleDropsSid,
    /// A number is released because of its marker, whatever the database says.
    OrphanByMarkerAlone,
}

/// The mistake that this process makes: its place in `ALL`, from one.
#[cfg(feature = "mutants")]
static MADE: AtomicUsize = AtomicUsize::new(0);

impl Mutant {
    /// Whether this process makes the mistake.
    #[cfg(not(feature = "mutants"))]
    pub(crate) const fn is_made(self) -> bool {
        false
    }
}

#[cfg(feature = "mutants")]
impl Mutant {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::RecoveryOff,
        Self::VoidOnFirstAbsent,
        Self::TimeoutIsNo,
        Self::SettleInTwo,
        Self::StaleSettleDropsSid,
        Self::OrphanByMarkerAlone,
    ];

    /// The name at the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::RecoveryOff => "recovery-off",
            Self::VoidOnFirstAbsent => "void-on-first-absent",
            Self::TimeoutIsNo => "timeout-is-no",
            Self::SettleInTwo => "settle-in-two",
            Self::StaleSettleDropsSid => "stale-settle-drops-sid",
            Self::OrphanByMarkerAlone => "orphan-by-marker-alone",
        }
    }

    /// From now on this process makes the mistake, and no other.
    pub fn make(self) {
        MADE.store(self as usize + 1, Ordering::Relaxed);
    }

    /// Whether this process makes the mistake.
    pub fn is_made(self) -> bool {
        MADE.load(Ordering::Relaxed) == self as usize + 1
    }
}
