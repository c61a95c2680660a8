//! What callers have asked for at all servers of the database. A SQLite file has one server, so there is nobody to tell.

use std::collections::HashMap;

use async_trait::async_trait;
use trunkline_tenancy::{RateStore, RateUse, TenancyStoreError};

use super::PostgresStore;
use crate::error::Failure;

#[async_trait]
impl RateStore for PostgresStore {
    async fn settle(&self, uses: &[RateUse]) -> Result<Vec<u64>, TenancyStoreError> {
        Ok(self.settle_rates(uses).await?)
    }
}

impl PostgresStore {
    async fn settle_rates(&self, uses: &[RateUse]) -> Result<Vec<u64>, Failure> {
        let subjects: Vec<String> = uses.iter().map(|used| used.subject.clone()).collect();
        let requests: Vec<i64> = uses.iter().map(|used| used.requests.into()).collect();
        let query = sqlx::query_as("SELECT subject, requests FROM trunkline.settle_rates_1($1, $2)")
            .bind(subjects)
            .bind(requests);
        let sums: HashMap<String, i64> = self.pool.take(query).await?.into_iter().collect();
        let sum = |used: &RateUse| {
            let sum = sums.get(&used.subject).map(|sum| sum.unsigned_abs());
            sum.ok_or_else(|| Failure::Broken(format!("settle_rates_1 has no sum of {}", used.subject)))
        };
        uses.iter().map(sum).collect()
    }
}
