//! Databases on either engine, and tests that run on both.

/// Fresh stores on SQLite.
pub(crate) mod sqlite {
    use std::sync::Arc;

    use trunkline_tenancy::contract::TenancyFixture;

    use crate::fixture::Database;

    pub(crate) async fn tenancy() -> TenancyFixture {
        let database = Database::new().await;
        TenancyFixture { store: Arc::new(database.open().await), keep: Box::new(database) }
    }
}

/// Fresh stores on PostgreSQL.
pub(crate) mod postgres {
    use std::sync::Arc;

    use trunkline_tenancy::contract::TenancyFixture;

    use crate::postgres::database::Database;

    pub(crate) async fn tenancy() -> TenancyFixture {
        let database = Database::new().await;
        TenancyFixture { store: Arc::new(database.open().await), keep: Box::new(database) }
    }
}

/// Makes the tests of a contract suite once for each engine, in modules with the engines' names.
macro_rules! on_every_engine {
    ($($suite:ident)::+ ! ($fixture:ident)) => {
        mod sqlite {
            $($suite)::+!(crate::engine::sqlite::$fixture);
        }
        mod postgres {
            $($suite)::+!(crate::engine::postgres::$fixture);
        }
    };
}

pub(crate) use on_every_engine;
