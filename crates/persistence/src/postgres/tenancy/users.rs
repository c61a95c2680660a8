//! Users.

use sqlx::types::Json;
use sqlx::{FromRow, Postgres, QueryBuilder};
use trunkline_domain::{Change, UserId};
use trunkline_tenancy::{CreateUserAnswer, User, UserCreation, UserFilter, UserPage};

use super::unknown_outcome;
use crate::codec::optional_text;
use crate::error::{Failure, Fault};
use crate::postgres::PostgresStore;
use crate::row::{UserRow, cut_page};

#[derive(FromRow)]
struct CreationRow {
    outcome: String,
    #[sqlx(flatten)]
    user: UserRow,
}

impl PostgresStore {
    pub(super) async fn find_user(&self, id: &UserId) -> Result<Option<User>, Failure> {
        let query = sqlx::query_as("SELECT id, email, created_at FROM trunkline.users WHERE id = $1");
        let row: Option<UserRow> = self.pool.find(query.bind(id.as_str())).await?;
        Ok(row.map(|row| row.user()).transpose()?)
    }

    pub(super) async fn find_users(&self, filter: &UserFilter) -> Result<UserPage, Failure> {
        let rows: Vec<UserRow> = self.pool.list(list_query(filter).build_query_as()).await?;
        let users = rows.into_iter().map(|row| row.user()).collect::<Result<Vec<User>, Fault>>()?;
        let (users, next) = cut_page(users, filter.limit, |user| user.id.clone());
        Ok(UserPage { users, next })
    }

    pub(super) async fn add_user(&self, change: &Change<UserCreation>) -> Result<CreateUserAnswer, Failure> {
        let user = &change.body.user;
        let query = sqlx::query_as(
            "SELECT outcome, id, email, created_at FROM trunkline.create_user_1($1, $2, $3, $4, $5)",
        )
        .bind(user.id.as_str())
        .bind(optional_text(user.email.as_ref()))
        .bind(user.created_at)
        .bind(Json(&change.events))
        .bind(Json(&change.audit));
        let row: CreationRow = self.pool.change(query).await?;
        match row.outcome.as_str() {
            "created" => Ok(CreateUserAnswer::Created(row.user.user()?)),
            "exists" => Ok(CreateUserAnswer::Exists(row.user.user()?)),
            other => Err(unknown_outcome("create_user_1", other)),
        }
    }
}

/// In the collation C texts are ordered byte by byte, and `lower` knows the letters A to Z alone, as in the other engine.
fn list_query(filter: &UserFilter) -> QueryBuilder<Postgres> {
    let mut query = QueryBuilder::new("SELECT id, email, created_at FROM trunkline.users WHERE TRUE");
    if let Some(after) = &filter.after {
        query.push(" AND id COLLATE \"C\" > ").push_bind(after.as_str().to_owned());
    }
    if let Some(search) = &filter.search {
        query.push(" AND (strpos(lower(id COLLATE \"C\"), ").push_bind(search.text().to_owned());
        query.push(") > 0 OR strpos(lower(email COLLATE \"C\"), ").push_bind(search.text().to_owned());
        query.push(") > 0)");
    }
    query.push(" ORDER BY id COLLATE \"C\" LIMIT ").push_bind(i64::from(filter.limit) + 1);
    query
}
