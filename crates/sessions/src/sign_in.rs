//! Signing in with a password or a link, and changing one's password.

use secrecy::SecretString;
use serde_json::json;
use trunkline_domain::{AuditEntry, Change, Origin};
use trunkline_tenancy::Email;
use uuid::Uuid;

use crate::port::{AttemptFailure, PasswordSetting, Proof, SessionStart};
use crate::service::until_known;
use crate::{
    Account, AccountLookup, AccountState, AttemptAnswer, BeginAnswer, Client, LinkToken, NewSession,
    PasswordError, SecretHash, Session, SessionId, SessionStoreError, SessionToken, Sessions,
    SetPasswordAnswer, SignInError, throttle,
};

/// Somebody who types who they are.
#[derive(Debug, Clone)]
pub struct PasswordSignIn {
    /// What was typed as the e-mail address.
    pub email: String,
    /// What was typed as the password.
    pub password: SecretString,
    /// From where.
    pub from: Client,
    /// The session that the browser has so far, which ends with this.
    pub replaces: Option<SessionToken>,
}

impl Sessions {
    /// Begins a session for whoever knows an account's password. The attempt is counted first; what a stranger hears,
    /// and how long it takes, is the same for an address that nobody has.
    pub async fn sign_in(&self, typed: PasswordSignIn) -> Result<NewSession, SignInError> {
        let PasswordSignIn { email, password, from, replaces } = typed;
        let email = email.parse::<Email>().ok();
        let counted = SecretHash::of(&email.as_ref().map(Account::email_key).unwrap_or_default());
        let attempt = self.claim(counted, &from).await?;
        let account = match email {
            Some(email) => self.account(AccountLookup::Email(email)).await?,
            None => None,
        };
        let stored = account.as_ref().and_then(|account| account.password.clone());
        let is_right = self.0.parts.passwords.matches(stored, password).await.map_err(hashing)?;
        match account {
            Some(account) if is_right && account.state == AccountState::Enabled => {
                let begun = self.begin(&account, Proof::Password { email: counted }, &from, replaces).await;
                match begun {
                    // Closed meanwhile.
                    Err(SignInError::Wrong) => Err(self.failed(attempt, Some(&account), &from).await?),
                    begun => begun,
                }
            }
            account => Err(self.failed(attempt, account.as_ref(), &from).await?),
        }
    }

    /// Begins a session for whoever has an unspent link, which is spent by it.
    pub async fn redeem_link(
        &self,
        token: &str,
        from: Client,
        replaces: Option<SessionToken>,
    ) -> Result<NewSession, SignInError> {
        let link = token.parse::<LinkToken>().map_err(|_| SignInError::LinkSpent)?.hash();
        let account = self.0.parts.store.account_of_link(&link).await?.ok_or(SignInError::LinkSpent)?;
        match self.begin(&account, Proof::Link { link }, &from, replaces).await {
            Err(SignInError::Wrong) => Err(SignInError::LinkSpent),
            begun => begun,
        }
    }

    /// Changes the password of a session's account, for whoever knows the old one. Its other sessions and its links end;
    /// this one goes on. Wrong old passwords are counted like those of sign-ins.
    pub async fn change_password(
        &self,
        session: &Session,
        old: SecretString,
        new: SecretString,
        from: &Client,
    ) -> Result<(), SignInError> {
        let account = self.account(AccountLookup::Id(session.account)).await?.ok_or(SignInError::Wrong)?;
        let (Some(email), Some(stored)) = (&account.email, account.password.clone()) else {
            return Err(SignInError::Wrong);
        };
        let counted = SecretHash::of(&Account::email_key(email));
        let attempt = self.claim(counted, from).await?;
        if !self.0.parts.passwords.matches(Some(stored), old).await.map_err(hashing)? {
            return Err(self.failed(attempt, Some(&account), from).await?);
        }
        let password = self.0.parts.passwords.hash_new(new).await.map_err(hashing)?;
        let origin = from.origin(account.holder.actor());
        let audit = self.account_audit(&origin, "account.password", &account);
        let setting = PasswordSetting {
            account: account.id,
            password,
            seen: Some(account.revision),
            keep: Some(session.id),
            forget: Some(counted),
        };
        let change = Change::new(setting).audit(audit);
        match until_known(|| self.0.parts.store.set_password(&change)).await? {
            SetPasswordAnswer::Set => Ok(()),
            SetPasswordAnswer::NotFound | SetPasswordAnswer::Stale => Err(SignInError::Wrong),
        }
    }

    /// Counts an attempt, or refuses it unjudged.
    async fn claim(&self, email: SecretHash, from: &Client) -> Result<Uuid, SignInError> {
        let claim = throttle::claim(self.0.parts.ids.next(), email, from);
        match until_known(|| self.0.parts.store.claim_attempt(&claim)).await? {
            AttemptAnswer::Claimed => Ok(claim.id),
            AttemptAnswer::Throttled { retry_after } => Err(SignInError::Throttled { retry_after }),
        }
    }

    /// What a failed attempt is answered with. The trail has a line of it where there is such an account, so strangers
    /// write no more lines than there may be attempts on accounts.
    async fn failed(
        &self,
        attempt: Uuid,
        account: Option<&Account>,
        from: &Client,
    ) -> Result<SignInError, SessionStoreError> {
        let mut change = Change::new(AttemptFailure { attempt });
        if let Some(account) = account {
            let origin = Origin { context: from.request.clone(), ..Origin::system() };
            change = change.audit(self.account_audit(&origin, "session.failed", account));
        }
        until_known(|| self.0.parts.store.note_failure(&change)).await?;
        Ok(SignInError::Wrong)
    }

    /// Begins a session of an account that a proof has opened.
    pub(crate) async fn begin(
        &self,
        account: &Account,
        proof: Proof,
        from: &Client,
        replaces: Option<SessionToken>,
    ) -> Result<NewSession, SignInError> {
        let (token, session) = (SessionToken::generate(), SessionId::from_uuid(self.0.parts.ids.next()));
        let origin = from.origin(account.holder.actor());
        let line = origin.audit("session.sign_in", session, account.holder.user(), self.0.parts.clock.now());
        let details = json!({
            "account": account.id,
            "method": proof.method().as_str(),
            "userAgent": from.user_agent(),
        });
        let start = SessionStart {
            session,
            token: token.hash(),
            account: account.id,
            revision: account.revision,
            proof,
            replaces: replaces.map(|old| old.hash()),
            address: from.address(),
            user_agent: from.user_agent().map(str::to_owned),
        };
        let change = Change::new(start).audit(AuditEntry { details, ..line });
        match until_known(|| self.0.parts.store.begin(&change)).await? {
            BeginAnswer::Begun => {}
            BeginAnswer::Closed => return Err(SignInError::Wrong),
            BeginAnswer::LinkSpent => return Err(SignInError::LinkSpent),
        }
        let begun = self.0.parts.store.resume(&token.hash(), self.0.settings.times).await?;
        // Ended again between the two.
        let begun = begun.ok_or(SignInError::Wrong)?;
        Ok(NewSession { token, session: self.session(begun) })
    }
}

/// A password that could not be looked at is no wrong one: what is stored is broken, or the machine is.
fn hashing(error: PasswordError) -> SignInError {
    match error {
        PasswordError::Hashing(_) => SessionStoreError::Broken(error.to_string()).into(),
        PasswordError::TooShort | PasswordError::TooLong => error.into(),
    }
}
