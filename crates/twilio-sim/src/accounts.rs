//! Accounts, and who may call. An account's own credentials reach it and the accounts below it; an API key reaches
//! its own account only.

use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    config::{ApiKeyKind, SimulatorConfig, TestCredentials},
    money::Cents,
    refusal::Refusal,
    sid,
};

/// What every account starts with, and what its card adds when that is spent.
const RECHARGE: Cents = Cents(10_000);

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

/// Whether an account may do anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AccountStatus {
    /// It may.
    Active,
    /// Its resources are out of reach until somebody makes it active again; the account itself and its balance can
    /// be read.
    Suspended,
    /// For ever out of reach, its numbers gone.
    Closed,
}

/// How an account pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum AccountType {
    /// With money of its own.
    #[default]
    Full,
    /// With Twilio's: it may own one number.
    Trial,
}

/// An account at this Twilio.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Account {
    /// `AC` and 32 hexadecimal digits.
    pub sid: String,
    /// What it is called.
    pub friendly_name: String,
    /// The account above it; the main account stands above itself.
    pub owner_sid: String,
    /// When it was made.
    pub date_created: DateTime<Utc>,
    /// When its name or status last changed.
    pub date_updated: DateTime<Utc>,
    /// Whether it may do anything.
    pub status: AccountStatus,
    /// How it pays.
    #[serde(rename = "type")]
    pub account_type: AccountType,
    /// What is left to spend. Accounts below the main one spend the main one's.
    pub balance: Cents,
    /// Whether a card is charged when the balance is spent.
    pub auto_recharge: bool,
}

impl Account {
    fn new(sid: &str, friendly_name: &str, owner_sid: &str, now: DateTime<Utc>) -> Self {
        Self {
            sid: sid.to_owned(),
            friendly_name: friendly_name.to_owned(),
            owner_sid: owner_sid.to_owned(),
            date_created: now,
            date_updated: now,
            status: AccountStatus::Active,
            account_type: AccountType::Full,
            balance: RECHARGE,
            auto_recharge: true,
        }
    }

    /// Whether it is the main account, which alone moves numbers between accounts.
    pub(crate) fn is_main(&self) -> bool {
        self.sid == self.owner_sid
    }
}

/// By what a caller has shown who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Means {
    AuthToken,
    ApiKey(ApiKeyKind),
    TestToken,
}

/// Who calls.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    /// The account whose credentials these are.
    pub(crate) account_sid: String,
    means: Means,
}

impl Caller {
    /// With test credentials: some purchases are answered, nothing happens.
    pub(crate) fn is_testing(&self) -> bool {
        self.means == Means::TestToken
    }

    /// Whether it may read and change accounts themselves.
    pub(crate) fn manages_accounts(&self) -> bool {
        self.means != Means::ApiKey(ApiKeyKind::Standard)
    }
}

/// All accounts, the main one first, with what opens them.
pub(crate) struct Accounts {
    accounts: Vec<Account>,
    /// User, password, and whom they show.
    doors: Vec<(Credentials, Caller)>,
}

impl Accounts {
    pub(crate) fn of(config: &SimulatorConfig, now: DateTime<Utc>) -> Self {
        let mut main = Account::new(&config.account_sid, "Simulated account", &config.account_sid, now);
        main.account_type = config.account_type;
        let mut accounts = Self { accounts: vec![main], doors: Vec::new() };
        accounts.open(&config.account_sid, &config.auth_token, &config.account_sid, Means::AuthToken);
        for below in &config.subaccounts {
            let account = Account::new(&below.sid, &below.friendly_name, &config.account_sid, now);
            accounts.accounts.push(account);
            accounts.open(&below.sid, &below.auth_token, &below.sid, Means::AuthToken);
        }
        for key in &config.api_keys {
            accounts.open(&key.sid, &key.secret, &key.account_sid, Means::ApiKey(key.kind));
        }
        if let Some(TestCredentials { account_sid, auth_token }) = &config.test_credentials {
            accounts.open(account_sid, auth_token, account_sid, Means::TestToken);
        }
        accounts
    }

