//! Users.

use sqlx::FromRow;
use sqlx::types::Json;
use trunkline_domain::{Change, UserId};
use trunkline_tenancy::{CreateUserAnswer, User, UserCreation};

use super::unknown_outcome;
use crate::codec::optional_text;
use crate::error::Failure;
use crate::postgres::PostgresStore;
use crate::row::UserRow;

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
