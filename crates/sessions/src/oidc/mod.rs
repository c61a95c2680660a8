//! Signing in at an OpenID Connect provider: the authorization code flow with PKCE, state and nonce.
//!
//! What a sign-in needs when it comes back is kept in the store under the hash of its state, bound to the browser by a
//! secret that only a cookie there has. It is taken once, before the code is shown to the provider; so an answer that is
//! replayed, or that somebody slips to another browser, finds nothing. Who somebody is, the provider's token alone says.

mod answer;
mod discovery;
mod port;
mod provider;

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use trunkline_domain::UserId;
use trunkline_tenancy::{AddUserCommand, Newcomers};
use url::Url;

#[cfg(feature = "mock")]
pub use port::MockIdentityProvider;
pub use port::{AuthorizationRequest, CodeRedemption, IdentityProvider, Proven, ProviderError};
pub use provider::{OidcClientError, OidcProvider, OidcSettings};

use crate::port::{PendingSignIn, Proof};
use crate::secret::random_text;
use crate::service::until_known;
use crate::{
    Account, AccountError, AccountHolder, AccountLookup, AccountState, AccountToCreate, Client,
    CreateAccountCommand, NewSession, OidcRefusal, SecretHash, SessionToken, Sessions, SignInError,
    WhoseAccount,
};

/// How long a sign-in is waited for.
const PENDING_LIVES: Duration = Duration::from_mins(10);
/// Where a browser goes that was on its way nowhere.
const HOME: &str = "/dashboard";
/// The longest path that is kept for afterwards, in bytes.
const RETURN_TO_MAX: usize = 2048;

/// A sign-in that goes on at the identity provider.
#[derive(Debug, Clone)]
pub struct OidcStart {
    /// Where the browser goes now.
    pub url: Url,
    /// What the browser keeps in a cookie of its own until it comes back.
    pub browser_secret: SecretString,
}

/// What a browser comes back with.
#[derive(Debug, Clone)]
pub struct OidcAnswer {
    /// `state` of the address that it came to.
    pub state: String,
    /// `code` of it.
    pub code: SecretString,
    /// `iss` of it (RFC 9207), where there is one.
    pub issuer: Option<String>,
    /// What its cookie has.
    pub browser_secret: SecretString,
}

impl Sessions {
    /// Where browsers come back to, below the public address.
    pub const OIDC_CALLBACK: &'static str = "/sign-in/oidc/callback";

    /// Whether there is an identity provider to sign in at.
    pub fn has_oidc(&self) -> bool {
        self.0.parts.oidc.is_some()
    }

    /// Begins a sign-in at the identity provider. Afterwards the browser goes to this path of ours; what is no such path
    /// leads to the dashboard.
    pub async fn begin_oidc(&self, return_to: String) -> Result<OidcStart, SignInError> {
        let provider = self.0.parts.oidc.as_ref().ok_or(OidcRefusal::NotConfigured)?;
        let (state, nonce, browser, verifier) = (random_text(), random_text(), random_text(), random_text());
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
        let request = AuthorizationRequest { state: state.clone(), nonce: nonce.clone(), challenge };
        let url = provider.authorization_url(&request).await.map_err(refusal)?;
        let pending = PendingSignIn {
            state: SecretHash::of(&state),
            browser: SecretHash::of(&browser),
            nonce,
            verifier: verifier.into(),
            return_to: if is_ours(&return_to) { return_to } else { HOME.to_owned() },
            lives: PENDING_LIVES,
        };
        until_known(|| self.0.parts.store.keep_pending(&pending)).await?;
        Ok(OidcStart { url, browser_secret: browser.into() })
    }

