//! Making and keeping accounts: what commands and operators do with them.

use std::time::Duration;

use secrecy::SecretString;
use serde_json::json;
use trunkline_domain::{ApiKeyId, AuditEntry, Change, Origin, UserId};
use trunkline_tenancy::{AddUserCommand, ApiKey, ApiKeySecret, Email, KeyHolder};

use crate::port::{
    AccountCreation, AccountLookup, AccountSwitch, Ending, LinkCreation, PasswordSetting, SessionEnding,
};
use crate::service::until_known;
use crate::{
    Account, AccountError, AccountHolder, AccountId, AccountState, CreateAccountAnswer, Ended, LinkToken,
    SecretHash, SessionStoreError, SessionView, Sessions, SetPasswordAnswer, SignInLink, SwitchAnswer,
};

/// How long a link works.
const LINK_LIVES: Duration = Duration::from_mins(15);

/// For whom an account is made.
#[derive(Debug, Clone)]
pub enum WhoseAccount {
    /// A user, who is added where there is none with this id.
    User(UserId),
    /// An operator, with a key of their own that is made with the account.
    Operator,
}

/// What an account is made of.
#[derive(Debug, Clone)]
pub struct AccountToCreate {
    /// For whom.
    pub whose: WhoseAccount,
    /// What they type to sign in.
    pub email: Option<Email>,
    /// Who they are at the identity provider.
    pub subject: Option<UserId>,
    /// Their password; none for those who come otherwise.
    pub password: Option<SecretString>,
}

/// Makes an account.
#[derive(Debug, Clone)]
pub struct CreateAccountCommand {
    /// The account.
    pub account: AccountToCreate,
    /// Who asked.
    pub origin: Origin,
}

impl Sessions {
    /// Makes an account.
    pub async fn create_account(&self, command: CreateAccountCommand) -> Result<Account, AccountError> {
        let CreateAccountCommand { account: wanted, origin } = command;
        if wanted.email.is_none() && wanted.subject.is_none() {
            return Err(AccountError::Nameless);
        }
        // Before a user is added for it; the store looks again.
        self.require_free(&wanted).await?;
        let password = match wanted.password {
            Some(password) => Some(self.0.parts.passwords.hash_new(password).await?),
            None => None,
        };
        let id = AccountId::from_uuid(self.0.parts.ids.next());
        let (holder, key) = match wanted.whose {
            WhoseAccount::User(user) => {
                let adding =
                    AddUserCommand { id: user.clone(), email: wanted.email.clone(), origin: origin.clone() };
                self.0.parts.tenancy.add_user(adding).await?;
                (AccountHolder::User(user), None)
            }
            WhoseAccount::Operator => {
                let key = self.operator_key(id);
                (AccountHolder::Operator { key: key.id }, Some(key))
            }
        };
        let account = Account {
            id,
            email: wanted.email,
            subject: wanted.subject,
            holder,
            password,
            state: AccountState::Enabled,
            revision: 1,
            created_at: self.0.parts.clock.now(),
        };
        self.store_account(account, key, &origin).await
    }

    async fn require_free(&self, wanted: &AccountToCreate) -> Result<(), AccountError> {
        if let Some(email) = &wanted.email
            && self.account(AccountLookup::Email(email.clone())).await?.is_some()
        {
            return Err(AccountError::EmailTaken);
        }
        if let Some(subject) = &wanted.subject
            && self.account(AccountLookup::Subject(subject.clone())).await?.is_some()
        {
            return Err(AccountError::SubjectTaken);
        }
        Ok(())
    }

    async fn store_account(
        &self,
        account: Account,
        key: Option<ApiKey>,
        origin: &Origin,
    ) -> Result<Account, AccountError> {
        let audit = self.account_audit(origin, "account.create", &account);
        let mut change = Change::new(AccountCreation { account: account.clone(), key }).audit(audit);
        if let Some(key) = &change.body.key {
            let line = origin.audit("key.create", key.id, None, key.created_at);
            let details = json!({
                "id": key.id, "kind": key.holder.kind(), "name": key.name, "scopes": key.scopes,
                "expiresAt": key.expires_at, "account": account.id,
            });
            change = change.audit(AuditEntry { details, ..line });
        }
        match until_known(|| self.0.parts.store.create_account(&change)).await? {
            CreateAccountAnswer::Created => Ok(account),
            CreateAccountAnswer::EmailTaken => Err(AccountError::EmailTaken),
            CreateAccountAnswer::SubjectTaken => Err(AccountError::SubjectTaken),
            CreateAccountAnswer::UserNotFound => Err(AccountError::Store(SessionStoreError::Broken(
                "the account's user is gone since it was added".to_owned(),
            ))),
        }
    }

