//! The row of an order, and who may decide it.

use sqlx::{FromRow, SqliteConnection};
use trunkline_domain::{DisplayName, Money, Order, OrderId, OrderState, ReviewReason, TransferId, WalletId};
use trunkline_provisioning::LeaseToken;
use trunkline_provisioning::port::Authority;

use crate::codec::{from_json, money, named, parse, parse_optional, phone_number, text};
use crate::error::Fault;
use crate::sqlite::columns::order_columns;
use crate::sqlite::time;
use crate::sqlite::writer::Transaction;

/// An order as it is stored.
#[derive(Debug, FromRow)]
pub(crate) struct OrderRow {
    id: String,
    user_id: String,
    business_id: Option<String>,
    phone_number: String,
    display_name: String,
    country_code: String,
    number_type: String,
    charge: i64,
    monthly_cost: i64,
    currency: String,
    twilio_account_sid: String,
    wallet_id: String,
    hold_id: String,
    state: String,
    failure: Option<String>,
    review_reason: Option<String>,
    twilio_sid: Option<String>,
    number_id: Option<String>,
    pub(super) send_by: String,
    pub(super) lease: i64,
    pub(super) leased_until: Option<String>,
    pub(super) first_absent_at: Option<String>,
    pub(super) unanswered: i64,
    opened_at: String,
    updated_at: String,
}

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

    /// Where the order stands.
    pub(crate) fn state(&self) -> Result<OrderState, Fault> {
        named("orders.state", &self.state, OrderState::from_name)
    }

    /// Whose it is.
    pub(crate) fn is_of(&self, user: &trunkline_domain::UserId) -> bool {
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
    pub(super) fn was_changed_at(&self, at: chrono::DateTime<chrono::Utc>) -> bool {
        self.updated_at == time::to_text(at)
    }

    /// Whether somebody may end the order now.
    pub(super) fn obeys(&self, authority: Authority, now: &str) -> Result<bool, Fault> {
        let state = self.state()?;
        Ok(match authority {
            Authority::Lease(lease) => {
                matches!(state, OrderState::Ordering | OrderState::Unresolved) && self.is_leased_by(lease)
            }
            Authority::Operator => match state {
                OrderState::Review => true,
                OrderState::Unresolved => self.leased_until.as_deref().is_none_or(|until| until <= now),
                OrderState::Ordering | OrderState::Completed | OrderState::Failed => false,
            },
        })
    }

    /// The order.
    pub(crate) fn order(&self) -> Result<Order, Fault> {
        Ok(Order {
            id: parse("orders.id", &self.id)?,
            user: parse("orders.user_id", &self.user_id)?,
            business: parse_optional("orders.business_id", self.business_id.as_deref())?,
            phone_number: phone_number("orders.phone_number", &self.phone_number)?,
            display_name: parse::<DisplayName>("orders.display_name", &self.display_name)?,
            country: parse("orders.country_code", &self.country_code)?,
            number_type: parse("orders.number_type", &self.number_type)?,
            charge: self.money(self.charge)?,
            monthly_cost: self.money(self.monthly_cost)?,
            account: parse("orders.twilio_account_sid", &self.twilio_account_sid)?,
            wallet: parse::<WalletId>("orders.wallet_id", &self.wallet_id)?,
            hold: parse::<TransferId>("orders.hold_id", &self.hold_id)?,
            state: self.state()?,
            failure: self.failure.as_deref().map(|json| from_json("orders.failure", json)).transpose()?,
            review: self
                .review_reason
                .as_deref()
                .map(|name| named("orders.review_reason", name, ReviewReason::from_name))
                .transpose()?,
            number_sid: parse_optional("orders.twilio_sid", self.twilio_sid.as_deref())?,
            number: parse_optional("orders.number_id", self.number_id.as_deref())?,
            opened_at: time::from_text(&self.opened_at)?,
            updated_at: time::from_text(&self.updated_at)?,
        })
    }

    fn money(&self, micros: i64) -> Result<Money, Fault> {
        money(micros, &self.currency)
    }
}
