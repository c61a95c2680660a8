//! How PostgreSQL's columns are read, and what is bound for what they do not take as it is.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::error::BoxDynError;
use sqlx::postgres::types::PgInterval;
use sqlx::postgres::{PgTypeInfo, PgValueRef};
use sqlx::types::{Decimal, Json, JsonRawValue, Uuid};
use sqlx::{Decode, Postgres, Type};

use crate::cell::{Document, Id, Micros, Moment};

/// A number of millionths in a unit of money, as decimal places.
const SCALE: u32 = 6;

/// The cell is stored as some other type.
macro_rules! stored_as {
    ($cell:ty, $stored:ty) => {
        impl Type<Postgres> for $cell {
            fn type_info() -> PgTypeInfo {
                <$stored as Type<Postgres>>::type_info()
            }

            fn compatible(info: &PgTypeInfo) -> bool {
                <$stored as Type<Postgres>>::compatible(info)
            }
        }
    };
}

stored_as!(Id, Uuid);
stored_as!(Moment, DateTime<Utc>);
stored_as!(Micros, Decimal);
stored_as!(Document, Json<Box<JsonRawValue>>);

impl<'r> Decode<'r, Postgres> for Id {
    fn decode(value: PgValueRef<'r>) -> Result<Self, BoxDynError> {
        <Uuid as Decode<Postgres>>::decode(value).map(Self)
    }
}

impl<'r> Decode<'r, Postgres> for Moment {
    fn decode(value: PgValueRef<'r>) -> Result<Self, BoxDynError> {
        <DateTime<Utc> as Decode<Postgres>>::decode(value).map(Self::of)
    }
}

impl<'r> Decode<'r, Postgres> for Micros {
    fn decode(value: PgValueRef<'r>) -> Result<Self, BoxDynError> {
        let mut amount = <Decimal as Decode<Postgres>>::decode(value)?;
        amount.rescale(SCALE);
        Ok(Self(amount.mantissa().try_into()?))
    }
}

impl<'r> Decode<'r, Postgres> for Document {
    fn decode(value: PgValueRef<'r>) -> Result<Self, BoxDynError> {
        let document = <Json<Box<JsonRawValue>> as Decode<Postgres>>::decode(value)?;
        Ok(Self(document.get().to_owned()))
    }
}

/// A length of time for binding, to the microsecond. One that is longer than can be said is as long as can be said.
pub(super) fn interval(time: Duration) -> PgInterval {
    PgInterval { months: 0, days: 0, microseconds: i64::try_from(time.as_micros()).unwrap_or(i64::MAX) }
}
