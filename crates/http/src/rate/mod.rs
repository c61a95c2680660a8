//! How often callers may ask, and strangers may try.
//!
//! A user is counted with all their keys and tokens, a service or an operator by their key, from wherever they call; a
//! request without good credentials is counted by its address. Each server counts by itself, at once and in memory; servers of one PostgreSQL database tell
//! each other once a second what they counted. Webhooks, probes and the metrics' listener are not counted: a webhook that
//! Twilio has signed must be answered.

mod address;
mod layer;
mod limiter;
mod meter;

pub(crate) use address::Peer;
pub use address::TrustedProxies;
pub(crate) use layer::{count_stranger, limit_callers, limit_strangers};
pub use limiter::{RateLimiter, RateSettings};
pub use meter::Rate;
