//! Making, listing, rotating and revoking API keys.
//!
//! Whoever makes or renews a key says what it may be at most ([`KeyLimits`](crate::KeyLimits)); a caller's limits are
//! their own scopes and their own end, so no chain of keys ever leads to more than its first one could do.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use trunkline_domain::{ApiKeyId, AuditEntry, Change, Origin};

use crate::service::until_known;
use crate::{
    ApiKey, ApiKeySecret, CreateKeyAnswer, KeyCreation, KeyError, KeyFilter, KeyHolder, KeyPage,
    KeyRevocation, KeyRotation, KeyScopes, KeyState, MakeKeyCommand, RevokeKeyAnswer, RevokeKeyCommand,
    RotateKeyAnswer, RotateKeyCommand, Tenancy, TenancyStoreError,
};

/// The longest name of a key, in characters.
const NAME_MAX: usize = 100;

/// A key that was made, with the secret that is seen only now.
#[derive(Debug, Clone)]
pub struct IssuedKey {
    /// The key as it is stored.
    pub key: ApiKey,
    /// What its holder shows.
    pub secret: ApiKeySecret,
}

/// A key's successor, and when the old one ends.
#[derive(Debug, Clone)]
pub struct RotatedKey {
    /// The new key and its secret.
    pub issued: IssuedKey,
    /// From when on the old one opens nothing.
    pub old_ends_at: DateTime<Utc>,
}

impl Tenancy {
    /// The longest time that an old key stays open beside its successor.
    pub const OVERLAP_MAX: TimeDelta = TimeDelta::days(30);
    /// How many keys of one user are open at once at most; beside them one that is being rotated away. It bounds what a
    /// stolen key can leave behind.
    pub const OPEN_KEYS_MAX: u32 = 50;

    /// Keys, newest first, ended ones included; the filter's limit is brought into 1 to 100.
    pub async fn keys(&self, filter: &KeyFilter) -> Result<KeyPage, TenancyStoreError> {
        let filter = KeyFilter { limit: filter.limit.clamp(1, 100), ..filter.clone() };
        self.store.keys(&filter).await
    }

    /// What a key is now.
    pub fn state_of(&self, key: &ApiKey) -> KeyState {
        key.state(self.clock.now())
    }

    /// Makes an API key; its secret is in the answer and nowhere else.
    pub async fn make_key(&self, command: MakeKeyCommand) -> Result<IssuedKey, KeyError> {
        let MakeKeyCommand { holder, name, scopes, expires_at, limits, origin } = command;
        let at = self.clock.now();
        let name = sound_name(name)?;
        let scopes = scopes.unwrap_or(holder.scopes().and(limits.scopes));
        check_scopes(&holder, scopes)?;
        let expires_at = sound_end(expires_at.or(limits.ends_at), at)?;
        if !limits.allow(scopes, expires_at) {
            return Err(KeyError::MoreThanYours);
        }
        let issued = self.issue(holder, name, scopes, expires_at, None);
        let audit = audit(&origin, "key.create", &issued.key, at, described(&issued.key));
        let creation = KeyCreation { key: issued.key.clone(), open_at_most: Self::OPEN_KEYS_MAX };
        let change = Change::new(creation).audit(audit);
        match until_known(|| self.store.create_key(&change)).await? {
            CreateKeyAnswer::Created => Ok(issued),
            CreateKeyAnswer::TooMany => Err(KeyError::TooMany(Self::OPEN_KEYS_MAX)),
        }
    }

