//! Servers whose clocks are 90 s apart work on the same orders: leases and windows go by the database's clock.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use futures::future::join_all;
use rstest::rstest;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use trunkline_domain::OrderState;
use trunkline_twilio_sim::{Acting, Fault, FaultAction};

use crate::world::World;

const PURCHASE: &str = "*/IncomingPhoneNumbers/Local.json";

/// How long anything may take to come true.
const PATIENCE: Duration = Duration::from_secs(30);

/// The background work of every server.
struct Workers {
    stop: CancellationToken,
    tasks: Vec<JoinHandle<()>>,
}

impl Workers {
    fn of(world: &World) -> Self {
        let stop = CancellationToken::new();
        let run = |replica: &trunkline_provisioning::Provisioning| {
            let (replica, stop) = (replica.clone(), stop.clone());
            tokio::spawn(async move { replica.run(stop).await })
        };
        let tasks = world.replicas.iter().map(run).collect();
        Self { stop, tasks }
    }

    async fn stop(self) {
        self.stop.cancel();
        join_all(self.tasks).await;
    }
}

async fn until_all_have_ended(world: &World) {
    let ended = async {
        while !world.orders().await.iter().all(|order| order.state.is_end()) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, ended).await.expect("every order ends");
}

/// How often each number was asked for.
fn posts(world: &World) -> HashMap<String, usize> {
    let mut posts = HashMap::new();
    for request in world.simulator.admin().requests() {
        if request.method == "POST" && request.path.ends_with("/IncomingPhoneNumbers/Local.json") {
            *posts.entry(request.form.get("PhoneNumber").unwrap().to_owned()).or_default() += 1;
        }
    }
    posts
}

fn releases(world: &World) -> usize {
    world.simulator.admin().requests().iter().filter(|request| request.method == "DELETE").count()
}

/// Purchases that are under way for nearly as long as a request may take, and answers that are lost. Whoever's clock
/// is ahead sees every lease run out and every window closed, if it looks at its own.
#[rstest]
#[case::two(&[0, 90])]
#[case::three(&[-90, 0, 90])]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_order_is_sent_twice_and_none_is_voided_while_its_purchase_is_under_way(#[case] skews_s: &[i64]) {
    let world = World::of_replicas(skews_s).await;
    let workers = Workers::of(&world);
    let twilio = world.simulator.admin();
    let slow = Fault::new(FaultAction::Delay { ms: 600, act: Acting::Later }).on("POST", PURCHASE);
    let lost = Fault::new(FaultAction::ActThenReset).on("POST", PURCHASE);
    let silent = Fault::new(FaultAction::NeverAnswer { act: true }).on("POST", PURCHASE);
    for (n, fault) in [slow.clone(), lost, silent, slow].into_iter().enumerate() {
        // Of every four purchases one each, and one that nothing strikes.
        for nth in 0..3 {
            twilio.script(fault.clone().nth(u32::try_from(5 * nth + n + 1).unwrap()));
        }
    }
    let numbers: Vec<String> = world.free_numbers().into_iter().take(15).collect();
    let purchases = numbers.iter().enumerate().map(|(n, number)| {
        let replica = &world.replicas[n % world.replicas.len()];
        replica.purchase(world.purchase(number))
    });
    for outcome in join_all(purchases).await {
        outcome.unwrap();
    }
    until_all_have_ended(&world).await;
    workers.stop().await;

    let orders = world.orders().await;
    assert_eq!(orders.len(), numbers.len());
    assert!(orders.iter().all(|order| order.state == OrderState::Completed), "{orders:#?}");
    let posts = posts(&world);
    assert!(numbers.iter().all(|number| posts[number] == 1), "{posts:?}");
    assert_eq!(releases(&world), 0, "nothing was given up and found again");
    world.assert_invariants().await;
}

/// An order whose purchase never arrived keeps its money held for as long as it must be, whatever a clock says.
#[rstest]
#[case::two(&[0, 90])]
#[case::three(&[-90, 0, 90])]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_is_voided_no_earlier_by_whoevers_clock_is_ahead(#[case] skews_s: &[i64]) {
    let world = World::of_replicas(skews_s).await;
    let workers = Workers::of(&world);
    let never = Fault::new(FaultAction::NeverAnswer { act: false }).on("POST", PURCHASE);
    world.simulator.admin().script(never.forever());
    let numbers: Vec<String> = world.free_numbers().into_iter().take(skews_s.len()).collect();
    let began = Instant::now();
    let purchases =
        numbers.iter().zip(&world.replicas).map(|(number, replica)| replica.purchase(world.purchase(number)));
    for outcome in join_all(purchases).await {
        outcome.unwrap();
    }
    let mut first_end = None;
    let ended = async {
        loop {
            let orders = world.orders().await;
            let ends = orders.iter().filter(|order| order.state.is_end()).count();
            if ends > 0 && first_end.is_none() {
                first_end = Some(began.elapsed());
            }
            if ends == orders.len() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, ended).await.expect("every order ends");
    workers.stop().await;
    assert!(first_end.unwrap() >= Duration::from_millis(3_500), "{first_end:?}");
    assert!(world.orders().await.iter().all(|order| order.state == OrderState::Failed));
    assert!(posts(&world).values().all(|posts| *posts == 1));
    world.assert_invariants().await;
}
