//! Cases about listing, rotating and revoking keys, and noting their use.

use trunkline_domain::{ApiKeyId, Change};

use super::{TenancyFixture, ann, at, bob, create_key, key};
use crate::{
    ApiKey, CreateKeyAnswer, KeyCreation, KeyFilter, KeyHolder, KeyRevocation, KeyRotation, KeyScope,
    KeyScopes, KeyUse, RevokeKeyAnswer, RotateKeyAnswer, Scope,
};

fn anns() -> KeyHolder {
    KeyHolder::User { user: ann() }
}

async fn known(f: &TenancyFixture, id: ApiKeyId) -> ApiKey {
    f.store.key(&Scope::Everyone, id).await.unwrap().unwrap()
}

async fn rotate(
    f: &TenancyFixture,
    scope: Scope,
    key: ApiKeyId,
    successor: &ApiKey,
    old_ends_at: i64,
) -> RotateKeyAnswer {
    let (successor, old_ends_at) = (successor.clone(), at(old_ends_at));
    let rotation = KeyRotation { key, scope, successor, old_ends_at, open_at_most: 3, at: at(10) };
    f.store.rotate_key(&Change::new(rotation)).await.unwrap()
}

async fn revoke(f: &TenancyFixture, scope: Scope, key: ApiKeyId, seconds: i64) -> RevokeKeyAnswer {
    f.store.revoke_key(&Change::new(KeyRevocation { key, scope, at: at(seconds) })).await.unwrap()
}

/// Another user's key does not exist, and neither does a service's, but for those who reach everything.
pub async fn a_key_is_read_within_its_scope(f: &TenancyFixture) {
    let keys = [key(1, anns()), key(2, KeyHolder::Service)];
    for key in &keys {
        create_key(f, key).await;
    }
    let reach = [(Scope::User(ann()), [true, false]), (Scope::User(bob()), [false, false])];
    for (scope, is_there) in reach.into_iter().chain([(Scope::Everyone, [true, true])]) {
        for (key, is_there) in keys.iter().zip(is_there) {
            let found = f.store.key(&scope, key.id).await.unwrap();
            assert_eq!(found, is_there.then(|| key.clone()), "{scope:?}");
        }
    }
}

/// Pages join without a gap or a double; a stranger's cursor finds nothing; ended keys are listed too.
pub async fn keys_are_listed_newest_first_in_pages(f: &TenancyFixture) {
    create_key(f, &key(99, KeyHolder::Service)).await;
    // Two share each moment: the id decides between them.
    for n in 1..=5 {
        let created_at = at(i64::from(n / 2));
        let ended = (n == 3).then(|| at(9));
        create_key(f, &ApiKey { created_at, revoked_at: ended, expires_at: ended, ..key(n, anns()) }).await;
    }
    let mut seen = Vec::new();
    let mut filter = KeyFilter { scope: Scope::User(ann()), after: None, limit: 2 };
    loop {
        let page = f.store.keys(&filter).await.unwrap();
        seen.extend(page.keys.iter().map(|key| key.id));
        filter.after = page.next;
        if filter.after.is_none() {
            break;
        }
    }
    assert_eq!(seen, [5, 4, 3, 2, 1].map(|n| key(n, anns()).id));
    let strange = KeyFilter { after: Some(key(99, anns()).id), limit: 10, ..filter.clone() };
    assert!(f.store.keys(&strange).await.unwrap().keys.is_empty());
    let everyone = KeyFilter { scope: Scope::Everyone, limit: 10, ..filter };
    assert_eq!(f.store.keys(&everyone).await.unwrap().keys.len(), 6);
}

/// The successor is what the old key was; repeated it is the same one, and a second one is refused.
pub async fn a_rotated_key_has_one_successor_and_ends_after_the_overlap(f: &TenancyFixture) {
    let old = ApiKey { scopes: KeyScopes::NONE.with(KeyScope::Read), ..key(1, anns()) };
    create_key(f, &old).await;
    let (first, second) = (key(2, anns()), key(3, anns()));
    let wanted = ApiKey { created_at: at(10), expires_at: Some(at(900)), replaces: Some(old.id), ..first };
    assert_eq!(rotate(f, Scope::User(bob()), old.id, &wanted, 100).await, RotateKeyAnswer::NotFound);
    assert_eq!(rotate(f, Scope::User(ann()), old.id, &wanted, 100).await, RotateKeyAnswer::Rotated);
    assert_eq!(known(f, old.id).await, ApiKey { expires_at: Some(at(100)), ..old.clone() });
    let successor = ApiKey { scopes: old.scopes, ..wanted.clone() };
    assert_eq!(f.store.key_by_hash(&wanted.hash).await.unwrap(), Some(successor), "of the old one's scopes");
    assert_eq!(rotate(f, Scope::User(ann()), old.id, &wanted, 500).await, RotateKeyAnswer::Rotated);
    assert_eq!(rotate(f, Scope::Everyone, old.id, &second, 500).await, RotateKeyAnswer::Ended);
    assert_eq!(known(f, old.id).await.expires_at, Some(at(100)), "a repeat changes nothing");
    assert_eq!(f.store.key(&Scope::Everyone, second.id).await.unwrap(), None);
}

/// The earlier of the two ends counts.
pub async fn an_overlap_never_lengthens_a_keys_life(f: &TenancyFixture) {
    let old = ApiKey { expires_at: Some(at(50)), ..key(1, KeyHolder::Operator) };
    create_key(f, &old).await;
    let successor = ApiKey { replaces: Some(old.id), ..key(2, KeyHolder::Operator) };
    assert_eq!(rotate(f, Scope::Everyone, old.id, &successor, 100).await, RotateKeyAnswer::Rotated);
    assert_eq!(known(f, old.id).await.expires_at, Some(at(50)));
}

