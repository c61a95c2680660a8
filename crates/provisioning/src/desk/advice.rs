//! What an operator should do about a number, as its dossier concludes it: a name for programs, a sentence for people.

use trunkline_domain::{DeploymentId, OrderId, UserId};

use crate::reconcile::Difference;

/// What an operator should do about a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Advice {
    /// Nothing: the books agree, or nobody has it.
    Nothing,
    /// Ask again when the provider answers.
    AskAgain,
    /// Nothing: it is being released, and that goes on by itself.
    Wait,
    /// Put its settings at the provider right.
    Settings(Vec<Difference>),
    /// Try its release again, or keep it.
    ReleaseOrKeep,
    /// Try the orphan's release again.
    ReleaseOrphan,
    /// Write it off: a customer has it here, and the account does not.
    WriteOff,
    /// Have it released again: it was given back, and is there still.
    ReleaseAtProvider,
    /// Release it at the provider by hand: it is an orphan that was given back, and is there still.
    ReleaseOrphanAtProvider,
    /// Adopt it: nobody has it here.
    Adopt,
    /// Leave it to its deployment, or adopt it from there.
    AdoptFromDeployment(DeploymentId),
    /// A pass releases it, because its order failed; unless it is adopted before.
    AwaitPass(OrderId),
    /// Look at its history: it carries the marker of a failed order, and may be somebody else's all the same.
    InDoubt(OrderId),
    /// Release it at the provider, or adopt it: its order has another number.
    SecondNumber(OrderId),
    /// Release it by no means, and put its row back: its order was charged for this very number, and no row has it.
    PutBack {
        /// Which order.
        order: OrderId,
        /// Whose it is.
        user: UserId,
    },
    /// Decide its order.
    DecideOrder(OrderId),
}

impl Advice {
    /// The name in answers.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::AskAgain => "ask_again",
            Self::Wait => "wait",
            Self::Settings(_) => "settings",
            Self::ReleaseOrKeep => "release_or_keep",
            Self::ReleaseOrphan => "release_orphan",
            Self::WriteOff => "write_off",
            Self::ReleaseAtProvider => "release_at_provider",
            Self::ReleaseOrphanAtProvider => "release_orphan_at_provider",
            Self::Adopt => "adopt",
            Self::AdoptFromDeployment(_) => "adopt_from_deployment",
            Self::AwaitPass(_) => "await_pass",
            Self::InDoubt(_) => "in_doubt",
            Self::SecondNumber(_) => "second_number",
            Self::PutBack { .. } => "put_back",
            Self::DecideOrder(_) => "decide_order",
        }
    }

    /// The id of the deployment or order that it is about.
    pub fn of(&self) -> Option<String> {
        match self {
            Self::AdoptFromDeployment(deployment) => Some(deployment.to_string()),
            Self::AwaitPass(order)
            | Self::InDoubt(order)
            | Self::SecondNumber(order)
            | Self::PutBack { order, .. }
            | Self::DecideOrder(order) => Some(order.to_string()),
            Self::Nothing
            | Self::AskAgain
            | Self::Wait
            | Self::Settings(_)
            | Self::ReleaseOrKeep
            | Self::ReleaseOrphan
            | Self::WriteOff
            | Self::ReleaseAtProvider
            | Self::ReleaseOrphanAtProvider
            | Self::Adopt => None,
        }
    }

    /// What to do, for people, by the commands that do it.
    pub fn to_do(&self) -> String {
        match self {
            Self::Nothing => "nothing".to_owned(),
            Self::AskAgain => {
                "ask again when the provider answers; `trunkline doctor` says what is wrong with it".to_owned()
            }
            Self::Wait => "nothing: it is being released, and that goes on by itself".to_owned(),
            Self::Settings(_) => "nothing, if they are meant so; `trunkline reconcile --repair` puts its name right, and \
                                  addresses that are empty or were ours before; put others right in the Console"
                .to_owned(),
            Self::ReleaseOrKeep => {
                "`trunkline number release` tries the release again, `trunkline number keep` gives it up".to_owned()
            }
            Self::ReleaseOrphan => "`trunkline number release` with its PN... tries the release again".to_owned(),
            Self::WriteOff => {
                "move it back in the Console, if it was moved; else `trunkline number write-off`, and tell the customer"
                    .to_owned()
            }
            Self::ReleaseAtProvider => "nothing, if a server runs: the next scheduled reconciliation releases it, and \
                                        `trunkline reconcile --repair` does so at once; it was given back here, and you \
                                        pay for it still. If you had written it off, no pass takes it: release it \
                                        in the Console"
                .to_owned(),
            Self::ReleaseOrphanAtProvider => {
                "release it in the Console: it was given back here, and you pay for it still".to_owned()
            }
            Self::Adopt => "nothing, if it is meant so; `trunkline number adopt` makes it a customer's".to_owned(),
            Self::AdoptFromDeployment(deployment) => format!(
                "nothing, if that deployment is yours; `trunkline number adopt --from-deployment {deployment}` takes it \
                 from there"
            ),
            Self::AwaitPass(order) => format!(
                "nothing: the next pass releases it, because order {order} failed; `trunkline number adopt --from-order \
                 {order}` makes it a customer's before"
            ),
            Self::InDoubt(order) => format!(
                "look at its history in the Console: it carries the marker of order {order}, which failed, and may be \
                 somebody else's all the same, so no pass releases it. Release it there if nobody else's, or `trunkline \
                 number adopt --from-order {order}`"
            ),
            Self::SecondNumber(order) => format!(
                "release it in the Console, because order {order} has another number; or `trunkline number adopt \
                 --from-order {order}`"
            ),
            Self::PutBack { order, user } => format!(
                "do not release it: order {order} was charged for this very number, and our row of it is gone; \
                 `trunkline number adopt --user {user} --from-order {order}` puts the row back and charges nothing"
            ),
            Self::DecideOrder(order) => {
                format!("`trunkline order show {order}`: recovery decides it, or `trunkline order settle` does")
            }
        }
    }

    /// What is set otherwise than it should be, where it is about that.
    pub fn differences(&self) -> Option<&[Difference]> {
        if let Self::Settings(differences) = self { Some(differences) } else { None }
    }
}
