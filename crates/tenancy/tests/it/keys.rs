//! Making keys and recognising callers by them.

use std::sync::{Arc, Mutex};

use trunkline_domain::{ApiKeyId, Change};
use trunkline_tenancy::{
    ApiKey, ApiKeySecret, KeyCreation, KeyError, KeyHolder, MakeKeyCommand, MockTenancyStore, PrincipalKind,
    TenancyStoreError,
};
use uuid::Uuid;

use crate::world::{maria, noon, origin, tenancy, unavailable, unknown};

fn key(secret: &ApiKeySecret, holder: KeyHolder) -> ApiKey {
    let id = ApiKeyId::from_uuid(Uuid::from_u64_pair(7, 7));
    ApiKey { id, hash: secret.hash(), holder, name: None, created_at: noon(), revoked_at: None }
}

fn command(holder: KeyHolder, name: Option<&str>) -> MakeKeyCommand {
    MakeKeyCommand { holder, name: name.map(str::to_owned), origin: origin() }
}

#[tokio::test]
async fn each_kind_of_key_is_recognised() {
    let holders = [KeyHolder::User { user: maria() }, KeyHolder::Service, KeyHolder::Operator];
    let kinds = [PrincipalKind::User(maria()), PrincipalKind::Service, PrincipalKind::Operator];
    for (holder, kind) in holders.into_iter().zip(kinds) {
        let secret = ApiKeySecret::generate();
        let stored = key(&secret, holder);
        let mut store = MockTenancyStore::new();
        store.expect_key_by_hash().returning(move |hash| Ok((*hash == stored.hash).then(|| stored.clone())));
        let principal = tenancy(store).authenticate(secret.expose()).await.unwrap().unwrap();
        assert_eq!(principal.kind, kind);
    }
}

#[tokio::test]
async fn garbage_never_reaches_the_store() {
    let tenancy = tenancy(MockTenancyStore::new());
    for text in ["", "tl_", "Bearer", "eyJhbGciOiJIUzI1NiJ9.e30.x"] {
        assert_eq!(tenancy.authenticate(text).await.unwrap(), None);
    }
}

#[tokio::test]
async fn an_unknown_or_revoked_key_is_nobodys() {
    let secret = ApiKeySecret::generate();
    let revoked = ApiKey { revoked_at: Some(noon()), ..key(&secret, KeyHolder::Operator) };
    for answer in [None, Some(revoked)] {
        let mut store = MockTenancyStore::new();
        store.expect_key_by_hash().return_once(move |_| Ok(answer));
        assert_eq!(tenancy(store).authenticate(secret.expose()).await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_failing_store_is_not_a_wrong_key() {
    let mut store = MockTenancyStore::new();
    store.expect_key_by_hash().return_once(|_| Err(unavailable()));
    let answer = tenancy(store).authenticate(ApiKeySecret::generate().expose()).await;
    assert!(matches!(answer, Err(TenancyStoreError::Unavailable(_))));
}

#[tokio::test]
async fn the_secret_of_a_new_key_is_in_the_answer_only() {
    let seen = Arc::new(Mutex::new(Vec::<Change<KeyCreation>>::new()));
    let mut store = MockTenancyStore::new();
    let log = seen.clone();
    store.expect_create_key().times(2).returning(move |change| {
        let mut log = log.lock().unwrap();
        log.push(change.clone());
        if log.len() == 1 { Err(unknown()) } else { Ok(()) }
    });
    let holder = KeyHolder::User { user: maria() };
    let issued = tenancy(store).make_key(command(holder, Some("  laptop "))).await.unwrap();

    let seen = seen.lock().unwrap();
    assert_eq!(seen[0], seen[1], "an unknown outcome is repeated unchanged");
    assert_eq!(seen[0].body.key, issued.key);
    assert_eq!(issued.key.hash, issued.secret.hash());
    assert_eq!(issued.key.name.as_deref(), Some("laptop"));
    assert_eq!(seen[0].audit[0].action, "key.create");
    assert!(!format!("{:?}", seen[0]).contains(issued.secret.expose()));
}

#[tokio::test]
async fn names_of_keys_are_bounded() {
    for name in ["", "   ", &"n".repeat(101), "bell\u{7}"] {
        let answer = tenancy(MockTenancyStore::new()).make_key(command(KeyHolder::Service, Some(name))).await;
        assert!(matches!(answer, Err(KeyError::Name)), "{name:?}");
    }
}
