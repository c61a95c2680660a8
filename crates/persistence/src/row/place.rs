//! Where a number or an order is.

use sqlx::FromRow;
use trunkline_domain::BusinessId;
use trunkline_provisioning::port::Place;

use crate::cell::Id;
use crate::codec::parse;
use crate::error::Fault;

/// Whose it is, and in which business.
#[derive(Debug, FromRow)]
pub(crate) struct PlaceRow {
    user_id: String,
    business_id: Option<Id>,
}

impl PlaceRow {
    pub(crate) fn place(&self) -> Result<Place, Fault> {
        Ok(Place {
            user: parse("user_id", &self.user_id)?,
            business: self.business_id.map(|id| BusinessId::from_uuid(id.0)),
        })
    }
}
