//! The service over mocks of its ports, and signing in at an identity provider that is a server on loopback.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

mod issuer;
mod oidc;
mod passwords;
mod provider;
mod world;
