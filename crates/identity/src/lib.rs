//! Tokens of an identity provider: JSON Web Tokens as Supabase, Auth0 and Keycloak issue them.
//!
//! [`JwtVerifier`] is tenancy's [`TokenVerifier`](trunkline_tenancy::TokenVerifier). How a token is checked is the
//! configuration's to say and never the token's: against the issuer's published keys, with the algorithm that each key
//! is for (ES256 or RS256), or against one shared secret (HS256). Issuer, audience, expiry and subject must be there and
//! be right. [`IdTokenVerifier`] asks more of the tokens with which a sign-in at such a provider ends.
//!
//! Published keys are kept, renewed and, while the issuer cannot be reached, used for a bounded time ([`KeyTimes`]).
//! Invariants: nothing that a stranger sends makes us ask the issuer more often than once in an interval; what the
//! issuer answers is bounded in size and time; that keys cannot be had is never called a bad token.

mod channel;
mod fetch;
mod id_token;
mod key_set;
mod ring;
mod settings;
mod verifier;

pub use channel::is_confidential;
pub use fetch::count_published_keys;
pub use id_token::{IdTokenSettings, IdTokenVerifier, ProvenSubject};
pub use ring::KeyTimes;
pub use settings::{KeySource, TokenSettings};
pub use verifier::{ClientError, JwtVerifier};
