//! What kind of day it is: how often, how long and how badly things go wrong. Drawn once for each schedule, so that some
//! are merely slow, some full of deaths, and some are everything at once.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::TimeDelta;
use tokio::time::Instant;

use crate::fate::{Ending, Fate, Fates};
use crate::random::Random;
use crate::tally::{Fault, Tally};

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// After so long somebody else may take an order over.
const LEASE: Duration = seconds(60);

/// The character of one day. Chances are per thousand calls.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Temper {
    store_faults: u64,
    provider_faults: u64,
    deaths: u64,
    store_delay: Duration,
    /// How long a process may stand still with a number in its hands.
    freeze: Duration,
    provider_delay: Duration,
    /// How long the supplier's lists lag at most.
    lag: Duration,
    echoes: u64,
    /// How long the network keeps a request at most.
    echo: Duration,
    /// What the wall clocks of the two lanes are off.
    pub(crate) clock_errors: [TimeDelta; 2],
    /// When it is over.
    pub(crate) lasts: Duration,
    /// How much of a hand the operator's console has in it.
    pub(crate) console: u64,
}

impl fmt::Display for Temper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b] = self.clock_errors.map(|error| error.num_seconds());
        write!(
            f,
            "lasts {:?}; of 1000 calls {} fail at the store, {} at the provider, {} are the last; the store takes {:?}, \
             the provider {:?}; an opener stands still for {:?}; lists lag {:?}; {} of 1000 requests come again within \
             {:?}; clocks are {a} s and {b} s off",
            self.lasts,
            self.store_faults,
            self.provider_faults,
            self.deaths,
            self.store_delay,
            self.provider_delay,
            self.freeze,
            self.lag,
            self.echoes,
            self.echo,
        )
    }
}

impl Temper {
    pub(crate) fn draw(random: &mut Random) -> Self {
        let errors = [0, 0, 90, -90].map(TimeDelta::seconds);
        Self {
            store_faults: random.one_of(&[0, 0, 20, 150]),
            provider_faults: random.one_of(&[0, 50, 250, 500]),
            deaths: random.one_of(&[0, 0, 15, 50]),
            store_delay: random.one_of(&[Duration::ZERO, Duration::from_millis(20), seconds(2), seconds(40)]),
            freeze: seconds(random.one_of(&[0, 0, 0, 0, 0, 0, 80, 1_200])),
            provider_delay: random.one_of(&[Duration::from_millis(300), seconds(3), seconds(9)]),
            lag: random.one_of(&[Duration::ZERO, seconds(2), seconds(45), seconds(280), seconds(1_500)]),
            echoes: random.one_of(&[0, 0, 100, 400]),
            echo: random.one_of(&[seconds(1), seconds(9), seconds(60), seconds(600), seconds(3_000)]),
            clock_errors: [random.one_of(&errors), random.one_of(&errors)],
            lasts: random.one_of(&[seconds(40), seconds(90), seconds(420), seconds(1_800)]),
            console: random.one_of(&[0, 0, 0, 1000]),
        }
    }
}

/// The fates of one schedule's calls, drawn one after another until the day is over.
pub(crate) struct DrawnFates {
    random: Mutex<Random>,
    temper: Temper,
    until: Instant,
    tally: Arc<Tally>,
}

impl DrawnFates {
    pub(crate) fn new(random: Random, temper: Temper, tally: Arc<Tally>) -> Self {
        let until = Instant::now() + temper.lasts;
        Self { random: Mutex::new(random), temper, until, tally }
    }

