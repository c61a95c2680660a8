//! Faults: what goes wrong, at which requests, how often.
//!
//! A fault matches requests by method and path. Each request counts once for every fault that it matches; the
//! first fault in the script that is due then decides what happens to the request.

mod script;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

pub(crate) use self::script::Script;

/// One scripted fault. Made by [`Fault::new`], which strikes the very next request and then never again, and
/// narrowed by the methods that follow.
///
/// ```
/// use trunkline_twilio_sim::{Fault, FaultAction};
///
/// let fault = Fault::new(FaultAction::ActThenReset).on("POST", "/IncomingPhoneNumbers/Local.json").nth(2);
/// assert_eq!(fault.times, Some(1));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Fault {
    /// An HTTP method; `None` is any.
    #[serde(default)]
    pub method: Option<String>,
    /// The end of a path, or with `*` in it a pattern for the whole path; `None` is any. The query is no part of it.
    #[serde(default)]
    pub path: Option<String>,
    /// The first matching request that it strikes, counted from 1 and from when the fault was scripted.
    #[serde(default = "once_number")]
    pub nth: u32,
    /// How many matching requests it strikes from there on; `None` is all, `"forever"` in JSON.
    #[serde(default = "once", serialize_with = "write_times", deserialize_with = "read_times")]
    pub times: Option<u32>,
    /// How many of a hundred matching requests, from the n-th on, it strikes by chance; `None` is each of them.
    #[serde(default, deserialize_with = "read_percent")]
    pub percent: Option<u8>,
    /// Decides which ones: the same seed always the same ones.
    #[serde(default)]
    pub seed: u64,
    /// What it does.
    pub action: FaultAction,
}

/// What a fault does to a request. *Acting* is doing what the request asks for: after it, the number is bought or
/// released, whatever the client gets to hear.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum FaultAction {
    /// Answers a refusal of Twilio's without acting.
    Refuse {
        /// The HTTP status.
        status: u16,
        /// Twilio's code.
        code: u32,
        /// Twilio's sentence; a plain one stands in for `None`.
        #[serde(default)]
        message: Option<String>,
    },
    /// Answers a bare status without acting: 429, 500, 503 and 504 with Twilio's body, any other without a code.
    Status {
        /// The HTTP status.
        status: u16,
        /// The value of `Retry-After`.
        #[serde(default, rename = "retryAfterS")]
        retry_after_s: Option<u32>,
    },
    /// Resets the connection without acting.
    ResetBeforeActing,
    /// Acts, then resets the connection without an answer.
    ActThenReset,
    /// Acts, then answers 500.
    ActThen500,
    /// Holds the connection open until it is released or the client goes away. Released, an answer goes out if
    /// the request was acted on; otherwise the connection is reset and the request is never acted on.
    NeverAnswer {
        /// Whether to act first.
        act: bool,
    },
    /// Answers late. The request is acted on even if the client has gone away by then.
    Delay {
        /// How late, in milliseconds.
        ms: u64,
        /// When to act.
        act: Acting,
    },
    /// The request is delivered twice, and acted on twice. The second time is recorded as a request of its own.
    Duplicate {
        /// Which of the two answers the client gets.
        answer: Delivery,
    },
    /// Acts, then sends half of the answer and breaks off.
    TruncatedBody,
    /// Acts and answers as usual, but lists leave a number out that was bought so. Fetching it by SID works.
    ListLag {
        /// How many lists leave it out; `None` is until [`crate::Admin::end_list_lag`].
        #[serde(default)]
        lists: Option<u32>,
    },
}

/// One of two deliveries of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Delivery {
    /// The one that came first.
    First,
    /// Its repetition.
    Second,
}

/// When a delayed request is acted on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Acting {
    /// At once; only the answer is late.
    First,
    /// After the delay.
    Later,
}

impl FaultAction {
    /// What kind of fault it is, in words: its numbers left out, but for a status.
    pub fn kind(&self) -> String {
        let words = match self {
            Self::Refuse { .. } => "refusal",
            Self::Status { status, .. } => return format!("status {status}"),
            Self::ResetBeforeActing => "reset before acting",
            Self::ActThenReset => "act, then reset",
            Self::ActThen500 => "act, then 500",
            Self::NeverAnswer { act: true } => "act, then never answer",
            Self::NeverAnswer { act: false } => "never act, never answer",
            Self::Delay { act: Acting::First, .. } => "act, then answer late",
            Self::Delay { act: Acting::Later, .. } => "delay, then act",
            Self::Duplicate { .. } => "duplicate delivery",
            Self::TruncatedBody => "truncated body",
            Self::ListLag { .. } => "list lag",
        };
        words.to_owned()
    }
}

