//! The routes: each reads a request, asks one service, and says how its answer looks.

pub(crate) mod audit;
pub(crate) mod businesses;
pub(crate) mod health;
pub(crate) mod keys;
pub(crate) mod numbers;
pub(crate) mod operator;
pub(crate) mod orders;
pub(crate) mod purchase;
pub(crate) mod search;
pub(crate) mod users;
pub(crate) mod wallet;
pub(crate) mod webhooks;

use std::str::FromStr;
use std::sync::Arc;

use axum::extract::State;
use chrono::{DateTime, Utc};
use trunkline_domain::UserId;
use trunkline_provisioning::port::Scope;

use crate::ApiState;
use crate::extract::Fields;

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
