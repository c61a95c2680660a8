//! The `Idempotency-Key` header.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use trunkline_domain::{Fingerprint, RequestKey, RequestOperation, UserId};
use trunkline_tenancy::Reach;

use crate::access::only_one;
use crate::problem::Problem;

const HEADER: &str = "Idempotency-Key";

/// A client's idempotency key, where it sent one.
#[derive(Debug)]
pub(crate) struct IdempotencyKey(Option<String>);

impl IdempotencyKey {
    /// Binds the key to who uses it, for what, and to what exactly they ask.
    pub(crate) fn bind(
        self,
        user: &UserId,
        operation: RequestOperation,
        parts: &[&str],
    ) -> Result<Option<RequestKey>, Problem> {
        let Some(key) = self.0 else { return Ok(None) };
        let request = RequestKey::new(user.clone(), operation, &key, Fingerprint::of(parts));
        request.map(Some).map_err(|error| Problem::invalid_field(HEADER, error.to_string()))
    }

    /// As [`Self::bind`], to whoever acts: a member's keys are their own, never the owner's, and in the fingerprint is
    /// whose things it was about, so a member's key for their own things never answers for an owner's.
    pub(crate) fn bind_reaching(
        self,
        reach: &Reach,
        operation: RequestOperation,
        parts: &[&str],
    ) -> Result<Option<RequestKey>, Problem> {
        match reach {
            Reach::Shared { member, owner, .. } => {
                self.bind(member, operation, &[parts, &[owner.as_str()]].concat())
            }
            Reach::Own(_) | Reach::Everyone => self.bind(reach.acting()?, operation, parts),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        // What is no text becomes one that no key can be; `bind` refuses it.
        let key = only_one(&parts.headers, HEADER)?;
        Ok(Self(key.map(|value| value.to_str().unwrap_or_default().trim().to_owned())))
    }
}