    /// An operator's key whose secret is forgotten here: it opens nothing by itself.
    fn operator_key(&self, account: AccountId) -> ApiKey {
        ApiKey {
            id: ApiKeyId::from_uuid(self.0.parts.ids.next()),
            hash: ApiKeySecret::generate().hash(),
            holder: KeyHolder::Operator,
            name: Some(format!("sign-in account {account}")),
            scopes: KeyHolder::Operator.scopes(),
            created_at: self.0.parts.clock.now(),
            expires_at: None,
            last_used_at: None,
            revoked_at: None,
            replaces: None,
        }
    }

    /// The account with this address, but for capitals.
    pub async fn account_by_email(&self, email: Email) -> Result<Account, AccountError> {
        self.account(AccountLookup::Email(email)).await?.ok_or(AccountError::NotFound)
    }

    /// The account with this subject at the identity provider.
    pub async fn account_by_subject(&self, subject: UserId) -> Result<Account, AccountError> {
        self.account(AccountLookup::Subject(subject)).await?.ok_or(AccountError::NotFound)
    }

    /// Accounts in the order in which they were made, from the one after this; 1 to 100 of them.
    pub async fn accounts(
        &self,
        after: Option<AccountId>,
        limit: u16,
    ) -> Result<Vec<Account>, SessionStoreError> {
        self.0.parts.store.accounts(after, limit.clamp(1, 100)).await
    }

    /// Sets an account's password for whoever need not know the old one, and ends its sessions and links.
    pub async fn set_password(
        &self,
        account: &Account,
        password: SecretString,
        origin: &Origin,
    ) -> Result<(), AccountError> {
        let password = self.0.parts.passwords.hash_new(password).await?;
        let forget = account.email.as_ref().map(|email| SecretHash::of(&Account::email_key(email)));
        let setting = PasswordSetting { account: account.id, password, seen: None, keep: None, forget };
        let audit = self.account_audit(origin, "account.password", account);
        let change = Change::new(setting).audit(audit);
        match until_known(|| self.0.parts.store.set_password(&change)).await? {
            SetPasswordAnswer::Set => Ok(()),
            SetPasswordAnswer::NotFound | SetPasswordAnswer::Stale => Err(AccountError::NotFound),
        }
    }

    /// Disables an account: its sessions and links end, and it opens nothing until it is enabled.
    pub async fn disable(&self, account: &Account, origin: &Origin) -> Result<(), AccountError> {
        let since = self.0.parts.clock.now();
        self.switch(account, AccountState::Disabled { since }, "account.disable", origin).await
    }

    /// Enables an account.
    pub async fn enable(&self, account: &Account, origin: &Origin) -> Result<(), AccountError> {
        self.switch(account, AccountState::Enabled, "account.enable", origin).await
    }

    async fn switch(
        &self,
        account: &Account,
        state: AccountState,
        action: &str,
        origin: &Origin,
    ) -> Result<(), AccountError> {
        let audit = self.account_audit(origin, action, account);
        let change = Change::new(AccountSwitch { account: account.id, state }).audit(audit);
        match until_known(|| self.0.parts.store.switch_account(&change)).await? {
            SwitchAnswer::Switched => Ok(()),
            SwitchAnswer::NotFound => Err(AccountError::NotFound),
        }
    }

    /// Makes a link that signs an account in once, within fifteen minutes. A disabled account has none.
    pub async fn make_link(&self, account: &Account, origin: &Origin) -> Result<SignInLink, AccountError> {
        let token = LinkToken::generate();
        let audit = self.account_audit(origin, "account.link", account);
        let creation = LinkCreation { link: token.hash(), account: account.id, lives: LINK_LIVES };
        let change = Change::new(creation).audit(audit);
        let expires_at = until_known(|| self.0.parts.store.create_link(&change)).await?;
        Ok(SignInLink { token, expires_at: expires_at.ok_or(AccountError::NotFound)? })
    }

    /// An account's sessions, newest first.
    pub async fn sessions_of_account(
        &self,
        account: &Account,
    ) -> Result<Vec<SessionView>, SessionStoreError> {
        self.0.parts.store.sessions(account.id, self.0.settings.times).await
    }

    /// Ends every session of an account, and says how many those were.
    pub async fn end_all(&self, account: &Account, origin: &Origin) -> Result<Ended, SessionStoreError> {
        let audit = self.account_audit(origin, "session.end_all", account);
        let ending = SessionEnding { account: account.id, which: Ending::All };
        let change = Change::new(ending).audit(audit);
        until_known(|| self.0.parts.store.end(&change)).await
    }
}
