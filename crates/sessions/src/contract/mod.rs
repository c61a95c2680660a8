//! The contract suite that every [`SessionStore`] must pass.
//!
//! ```ignore
//! async fn fixture() -> trunkline_sessions::contract::SessionFixture { /* a fresh, empty store */ }
//! trunkline_sessions::session_store_contract!(fixture);
//! ```
//!
//! The macro makes one `#[tokio::test]` of each case, so a failure names what is broken.

#![expect(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a suite fails by panicking")]

mod accounts;
mod attempts;
mod lives;
mod passing;

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use trunkline_domain::{ApiKeyId, AuditEntry, Change, Clock, Origin, SessionId, SignInAccountId, UserId};
use trunkline_tenancy::{
    ApiKey, ApiKeySecret, AuditFilter, AuditReader, KeyHolder, KeyRevocation, KeyRotation, RotateKeyAnswer,
    Scope, TenancyStore, User, UserCreation,
};
use uuid::Uuid;

use crate::{
    Account, AccountCreation, AccountHolder, AccountState, BeginAnswer, CreateAccountAnswer, LinkCreation,
    LinkToken, LiveSession, PasswordHash, Proof, SecretHash, SessionStart, SessionStore, SessionTimes,
    SessionToken,
};

pub use self::accounts::*;
pub use self::attempts::*;
pub use self::lives::*;
pub use self::passing::*;

/// A fresh, empty store, whose clock the suite moves, with users and keys beside it.
pub struct SessionFixture {
    /// The store under test.
    pub store: Arc<dyn SessionStore>,
    /// Another store of the same database, as of another server.
    pub other: Arc<dyn SessionStore>,
    /// The users and keys of the same database.
    pub tenancy: Arc<dyn TenancyStore>,
    /// Its audit trail.
    pub trail: Arc<dyn AuditReader>,
    /// The clock that the stores were given.
    pub clock: Arc<dyn Clock>,
    /// Moves that clock on.
    pub advance: Box<dyn Fn(Duration) + Send + Sync>,
    /// Whatever must live as long as the store, such as its folder.
    pub keep: Box<dyn Any + Send + Sync>,
}

/// Makes a test of every case of the suite; `$fixture` names an `async fn() -> SessionFixture`.
#[macro_export]
macro_rules! session_store_contract {
    ($fixture:path) => {
        $crate::session_store_contract!(@each $fixture,
            an_account_reads_back_as_it_was_made,
            an_account_is_made_once_and_its_names_are_its_own,
            an_account_needs_its_user,
            an_operators_account_brings_its_key,
            accounts_come_in_pages_oldest_first,
            a_password_ends_sessions_and_links_but_the_one_in_which_it_is_set,
            a_password_is_set_over_what_was_seen_and_repeated_harmlessly,
            disabling_ends_sessions_and_links_and_enabling_brings_none_back,
            a_session_is_found_by_its_token,
            beginning_is_repeated_harmlessly,
            signing_in_ends_the_session_before,
            nothing_begins_at_an_account_that_is_closed_or_has_changed,
            a_session_without_use_ends,
            a_session_that_is_used_ends_all_the_same,
            a_use_is_noted_once_in_a_pause,
            a_revoked_key_ends_its_operators_sessions,
            an_accounts_key_has_no_successor,
            a_key_that_expires_ends_its_operators_sessions,
            sessions_are_listed_newest_first,
            ending_ends_what_it_names_and_nothing_else,
            a_link_is_spent_once_by_two_at_once,
            a_link_is_its_accounts_and_expires,
            a_link_is_made_once_and_not_for_a_disabled_account,
            no_more_attempts_are_claimed_than_may_be,
            attempts_are_counted_by_address_too,
            attempts_at_once_on_two_servers_are_counted_together,
            success_forgets_the_accounts_failures,
            a_failure_is_noted_once,
            a_pending_sign_in_is_taken_once_by_two_at_once,
            a_pending_sign_in_is_its_browsers_and_expires,
            what_is_past_is_removed_in_batches,
        );
    };
    (@each $fixture:path, $($case:ident),+ $(,)?) => {
        $(
            #[tokio::test]
            async fn $case() {
                $crate::contract::$case(&$fixture().await).await;
            }
        )+
    };
}

/// How long sessions last in the suite.
pub(crate) const TIMES: SessionTimes =
    SessionTimes { idle: Duration::from_hours(1), max: Duration::from_hours(3) };

pub(crate) fn user(name: &str) -> UserId {
    name.parse().unwrap()
}

pub(crate) fn hash(text: &str) -> PasswordHash {
    PasswordHash::from_stored(format!("$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ${text}"))
}

impl SessionFixture {
    pub(crate) fn account_id() -> SignInAccountId {
        SignInAccountId::from_uuid(Uuid::now_v7())
    }

    pub(crate) async fn add_user(&self, id: &UserId) {
        let user = User { id: id.clone(), email: None, created_at: self.clock.now() };
        self.tenancy.create_user(&Change::new(UserCreation { user })).await.unwrap();
    }

