//! Idempotency keys: what was answered to the first request with a key is answered to the next ones too, for a day of
//! the simulator's time.
//!
//! As Stripe documents it, what was refused before anything was done is not kept: such a request may be made again.

use std::collections::HashMap;

use crate::{answer::Answer, refusal::Refusal};

const KEPT_S: i64 = 24 * 3600;
/// The longest key that Stripe takes.
pub(crate) const KEY_CHARS_MAX: usize = 255;
/// More keys than these push out the oldest.
const KEYS_MAX: usize = 100_000;

/// The keys in use.
#[derive(Default)]
pub(crate) struct Keys {
    entries: HashMap<String, Entry>,
}

struct Entry {
    /// Method, path and parameters.
    fingerprint: String,
    request: String,
    since: i64,
    /// None while the request is in progress.
    answer: Option<Answer>,
}

/// What to do with a request that has a key.
pub(crate) enum Admission {
    /// It is the first. It must be ended by [`Keys::keep`] or [`Keys::forget`].
    First,
    /// It was answered before, or is refused.
    Answered(Answer),
}

impl Keys {
    pub(crate) fn admit(&mut self, key: &str, fingerprint: &str, request: &str, now: i64) -> Admission {
        if self.entries.get(key).is_some_and(|entry| entry.answer.is_some() && entry.since + KEPT_S <= now) {
            self.entries.remove(key);
        }
        match self.entries.get(key) {
            Some(entry) if entry.fingerprint != fingerprint => {
                Admission::Answered(Refusal::other_parameters().answer())
            }
            Some(Entry { answer: Some(answer), request, .. }) => {
                Admission::Answered(Answer { original_request: Some(request.clone()), ..answer.clone() })
            }
            Some(Entry { answer: None, .. }) => Admission::Answered(Refusal::key_in_use().answer()),
            None => {
                self.make_room();
                let (fingerprint, request) = (fingerprint.to_owned(), request.to_owned());
                self.entries.insert(key.to_owned(), Entry { fingerprint, request, since: now, answer: None });
                Admission::First
            }
        }
    }

    /// What the first request with a key was answered, if it is of a kind that is kept.
    pub(crate) fn keep(&mut self, key: &str, answer: &Answer) {
        let kept = matches!(answer.status, 200..=299 | 402 | 500..);
        if let (true, Some(entry)) = (kept, self.entries.get_mut(key)) {
            entry.answer = Some(answer.clone());
        } else {
            self.entries.remove(key);
        }
    }

    /// The first request with a key ended before anything was done.
    pub(crate) fn forget(&mut self, key: &str) {
        if self.entries.get(key).is_some_and(|entry| entry.answer.is_none()) {
            self.entries.remove(key);
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    fn make_room(&mut self) {
        if self.entries.len() < KEYS_MAX {
            return;
        }
        let done = self.entries.iter().filter(|(_, entry)| entry.answer.is_some());
        let oldest = done.min_by_key(|(_, entry)| entry.since).map(|(key, _)| key.clone());
        if let Some(oldest) = oldest {
            self.entries.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16) -> Answer {
        Answer { status, body: "{}".to_owned(), original_request: None }
    }

    #[test]
    fn an_answer_is_repeated_for_a_day() {
        let mut keys = Keys::default();
        assert!(matches!(keys.admit("k", "a", "req_1", 0), Admission::First));
        keys.keep("k", &answer(200));
        let Admission::Answered(again) = keys.admit("k", "a", "req_2", KEPT_S - 1) else { panic!("kept") };
        assert_eq!((again.status, again.original_request.as_deref()), (200, Some("req_1")));
        assert!(matches!(keys.admit("k", "a", "req_3", KEPT_S), Admission::First));
    }

    #[test]
    fn other_parameters_and_requests_in_progress_are_refused() {
        let mut keys = Keys::default();
        assert!(matches!(keys.admit("k", "a", "req_1", 0), Admission::First));
        let status = |admission| match admission {
            Admission::Answered(answer) => answer.status,
            Admission::First => 0,
        };
        assert_eq!(status(keys.admit("k", "a", "req_2", 0)), 409);
        assert_eq!(status(keys.admit("k", "b", "req_2", 0)), 400);
        keys.keep("k", &answer(400));
        assert_eq!(status(keys.admit("k", "b", "req_2", 0)), 0);
    }
}
