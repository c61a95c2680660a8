//! What a function answers: an outcome, and the row that it left.

use sqlx::postgres::PgRow;
use sqlx::types::Uuid;
use sqlx::{FromRow, Row, ValueRef};

use crate::cell::Document;
use crate::error::{Failure, Fault};
use crate::request::Known;

/// Calls a function that answers with an outcome and an order; `keyed` where a client's key may answer instead.
macro_rules! order_answer {
    (keyed $call:literal) => {
        $crate::postgres::answer::order_answer!("outcome, subject, document, ", $call)
    };
    ($call:literal) => {
        $crate::postgres::answer::order_answer!("outcome, ", $call)
    };
    ($outcome:literal, $call:literal) => {
        concat!(
            "SELECT ",
            $outcome,
            $crate::columns::order_columns!(),
            " FROM trunkline.",
            $call,
            " AS answer CROSS JOIN LATERAL (SELECT (answer.order_row).*) AS order_row"
        )
    };
}

/// Calls a function that answers with an outcome and a number; `keyed` where a client's key may answer instead.
macro_rules! number_answer {
    (keyed $call:literal) => {
        $crate::postgres::answer::number_answer!("outcome, subject, document, ", $call)
    };
    ($call:literal) => {
        $crate::postgres::answer::number_answer!("outcome, ", $call)
    };
    ($outcome:literal, $call:literal) => {
        concat!(
            "SELECT ",
            $outcome,
            $crate::columns::number_columns!(),
            " FROM trunkline.",
            $call,
            " AS answer CROSS JOIN LATERAL (SELECT (answer.number_row).*) AS number_row"
        )
    };
}

pub(super) use {number_answer, order_answer};

/// An outcome, with the row that it is about.
#[derive(Debug)]
pub(super) struct Answer<R> {
    /// The function's word for it.
    pub(super) outcome: String,
    row: Option<R>,
}

impl<R> Answer<R> {
    /// The row that belongs to this outcome.
    pub(super) fn row(self) -> Result<R, Fault> {
        let Self { outcome, row } = self;
        row.ok_or_else(|| Fault::Broken(format!("`{outcome}` came without its row")))
    }

    /// The outcome is none that this program knows.
    pub(super) fn unknown(&self, function: &'static str) -> Failure {
        Failure::Broken(format!("{function} answered `{}`", self.outcome))
    }
}

impl<'r, R: FromRow<'r, PgRow>> FromRow<'r, PgRow> for Answer<R> {
    fn from_row(row: &'r PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self { outcome: row.try_get("outcome")?, row: row_where("id", row)? })
    }
}

/// A row that may be missing beside what else there is: then this column of it is null, which otherwise never is.
pub(super) fn row_where<'r, R>(column: &str, row: &'r PgRow) -> Result<Option<R>, sqlx::Error>
where
    R: FromRow<'r, PgRow>,
{
    let is_there = !row.try_get_raw(column)?.is_null();
    is_there.then(|| R::from_row(row)).transpose()
}

/// What an idempotency key stands for, as `known_request_1` and what asks it say it.
#[derive(Debug, FromRow)]
pub(super) struct KnownRow {
    outcome: String,
    subject: Option<Uuid>,
    document: Option<Document>,
}

impl KnownRow {
    /// The end as the client hears it, of an outcome that has one.
    pub(super) fn document(self) -> Result<String, Fault> {
        let Self { outcome, document, .. } = self;
        let document =
            document.ok_or_else(|| Fault::Broken(format!("`{outcome}` came without its document")))?;
        Ok(document.0)
    }

    /// What the key stands for, where the key is what answers.
    pub(super) fn known(self) -> Result<Known, Fault> {
        match (self.outcome.as_str(), self.subject, self.document) {
            ("other_command", ..) => Ok(Known::OtherCommand),
            ("open", Some(subject), _) => Ok(Known::Open { subject }),
            ("ended", Some(subject), Some(outcome)) => Ok(Known::Ended { subject, outcome: outcome.0 }),
            (outcome, ..) => Err(Fault::Broken(format!("a key was answered with `{outcome}`"))),
        }
    }
}

/// The answer of a function that a client's key comes with.
#[derive(Debug)]
pub(super) struct KeyedAnswer<R> {
    /// What became of it, with the row.
    pub(super) answer: Answer<R>,
    /// The same, where it is the key or a refusal that answers.
    pub(super) known: KnownRow,
}

impl<'r, R: FromRow<'r, PgRow>> FromRow<'r, PgRow> for KeyedAnswer<R> {
    fn from_row(row: &'r PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self { answer: Answer::from_row(row)?, known: KnownRow::from_row(row)? })
    }
}
