//! The one table that says what a failed request means, and above all whether it may have happened (Stripe's page
//! "Errors").
//!
//! A refusal is certain only in Stripe's own words: a 4xx with one of Stripe's error bodies. Whatever could come from
//! something between us and Stripe, or leaves open whether Stripe acted, is [`Meaning::Unknown`].

/// What was seen of a request that did not succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    /// No connection was made: not a byte was sent.
    NotSent,
    /// Time ran out when the request may have left.
    TimedOut,
    /// The connection ended before a whole answer had come.
    Broken,
    /// An answer of success that is not what it should be.
    Unreadable,
    /// An answer that is no success.
    Answered {
        /// The HTTP status.
        status: u16,
        /// The type in Stripe's error body; `None` where it has no such body.
        kind: Option<ErrorType>,
    },
}

/// The types of Stripe's errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ErrorType {
    /// `api_error`: Stripe's own failure.
    Api,
    /// `card_error`: the payment method was declined.
    Card,
    /// `idempotency_error`: a key came back with other parameters.
    Idempotency,
    /// `invalid_request_error`.
    InvalidRequest,
    /// A type that the page does not list.
    Other,
}

impl ErrorType {
    /// Reads Stripe's name of it.
    pub(super) fn from_name(name: &str) -> Self {
        match name {
            "api_error" => Self::Api,
            "card_error" => Self::Card,
            "idempotency_error" => Self::Idempotency,
            "invalid_request_error" => Self::InvalidRequest,
            _ => Self::Other,
        }
    }
}

/// What a failure means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Stripe said no, and would again.
    Refused,
    /// The payment method was declined.
    Declined,
    /// What was asked for does not exist, by Stripe's own words.
    NotFound,
    /// The key is not accepted, or may not do this.
    Unauthorized,
    /// Too many requests; not processed.
    Limited,
    /// Nothing was sent.
    NotSent,
    /// The key of the request belongs to an earlier one with other parameters. Nothing was done now, and what became of
    /// the earlier one is not said.
    KeyReused,
    /// It may have happened.
    Unknown,
}

/// What a row of the table is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pattern {
    /// Not a byte was sent.
    NotSent,
    /// An answer with this status, whoever gave it.
    Status(u16),
    /// Stripe's error of this type, with any 4xx.
    Type(ErrorType),
    /// Stripe's error of this type, with this status.
    Exactly(u16, ErrorType),
    /// Stripe's error of any type, with this status.
    Error(u16),
}

/// The table. The first row that matches decides; what no row knows may have happened. Not listed, so unknown, are 409
/// (the request's own key is in use: an earlier attempt is under way and may succeed) and 424 (something beyond Stripe).
const TABLE: &[(Pattern, Meaning)] = &[
    (Pattern::NotSent, Meaning::NotSent),
    (Pattern::Status(429), Meaning::Limited), // from anybody: whoever limits does not process
    (Pattern::Type(ErrorType::Idempotency), Meaning::KeyReused),
    (Pattern::Type(ErrorType::Api), Meaning::Unknown),
    (Pattern::Exactly(402, ErrorType::Card), Meaning::Declined),
    (Pattern::Error(400), Meaning::Refused),
    (Pattern::Error(401), Meaning::Unauthorized),
    (Pattern::Error(402), Meaning::Refused),
    (Pattern::Error(403), Meaning::Unauthorized),
    (Pattern::Error(404), Meaning::NotFound), // a bare 404 may be a proxy's
];

/// What a failure means.
pub(super) fn meaning(seen: Seen) -> Meaning {
    let row = TABLE.iter().find(|(pattern, _)| pattern.matches(seen));
    row.map_or(Meaning::Unknown, |(_, meaning)| *meaning)
}

impl Pattern {
    fn matches(self, seen: Seen) -> bool {
        let Seen::Answered { status, kind } = seen else {
            return self == Self::NotSent && seen == Seen::NotSent;
        };
        match self {
            Self::NotSent => false,
            Self::Status(wanted) => status == wanted,
            Self::Type(wanted) => kind == Some(wanted) && matches!(status, 400..=499),
            Self::Exactly(wanted, known) => (status, kind) == (wanted, Some(known)),
            Self::Error(wanted) => status == wanted && kind.is_some(),
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn answered(status: u16, kind: Option<ErrorType>) -> Seen {
        Seen::Answered { status, kind }
    }

    #[rstest]
    #[case(Seen::NotSent, Meaning::NotSent)]
    #[case(Seen::TimedOut, Meaning::Unknown)]
    #[case(Seen::Broken, Meaning::Unknown)]
    #[case(Seen::Unreadable, Meaning::Unknown)]
    #[case(answered(400, Some(ErrorType::InvalidRequest)), Meaning::Refused)]
    #[case(answered(400, Some(ErrorType::Idempotency)), Meaning::KeyReused)]
    #[case(answered(400, Some(ErrorType::Api)), Meaning::Unknown)]
    #[case(answered(400, Some(ErrorType::Other)), Meaning::Refused)]
    #[case(answered(401, Some(ErrorType::InvalidRequest)), Meaning::Unauthorized)]
    #[case(answered(402, Some(ErrorType::Card)), Meaning::Declined)]
    #[case(answered(402, Some(ErrorType::InvalidRequest)), Meaning::Refused)]
    #[case(answered(403, Some(ErrorType::InvalidRequest)), Meaning::Unauthorized)]
    #[case(answered(404, Some(ErrorType::InvalidRequest)), Meaning::NotFound)]
    #[case(answered(408, Some(ErrorType::InvalidRequest)), Meaning::Unknown)]
    #[case(answered(409, Some(ErrorType::InvalidRequest)), Meaning::Unknown)]
    #[case(answered(409, Some(ErrorType::Idempotency)), Meaning::KeyReused)]
    #[case(answered(424, Some(ErrorType::Api)), Meaning::Unknown)]
    #[case(answered(429, Some(ErrorType::InvalidRequest)), Meaning::Limited)]
    #[case(answered(500, Some(ErrorType::Api)), Meaning::Unknown)]
    #[case(answered(500, Some(ErrorType::Idempotency)), Meaning::Unknown)]
    #[case(answered(503, None), Meaning::Unknown)]
    #[case(answered(302, None), Meaning::Unknown)]
    fn a_failure_means_what_the_table_says(#[case] seen: Seen, #[case] expected: Meaning) {
        assert_eq!(meaning(seen), expected);
    }

    #[test]
    fn nobody_but_stripe_can_refuse() {
        for status in (300..600).filter(|status| *status != 429) {
            assert_eq!(meaning(answered(status, None)), Meaning::Unknown, "{status}");
        }
        assert_eq!(meaning(answered(429, None)), Meaning::Limited);
    }
}
