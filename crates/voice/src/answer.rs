//! Plans: what a caller hears, and what a text gets in return.

/// What happens with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallAnswer {
    /// The number works, but nobody has set up an agent for it.
    NoAgentYet,
    /// The number is switched off by its customer, being given back, or not ours.
    NotInService,
    /// We cannot tell whose number it is at the moment.
    CannotAnswerNow,
}

/// What happens with a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextAnswer {
    /// It gets no reply.
    Silent,
}

impl CallAnswer {
    /// What is said before we hang up, in English.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::NoAgentYet => "No agent is set up for this number yet. Please call again later. Goodbye.",
            Self::NotInService => "The number you have called is not in service. Goodbye.",
            Self::CannotAnswerNow => "We cannot take your call right now. Please call again later. Goodbye.",
        }
    }
}
