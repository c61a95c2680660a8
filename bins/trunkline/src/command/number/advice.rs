//! What to do about a decision that was refused.

use anyhow::anyhow;
use trunkline_provisioning::NumberDecisionError;
use trunkline_provisioning::port::{ClaimHolder, StoreError};

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
        NumberDecisionError::PaidFor { order, user } => {
            return anyhow!(
                "{error}. Nothing changed. Do not release it: --user {user} --from-order {order} puts the row back, and \
                 charges nothing"
            );
        }
        NumberDecisionError::NotCharged { .. } => {
            "Nothing changed. books_contradict in docs/operations.md says what to do"
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
