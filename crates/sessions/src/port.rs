//! The port to the store of accounts and sessions.
//!
//! Every write is one method, applied in one database transaction or not at all, and safe to repeat unchanged. What takes
//! a whole [`Change`] has audit lines; what does not is noted, counted or swept, and changes nothing that anybody asks
//! the trail about.

use std::net::IpAddr;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use secrecy::SecretString;
use trunkline_domain::{Change, UserId};
use trunkline_tenancy::{ApiKey, Email, Principal};
use uuid::Uuid;

use crate::{
    Account, AccountId, PasswordHash, SecretHash, SessionId, SessionStoreError, SessionTimes, SessionView,
    SignInMethod,
};

/// Stores accounts, sessions, links, attempts, and sign-ins under way at the identity provider.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait SessionStore: Send + Sync {
    /// One account.
    async fn account(&self, by: &AccountLookup) -> Result<Option<Account>, SessionStoreError>;

    /// Accounts in the order in which they were made, from the one after this; at most so many.
    async fn accounts(&self, after: Option<AccountId>, limit: u16)
    -> Result<Vec<Account>, SessionStoreError>;

    /// Adds an account, with its operator's key where it has one. One with this id that exists already stays as it is.
    async fn create_account(
        &self,
        change: &Change<AccountCreation>,
    ) -> Result<CreateAccountAnswer, SessionStoreError>;

    /// Sets a password, takes the account's links back, and ends its sessions but the one that is kept.
    async fn set_password(
        &self,
        change: &Change<PasswordSetting>,
    ) -> Result<SetPasswordAnswer, SessionStoreError>;

    /// Disables or enables an account; disabling ends its sessions and takes its links back. One that is so already
    /// stays as it is.
    async fn switch_account(&self, change: &Change<AccountSwitch>)
    -> Result<SwitchAnswer, SessionStoreError>;

    /// Counts an attempt, where no more have been counted within the window than may be. Of many at once no more than
    /// that are claimed, at whatever server.
    async fn claim_attempt(&self, claim: &AttemptClaim) -> Result<AttemptAnswer, SessionStoreError>;

    /// Notes that a claimed attempt failed, once, with its audit lines. False where that is noted already, or the attempt
    /// is forgotten.
    async fn note_failure(&self, change: &Change<AttemptFailure>) -> Result<bool, SessionStoreError>;

    /// Begins a session where the account is what its sign-in has looked at and opens something: it is enabled, and its
    /// user is there or its operator's key is open. Ends the session that is replaced, whosever it is. With a link the
    /// link is spent; with a password the failures under its address are forgotten.
    async fn begin(&self, change: &Change<SessionStart>) -> Result<BeginAnswer, SessionStoreError>;

    /// The session of a token, where it lasts and its account still opens something. One statement.
    async fn resume(
        &self,
        token: &SecretHash,
        times: SessionTimes,
    ) -> Result<Option<LiveSession>, SessionStoreError>;

    /// Notes that a session is used, unless a use is noted that is less than `pause` older.
    async fn note_seen(&self, session: SessionId, pause: TimeDelta) -> Result<(), SessionStoreError>;

    /// An account's sessions that last, newest first.
    async fn sessions(
        &self,
        account: AccountId,
        times: SessionTimes,
    ) -> Result<Vec<SessionView>, SessionStoreError>;

    /// Ends sessions of an account, and says how many that were. Where none is left to end, nothing is stored.
    async fn end(&self, change: &Change<SessionEnding>) -> Result<Ended, SessionStoreError>;

    /// Adds a link for an account that is enabled, and says when it ends; `None` where there is no such account.
    async fn create_link(
        &self,
        change: &Change<LinkCreation>,
    ) -> Result<Option<DateTime<Utc>>, SessionStoreError>;

    /// Whose an unspent link is.
    async fn account_of_link(&self, link: &SecretHash) -> Result<Option<Account>, SessionStoreError>;

    /// Keeps a sign-in that goes on at the identity provider. One of the same state stays as it is.
    async fn keep_pending(&self, pending: &PendingSignIn) -> Result<(), SessionStoreError>;

    /// Takes a sign-in that comes back with this state in the browser in which it began. Of two who take it one gets it;
    /// in another browser nobody does, and it stays.
    async fn take_pending(
        &self,
        state: &SecretHash,
        browser: &SecretHash,
    ) -> Result<Option<TakenSignIn>, SessionStoreError>;

    /// Removes sessions, links, attempts and pending sign-ins whose time is over, at most so many of each, and says how
    /// many of that there was most.
    async fn sweep(&self, order: SweepOrder) -> Result<u64, SessionStoreError>;
}

/// Which account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountLookup {
    /// With this id.
    Id(AccountId),
    /// With this address, but for capitals.
    Email(Email),
    /// With this subject at the identity provider.
    Subject(UserId),
}

/// Adds an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountCreation {
    /// The account. Its user exists.
    pub account: Account,
    /// The key that is made with it, where it is an operator's.
    pub key: Option<ApiKey>,
}

/// What became of adding an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CreateAccountAnswer {
    /// It is there, now or before.
    Created,
    /// Another account has the address.
    EmailTaken,
    /// Another account has the subject.
    SubjectTaken,
    /// There is no such user.
    UserNotFound,
}

