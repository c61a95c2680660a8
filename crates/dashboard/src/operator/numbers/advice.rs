//! What to do about a number, in words: what its books say together, whether money is at risk, and what to do next.

use super::record::{AdviceName, Dossier};

/// What follows from both sides.
pub(super) struct Told {
    /// How it is marked: good, waiting or bad.
    pub(super) tone: &'static str,
    pub(super) text: String,
}

pub(super) fn told(dossier: &Dossier) -> Told {
    let of = dossier.advice.of.as_deref().unwrap_or_default();
    let user = dossier.row().map_or("a customer", |row| row.user_id.as_str());
    let (tone, text) = match dossier.advice.name {
        AdviceName::Nothing => ("good", "Nothing is to be done: both sides agree, or nobody has this number.".to_owned()),
        AdviceName::AskAgain => (
            "waiting",
            "Twilio could not be asked, so nothing is known of its side and nothing is concluded. Look again in a moment; “trunkline \
             doctor” says what is wrong with it."
                .to_owned(),
        ),
        AdviceName::Wait => ("waiting", "Nothing is to be done: it is being given back, and that goes on by itself.".to_owned()),
        AdviceName::Settings => (
            "waiting",
            "It is set up otherwise than our books say, so calls or texts may not reach us. No money moves by this. Nothing is to be \
             done if somebody meant it so. A reconciliation that repairs puts its name right, and addresses that are empty or were \
             ours before; put others right in the Console."
                .to_owned(),
        ),
        AdviceName::ReleaseOrKeep => (
            "bad",
            format!(
                "{user} gave this number up, and it could not be given back, so you pay Twilio for it still. {user} pays nothing \
                 for it. Try to give it back again, or keep it for them."
            ),
        ),
        AdviceName::ReleaseOrphan => (
            "bad",
            "It was bought for an order that failed, and could not be given back: nobody has it, and you pay Twilio for it. No \
             customer is charged. Try to give it back again."
                .to_owned(),
        ),
        AdviceName::WriteOff => (
            "bad",
            format!(
                "{user} has this number here, and our account at Twilio does not have it: they pay for what does not ring. Was it \
                 moved to another account of yours? Move it back. Is it lost? Write it off, and tell them."
            ),
        ),
        AdviceName::ReleaseAtProvider => (
            "waiting",
            format!(
                "{user} gave it up, and Twilio has it still: you pay for it, and they do not. The next scheduled reconciliation gives \
                 it back; one that repairs does so at once. If you had written it off, none takes it: release it in the Console."
            ),
        ),
        AdviceName::ReleaseOrphanAtProvider => (
            "bad",
            "It was nobody's and was given back, and Twilio has it still: you pay for it. Release it in the Console.".to_owned(),
        ),
        AdviceName::Adopt => (
            "plain",
            "Our account has this number, and nobody has it here. Nothing is to be done if it is one of your own; or give it to a \
             customer."
                .to_owned(),
        ),
        AdviceName::AdoptFromDeployment => (
            "plain",
            format!(
                "Another Trunkline bought this number: its name carries the mark of deployment {of}. Leave it alone if that one is \
                 in use; or take it over for a customer."
            ),
        ),
        AdviceName::AwaitPass => (
            "waiting",
            format!(
                "It carries the mark of order {of}, which failed: nobody has it, and you pay Twilio for it. The next scheduled \
                 reconciliation gives it back. It can be given to a customer before that."
            ),
        ),
        AdviceName::InDoubt => (
            "bad",
            format!(
                "It carries the mark of order {of}, which failed, and it is older than that or was changed since: it may be a number \
                 of your own, so nothing takes it away. Look at its history in the Console: put its name right if it is yours, \
                 release it there if it is nobody's, or give it to a customer."
            ),
        ),
        AdviceName::SecondNumber => (
            "bad",
            format!(
                "It carries the mark of order {of}, which has another number: you pay Twilio for both, and the customer paid for one. \
                 Release this one in the Console, or give it to a customer."
            ),
        ),
        AdviceName::PutBack => (
            "bad",
            format!(
                "Do not release it: order {of} was charged for this very number, and our row of it is gone. Put the row back; that \
                 charges nothing."
            ),
        ),
        AdviceName::DecideOrder => (
            "waiting",
            "It carries the mark of an order that is not decided. Look at the order: it decides itself, or you decide it.".to_owned(),
        ),
    };
    Told { tone, text }
}
