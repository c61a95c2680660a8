//! The tenancy service: who is calling, for whom, and the users, businesses and keys that this is decided by.

use std::future::Future;
use std::sync::Arc;

use trunkline_domain::{ApiKeyId, BusinessId, Change, Clock, Event, EventId, IdSource, Origin, UserId};

use crate::authority::Claim;
use crate::{
    ActingError, Action, AddBusinessCommand, AddUserCommand, ApiKey, ApiKeySecret, Business,
    BusinessCreation, BusinessDeletion, BusinessError, BusinessFilter, BusinessPage, BusinessUpdate,
    ChangeBusinessCommand, CreateBusinessAnswer, CreateUserAnswer, DeleteBusinessAnswer,
    DeleteBusinessCommand, KeyCreation, KeyError, KeyHolder, MakeKeyCommand, Naming, Principal,
    PrincipalKind, Scope, TenancyStore, TenancyStoreError, UpdateBusinessAnswer, User, UserCreation,
};

/// How often a change whose outcome is unknown is repeated, unchanged, before the caller hears of it.
const WRITE_ATTEMPTS: usize = 3;

/// Knows callers, users and businesses.
#[derive(Clone)]
pub struct Tenancy {
    store: Arc<dyn TenancyStore>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
}

/// Something that was to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Added<T> {
    /// As it stands now.
    pub value: T,
    /// Whether it was there before.
    pub repeated: bool,
}

/// A key that was made, with the secret that is seen only now.
#[derive(Debug, Clone)]
pub struct IssuedKey {
    /// The key as it is stored.
    pub key: ApiKey,
    /// What its holder shows.
    pub secret: ApiKeySecret,
}

impl Tenancy {
    /// The longest name of a key, in characters.
    const KEY_NAME_MAX: usize = 100;

    /// A service over a store.
    pub fn new(store: Arc<dyn TenancyStore>, clock: Arc<dyn Clock>, ids: Arc<dyn IdSource>) -> Self {
        Self { store, clock, ids }
    }

    /// Who shows this key; `None` for text that is no key, for a key that nobody has, and for a revoked one.
    pub async fn authenticate(&self, secret: &str) -> Result<Option<Principal>, TenancyStoreError> {
        let Ok(secret) = secret.parse::<ApiKeySecret>() else { return Ok(None) };
        let key = self.store.key_by_hash(&secret.hash()).await?;
        Ok(key.filter(|key| key.revoked_at.is_none()).map(|key| {
            let kind = match key.holder {
                KeyHolder::User { user } => PrincipalKind::User(user),
                KeyHolder::Service => PrincipalKind::Service,
                KeyHolder::Operator => PrincipalKind::Operator,
            };
            Principal { key: key.id, kind }
        }))
    }

    /// With whose things a caller works. A user whom they name exists.
    pub async fn acting(
        &self,
        principal: &Principal,
        action: Action,
        naming: Naming<'_>,
    ) -> Result<Scope, ActingError> {
        match Claim::of(principal, action, naming)? {
            Claim::Own(user) => Ok(Scope::User(user)),
            Claim::Everyone => Ok(Scope::Everyone),
            Claim::Named(user) => match self.store.user(&user).await? {
                Some(_) => Ok(Scope::User(user)),
                None => Err(ActingError::UserNotFound),
            },
        }
    }

    /// One user.
    pub async fn user(&self, id: &UserId) -> Result<Option<User>, TenancyStoreError> {
        self.store.user(id).await
    }

    /// Adds a user. One that exists stays as it is.
    pub async fn add_user(&self, command: AddUserCommand) -> Result<Added<User>, TenancyStoreError> {
        let at = self.clock.now();
        let user = User { id: command.id, email: command.email, created_at: at };
        let audit = command.origin.audit("user.create", &user.id, Some(&user.id), at);
        let event = self.event("user.created", &user.id, &user.id);
        let change = Change::new(UserCreation { user }).event(event).audit(audit);
        Ok(match until_known(|| self.store.create_user(&change)).await? {
            CreateUserAnswer::Created(user) => Added { value: user, repeated: false },
            CreateUserAnswer::Exists(user) => Added { value: user, repeated: true },
        })
    }

    /// One business, if it is within the scope.
    pub async fn business(
        &self,
        scope: &Scope,
        id: BusinessId,
    ) -> Result<Option<Business>, TenancyStoreError> {
        self.store.business(scope, id).await
    }

    /// Businesses, newest first; the filter's limit is brought into 1 to 100.
    pub async fn businesses(&self, filter: &BusinessFilter) -> Result<BusinessPage, TenancyStoreError> {
        let filter = BusinessFilter { limit: filter.limit.clamp(1, 100), ..filter.clone() };
        self.store.businesses(&filter).await
    }

    /// Whose a business is.
    pub async fn owner_of(&self, business: BusinessId) -> Result<Option<UserId>, TenancyStoreError> {
        Ok(self.store.business(&Scope::Everyone, business).await?.map(|business| business.owner))
    }

