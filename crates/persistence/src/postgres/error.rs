//! What an error of the driver says about the change that met it.
//!
//! A server that answers with an error of severity ERROR has undone the statement, and a statement here is a whole
//! transaction; so that is certain. A connection that broke, and a server that said goodbye (FATAL), may have
//! committed first, so there nobody knows. Reading changes nothing, so to a reader both are the same.

use sqlx::postgres::{PgDatabaseError, PgSeverity};

use crate::error::Failure;

/// What was being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Work {
    /// A statement that changes rows.
    Change,
    /// A statement that only reads.
    Reading,
}

/// A statement was not finished within the time that its server had for it, and then some.
#[derive(Debug, thiserror::Error)]
#[error("PostgreSQL does not answer")]
pub(super) struct Silence;

/// An error of executing a statement, or of reading what it returned.
pub(super) fn failure(work: Work, error: sqlx::Error) -> Failure {
    match verdict(&error) {
        Verdict::Broken => Failure::Broken(error.to_string()),
        Verdict::NotDone => Failure::Unavailable(Box::new(error)),
        Verdict::Unknown => unknown(work, Box::new(error)),
    }
}

/// The failure when nothing is known of a statement but that it was sent.
pub(super) fn unknown(work: Work, cause: Box<dyn std::error::Error + Send + Sync>) -> Failure {
    match work {
        Work::Change => Failure::OutcomeUnknown(cause),
        Work::Reading => Failure::Unavailable(cause),
    }
}

/// An error of getting a connection: nothing was sent.
pub(super) fn not_connected(error: sqlx::Error) -> Failure {
    Failure::Unavailable(Box::new(error))
}

/// Whether the statement was undone only because of others beside it, so that it may well pass the next time.
pub(super) fn is_worth_repeating(error: &sqlx::Error) -> bool {
    const SERIALIZATION_FAILURE: &str = "40001";
    const DEADLOCK_DETECTED: &str = "40P01";

    let code = refusal(error).filter(|refusal| was_undone(refusal)).map(PgDatabaseError::code);
    matches!(code, Some(SERIALIZATION_FAILURE | DEADLOCK_DETECTED))
}

enum Verdict {
    /// Repeating it would meet the same error.
    Broken,
    /// Undone, and it may pass another time.
    NotDone,
    /// Done or undone.
    Unknown,
}

fn verdict(error: &sqlx::Error) -> Verdict {
    match error {
        sqlx::Error::Database(_) => match refusal(error) {
            Some(refusal) if !was_undone(refusal) => Verdict::Unknown,
            Some(refusal) if breaks_a_rule(refusal) => Verdict::Broken,
            Some(_) | None => Verdict::NotDone,
        },
        sqlx::Error::RowNotFound
        | sqlx::Error::ColumnNotFound(_)
        | sqlx::Error::ColumnIndexOutOfBounds { .. }
        | sqlx::Error::ColumnDecode { .. }
        | sqlx::Error::TypeNotFound { .. }
        | sqlx::Error::Encode(_)
        | sqlx::Error::Decode(_) => Verdict::Broken,
        sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed => Verdict::NotDone,
        _ => Verdict::Unknown,
    }
}

fn refusal(error: &sqlx::Error) -> Option<&PgDatabaseError> {
    error.as_database_error().and_then(|error| error.try_downcast_ref())
}

fn was_undone(refusal: &PgDatabaseError) -> bool {
    const STATEMENT_COMPLETION_UNKNOWN: &str = "40003";

    refusal.severity() == PgSeverity::Error && refusal.code() != STATEMENT_COMPLETION_UNKNOWN
}

/// By the class of the code ("PostgreSQL Error Codes"): the data, the rules about them, the schema, or a rule of ours
/// that a function or trigger has raised. Whatever else there is (no connections, no disk, no time, no primary) is
/// over some day.
fn breaks_a_rule(refusal: &PgDatabaseError) -> bool {
    const DATA: &str = "22";
    const CONSTRAINT: &str = "23";
    const SCHEMA_OR_RIGHTS: &str = "42";
    const RAISED: &str = "P0";
    const CORRUPTED: &str = "XX";

    refusal
        .code()
        .get(..2)
        .is_some_and(|class| [DATA, CONSTRAINT, SCHEMA_OR_RIGHTS, RAISED, CORRUPTED].contains(&class))
}