    /// An account of a user that is not stored.
    pub(crate) fn account_of(&self, name: &str) -> Account {
        Account {
            id: Self::account_id(),
            email: Some(format!("{name}@example.com").parse().unwrap()),
            subject: None,
            holder: AccountHolder::User(user(name)),
            password: Some(hash("old")),
            state: AccountState::Enabled,
            revision: 1,
            created_at: self.clock.now(),
        }
    }

    /// The account of a user, stored with them.
    pub(crate) async fn account(&self, name: &str) -> Account {
        self.add_user(&user(name)).await;
        let account = self.account_of(name);
        self.create(&account, None).await;
        account
    }

    /// The account of an operator, stored with its key, which may end.
    pub(crate) async fn operator(&self, name: &str, lasts: Option<Duration>) -> Account {
        let key = self.operator_key(lasts);
        let holder = AccountHolder::Operator { key: key.id };
        let account = Account { holder, ..self.account_of(name) };
        self.create(&account, Some(key)).await;
        account
    }

    pub(crate) fn operator_key(&self, lasts: Option<Duration>) -> ApiKey {
        ApiKey {
            id: ApiKeyId::from_uuid(Uuid::now_v7()),
            hash: ApiKeySecret::generate().hash(),
            holder: KeyHolder::Operator,
            name: Some("sign-in".to_owned()),
            scopes: KeyHolder::Operator.scopes(),
            created_at: self.clock.now(),
            expires_at: lasts.map(|lasts| self.clock.now() + lasts),
            last_used_at: None,
            revoked_at: None,
            replaces: None,
        }
    }

    pub(crate) async fn create(&self, account: &Account, key: Option<ApiKey>) {
        let answer = self.store.create_account(&self.creation(account, key)).await.unwrap();
        assert_eq!(answer, CreateAccountAnswer::Created);
    }

    pub(crate) fn creation(&self, account: &Account, key: Option<ApiKey>) -> Change<AccountCreation> {
        let creation = AccountCreation { account: account.clone(), key };
        Change::new(creation).audit(self.line("account.create", account.id))
    }

    pub(crate) async fn revoke(&self, key: ApiKeyId) {
        let revocation = KeyRevocation { key, scope: Scope::Everyone, at: self.clock.now() };
        self.tenancy.revoke_key(&Change::new(revocation)).await.unwrap();
    }

    /// What comes of giving a key a successor.
    pub(crate) async fn rotate(&self, key: ApiKeyId) -> RotateKeyAnswer {
        let successor = ApiKey { replaces: Some(key), ..self.operator_key(None) };
        let (at, old_ends_at) = (self.clock.now(), self.clock.now() + Duration::from_hours(24));
        let rotation =
            KeyRotation { key, scope: Scope::Everyone, successor, old_ends_at, open_at_most: 3, at };
        self.tenancy.rotate_key(&Change::new(rotation)).await.unwrap()
    }

    pub(crate) fn line(&self, action: &str, subject: impl std::fmt::Display) -> AuditEntry {
        Origin::system().audit(action, subject, None, self.clock.now())
    }

    /// How many lines the trail has of an action.
    pub(crate) async fn lines(&self, action: &str) -> usize {
        let action = Some(action.parse().unwrap());
        let filter = AuditFilter { action, limit: 100, ..AuditFilter::default() };
        self.trail.audit(&filter).await.unwrap().records.len()
    }

    pub(crate) fn start(
        &self,
        account: &Account,
        proof: Proof,
        token: &SessionToken,
        replaces: Option<&SessionToken>,
    ) -> Change<SessionStart> {
        let session = SessionId::from_uuid(Uuid::now_v7());
        let start = SessionStart {
            session,
            token: token.hash(),
            account: account.id,
            revision: account.revision,
            proof,
            replaces: replaces.map(SessionToken::hash),
            address: Some("192.0.2.7".parse().unwrap()),
            user_agent: Some("Firefox".to_owned()),
        };
        Change::new(start).audit(self.line("session.sign_in", session))
    }

    /// Signs in at the identity provider.
    pub(crate) async fn sign_in(&self, account: &Account) -> SessionToken {
        let token = SessionToken::generate();
        let begun = self.store.begin(&self.start(account, Proof::Oidc, &token, None)).await.unwrap();
        assert_eq!(begun, BeginAnswer::Begun);
        token
    }

    pub(crate) async fn resumed(&self, token: &SessionToken) -> Option<LiveSession> {
        self.store.resume(&token.hash(), TIMES).await.unwrap()
    }

    pub(crate) async fn link(&self, account: &Account) -> SecretHash {
        let link = LinkToken::generate().hash();
        self.store.create_link(&self.linking(account, link)).await.unwrap().unwrap();
        link
    }

    pub(crate) fn linking(&self, account: &Account, link: SecretHash) -> Change<LinkCreation> {
        let creation = LinkCreation { link, account: account.id, lives: Duration::from_mins(15) };
        Change::new(creation).audit(self.line("account.link", account.id))
    }
}
