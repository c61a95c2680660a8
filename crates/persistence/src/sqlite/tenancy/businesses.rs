//! Businesses.

use async_trait::async_trait;
use sqlx::{QueryBuilder, Sqlite, SqliteConnection};
use trunkline_domain::{BusinessId, Change, UserId};
use trunkline_tenancy::{
    Business, BusinessCreation, BusinessDeletion, BusinessFilter, BusinessPage, BusinessUpdate,
    CreateBusinessAnswer, DeleteBusinessAnswer, Scope, UpdateBusinessAnswer,
};

use super::{newest_first, users};
use crate::codec::{id_list, optional_text, text};
use crate::columns::business_columns;
use crate::error::{Failure, Fault};
use crate::row::{BusinessRow, cut_page};
use crate::sqlite::SqliteStore;
use crate::sqlite::time;
use crate::sqlite::writer::{Apply, Decision, Transaction};

async fn find(connection: &mut SqliteConnection, id: BusinessId) -> Result<Option<Business>, Fault> {
    let row: Option<BusinessRow> =
        sqlx::query_as(concat!("SELECT ", business_columns!(), " FROM businesses WHERE id = ?1"))
            .bind(text(id))
            .fetch_optional(connection)
            .await?;
    row.map(|row| row.business()).transpose()
}

/// A business, if it is its owner's.
pub(super) async fn find_of(
    transaction: &mut Transaction<'_>,
    id: BusinessId,
    owner: &UserId,
) -> Result<Option<Business>, Fault> {
    let business = find(transaction.connection, id).await?;
    Ok(business.filter(|business| business.owner == *owner))
}

#[async_trait]
impl Apply for BusinessCreation {
    type Answer = CreateBusinessAnswer;

    async fn apply(
        change: &Change<Self>,
        transaction: &mut Transaction<'_>,
    ) -> Result<Decision<CreateBusinessAnswer>, Fault> {
        let business = &change.body.business;
        match find(transaction.connection, business.id).await? {
            Some(known) if known.owner == business.owner => {
                return Ok(Decision::Unchanged(CreateBusinessAnswer::Exists(known)));
            }
            Some(_) => return Ok(Decision::Unchanged(CreateBusinessAnswer::IdTaken)),
            None => {}
        }
        if users::find(transaction.connection, &business.owner).await?.is_none() {
            return Ok(Decision::Unchanged(CreateBusinessAnswer::OwnerNotFound));
        }
        let row: BusinessRow = sqlx::query_as(concat!(
            "INSERT INTO businesses (id, user_id, name, time_zone, created_at, updated_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6) RETURNING ",
            business_columns!()
        ))
        .bind(text(business.id))
        .bind(business.owner.as_str())
        .bind(business.name.as_str())
        .bind(optional_text(business.time_zone))
        .bind(time::to_text(business.created_at))
        .bind(time::to_text(business.updated_at))
        .fetch_one(&mut *transaction.connection)
        .await?;
        Ok(Decision::Applied(CreateBusinessAnswer::Created(row.business()?)))
    }
}

#[async_trait]
impl Apply for BusinessUpdate {
    type Answer = UpdateBusinessAnswer;

    async fn apply(
        change: &Change<Self>,
        transaction: &mut Transaction<'_>,
    ) -> Result<Decision<UpdateBusinessAnswer>, Fault> {
        let update = &change.body;
        let Some(business) = find_of(transaction, update.business, &update.owner).await? else {
            return Ok(Decision::Unchanged(UpdateBusinessAnswer::NotFound));
        };
        let row: BusinessRow = sqlx::query_as(concat!(
            "UPDATE businesses SET name = ?2, time_zone = ?3, updated_at = ?4 WHERE id = ?1 RETURNING ",
            business_columns!()
        ))
        .bind(text(update.business))
        .bind(update.name.as_ref().unwrap_or(&business.name).as_str())
        .bind(optional_text(update.time_zone.unwrap_or(business.time_zone)))
        .bind(time::to_text(update.at))
        .fetch_one(&mut *transaction.connection)
        .await?;
        Ok(Decision::Applied(UpdateBusinessAnswer::Updated(row.business()?)))
    }
}

#[async_trait]
impl Apply for BusinessDeletion {
    type Answer = DeleteBusinessAnswer;

    async fn apply(
        change: &Change<Self>,
        transaction: &mut Transaction<'_>,
    ) -> Result<Decision<DeleteBusinessAnswer>, Fault> {
        let deletion = &change.body;
        if find_of(transaction, deletion.business, &deletion.owner).await?.is_none() {
            return Ok(Decision::Unchanged(DeleteBusinessAnswer::NotFound));
        }
        if is_in_use(transaction, deletion.business).await? {
            return Ok(Decision::Unchanged(DeleteBusinessAnswer::InUse));
        }
        sqlx::query("DELETE FROM businesses WHERE id = ?1")
            .bind(text(deletion.business))
            .execute(&mut *transaction.connection)
            .await?;
        Ok(Decision::Applied(DeleteBusinessAnswer::Deleted))
    }
}

/// Whether a live number, recorded ones included, or an order that has not ended is assigned to the business.
async fn is_in_use(transaction: &mut Transaction<'_>, business: BusinessId) -> Result<bool, Fault> {
    let is_in_use = sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM business_numbers WHERE business_id = ?1 AND status <> 'released')
             OR EXISTS (SELECT 1 FROM orders WHERE business_id = ?1 AND state NOT IN ('completed', 'failed'))",
    )
    .bind(text(business))
    .fetch_one(&mut *transaction.connection)
    .await?;
    Ok(is_in_use)
}

impl SqliteStore {
    pub(super) async fn find_owner(&self, id: BusinessId) -> Result<Option<UserId>, Failure> {
        let mut connection = self.readers.one().await?;
        Ok(find(&mut connection, id).await?.map(|business| business.owner))
    }

    pub(super) async fn find_business(
        &self,
        scope: &Scope,
        id: BusinessId,
    ) -> Result<Option<Business>, Failure> {
        let mut connection = self.readers.one().await?;
        let business = find(&mut connection, id).await?;
        Ok(business.filter(|business| match scope {
            Scope::User(user) => business.owner == *user,
            Scope::Everyone => true,
        }))
    }

    pub(super) async fn find_businesses(&self, filter: &BusinessFilter) -> Result<BusinessPage, Failure> {
        let mut connection = self.readers.one().await?;
        let rows: Vec<BusinessRow> = page_query(filter).build_query_as().fetch_all(&mut *connection).await?;
        let businesses = rows.iter().map(BusinessRow::business).collect::<Result<Vec<Business>, Fault>>()?;
        let (businesses, next) = cut_page(businesses, filter.limit, |business| business.id);
        Ok(BusinessPage { businesses, next })
    }
}

fn page_query(filter: &BusinessFilter) -> QueryBuilder<Sqlite> {
    let select = concat!("SELECT ", business_columns!(), " FROM businesses WHERE TRUE");
    let place = "SELECT created_at, id FROM businesses WHERE id = ";
    let only = filter.only.as_deref().map(id_list);
    newest_first(select, place, (&filter.scope, only), filter.after.map(text), filter.limit)
}
