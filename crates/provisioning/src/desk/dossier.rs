//! A number from both sides: what our books have under a name, what the provider says of it now, and what follows.

use trunkline_domain::{
    AccountSid, DeploymentId, NumberStatus, Order, OrderId, OrderState, OwnedNumber, ProviderIdentity,
};
use trunkline_provider::{ProviderError, ProviderNumber};

use crate::Marker;
use crate::engine::Engine;
use crate::port::{NumberFiles, NumberName, OrphanStage, Scope, StoreError};
use crate::reconcile::{Difference, differences};

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

/// What an operator should do about a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Advice {
    /// Nothing: the books agree, or nobody has it.
    Nothing,
    /// Ask again when the provider answers.
    AskAgain,
    /// Nothing: it is being released, and that goes on by itself.
    Wait,
    /// Put its settings at the provider right.
    Settings(Vec<Difference>),
    /// Try its release again, or keep it.
    ReleaseOrKeep,
    /// Try the orphan's release again.
    ReleaseOrphan,
    /// Write it off: a customer has it here, and the account does not.
    WriteOff,
    /// Release it at the provider: it was given back, and is there still.
    ReleaseAtProvider,
    /// Adopt it: nobody has it here.
    Adopt,
    /// Leave it to its deployment, or adopt it from there.
    AdoptFromDeployment(DeploymentId),
    /// A pass releases it, because its order failed; unless it is adopted before.
    AwaitPass(OrderId),
    /// Release it at the provider, or adopt it: its order has another number.
    SecondNumber(OrderId),
    /// Decide its order.
    DecideOrder(OrderId),
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
        let advice = self.advise(&files, &at_provider, marker, marked_order.as_ref());
        Ok(NumberDossier { files, at_provider, marker, marked_order, advice })
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
            (Some(OrphanStage::Released), Some(_)) => Advice::ReleaseAtProvider,
            (Some(OrphanStage::Released) | None, None) => Advice::Nothing,
            (None, Some(_)) => self.advise_about_unknown(marker, marked_order),
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

    fn advise_about_unknown(&self, marker: Option<Marker>, marked_order: Option<&Order>) -> Advice {
        let Some(Marker { deployment, order }) = marker else { return Advice::Adopt };
        if deployment != self.settings.deployment {
            return Advice::AdoptFromDeployment(deployment);
        }
        match marked_order.map(|order| order.state) {
            None => Advice::Adopt,
            Some(OrderState::Failed) => Advice::AwaitPass(order),
            Some(OrderState::Completed) => Advice::SecondNumber(order),
            Some(OrderState::Ordering | OrderState::Unresolved | OrderState::Review) => {
                Advice::DecideOrder(order)
            }
        }
    }
}

impl Advice {
    /// The name in answers.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::AskAgain => "ask_again",
            Self::Wait => "wait",
            Self::Settings(_) => "settings",
            Self::ReleaseOrKeep => "release_or_keep",
            Self::ReleaseOrphan => "release_orphan",
            Self::WriteOff => "write_off",
            Self::ReleaseAtProvider => "release_at_provider",
            Self::Adopt => "adopt",
            Self::AdoptFromDeployment(_) => "adopt_from_deployment",
            Self::AwaitPass(_) => "await_pass",
            Self::SecondNumber(_) => "second_number",
            Self::DecideOrder(_) => "decide_order",
        }
    }

    /// The id of the deployment or order that it is about.
    pub fn of(&self) -> Option<String> {
        match self {
            Self::AdoptFromDeployment(deployment) => Some(deployment.to_string()),
            Self::AwaitPass(order) | Self::SecondNumber(order) | Self::DecideOrder(order) => {
                Some(order.to_string())
            }
            Self::Nothing
            | Self::AskAgain
            | Self::Wait
            | Self::Settings(_)
            | Self::ReleaseOrKeep
            | Self::ReleaseOrphan
            | Self::WriteOff
            | Self::ReleaseAtProvider
            | Self::Adopt => None,
        }
    }

    /// What is set otherwise than it should be, where it is about that.
    pub fn differences(&self) -> Option<&[Difference]> {
        if let Self::Settings(differences) = self { Some(differences) } else { None }
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
