//! Reading the audit trail.

use async_trait::async_trait;
use sqlx::{QueryBuilder, Sqlite};
use trunkline_tenancy::{AuditFilter, AuditPage, AuditReader, TenancyStoreError};

use super::{SqliteStore, time};
use crate::columns::audit_columns;
use crate::error::Failure;
use crate::row::{AuditRow, page_of};

#[async_trait]
impl AuditReader for SqliteStore {
    async fn audit(&self, filter: &AuditFilter) -> Result<AuditPage, TenancyStoreError> {
        Ok(self.find_audit(filter).await?)
    }
}

impl SqliteStore {
    async fn find_audit(&self, filter: &AuditFilter) -> Result<AuditPage, Failure> {
        let mut query: QueryBuilder<Sqlite> =
            QueryBuilder::new(concat!("SELECT ", audit_columns!(), " FROM audit WHERE 1"));
        if let Some(subject) = &filter.subject {
            query.push(" AND subject = ").push_bind(subject);
        }
        if let Some(user) = &filter.user {
            query.push(" AND user_id = ").push_bind(user.as_str());
        }
        if let Some(action) = &filter.action {
            let family = action.family();
            query.push(" AND (action = ").push_bind(action.as_str());
            query.push(" OR substr(action, 1, length(").push_bind(family.clone());
            query.push(")) = ").push_bind(family).push(")");
        }
        if let Some(from) = filter.from {
            query.push(" AND at >= ").push_bind(time::to_text(from));
        }
        if let Some(until) = filter.until {
            query.push(" AND at < ").push_bind(time::to_text(until));
        }
        if let Some(after) = filter.after {
            query.push(" AND sequence < ").push_bind(after.as_i64());
        }
        query.push(" ORDER BY sequence DESC LIMIT ").push_bind(i64::from(filter.limit) + 1);
        let mut connection = self.readers.one().await?;
        let rows: Vec<AuditRow> = query.build_query_as().fetch_all(&mut *connection).await?;
        Ok(page_of(&rows, filter.limit)?)
    }
}
