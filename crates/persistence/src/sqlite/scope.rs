//! Whose numbers and orders a statement finds: the one place where a scope becomes SQL on this engine.

use sqlx::{QueryBuilder, Sqlite};
use trunkline_domain::{BusinessId, UserId};
use trunkline_provisioning::port::Scope;

use crate::codec::id_list;

/// Limits a statement over rows with a `user_id` and a `business_id` to a scope.
pub(super) fn push_scope(query: &mut QueryBuilder<Sqlite>, scope: &Scope) {
    match scope {
        Scope::User(user) => {
            query.push(" AND user_id = ").push_bind(user.as_str().to_owned());
        }
        Scope::Within { owner, businesses } => {
            query.push(" AND user_id = ").push_bind(owner.as_str().to_owned());
            let businesses = id_list(businesses);
            query.push(" AND business_id IN (SELECT value FROM json_each(").push_bind(businesses).push("))");
        }
        Scope::Everyone => {}
    }
}

/// Whether a row that was found by its id is within a scope.
pub(super) fn is_within(scope: &Scope, user: &UserId, business: Option<BusinessId>) -> bool {
    match scope {
        Scope::User(owner) => owner == user,
        Scope::Within { owner, businesses } => {
            owner == user && business.is_some_and(|business| businesses.contains(&business))
        }
        Scope::Everyone => true,
    }
}
