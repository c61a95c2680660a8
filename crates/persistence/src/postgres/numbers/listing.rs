//! A page of numbers, with what the whole list counts and costs.
//!
//! *Invariant*: a page is read from its place on, and the sums of a user's whole list from an index that has them
//! (`business_numbers_summed`, migration 0049). A condition that is not asked for is not in the statement: with it the planner
//! could not tell which index to take.

use sqlx::postgres::PgRow;
use sqlx::types::Json;
use sqlx::{FromRow, Postgres, QueryBuilder, Row};
use trunkline_domain::OwnedNumber;
use trunkline_provisioning::port::{NumberFilter, NumberPage};

use crate::columns::number_columns;
use crate::error::{Failure, Fault};
use crate::postgres::PostgresStore;
use crate::postgres::answer::row_where;
use crate::postgres::orders::{businesses_of, user_of};
use crate::row::{MonthlySum, NumberRow, cut_page, sum_up};

/// A number of a page, if there is one, with the sums of all pages: currency, how many, and their cost in millionths.
struct SummedRow {
    sums: Vec<(String, i64, String)>,
    number: Option<NumberRow>,
}

impl FromRow<'_, PgRow> for SummedRow {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        let Json(sums) = row.try_get("sums")?;
        Ok(Self { sums, number: row_where("id", row)? })
    }
}

impl PostgresStore {
    /// One statement, so that the page and the sums are of one moment.
    pub(super) async fn find_numbers(&self, filter: &NumberFilter) -> Result<NumberPage, Failure> {
        let mut query = list_query(filter);
        let rows: Vec<SummedRow> = self.pool.list(query.build_query_as()).await?;
        let sums = rows.first().map(|row| row.sums.as_slice()).unwrap_or_default();
        let sums = sums.iter().map(monthly_sum).collect::<Result<Vec<MonthlySum>, Fault>>()?;
        let (total, monthly) = sum_up(&sums)?;
        let numbers = rows.iter().filter_map(|row| row.number.as_ref()).map(NumberRow::number);
        let numbers = numbers.collect::<Result<Vec<OwnedNumber>, Fault>>()?;
        let (numbers, next) = cut_page(numbers, filter.limit, |number| number.id);
        Ok(NumberPage { numbers, total, monthly, next })
    }
}

fn monthly_sum((currency, numbers, micros): &(String, i64, String)) -> Result<MonthlySum, Fault> {
    let parsed = micros.parse();
    let micros = parsed.map_err(|_| Fault::Broken(format!("a sum of monthly costs is {micros}")))?;
    Ok(MonthlySum { currency: currency.clone(), numbers: *numbers, micros })
}

/// What is searched for is compared once, with every number within the scope; otherwise the sums come from their index, and
/// the page from the newest numbers that fit.
fn list_query(filter: &NumberFilter) -> QueryBuilder<Postgres> {
    let mut query = QueryBuilder::new("");
    if filter.search.is_some() {
        query.push(
            "WITH found AS MATERIALIZED (SELECT id, created_at, currency, monthly_cost
                                         FROM trunkline.business_numbers WHERE ",
        );
        push_filter(&mut query, filter);
        query.push(") ");
    }
    query.push(concat!("SELECT summed.sums, ", number_columns!()));
    query.push(
        " FROM (SELECT COALESCE(jsonb_agg(jsonb_build_array(currency, numbers, micros) ORDER BY currency), '[]') AS sums
                FROM (SELECT currency, COUNT(*) AS numbers, trunc(SUM(monthly_cost) * 1000000)::text AS micros FROM ",
    );
    push_source(&mut query, filter);
    query.push(concat!(
        " GROUP BY currency) AS of_currency) AS summed LEFT JOIN (SELECT ",
        number_columns!(),
        " FROM trunkline.business_numbers WHERE id IN (SELECT id FROM "
    ));
    push_source(&mut query, filter);
    push_place(&mut query, filter);
    // One more than the page holds, to see whether there is another.
    query.push(" ORDER BY created_at DESC, id DESC LIMIT ").push_bind(i64::from(filter.limit) + 1);
    query.push(")) AS page ON TRUE ORDER BY created_at DESC, id DESC");
    query
}

fn push_source(query: &mut QueryBuilder<Postgres>, filter: &NumberFilter) {
    if filter.search.is_some() {
        query.push("found WHERE TRUE");
    } else {
        query.push("trunkline.business_numbers WHERE ");
        push_filter(query, filter);
    }
}

fn push_filter(query: &mut QueryBuilder<Postgres>, filter: &NumberFilter) {
    match filter.status {
        Some(status) => query.push("status = ").push_bind(status.as_str()),
        None => query.push("status <> 'released'"),
    };
    push_scope(query, filter);
    if let Some(business) = filter.business {
        query.push(" AND business_id = ").push_bind(business.as_uuid());
    }
    if let Some(kind) = filter.kind {
        query.push(" AND number_type = ").push_bind(kind.as_str());
    }
    if let Some(country) = filter.country {
        query.push(" AND country_code = ").push_bind(country.as_str().to_owned());
    }
    if let Some(search) = &filter.search {
        // In this collation `lower` knows the letters A to Z alone, as the other engine does.
        query.push(" AND (strpos(lower(display_name COLLATE \"C\"), ");
        query.push_bind(search.text().to_owned()).push(") > 0");
        if let Some(digits) = search.digits() {
            query.push(" OR strpos(phone_number, ").push_bind(digits.to_owned()).push(") > 0");
        }
        query.push(")");
    }
}

fn push_scope(query: &mut QueryBuilder<Postgres>, filter: &NumberFilter) {
    if let Some(user) = user_of(&filter.scope) {
        query.push(" AND user_id = ").push_bind(user.to_owned());
    }
    if let Some(businesses) = businesses_of(&filter.scope) {
        query.push(" AND business_id = ANY (").push_bind(businesses).push(")");
    }
}

/// Behind the last number of the page before.
fn push_place(query: &mut QueryBuilder<Postgres>, filter: &NumberFilter) {
    let Some(after) = filter.after else { return };
    query.push(" AND (created_at, id) < (SELECT created_at, id FROM trunkline.business_numbers WHERE id = ");
    query.push_bind(after.as_uuid());
    push_scope(query, filter);
    query.push(")");
}
