//! Reports of reconciliations, as they are kept and as the command line prints them.

use serde::Serialize;
use trunkline_provisioning::Report;
use utoipa::ToSchema;

use crate::answer::Success;
use crate::description::report;

/// The report of a reconciliation that was asked for.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReconciliationAnswer {
    success: Success,
    #[schema(value_type = report::Report)]
    report: Report,
}

impl From<Report> for ReconciliationAnswer {
    fn from(report: Report) -> Self {
        Self { success: Success, report }
    }
}

/// Reports that are kept, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReconciliationListAnswer {
    success: Success,
    #[schema(value_type = Vec<report::Report>)]
    reports: Vec<Report>,
}

impl From<Vec<Report>> for ReconciliationListAnswer {
    fn from(reports: Vec<Report>) -> Self {
        Self { success: Success, reports }
    }
}
