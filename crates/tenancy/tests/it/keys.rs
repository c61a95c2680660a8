//! Making, rotating and revoking keys, and recognising callers by them.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use chrono::TimeDelta;
use trunkline_domain::{ApiKeyId, Change, RequestContext};
use trunkline_tenancy::{
    ApiKey, ApiKeySecret, AuthenticationError, CreateKeyAnswer, KeyCreation, KeyError, KeyHolder, KeyLimits,
    KeyRotation, KeyScope, KeyScopes, MakeKeyCommand, MockTenancyStore, PrincipalKind, RevokeKeyAnswer,
    RevokeKeyCommand, RotateKeyAnswer, RotateKeyCommand, Scope, Tenancy, TenancyStoreError,
};
use uuid::Uuid;

use crate::world::{maria, noon, origin, tenancy, unavailable, unknown};

fn key(secret: &ApiKeySecret, holder: KeyHolder) -> ApiKey {
    ApiKey {
        id: ApiKeyId::from_uuid(Uuid::from_u64_pair(7, 7)),
        hash: secret.hash(),
        scopes: holder.scopes(),
        holder,
        name: None,
        created_at: noon(),
        expires_at: None,
        last_used_at: Some(noon()),
        revoked_at: None,
        replaces: None,
    }
}

fn marias() -> KeyHolder {
    KeyHolder::User { user: maria() }
}

fn scopes(names: &str) -> KeyScopes {
    names.parse().unwrap()
}

fn hours(hours: i64) -> chrono::DateTime<chrono::Utc> {
    noon() + TimeDelta::hours(hours)
}

fn command(holder: KeyHolder, name: Option<&str>) -> MakeKeyCommand {
    MakeKeyCommand {
        holder,
        name: name.map(str::to_owned),
        scopes: None,
        expires_at: None,
        limits: KeyLimits::NONE,
        origin: origin(),
    }
}

fn rotation(key: &ApiKey) -> RotateKeyCommand {
    RotateKeyCommand {
        key: key.id,
        reach: Scope::Everyone,
        overlap: TimeDelta::hours(1),
        expires_at: None,
        limits: KeyLimits::NONE,
        origin: origin(),
    }
}

/// A store that knows one key by its hash and by its id.
fn store_with(key: &ApiKey) -> MockTenancyStore {
    let mut store = MockTenancyStore::new();
    let (by_hash, by_id) = (key.clone(), key.clone());
    store.expect_key_by_hash().returning(move |hash| Ok((*hash == by_hash.hash).then(|| by_hash.clone())));
    store.expect_key().returning(move |_, id| Ok((id == by_id.id).then(|| by_id.clone())));
    store
}

#[tokio::test]
async fn each_kind_of_key_is_recognised() {
    for holder in [marias(), KeyHolder::Service, KeyHolder::Operator] {
        let secret = ApiKeySecret::generate();
        let stored = ApiKey { expires_at: Some(hours(1)), ..key(&secret, holder) };
        let kind = match &stored.holder {
            KeyHolder::User { user } => PrincipalKind::User { user: user.clone(), key: Some(stored.id) },
            KeyHolder::Service => PrincipalKind::Service { key: stored.id },
            KeyHolder::Operator => PrincipalKind::Operator { key: stored.id },
        };
        let principal =
            tenancy(store_with(&stored)).authenticate(secret.expose(), &RequestContext::NONE).await.unwrap();
        assert_eq!((principal.kind, principal.scopes), (kind, stored.scopes));
        assert_eq!(principal.ends_at, stored.expires_at);
    }
}

#[tokio::test]
async fn garbage_never_reaches_the_store() {
    let tenancy = tenancy(MockTenancyStore::new());
    for text in ["", "tl_", "Bearer", "eyJhbGciOiJIUzI1NiJ9.e30.x"] {
        assert!(matches!(
            tenancy.authenticate(text, &RequestContext::NONE).await,
            Err(AuthenticationError::Nobody)
        ));
    }
}

