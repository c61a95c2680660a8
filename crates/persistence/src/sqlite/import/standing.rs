//! What of an import is here already, all of it at one moment.

use std::fmt::Display;

use sqlx::SqliteConnection;
use trunkline_domain::{Money, TransferId};
use trunkline_import::{Standing, StandingQuestion};

use crate::cell::Id;
use crate::codec::{parse, to_json};
use crate::columns::{business_columns, number_columns};
use crate::error::{Failure, Fault};
use crate::row::{BusinessRow, NumberRow, OpenedRow, SumRow, UserRow};
use crate::sqlite::SqliteStore;

impl SqliteStore {
    pub(super) async fn find_standing(&self, question: &StandingQuestion) -> Result<Standing, Failure> {
        let mut moment = self.readers.moment().await?;
        let user: Option<UserRow> = sqlx::query_as("SELECT id, email, created_at FROM users WHERE id = ?1")
            .bind(question.user.as_str())
            .fetch_optional(&mut *moment)
            .await?;
        let businesses: Vec<BusinessRow> = sqlx::query_as(concat!(
            "SELECT ",
            business_columns!(),
            " FROM businesses WHERE id IN (SELECT value FROM json_each(?1))"
        ))
        .bind(list(&question.businesses)?)
        .fetch_all(&mut *moment)
        .await?;
        let numbers = numbers(&mut moment, question).await?;
        let claimed: Vec<String> = sqlx::query_scalar(
            "SELECT phone_number FROM number_claim
             WHERE phone_number IN (SELECT value FROM json_each(?1)) AND state <> 'cooling'",
        )
        .bind(list(&question.phone_numbers)?)
        .fetch_all(&mut *moment)
        .await?;
        let openings: Vec<OpenedRow> = sqlx::query_as(
            "SELECT id, amount, currency FROM transfer WHERE id IN (SELECT value FROM json_each(?1))",
        )
        .bind(list(&question.openings)?)
        .fetch_all(&mut *moment)
        .await?;
        let lines: Vec<(Id,)> =
            sqlx::query_as("SELECT id FROM imported_line WHERE id IN (SELECT value FROM json_each(?1))")
                .bind(list(&question.lines)?)
                .fetch_all(&mut *moment)
                .await?;
        moment.rollback().await?;
        Ok(Standing {
            user: user.map(|row| row.user()).transpose()?,
            businesses: businesses.iter().map(BusinessRow::business).collect::<Result<_, Fault>>()?,
            numbers,
            claimed: claimed
                .iter()
                .map(|text| parse("number_claim.phone_number", text))
                .collect::<Result<_, Fault>>()?,
            openings: openings.iter().map(OpenedRow::opened).collect::<Result<_, Fault>>()?,
            lines: lines.into_iter().map(|(Id(id),)| TransferId::from_uuid(id)).collect(),
        })
    }

    pub(super) async fn find_opened(&self) -> Result<Vec<Money>, Failure> {
        let mut connection = self.readers.one().await?;
        let rows: Vec<SumRow> = sqlx::query_as(
            "SELECT SUM(t.amount) AS amount, t.currency
             FROM account a JOIN transfer t ON t.debit_account = a.id
             WHERE a.kind = 'opening' GROUP BY t.currency ORDER BY t.currency",
        )
        .fetch_all(&mut *connection)
        .await?;
        Ok(rows.iter().map(SumRow::money).collect::<Result<_, Fault>>()?)
    }
}

/// By either id, the primaries of the businesses, and the user's own live records of the phone numbers.
async fn numbers(
    moment: &mut SqliteConnection,
    question: &StandingQuestion,
) -> Result<Vec<trunkline_domain::OwnedNumber>, Failure> {
    let rows: Vec<NumberRow> = sqlx::query_as(concat!(
        "SELECT ",
        number_columns!(),
        " FROM business_numbers
         WHERE id IN (SELECT value FROM json_each(?1))
            OR twilio_sid IN (SELECT value FROM json_each(?2))
            OR (is_primary = 1 AND business_id IN (SELECT value FROM json_each(?3)))
            OR (user_id = ?4 AND twilio_sid IS NULL AND status <> 'released'
                AND phone_number IN (SELECT value FROM json_each(?5)))"
    ))
    .bind(list(&question.numbers)?)
    .bind(list(&question.number_sids)?)
    .bind(list(&question.businesses)?)
    .bind(question.user.as_str())
    .bind(list(&question.phone_numbers)?)
    .fetch_all(moment)
    .await?;
    Ok(rows.iter().map(NumberRow::number).collect::<Result<_, Fault>>()?)
}

/// Several values, for binding.
fn list<T: Display>(values: &[T]) -> Result<String, Fault> {
    to_json(&values.iter().map(ToString::to_string).collect::<Vec<_>>())
}
