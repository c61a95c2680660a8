//! What limits a user, and what counts against it, as it is stored.

use sqlx::FromRow;
use trunkline_provisioning::LimitUse;
use trunkline_provisioning::port::LimitsFile;

use crate::cell::Document;
use crate::codec::from_json;
use crate::error::Fault;

/// What a user has.
#[derive(Debug, FromRow)]
pub(crate) struct LimitUseRow {
    numbers: i64,
    purchases_today: i64,
    released_recently: i64,
}

impl LimitUseRow {
    pub(crate) const fn used(&self) -> LimitUse {
        LimitUse {
            numbers: self.numbers.unsigned_abs(),
            purchases_today: self.purchases_today.unsigned_abs(),
            released_recently: self.released_recently.unsigned_abs(),
        }
    }
}

/// What is set for a user, where anything ever was, beside what they have.
#[derive(Debug, FromRow)]
pub(crate) struct LimitsFileRow {
    limits: Option<Document>,
    version: Option<i32>,
    #[sqlx(flatten)]
    used: LimitUseRow,
}

impl LimitsFileRow {
    pub(crate) fn file(&self) -> Result<LimitsFile, Fault> {
        let own =
            self.limits.as_ref().map(|limits| from_json("user_limits.limits", &limits.0)).transpose()?;
        Ok(LimitsFile {
            own: own.unwrap_or_default(),
            version: self.version.unwrap_or(0).unsigned_abs(),
            used: self.used.used(),
        })
    }
}