impl Fault {
    /// What is wrong with it: it could never strike, or would answer what no HTTP client understands as a failure.
    pub(crate) fn mistake(&self) -> Option<&'static str> {
        let refuses = |status: u16| (400..=599).contains(&status);
        match &self.action {
            _ if self.nth == 0 => Some("nth is counted from 1"),
            _ if self.times == Some(0) => Some("times is at least 1, or \"forever\""),
            FaultAction::Refuse { status, .. } if !refuses(*status) => {
                Some("a refusal has a status from 400 to 599")
            }
            FaultAction::Status { status, .. } if !(200..=599).contains(status) => {
                Some("a bare status is from 200 to 599")
            }
            FaultAction::Refuse { .. }
            | FaultAction::Status { .. }
            | FaultAction::ResetBeforeActing
            | FaultAction::ActThenReset
            | FaultAction::ActThen500
            | FaultAction::NeverAnswer { .. }
            | FaultAction::Delay { .. }
            | FaultAction::Duplicate { .. }
            | FaultAction::TruncatedBody
            | FaultAction::ListLag { .. } => None,
        }
    }

    /// Strikes the next request, whichever it is, and then no other.
    pub const fn new(action: FaultAction) -> Self {
        Self { method: None, path: None, nth: 1, times: Some(1), percent: None, seed: 0, action }
    }

    /// Matches only this method, and paths with this end, or of this pattern if there is a `*` in it.
    #[must_use]
    pub fn on(mut self, method: &str, path: &str) -> Self {
        self.method = Some(method.to_ascii_uppercase());
        self.path = Some(path.to_owned());
        self
    }

    /// Begins with the n-th matching request from now.
    #[must_use]
    pub const fn nth(mut self, nth: u32) -> Self {
        self.nth = nth;
        self
    }

    /// Strikes so many matching requests.
    #[must_use]
    pub const fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    /// Strikes every matching request until the script is cleared.
    #[must_use]
    pub const fn forever(mut self) -> Self {
        self.times = None;
        self
    }

    /// Strikes so many of a hundred matching requests, chosen by the seed. Says nothing of how many it strikes in
    /// all; with [`Self::forever`] it goes on.
    #[must_use]
    pub const fn by_chance(mut self, percent: u8, seed: u64) -> Self {
        self.percent = Some(percent);
        self.seed = seed;
        self
    }

    fn matches(&self, method: &str, path: &str) -> bool {
        self.method.as_ref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(method))
            && self.path.as_ref().is_none_or(|pattern| path_matches(pattern, path))
    }
}

/// Whether a path has this end, or fits the pattern if there is a `*` in it, which stands for any run of characters.
pub(crate) fn path_matches(pattern: &str, path: &str) -> bool {
    let mut parts = pattern.split('*');
    let (Some(first), Some(last)) = (parts.next(), parts.next_back()) else {
        return path.ends_with(pattern);
    };
    let Some(mut rest) = path.strip_prefix(first) else { return false };
    for part in parts {
        let Some((_, after)) = rest.split_once(part) else { return false };
        rest = after;
    }
    rest.ends_with(last)
}

const fn once_number() -> u32 {
    1
}

#[expect(clippy::unnecessary_wraps, reason = "the type of the field")]
const fn once() -> Option<u32> {
    Some(1)
}

#[expect(clippy::ref_option, clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn write_times<S: Serializer>(times: &Option<u32>, serializer: S) -> Result<S::Ok, S::Error> {
    match times {
        Some(times) => serializer.serialize_u32(*times),
        None => serializer.serialize_str("forever"),
    }
}

fn read_percent<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u8>, D::Error> {
    match Option::<u8>::deserialize(deserializer)? {
        Some(percent) if percent > 100 => Err(de::Error::custom("percent is at most 100")),
        percent => Ok(percent),
    }
}

fn read_times<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    struct Times;

    impl de::Visitor<'_> for Times {
        type Value = Option<u32>;

        fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            formatter.write_str("a number of times, or \"forever\"")
        }

        fn visit_u64<E: de::Error>(self, times: u64) -> Result<Self::Value, E> {
            u32::try_from(times).map(Some).map_err(E::custom)
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
            if text == "forever" { Ok(None) } else { Err(E::invalid_value(de::Unexpected::Str(text), &self)) }
        }

        fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
            Ok(None)
        }
    }

    deserializer.deserialize_any(Times)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_matched_by_its_end_or_by_a_pattern() {
        let path = "/2010-04-01/Accounts/AC1/IncomingPhoneNumbers/Local.json";
        let table = [
            ("/Local.json", true),
            ("/IncomingPhoneNumbers.json", false),
            ("*/IncomingPhoneNumbers*.json", true),
            ("/2010-04-01/*/Local.json", true),
            ("IncomingPhoneNumbers*", false),
            ("*IncomingPhoneNumbers*", true),
            ("*", true),
            ("", true),
        ];
        for (pattern, expected) in table {
            assert_eq!(path_matches(pattern, path), expected, "{pattern}");
        }
    }

    #[test]
    fn a_fault_is_written_and_read_as_documented() {
        let text = r#"{"method":"POST","path":"/Local.json","times":"forever","action":{"neverAnswer":{"act":true}}}"#;
        let fault: Fault = serde_json::from_str(text).unwrap();
        assert_eq!(
            fault,
            Fault::new(FaultAction::NeverAnswer { act: true }).on("POST", "/Local.json").forever()
        );
        let again: Fault = serde_json::from_value(serde_json::to_value(&fault).unwrap()).unwrap();
        assert_eq!(again, fault);

        let plain: Fault = serde_json::from_str(r#"{"action":"actThenReset"}"#).unwrap();
        assert_eq!(plain, Fault::new(FaultAction::ActThenReset));
        let chance: Fault =
            serde_json::from_str(r#"{"percent":20,"seed":7,"action":{"duplicate":{"answer":"second"}}}"#)
                .unwrap();
        let duplicate = FaultAction::Duplicate { answer: Delivery::Second };
        assert_eq!(chance, Fault::new(duplicate).by_chance(20, 7));
        assert!(serde_json::from_str::<Fault>(r#"{"percent":101,"action":"actThenReset"}"#).is_err());

        let misspelt = serde_json::from_str::<Fault>(r#"{"action":"actThenReset","metod":"POST"}"#);
        assert!(misspelt.is_err(), "a fault that would strike everything by a spelling mistake");
    }
}
