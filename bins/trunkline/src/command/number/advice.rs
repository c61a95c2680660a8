//! What to do: about a number that was shown, and about a decision that was refused.

use anyhow::anyhow;
use trunkline_provisioning::port::{ClaimHolder, StoreError};
use trunkline_provisioning::{Advice, NumberDecisionError};

/// What to do, for the last line of what is shown.
pub(super) fn what_to_do(advice: &Advice) -> String {
    match advice {
        Advice::Nothing => "nothing".to_owned(),
        Advice::AskAgain => "ask again when the provider answers; `trunkline doctor` says what is wrong with it".to_owned(),
        Advice::Wait => "nothing: it is being released, and that goes on by itself".to_owned(),
        Advice::Settings(_) => "put its settings right in the Console, or leave them if they are meant so".to_owned(),
        Advice::ReleaseOrKeep => {
            "`trunkline number release` tries the release again, `trunkline number keep` gives it up".to_owned()
        }
        Advice::ReleaseOrphan => "`trunkline number release` with its PN... tries the release again".to_owned(),
        Advice::WriteOff => {
            "move it back in the Console, if it was moved; else `trunkline number write-off`, and tell the customer"
                .to_owned()
        }
        Advice::ReleaseAtProvider => {
            "release it in the Console: it was given back here, and you pay for it still".to_owned()
        }
        Advice::Adopt => "nothing, if it is meant so; `trunkline number adopt` makes it a customer's".to_owned(),
        Advice::AdoptFromDeployment(deployment) => format!(
            "nothing, if that deployment is yours; `trunkline number adopt --from-deployment {deployment}` takes it from there"
        ),
        Advice::AwaitPass(order) => format!(
            "nothing: the next pass releases it, because order {order} failed; `trunkline number adopt --from-order \
             {order}` makes it a customer's before"
        ),
        Advice::SecondNumber(order) => format!(
            "release it in the Console, because order {order} has another number; or `trunkline number adopt \
             --from-order {order}`"
        ),
        Advice::DecideOrder(order) => {
            format!("`trunkline order show {order}`: recovery decides it, or `trunkline order settle` does")
        }
    }
}

/// A refusal with what follows from it: that nothing changed, and what to do.
pub(super) fn advised(error: NumberDecisionError) -> anyhow::Error {
    let advice = match &error {
        NumberDecisionError::InsufficientBalance { .. } => {
            "Nothing changed. Credit the wallet first, also where the number shall cost nothing: `trunkline wallet credit`"
        }
        NumberDecisionError::OtherDeployment { .. } => {
            "Nothing changed. --from-deployment with exactly that id takes it from there"
        }
        NumberDecisionError::OtherOrder { .. } => {
            "Nothing changed. --from-order with exactly that id takes it all the same"
        }
        NumberDecisionError::OrderUndecided { .. } => {
            "Nothing changed. Decide the order first: `trunkline order settle` or `void`"
        }
        NumberDecisionError::Claimed { holder: ClaimHolder::Orphan, .. } => {
            "Nothing changed. Let its release end first: `trunkline number show`"
        }
        NumberDecisionError::Claimed { holder: ClaimHolder::Order, .. } => {
            "Nothing changed. Let the order be decided first: `trunkline order show`"
        }
        NumberDecisionError::Claimed { holder: ClaimHolder::Number, .. } | NumberDecisionError::Known(_) => {
            "Nothing changed. `trunkline number show` says whose it is and what to do"
        }
        NumberDecisionError::Moved { .. } => {
            "Nothing changed. Move it back in the Console, or release it there; `write-off --moved` writes a number off \
             all the same"
        }
        NumberDecisionError::OtherAccount { .. } => {
            "Nothing changed. Run it with the settings of the number's own account"
        }
        NumberDecisionError::PricingUnavailable { .. } => {
            "Nothing changed. Add a price to the price file, or name another --currency"
        }
        NumberDecisionError::Storage(StoreError::OutcomeUnknown(_)) => {
            "It may be stored all the same. Run the same command again: nothing is done twice"
        }
        NumberDecisionError::NotFound
        | NumberDecisionError::RecordOnly
        | NumberDecisionError::Status { .. }
        | NumberDecisionError::OrphanStage { .. }
        | NumberDecisionError::Overtaken
        | NumberDecisionError::Validation { .. }
        | NumberDecisionError::BusinessNotFound
        | NumberDecisionError::Evidence(_)
        | NumberDecisionError::Provider(_)
        | NumberDecisionError::Businesses(_)
        | NumberDecisionError::Storage(StoreError::Unavailable(_) | StoreError::Broken(_)) => {
            "Nothing changed"
        }
    };
    anyhow!("{:#}. {advice}", anyhow::Error::new(error))
}
