//! A number from both sides: what our books have under a name, what the provider says of it now, and what follows.

use trunkline_domain::{
    AccountSid, NumberStatus, Order, OrderId, OrderState, OwnedNumber, PhoneNumber, ProviderIdentity,
};
use trunkline_provider::{ProviderError, ProviderNumber};

use super::advice::Advice;
use crate::Marker;
use crate::engine::Engine;
use crate::evidence::doubt_about;
use crate::port::{NumberFiles, NumberName, OrderFilter, OrphanStage, Scope, StoreError};
use crate::reconcile::differences;

/// Everything that is known of a number.
#[derive(Debug)]
pub struct NumberDossier {
    /// What our books have: rows, newest first, and orphans.
    pub files: NumberFiles,
    /// What the provider says now.
    pub at_provider: AtProvider,
    /// The marker in the provider's name for it.
    pub marker: Option<Marker>,
    /// The order of that marker, where it is one of ours.
    pub marked_order: Option<Order>,
    /// What to do.
    pub advice: Advice,
}

/// What the provider says of a number.
#[derive(Debug)]
pub enum AtProvider {
    /// The account holds it.
    Held(Box<ProviderNumber>),
    /// The account does not have it.
    Absent {
        /// Which was asked.
        account: AccountSid,
    },
    /// It lives elsewhere, or nobody knows it: there is nothing to ask for.
    NotAsked,
    /// It could not be asked.
    Unknown(ProviderError),
}

impl Engine {
    pub(super) async fn dossier(&self, name: &NumberName) -> Result<NumberDossier, StoreError> {
        let files = self.parts.decisions.files(name).await?;
        let at_provider = self.ask_provider(name, &files).await;
        let held = at_provider.held();
        let marker = held.and_then(|found| Marker::find_in(&found.friendly_name));
        let marked_order = match marker.filter(|marker| marker.deployment == self.settings.deployment) {
            Some(marker) => self.parts.orders.order(&Scope::Everyone, marker.order).await?,
            None => None,
        };
        let phone_number = match (held, name) {
            (Some(found), _) => Some(&found.phone_number),
            (None, NumberName::Phone(phone_number)) => Some(phone_number),
            (None, NumberName::Sid(_) | NumberName::Id(_)) => None,
        };
        let is_known = marked_order.is_some() || !files.numbers.is_empty() || !files.orphans.is_empty();
        let buying = match phone_number.filter(|_| !is_known) {
            Some(phone_number) => self.order_that_buys(phone_number).await?,
            None => None,
        };
        let advice = match buying {
            Some(order) => Advice::DecideOrder(order),
            None => self.advise(&files, &at_provider, marker, marked_order.as_ref()),
        };
        Ok(NumberDossier { files, at_provider, marker, marked_order, advice })
    }

    /// The order that may have bought a number of which nothing else is known: whose name at the provider does not say so, or
    /// that the provider does not show. There are few that are not decided, and fewer for long.
    async fn order_that_buys(&self, phone_number: &PhoneNumber) -> Result<Option<OrderId>, StoreError> {
        let states = OrderState::ALL.into_iter().filter(|state| !state.is_end()).collect();
        let mut filter =
            OrderFilter { scope: Scope::Everyone, business: None, states, after: None, limit: 100 };
        loop {
            let page = self.parts.orders.orders(&filter).await?;
            if let Some(order) = page.orders.iter().find(|order| order.phone_number == *phone_number) {
                return Ok(Some(order.id));
            }
            match page.next {
                Some(next) => filter.after = Some(next),
                None => return Ok(None),
            }
        }
    }

    async fn ask_provider(&self, name: &NumberName, files: &NumberFiles) -> AtProvider {
        let provider = &self.parts.provider;
        let orphan = files.orphans.first().map(|file| &file.orphan.identity);
        let known = current(files).and_then(|row| row.identity.as_ref()).or(orphan).cloned();
        let configured = match provider.account() {
            Ok(account) => account,
            Err(error) => return AtProvider::Unknown(error),
        };
        let identity = match (known, name) {
            (Some(identity), _) => identity,
            (None, NumberName::Sid(number)) => {
                ProviderIdentity { account: configured, number: number.clone() }
            }
            (None, NumberName::Id(_)) => return AtProvider::NotAsked,
            (None, NumberName::Phone(phone_number)) => {
                return match provider.look(phone_number).await {
                    Ok(sighting) => sighting.number.map_or(AtProvider::Absent { account: configured }, |n| {
                        AtProvider::Held(Box::new(n))
                    }),
                    Err(error) => AtProvider::Unknown(error),
                };
            }
        };
        match provider.fetch(&identity).await {
            Ok(Some(found)) => AtProvider::Held(Box::new(found)),
            Ok(None) => AtProvider::Absent { account: identity.account },
            Err(error) => AtProvider::Unknown(error),
        }
    }

