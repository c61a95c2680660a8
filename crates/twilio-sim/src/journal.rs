//! What was asked of the simulator and what became of it. The newest requests are kept; a test asks here whether a
//! purchase was ever sent.

use std::collections::VecDeque;

use serde::Serialize;

use crate::{fault::path_matches, parameters::Parameters};

/// Older requests are forgotten.
const KEPT_REQUESTS_MAX: usize = 20_000;

/// A request to the simulated API. Those to the admin endpoint are not recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordedRequest {
    /// Counts all requests from 1.
    pub sequence: u64,
    /// The HTTP method.
    pub method: String,
    /// The path without the query.
    pub path: String,
    /// The parameters of the query.
    pub query: Parameters,
    /// The parameters of the form.
    pub form: Parameters,
    /// Whether the credentials were those of an account here. The credentials themselves are not kept.
    pub authenticated: bool,
    /// What became of it.
    pub outcome: Outcome,
}

impl RecordedRequest {
    /// The status that was answered, if any was.
    pub const fn status(&self) -> Option<u16> {
        match self.outcome {
            Outcome::Answered { status } | Outcome::Truncated { status } => Some(status),
            Outcome::Pending | Outcome::Held | Outcome::Reset => None,
        }
    }
}

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// Nothing yet; or its client went away while it was read.
    Pending,
    /// An answer went out.
    Answered {
        /// Its HTTP status.
        status: u16,
    },
    /// Half an answer went out.
    Truncated {
        /// Its HTTP status.
        status: u16,
    },
    /// The answer is withheld or late. If the client gives up waiting, it stays so.
    Held,
    /// The connection was reset.
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
    pub(crate) fn settle(&mut self, sequence: u64, outcome: Outcome) {
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

    /// The n-th request, from 1, with this method and path that something became of.
    pub(crate) fn nth(&self, method: &str, path: &str, nth: usize) -> Option<&RecordedRequest> {
        self.requests
            .iter()
            .filter(|request| request.outcome != Outcome::Pending)
            .filter(|request| request.method == method && path_matches(path, &request.path))
            .nth(nth.saturating_sub(1))
    }

    /// Forgets all requests. Sequence numbers go on.
    pub(crate) fn clear(&mut self) {
        self.requests.clear();
    }
}
