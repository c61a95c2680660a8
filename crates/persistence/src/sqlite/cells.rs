//! How SQLite's columns are read: ids and times are text, money is an integer, documents are text.

use sqlx::error::BoxDynError;
use sqlx::sqlite::{SqliteTypeInfo, SqliteValueRef};
use sqlx::{Decode, Sqlite, Type};

use super::time;
use crate::cell::{Document, Id, Micros, Moment};

/// The cell is stored as some other type.
macro_rules! stored_as {
    ($cell:ty, $stored:ty) => {
        impl Type<Sqlite> for $cell {
            fn type_info() -> SqliteTypeInfo {
                <$stored as Type<Sqlite>>::type_info()
            }

            fn compatible(info: &SqliteTypeInfo) -> bool {
                <$stored as Type<Sqlite>>::compatible(info)
            }
        }
    };
}

stored_as!(Id, str);
stored_as!(Moment, str);
stored_as!(Micros, i64);
stored_as!(Document, str);

impl<'r> Decode<'r, Sqlite> for Id {
    fn decode(value: SqliteValueRef<'r>) -> Result<Self, BoxDynError> {
        Ok(Self(<&str as Decode<Sqlite>>::decode(value)?.parse()?))
    }
}

impl<'r> Decode<'r, Sqlite> for Moment {
    fn decode(value: SqliteValueRef<'r>) -> Result<Self, BoxDynError> {
        let text = <&str as Decode<Sqlite>>::decode(value)?;
        let time = time::from_text(text).map_err(|_| format!("`{text}` is not a stored time"))?;
        Ok(Self::of(time))
    }
}

impl<'r> Decode<'r, Sqlite> for Micros {
    fn decode(value: SqliteValueRef<'r>) -> Result<Self, BoxDynError> {
        <i64 as Decode<Sqlite>>::decode(value).map(Self)
    }
}

impl<'r> Decode<'r, Sqlite> for Document {
    fn decode(value: SqliteValueRef<'r>) -> Result<Self, BoxDynError> {
        <String as Decode<Sqlite>>::decode(value).map(Self)
    }
}
