//! Reading the audit trail.

use async_trait::async_trait;
use sqlx::{Postgres, QueryBuilder};
use trunkline_tenancy::{AuditFilter, AuditPage, AuditReader, TenancyStoreError};

use super::PostgresStore;
use crate::columns::audit_columns;
use crate::error::Failure;
use crate::row::{AuditRow, page_of};

#[async_trait]
impl AuditReader for PostgresStore {
    async fn audit(&self, filter: &AuditFilter) -> Result<AuditPage, TenancyStoreError> {
        Ok(self.find_audit(filter).await?)
    }
}

impl PostgresStore {
    async fn find_audit(&self, filter: &AuditFilter) -> Result<AuditPage, Failure> {
        let mut query: QueryBuilder<Postgres> =
            QueryBuilder::new(concat!("SELECT ", audit_columns!(), " FROM trunkline.audit WHERE true"));
        if let Some(subject) = &filter.subject {
            query.push(" AND subject = ").push_bind(subject);
        }
        if let Some(user) = &filter.user {
            query.push(" AND user_id = ").push_bind(user.as_str());
        }
        if let Some(action) = &filter.action {
            query.push(" AND (action = ").push_bind(action.as_str());
            query.push(" OR starts_with(action, ").push_bind(action.family()).push("))");
        }
        if let Some(from) = filter.from {
            query.push(" AND at >= ").push_bind(from);
        }
        if let Some(until) = filter.until {
            query.push(" AND at < ").push_bind(until);
        }
        if let Some(after) = filter.after {
            query.push(" AND sequence < ").push_bind(after.as_i64());
        }
        query.push(" ORDER BY sequence DESC LIMIT ").push_bind(i64::from(filter.limit) + 1);
        let rows: Vec<AuditRow> = self.pool.list(query.build_query_as()).await?;
        Ok(page_of(&rows, filter.limit)?)
    }
}