    /// Ends a sign-in with which a browser comes back, and says where it goes now. It is taken whatever comes of it: after
    /// any failure one begins again.
    pub async fn finish_oidc(
        &self,
        answer: OidcAnswer,
        from: Client,
        replaces: Option<SessionToken>,
    ) -> Result<(NewSession, String), SignInError> {
        let provider = self.0.parts.oidc.as_ref().ok_or(OidcRefusal::NotConfigured)?;
        let (state, browser) =
            (SecretHash::of(&answer.state), SecretHash::of(answer.browser_secret.expose_secret()));
        let taken = self.0.parts.store.take_pending(&state, &browser).await?;
        let taken = taken.ok_or(OidcRefusal::NotUnderWay)?;
        let redemption = CodeRedemption {
            code: answer.code,
            issuer: answer.issuer,
            verifier: taken.verifier,
            nonce: taken.nonce,
        };
        let proven = provider.redeem(redemption).await.map_err(refusal)?;
        let account = self.account_of(proven, &from).await?;
        let begun = self.begin(&account, Proof::Oidc, &from, replaces).await;
        match begun {
            Ok(session) => Ok((session, taken.return_to)),
            Err(SignInError::Wrong) => Err(OidcRefusal::NoAccount.into()),
            Err(other) => Err(other),
        }
    }

    /// The account of a subject; made now where those who come are added.
    async fn account_of(&self, proven: Proven, from: &Client) -> Result<Account, SignInError> {
        let Proven { subject, email } = proven;
        if let Some(account) = self.account(AccountLookup::Subject(subject.clone())).await? {
            return match account.state {
                AccountState::Enabled => Ok(account),
                AccountState::Disabled { .. } => Err(OidcRefusal::NoAccount.into()),
            };
        }
        match self.0.settings.newcomers {
            Newcomers::Refused => return Err(OidcRefusal::NoAccount.into()),
            Newcomers::Added => {}
        }
        let origin = from.origin(AccountHolder::User(subject.clone()).actor());
        // The address is the user's, to be written to. As a name to sign in with it might be another account's.
        let adding = AddUserCommand { id: subject.clone(), email, origin: origin.clone() };
        self.0
            .parts
            .tenancy
            .add_user(adding)
            .await
            .map_err(|error| unavailable(AccountError::Users(error)))?;
        let account = AccountToCreate {
            whose: WhoseAccount::User(subject.clone()),
            email: None,
            subject: Some(subject.clone()),
            password: None,
        };
        match self.create_account(CreateAccountCommand { account, origin }).await {
            Ok(account) => Ok(account),
            // The same person, in another tab.
            Err(AccountError::SubjectTaken) => self.taken_meanwhile(subject).await,
            Err(AccountError::Store(error)) => Err(error.into()),
            Err(other) => Err(unavailable(other)),
        }
    }

    async fn taken_meanwhile(&self, subject: UserId) -> Result<Account, SignInError> {
        let account = self.account(AccountLookup::Subject(subject)).await?;
        Ok(account.ok_or(OidcRefusal::NoAccount)?)
    }
}

fn unavailable(error: AccountError) -> SignInError {
    SignInError::Unavailable(Box::new(error))
}

/// What somebody hears of the provider's failure; the log has the reason.
fn refusal(error: ProviderError) -> SignInError {
    match error {
        ProviderError::Refused(reason) => {
            tracing::warn!(reason, "a sign-in at the identity provider is refused");
            OidcRefusal::NotAccepted.into()
        }
        ProviderError::Unavailable(cause) => {
            let cause_of = discovery::with_causes(cause.as_ref());
            tracing::warn!(cause = cause_of, "the identity provider cannot be asked");
            SignInError::Unavailable(cause)
        }
    }
}

/// Whether a browser that is sent to this text stays with us. Browsers read `\` as `/`, and leave tabs and line ends out.
fn is_ours(path: &str) -> bool {
    path.starts_with('/')
        && !path.starts_with("//")
        && path.len() <= RETURN_TO_MAX
        && !path.chars().any(|c| c == '\\' || c.is_control())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_sent_nowhere_else() {
        for ours in ["/", "/dashboard/funds?add=25#top", "/dashboard/numbers/a//b"] {
            assert!(is_ours(ours), "{ours}");
        }
        let long = format!("/{}", "a".repeat(RETURN_TO_MAX));
        for theirs in
            ["", "dashboard", "//evil.example", "/\\evil.example", "https://evil.example", "/\t/e", &long]
        {
            assert!(!is_ours(theirs), "{theirs}");
        }
    }
}