/// Revoked, or expired at the moment of the rotation itself.
pub async fn what_has_ended_is_not_rotated(f: &TenancyFixture) {
    let revoked = ApiKey { revoked_at: Some(at(5)), ..key(1, anns()) };
    let expired = ApiKey { expires_at: Some(at(10)), ..key(2, anns()) };
    for (n, old) in [(3, revoked), (4, expired)] {
        create_key(f, &old).await;
        let successor = ApiKey { replaces: Some(old.id), ..key(n, anns()) };
        assert_eq!(rotate(f, Scope::Everyone, old.id, &successor, 100).await, RotateKeyAnswer::Ended);
        assert_eq!(known(f, old.id).await, old);
        assert_eq!(f.store.key_by_hash(&successor.hash).await.unwrap(), None);
    }
}

/// It keeps the moment at which it was, and the next look at its hash says so.
pub async fn a_revoked_key_is_revoked_once(f: &TenancyFixture) {
    let mine = key(1, anns());
    create_key(f, &mine).await;
    assert_eq!(revoke(f, Scope::User(bob()), mine.id, 5).await, RevokeKeyAnswer::NotFound);
    assert_eq!(f.store.key_by_hash(&mine.hash).await.unwrap(), Some(mine.clone()));
    for seconds in [6, 7] {
        assert_eq!(revoke(f, Scope::User(ann()), mine.id, seconds).await, RevokeKeyAnswer::Revoked);
        let found = f.store.key_by_hash(&mine.hash).await.unwrap();
        assert_eq!(found, Some(ApiKey { revoked_at: Some(at(6)), ..mine.clone() }));
    }
}

/// Earlier and unknown ones change nothing.
pub async fn a_use_is_noted_once_in_a_pause(f: &TenancyFixture) {
    let mine = key(1, anns());
    create_key(f, &mine).await;
    let unknown = key(2, anns()).id;
    for (key, seconds, noted) in [
        (unknown, 1, None),
        (mine.id, 10, Some(10)),
        (mine.id, 69, Some(10)),
        (mine.id, 70, Some(70)),
        (mine.id, 20, Some(70)),
    ] {
        let usage = KeyUse { key, at: at(seconds), pause: chrono::TimeDelta::minutes(1) };
        f.store.note_key_use(&usage).await.unwrap();
        assert_eq!(known(f, mine.id).await.last_used_at, noted.map(at), "at {seconds}");
    }
}

async fn make(f: &TenancyFixture, key: &ApiKey, open_at_most: u32) -> CreateKeyAnswer {
    f.store.create_key(&Change::new(KeyCreation { key: key.clone(), open_at_most })).await.unwrap()
}

/// Ended keys, other users' and services' do not count; a refused key is nowhere; a key that is there is not refused.
pub async fn a_user_has_so_many_open_keys_at_most(f: &TenancyFixture) {
    let new = |n: u8| ApiKey { created_at: at(10), ..key(n, anns()) };
    let ended = [
        ApiKey { revoked_at: Some(at(5)), ..key(1, anns()) },
        ApiKey { expires_at: Some(at(10)), ..key(2, anns()) },
        key(3, KeyHolder::User { user: bob() }),
        key(4, KeyHolder::Service),
    ];
    for key in &ended {
        create_key(f, key).await;
    }
    for n in [5, 6, 7] {
        assert_eq!(make(f, &new(n), 3).await, CreateKeyAnswer::Created, "{n}");
    }
    assert_eq!(make(f, &new(8), 3).await, CreateKeyAnswer::TooMany);
    assert_eq!(f.store.key(&Scope::Everyone, new(8).id).await.unwrap(), None);
    assert_eq!(make(f, &new(7), 3).await, CreateKeyAnswer::Created, "a repeat");
    assert_eq!(make(f, &key(9, KeyHolder::Service), 0).await, CreateKeyAnswer::Created);

    // Rotating leaves one key more behind for its overlap, and no second one.
    let successor = |n: u8, of: u8| ApiKey { replaces: Some(new(of).id), ..new(n) };
    assert_eq!(rotate(f, Scope::Everyone, new(5).id, &successor(10, 5), 100).await, RotateKeyAnswer::Rotated);
    let sixth = known(f, new(6).id).await;
    assert_eq!(rotate(f, Scope::Everyone, sixth.id, &successor(11, 6), 100).await, RotateKeyAnswer::TooMany);
    assert_eq!(known(f, sixth.id).await, sixth, "it stays as it was");
    assert_eq!(revoke(f, Scope::Everyone, new(7).id, 10).await, RevokeKeyAnswer::Revoked);
    assert_eq!(rotate(f, Scope::Everyone, new(6).id, &successor(11, 6), 10).await, RotateKeyAnswer::Rotated);
}

/// Whatever the order in which they arrive, one is the last that fits.
pub async fn of_keys_that_are_made_at_once_no_more_are_added(f: &TenancyFixture) {
    create_key(f, &key(1, anns())).await;
    let keys: Vec<ApiKey> = (2..=9).map(|n| key(n, anns())).collect();
    let mut making = tokio::task::JoinSet::new();
    for key in keys {
        let store = std::sync::Arc::clone(&f.store);
        making.spawn(async move {
            store.create_key(&Change::new(KeyCreation { key, open_at_most: 4 })).await.unwrap()
        });
    }
    let answers = making.join_all().await;
    let created = answers.iter().filter(|answer| **answer == CreateKeyAnswer::Created).count();
    assert_eq!(created, 3, "{answers:?}");
    let everyone = KeyFilter { scope: Scope::Everyone, after: None, limit: 100 };
    assert_eq!(f.store.keys(&everyone).await.unwrap().keys.len(), 4);
}
