//! Members: what is refused about them, and what they are told of an owner's affairs.

use serde_json::Value;
use trunkline_tenancy::{MemberError, Reach};

use super::{ErrorCode, Inner, Problem};

impl From<MemberError> for Problem {
    fn from(error: MemberError) -> Self {
        match error {
            MemberError::BusinessNotFound => Self::absent(ErrorCode::BusinessNotFound),
            MemberError::NotFound => Self::absent(ErrorCode::MemberNotFound),
            MemberError::Owner => Self::invalid_field(
                "userId",
                "is the owner of the business, who may do everything in it and is neither made a member nor removed",
            ),
            MemberError::TooMany(limit) => Self::new(
                ErrorCode::LimitExceeded,
                format!(
                    "A business has up to {limit} members, and this one has as many. Nothing was changed; remove a member \
                     who is not needed any more."
                ),
            )
            .member("limit", limit),
            MemberError::Contended => Self::new(
                ErrorCode::StorageUnavailable,
                "Somebody else is changing this member at this moment. Nothing was changed by this; look at the members, \
                 then try again.",
            )
            .because(error),
            MemberError::Store(error) => error.into(),
        }
    }
}

/// A refusal as whoever asked may hear it. A member works with an owner's wallet, numbers and limits, and is not told what
/// these are: not how much money there is, nor what the owner holds or may hold elsewhere.
pub(crate) fn as_told_to(reach: &Reach, problem: Problem) -> Problem {
    match reach {
        Reach::Shared { .. } => as_told_to_a_member(problem),
        Reach::Own(_) | Reach::Everyone => problem,
    }
}

fn as_told_to_a_member(mut problem: Problem) -> Problem {
    let Inner { code, detail, members, .. } = &mut *problem.0;
    let (sentence, kept): (&str, &[&str]) = if *code == ErrorCode::InsufficientBalance {
        (
            "The wallet of the business's owner has too little available. Nothing was charged; ask the owner to add money, \
             then buy again (with a new Idempotency-Key, if you use one).",
            &["requiredAmount", "currency"],
        )
    } else if *code == ErrorCode::WalletInDebt {
        (
            "The wallet of the business's owner must be made good first. Nothing was charged; ask the owner to add money, then \
             buy again (with a new Idempotency-Key, if you use one).",
            &[],
        )
    } else if *code == ErrorCode::NumberAlreadyExists {
        (
            "Somebody holds this number already or is buying it. Nothing was charged; choose another number.",
            &[],
        )
    } else if *code == ErrorCode::LimitExceeded {
        (
            "A limit of the business's owner is reached. Nothing was charged, and an Idempotency-Key is not used up; ask the \
             owner, who may ask the operator to change it.",
            &["limit"],
        )
    } else {
        return problem;
    };
    sentence.clone_into(detail);
    members.retain(|name: &String, _: &mut Value| kept.contains(&name.as_str()));
    problem
}
