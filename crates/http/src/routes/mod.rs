//! The routes: each reads a request, asks one service, and says how its answer looks.
//!
//! Whoever aims at a number, an order or a business is let through by where it is: [`place_of_number`] and its like look that
//! up, tenancy decides with it, and the owner and the businesses within reach go into the service's own question.

pub(crate) mod audit;
pub(crate) mod businesses;
pub(crate) mod health;
pub(crate) mod keys;
pub(crate) mod limits;
pub(crate) mod members;
pub(crate) mod notices;
pub(crate) mod numbers;
pub(crate) mod operator;
pub(crate) mod orders;
pub(crate) mod payments;
pub(crate) mod purchase;
pub(crate) mod search;
mod sheet;
pub(crate) mod statements;
pub(crate) mod top_ups;
pub(crate) mod users;
pub(crate) mod wallet;
pub(crate) mod webhooks;

use std::str::FromStr;
use std::sync::Arc;

use axum::extract::State;
use chrono::{DateTime, Utc};
use trunkline_domain::{BusinessId, NumberId, OrderId, UserId};
use trunkline_provisioning::port::{self, Scope};
use trunkline_tenancy::{Action, Place, Reach};

use crate::ApiState;
use crate::access::Caller;
use crate::extract::Fields;
use crate::problem::Problem;

/// What every route is given.
pub(crate) type Api = State<Arc<ApiState>>;

/// The longest page of a list, and the page of a client that does not say.
const PAGE_MAX: u16 = 100;

/// Which page of whose list.
#[derive(Debug)]
pub(crate) struct Page<Id> {
    user: Option<UserId>,
    after: Option<Id>,
    limit: u16,
}

impl<Id: FromStr> Page<Id> {
    fn read(fields: &mut Fields) -> Self {
        let after = fields.read("cursor", |text| text.parse().map_err(|_| "is not a cursor of this list"));
        let limit = fields.whole("limit", 1..=PAGE_MAX).unwrap_or(PAGE_MAX);
        Self { user: fields.optional("userId"), after, limit }
    }
}

/// A moment, as RFC 3339 has it.
fn moment(fields: &mut Fields, field: &str) -> Option<DateTime<Utc>> {
    fields.read(field, |text| {
        let time = DateTime::parse_from_rfc3339(text).map(|time| time.to_utc());
        time.map_err(|_| "is not a time such as 2027-01-31T12:00:00Z")
    })
}

/// Tenancy's scope in the words of provisioning, which knows no tenancy.
fn scope_of(scope: trunkline_tenancy::Scope) -> Scope {
    match scope {
        trunkline_tenancy::Scope::User(user) => Scope::User(user),
        trunkline_tenancy::Scope::Everyone => Scope::Everyone,
    }
}

/// How far a caller reaches, in the words of provisioning.
fn scope_within(reach: &Reach) -> Scope {
    match reach {
        Reach::Own(user) => Scope::User(user.clone()),
        Reach::Shared { owner, shares, .. } => {
            let businesses = shares.iter().map(|share| share.business).collect();
            Scope::Within { owner: owner.clone(), businesses }
        }
        Reach::Everyone => Scope::Everyone,
    }
}

/// Where something of provisioning's is, in the words of tenancy.
fn place_of(place: port::Place) -> Place {
    Place { owner: place.user, business: place.business }
}

async fn place_of_number(api: &ApiState, id: NumberId) -> Result<Option<Place>, Problem> {
    Ok(api.provisioning.place_of_number(id).await?.map(place_of))
}

async fn place_of_order(api: &ApiState, id: OrderId) -> Result<Option<Place>, Problem> {
    Ok(api.provisioning.place_of_order(id).await?.map(place_of))
}

async fn place_of_business(api: &ApiState, id: BusinessId) -> Result<Option<Place>, Problem> {
    let owner = api.tenancy.owner_of(id).await?;
    Ok(owner.map(|owner| Place { owner, business: Some(id) }))
}

/// How far a caller reaches who reads a list: that of a business which they may see, or else of whom they name.
async fn reach_listing(
    api: &ApiState,
    caller: &Caller,
    stated: Option<&UserId>,
    business: Option<BusinessId>,
) -> Result<Reach, Problem> {
    if let Some(business) = business {
        let place = place_of_business(api, business);
        if let Some(reach) = caller.reach_of(&api.tenancy, Action::Read, stated, place).await? {
            return Ok(reach);
        }
    }
    caller.reach(&api.tenancy, Action::Read, stated).await
}

/// How far a caller reaches who makes something that will be in a business, or in none; `None` where there is no such
/// business within reach. A member makes nothing of an owner's but in a business.
async fn reach_making(
    api: &ApiState,
    caller: &Caller,
    action: Action,
    stated: Option<&UserId>,
    business: Option<BusinessId>,
) -> Result<Option<Reach>, Problem> {
    if let Some(business) = business {
        return caller.reach_of(&api.tenancy, action, stated, place_of_business(api, business)).await;
    }
    match caller.reach(&api.tenancy, action, stated).await? {
        Reach::Shared { .. } => {
            Err(Problem::invalid_field("businessId", "name the business of this owner that it is for"))
        }
        reach @ (Reach::Own(_) | Reach::Everyone) => Ok(Some(reach)),
    }
}
