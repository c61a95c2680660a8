//! What was asked of the simulator and what became of it. The newest requests are kept; a test asks here whether a
//! payment was ever asked for.

use std::collections::VecDeque;

use serde::{Serialize, Serializer};

/// Older requests are forgotten.
const KEPT_REQUESTS_MAX: usize = 20_000;

/// A request to the simulated API. Those to the hosted page and the admin endpoint are not recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordedRequest {
    /// Counts all requests from 1.
    pub sequence: u64,
    /// Stripe's identifier of it, as in the header `Request-Id`.
    pub id: String,
    /// The HTTP method.
    pub method: String,
    /// The path without the query.
    pub path: String,
    /// The parameters of query and form, as names and values.
    #[serde(serialize_with = "as_object")]
    pub parameters: Vec<(String, String)>,
    /// The header `Idempotency-Key`.
    pub idempotency_key: Option<String>,
    /// The header `Stripe-Version`.
    pub stripe_version: Option<String>,
    /// Whether the secret key was one of the account. The key itself is not kept.
    pub authenticated: bool,
    /// What became of it.
    pub outcome: RequestOutcome,
}

impl RecordedRequest {
    /// The value of a parameter; of one that comes twice the first.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }
}

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum RequestOutcome {
    /// Nothing yet; or its client went away while it was read.
    Pending,
    /// An answer went out.
    Answered {
        /// Its HTTP status.
        status: u16,
        /// It was the answer to an earlier request with the same idempotency key.
        replayed: bool,
    },
    /// The answer is withheld. If the client gives up waiting, it stays so.
    Held,
    /// The connection was cut.
    Reset,
}

/// The requests, oldest first.
#[derive(Default)]
pub(crate) struct Journal {
    requests: VecDeque<RecordedRequest>,
    count: u64,
}

impl Journal {
    /// Writes a request down; its sequence number is filled in and returned.
    pub(crate) fn record(&mut self, mut request: RecordedRequest) -> u64 {
        self.count += 1;
        request.sequence = self.count;
        if self.requests.len() == KEPT_REQUESTS_MAX {
            self.requests.pop_front();
        }
        self.requests.push_back(request);
        self.count
    }

    /// Says what became of a request. One that was forgotten meanwhile stays forgotten.
    pub(crate) fn settle(&mut self, sequence: u64, outcome: RequestOutcome) {
        let first = self.requests.front().map_or(0, |request| request.sequence);
        let index = sequence.checked_sub(first).and_then(|index| usize::try_from(index).ok());
        if let Some(request) = index.and_then(|index| self.requests.get_mut(index)) {
            request.outcome = outcome;
        }
    }

    pub(crate) fn requests(&self) -> impl Iterator<Item = &RecordedRequest> {
        self.requests.iter()
    }

    /// How many requests there were in all.
    pub(crate) const fn count(&self) -> u64 {
        self.count
    }

    /// Forgets all requests. Sequence numbers go on.
    pub(crate) fn clear(&mut self) {
        self.requests.clear();
    }
}

fn as_object<S: Serializer>(pairs: &[(String, String)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(pairs.iter().map(|(name, value)| (name, value)))
}
