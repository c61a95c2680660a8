//! What operators read, one file for each thing that they see: more than its customer may see of it.

mod order;
mod wallet;

pub(crate) use order::{OrderAnswer, OrderListAnswer, StepsAnswer};
pub(crate) use wallet::{AdjustmentAnswer, WalletAnswer};
