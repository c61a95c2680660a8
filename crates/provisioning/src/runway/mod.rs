//! The runway: how long the operator's money at the provider lasts, and that nothing more is sold when it does not.
//!
//! What is left of the balance after the fees of the coming week is compared with a floor. Below it sales are paused, for
//! all servers of the database and before anything is held; releases, recovery and calls go on. A balance that cannot be
//! read is not a low one: sales stay as they are, and an operator is told.

mod fees;
mod floor;
mod watch;

pub use floor::BalanceFloor;
pub use watch::{Runway, RunwayError, RunwayFigures};
