//! The tenancy service: who is calling, for whom, and the users and businesses that this is decided by.

use std::future::Future;
use std::sync::Arc;

use serde_json::{Value, json};
use trunkline_domain::{
    Actor, AuditEntry, BusinessId, Change, Clock, Event, EventId, IdSource, Origin, RequestContext, UserId,
};

use crate::last_use::LastUses;
use crate::{
    AddBusinessCommand, AddUserCommand, ApiKeySecret, AuthenticationError, Business, BusinessCreation,
    BusinessDeletion, BusinessError, BusinessFilter, BusinessPage, BusinessUpdate, ChangeBusinessCommand,
    CreateBusinessAnswer, CreateUserAnswer, DeleteBusinessAnswer, DeleteBusinessCommand, KeyState, Principal,
    Scope, TenancyStore, TenancyStoreError, TokenError, TokenVerifier, UpdateBusinessAnswer, User,
    UserCreation, UserFilter, UserPage,
};

/// How often a change whose outcome is unknown is repeated, unchanged, before the caller hears of it.
const WRITE_ATTEMPTS: usize = 3;

/// Knows callers, users and businesses.
#[derive(Clone)]
pub struct Tenancy {
    pub(crate) store: Arc<dyn TenancyStore>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdSource>,
    uses: LastUses,
    tokens: Option<(Arc<dyn TokenVerifier>, Newcomers)>,
}

/// What becomes of the subject of a good token who is no user yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Newcomers {
    /// They stay out until somebody adds them.
    Refused,
    /// They are added, by themselves.
    Added,
}

/// Something that was to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Added<T> {
    /// As it stands now.
    pub value: T,
    /// Whether it was there before.
    pub repeated: bool,
}

impl Tenancy {
    /// A service over a store.
    pub fn new(store: Arc<dyn TenancyStore>, clock: Arc<dyn Clock>, ids: Arc<dyn IdSource>) -> Self {
        Self { store, clock, ids, uses: LastUses::default(), tokens: None }
    }

    /// Recognises users by the tokens of an identity provider too.
    #[must_use]
    pub fn with_tokens(self, verifier: Arc<dyn TokenVerifier>, newcomers: Newcomers) -> Self {
        Self { tokens: Some((verifier, newcomers)), ..self }
    }

    /// Who shows this key or token. Both are looked up each time: what is revoked opens nothing from its commit on, on
    /// every server of the database.
    /// The request in which they do is told in the audit trail where they are added by it.
    pub async fn authenticate(
        &self,
        secret: &str,
        context: &RequestContext,
    ) -> Result<Principal, AuthenticationError> {
        match (secret.parse::<ApiKeySecret>(), &self.tokens) {
            (Ok(secret), _) => self.holder_of(&secret).await,
            (Err(_), Some((verifier, newcomers))) => {
                self.subject_of(secret, verifier.as_ref(), *newcomers, context).await
            }
            (Err(_), None) => Err(AuthenticationError::Nobody),
        }
    }

    async fn holder_of(&self, secret: &ApiKeySecret) -> Result<Principal, AuthenticationError> {
        let now = self.clock.now();
        let key = self.store.key_by_hash(&secret.hash()).await?;
        let key = key.filter(|key| key.state(now) == KeyState::Open).ok_or(AuthenticationError::Nobody)?;
        self.uses.note(&self.store, &key, now);
        Ok(Principal::of_key(key))
    }

    async fn subject_of(
        &self,
        token: &str,
        verifier: &dyn TokenVerifier,
        newcomers: Newcomers,
        context: &RequestContext,
    ) -> Result<Principal, AuthenticationError> {
        let user = verifier.verify(token).await.map_err(|error| match error {
            TokenError::Refused(reason) => {
                tracing::debug!(reason, "a token is refused");
                AuthenticationError::Nobody
            }
            TokenError::Unavailable(_) => AuthenticationError::KeysUnavailable(Box::new(error)),
        })?;
        match (self.store.user(&user).await?, newcomers) {
            (Some(_), _) => {}
            (None, Newcomers::Refused) => return Err(AuthenticationError::UnknownUser),
            (None, Newcomers::Added) => {
                let actor = Actor::User { user: user.clone(), key: None };
                let origin = Origin { actor, context: context.clone() };
                self.add_user(AddUserCommand { id: user.clone(), email: None, origin }).await?;
            }
        }
        Ok(Principal::of_token(user))
    }

