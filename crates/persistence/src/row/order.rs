//! The row of an order.

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use trunkline_domain::{DisplayName, Order, OrderId, OrderState, ReviewReason, TransferId, WalletId};
use trunkline_provisioning::LeaseToken;
use trunkline_provisioning::port::{OpenedPurchase, StalledOrder};

use crate::cell::{Document, Id, Micros, Moment};
use crate::codec::{count, from_json, money, named, parse, parse_optional, phone_number};
use crate::error::Fault;

/// An order as it is stored.
#[derive(Debug, FromRow)]
pub(crate) struct OrderRow {
    pub(crate) id: Id,
    pub(crate) user_id: String,
    business_id: Option<Id>,
    phone_number: String,
    display_name: String,
    country_code: String,
    number_type: String,
    charge: Micros,
    monthly_cost: Micros,
    currency: String,
    twilio_account_sid: String,
    wallet_id: Id,
    hold_id: Option<Id>,
    state: String,
    failure: Option<Document>,
    review_reason: Option<String>,
    twilio_sid: Option<String>,
    number_id: Option<Id>,
    send_by: Moment,
    pub(crate) lease: i64,
    pub(crate) leased_until: Option<Moment>,
    first_absent_at: Option<Moment>,
    unanswered: i64,
    opened_at: Moment,
    pub(crate) updated_at: Moment,
}

impl OrderRow {
    /// The opener's lease: the first of its order.
    pub(crate) const FIRST_LEASE: LeaseToken = LeaseToken::from_i64(1);

    /// Where the order stands.
    pub(crate) fn state(&self) -> Result<OrderState, Fault> {
        named("orders.state", &self.state, OrderState::from_name)
    }

    /// The order.
    pub(crate) fn order(&self) -> Result<Order, Fault> {
        Ok(Order {
            id: OrderId::from_uuid(self.id.0),
            user: parse("orders.user_id", &self.user_id)?,
            business: self.business_id.map(|id| trunkline_domain::BusinessId::from_uuid(id.0)),
            phone_number: phone_number("orders.phone_number", &self.phone_number)?,
            display_name: parse::<DisplayName>("orders.display_name", &self.display_name)?,
            country: parse("orders.country_code", &self.country_code)?,
            number_type: parse("orders.number_type", &self.number_type)?,
            charge: money(self.charge.0, &self.currency)?,
            monthly_cost: money(self.monthly_cost.0, &self.currency)?,
            account: parse("orders.twilio_account_sid", &self.twilio_account_sid)?,
            wallet: WalletId::from_uuid(self.wallet_id.0),
            // Where nothing was charged, none stands under this id.
            hold: TransferId::from_uuid(self.hold_id.unwrap_or(self.id).0),
            state: self.state()?,
            failure: self.failure.as_ref().map(|json| from_json("orders.failure", &json.0)).transpose()?,
            review: self
                .review_reason
                .as_deref()
                .map(|name| named("orders.review_reason", name, ReviewReason::from_name))
                .transpose()?,
            number_sid: parse_optional("orders.twilio_sid", self.twilio_sid.as_deref())?,
            number: self.number_id.map(|id| trunkline_domain::NumberId::from_uuid(id.0)),
            opened_at: self.opened_at.time(),
            updated_at: self.updated_at.time(),
        })
    }

    /// The order as its opener gets it, now or when they ask again.
    pub(crate) fn opened(&self) -> Result<OpenedPurchase, Fault> {
        Ok(OpenedPurchase { order: self.order()?, lease: Self::FIRST_LEASE, send_by: self.send_by.time() })
    }

    /// The order as a worker takes it over.
    pub(crate) fn stalled(&self, claimed_at: DateTime<Utc>) -> Result<StalledOrder, Fault> {
        Ok(StalledOrder {
            order: self.order()?,
            lease: LeaseToken::from_i64(self.lease),
            send_by: self.send_by.time(),
            claimed_at,
            first_absent_at: self.first_absent_at.map(Moment::time),
            unanswered: count("orders.unanswered", self.unanswered)?,
        })
    }
}
