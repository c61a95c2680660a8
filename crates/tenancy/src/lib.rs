//! Who may do what: users, businesses and their members, API keys.
//!
//! A caller shows an API key, or a token that an identity provider made for them; [`Tenancy::authenticate`] says which
//! [`Principal`] that is, and for which [`KeyScopes`] it is good. What the caller wants to do
//! is an [`Action`], and one total function in `authority.rs` decides whether a principal of that kind may do it, and
//! with whose things: [`Tenancy::acting`] turns it into a [`Scope`], which every read and every change carries into
//! its store. What is out of scope does not exist; so another user's object and an unknown id look the same. Where members
//! of a business may do it too, [`Tenancy::reach`] and [`Tenancy::reach_of`] say how far: with all of a user's things, or
//! with an owner's in the businesses in which the member's [`Role`] allows it.
//!
//! Users and businesses are few words here: an id from the identity provider, and a name that numbers are assigned
//! to. `trunkline-provisioning` knows them only as opaque ids, so a host with users of its own can leave this crate
//! out.
//!
//! [`AuditTrail`] reads what was done to all of it, and by whom: every crate's changes bring their audit lines along.
//! [`AuditLine`] is what of a line whoever reads may see.
//!
//! Features: `mock` exports `MockTenancyStore` and `MockAuditReader`; `contract-tests` exports the suites that every
//! store must pass.

mod audit;
mod audit_export;
mod audit_line;
mod authority;
mod business;
mod command;
#[cfg(feature = "contract-tests")]
pub mod contract;
mod error;
mod key;
mod keys;
mod last_use;
mod member;
mod members;
mod port;
mod principal;
mod rate;
mod reach;
mod scope;
mod service;
mod user;

#[cfg(feature = "mock")]
pub use audit::MockAuditReader;
pub use audit::{
    ActionName, ActionNameError, AuditFilter, AuditPage, AuditPlace, AuditPlaceError, AuditReader,
    AuditRecord, AuditTrail, History,
};
pub use audit_export::AuditExport;
pub use audit_line::{Audience, AuditLine, ShownActor};
pub use authority::{Action, Claim, Denial, MemberRole, MemberRoleError, Naming, Role};
pub use business::{Business, BusinessName, BusinessNameError, TimeZone, TimeZoneError};
pub use command::{
    AddBusinessCommand, AddUserCommand, ChangeBusinessCommand, DeleteBusinessCommand, MakeKeyCommand,
    PutMemberCommand, RemoveMemberCommand, RevokeKeyCommand, RotateKeyCommand,
};
pub use error::{ActingError, AuthenticationError, BusinessError, KeyError, MemberError};
pub use key::{ApiKey, ApiKeySecret, ApiKeySecretError, KeyHash, KeyHashError, KeyHolder, KeyState};
pub use keys::{IssuedKey, RotatedKey};
pub use member::{Member, Membership, Place, Share, Team};
pub use port::{
    BusinessCreation, BusinessDeletion, BusinessFilter, BusinessPage, BusinessUpdate, CreateBusinessAnswer,
    CreateKeyAnswer, CreateUserAnswer, DeleteBusinessAnswer, KeyCreation, KeyFilter, KeyPage, KeyRevocation,
    KeyRotation, KeyUse, MemberPutting, MemberRemoval, MembershipFilter, MembershipPage, PutMemberAnswer,
    RemoveMemberAnswer, RevokeKeyAnswer, RotateKeyAnswer, Scope, TenancyStore, TenancyStoreError, TokenError,
    TokenVerifier, UpdateBusinessAnswer, UserCreation, UserFilter, UserPage,
};
#[cfg(feature = "mock")]
pub use port::{MockTenancyStore, MockTokenVerifier};
pub use principal::{KeyLimits, Principal, PrincipalKind};
#[cfg(feature = "mock")]
pub use rate::MockRateStore;
pub use rate::{RateStore, RateUse};
pub use reach::Reach;
pub use scope::{KeyScope, KeyScopeError, KeyScopes};
pub use service::{Added, Newcomers, Tenancy};
pub use user::{Email, EmailError, User, UserSearch, UserSearchError};
