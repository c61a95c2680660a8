//! The port to the identity provider.

use std::error::Error;

use async_trait::async_trait;
use secrecy::SecretString;
use trunkline_domain::UserId;
use trunkline_tenancy::Email;
use url::Url;

/// Says who somebody is who signs in there.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait IdentityProvider: Send + Sync {
    /// Where a browser goes to sign in.
    async fn authorization_url(&self, request: &AuthorizationRequest) -> Result<Url, ProviderError>;

    /// Who it was that came back with a code. A code is good for one question.
    async fn redeem(&self, redemption: CodeRedemption) -> Result<Proven, ProviderError>;
}

/// What a sign-in takes along.
#[derive(Debug, Clone)]
pub struct AuthorizationRequest {
    /// With what it comes back.
    pub state: String,
    /// What the provider's token repeats.
    pub nonce: String,
    /// The SHA-256 of the verifier (PKCE, S256).
    pub challenge: String,
}

/// A code, and what it is good for.
#[derive(Debug, Clone)]
pub struct CodeRedemption {
    /// The code.
    pub code: SecretString,
    /// Who says they have sent the browser back.
    pub issuer: Option<String>,
    /// What the challenge was made of.
    pub verifier: SecretString,
    /// What the token must repeat.
    pub nonce: String,
}

/// Whom the provider has proved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proven {
    /// Who they are there.
    pub subject: UserId,
    /// Their address, where the provider says that it is theirs.
    pub email: Option<Email>,
}

/// Why nobody was proved.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// The answer proves nothing. The reason is for the operator's log alone.
    #[error("the identity provider's answer is refused: {0}")]
    Refused(String),
    /// The provider cannot be asked, or its answers are not as they must be.
    #[error("the identity provider cannot be asked")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
}
