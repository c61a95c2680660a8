//! The port to numbers: reading, and the way to the functions that change them.

use async_trait::async_trait;
use sqlx::postgres::PgRow;
use sqlx::{FromRow, Row};
use trunkline_domain::{Change, NumberId, NumberStatus, OwnedNumber, PhoneNumber, ProviderIdentity};
use trunkline_provisioning::port::{
    NumberFilter, NumberPage, NumberRecording, NumberStore, NumberUpdate, Place, RecordAnswer, Scope,
    StoreError, UpdateAnswer,
};

use crate::columns::number_columns;
use crate::error::{Failure, Fault};
use crate::postgres::PostgresStore;
use crate::postgres::answer::row_where;
use crate::postgres::orders::{businesses_of, user_of};
use crate::row::{NumberRow, PlaceRow, cut_page};

#[async_trait]
impl NumberStore for PostgresStore {
    async fn number(&self, scope: &Scope, id: NumberId) -> Result<Option<OwnedNumber>, StoreError> {
        Ok(self.find_number(scope, id).await?)
    }

    async fn place_of_number(&self, id: NumberId) -> Result<Option<Place>, StoreError> {
        Ok(self.find_place_of_number(id).await?)
    }

    async fn number_by_identity(
        &self,
        identity: &ProviderIdentity,
    ) -> Result<Option<OwnedNumber>, StoreError> {
        Ok(self.find_number_by_identity(identity).await?)
    }

    async fn number_by_phone(&self, phone_number: &PhoneNumber) -> Result<Option<OwnedNumber>, StoreError> {
        Ok(self.find_claimed_number(phone_number).await?)
    }

    async fn numbers(&self, filter: &NumberFilter) -> Result<NumberPage, StoreError> {
        Ok(self.find_numbers(filter).await?)
    }

    async fn update(&self, change: &Change<NumberUpdate>) -> Result<UpdateAnswer, StoreError> {
        Ok(self.update_number(change).await?)
    }

    async fn record(&self, change: &Change<NumberRecording>) -> Result<RecordAnswer, StoreError> {
        Ok(self.record_number(change).await?)
    }
}

/// Which numbers a filter finds, by its status ($1), user ($2), business ($3) and the businesses of its scope ($6).
macro_rules! filtered {
    () => {
        "(CASE WHEN $1::text IS NULL THEN status <> 'released' ELSE status = $1 END)
         AND ($2::text IS NULL OR user_id = $2)
         AND ($3::uuid IS NULL OR business_id = $3)
         AND ($6::uuid[] IS NULL OR business_id = ANY ($6))"
    };
}

/// A number of a page, if there is one, with how many there are on all pages.
struct CountedRow {
    total: i64,
    number: Option<NumberRow>,
}

impl FromRow<'_, PgRow> for CountedRow {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self { total: row.try_get("total")?, number: row_where("id", row)? })
    }
}

impl PostgresStore {
    async fn find_number(&self, scope: &Scope, id: NumberId) -> Result<Option<OwnedNumber>, Failure> {
        let query = sqlx::query_as(concat!(
            "SELECT ",
            number_columns!(),
            " FROM trunkline.business_numbers
              WHERE id = $1 AND ($2::text IS NULL OR user_id = $2) AND ($3::uuid[] IS NULL OR business_id = ANY ($3))"
        ));
        let query = query.bind(id.as_uuid()).bind(user_of(scope)).bind(businesses_of(scope));
        let row: Option<NumberRow> = self.pool.find(query).await?;
        Ok(row.map(|row| row.number()).transpose()?)
    }

    async fn find_place_of_number(&self, id: NumberId) -> Result<Option<Place>, Failure> {
        let query =
            sqlx::query_as("SELECT user_id, business_id FROM trunkline.business_numbers WHERE id = $1");
        let row: Option<PlaceRow> = self.pool.find(query.bind(id.as_uuid())).await?;
        Ok(row.map(|row| row.place()).transpose()?)
    }

    async fn find_number_by_identity(
        &self,
        identity: &ProviderIdentity,
    ) -> Result<Option<OwnedNumber>, Failure> {
        let query = sqlx::query_as(concat!(
            "SELECT ",
            number_columns!(),
            " FROM trunkline.business_numbers WHERE twilio_sid = $1 AND twilio_account_sid = $2"
        ));
        let query = query.bind(identity.number.as_str()).bind(identity.account.as_str());
        let row: Option<NumberRow> = self.pool.find(query).await?;
        Ok(row.map(|row| row.number()).transpose()?)
    }

    /// The live number that holds the claim on a phone number.
    async fn find_claimed_number(&self, phone_number: &PhoneNumber) -> Result<Option<OwnedNumber>, Failure> {
        let query = sqlx::query_as(concat!(
            "SELECT ",
            number_columns!(),
            " FROM trunkline.business_numbers
              WHERE status <> 'released'
                AND order_id = (SELECT claim.order_id FROM trunkline.number_claim claim
                                WHERE claim.phone_number = $1 AND claim.state = 'owned')"
        ));
        let row: Option<NumberRow> = self.pool.find(query.bind(phone_number.as_str())).await?;
        Ok(row.map(|row| row.number()).transpose()?)
    }

    /// One statement, so that the page and the total are of one moment.
    async fn find_numbers(&self, filter: &NumberFilter) -> Result<NumberPage, Failure> {
        let query = sqlx::query_as(concat!(
            "SELECT counted.total, ",
            number_columns!(),
            " FROM (SELECT COUNT(*) AS total FROM trunkline.business_numbers WHERE ",
            filtered!(),
            ") AS counted LEFT JOIN (SELECT ",
            number_columns!(),
            " FROM trunkline.business_numbers WHERE ",
            filtered!(),
            " AND ($4::uuid IS NULL OR (created_at, id) <
                   (SELECT last.created_at, last.id FROM trunkline.business_numbers last
                    WHERE last.id = $4 AND ($2 IS NULL OR last.user_id = $2)
                      AND ($6 IS NULL OR last.business_id = ANY ($6))))
              ORDER BY created_at DESC, id DESC LIMIT $5) AS page ON TRUE
              ORDER BY created_at DESC, id DESC"
        ))
        .bind(filter.status.map(NumberStatus::as_str))
        .bind(user_of(&filter.scope))
        .bind(filter.business.map(|business| business.as_uuid()))
        .bind(filter.after.map(|number| number.as_uuid()))
        // One more than the page holds, to see whether there is another.
        .bind(i64::from(filter.limit) + 1)
        .bind(businesses_of(&filter.scope));
        let rows: Vec<CountedRow> = self.pool.list(query).await?;
        let total = rows.first().map_or(0, |row| row.total.unsigned_abs());
        let numbers = rows.iter().filter_map(|row| row.number.as_ref()).map(NumberRow::number);
        let numbers = numbers.collect::<Result<Vec<OwnedNumber>, Fault>>()?;
        let (numbers, next) = cut_page(numbers, filter.limit, |number| number.id);
        Ok(NumberPage { numbers, total, next })
    }
}
