//! The quiet window: the faults are over, the clients are gone, and everything that is undecided gets its time.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::Instant;

use crate::api::{Api, NumberStatus, OrderStatus};
use crate::operator::Operator;
use crate::plan::LATEST_ACT;
use crate::stage::{self, Stage};
use crate::weather;

/// How long everything has to be decided, and how often it is looked at.
const PATIENCE: Duration = Duration::from_mins(1);
const LOOK: Duration = Duration::from_millis(250);

/// Waits until everything is decided and Twilio holds what is held here. What was sent before the faults ended may be
/// acted on for a while; what stays undecided for longer than patience is judged as it is.
pub(crate) async fn settle_down(stage: &Stage, operator: &mut Operator) -> anyhow::Result<()> {
    weather::end(&stage.twilio());
    tokio::time::sleep(LATEST_ACT).await;
    let until = Instant::now() + PATIENCE;
    while Instant::now() < until {
        operator.end_reviews(stage).await?;
        operator.confirm_repairs(stage, until).await;
        if undecided(&stage.api).await? == 0 && is_matched(stage).await? {
            break;
        }
        tokio::time::sleep(LOOK).await;
    }
    Ok(())
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

/// Whether Twilio holds exactly what is held here and what another deployment has.
async fn is_matched(stage: &Stage) -> anyhow::Result<bool> {
    let here = stage.api.numbers(false).await?.into_iter().filter_map(|number| number.twilio_sid);
    let here: BTreeSet<String> =
        here.chain(stage.neighbours.iter().map(|number| number.sid.clone())).collect();
    let at_twilio: BTreeSet<String> = stage::held(&stage.twilio()).into_iter().map(|held| held.sid).collect();
    Ok(here == at_twilio)
}
