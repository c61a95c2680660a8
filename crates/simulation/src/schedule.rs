//! One schedule: what a few clients, two workers and the world around them do, all of it drawn from one seed.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::TimeDelta;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use trunkline_domain::{NumberStatus, PhoneNumber};

use crate::books::Books;
use crate::client::{Client, Heard, false_answers};
use crate::database::Database;
use crate::fate::Fates;
use crate::loss::Loss;
use crate::random::Random;
use crate::tally::{Fault, Tally};
use crate::temper::{DrawnFates, Temper};
use crate::trace::Trace;
use crate::world::{Worker, World};

/// How long the most patient client waits.
const PATIENCE: Duration = Duration::from_mins(3);

/// Sets the schedule's draws apart from those of its ids and of its fates.
const PLAN: u64 = 0xb1a;
const FATES: u64 = 0xfa7e;

/// Plays the schedule of a seed and says what is lost after it. The same seed plays the same on every database.
pub fn play(database: &Database, seed: u64, trace: &Trace, tally: &Arc<Tally>) -> Vec<Loss> {
    database.play(trace.clone(), seed, |world| async move {
        let mut random = Random::new(seed ^ (PLAN << 48));
        let temper = Temper::draw(&mut random);
        world.note("the day", || temper);
        let fates = DrawnFates::new(Random::new(seed ^ (FATES << 44)), temper, Arc::clone(tally));
        for error in temper.clock_errors {
            if !error.is_zero() {
                tally.strikes(Fault::ClockOff);
            }
        }
        let heard = act(&world, &mut random, temper, Arc::new(fates), tally).await;
        sleep(temper.lasts).await;
        world.quiet().await;
        let books = Books::read(&world);
        tally.schedule(&books, &world.supplier().deals(), world.witness.late());
        let mut losses = world.losses_in(&books);
        losses.extend(false_answers(&world, &books, &heard));
        for loss in &losses {
            world.note("LOSS", || loss);
        }
        losses
    })
}

/// One of two places where the program runs. When a process dies there, the next request starts another one.
struct Lane {
    name: char,
    world: Arc<World>,
    fates: Arc<dyn Fates>,
    clock_error: TimeDelta,
    worker: Mutex<(u32, Arc<Worker>)>,
}

impl Lane {
    fn new(name: char, world: &Arc<World>, fates: &Arc<dyn Fates>, clock_error: TimeDelta) -> Arc<Self> {
        let (world, fates) = (Arc::clone(world), Arc::clone(fates));
        let first = world.start_with_clock(&format!("{name}1"), Arc::clone(&fates), clock_error);
        Arc::new(Self { name, world, fates, clock_error, worker: Mutex::new((1, Arc::new(first))) })
    }

    /// The process that runs here now.
    fn worker(&self) -> Arc<Worker> {
        let mut worker = self.worker.lock().unwrap_or_else(PoisonError::into_inner);
        if worker.1.process.is_dead() {
            let run = worker.0 + 1;
            let name = format!("{}{run}", self.name);
            let next = self.world.start_with_clock(&name, Arc::clone(&self.fates), self.clock_error);
            *worker = (run, Arc::new(next));
        }
        Arc::clone(&worker.1)
    }
}

/// The faulty part of a schedule: everything that is drawn is set in motion, and what clients have heard is collected.
async fn act(
    world: &Arc<World>,
    random: &mut Random,
    temper: Temper,
    fates: Arc<dyn Fates>,
    tally: &Arc<Tally>,
) -> Vec<Heard> {
    world.fund("ann", "10").await;
    let [a, b] = temper.clock_errors;
    let lanes = [Lane::new('A', world, &fates, a), Lane::new('B', world, &fates, b)];
    let mut play = Play { world, random, lanes, tasks: JoinSet::new(), lasts: temper.lasts, tally };
    let number = world.phone(0);
    play.buy("ann", &number, Some("k1"), Duration::ZERO);
    play.second_act(&number).await;
    for lane in [0, 1] {
        play.rounds(lane);
    }
    if play.random.happens(250) {
        play.pass();
    }
    if play.random.happens(temper.console / 4) {
        play.console(&number);
    }
    play.tasks.join_all().await.into_iter().flatten().collect()
}

struct Play<'a> {
    world: &'a Arc<World>,
    random: &'a mut Random,
    lanes: [Arc<Lane>; 2],
    tasks: JoinSet<Option<Heard>>,
    lasts: Duration,
    tally: &'a Arc<Tally>,
}

