//! Businesses.

use sqlx::types::Json;
use sqlx::{FromRow, Postgres, QueryBuilder};
use trunkline_domain::{BusinessId, Change, UserId};
use trunkline_tenancy::{
    Business, BusinessCreation, BusinessDeletion, BusinessFilter, BusinessName, BusinessPage, BusinessUpdate,
    CreateBusinessAnswer, DeleteBusinessAnswer, Scope, UpdateBusinessAnswer,
};

use super::{newest_first, unknown_outcome, user_of};
use crate::cell::{Id, Moment};
use crate::codec::optional_text;
use crate::columns::business_columns;
use crate::error::{Failure, Fault};
use crate::postgres::PostgresStore;
use crate::row::{BusinessRow, cut_page};

/// What a function answers: with a business, or with nothing but its outcome.
#[derive(FromRow)]
struct AnswerRow {
    outcome: String,
    id: Option<Id>,
    user_id: Option<String>,
    name: Option<String>,
    time_zone: Option<String>,
    created_at: Option<Moment>,
    updated_at: Option<Moment>,
}

impl AnswerRow {
    fn business(self) -> Result<Business, Fault> {
        let (Some(id), Some(user_id), Some(name), Some(created_at), Some(updated_at)) =
            (self.id, self.user_id, self.name, self.created_at, self.updated_at)
        else {
            return Err(Fault::Broken(format!("`{}` came without its business", self.outcome)));
        };
        BusinessRow { id, user_id, name, time_zone: self.time_zone, created_at, updated_at }.business()
    }
}

impl PostgresStore {
    pub(super) async fn find_owner(&self, id: BusinessId) -> Result<Option<UserId>, Failure> {
        Ok(self.find_business(&Scope::Everyone, id).await?.map(|business| business.owner))
    }

    pub(super) async fn find_business(
        &self,
        scope: &Scope,
        id: BusinessId,
    ) -> Result<Option<Business>, Failure> {
        let query = sqlx::query_as(concat!(
            "SELECT ",
            business_columns!(),
            " FROM trunkline.businesses WHERE id = $1 AND ($2::text IS NULL OR user_id = $2)"
        ));
        let row: Option<BusinessRow> = self.pool.find(query.bind(id.as_uuid()).bind(user_of(scope))).await?;
        Ok(row.map(|row| row.business()).transpose()?)
    }

    pub(super) async fn find_businesses(&self, filter: &BusinessFilter) -> Result<BusinessPage, Failure> {
        let rows: Vec<BusinessRow> = self.pool.list(page_query(filter).build_query_as()).await?;
        let businesses = rows.iter().map(BusinessRow::business).collect::<Result<Vec<Business>, Fault>>()?;
        let (businesses, next) = cut_page(businesses, filter.limit, |business| business.id);
        Ok(BusinessPage { businesses, next })
    }

    pub(super) async fn add_business(
        &self,
        change: &Change<BusinessCreation>,
    ) -> Result<CreateBusinessAnswer, Failure> {
        let business = &change.body.business;
        let query = sqlx::query_as(concat!(
            "SELECT outcome, ",
            business_columns!(),
            " FROM trunkline.create_business_1($1, $2, $3, $4, $5, $6, $7, $8)"
        ))
        .bind(business.id.as_uuid())
        .bind(business.owner.as_str())
        .bind(business.name.as_str())
        .bind(optional_text(business.time_zone))
        .bind(business.created_at)
        .bind(business.updated_at)
        .bind(Json(&change.events))
        .bind(Json(&change.audit));
        let row: AnswerRow = self.pool.change(query).await?;
        match row.outcome.as_str() {
            "created" => Ok(CreateBusinessAnswer::Created(row.business()?)),
            "exists" => Ok(CreateBusinessAnswer::Exists(row.business()?)),
            "id_taken" => Ok(CreateBusinessAnswer::IdTaken),
            "owner_not_found" => Ok(CreateBusinessAnswer::OwnerNotFound),
            other => Err(unknown_outcome("create_business_1", other)),
        }
    }

    pub(super) async fn change_business(
        &self,
        change: &Change<BusinessUpdate>,
    ) -> Result<UpdateBusinessAnswer, Failure> {
        let update = &change.body;
        let query = sqlx::query_as(concat!(
            "SELECT outcome, ",
            business_columns!(),
            " FROM trunkline.update_business_1($1, $2, $3, $4, $5, $6, $7, $8)"
        ))
        .bind(update.business.as_uuid())
        .bind(update.owner.as_str())
        .bind(update.name.as_ref().map(BusinessName::as_str))
        .bind(update.time_zone.is_some())
        .bind(optional_text(update.time_zone.flatten()))
        .bind(update.at)
        .bind(Json(&change.events))
        .bind(Json(&change.audit));
        let row: AnswerRow = self.pool.change(query).await?;
        match row.outcome.as_str() {
            "updated" => Ok(UpdateBusinessAnswer::Updated(row.business()?)),
            "not_found" => Ok(UpdateBusinessAnswer::NotFound),
            other => Err(unknown_outcome("update_business_1", other)),
        }
    }

    pub(super) async fn remove_business(
        &self,
        change: &Change<BusinessDeletion>,
    ) -> Result<DeleteBusinessAnswer, Failure> {
        let deletion = &change.body;
        let query = sqlx::query_as("SELECT outcome FROM trunkline.delete_business_1($1, $2, $3, $4)")
            .bind(deletion.business.as_uuid())
            .bind(deletion.owner.as_str())
            .bind(Json(&change.events))
            .bind(Json(&change.audit));
        let (outcome,): (String,) = self.pool.change(query).await?;
        match outcome.as_str() {
            "deleted" => Ok(DeleteBusinessAnswer::Deleted),
            "not_found" => Ok(DeleteBusinessAnswer::NotFound),
            "in_use" => Ok(DeleteBusinessAnswer::InUse),
            other => Err(unknown_outcome("delete_business_1", other)),
        }
    }
}

fn page_query(filter: &BusinessFilter) -> QueryBuilder<Postgres> {
    let select = concat!("SELECT ", business_columns!(), " FROM trunkline.businesses WHERE TRUE");
    let place = "SELECT created_at, id FROM trunkline.businesses WHERE id = ";
    let only = filter.only.as_ref().map(|only| only.iter().map(BusinessId::as_uuid).collect());
    let after = filter.after.map(|after| after.as_uuid());
    newest_first(select, place, (&filter.scope, only), after, filter.limit)
}