    /// Makes an account below the main one, and tells its password.
    pub(crate) fn create(&mut self, friendly_name: &str, now: DateTime<Utc>) -> (Account, String) {
        let main_sid = self.main().map(|main| main.sid.clone()).unwrap_or_default();
        let (sid, auth_token) = (sid::fresh("AC"), format!("{:032x}", rand::random::<u128>()));
        let account = Account::new(&sid, friendly_name, &main_sid, now);
        self.accounts.push(account.clone());
        self.open(&sid, &auth_token, &sid, Means::AuthToken);
        (account, auth_token)
    }

    /// Puts an account of an earlier run back, or brings a configured one up to date with it.
    pub(crate) fn restore(&mut self, account: Account, auth_token: Option<&str>) {
        if let Some(known) = self.get_mut(&account.sid) {
            *known = account;
        } else if let Some(auth_token) = auth_token {
            self.open(&account.sid, auth_token, &account.sid, Means::AuthToken);
            self.accounts.push(account);
        }
    }

    fn open(&mut self, username: &str, password: &str, account_sid: &str, means: Means) {
        let credentials = Credentials { username: username.to_owned(), password: password.to_owned() };
        self.doors.push((credentials, Caller { account_sid: account_sid.to_owned(), means }));
    }

    /// Oldest first.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Account> {
        self.accounts.iter()
    }

    /// The password of an account, for the state file.
    pub(crate) fn auth_token(&self, sid: &str) -> Option<&str> {
        self.doors.iter().find(|(door, _)| door.username == sid).map(|(door, _)| door.password.as_str())
    }

    pub(crate) fn get(&self, sid: &str) -> Option<&Account> {
        self.accounts.iter().find(|account| account.sid == sid)
    }

    pub(crate) fn get_mut(&mut self, sid: &str) -> Option<&mut Account> {
        self.accounts.iter_mut().find(|account| account.sid == sid)
    }

    pub(crate) fn main(&self) -> Option<&Account> {
        self.accounts.first()
    }

    /// Whose credentials these are.
    pub(crate) fn authenticate(&self, credentials: Option<&Credentials>) -> Result<&Caller, Refusal> {
        let credentials = credentials.ok_or_else(Refusal::no_credentials)?;
        let (door, caller) = self
            .doors
            .iter()
            .find(|(door, _)| door.username == credentials.username)
            .ok_or_else(Refusal::unknown_user)?;
        let closed =
            self.get(&caller.account_sid).is_some_and(|account| account.status == AccountStatus::Closed);
        if door.password == credentials.password && !closed {
            Ok(caller)
        } else {
            Err(Refusal::wrong_password())
        }
    }

    /// The account of a path, if this caller may use it. One that exists and is out of reach is refused as wrong
    /// credentials are, as Twilio's page on error 20003 says.
    pub(crate) fn reached_by(
        &self,
        caller: &Caller,
        account_sid: &str,
        path: &str,
    ) -> Result<&Account, Refusal> {
        let account = self.get(account_sid).ok_or_else(|| Refusal::not_found(path))?;
        let own = caller.account_sid == account.sid;
        let above = caller.means == Means::AuthToken && caller.account_sid == account.owner_sid;
        if own || above { Ok(account) } else { Err(Refusal::wrong_password()) }
    }

    /// Refuses what an account may not do while it, or the one above it, is not active.
    pub(crate) fn refuse_inactive(&self, sid: &str) -> Result<(), Refusal> {
        let account = self.get(sid);
        let above = account.and_then(|account| self.get(&account.owner_sid));
        let active = |account: Option<&Account>| {
            account.is_some_and(|account| account.status == AccountStatus::Active)
        };
        if active(account) && active(above) { Ok(()) } else { Err(Refusal::account_not_active()) }
    }

    /// Whether an account, or the one that pays for it, can pay so much at once.
    pub(crate) fn can_pay(&self, amount: Cents) -> bool {
        self.main().is_some_and(|main| main.auto_recharge || main.balance >= amount)
    }

    /// Takes an amount from the main account, which pays for those below it. When nothing is left its card is
    /// charged, or without one the account is suspended.
    pub(crate) fn charge(&mut self, amount: Cents) {
        let Some(main) = self.accounts.first_mut() else { return };
        main.balance.0 -= amount.0;
        if !main.auto_recharge && main.balance < Cents(0) {
            main.status = AccountStatus::Suspended;
        }
        while main.auto_recharge && main.balance < Cents(0) {
            main.balance.0 += RECHARGE.0;
        }
    }
}
