//! The quiet window: the faults are over, the clients are gone, and everything that is undecided gets its time.
//!
//! One thing no machine can decide: an order whose server died between opening it and looking, for a number that another
//! deployment holds on the same account. Recovery cannot know that nothing was sent, so the order waits for the
//! operator, who voids it here. Every other order has to end by itself.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::Instant;

use crate::api::{Api, NumberStatus, OrderStatus};
use crate::plan::LATEST_ACT;
use crate::stage::{self, Stage};
use crate::weather;

/// How long everything has to be decided, and how often it is looked at.
const PATIENCE: Duration = Duration::from_mins(1);
const LOOK: Duration = Duration::from_millis(250);

/// Waits until everything is decided and Twilio holds what is held here. What was sent before the faults ended may be
/// acted on for a while; what stays undecided for longer than patience is judged as it is. Returns how many orders the
/// operator had to end.
pub(crate) async fn settle_down(stage: &Stage) -> anyhow::Result<u64> {
    weather::end(&stage.twilio());
    tokio::time::sleep(LATEST_ACT).await;
    let until = Instant::now() + PATIENCE;
    let mut by_operator = 0;
    while Instant::now() < until {
        by_operator += end_reviews(stage).await?;
        if undecided(&stage.api).await? == 0 && is_matched(stage).await? {
            break;
        }
        tokio::time::sleep(LOOK).await;
    }
    Ok(by_operator)
}

/// How many orders and releases are not decided.
pub(crate) async fn undecided(api: &Api) -> anyhow::Result<usize> {
    let mut open = 0;
    for status in OrderStatus::OPEN {
        open += api.orders_in(status).await?.len();
    }
    for status in [NumberStatus::Releasing, NumberStatus::Review] {
        open += api.numbers_in(status).await?.len();
    }
    Ok(open)
}

/// The operator ends the orders under review for numbers that another deployment holds, and no others.
async fn end_reviews(stage: &Stage) -> anyhow::Result<u64> {
    let mut ended = 0;
    for order in stage.api.orders_in(OrderStatus::Review).await? {
        if stage.neighbours.iter().any(|number| number.phone_number == order.phone_number) {
            stage.fleet.void(&order.id).await?;
            ended += 1;
        }
    }
    Ok(ended)
}

/// Whether Twilio holds exactly what is held here and what another deployment has.
async fn is_matched(stage: &Stage) -> anyhow::Result<bool> {
    let here = stage.api.numbers(false).await?.into_iter().filter_map(|number| number.twilio_sid);
    let here: BTreeSet<String> =
        here.chain(stage.neighbours.iter().map(|number| number.sid.clone())).collect();
    let at_twilio: BTreeSet<String> = stage::held(&stage.twilio()).into_iter().map(|held| held.sid).collect();
    Ok(here == at_twilio)
}
