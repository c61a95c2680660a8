//! What a store must answer to a change that it is asked for once more: the same, in the words of a repetition.

use std::fmt::Debug;

use trunkline_provisioning::PurchaseEnd;
use trunkline_provisioning::port::{
    MendingAnswer, OpenAnswer, OrphanAnswer, OrphanRefusal, ReleaseAnswer, ReleaseTransition, Repeat,
    SettleAnswer, Transition, UpdateAnswer,
};
use trunkline_wallet::{AdjustmentAnswer, ApproveAnswer, AskAnswer, CreditAnswer, RejectAnswer};

/// An answer that knows its repetition.
pub(crate) trait Echo: Debug {
    fn is_echoed_by(&self, second: &Self) -> bool;
}

impl Echo for OpenAnswer {
    fn is_echoed_by(&self, second: &Self) -> bool {
        match (self, second) {
            // A refusal is the answer of its key from then on.
            (Self::Refused(refusal), Self::Repeat(Repeat::Ended(PurchaseEnd::Refused(kept)))) => {
                refusal == kept
            }
            _ => self == second,
        }
    }
}

impl Echo for SettleAnswer {
    fn is_echoed_by(&self, second: &Self) -> bool {
        match (self, second) {
            (Self::Settled(number), Self::SettledBefore(again)) => number == again,
            (Self::Settled(_), _) => false,
            _ => self == second,
        }
    }
}

impl Echo for Transition {
    fn is_echoed_by(&self, second: &Self) -> bool {
        self == second
    }
}

impl Echo for ReleaseAnswer {
    fn is_echoed_by(&self, second: &Self) -> bool {
        self == second
    }
}

impl Echo for ReleaseTransition {
    fn is_echoed_by(&self, second: &Self) -> bool {
        self == second
    }
}

impl Echo for OrphanAnswer {
    fn is_echoed_by(&self, second: &Self) -> bool {
        // Whoever did not hear that it was begun leaves it to recovery.
        let in_progress = Self::Refused(OrphanRefusal::InProgress);
        self == second || (matches!(self, Self::Begun(_)) && *second == in_progress)
    }
}

/// Whether an orphan's transition was made.
impl Echo for bool {
    fn is_echoed_by(&self, second: &Self) -> bool {
        self == second
    }
}

/// How many claims a pass freed: there are none left for the second time.
impl Echo for u64 {
    fn is_echoed_by(&self, second: &Self) -> bool {
        *second == 0
    }
}

impl Echo for MendingAnswer {
    fn is_echoed_by(&self, second: &Self) -> bool {
        self == second
    }
}

/// What is kept is kept once.
impl Echo for () {
    fn is_echoed_by(&self, _second: &Self) -> bool {
        true
    }
}

impl Echo for UpdateAnswer {
    fn is_echoed_by(&self, second: &Self) -> bool {
        // The first time has made a new version of it.
        matches!((self, second), (Self::Updated(_), Self::Stale)) || self == second
    }
}

impl Echo for CreditAnswer {
    fn is_echoed_by(&self, second: &Self) -> bool {
        match (self, second) {
            (Self::Posted { transfer, balance }, Self::Repeated { transfer: again, balance: after }) => {
                (transfer, balance) == (again, after)
            }
            (Self::Posted { .. }, _) => false,
            _ => self == second,
        }
    }
}

impl Echo for AdjustmentAnswer {
    fn is_echoed_by(&self, second: &Self) -> bool {
        match (self, second) {
            (Self::Posted { transfer, balance }, Self::Repeated { transfer: again, balance: after }) => {
                (transfer, balance) == (again, after)
            }
            (Self::Posted { .. }, _) => false,
            _ => self == second,
        }
    }
}

impl Echo for AskAnswer {
    fn is_echoed_by(&self, second: &Self) -> bool {
        self == second
    }
}

impl Echo for ApproveAnswer {
    fn is_echoed_by(&self, second: &Self) -> bool {
        match (self, second) {
            (
                Self::Approved { approval, balance },
                Self::ApprovedBefore { approval: again, balance: then },
            ) => approval == again && balance == then,
            (Self::Approved { .. }, _) => false,
            _ => self == second,
        }
    }
}

impl Echo for RejectAnswer {
    fn is_echoed_by(&self, second: &Self) -> bool {
        self == second
    }
}