#[tokio::test]
async fn an_unknown_revoked_or_expired_key_is_nobodys() {
    let secret = ApiKeySecret::generate();
    let good = key(&secret, KeyHolder::Operator);
    let revoked = ApiKey { revoked_at: Some(noon()), ..good.clone() };
    let expired = ApiKey { expires_at: Some(noon()), ..good };
    for answer in [None, Some(revoked), Some(expired)] {
        let mut store = MockTenancyStore::new();
        store.expect_key_by_hash().return_once(move |_| Ok(answer));
        let answer = tenancy(store).authenticate(secret.expose(), &RequestContext::NONE).await;
        assert!(matches!(answer, Err(AuthenticationError::Nobody)), "{answer:?}");
    }
}

#[tokio::test]
async fn a_failing_store_is_not_a_wrong_key() {
    let mut store = MockTenancyStore::new();
    store.expect_key_by_hash().return_once(|_| Err(unavailable()));
    let answer = tenancy(store).authenticate(ApiKeySecret::generate().expose(), &RequestContext::NONE).await;
    assert!(matches!(answer, Err(AuthenticationError::Store(TenancyStoreError::Unavailable(_)))));
}

#[tokio::test]
async fn a_use_is_noted_beside_the_request_and_once_in_a_minute() {
    let secret = ApiKeySecret::generate();
    let unused = ApiKey { last_used_at: None, ..key(&secret, marias()) };
    let mut store = store_with(&unused);
    let (asked, seen) = (Arc::new(AtomicUsize::new(0)), Arc::new(tokio::sync::Notify::new()));
    let (count, tell) = (Arc::clone(&asked), Arc::clone(&seen));
    // The write fails each time: no request hears of it, and it is not tried again within the minute.
    store.expect_note_key_use().returning(move |usage| {
        assert_eq!(usage.at, noon());
        count.fetch_add(1, Ordering::Relaxed);
        tell.notify_one();
        Err(unavailable())
    });
    let tenancy = tenancy(store);
    for _ in 0..20 {
        tenancy.authenticate(secret.expose(), &RequestContext::NONE).await.unwrap();
    }
    // This runtime has one thread, and no request has let go of it to wait for the note.
    assert_eq!(asked.load(Ordering::Relaxed), 0);
    seen.notified().await;
    tokio::task::yield_now().await;
    assert_eq!(asked.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn the_secret_of_a_new_key_is_in_the_answer_only() {
    let seen = Arc::new(Mutex::new(Vec::<Change<KeyCreation>>::new()));
    let mut store = MockTenancyStore::new();
    let log = seen.clone();
    store.expect_create_key().times(2).returning(move |change| {
        let mut log = log.lock().unwrap();
        log.push(change.clone());
        if log.len() == 1 { Err(unknown()) } else { Ok(CreateKeyAnswer::Created) }
    });
    let issued = tenancy(store).make_key(command(marias(), Some("  laptop "))).await.unwrap();

    let seen = seen.lock().unwrap();
    assert_eq!(seen[0], seen[1], "an unknown outcome is repeated unchanged");
    assert_eq!(seen[0].body.key, issued.key);
    assert_eq!(issued.key.hash, issued.secret.hash());
    assert_eq!(issued.key.name.as_deref(), Some("laptop"));
    assert_eq!(issued.key.scopes, KeyScopes::OF_A_USER);
    assert_eq!(seen[0].audit[0].action, "key.create");
    assert_eq!(seen[0].audit[0].details["scopes"], serde_json::json!(["read", "manage", "trade", "keys"]));
    assert!(!format!("{:?}", seen[0]).contains(issued.secret.expose()));
}

#[tokio::test]
async fn what_a_key_cannot_be_is_refused_before_the_store() {
    let refusal = |change: fn(&mut MakeKeyCommand)| {
        let mut command = command(marias(), None);
        change(&mut command);
        async { tenancy(MockTenancyStore::new()).make_key(command).await.err().unwrap() }
    };
    for name in ["", "   ", &"n".repeat(101), "bell\u{7}"] {
        let answer = tenancy(MockTenancyStore::new()).make_key(command(KeyHolder::Service, Some(name))).await;
        assert!(matches!(answer, Err(KeyError::Name)), "{name:?}");
    }
    assert!(matches!(refusal(|c| c.scopes = Some(KeyScopes::NONE)).await, KeyError::NoScope));
    let strange = refusal(|c| c.scopes = Some(scopes("read credit"))).await;
    assert!(matches!(strange, KeyError::ScopeOfAnotherKind(KeyScope::Credit)));
    assert!(matches!(refusal(|c| c.expires_at = Some(noon())).await, KeyError::Expiry));
}

/// The maker's scopes and end, what is asked for, and what comes of it.
#[tokio::test]
async fn a_key_makes_none_that_may_do_more_than_itself() {
    let limits = |names: &str, ends_at| KeyLimits { scopes: scopes(names), ends_at };
    let cases = [
        (limits("read keys", None), None, None, Some(("read keys", None))),
        (limits("read keys", None), Some("read"), Some(hours(9)), Some(("read", Some(hours(9))))),
        (limits("read keys", None), Some("read trade"), None, None),
        (limits("read keys", Some(hours(2))), Some("read"), None, Some(("read", Some(hours(2))))),
        (limits("read keys", Some(hours(2))), Some("read"), Some(hours(1)), Some(("read", Some(hours(1))))),
        (limits("read keys", Some(hours(2))), Some("read"), Some(hours(3)), None),
        // An operator spends nobody's money, and makes no key that does.
        (limits("read manage keys users credit", None), None, None, Some(("read manage keys", None))),
        (limits("read manage keys users credit", None), Some("trade"), None, None),
    ];
    for (limits, wanted, expires_at, expected) in cases {
        let mut store = MockTenancyStore::new();
        store
            .expect_create_key()
            .times(usize::from(expected.is_some()))
            .returning(|_| Ok(CreateKeyAnswer::Created));
        let wanted = wanted.map(scopes);
        let command = MakeKeyCommand { scopes: wanted, expires_at, limits, ..command(marias(), None) };
        match (tenancy(store).make_key(command).await, expected) {
            (Ok(issued), Some((names, end))) => {
                assert_eq!((issued.key.scopes, issued.key.expires_at), (scopes(names), end));
            }
            (Err(KeyError::MoreThanYours), None) => {}
            (answer, _) => panic!("{limits:?} {wanted:?} {expires_at:?}: {answer:?}"),
        }
    }
}

#[tokio::test]
async fn a_rotation_keeps_what_the_key_was_and_ends_the_old_one() {
    let old = ApiKey { name: Some("laptop".to_owned()), ..key(&ApiKeySecret::generate(), marias()) };
    let mut store = store_with(&old);
    let seen = Arc::new(Mutex::new(Vec::<Change<KeyRotation>>::new()));
    let log = seen.clone();
    store.expect_rotate_key().times(2).returning(move |change| {
        let mut log = log.lock().unwrap();
        log.push(change.clone());
        if log.len() == 1 { Err(unknown()) } else { Ok(RotateKeyAnswer::Rotated) }
    });
    let rotated = tenancy(store).rotate_key(rotation(&old)).await.unwrap();

    let seen = seen.lock().unwrap();
    assert_eq!(seen[0], seen[1], "an unknown outcome is repeated unchanged");
    let successor = &rotated.issued.key;
    assert_eq!(seen[0].body.successor, *successor);
    assert_eq!(seen[0].body.old_ends_at, hours(1));
    assert_eq!((&successor.holder, &successor.name, successor.scopes), (&old.holder, &old.name, old.scopes));
    assert_eq!((successor.replaces, successor.hash), (Some(old.id), rotated.issued.secret.hash()));
    assert_eq!((seen[0].audit[0].action.as_str(), &seen[0].audit[0].user), ("key.rotate", &Some(maria())));
    assert!(!format!("{:?}", seen[0]).contains(rotated.issued.secret.expose()));
}

#[tokio::test]
async fn a_key_that_may_less_rotates_none_that_may_more() {
    let old = key(&ApiKeySecret::generate(), marias());
    let short = ApiKey { expires_at: Some(hours(1)), ..old.clone() };
    let limits = |names: &str, ends_at| KeyLimits { scopes: scopes(names), ends_at };
    let refused = [
        (&old, limits("read keys", None)),
        (&old, limits("read manage trade keys", Some(hours(5)))),
        // Renewing itself for longer than it lasts.
        (&short, limits("read manage trade keys", Some(hours(1)))),
    ];
    for (old, limits) in refused {
        let expires_at = old.expires_at.map(|_| hours(9));
        let command = RotateKeyCommand { limits, expires_at, ..rotation(old) };
        let answer = tenancy(store_with(old)).rotate_key(command).await;
        assert!(matches!(answer, Err(KeyError::MoreThanYours)), "{answer:?}");
    }
}

#[tokio::test]
async fn an_ended_key_is_not_rotated_and_an_overlap_has_bounds() {
    let old = key(&ApiKeySecret::generate(), marias());
    for ended in [
        ApiKey { revoked_at: Some(noon()), ..old.clone() },
        ApiKey { expires_at: Some(noon()), ..old.clone() },
    ] {
        let answer = tenancy(store_with(&ended)).rotate_key(rotation(&ended)).await;
        assert!(matches!(answer, Err(KeyError::Ended)));
    }
    for overlap in [TimeDelta::seconds(-1), TimeDelta::days(30) + TimeDelta::seconds(1)] {
        let command = RotateKeyCommand { overlap, ..rotation(&old) };
        assert!(matches!(tenancy(MockTenancyStore::new()).rotate_key(command).await, Err(KeyError::Overlap)));
    }
    let unknown = ApiKey { id: ApiKeyId::from_uuid(Uuid::nil()), ..old.clone() };
    let answer = tenancy(store_with(&old)).rotate_key(rotation(&unknown)).await;
    assert!(matches!(answer, Err(KeyError::NotFound)));
}

#[tokio::test]
async fn a_revocation_is_audited_with_what_the_key_was() {
    let mine = key(&ApiKeySecret::generate(), marias());
    let mut store = store_with(&mine);
    store.expect_revoke_key().times(1).returning(|change| {
        let line = &change.audit[0];
        assert_eq!((line.action.as_str(), line.at), ("key.revoke", noon()));
        assert_eq!(line.details["key"]["kind"], "user");
        Ok(RevokeKeyAnswer::Revoked)
    });
    let tenancy = tenancy(store);
    let command = |key| RevokeKeyCommand { key, reach: Scope::User(maria()), origin: origin() };
    tenancy.revoke_key(command(mine.id)).await.unwrap();
    let nobody = tenancy.revoke_key(command(ApiKeyId::from_uuid(Uuid::nil()))).await;
    assert!(matches!(nobody, Err(KeyError::NotFound)));
}

#[tokio::test]
async fn a_user_with_as_many_keys_as_there_may_be_hears_the_limit() {
    let mut store = MockTenancyStore::new();
    store.expect_create_key().times(1).returning(|change| {
        assert_eq!(change.body.open_at_most, Tenancy::OPEN_KEYS_MAX);
        Ok(CreateKeyAnswer::TooMany)
    });
    let answer = tenancy(store).make_key(command(marias(), None)).await;
    assert!(matches!(answer, Err(KeyError::TooMany(Tenancy::OPEN_KEYS_MAX))), "{answer:?}");
}
