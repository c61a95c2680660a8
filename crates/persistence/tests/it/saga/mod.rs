//! The saga under faults, on real stores.
//!
//! Each story is played again and again, with the fault at its first call to a port, at its second, and so on, until a
//! play in which it never strikes; the calls of recovery count too, and of the passes where a pass has something to do. Where the process dies, another
//! one takes over. When recovery has run undisturbed, what the client was told must be so, and a client who repeats
//! the request under its key must hear what fits. After two days with complete passes the books, the rows and the
//! supplier must agree.
//!
//! The caller that goes away at every await of the service, and not only at every call to a port, is played on mocks
//! in `provisioning/tests/it/lifecycle.rs`.

mod books;
mod echo;
mod line;
mod link;
mod process;
mod story;
mod supplier;
mod world;

use std::sync::Arc;

use trunkline_provisioning::contract::Fixture;

pub(crate) use self::process::{Fault, Plan, Process};
pub(crate) use self::story::Story;
pub(crate) use self::supplier::Moods;
pub(crate) use self::world::{World, purchase_of, release_of};
use crate::engine::on_every_engine;

/// More calls than any story makes.
const CALLS: usize = 120;

/// Plays a story with the fault at each of its calls.
fn at_every_call(fresh: impl AsyncFn() -> Fixture, story: Story, fault: Fault) {
    for call in 0..CALLS {
        if !play(&fresh, story, Plan::At(call, fault)) {
            assert!(call > 0, "the story makes calls");
            println!("{story:?}, {fault:?}: {call} plays");
            return;
        }
    }
    panic!("{story:?} never ends");
}

/// Plays a story once, in a runtime of its own, with which everything ends that a dead process left waiting: its
/// connections too. Says whether the fault struck.
fn play(fresh: impl AsyncFn() -> Fixture, story: Story, plan: Plan) -> bool {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { play_on(fresh().await, story, plan).await })
}

async fn play_on(stores: Fixture, story: Story, plan: Plan) -> bool {
    let context = format!("{story:?}, {plan:?}");
    let world = World::on(stores);
    story.arrange(&world).await;
    let process = Process::new(plan);
    let told = story.ask(&world, &process).await;
    let healthy = Process::new(Plan::Healthy);
    let workers = if plan.is_for_callers() { vec![&healthy] } else { vec![&process, &healthy] };
    for worker in &workers {
        world.decide(worker).await;
    }
    story.assert_nothing_was_given_up(&world, &context).await;
    if let Some(told) = &told {
        story.assert_told_the_truth(&world, told, &context).await;
    }
    story.assert_repeat_agrees(&world, told.as_ref(), &context).await;
    for worker in workers {
        // A pass has something to do only where an order was given up.
        if Arc::ptr_eq(worker, &healthy) || story.gives_up() {
            world.settle_down(worker).await;
        }
    }
    world.assert_whole(&context).await;
    process.assert_repetitions_agreed();
    process.was_struck()
}

macro_rules! stories {
    ($fixture:path) => {
        $crate::saga::stories!(@each $fixture,
            purchase Purchase,
            refused_purchase RefusedPurchase,
            silent_purchase SilentPurchase,
            lost_purchase LostPurchase,
            late_purchase LatePurchase,
            release Release,
            refused_release RefusedRelease,
            silent_release SilentRelease,
            credit Credit,
        );
    };
    (@each $fixture:path, $($name:ident $story:ident),+ $(,)?) => {
        $(
            mod $name {
                use $crate::saga::{Fault, Plan, Story, at_every_call, play};

                #[test]
                fn a_call_is_not_done() {
                    at_every_call($fixture, Story::$story, Fault::NotDone);
                }

                #[test]
                fn a_call_is_not_done_and_nobody_knows() {
                    at_every_call($fixture, Story::$story, Fault::NeverArrived);
                }

                #[test]
                fn a_call_is_done_and_its_answer_is_lost() {
                    at_every_call($fixture, Story::$story, Fault::AnswerLost);
                }

                #[test]
                fn the_process_dies_before_a_call() {
                    at_every_call($fixture, Story::$story, Fault::DiesBefore);
                }

                #[test]
                fn the_process_dies_after_a_call() {
                    at_every_call($fixture, Story::$story, Fault::DiesAfter);
                }

                #[test]
                fn the_caller_leaves_at_a_call() {
                    at_every_call($fixture, Story::$story, Fault::CallerLeaves);
                }

                #[test]
                fn everything_is_stored_twice() {
                    play($fixture, Story::$story, Plan::Twice);
                }
            }
        )+
    };
}

use stories;

on_every_engine!(crate::saga::stories!(story));