impl Play<'_> {
    fn lane(&mut self) -> Arc<Lane> {
        let lane = self.random.one_of(&[0, 1]);
        Arc::clone(&self.lanes[lane])
    }

    fn moment(&mut self) -> Duration {
        // Early moments are the crowded ones.
        let within = self.random.one_of(&[Duration::from_secs(1), Duration::from_secs(30), self.lasts]);
        self.random.up_to(within.min(self.lasts))
    }

    fn client(&mut self, user: &'static str) -> Client {
        let patience =
            self.random.one_of(&[PATIENCE, PATIENCE, Duration::from_secs(5), Duration::from_millis(100)]);
        Client { world: Arc::clone(self.world), user, patience, tally: Arc::clone(self.tally) }
    }

    fn buy(&mut self, user: &'static str, number: &PhoneNumber, key: Option<&'static str>, at: Duration) {
        let (client, lane, number) = (self.client(user), self.lane(), number.clone());
        let key = key.filter(|_| self.random.happens(700));
        self.tasks.spawn(async move {
            sleep(at).await;
            client.buys(&lane.worker(), &number, key).await
        });
    }

    /// What happens beside the first purchase.
    async fn second_act(&mut self, number: &PhoneNumber) {
        let (act, at) = (self.random.below(7), self.moment());
        match act {
            0 => {}
            1 => self.buy("ann", number, Some("k1"), at),
            2 => self.buy("ann", &self.world.phone(1), Some("k3"), at),
            3 => self.release(at),
            4 => {
                self.release(at);
                let again = at + self.random.up_to(Duration::from_secs(2));
                self.release(again);
            }
            5 => self.credit(at),
            _ => {
                self.world.fund("bob", "10").await;
                self.buy("bob", number, Some("k2"), at);
            }
        }
    }

    fn release(&mut self, at: Duration) {
        let (client, lane) = (self.client("ann"), self.lane());
        let key = self.random.happens(500).then_some("r1");
        self.tasks.spawn(async move {
            sleep(at).await;
            let owned = client.world.numbers("ann");
            let number = owned.into_iter().find(|number| number.status == NumberStatus::Active)?;
            client.releases(&lane.worker(), number.id, key).await
        });
    }

    fn credit(&mut self, at: Duration) {
        self.world.joins("bob");
        for _ in 0..2 {
            let (client, lane) = (self.client("bob"), self.lane());
            self.tasks.spawn(async move {
                sleep(at).await;
                client.is_credited(&lane.worker(), "c1").await
            });
        }
    }

    /// A lane's recovery, at a few moments.
    fn rounds(&mut self, lane: usize) {
        let lane = Arc::clone(&self.lanes[lane]);
        let mut moments: Vec<Duration> = (0..self.random.below(3)).map(|_| self.moment()).collect();
        moments.sort_unstable();
        self.tasks.spawn(async move {
            let began = Instant::now();
            for at in moments {
                sleep_until(began + at).await;
                // A round of a process that dies has no end. What it leaves undone is found by the next one.
                let worker = lane.worker();
                tokio::spawn(async move { timeout(PATIENCE, worker.provisioning.run_once()).await });
            }
            None
        });
    }

    fn pass(&mut self) {
        let (at, lane) = (self.moment(), self.lane());
        self.tasks.spawn(async move {
            sleep(at).await;
            let worker = lane.worker();
            // As with rounds.
            let _ = timeout(PATIENCE, worker.provisioning.pass_once()).await;
            None
        });
    }

    /// The operator does something at the supplier, in the middle of it.
    fn console(&mut self, number: &PhoneNumber) {
        let (at, world, number) = (self.moment(), Arc::clone(self.world), number.clone());
        let (deed, tally) = (self.random.below(5), Arc::clone(self.tally));
        self.tasks.spawn(async move {
            sleep(at).await;
            let supplier = world.supplier();
            let held = supplier.owned().into_iter().find(|held| held.phone_number == number);
            match (deed, held) {
                (0, None) => {
                    world.note("console", || format!("buys {number}"));
                    supplier.buy_in_console(&number);
                }
                (1, Some(held)) => {
                    world.note("console", || format!("renames {number}"));
                    supplier.rename_in_console(&held.identity.number, "main line");
                }
                (2, Some(held)) => {
                    world.note("console", || format!("releases {number}"));
                    supplier.release_in_console(&held.identity.number);
                }
                (3, Some(held)) => {
                    world.note("console", || format!("moves {number}"));
                    supplier.move_in_console(&held.identity.number);
                }
                (4, None) => {
                    world.note("elsewhere", || format!("buys {number}"));
                    supplier.sell_elsewhere(&number);
                    tally.strikes(Fault::SoldElsewhere);
                    return None;
                }
                _ => return None,
            }
            tally.strikes(Fault::Console);
            None
        });
    }
}
