//! What a setting is: its name in every place where it is written, its default, what it does and what it costs.

/// A setting, as the documents tell it. The flag itself is in `arguments`, its type in `read`; a test compares.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Definition {
    /// The key in a settings file. In capitals it is the environment variable, with hyphens the flag.
    pub name: &'static str,
    pub chapter: Chapter,
    pub default: Unset,
    /// What its value counts or is: `seconds`, `a URL`.
    pub unit: &'static str,
    pub does: &'static str,
    /// What too little and too much of it cost: money, time, load.
    pub costs: &'static str,
    pub secrecy: Secrecy,
    pub example: Example,
}

/// What holds where nobody sets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unset {
    /// This value, as one would write it.
    Value(&'static str),
    /// Something that is no value, in words.
    Words(&'static str),
    /// Nothing.
    Nothing,
}

/// Who may see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Secrecy {
    Open,
    /// Nobody: it is never printed.
    Secret,
    /// It may hold a password, which is never printed.
    HoldsPassword,
}

/// How it stands in `.env.example`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Example {
    /// As a comment, with this value.
    Commented(&'static str),
    /// To be filled in.
    ToFillIn,
}

/// The parts of the page, in its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Chapter {
    Twilio,
    Server,
    Prices,
    Times,
    Sales,
    Limits,
    Payments,
    Load,
    Callers,
    SigningIn,
    Notices,
    Operations,
    Logs,
}

impl Chapter {
    pub(super) const ALL: [Self; 13] = [
        Self::Twilio,
        Self::Server,
        Self::Prices,
        Self::Times,
        Self::Sales,
        Self::Limits,
        Self::Payments,
        Self::Load,
        Self::Callers,
        Self::SigningIn,
        Self::Notices,
        Self::Operations,
        Self::Logs,
    ];

    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::Twilio => "Twilio",
            Self::Server => "Server and database",
            Self::Prices => "Prices",
            Self::Times => "Times of the protocol",
            Self::Sales => "Sales",
            Self::Limits => "Limits",
            Self::Payments => "Payments",
            Self::Load => "Load",
            Self::Callers => "Callers",
            Self::SigningIn => "Signing in",
            Self::Notices => "Notices to customers",
            Self::Operations => "Operations",
            Self::Logs => "Logs",
        }
    }

    /// What is said once for all of them.
    pub(super) const fn introduction(self) -> &'static str {
        match self {
            Self::Twilio => {
                "From the Twilio Console's first page. Without the account and its token the server starts, and whatever \
                 needs Twilio answers `TWILIO_NOT_CONFIGURED`."
            }
            Self::Server => "Where the server is reached, and where it keeps its books.",
            Self::Prices => "What customers pay.",
            Self::Times => {
                "In seconds, with decimals if need be, up to a week. The defaults fit Twilio; times that contradict each \
                 other are refused at the start, and all replicas should have the same."
            }
            Self::Sales => "When sales stop by themselves. Releases, calls and texts always go on.",
            Self::Limits => {
                "What holds one customer back. An operator can set other limits for one of them: `trunkline user limits`, \
                 [operations.md](operations.md#limits-of-users)."
            }
            Self::Payments => {
                "Customers put money into their wallets by Stripe Checkout: [payments.md](payments.md). Without the key and \
                 the secret the server starts, and payments answer `PAYMENTS_NOT_CONFIGURED`; operators put money into wallets \
                 as before."
            }
            Self::Load => "How much a server takes on, and from whom: [operations.md](operations.md#load).",
            Self::Callers => {
                "Who may call besides the holders of API keys: [authentication.md](authentication.md) says how. Tokens of an \
                 identity provider are off until `JWT_ISSUER`, `JWT_AUDIENCE` and one way to check them are set; half of it is \
                 refused."
            }
            Self::SigningIn => {
                "How people sign in at the dashboard: [authentication.md](authentication.md#signing-in-at-the-dashboard). With an \
                 e-mail address and a password always, and at an identity provider where `OIDC_ISSUER`, `OIDC_CLIENT_ID` and \
                 `OIDC_CLIENT_SECRET` are set; half of it is refused."
            }
            Self::Notices => {
                "What customers are told by mail: [operations.md](operations.md#mail-to-customers). Without a mail server notices \
                 are kept, and read at `GET /api/wallet/notices`."
            }
            Self::Operations => "What is watched, and how often; and who is told.",
            Self::Logs => "Lines go to standard error.",
        }
    }
}

impl Definition {
    /// A setting that is open, has no default and stands as a comment in `.env.example`.
    pub(super) const fn of(
        chapter: Chapter,
        name: &'static str,
        unit: &'static str,
        does: &'static str,
        costs: &'static str,
    ) -> Self {
        Self {
            name,
            chapter,
            default: Unset::Nothing,
            unit,
            does,
            costs,
            secrecy: Secrecy::Open,
            example: Example::Commented(""),
        }
    }

    pub(super) const fn by_default(self, value: &'static str) -> Self {
        Self { default: Unset::Value(value), example: Example::Commented(value), ..self }
    }

    /// Without a value by default: something that words tell better.
    pub(super) const fn or_else(self, words: &'static str) -> Self {
        Self { default: Unset::Words(words), ..self }
    }

    pub(super) const fn for_example(self, value: &'static str) -> Self {
        Self { example: Example::Commented(value), ..self }
    }

    pub(super) const fn to_fill_in(self) -> Self {
        Self { example: Example::ToFillIn, ..self }
    }

    pub(super) const fn secret(self) -> Self {
        Self { secrecy: Secrecy::Secret, ..self }
    }

    pub(super) const fn holds_password(self) -> Self {
        Self { secrecy: Secrecy::HoldsPassword, ..self }
    }

    /// As the environment names it.
    pub(crate) fn variable(&self) -> String {
        self.name.to_uppercase()
    }

    /// As the command line names it.
    pub(crate) fn flag(&self) -> String {
        format!("--{}", self.name.replace('_', "-"))
    }
}
