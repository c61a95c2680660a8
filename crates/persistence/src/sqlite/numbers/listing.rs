//! A page of numbers, with what the whole list counts and costs.
//!
//! *Invariant*: whatever a list is filtered, sorted or summed by stands in the indexes `business_numbers_of_user` and
//! `business_numbers_by_time` (migration 0049), so a row of the table is read only where it is on the page.

use sqlx::{QueryBuilder, Sqlite};
use trunkline_domain::OwnedNumber;
use trunkline_provisioning::port::{NumberFilter, NumberPage, Scope};

use crate::codec::text;
use crate::columns::number_columns;
use crate::error::{Failure, Fault};
use crate::row::{MonthlySum, NumberRow, cut_page, sum_up};
use crate::sqlite::SqliteStore;
use crate::sqlite::scope::push_scope;

/// A sum in two parts, each of which fits an integer however many numbers there are.
const SUMS: &str = "SELECT currency, COUNT(*), SUM(monthly_cost / 1000000), SUM(monthly_cost % 1000000) \
                    FROM business_numbers";

impl SqliteStore {
    pub(super) async fn find_numbers(&self, filter: &NumberFilter) -> Result<NumberPage, Failure> {
        let mut moment = self.readers.moment().await?;
        let mut sums = filtered(SUMS, filter);
        sums.push(" GROUP BY currency ORDER BY currency");
        let sums: Vec<(String, i64, i64, i64)> = sums.build_query_as().fetch_all(&mut *moment).await?;
        let sums: Vec<MonthlySum> = sums.into_iter().map(monthly_sum).collect();
        let (total, monthly) = sum_up(&sums)?;
        let rows: Vec<NumberRow> = page_query(filter, total).build_query_as().fetch_all(&mut *moment).await?;
        moment.rollback().await?;
        let numbers = rows.iter().map(NumberRow::number).collect::<Result<Vec<OwnedNumber>, Fault>>()?;
        let (numbers, next) = cut_page(numbers, filter.limit, |number| number.id);
        Ok(NumberPage { numbers, total, monthly, next })
    }
}

fn monthly_sum((currency, numbers, units, millionths): (String, i64, i64, i64)) -> MonthlySum {
    let micros = i128::from(units) * 1_000_000 + i128::from(millionths);
    MonthlySum { currency, numbers, micros }
}

fn filtered(select: &'static str, filter: &NumberFilter) -> QueryBuilder<Sqlite> {
    let mut query = QueryBuilder::new(select);
    match filter.status {
        Some(status) => query.push(" WHERE status = ").push_bind(status.as_str()),
        None => query.push(" WHERE status <> 'released'"),
    };
    push_scope(&mut query, &filter.scope);
    if let Some(business) = filter.business {
        // The plus keeps the planner from the index of businesses where that of the user has all that is asked for.
        let column = match filter.scope {
            Scope::User(_) | Scope::Within { .. } => " AND +business_id = ",
            Scope::Everyone => " AND business_id = ",
        };
        query.push(column).push_bind(text(business));
    }
    if let Some(kind) = filter.kind {
        query.push(" AND number_type = ").push_bind(kind.as_str());
    }
    if let Some(country) = filter.country {
        query.push(" AND country_code = ").push_bind(country.as_str().to_owned());
    }
    if let Some(search) = &filter.search {
        // `lower` of this engine knows the letters A to Z alone.
        query.push(" AND (instr(lower(display_name), ").push_bind(search.text().to_owned()).push(") > 0");
        if let Some(digits) = search.digits() {
            query.push(" OR instr(phone_number, ").push_bind(digits.to_owned()).push(") > 0");
        }
        query.push(")");
    }
    query
}

/// One more than the page holds, to see whether there is another; and no more than there are, so that nobody looks for one
/// behind the last.
fn page_query(filter: &NumberFilter, total: u64) -> QueryBuilder<Sqlite> {
    let mut query = filtered(concat!("SELECT ", number_columns!(), " FROM business_numbers"), filter);
    if let Some(after) = filter.after {
        query.push(" AND (created_at, id) < (SELECT created_at, id FROM business_numbers WHERE id = ");
        query.push_bind(text(after));
        push_scope(&mut query, &filter.scope);
        query.push(")");
    }
    let most = i64::from(filter.limit) + 1;
    let most = i64::try_from(total).map_or(most, |total| total.min(most));
    query.push(" ORDER BY created_at DESC, id DESC LIMIT ").push_bind(most);
    query
}

#[cfg(test)]
mod tests {
    use trunkline_domain::{BusinessId, NumberId, SystemClock};

    use super::*;
    use crate::SqliteOptions;
    use crate::sqlite::readers::Readers;

    /// How the engine goes about it, a step a line.
    async fn plan(readers: &Readers, query: &QueryBuilder<Sqlite>) -> String {
        let mut explained =
            QueryBuilder::<Sqlite>::new(format!("EXPLAIN QUERY PLAN {}", query.sql().as_str()));
        let mut connection = readers.one().await.unwrap();
        let steps: Vec<(i64, i64, i64, String)> =
            explained.build_query_as().fetch_all(&mut *connection).await.unwrap();
        steps.into_iter().map(|(.., step)| step + "\n").collect()
    }

    /// However it is narrowed, a list is summed in one index, and a page read from its place on without sorting anything.
    #[tokio::test]
    async fn lists_go_by_their_index() {
        let folder = tempfile::tempdir().unwrap();
        let options = SqliteOptions::new(folder.path().join("test.db"));
        SqliteStore::migrate(&options, &SystemClock).await.unwrap();
        let readers = Readers::open(&options).await.unwrap();
        let (ann, business) =
            ("ann".parse::<trunkline_domain::UserId>().unwrap(), BusinessId::from_uuid(uuid::Uuid::nil()));
        let within = Scope::Within { owner: ann.clone(), businesses: vec![business] };
        for (scope, index, place) in [
            (Scope::User(ann), "business_numbers_of_user", "(user_id=? AND created_at<?)"),
            (within, "business_numbers_of_user", "(user_id=? AND created_at<?)"),
            (Scope::Everyone, "business_numbers_by_time", "(created_at<?)"),
        ] {
            let is_everyones = scope == Scope::Everyone;
            let all = NumberFilter {
                after: Some(NumberId::from_uuid(uuid::Uuid::nil())),
                ..NumberFilter::of(scope, 50)
            };
            let searched = NumberFilter {
                search: Some("415".parse().unwrap()),
                country: Some("US".parse().unwrap()),
                kind: Some(trunkline_domain::NumberKind::Local),
                // An operator who asks for one business gets it by the businesses' own index.
                business: (!is_everyones).then_some(business),
                ..all.clone()
            };
            for filter in [all, searched] {
                let sums = plan(&readers, filtered(SUMS, &filter).push(" GROUP BY currency")).await;
                assert!(sums.contains(&format!("USING COVERING INDEX {index}")), "{filter:?}: {sums}");
                let page = plan(&readers, &page_query(&filter, 1_000)).await;
                assert!(page.contains(&format!("USING INDEX {index} {place}")), "{filter:?}: {page}");
                assert!(!page.contains("TEMP B-TREE"), "{filter:?}: {page}");
            }
        }
    }
}
