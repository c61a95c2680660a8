//! Faults of the API: what goes wrong, at which requests, how often. The first fault in the script that matches a
//! request, and is not spent, strikes it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The most faults that are in force at once.
pub(crate) const FAULTS_MAX: usize = 1_000;

/// One scripted fault. Made by [`Fault::new`], which strikes the very next request and then never again, and
/// narrowed by the methods that follow.
///
/// ```
/// use trunkline_stripe_sim::{Fault, FaultAction};
///
/// let fault = Fault::new(FaultAction::ActThenReset).on("POST", "/v1/checkout/sessions").times(2);
/// assert_eq!(fault.times, 2);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Fault {
    /// An HTTP method; `None` is any.
    #[serde(default)]
    pub method: Option<String>,
    /// The beginning of a path; `None` is any. The query is no part of it.
    #[serde(default)]
    pub path: Option<String>,
    /// How many matching requests go by before it strikes.
    #[serde(default)]
    pub after: u32,
    /// How many matching requests it strikes.
    #[serde(default = "once")]
    pub times: u32,
    /// What it does.
    pub action: FaultAction,
}

const fn once() -> u32 {
    1
}

/// What a fault does to a request. *Acting* is doing what the request asks for, whatever the client gets to hear.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum FaultAction {
    /// Answers this status with Stripe's body, without acting: 429, 500, 503 or another.
    Refuse {
        /// The HTTP status, 400 to 599.
        status: u16,
        /// The value of `Retry-After`.
        #[serde(default, rename = "retryAfterS")]
        retry_after_s: Option<u32>,
    },
    /// Cuts the connection without acting.
    ResetBeforeActing,
    /// Acts, then cuts the connection without an answer. The answer is kept under the idempotency key.
    ActThenReset,
    /// Acts, then answers 500. What would have been answered is kept under the idempotency key: a repeat gets it.
    ActThen500,
    /// Acts, then answers 500, and that is kept: every repeat with the idempotency key gets the 500 for a day, as
    /// Stripe documents for its own failures.
    ActThenKept500,
    /// Keeps the client waiting until the withheld answers are released, or it goes away.
    Hang {
        /// When to act.
        act: HangAct,
    },
}

/// When a request that hangs is acted on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum HangAct {
    /// At once; only the answer is withheld.
    First,
    /// When it is released, even if the client has gone away by then.
    Later,
    /// Never: once released, its connection is cut.
    Never,
}

impl FaultAction {
    /// What kind of fault it is, in words.
    pub fn kind(&self) -> String {
        let words = match self {
            Self::Refuse { status, .. } => return format!("status {status}"),
            Self::ResetBeforeActing => "reset before acting",
            Self::ActThenReset => "act, then reset",
            Self::ActThen500 => "act, then 500",
            Self::ActThenKept500 => "act, then 500 for good",
            Self::Hang { act: HangAct::First } => "act, then hang",
            Self::Hang { act: HangAct::Later } => "hang, then act",
            Self::Hang { act: HangAct::Never } => "hang, and never act",
        };
        words.to_owned()
    }
}

impl Fault {
    /// Strikes the next request, whichever it is, and then no other.
    pub const fn new(action: FaultAction) -> Self {
        Self { method: None, path: None, after: 0, times: 1, action }
    }

    /// Matches only this method, and paths that begin so.
    #[must_use]
    pub fn on(mut self, method: &str, path: &str) -> Self {
        self.method = Some(method.to_ascii_uppercase());
        self.path = Some(path.to_owned());
        self
    }

    /// Lets so many matching requests go by first.
    #[must_use]
    pub const fn after(mut self, requests: u32) -> Self {
        self.after = requests;
        self
    }

    /// Strikes so many matching requests.
    #[must_use]
    pub const fn times(mut self, times: u32) -> Self {
        self.times = times;
        self
    }

    /// What is wrong with it.
    pub(crate) const fn mistake(&self) -> Option<&'static str> {
        match self.action {
            _ if self.times == 0 => Some("times is at least 1"),
            FaultAction::Refuse { status, .. } if status < 400 || status > 599 => {
                Some("a refusal has a status from 400 to 599")
            }
            FaultAction::Refuse { .. }
            | FaultAction::ResetBeforeActing
            | FaultAction::ActThenReset
            | FaultAction::ActThen500
            | FaultAction::ActThenKept500
            | FaultAction::Hang { .. } => None,
        }
    }

    fn matches(&self, method: &str, path: &str) -> bool {
        self.method.as_ref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(method))
            && self.path.as_ref().is_none_or(|beginning| path.starts_with(beginning.as_str()))
    }
}

/// The faults in force.
#[derive(Default)]
pub(crate) struct Script {
    faults: Vec<Fault>,
    struck: BTreeMap<String, u64>,
}

impl Script {
    pub(crate) fn add(&mut self, fault: Fault) {
        self.faults.push(fault);
    }

    pub(crate) fn clear(&mut self) {
        self.faults.clear();
    }

    /// The faults that can still strike, with what is left of them.
    pub(crate) fn faults(&self) -> &[Fault] {
        &self.faults
    }

    /// How often each kind has struck. It outlives the faults.
    pub(crate) const fn struck(&self) -> &BTreeMap<String, u64> {
        &self.struck
    }

    /// Counts a request, and tells what happens to it.
    pub(crate) fn strike(&mut self, method: &str, path: &str) -> Option<FaultAction> {
        let mut action = None;
        for fault in self.faults.iter_mut().filter(|fault| fault.matches(method, path)) {
            if fault.after > 0 {
                fault.after -= 1;
            } else if action.is_none() {
                fault.times -= 1;
                action = Some(fault.action.clone());
            }
        }
        self.faults.retain(|fault| fault.times > 0);
        if let Some(action) = &action {
            *self.struck.entry(action.kind()).or_default() += 1;
        }
        action
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_strikes_what_it_matches_as_often_as_asked() {
        let mut script = Script::default();
        script.add(Fault::new(FaultAction::ActThenReset).on("post", "/v1/refunds").after(1).times(2));
        let strike = |script: &mut Script, method: &str| script.strike(method, "/v1/refunds/re_1").is_some();
        assert!(!strike(&mut script, "GET"));
        assert!(!strike(&mut script, "POST"));
        assert!(strike(&mut script, "POST") && strike(&mut script, "POST"));
        assert!(!strike(&mut script, "POST"));
        assert_eq!(script.struck().get("act, then reset"), Some(&2));
    }

    #[test]
    fn a_fault_is_read_as_documented() {
        let fault: Fault =
            serde_json::from_str(r#"{"path":"/v1","action":{"hang":{"act":"later"}}}"#).unwrap();
        assert_eq!((fault.times, fault.action), (1, FaultAction::Hang { act: HangAct::Later }));
        assert!(serde_json::from_str::<Fault>(r#"{"action":"actThenReset","metod":"POST"}"#).is_err());
        let refusal = Fault::new(FaultAction::Refuse { status: 200, retry_after_s: None });
        assert!(refusal.mistake().is_some());
    }
}
