//! The faults in force, with what each of them has seen.

use std::collections::BTreeMap;

use super::{Fault, FaultAction};
use crate::splitmix::SplitMix;

/// A list of faults, in the order in which they were scripted.
#[derive(Default)]
pub(crate) struct Script {
    lines: Vec<Line>,
    /// How often each kind has struck. It outlives the faults.
    tally: BTreeMap<String, u64>,
}

struct Line {
    fault: Fault,
    chance: SplitMix,
    seen: u32,
    struck: u32,
}

impl Script {
    pub(crate) fn add(&mut self, fault: Fault) {
        let chance = SplitMix::new(fault.seed);
        self.lines.push(Line { fault, chance, seen: 0, struck: 0 });
    }

    pub(crate) fn clear(&mut self) {
        self.lines.clear();
    }

    /// The faults that can still strike.
    pub(crate) fn faults(&self) -> Vec<Fault> {
        self.lines.iter().filter(|line| !line.is_spent()).map(|line| line.fault.clone()).collect()
    }

    /// How often each kind of fault has struck, by its name.
    pub(crate) const fn tally(&self) -> &BTreeMap<String, u64> {
        &self.tally
    }

    /// Counts a request, and tells what happens to it.
    pub(crate) fn strike(&mut self, method: &str, path: &str) -> Option<FaultAction> {
        let mut action = None;
        for line in &mut self.lines {
            if !line.fault.matches(method, path) {
                continue;
            }
            line.seen = line.seen.saturating_add(1);
            let drawn = line.is_drawn();
            if action.is_none() && line.seen >= line.fault.nth && !line.is_spent() && drawn {
                line.struck = line.struck.saturating_add(1);
                action = Some(line.fault.action.clone());
            }
        }
        self.lines.retain(|line| !line.is_spent());
        if let Some(action) = &action {
            *self.tally.entry(action.kind()).or_default() += 1;
        }
        action
    }
}

impl Line {
    /// Draws for one request. Every matching request draws once, so that which ones are struck depends on the seed
    /// and on nothing else.
    fn is_drawn(&mut self) -> bool {
        self.fault.percent.is_none_or(|percent| self.chance.next() % 100 < u64::from(percent))
    }

    fn is_spent(&self) -> bool {
        self.fault.times.is_some_and(|times| self.struck >= times)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nth_matching_request_is_struck_as_often_as_asked() {
        let mut script = Script::default();
        script.add(Fault::new(FaultAction::ActThenReset).on("post", "/a.json").nth(2).times(2));
        script.add(Fault::new(FaultAction::ActThen500).on("GET", "*").forever());
        let struck = |script: &mut Script, method| script.strike(method, "/a.json");
        assert_eq!(struck(&mut script, "POST"), None);
        assert_eq!(script.strike("POST", "/b.json"), None);
        assert_eq!(struck(&mut script, "POST"), Some(FaultAction::ActThenReset));
        assert_eq!(struck(&mut script, "POST"), Some(FaultAction::ActThenReset));
        assert_eq!(struck(&mut script, "POST"), None);
        assert_eq!(struck(&mut script, "GET"), Some(FaultAction::ActThen500));
        assert_eq!(script.faults().len(), 1);
        script.clear();
        let tally: Vec<_> = script.tally().iter().map(|(kind, times)| (kind.as_str(), *times)).collect();
        assert_eq!(tally, [("act, then 500", 1), ("act, then reset", 2)]);
    }

    #[test]
    fn chance_strikes_the_same_requests_for_the_same_seed() {
        let struck = |percent, seed| -> Vec<bool> {
            let mut script = Script::default();
            script.add(Fault::new(FaultAction::ActThenReset).by_chance(percent, seed).forever());
            (0..1000).map(|_| script.strike("GET", "/a.json").is_some()).collect()
        };
        let count = |struck: &[bool]| struck.iter().filter(|struck| **struck).count();
        let twenty = struck(20, 7);
        assert_eq!(twenty, struck(20, 7));
        assert_ne!(twenty, struck(20, 8));
        assert!((150..250).contains(&count(&twenty)), "{}", count(&twenty));
        assert_eq!((count(&struck(0, 7)), count(&struck(100, 7))), (0, 1000));
    }
}
