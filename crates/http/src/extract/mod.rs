//! Extractors: parts of a request, parsed, or our own problem.

mod accept;
mod body;
mod fields;
mod idempotency;
mod path;
mod query;

pub(crate) use accept::first_accepted;
pub(crate) use body::{JsonBody, unread};
pub(crate) use fields::{Fields, Patch};
pub(crate) use idempotency::IdempotencyKey;
pub(crate) use path::{MemberId, MonthName, NewMemberId, PathId, PathIds};
pub(crate) use query::Query;

use crate::HttpSettings;

/// What a route reads from its body or query.
pub(crate) trait Input: Sized {
    /// Reads everything, noting mistakes; `None` only where one is noted.
    fn read(fields: &mut Fields, settings: &HttpSettings) -> Option<Self>;
}
