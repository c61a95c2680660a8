//! Users.

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use sqlx::types::Json;
use trunkline_domain::{Change, UserId};
use trunkline_tenancy::{CreateUserAnswer, User, UserCreation};

use super::unknown_outcome;
use crate::codec::{optional_text, parse, parse_optional};
use crate::error::{Failure, Fault};
use crate::postgres::PostgresStore;

#[derive(FromRow)]
struct UserRow {
    id: String,
    email: Option<String>,
    created_at: DateTime<Utc>,
}

#[derive(FromRow)]
struct CreationRow {
    outcome: String,
    #[sqlx(flatten)]
    user: UserRow,
}

impl UserRow {
    fn user(&self) -> Result<User, Fault> {
        Ok(User {
            id: parse("users.id", &self.id)?,
            email: parse_optional("users.email", self.email.as_deref())?,
            created_at: self.created_at,
        })
    }
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
