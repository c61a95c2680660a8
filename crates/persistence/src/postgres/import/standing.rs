//! What of an import is here already. The transition that stores it looks again, so these need not be of one moment.

use sqlx::types::Uuid;
use trunkline_domain::{BusinessId, Money, NumberId, OwnedNumber, TransferId};
use trunkline_import::{Standing, StandingQuestion};

use crate::cell::Id;
use crate::codec::parse;
use crate::columns::{business_columns, number_columns};
use crate::error::{Failure, Fault};
use crate::postgres::PostgresStore;
use crate::row::{BusinessRow, NumberRow, OpenedRow, SumRow, UserRow};

impl PostgresStore {
    pub(super) async fn find_standing(&self, question: &StandingQuestion) -> Result<Standing, Failure> {
        let query = sqlx::query_as("SELECT id, email, created_at FROM trunkline.users WHERE id = $1");
        let user: Option<UserRow> = self.pool.find(query.bind(question.user.as_str())).await?;
        let businesses: Vec<BusinessRow> = self
            .pool
            .list(
                sqlx::query_as(concat!(
                    "SELECT ",
                    business_columns!(),
                    " FROM trunkline.businesses WHERE id = ANY ($1)"
                ))
                .bind(question.businesses.iter().map(BusinessId::as_uuid).collect::<Vec<Uuid>>()),
            )
            .await?;
        let query = sqlx::query_as(
            "SELECT phone_number FROM trunkline.number_claim WHERE phone_number = ANY ($1) AND state <> 'cooling'",
        );
        let claimed: Vec<(String,)> = self
            .pool
            .list(query.bind(question.phone_numbers.iter().map(ToString::to_string).collect::<Vec<_>>()))
            .await?;
        let query = sqlx::query_as("SELECT id, amount, currency FROM trunkline.transfer WHERE id = ANY ($1)");
        let openings: Vec<OpenedRow> = self.pool.list(query.bind(transfers(&question.openings))).await?;
        let query = sqlx::query_as("SELECT id FROM trunkline.imported_line WHERE id = ANY ($1)");
        let lines: Vec<(Id,)> = self.pool.list(query.bind(transfers(&question.lines))).await?;
        Ok(Standing {
            user: user.map(|row| row.user()).transpose()?,
            businesses: businesses.iter().map(BusinessRow::business).collect::<Result<_, Fault>>()?,
            numbers: self.find_standing_numbers(question).await?,
            claimed: claimed
                .iter()
                .map(|(text,)| parse("number_claim.phone_number", text))
                .collect::<Result<_, Fault>>()?,
            openings: openings.iter().map(OpenedRow::opened).collect::<Result<_, Fault>>()?,
            lines: lines.into_iter().map(|(Id(id),)| TransferId::from_uuid(id)).collect(),
        })
    }

    /// By either id, the primaries of the businesses, and the user's own live records of the phone numbers.
    async fn find_standing_numbers(&self, question: &StandingQuestion) -> Result<Vec<OwnedNumber>, Failure> {
        let query = sqlx::query_as(concat!(
            "SELECT ",
            number_columns!(),
            " FROM trunkline.business_numbers
             WHERE id = ANY ($1)
                OR twilio_sid = ANY ($2)
                OR (is_primary AND business_id = ANY ($3))
                OR (user_id = $4 AND twilio_sid IS NULL AND status <> 'released' AND phone_number = ANY ($5))"
        ))
        .bind(question.numbers.iter().map(NumberId::as_uuid).collect::<Vec<Uuid>>())
        .bind(question.number_sids.iter().map(ToString::to_string).collect::<Vec<_>>())
        .bind(question.businesses.iter().map(BusinessId::as_uuid).collect::<Vec<Uuid>>())
        .bind(question.user.as_str())
        .bind(question.phone_numbers.iter().map(ToString::to_string).collect::<Vec<_>>());
        let rows: Vec<NumberRow> = self.pool.list(query).await?;
        Ok(rows.iter().map(NumberRow::number).collect::<Result<_, Fault>>()?)
    }

    pub(super) async fn find_opened(&self) -> Result<Vec<Money>, Failure> {
        let query = sqlx::query_as(
            "SELECT SUM(moved.amount)::trunkline.amount AS amount, moved.currency
             FROM trunkline.account opening JOIN trunkline.transfer moved ON moved.debit_account = opening.id
             WHERE opening.kind = 'opening' GROUP BY moved.currency ORDER BY moved.currency",
        );
        let rows: Vec<SumRow> = self.pool.list(query).await?;
        Ok(rows.iter().map(SumRow::money).collect::<Result<_, Fault>>()?)
    }
}

fn transfers(ids: &[TransferId]) -> Vec<Uuid> {
    ids.iter().map(TransferId::as_uuid).collect()
}
