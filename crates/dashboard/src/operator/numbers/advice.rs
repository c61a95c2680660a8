//! What to do about a number, in words: what its books say together, whether money is at risk, and what to do next.

use super::record::{AdviceName, Dossier};

/// What follows from both sides.
pub(super) struct Told {
    /// How it is marked: good, waiting or bad.
    pub(super) tone: &'static str,
    pub(super) text: String,
}

pub(super) fn told(dossier: &Dossier) -> Told {
    let name = dossier.advice.name;
    Told { tone: tone(name), text: text(name, dossier) }
}

const fn tone(name: AdviceName) -> &'static str {
    match name {
        AdviceName::Nothing => "good",
        AdviceName::AskAgain
        | AdviceName::Wait
        | AdviceName::Settings
        | AdviceName::ReleaseAtProvider
        | AdviceName::AwaitPass
        | AdviceName::DecideOrder => "waiting",
        AdviceName::Adopt | AdviceName::AdoptFromDeployment => "plain",
        AdviceName::ReleaseOrKeep
        | AdviceName::ReleaseOrphan
        | AdviceName::WriteOff
        | AdviceName::ReleaseOrphanAtProvider
        | AdviceName::InDoubt
        | AdviceName::SecondNumber
        | AdviceName::PutBack => "bad",
    }
}

fn text(name: AdviceName, dossier: &Dossier) -> String {
    let of = dossier.advice.of.as_deref().unwrap_or_default();
    let user = dossier.row().map_or("a customer", |row| row.user_id.as_str());
    match name {
        AdviceName::Nothing => {
            "Nothing is to be done: both sides agree, or nobody has this number.".to_owned()
        }
        AdviceName::AskAgain => ASK_AGAIN.to_owned(),
        AdviceName::Wait => {
            "Nothing is to be done: it is being given back, and that goes on by itself.".to_owned()
        }
        AdviceName::Settings => SETTINGS.to_owned(),
        AdviceName::ReleaseOrKeep => format!(
            "{user} gave this number up, and it could not be given back, so you pay Twilio for it still. {user} pays nothing for \
             it. Try to give it back again, or keep it for them."
        ),
        AdviceName::ReleaseOrphan => RELEASE_ORPHAN.to_owned(),
        AdviceName::WriteOff => format!(
            "{user} has this number here, and our account at Twilio does not have it: they pay for what does not ring. Was it \
             moved to another account of yours? Move it back. Is it lost? Write it off, and tell them."
        ),
        AdviceName::ReleaseAtProvider => format!(
            "{user} gave it up, and Twilio has it still: you pay for it, and they do not. The next scheduled reconciliation gives \
             it back; one that repairs does so at once. If you had written it off, none takes it: release it in the Console."
        ),
        AdviceName::ReleaseOrphanAtProvider => RELEASE_ORPHAN_AT_PROVIDER.to_owned(),
        AdviceName::Adopt => ADOPT.to_owned(),
        AdviceName::AdoptFromDeployment => format!(
            "Another Trunkline bought this number: its name carries the mark of deployment {of}. Leave it alone if that one is in \
             use; or take it over for a customer."
        ),
        AdviceName::AwaitPass => format!(
            "It carries the mark of order {of}, which failed: nobody has it, and you pay Twilio for it. The next scheduled \
             reconciliation gives it back. It can be given to a customer before that."
        ),
        AdviceName::InDoubt => format!(
            "It carries the mark of order {of}, which failed, and it is older than that or was changed since: it may be a number \
             of your own, so nothing takes it away. Look at its history in the Console: put its name right if it is yours, release \
             it there if it is nobody's, or give it to a customer."
        ),
        AdviceName::SecondNumber => format!(
            "It carries the mark of order {of}, which has another number: you pay Twilio for both, and the customer paid for one. \
             Release this one in the Console, or give it to a customer."
        ),
        AdviceName::PutBack => format!(
            "Do not release it: order {of} was charged for this very number, and our row of it is gone. Put the row back; that \
             charges nothing."
        ),
        AdviceName::DecideOrder => DECIDE_ORDER.to_owned(),
    }
}

const ASK_AGAIN: &str = "Twilio could not be asked, so nothing is known of its side and nothing is concluded. Look again in a moment; \
                         “trunkline doctor” says what is wrong with it.";

const SETTINGS: &str = "It is set up otherwise than our books say, so calls or texts may not reach us. No money moves by this. Nothing is \
                        to be done if somebody meant it so. A reconciliation that repairs puts its name right, and addresses that are \
                        empty or were ours before; put others right in the Console.";

const RELEASE_ORPHAN: &str = "It was bought for an order that failed, and could not be given back: nobody has it, and you pay Twilio for \
                              it. No customer is charged. Try to give it back again.";

const RELEASE_ORPHAN_AT_PROVIDER: &str =
    "It was nobody's and was given back, and Twilio has it still: you pay for it. Release it in the Console.";

const ADOPT: &str = "Our account has this number, and nobody has it here. Nothing is to be done if it is one of your own; or give it to a \
                     customer.";

const DECIDE_ORDER: &str = "An order that is not decided is about this number: a customer's money is held for it. Look at the order: it decides itself, or you \
                            decide it.";
