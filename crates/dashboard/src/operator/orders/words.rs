//! Where an order stands, for an operator: what happened, where the money is, what to look at.

use trunkline_domain::{ChargeState, FailureReason, OrderState, ReviewReason};

use super::record::Order;

/// An order in a word or two, and how to mark it.
pub(super) const fn badge(state: OrderState) -> (&'static str, &'static str) {
    match state {
        OrderState::Ordering => ("Being bought", "waiting"),
        OrderState::Unresolved => ("Not decided yet", "waiting"),
        OrderState::Review => ("Waits for you", "bad"),
        OrderState::Completed => ("Bought", "good"),
        OrderState::Failed => ("Not bought", "plain"),
    }
}

/// Why something waits for an operator, in a few words.
pub(in crate::operator) const fn review_in_short(reason: ReviewReason) -> &'static str {
    match reason {
        ReviewReason::StrangeMarker => "held under another name",
        ReviewReason::OwnedBefore => "the account had it before",
        ReviewReason::AnswerMismatch => "Twilio names something else",
        ReviewReason::AccountChanged => "it is on another account",
        ReviewReason::SettlementConflict => "our books give it to something else",
        ReviewReason::AttemptsSpent => "tried too often",
        ReviewReason::TransferredAway => "moved to another account of ours",
        ReviewReason::Stopped => "releases were stopped",
    }
}

/// The same of an order of a list; nothing where it waits for nobody.
pub(super) fn in_short(order: &Order) -> Option<&'static str> {
    match order.status {
        OrderState::Review => order.review.map(review_in_short),
        OrderState::Unresolved => Some("Twilio has not said"),
        OrderState::Ordering | OrderState::Completed | OrderState::Failed => None,
    }
}

/// Where the money is.
pub(super) fn money(order: &Order, amount: &str) -> String {
    let user = &order.user_id;
    match order.charged {
        ChargeState::Held => format!(
            "{amount} is held in {user}'s wallet: it is not spent, and they cannot spend it on anything else until this is \
             decided."
        ),
        ChargeState::Yes => format!("{amount} was taken from {user}'s wallet."),
        ChargeState::No => {
            format!("Nothing was taken: the {amount} that was held is free in {user}'s wallet again.")
        }
    }
}

/// What happened.
pub(super) fn happened(order: &Order) -> String {
    match order.status {
        OrderState::Ordering => "Twilio is being asked for the number at this moment.".to_owned(),
        OrderState::Unresolved => {
            "Twilio did not say whether it sold the number. We look until it does, and never buy a second time.".to_owned()
        }
        OrderState::Review => order.review.map_or_else(
            || "No machine can decide this order.".to_owned(),
            |reason| review(reason).to_owned(),
        ),
        OrderState::Completed => "The number was bought and is the customer's.".to_owned(),
        OrderState::Failed => order.failure.as_ref().map_or_else(|| "Nothing was bought.".to_owned(), failure),
    }
}

const fn review(reason: ReviewReason) -> &'static str {
    match reason {
        ReviewReason::StrangeMarker => {
            "Our account at Twilio has this number, and under a name that is not this purchase's. Either somebody renamed it \
             before we saw it, or somebody else bought it."
        }
        ReviewReason::OwnedBefore => {
            "Twilio took the purchase for a change of a number that our account had already: somebody bought it in the Console \
             a moment before, or another order has it. Twilio charged us nothing for that."
        }
        ReviewReason::AnswerMismatch => {
            "Twilio's answer to the purchase names another number, account or type than was ordered. It may have charged us for \
             what it names."
        }
        ReviewReason::AccountChanged => {
            "The purchase was sent to an account that is not the one in the settings any more, so nobody can look there."
        }
        ReviewReason::SettlementConflict => {
            "The number was bought, and it could not be written down: our books say that it belongs to something else. That is a \
             mistake of ours, or rows were changed by hand."
        }
        ReviewReason::AttemptsSpent => "It was tried as often as it may be, without an end.",
        ReviewReason::TransferredAway => "The number was moved to another account of ours.",
        ReviewReason::Stopped => "An operator has stopped what was going on, as after a backup is restored.",
    }
}

