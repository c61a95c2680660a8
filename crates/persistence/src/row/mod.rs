//! The rows of the tables that both engines have, and what they mean in the domain's words. How a row is found and
//! changed is each engine's own.

mod adoption;
mod alarm;
mod approval;
mod audit;
mod import;
mod ledger;
mod limits;
mod monthly;
mod notice;
mod number;
mod operations;
mod order;
mod orphan;
mod page;
mod payment;
mod place;
mod reconciliation;
mod sales;
mod session;
mod statement;
mod tenancy;
mod top_up;

pub(crate) use adoption::{adopted_sid, imported_agrees, require_bought, restored};
pub(crate) use alarm::{AlarmRow, NoticeRow, OpenAlarmsRow, pause_of};
pub(crate) use approval::ApprovalRow;
pub(crate) use audit::{AuditRow, page_of};
pub(crate) use import::{ImportedLineRow, OpenedRow, SumRow};
pub(crate) use ledger::{AccountRow, BalanceRow, LineRow, OrderBooksRow, TransferRow, WalletRow};
pub(crate) use limits::{LimitUseRow, LimitsFileRow};
pub(crate) use monthly::{MonthlySum, sum_up};
pub(crate) use notice::{
    AlertsRow, MovedRow, NoticeFields, NoticeMailRow, alerts_columns, stored_thresholds,
};
pub(crate) use number::NumberRow;
pub(crate) use operations::StateRow;
pub(crate) use order::OrderRow;
pub(crate) use orphan::OrphanRow;
pub(crate) use page::cut_page;
pub(crate) use payment::{PaymentRow, TakingRow, newest_first};
pub(crate) use place::PlaceRow;
pub(crate) use reconciliation::{ContradictionRow, ReportRow, found};
pub(crate) use sales::SalesRow;
pub(crate) use session::{
    AccountFields, KeyFields, LiveSessionRow, PendingRow, SessionRow, SignInAccountRow, disabled_at,
};
pub(crate) use statement::{StatementEndRow, StatementRow, WalletDueRow};
pub(crate) use tenancy::{
    BusinessRow, KeyRow, MemberRow, MembershipRow, ShareRow, UserRow, key_page, membership_page,
};
pub(crate) use top_up::{TopUpChargeRow, TopUpRow, TopUpSetupRow};
