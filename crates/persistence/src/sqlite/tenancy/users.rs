//! Users.

use async_trait::async_trait;
use sqlx::{QueryBuilder, Sqlite, SqliteConnection};
use trunkline_domain::{Change, UserId};
use trunkline_tenancy::{CreateUserAnswer, User, UserCreation, UserFilter, UserPage};

use crate::codec::optional_text;
use crate::error::{Failure, Fault};
use crate::row::{UserRow, cut_page};
use crate::sqlite::SqliteStore;
use crate::sqlite::time;
use crate::sqlite::writer::{Apply, Decision, Transaction};

#[async_trait]
impl Apply for UserCreation {
    type Answer = CreateUserAnswer;

    async fn apply(
        change: &Change<Self>,
        transaction: &mut Transaction<'_>,
    ) -> Result<Decision<CreateUserAnswer>, Fault> {
        let user = &change.body.user;
        if let Some(user) = find(transaction.connection, &user.id).await? {
            return Ok(Decision::Unchanged(CreateUserAnswer::Exists(user)));
        }
        insert(transaction, user).await?;
        let created = find(transaction.connection, &user.id).await?;
        let created = created.ok_or_else(|| Fault::Broken(format!("user {} was not stored", user.id)))?;
        Ok(Decision::Applied(CreateUserAnswer::Created(created)))
    }
}

impl SqliteStore {
    pub(super) async fn find_user(&self, id: &UserId) -> Result<Option<User>, Failure> {
        let mut connection = self.readers.one().await?;
        Ok(find(&mut connection, id).await?)
    }

    pub(super) async fn find_users(&self, filter: &UserFilter) -> Result<UserPage, Failure> {
        let mut connection = self.readers.one().await?;
        let rows: Vec<UserRow> = list_query(filter).build_query_as().fetch_all(&mut *connection).await?;
        let users = rows.into_iter().map(|row| row.user()).collect::<Result<Vec<User>, Fault>>()?;
        let (users, next) = cut_page(users, filter.limit, |user| user.id.clone());
        Ok(UserPage { users, next })
    }
}

fn list_query(filter: &UserFilter) -> QueryBuilder<Sqlite> {
    let mut query = QueryBuilder::new("SELECT id, email, created_at FROM users WHERE TRUE");
    if let Some(after) = &filter.after {
        query.push(" AND id > ").push_bind(after.as_str().to_owned());
    }
    if let Some(search) = &filter.search {
        // `lower` knows the letters A to Z alone.
        query.push(" AND (instr(lower(id), ").push_bind(search.text().to_owned()).push(") > 0");
        query.push(" OR instr(lower(email), ").push_bind(search.text().to_owned()).push(") > 0)");
    }
    query.push(" ORDER BY id LIMIT ").push_bind(i64::from(filter.limit) + 1);
    query
}

/// Reads one user.
pub(super) async fn find(connection: &mut SqliteConnection, id: &UserId) -> Result<Option<User>, Fault> {
    let row: Option<UserRow> = sqlx::query_as("SELECT id, email, created_at FROM users WHERE id = ?1")
        .bind(id.as_str())
        .fetch_optional(connection)
        .await?;
    row.map(|row| row.user()).transpose()
}

/// Stores a user who is not there.
pub(super) async fn insert(transaction: &mut Transaction<'_>, user: &User) -> Result<(), Fault> {
    sqlx::query("INSERT INTO users (id, email, created_at) VALUES (?1, ?2, ?3)")
        .bind(user.id.as_str())
        .bind(optional_text(user.email.as_ref()))
        .bind(time::to_text(user.created_at))
        .execute(&mut *transaction.connection)
        .await?;
    Ok(())
}