/// Why an order came to nothing.
pub(super) fn failure(failure: &FailureReason) -> String {
    match failure {
        FailureReason::NumberUnavailable => "Twilio does not have the number any more.".to_owned(),
        FailureReason::HeldAtProvider => {
            "Our account at Twilio had the number already, for something else.".to_owned()
        }
        FailureReason::AddressRequired => {
            "Twilio wants an address of ours for this country and type. Register one in the Console."
                .to_owned()
        }
        FailureReason::BundleRequired { gap: None } => {
            "Twilio wants an approved regulatory bundle for this country and type.".to_owned()
        }
        FailureReason::BundleRequired { gap: Some(gap) } => {
            format!("Twilio wants an approved regulatory bundle for this country and type: {gap}.")
        }
        FailureReason::WrongType => "The number is not of the type that it was ordered as.".to_owned(),
        FailureReason::ProviderRejected { code } => {
            let code = code.map(|code| format!(" (Twilio's error {code})")).unwrap_or_default();
            format!("Twilio refused because of our account{code}: its credentials, limits or standing.")
        }
        FailureReason::ProviderUnavailable => {
            "Twilio could not be asked, so nothing was sent to it.".to_owned()
        }
        FailureReason::NeverArrived => {
            "The answer to the purchase was lost, and Twilio was then seen to hold nothing for it.".to_owned()
        }
        FailureReason::ProviderNotConfigured => "No account at Twilio is configured.".to_owned(),
        FailureReason::VoidedByOperator => "An operator decided that nothing was bought.".to_owned(),
    }
}

/// What to look at and to do, in order; nothing where it is decided.
pub(super) const fn to_do(order: &Order) -> &'static [&'static str] {
    match (order.status, order.review) {
        (OrderState::Completed | OrderState::Failed, _) => &[],
        (OrderState::Ordering, _) => {
            &["Nothing: this takes seconds, and is taken over by itself if its server dies."]
        }
        (OrderState::Unresolved, _) => &[
            "Nothing, as a rule: it is decided within minutes once Twilio answers.",
            "If it lasts: is Twilio asked at all? “trunkline doctor” says whether the account and its token are right.",
            "If it cannot wait: look for the number in Twilio's Console, and decide below by what you see there.",
        ],
        (OrderState::Review, Some(ReviewReason::StrangeMarker)) => &[
            "Look at the number in Twilio's Console: who bought it, and when? What an order buys is named “tl1:…” until somebody \
             renames it.",
            "It was bought for this order: complete the order below.",
            "It was not: release it there if nobody needs it, then fail the order. While the account has a number that may be \
             this order's, failing it is refused.",
        ],
        (OrderState::Review, Some(ReviewReason::OwnedBefore)) => &[
            "Look at its name and addresses in Twilio's Console: the purchase may have overwritten those of a number of your own.",
            "Shall the customer have it after all? Complete the order below. If not, fail it.",
        ],
        (OrderState::Review, Some(ReviewReason::AnswerMismatch)) => &[
            "Look in Twilio's Console for the number that was ordered, and for the id in the steps below.",
            "The ordered number is there: complete the order with its id. It is not: fail the order, and release in the Console \
             what was sold instead.",
            "Tell Twilio's support, with the id and the time.",
        ],
        (OrderState::Review, Some(ReviewReason::AccountChanged)) => &[
            "Was the account in the settings (TWILIO_ACCOUNT_SID) meant to change? With the account of this order in the settings \
             it can be decided; with another one every decision is refused.",
        ],
        (OrderState::Review, Some(ReviewReason::SettlementConflict)) => &[
            "See who has the number by our books: they keep it.",
            "Fail the order, which gives this customer their money back.",
            "Keep the log, and report it.",
        ],
        (OrderState::Review, Some(ReviewReason::TransferredAway)) => {
            &["Move the number back in Twilio's Console and complete the order, or fail the order."]
        }
        (OrderState::Review, Some(ReviewReason::AttemptsSpent | ReviewReason::Stopped) | None) => &[
            "Look for the number in Twilio's Console: it is there and was bought for this order, or it is not. Decide below by \
             what you see.",
        ],
    }
}
