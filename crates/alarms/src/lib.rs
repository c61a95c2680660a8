//! What an operator is woken for.
//!
//! One mechanism: whoever finds something wrong raises an [`Alarm`] about a subject on an [`AlarmBoard`]. That is a line
//! at `error` in the log with the field `alarm`, and a count. The crates below take the board as a part; a host that has
//! alarms of its own implements it.

mod alarm;
mod board;
mod measure;

pub use alarm::{Alarm, Onset};
pub use board::{AlarmBoard, LoggedAlarms};
pub use measure::describe_metrics;
