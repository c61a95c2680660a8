//! How the simulated Twilio misbehaves: faults by chance on each kind of request, another mixture every few seconds.
//! Most of the time some of the requests are struck; now and then nearly all of one kind, and now and then none.

use std::time::Duration;

use trunkline_twilio_sim::{Acting, Admin, Delivery, Fault, FaultAction};

use crate::dice::Dice;
use crate::plan::LATEST_ACT;

/// A kind of request, by method and path.
type Endpoint = (&'static str, &'static str);

const PURCHASE: Endpoint = ("POST", "*/IncomingPhoneNumbers/Local.json");
const LIST: Endpoint = ("GET", "*/IncomingPhoneNumbers.json");
const FETCH: Endpoint = ("GET", "*/IncomingPhoneNumbers/PN*.json");
const RELEASE: Endpoint = ("DELETE", "*/IncomingPhoneNumbers/PN*.json");

/// How many kinds of fault are in force at once on one endpoint, at most.
const KINDS_MAX: u64 = 4;

/// How often one kind strikes, of a hundred requests: in ordinary weather, and in a storm.
const ORDINARY: (u64, u64) = (3, 9);
const STORM: (u64, u64) = (50, 80);

/// Of a hundred mixtures, how many are calm, and how many a storm.
const CALM: u64 = 12;
const STORMY: u64 = 12;

/// Puts another mixture of faults in force.
pub(crate) fn change(dice: &mut Dice, twilio: &Admin) {
    twilio.clear_faults();
    for fault in mixture(dice) {
        twilio.script(fault);
    }
}

/// No fault strikes any more, and lists show everything.
pub(crate) fn end(twilio: &Admin) {
    twilio.clear_faults();
    twilio.end_list_lag();
}

fn mixture(dice: &mut Dice) -> Vec<Fault> {
    if dice.chance(CALM) {
        return Vec::new();
    }
    if dice.chance(STORMY) {
        let endpoints = [PURCHASE, PURCHASE, LIST, RELEASE];
        let endpoint = endpoints[dice.index(endpoints.len())];
        return vec![fault(dice, endpoint, STORM)];
    }
    let mut faults = Vec::new();
    for endpoint in [PURCHASE, LIST, FETCH, RELEASE] {
        let least = if endpoint == PURCHASE { 2 } else { 0 };
        for _ in 0..dice.between(least, KINDS_MAX) {
            faults.push(fault(dice, endpoint, ORDINARY));
        }
    }
    faults
}

fn fault(dice: &mut Dice, endpoint: Endpoint, percent: (u64, u64)) -> Fault {
    let action = if endpoint.0 == "GET" { reading(dice) } else { acting(dice, endpoint) };
    let percent = u8::try_from(dice.between(percent.0, percent.1)).unwrap_or(100);
    Fault::new(action).on(endpoint.0, endpoint.1).forever().by_chance(percent, dice.next())
}

/// What can go wrong when something is asked for that changes nothing.
fn reading(dice: &mut Dice) -> FaultAction {
    match dice.index(6) {
        0 => status(429),
        1 => status(500),
        2 => status(503),
        3 => FaultAction::ResetBeforeActing,
        4 => FaultAction::TruncatedBody,
        _ => late(dice, Acting::First, Duration::from_millis(600)),
    }
}

/// What can go wrong with a purchase or a release.
fn acting(dice: &mut Dice, endpoint: Endpoint) -> FaultAction {
    let kinds = if endpoint == PURCHASE { 13 } else { 11 };
    match dice.index(kinds) {
        0 => status(429),
        1 => status(500),
        2 => status(503),
        3 => FaultAction::ResetBeforeActing,
        4 => FaultAction::ActThenReset,
        5 => FaultAction::ActThen500,
        6 => FaultAction::TruncatedBody,
        7 => late(dice, Acting::First, Duration::from_millis(900)),
        // Up to the limit of one request, and long after it.
        8 => late(dice, Acting::Later, Duration::from_millis(250)),
        9 => late(dice, Acting::Later, LATEST_ACT),
        10 => FaultAction::Duplicate {
            answer: if dice.chance(50) { Delivery::First } else { Delivery::Second },
        },
        11 => FaultAction::ListLag { lists: u32::try_from(dice.between(1, 4)).ok() },
        _ => FaultAction::Refuse { status: 400, code: 21422, message: None },
    }
}

const fn status(status: u16) -> FaultAction {
    FaultAction::Status { status, retry_after_s: None }
}

fn late(dice: &mut Dice, act: Acting, most: Duration) -> FaultAction {
    let delay = dice.time(Duration::from_millis(50), most);
    FaultAction::Delay { ms: u64::try_from(delay.as_millis()).unwrap_or(u64::MAX), act }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_kind_of_fault_comes_up_and_the_seed_decides() {
        let kinds = |seed| -> Vec<String> {
            let mut dice = Dice::new(seed);
            (0..300).flat_map(|_| mixture(&mut dice)).map(|fault| fault.action.kind()).collect()
        };
        assert_eq!(kinds(1), kinds(1));
        let expected = [
            "act, then 500",
            "act, then answer late",
            "act, then reset",
            "delay, then act",
            "duplicate delivery",
            "list lag",
            "refusal",
            "reset before acting",
            "status 429",
            "status 500",
            "status 503",
            "truncated body",
        ];
        assert_eq!(kinds(1).into_iter().collect::<BTreeSet<_>>(), expected.map(str::to_owned).into());
    }

    #[test]
    fn nothing_is_acted_on_later_than_planned_and_every_kind_of_request_is_struck() {
        let mut dice = Dice::new(3);
        let mut struck = BTreeSet::new();
        for fault in (0..300).flat_map(|_| mixture(&mut dice)) {
            struck.insert((fault.method.clone().unwrap(), fault.path.clone().unwrap()));
            if let FaultAction::Delay { ms, .. } = fault.action {
                assert!(Duration::from_millis(ms) <= LATEST_ACT);
            }
        }
        assert_eq!(struck.len(), 4, "{struck:?}");
    }
}
