//! The caller of a purchase or a release goes away at any await: the saga goes on, and the books agree.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use rstest::rstest;
use trunkline_domain::{OrderState, Origin};
use trunkline_provisioning::{PurchaseOutcome, ReleaseCommand};

use crate::engine::Engine;
use crate::world::World;

/// Polls a future at most so many times, then drops it.
struct DropAfter<F> {
    inner: Option<Pin<Box<F>>>,
    polls_left: usize,
}

impl<F: Future> DropAfter<F> {
    fn new(inner: F, polls: usize) -> Self {
        Self { inner: Some(Box::pin(inner)), polls_left: polls }
    }
}

impl<F: Future> Future for DropAfter<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if self.polls_left == 0 {
            self.inner = None;
            return Poll::Ready(None);
        }
        self.polls_left -= 1;
        let last = self.polls_left == 0;
        match self.inner.as_mut().expect("polled after its end").as_mut().poll(context) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if last => {
                self.inner = None;
                Poll::Ready(None)
            }
            Poll::Pending => Poll::Pending,
        }
    }
}

/// How many polls a caller may make before it leaves, at most: more than a purchase or a release ever needs.
const POLLS_MAX: usize = 6;
/// When a caller's leaving falls between two awaits, and how often it is woken for nothing, depends on timing: until one has
/// heard the end and one has left before it, everything is tried again, this often at most.
const ROUNDS_MAX: usize = 8;

/// How often the callers of a round poll, one after the other. Whoever comes after one that left in the middle of a read may
/// need a poll more than others, so every other round goes backwards.
fn polls_of(round: usize) -> Vec<usize> {
    let polls = 0..=POLLS_MAX;
    if round.is_multiple_of(2) { polls.collect() } else { polls.rev().collect() }
}

#[rstest]
#[tokio::test]
async fn the_caller_of_a_purchase_leaves_at_every_await(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let world = World::new(engine).await;
    let mut numbers = world.free_numbers().into_iter();
    let mut heard = 0;
    for round in 0..ROUNDS_MAX {
        for polls in polls_of(round) {
            let number = numbers.next().unwrap();
            let purchase = world.provisioning().purchase(world.purchase(&number));
            if let Some(outcome) = DropAfter::new(purchase, polls).await {
                outcome.unwrap();
                heard += 1;
            }
        }
        if heard > 0 && world.orders().await.len() > heard {
            break;
        }
    }
    world.provisioning().shutdown().await;
    let orders = world.orders().await;
    assert!(heard > 0, "a patient caller hears the end");
    assert!(orders.len() > heard, "a purchase goes on without its caller: {heard} heard of {orders:#?}");
    assert!(orders.iter().all(|order| order.state == OrderState::Completed), "{orders:#?}");
    assert_eq!(world.live_numbers().await.len(), orders.len());
    world.assert_invariants().await;
}

#[rstest]
#[tokio::test]
async fn the_caller_of_a_release_leaves_at_every_await(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let world = World::new(engine).await;
    let mut numbers = world.free_numbers().into_iter();
    let (mut bought, mut heard) = (0, 0);
    for round in 0..ROUNDS_MAX {
        for polls in polls_of(round) {
            let number = numbers.next().unwrap();
            let outcome = world.provisioning().purchase(world.purchase(&number)).await.unwrap();
            let PurchaseOutcome::Completed(purchased) = outcome else { panic!("{outcome:?}") };
            bought += 1;
            let (user, origin) = (world.user.clone(), Origin::system());
            let command =
                ReleaseCommand { user, within: None, number: purchased.number.id, request: None, origin };
            if let Some(outcome) = DropAfter::new(world.provisioning().release(command), polls).await {
                outcome.unwrap();
                heard += 1;
            }
        }
        if heard > 0 && bought - world.live_numbers().await.len() > heard {
            break;
        }
    }
    world.provisioning().shutdown().await;
    let released = bought - world.live_numbers().await.len();
    assert!(heard > 0, "a patient caller hears the end");
    assert!(released > heard, "a release goes on without its caller");
    world.assert_invariants().await;
}
