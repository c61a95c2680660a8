//! Finding the row of an order, and who may decide it.

use chrono::{DateTime, Utc};
use sqlx::SqliteConnection;
use trunkline_domain::{OrderId, OrderState, UserId};
use trunkline_provisioning::LeaseToken;
use trunkline_provisioning::port::Authority;

use crate::cell::Moment;
use crate::codec::text;
use crate::columns::order_columns;
use crate::error::Fault;
use crate::row::OrderRow;
use crate::sqlite::writer::Transaction;

impl OrderRow {
    /// Reads one order, if it exists.
    pub(crate) async fn find(connection: &mut SqliteConnection, id: OrderId) -> Result<Option<Self>, Fault> {
        let row = sqlx::query_as(concat!("SELECT ", order_columns!(), " FROM orders WHERE id = ?1"))
            .bind(text(id))
            .fetch_optional(connection)
            .await?;
        Ok(row)
    }

    /// Reads an order that must exist: transitions are only asked of orders that were opened here.
    pub(super) async fn load(transaction: &mut Transaction<'_>, id: OrderId) -> Result<Self, Fault> {
        let row = Self::find(transaction.connection, id).await?;
        row.ok_or_else(|| Fault::Broken(format!("there is no order {id}")))
    }

    /// Whose it is.
    pub(crate) fn is_of(&self, user: &UserId) -> bool {
        self.user_id == user.as_str()
    }

    /// Whether a worker's lease is the current one and not given up.
    pub(super) fn is_leased_by(&self, lease: LeaseToken) -> bool {
        self.lease == lease.as_i64() && self.leased_until.is_some()
    }

    /// Whether a worker had the current lease and has given it up since.
    pub(super) fn was_left_by(&self, lease: LeaseToken) -> bool {
        self.lease == lease.as_i64() && self.leased_until.is_none()
    }

    /// Whether this is the row's last change.
    pub(super) fn was_changed_at(&self, at: DateTime<Utc>) -> bool {
        self.updated_at == Moment::of(at)
    }

    /// Whether somebody may end the order now.
    pub(super) fn obeys(&self, authority: Authority, now: DateTime<Utc>) -> Result<bool, Fault> {
        let state = self.state()?;
        Ok(match authority {
            Authority::Lease(lease) => {
                matches!(state, OrderState::Ordering | OrderState::Unresolved) && self.is_leased_by(lease)
            }
            Authority::Operator => match state {
                OrderState::Review => true,
                OrderState::Unresolved => self.leased_until.is_none_or(|until| until.time() <= now),
                OrderState::Ordering | OrderState::Completed | OrderState::Failed => false,
            },
        })
    }
}
