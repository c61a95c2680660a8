//! The ports as a process sees them: in front of a real store and of the supplier, with a fate for every call.

mod decisions;
mod numbers;
mod orders;
mod orphans;
mod provider;
mod purchases;
mod reconciliations;
mod releases;
mod settle_in_two;
mod wallets;

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use trunkline_domain::{BusinessId, UserId};
use trunkline_persistence::SqliteStore;
use trunkline_provisioning::port::{Businesses, BusinessesError};

pub(crate) use self::provider::Wire;
use crate::process::Process;
use crate::world::Witness;

/// A process's way to the store: every store port.
pub(crate) struct Link {
    pub(crate) process: Arc<Process>,
    pub(crate) store: SqliteStore,
    pub(crate) witness: Arc<Witness>,
    /// Everybody who may take part in this play.
    pub(crate) users: [UserId; 2],
}

/// A process's way to whoever knows businesses.
pub(crate) struct Owners {
    pub(crate) process: Arc<Process>,
    pub(crate) owners: HashMap<BusinessId, UserId>,
}

#[async_trait]
impl Businesses for Owners {
    async fn owner_of(&self, business: BusinessId) -> Result<Option<UserId>, BusinessesError> {
        let owner = self.owners.get(&business);
        self.process.ask_store("businesses.owner_of", || async { Ok(owner.cloned()) }).await
    }
}