    /// One user.
    pub async fn user(&self, id: &UserId) -> Result<Option<User>, TenancyStoreError> {
        self.store.user(id).await
    }

    /// Users by id; the filter's limit is brought into 1 to 100.
    pub async fn users(&self, filter: &UserFilter) -> Result<UserPage, TenancyStoreError> {
        let filter = UserFilter { limit: filter.limit.clamp(1, 100), ..filter.clone() };
        self.store.users(&filter).await
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
        self.store.owner_of_business(business).await
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
        let details = json!({ "after": described(&business) });
        let (id, owner) = (business.id, business.owner.clone());
        let creation = BusinessCreation { business };
        let change = self.business_change(creation, "create", (id, &owner), details, &command.origin);
        match until_known(|| self.store.create_business(&change)).await? {
            CreateBusinessAnswer::Created(business) => Ok(Added { value: business, repeated: false }),
            CreateBusinessAnswer::Exists(business) => Ok(Added { value: business, repeated: true }),
            CreateBusinessAnswer::IdTaken => Err(BusinessError::IdTaken),
            CreateBusinessAnswer::OwnerNotFound => Err(BusinessError::OwnerNotFound),
        }
    }

    /// Changes a business. The audit line has what it was when this looked; of two changes at the same moment both may
    /// have seen what was before either, and the lines' order says what became of it.
    pub async fn change_business(&self, command: ChangeBusinessCommand) -> Result<Business, BusinessError> {
        let ChangeBusinessCommand { business, owner, name, time_zone, origin } = command;
        let before = self.own_business(&owner, business).await?;
        let mut after = before.clone();
        after.name = name.clone().unwrap_or(after.name);
        after.time_zone = time_zone.unwrap_or(after.time_zone);
        let details = json!({ "before": described(&before), "after": described(&after) });
        let update = BusinessUpdate { business, owner: owner.clone(), name, time_zone, at: self.clock.now() };
        let change = self.business_change(update, "update", (business, &owner), details, &origin);
        match until_known(|| self.store.update_business(&change)).await? {
            UpdateBusinessAnswer::Updated(business) => Ok(business),
            UpdateBusinessAnswer::NotFound => Err(BusinessError::NotFound),
        }
    }

    /// Deletes a business that has neither live numbers nor open orders.
    pub async fn delete_business(&self, command: DeleteBusinessCommand) -> Result<(), BusinessError> {
        let DeleteBusinessCommand { business, owner, origin } = command;
        let before = self.own_business(&owner, business).await?;
        let details = json!({ "before": described(&before) });
        let deletion = BusinessDeletion { business, owner: owner.clone(), at: self.clock.now() };
        let change = self.business_change(deletion, "delete", (business, &owner), details, &origin);
        match until_known(|| self.store.delete_business(&change)).await? {
            DeleteBusinessAnswer::Deleted => Ok(()),
            DeleteBusinessAnswer::NotFound => Err(BusinessError::NotFound),
            DeleteBusinessAnswer::InUse => Err(BusinessError::InUse),
        }
    }

    /// A business as it is before a change of its owner's.
    async fn own_business(&self, owner: &UserId, id: BusinessId) -> Result<Business, BusinessError> {
        let before = self.store.business(&Scope::User(owner.clone()), id).await?;
        before.ok_or(BusinessError::NotFound)
    }

    fn business_change<T>(
        &self,
        body: T,
        action: &str,
        (id, owner): (BusinessId, &UserId),
        details: Value,
        origin: &Origin,
    ) -> Change<T> {
        let audit = origin.audit(&format!("business.{action}"), id, Some(owner), self.clock.now());
        let audit = AuditEntry { details, ..audit };
        Change::new(body).event(self.event(&format!("business.{action}d"), &id, owner)).audit(audit)
    }

    pub(crate) fn event(&self, kind: &str, subject: &impl ToString, user: &UserId) -> Event {
        Event {
            id: EventId::from_uuid(self.ids.next()),
            kind: kind.to_owned(),
            user: user.clone(),
            subject: subject.to_string(),
            at: self.clock.now(),
            data: Value::Null,
        }
    }
}

/// What an owner may change of a business, for the audit trail.
fn described(business: &Business) -> Value {
    json!({ "name": business.name, "timeZone": business.time_zone })
}

/// Repeats a change whose outcome the store does not know; every change is safe to repeat.
pub(crate) async fn until_known<T, F: Future<Output = Result<T, TenancyStoreError>>>(
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
