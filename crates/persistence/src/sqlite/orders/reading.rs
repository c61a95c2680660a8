//! Reading orders.

use async_trait::async_trait;
use serde::de::DeserializeOwned;
use sqlx::{QueryBuilder, Sqlite};
use trunkline_domain::{Order, OrderId, RequestKey};
use trunkline_provisioning::port::{OrderFilter, OrderPage, OrderStore, Place, Repeat, Scope, StoreError};

use crate::codec::text;
use crate::columns::order_columns;
use crate::error::{Failure, Fault};
use crate::request::Known;
use crate::row::{OrderRow, PlaceRow, cut_page};
use crate::sqlite::scope::{is_within, push_scope};
use crate::sqlite::{SqliteStore, request};

#[async_trait]
impl OrderStore for SqliteStore {
    async fn order(&self, scope: &Scope, id: OrderId) -> Result<Option<Order>, StoreError> {
        Ok(self.find_order(scope, id).await?)
    }

    async fn place_of_order(&self, id: OrderId) -> Result<Option<Place>, StoreError> {
        Ok(self.find_place_of_order(id).await?)
    }

    async fn orders(&self, filter: &OrderFilter) -> Result<OrderPage, StoreError> {
        Ok(self.find_orders(filter).await?)
    }
}

impl SqliteStore {
    async fn find_order(&self, scope: &Scope, id: OrderId) -> Result<Option<Order>, Failure> {
        let mut connection = self.readers.one().await?;
        let row = OrderRow::find(&mut connection, id).await?;
        let order = row.map(|row| row.order()).transpose()?;
        Ok(order.filter(|order| is_within(scope, &order.user, order.business)))
    }

    async fn find_place_of_order(&self, id: OrderId) -> Result<Option<Place>, Failure> {
        let mut connection = self.readers.one().await?;
        let row: Option<PlaceRow> = sqlx::query_as("SELECT user_id, business_id FROM orders WHERE id = ?1")
            .bind(text(id))
            .fetch_optional(&mut *connection)
            .await?;
        Ok(row.map(|row| row.place()).transpose()?)
    }

    async fn find_orders(&self, filter: &OrderFilter) -> Result<OrderPage, Failure> {
        let mut connection = self.readers.one().await?;
        let rows: Vec<OrderRow> = page_query(filter).build_query_as().fetch_all(&mut *connection).await?;
        let orders = rows.iter().map(OrderRow::order).collect::<Result<Vec<Order>, Fault>>()?;
        let (orders, next) = cut_page(orders, filter.limit, |order| order.id);
        Ok(OrderPage { orders, next })
    }

    /// What an idempotency key stands for now.
    pub(crate) async fn repeat_of<T: DeserializeOwned>(
        &self,
        key: &RequestKey,
    ) -> Result<Option<Repeat<T>>, Failure> {
        let mut connection = self.readers.one().await?;
        let known = request::find(&mut connection, key, self.clock.now()).await?;
        Ok(known.map(Known::into_repeat).transpose()?)
    }
}

/// One more than the page holds, to see whether there is another.
fn page_query(filter: &OrderFilter) -> QueryBuilder<Sqlite> {
    let mut query = QueryBuilder::new(concat!("SELECT ", order_columns!(), " FROM orders WHERE TRUE"));
    push_scope(&mut query, &filter.scope);
    if let Some(business) = filter.business {
        query.push(" AND business_id = ").push_bind(text(business));
    }
    if !filter.states.is_empty() {
        query.push(" AND state IN (");
        let mut states = query.separated(", ");
        for state in &filter.states {
            states.push_bind(state.as_str());
        }
        query.push(")");
    }
    if let Some(after) = filter.after {
        query.push(" AND (opened_at, id) < (SELECT opened_at, id FROM orders WHERE id = ");
        query.push_bind(text(after));
        push_scope(&mut query, &filter.scope);
        query.push(")");
    }
    query.push(" ORDER BY opened_at DESC, id DESC LIMIT ").push_bind(i64::from(filter.limit) + 1);
    query
}
