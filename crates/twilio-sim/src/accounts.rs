//! Who may call. An account reaches itself and the accounts below it.

use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};

use crate::{config::SimulatorConfig, refusal::Refusal};

/// User and password of HTTP's Basic scheme.
pub(crate) struct Credentials {
    username: String,
    password: String,
}

impl Credentials {
    /// Reads the value of an `Authorization` header; another scheme is as good as none.
    pub(crate) fn read(header: &str) -> Option<Self> {
        let (scheme, encoded) = header.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("basic") {
            return None;
        }
        let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
        let (username, password) = decoded.split_once(':')?;
        Some(Self { username: username.to_owned(), password: password.to_owned() })
    }
}

/// An account at this Twilio.
pub(crate) struct Account {
    pub(crate) sid: String,
    pub(crate) friendly_name: String,
    /// The account above it; the main account stands above itself.
    pub(crate) owner_sid: String,
    pub(crate) date_created: DateTime<Utc>,
    auth_token: String,
}

/// All accounts, the main one first.
pub(crate) struct Accounts(Vec<Account>);

impl Accounts {
    pub(crate) fn of(config: &SimulatorConfig, now: DateTime<Utc>) -> Self {
        let main = Account {
            sid: config.account_sid.clone(),
            friendly_name: "Simulated account".to_owned(),
            owner_sid: config.account_sid.clone(),
            date_created: now,
            auth_token: config.auth_token.clone(),
        };
        let below = config.subaccounts.iter().map(|subaccount| Account {
            sid: subaccount.sid.clone(),
            friendly_name: subaccount.friendly_name.clone(),
            owner_sid: config.account_sid.clone(),
            date_created: now,
            auth_token: subaccount.auth_token.clone(),
        });
        Self(std::iter::once(main).chain(below).collect())
    }

    pub(crate) fn get(&self, sid: &str) -> Option<&Account> {
        self.0.iter().find(|account| account.sid == sid)
    }

    /// Whose credentials these are.
    pub(crate) fn authenticate(&self, credentials: Option<&Credentials>) -> Result<&Account, Refusal> {
        let credentials = credentials.ok_or_else(Refusal::no_credentials)?;
        let account = self.get(&credentials.username).ok_or_else(Refusal::unknown_user)?;
        if account.auth_token == credentials.password { Ok(account) } else { Err(Refusal::wrong_password()) }
    }
}

impl Account {
    /// Whether this account's credentials may use that account's resources.
    pub(crate) fn reaches(&self, other: &Self) -> bool {
        self.sid == other.sid || self.sid == other.owner_sid
    }

    /// Whether it is the main account, which alone moves numbers between accounts.
    pub(crate) fn is_parent(&self) -> bool {
        self.sid == self.owner_sid
    }
}