    fn advise(
        &self,
        files: &NumberFiles,
        at_provider: &AtProvider,
        marker: Option<Marker>,
        marked_order: Option<&Order>,
    ) -> Advice {
        let found = match at_provider {
            AtProvider::NotAsked => return Advice::Nothing,
            AtProvider::Unknown(_) => return Advice::AskAgain,
            AtProvider::Held(found) => Some(&**found),
            AtProvider::Absent { .. } => None,
        };
        if let Some(row) = current(files).filter(|row| is_about(row, found)) {
            return self.advise_about_row(row, found);
        }
        match (files.orphans.first().map(|file| file.stage), found) {
            (Some(OrphanStage::Review(_)), _) => Advice::ReleaseOrphan,
            (Some(OrphanStage::Releasing), _) => Advice::Wait,
            (Some(OrphanStage::Released), Some(_)) => Advice::ReleaseOrphanAtProvider,
            (Some(OrphanStage::Released) | None, None) => Advice::Nothing,
            (None, Some(found)) => self.advise_about_unknown(found, marker, marked_order),
        }
    }

    fn advise_about_row(&self, row: &OwnedNumber, found: Option<&ProviderNumber>) -> Advice {
        match (row.status, found) {
            (NumberStatus::Active | NumberStatus::Suspended, Some(found)) => {
                let differences = differences(row, found, self.settings.deployment);
                if differences.is_empty() { Advice::Nothing } else { Advice::Settings(differences) }
            }
            (NumberStatus::Releasing, _) => Advice::Wait,
            (NumberStatus::Review, Some(_)) => Advice::ReleaseOrKeep,
            (NumberStatus::Active | NumberStatus::Suspended | NumberStatus::Review, None) => Advice::WriteOff,
            (NumberStatus::Released, Some(_)) => Advice::ReleaseAtProvider,
            (NumberStatus::Released, None) => Advice::Nothing,
        }
    }

    fn advise_about_unknown(
        &self,
        found: &ProviderNumber,
        marker: Option<Marker>,
        marked_order: Option<&Order>,
    ) -> Advice {
        let Some(Marker { deployment, .. }) = marker else { return Advice::Adopt };
        if deployment != self.settings.deployment {
            return Advice::AdoptFromDeployment(deployment);
        }
        let Some(order) = marked_order else { return Advice::Adopt };
        match order.state {
            OrderState::Failed if doubt_about(found, order).is_some() => Advice::InDoubt(order.id),
            OrderState::Failed => Advice::AwaitPass(order.id),
            OrderState::Completed if order.number_sid.as_ref() == Some(&found.identity.number) => {
                Advice::PutBack { order: order.id, user: order.user.clone() }
            }
            OrderState::Completed => Advice::SecondNumber(order.id),
            OrderState::Ordering | OrderState::Unresolved | OrderState::Review => {
                Advice::DecideOrder(order.id)
            }
        }
    }
}

impl AtProvider {
    /// What the account holds.
    pub fn held(&self) -> Option<&ProviderNumber> {
        match self {
            Self::Held(found) => Some(found),
            Self::Absent { .. } | Self::NotAsked | Self::Unknown(_) => None,
        }
    }
}

/// The row that counts: the live one that was bought here, else the newest.
fn current(files: &NumberFiles) -> Option<&OwnedNumber> {
    let mut rows = files.numbers.iter().map(|file| &file.number);
    let live = rows.clone().find(|row| row.status.is_live() && !row.is_record_only());
    live.or_else(|| rows.next())
}

/// Whether what the account holds is this row's number, and not another one of the same phone number.
fn is_about(row: &OwnedNumber, found: Option<&ProviderNumber>) -> bool {
    match (&row.identity, found) {
        (Some(identity), Some(found)) => identity.number == found.identity.number,
        (Some(_), None) => true,
        (None, _) => false,
    }
}
