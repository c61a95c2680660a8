//! What one user may have and buy: the limits of everybody, what an operator has set for one user, and the rule.
//!
//! `values` are the limits' own types, `rule` is what they mean, `service` is how operators see and set them. The rule is
//! applied by the store, inside the transaction that opens an order, so that what is counted cannot change beside it.

mod rule;
mod service;
mod values;

pub use rule::{LimitReached, LimitUse, UserLimits};
pub use service::{LimitChange, Limits, LimitsError, LimitsView};
pub use values::{ChurnLimit, Countries, Limit, NumberTypes, OwnLimits, PriceLimit, ValueError};
