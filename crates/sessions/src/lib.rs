//! Who is signed in at a browser.
//!
//! An [`Account`] is a way in for a user or an operator: by e-mail and password, by an OpenID Connect provider, or by a
//! link that works once. Signing in begins a session, whose token the browser keeps in a cookie and of which the store
//! has only the SHA-256; [`Sessions::resume`] says who a token's holder is, as the [`Principal`](trunkline_tenancy::Principal)
//! that every other door makes of its credential. So what a browser may do is decided where everything is, in
//! `trunkline-tenancy`.
//!
//! Invariants:
//! - A session is one of these rows and nothing else: what ends it (signing out, another password, a disabled account, a
//!   revoked operator key, a user who is gone) ends it at every server with its commit.
//! - Signing in always makes a new token, and ends the session that the browser had before.
//! - An attempt is counted before its password is looked at, so of many at once no more are judged than may be. An
//!   unknown address costs the time of a wrong password, is counted like one, and is answered like one.
//! - A link and a pending sign-in at the provider are taken once, whoever comes with them at the same time.
//! - Idle and absolute ends are set and compared by the store's clock.
//!
//! Features: `mock` exports mocks of the ports; `contract-tests` exports the suite that every store must pass.

mod account;
mod accounts;
mod client;
#[cfg(feature = "contract-tests")]
pub mod contract;
mod error;
mod oidc;
mod password;
mod port;
mod secret;
mod service;
mod session;
mod settings;
mod sign_in;
mod sweep;
mod throttle;

pub use account::{Account, AccountHolder, AccountId, AccountState, SignInMethod};
pub use accounts::{AccountToCreate, CreateAccountCommand, WhoseAccount};
pub use client::Client;
pub use error::{AccountError, OidcRefusal, SessionStoreError, SignInError};
#[cfg(feature = "mock")]
pub use oidc::MockIdentityProvider;
pub use oidc::{
    AuthorizationRequest, CodeRedemption, IdentityProvider, OidcAnswer, OidcClientError, OidcProvider,
    OidcSettings, OidcStart, Proven, ProviderError,
};
pub use password::{Costs, PasswordError, PasswordHash, Passwords};
#[cfg(feature = "mock")]
pub use port::MockSessionStore;
pub use port::{
    AccountCreation, AccountLookup, AccountSwitch, AttemptAnswer, AttemptClaim, AttemptFailure,
    AttemptLimits, BeginAnswer, CreateAccountAnswer, Ended, Ending, LinkCreation, LiveSession,
    PasswordSetting, PendingSignIn, Proof, SessionEnding, SessionStart, SessionStore, SetPasswordAnswer,
    SweepOrder, SwitchAnswer, TakenSignIn,
};
pub use secret::{LinkToken, SecretHash, SecretHashError, SessionToken, TokenFormError};
pub use service::{SessionParts, Sessions};
pub use session::{NewSession, Session, SessionId, SessionView, SignInLink};
pub use settings::{SessionSettings, SessionTimes};
pub use sign_in::PasswordSignIn;
