//! What a run does: its size, its scaled times, and when it strikes at what. All of it follows from the seed.

use std::time::Duration;

use crate::dice::Dice;
use crate::stage::Engine;

/// The protocol's times, scaled down so that every order is decided within seconds, and related to one another as the
/// real ones are: a request's time is less than the send window, a late purchase arrives before its number has cooled.
pub(crate) const TIMES: [(&str, &str); 11] = [
    ("REQUEST_TIMEOUT_S", "0.3"),
    ("SEND_WINDOW_S", "0.9"),
    ("LEASE_S", "1"),
    ("SETTLE_MARGIN_S", "0.2"),
    ("LOOK_GAP_S", "0.2"),
    ("VOID_AFTER_S", "2"),
    ("PURCHASE_WAIT_S", "1"),
    ("RECOVERY_INTERVAL_S", "0.1"),
    ("PASS_INTERVAL_S", "0.5"),
    ("RECONCILE_AFTER_S", "0"),
    ("COOLING_S", "6"),
];

/// The latest that a request which was sent is acted on. Longer than an order lives undecided, shorter than its
/// number cools.
pub(crate) const LATEST_ACT: Duration = Duration::from_secs(4);

/// What is acted on so soon after its order was opened must be found by the looks that decide it: the last of them begins
/// no earlier than `VOID_AFTER_S`. The difference is for clocks and for the way.
pub(crate) const IN_TIME: Duration = Duration::from_millis(1_900);

/// Users with wallets, and clients that act for any of them.
pub(crate) const USERS: usize = 8;
pub(crate) const CLIENTS: usize = 10;

/// Numbers that another deployment has on the same account. Nobody may ever touch them.
pub(crate) const NEIGHBOURS: usize = 3;

/// What each user starts with, in dollars.
pub(crate) const FIRST_CREDIT: &str = "30.00";

/// How long the servers live between two strikes.
const LIFE: (Duration, Duration) = (Duration::from_millis(600), Duration::from_secs(3));

/// How soon after its moment an aimed strike falls.
const SOON: (Duration, Duration) = (Duration::ZERO, Duration::from_millis(30));

/// How long it stays dark before what was struck is started again.
const DARK: (Duration, Duration) = (Duration::ZERO, Duration::from_millis(600));

/// What is struck.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    /// One server, by its number.
    Replica(usize),
    /// Every server at once.
    EveryReplica,
    /// The database server, with the servers running.
    Database,
    /// The database server and then one server, while the database is away.
    DatabaseAndReplica(usize),
}

/// In which moment a strike falls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Aim {
    /// In any.
    Blind,
    /// So soon after Twilio has acted on a purchase, or has lost it: its order is not settled yet.
    Purchase(Duration),
    /// So soon after Twilio has dealt with a release.
    Release(Duration),
}

/// One strike: what, after how much quiet, in which moment, and how long it stays down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Strike {
    pub after: Duration,
    pub aim: Aim,
    pub target: Target,
    pub dark: Duration,
}

impl Strike {
    /// The next strike at an engine's processes.
    pub(crate) fn draw(dice: &mut Dice, engine: Engine) -> Self {
        let after = dice.time(LIFE.0, LIFE.1);
        let replica = dice.index(engine.replicas());
        let target = match engine {
            Engine::Sqlite => Target::Replica(replica),
            Engine::Postgres => {
                let targets = [
                    (50, Target::Replica(replica)),
                    (15, Target::EveryReplica),
                    (25, Target::Database),
                    (10, Target::DatabaseAndReplica(replica)),
                ];
                dice.weighed(&targets).copied().unwrap_or(Target::EveryReplica)
            }
        };
        let soon = dice.time(SOON.0, SOON.1);
        let aims = [(45, Aim::Blind), (40, Aim::Purchase(soon)), (15, Aim::Release(soon))];
        let aim = dice.weighed(&aims).copied().unwrap_or(Aim::Blind);
        Self { after, aim, target, dark: dice.time(DARK.0, DARK.1) }
    }
}

/// The names of the users.
pub(crate) fn users() -> Vec<String> {
    (1..=USERS).map(|nth| format!("user-{nth}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_strikes_the_same() {
        let strikes = |seed| -> Vec<Strike> {
            let mut dice = Dice::new(seed);
            (0..50).map(|_| Strike::draw(&mut dice, Engine::Postgres)).collect()
        };
        assert_eq!(strikes(1), strikes(1));
        assert_ne!(strikes(1), strikes(2));
        let targets = [Target::Replica(0), Target::Replica(1), Target::EveryReplica, Target::Database];
        assert!(targets.iter().all(|target| strikes(1).iter().any(|strike| strike.target == *target)));
    }

    #[test]
    fn one_server_on_sqlite_is_all_there_is_to_kill() {
        let mut dice = Dice::new(1);
        assert!((0..50).all(|_| Strike::draw(&mut dice, Engine::Sqlite).target == Target::Replica(0)));
    }

    #[test]
    fn a_late_purchase_arrives_after_its_order_was_given_up_and_before_its_number_has_cooled() {
        let seconds =
            |name| -> f64 { TIMES.iter().find(|(setting, _)| *setting == name).unwrap().1.parse().unwrap() };
        assert!(IN_TIME.as_secs_f64() < seconds("VOID_AFTER_S"));
        assert!(LATEST_ACT.as_secs_f64() > seconds("VOID_AFTER_S"));
        assert!(LATEST_ACT.as_secs_f64() < seconds("COOLING_S"));
    }
}
