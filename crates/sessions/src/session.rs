//! Sessions, and links that begin one.

use std::net::IpAddr;

use chrono::{DateTime, Utc};
use trunkline_tenancy::Principal;

use crate::{AccountId, LinkToken, SessionToken, SignInMethod};

pub use trunkline_domain::SessionId;

/// Somebody who is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Identity; may be shown and logged.
    pub id: SessionId,
    /// By which account.
    pub account: AccountId,
    /// Who they are to everything else.
    pub principal: Principal,
    /// What to call them: their e-mail address, or their subject at the identity provider where there is none.
    pub name: String,
    /// How it began.
    pub method: SignInMethod,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When it ends however busy it is. Without use it ends earlier.
    pub ends_at: DateTime<Utc>,
}

/// A session that has just begun.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// For the browser's cookie; it is nowhere else.
    pub token: SessionToken,
    /// The session.
    pub session: Session,
}

/// A session in a list of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionView {
    /// Identity.
    pub id: SessionId,
    /// How it began.
    pub method: SignInMethod,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When it was last used, to the minute.
    pub last_seen_at: DateTime<Utc>,
    /// From where it began.
    pub address: Option<IpAddr>,
    /// What the browser called itself then.
    pub user_agent: Option<String>,
}

/// A link that signs its account in once.
#[derive(Debug, Clone)]
pub struct SignInLink {
    /// What the link ends with: `{PUBLIC_URL}/sign-in/link/{token}`.
    pub token: LinkToken,
    /// From when on it opens nothing.
    pub expires_at: DateTime<Utc>,
}

impl SignInLink {
    /// Where links lead to, below the public address; the token follows.
    pub const PATH: &'static str = "/sign-in/link/";
}
