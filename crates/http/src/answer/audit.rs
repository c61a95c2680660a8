//! Lines of the audit trail, as far as their reader may see them.

use serde::Serialize;
use trunkline_tenancy::{Audience, AuditLine, AuditPage, AuditPlace};
use utoipa::ToSchema;

use super::Success;
use crate::description::things;

/// A page of lines.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AuditAnswer {
    success: Success,
    #[schema(value_type = Vec<things::AuditLine>)]
    lines: Vec<AuditLine>,
    #[schema(value_type = Option<String>, required)]
    next_cursor: Option<AuditPlace>,
}

impl AuditAnswer {
    pub(crate) fn new(page: AuditPage, audience: Audience) -> Self {
        let lines = page.records.into_iter().map(|record| AuditLine::of(record, audience)).collect();
        Self { success: Success, lines, next_cursor: page.next }
    }
}
