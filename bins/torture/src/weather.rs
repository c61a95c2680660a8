//! How the simulated Twilio misbehaves: faults by chance on each kind of request, another mixture every few seconds.
//! Most of the time some of the requests are struck; now and then nearly all of one kind, and now and then none.

use std::time::Duration;

use trunkline_twilio_sim::{Acting, Admin, Delivery, Fault, FaultAction};

use crate::dice::Dice;
use crate::plan::{IN_TIME, LATEST_ACT};

/// A kind of request, by method and path.
pub(crate) type Endpoint = (&'static str, &'static str);

pub(crate) const PURCHASE: Endpoint = ("POST", "*/IncomingPhoneNumbers/Local.json");
const LIST: Endpoint = ("GET", "*/IncomingPhoneNumbers.json");
const FETCH: Endpoint = ("GET", "*/IncomingPhoneNumbers/PN*.json");
pub(crate) const RELEASE: Endpoint = ("DELETE", "*/IncomingPhoneNumbers/PN*.json");

/// How many kinds of fault are in force at once on one endpoint, at most.
const KINDS_MAX: u64 = 4;

/// How often one kind strikes, of a hundred requests: in ordinary weather, and in a storm.
const ORDINARY: (u64, u64) = (4, 14);
const STORM: (u64, u64) = (50, 80);

/// The shortest delay that is one.
const SOONEST: Duration = Duration::from_millis(50);

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
        let least = if endpoint == PURCHASE { 3 } else { 0 };
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
    let late = late(dice, Acting::First, (SOONEST, Duration::from_millis(600)));
    let kinds = [
        (2, status(429)),
        (1, status(500)),
        (1, status(503)),
        (1, FaultAction::ResetBeforeActing),
        (1, FaultAction::TruncatedBody),
        (2, late),
    ];
    drawn(dice, &kinds)
}

/// What can go wrong with a purchase or a release.
fn acting(dice: &mut Dice, endpoint: Endpoint) -> FaultAction {
    // An answer just before the limit of one request or just after it; an act while the order is undecided, and one after
    // it was given up. A list that lags once hides a number from one of the two looks that decide an order, never from
    // both.
    let late_answer = late(dice, Acting::First, (SOONEST, Duration::from_millis(900)));
    let late_act = late(dice, Acting::Later, (Duration::from_millis(350), IN_TIME));
    let too_late_act = late(dice, Acting::Later, (IN_TIME, LATEST_ACT));
    let answer = if dice.chance(50) { Delivery::First } else { Delivery::Second };
    let mut kinds = vec![
        (1, status(429)),
        (1, status(500)),
        (1, status(503)),
        (1, FaultAction::ResetBeforeActing),
        (2, FaultAction::ActThenReset),
        (2, FaultAction::ActThen500),
        (2, FaultAction::TruncatedBody),
        (2, late_answer),
        (4, late_act),
        (3, too_late_act),
        (2, FaultAction::Duplicate { answer }),
    ];
    if endpoint == PURCHASE {
        kinds.push((3, FaultAction::ListLag { lists: Some(1) }));
        kinds.push((1, FaultAction::Refuse { status: 400, code: 21422, message: None }));
    }
    drawn(dice, &kinds)
}

fn drawn(dice: &mut Dice, kinds: &[(u64, FaultAction)]) -> FaultAction {
    dice.weighed(kinds).cloned().unwrap_or(FaultAction::ActThenReset)
}

const fn status(status: u16) -> FaultAction {
    FaultAction::Status { status, retry_after_s: None }
}

fn late(dice: &mut Dice, act: Acting, (least, most): (Duration, Duration)) -> FaultAction {
    let ms = u64::try_from(dice.time(least, most).as_millis()).unwrap_or(u64::MAX);
    FaultAction::Delay { ms, act }
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