/// Sets a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordSetting {
    /// Of which account.
    pub account: AccountId,
    /// What it hashes to.
    pub password: PasswordHash,
    /// The revision of the account whose old password was shown; `None` for whoever need not know it.
    pub seen: Option<i64>,
    /// The session in which it was changed, which goes on.
    pub keep: Option<SessionId>,
    /// The address under which failures are forgotten, in the form in which attempts are counted.
    pub forget: Option<SecretHash>,
}

/// What became of setting a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetPasswordAnswer {
    /// It is set.
    Set,
    /// There is no such account.
    NotFound,
    /// The account has changed since its old password was looked at.
    Stale,
}

/// Disables or enables an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccountSwitch {
    /// Which.
    pub account: AccountId,
    /// To what.
    pub state: crate::AccountState,
}

/// What became of disabling or enabling an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SwitchAnswer {
    /// It is so, now or before.
    Switched,
    /// There is no such account.
    NotFound,
}

/// Counts an attempt to sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptClaim {
    /// Its id, so that it is counted once.
    pub id: Uuid,
    /// The hash of the address that was typed, whether or not anybody has it.
    pub email: SecretHash,
    /// From where; `None` where that is not known, and then it is not counted by that.
    pub network: Option<IpAddr>,
    /// How many there may be.
    pub limits: AttemptLimits,
}

/// How many attempts there may be within a time that have not succeeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttemptLimits {
    /// Of one account.
    pub per_account: u32,
    /// From one address.
    pub per_address: u32,
    /// Within this time.
    pub window: Duration,
}

/// What became of counting an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttemptAnswer {
    /// It is counted, and may be judged.
    Claimed,
    /// There were as many as there may be. It is neither counted nor judged.
    Throttled {
        /// When there is room again.
        retry_after: Duration,
    },
}

/// Notes that an attempt failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttemptFailure {
    /// Which.
    pub attempt: Uuid,
}

/// Begins a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionStart {
    /// Its id.
    pub session: SessionId,
    /// What its token hashes to.
    pub token: SecretHash,
    /// By which account.
    pub account: AccountId,
    /// The account's revision when the proof was looked at.
    pub revision: i64,
    /// What proved who it is.
    pub proof: Proof,
    /// The token of the session that ends with this.
    pub replaces: Option<SecretHash>,
    /// From where.
    pub address: Option<IpAddr>,
    /// What the browser calls itself.
    pub user_agent: Option<String>,
}

/// What proved who somebody is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// The password, typed with the address that hashes to this.
    Password {
        /// That hash.
        email: SecretHash,
    },
    /// The identity provider's word.
    Oidc,
    /// A link, which is spent by this.
    Link {
        /// What its token hashes to.
        link: SecretHash,
    },
}

impl Proof {
    /// How a session begins by it.
    pub const fn method(&self) -> SignInMethod {
        match self {
            Self::Password { .. } => SignInMethod::Password,
            Self::Oidc => SignInMethod::Oidc,
            Self::Link { .. } => SignInMethod::Link,
        }
    }
}

/// What became of beginning a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BeginAnswer {
    /// It has begun, now or before.
    Begun,
    /// The account opens nothing, or is not what the sign-in has looked at.
    Closed,
    /// The link is spent or too old.
    LinkSpent,
}

/// A session as its token finds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveSession {
    /// Identity.
    pub id: SessionId,
    /// By which account.
    pub account: AccountId,
    /// Who its holder is.
    pub principal: Principal,
    /// What to call them.
    pub name: String,
    /// How it began.
    pub method: SignInMethod,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When it was last used, as far as noted.
    pub last_seen_at: DateTime<Utc>,
    /// When this was read, by the store's clock.
    pub read_at: DateTime<Utc>,
}

/// Ends sessions of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionEnding {
    /// Which account's.
    pub account: AccountId,
    /// Which of them.
    pub which: Ending,
}

/// Which sessions end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// This one.
    One(SessionId),
    /// All but this one.
    AllBut(SessionId),
    /// All.
    All,
}

/// How many sessions were ended; of a change that is repeated, none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended(pub u64);

/// Adds a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinkCreation {
    /// What its token hashes to.
    pub link: SecretHash,
    /// Whom it signs in.
    pub account: AccountId,
    /// How long it works.
    pub lives: Duration,
}

/// A sign-in that goes on at the identity provider.
#[derive(Debug, Clone)]
pub struct PendingSignIn {
    /// The hash of the state with which it comes back.
    pub state: SecretHash,
    /// The hash of what the browser keeps meanwhile.
    pub browser: SecretHash,
    /// What the provider's token must repeat.
    pub nonce: String,
    /// What proves to the provider that whoever has the code is whoever asked for it.
    pub verifier: SecretString,
    /// Where the browser goes afterwards.
    pub return_to: String,
    /// How long it is waited for.
    pub lives: Duration,
}

/// A sign-in that has come back.
#[derive(Debug, Clone)]
pub struct TakenSignIn {
    /// What the provider's token must repeat.
    pub nonce: String,
    /// What proves to the provider that whoever has the code is whoever asked for it.
    pub verifier: SecretString,
    /// Where the browser goes afterwards.
    pub return_to: String,
}

/// What is removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SweepOrder {
    /// How long sessions last.
    pub times: SessionTimes,
    /// How long attempts are counted.
    pub attempts: Duration,
    /// At most so many of each.
    pub limit: u16,
}