    /// Adds a business. One of the same owner with the same id stays as it is.
    pub async fn add_business(&self, command: AddBusinessCommand) -> Result<Added<Business>, BusinessError> {
        let at = self.clock.now();
        let business = Business {
            id: command.id.unwrap_or_else(|| BusinessId::from_uuid(self.ids.next())),
            owner: command.owner,
            name: command.name,
            time_zone: command.time_zone,
            created_at: at,
            updated_at: at,
        };
        let (id, owner) = (business.id, business.owner.clone());
        let change =
            self.business_change(BusinessCreation { business }, "create", id, &owner, &command.origin);
        match until_known(|| self.store.create_business(&change)).await? {
            CreateBusinessAnswer::Created(business) => Ok(Added { value: business, repeated: false }),
            CreateBusinessAnswer::Exists(business) => Ok(Added { value: business, repeated: true }),
            CreateBusinessAnswer::IdTaken => Err(BusinessError::IdTaken),
            CreateBusinessAnswer::OwnerNotFound => Err(BusinessError::OwnerNotFound),
        }
    }

    /// Changes a business.
    pub async fn change_business(&self, command: ChangeBusinessCommand) -> Result<Business, BusinessError> {
        let (business, owner) = (command.business, command.owner);
        let (name, time_zone) = (command.name, command.time_zone);
        let update = BusinessUpdate { business, owner: owner.clone(), name, time_zone, at: self.clock.now() };
        let change = self.business_change(update, "update", business, &owner, &command.origin);
        match until_known(|| self.store.update_business(&change)).await? {
            UpdateBusinessAnswer::Updated(business) => Ok(business),
            UpdateBusinessAnswer::NotFound => Err(BusinessError::NotFound),
        }
    }

    /// Deletes a business that has neither live numbers nor open orders.
    pub async fn delete_business(&self, command: DeleteBusinessCommand) -> Result<(), BusinessError> {
        let (business, owner) = (command.business, command.owner);
        let deletion = BusinessDeletion { business, owner: owner.clone(), at: self.clock.now() };
        let change = self.business_change(deletion, "delete", business, &owner, &command.origin);
        match until_known(|| self.store.delete_business(&change)).await? {
            DeleteBusinessAnswer::Deleted => Ok(()),
            DeleteBusinessAnswer::NotFound => Err(BusinessError::NotFound),
            DeleteBusinessAnswer::InUse => Err(BusinessError::InUse),
        }
    }

    /// Makes an API key; its secret is in the answer and nowhere else.
    pub async fn make_key(&self, command: MakeKeyCommand) -> Result<IssuedKey, KeyError> {
        let name = command.name.map(|name| name.trim().to_owned());
        let good = |name: &String| {
            (1..=Self::KEY_NAME_MAX).contains(&name.chars().count()) && !name.chars().any(char::is_control)
        };
        if !name.as_ref().is_none_or(good) {
            return Err(KeyError::Name);
        }
        let at = self.clock.now();
        let secret = ApiKeySecret::generate();
        let key = ApiKey {
            id: ApiKeyId::from_uuid(self.ids.next()),
            hash: secret.hash(),
            holder: command.holder,
            name,
            created_at: at,
            revoked_at: None,
        };
        let user = match &key.holder {
            KeyHolder::User { user } => Some(user),
            KeyHolder::Service | KeyHolder::Operator => None,
        };
        let audit = command.origin.audit("key.create", key.id, user, at);
        let change = Change::new(KeyCreation { key: key.clone() }).audit(audit);
        until_known(|| self.store.create_key(&change)).await?;
        Ok(IssuedKey { key, secret })
    }

    fn business_change<T>(
        &self,
        body: T,
        action: &str,
        id: BusinessId,
        owner: &UserId,
        origin: &Origin,
    ) -> Change<T> {
        let audit = origin.audit(&format!("business.{action}"), id, Some(owner), self.clock.now());
        Change::new(body).event(self.event(&format!("business.{action}d"), &id, owner)).audit(audit)
    }

    fn event(&self, kind: &str, subject: &impl ToString, user: &UserId) -> Event {
        Event {
            id: EventId::from_uuid(self.ids.next()),
            kind: kind.to_owned(),
            user: user.clone(),
            subject: subject.to_string(),
            at: self.clock.now(),
            data: serde_json::Value::Null,
        }
    }
}

/// Repeats a change whose outcome the store does not know; every change is safe to repeat.
async fn until_known<T, F: Future<Output = Result<T, TenancyStoreError>>>(
    apply: impl Fn() -> F,
) -> Result<T, TenancyStoreError> {
    let mut attempt = 1;
    loop {
        match apply().await {
            Err(TenancyStoreError::OutcomeUnknown(_)) if attempt < WRITE_ATTEMPTS => attempt += 1,
            known => return known,
        }
    }
}