    fn of_store(&self, random: &mut Random, method: &str) -> Fate {
        let temper = &self.temper;
        let ending = if random.happens(temper.deaths) {
            Ending::Death { done: random.happens(500) }
        } else if random.happens(temper.store_faults) {
            random.one_of(&[
                Ending::NotDone,
                Ending::Unknown { done: false },
                Ending::Unknown { done: true },
                Ending::Unknown { done: true },
            ])
        } else {
            Ending::Answered
        };
        let [mut delay, answer_delay] = [0, 1]
            .map(|_| if random.happens(300) { random.up_to(temper.store_delay) } else { Duration::ZERO });
        if method == "purchases.settle" {
            let freeze = random.up_to(temper.freeze);
            self.strikes_if(freeze > LEASE, Fault::Freeze);
            delay += freeze;
        }
        let echo = random.happens(temper.echoes / 10).then_some(Duration::ZERO);
        self.strikes_if(echo.is_some(), Fault::StoreTwice);
        match ending {
            Ending::Answered | Ending::Refused => {}
            Ending::NotDone => self.tally.strikes(Fault::StoreUnavailable),
            Ending::Unknown { done: false } => self.tally.strikes(Fault::StoreSilent),
            Ending::Unknown { done: true } => self.tally.strikes(Fault::StoreAnswerLost),
            Ending::Death { .. } => self.tally.strikes(Fault::Death),
        }
        Fate { delay, ending, answer_delay, echo, lag: Duration::ZERO }
    }

    fn of_provider(&self, random: &mut Random, method: &str) -> Fate {
        let temper = &self.temper;
        // A look that fails ends the matter before anything is sent; the more of them fail, the less is tried.
        let faults =
            if method == "provider.look" { temper.provider_faults / 4 } else { temper.provider_faults };
        let ending = if random.happens(temper.deaths) {
            Ending::Death { done: random.happens(500) }
        } else if random.happens(faults) {
            random.one_of(&[
                Ending::NotDone,
                Ending::Refused,
                Ending::Unknown { done: false },
                Ending::Unknown { done: true },
                Ending::Unknown { done: true },
            ])
        } else {
            Ending::Answered
        };
        // What was certainly not done cannot be done by the network either.
        let is_unheard = matches!(ending, Ending::Unknown { done: false } | Ending::Death { done: false });
        let may_echo = !matches!(ending, Ending::NotDone | Ending::Refused);
        // A request that timed out may only be late, which is what the protocol waits for.
        let chance = if is_unheard { temper.echoes * 2 } else { temper.echoes };
        let echo = (may_echo && random.happens(chance)).then(|| random.up_to(temper.echo));
        let [delay, answer_delay] = [0, 1].map(|_| random.up_to(temper.provider_delay / 2));
        let fate = Fate { delay, ending, answer_delay, echo, lag: random.up_to(temper.lag) };
        self.count(method, fate);
        fate
    }

    /// Counts what strikes a call to the provider: of answers that are lost, those to calls that change something.
    fn count(&self, method: &str, fate: Fate) {
        let acts = matches!(method, "provider.buy" | "provider.release" | "provider.configure");
        match fate.ending {
            Ending::Answered => {}
            Ending::NotDone if method == "provider.list" => self.tally.strikes(Fault::ListBroken),
            Ending::NotDone | Ending::Refused => self.tally.strikes(Fault::SupplierNo),
            Ending::Unknown { done: true } if acts => self.tally.strikes(Fault::SupplierAnswerLost),
            Ending::Unknown { .. } => self.tally.strikes(Fault::SupplierSilent),
            Ending::Death { .. } => self.tally.strikes(Fault::Death),
        }
        let is_sent_anew = fate.echo.is_some() && matches!(method, "provider.buy" | "provider.release");
        let is_late = matches!(fate.ending, Ending::Unknown { done: false } | Ending::Death { done: false });
        self.strikes_if(is_sent_anew && is_late, Fault::RequestLate);
        self.strikes_if(is_sent_anew && !is_late, Fault::RequestTwice);
        self.strikes_if(method == "provider.buy" && !fate.lag.is_zero(), Fault::ListBehind);
    }

    fn strikes_if(&self, does: bool, fault: Fault) {
        if does {
            self.tally.strikes(fault);
        }
    }
}

impl Fates for DrawnFates {
    fn of(&self, method: &'static str) -> Fate {
        if Instant::now() >= self.until {
            return Fate::FINE;
        }
        let mut random = self.random.lock().unwrap_or_else(PoisonError::into_inner);
        if method.starts_with("provider.") {
            self.of_provider(&mut random, method)
        } else {
            self.of_store(&mut random, method)
        }
    }
}