    /// Gives a key a successor. The old one stays open for the overlap, and no longer than it would have been.
    pub async fn rotate_key(&self, command: RotateKeyCommand) -> Result<RotatedKey, KeyError> {
        let RotateKeyCommand { key, reach, overlap, expires_at, limits, origin } = command;
        if overlap < TimeDelta::zero() || overlap > Self::OVERLAP_MAX {
            return Err(KeyError::Overlap);
        }
        let at = self.clock.now();
        let old = self.store.key(&reach, key).await?.ok_or(KeyError::NotFound)?;
        if old.state(at) != KeyState::Open {
            return Err(KeyError::Ended);
        }
        let expires_at = sound_end(expires_at.or(old.expires_at), at)?;
        if !limits.allow(old.scopes, expires_at) {
            return Err(KeyError::MoreThanYours);
        }
        let old_ends_at = old.expires_at.map_or(at + overlap, |end| end.min(at + overlap));
        let issued = self.issue(old.holder.clone(), old.name.clone(), old.scopes, expires_at, Some(old.id));
        let details = json!({
            "successor": described(&issued.key),
            "expiresAt": { "before": old.expires_at, "after": old_ends_at },
        });
        let audit = audit(&origin, "key.rotate", &old, at, details);
        let (successor, open_at_most) = (issued.key.clone(), Self::OPEN_KEYS_MAX);
        let rotation = KeyRotation { key, scope: reach, successor, old_ends_at, open_at_most, at };
        let change = Change::new(rotation).audit(audit);
        match until_known(|| self.store.rotate_key(&change)).await? {
            RotateKeyAnswer::Rotated => Ok(RotatedKey { issued, old_ends_at }),
            RotateKeyAnswer::NotFound => Err(KeyError::NotFound),
            RotateKeyAnswer::Ended => Err(KeyError::Ended),
            RotateKeyAnswer::OfAnAccount => Err(KeyError::OfAnAccount),
            RotateKeyAnswer::TooMany => Err(KeyError::TooMany(Self::OPEN_KEYS_MAX)),
        }
    }

    /// Ends a key at once; one that is revoked already stays so. Whoever may reach a key may revoke it: that gives
    /// nobody anything.
    pub async fn revoke_key(&self, command: RevokeKeyCommand) -> Result<(), KeyError> {
        let RevokeKeyCommand { key, reach, origin } = command;
        let at = self.clock.now();
        let known = self.store.key(&reach, key).await?.ok_or(KeyError::NotFound)?;
        let revoked_at = json!({ "before": known.revoked_at, "after": known.revoked_at.unwrap_or(at) });
        let details = json!({ "key": described(&known), "revokedAt": revoked_at });
        let audit = audit(&origin, "key.revoke", &known, at, details);
        let change = Change::new(KeyRevocation { key, scope: reach, at }).audit(audit);
        match until_known(|| self.store.revoke_key(&change)).await? {
            RevokeKeyAnswer::Revoked => Ok(()),
            RevokeKeyAnswer::NotFound => Err(KeyError::NotFound),
        }
    }

    fn issue(
        &self,
        holder: KeyHolder,
        name: Option<String>,
        scopes: KeyScopes,
        expires_at: Option<DateTime<Utc>>,
        replaces: Option<ApiKeyId>,
    ) -> IssuedKey {
        let secret = ApiKeySecret::generate();
        let key = ApiKey {
            id: ApiKeyId::from_uuid(self.ids.next()),
            hash: secret.hash(),
            holder,
            name,
            scopes,
            created_at: self.clock.now(),
            expires_at,
            last_used_at: None,
            revoked_at: None,
            replaces,
        };
        IssuedKey { key, secret }
    }
}

fn sound_name(name: Option<String>) -> Result<Option<String>, KeyError> {
    let name = name.map(|name| name.trim().to_owned());
    let good =
        |name: &String| (1..=NAME_MAX).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    if name.as_ref().is_none_or(good) { Ok(name) } else { Err(KeyError::Name) }
}

fn check_scopes(holder: &KeyHolder, scopes: KeyScopes) -> Result<(), KeyError> {
    if scopes.is_empty() {
        return Err(KeyError::NoScope);
    }
    let strange = scopes.iter().find(|scope| !holder.scopes().contains(*scope));
    strange.map_or(Ok(()), |scope| Err(KeyError::ScopeOfAnotherKind(scope)))
}

fn sound_end(end: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, KeyError> {
    if end.is_some_and(|end| end <= now) { Err(KeyError::Expiry) } else { Ok(end) }
}

/// A line of the audit trail about a key, with everything about it but what opens anything.
fn audit(origin: &Origin, action: &str, key: &ApiKey, at: DateTime<Utc>, details: Value) -> AuditEntry {
    let line = origin.audit(action, key.id, key.holder.user(), at);
    AuditEntry { details, ..line }
}

fn described(key: &ApiKey) -> Value {
    json!({
        "id": key.id,
        "kind": key.holder.kind(),
        "name": key.name,
        "scopes": key.scopes,
        "expiresAt": key.expires_at,
    })
}
