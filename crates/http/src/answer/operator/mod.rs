//! What operators read, one file for each thing that they see: more than its customer may see of it.

mod alarm;
mod approval;
mod limits;
mod number;
mod order;
mod price;
mod reconciliation;
mod sales;
mod wallet;

pub(crate) use alarm::AlarmListAnswer;
pub(crate) use approval::{
    ApprovalAnswer, ApprovalListAnswer, ApprovalMark, ApprovalRequired, ApprovedAnswer, under_approval,
};
pub(crate) use limits::LimitsAnswer;
pub(crate) use number::{
    AdoptionAnswer, DossierAnswer, NumberAnswer, NumberListAnswer, ReviewEndAnswer, WriteOffAnswer,
};
pub(crate) use order::{OrderAnswer, OrderListAnswer, StepsAnswer};
pub(crate) use price::MarginsAnswer;
pub(crate) use reconciliation::{ReconciliationAnswer, ReconciliationListAnswer};
pub(crate) use sales::{SalesAnswer, SwitchAnswer};
pub(crate) use wallet::{AdjustmentAnswer, WalletAnswer};
