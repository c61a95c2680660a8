//! The transitions of keys and members.

use trunkline_domain::{BusinessId, Change, UserId};
use trunkline_persistence::PostgresStore;
use trunkline_provisioning::contract::fixture::ann;
use trunkline_tenancy::{
    ApiKey, ApiKeySecret, Business, BusinessCreation, KeyCreation, KeyHolder, KeyRevocation, KeyRotation,
    KeyScopes, KeyUse, MemberPutting, MemberRemoval, MemberRole, PutMemberAnswer, RemoveMemberAnswer,
    RevokeKeyAnswer, RotateKeyAnswer, Scope, TenancyStore, User, UserCreation,
};

use super::Counter;

pub(super) async fn keys(store: &PostgresStore, c: &mut Counter, n: u16) {
    let at = chrono::DateTime::from_timestamp(1_780_000_000, 0).unwrap();
    let key = |n: u16, replaces| ApiKey {
        id: format!("00000000-0000-4000-8000-00000000{n:04}").parse().unwrap(),
        hash: ApiKeySecret::generate().hash(),
        scopes: KeyScopes::OF_A_USER,
        holder: KeyHolder::User { user: ann() },
        name: None,
        created_at: at,
        expires_at: None,
        last_used_at: None,
        revoked_at: None,
        replaces,
    };
    let old = key(n, None);
    let creation = Change::new(KeyCreation { key: old.clone(), open_at_most: 50 });
    c.once("create_key_2", store.create_key(&creation)).await.unwrap();
    let usage = KeyUse { key: old.id, at, pause: chrono::TimeDelta::minutes(1) };
    c.once("UPDATE trunkline.api_keys", store.note_key_use(&usage)).await.unwrap();
    let successor = key(n + 1, Some(old.id));
    let scope = Scope::User(ann());
    let (scope_of_old, open_at_most) = (scope.clone(), 50);
    let rotation =
        KeyRotation { key: old.id, scope: scope_of_old, successor, old_ends_at: at, open_at_most, at };
    let answer = c.once("rotate_key_2", store.rotate_key(&Change::new(rotation))).await.unwrap();
    assert_eq!(answer, RotateKeyAnswer::Rotated);
    let revocation = KeyRevocation { key: old.id, scope, at };
    let answer = c.once("revoke_key_1", store.revoke_key(&Change::new(revocation))).await.unwrap();
    assert_eq!(answer, RevokeKeyAnswer::Revoked);
}

pub(super) async fn members(store: &PostgresStore, c: &mut Counter, n: u16) {
    let at = chrono::DateTime::from_timestamp(1_780_000_000, 0).unwrap();
    let user = User { id: ann(), email: None, created_at: at };
    store.create_user(&Change::new(UserCreation { user })).await.unwrap();
    let id: BusinessId = format!("00000000-0000-4000-8000-00000001{n:04}").parse().unwrap();
    let (name, owner) = ("Shop".parse().unwrap(), ann());
    let business = Business { id, owner, name, time_zone: None, created_at: at, updated_at: at };
    store.create_business(&Change::new(BusinessCreation { business })).await.unwrap();
    let (owner, member, role) = (ann(), "mia".parse::<UserId>().unwrap(), MemberRole::Viewer);
    let (business, before, at_most) = (id, None, 100);
    let putting =
        MemberPutting { business, owner: owner.clone(), member: member.clone(), before, role, at_most, at };
    let answer = c.once("put_member_1", store.put_member(&Change::new(putting))).await.unwrap();
    assert!(matches!(answer, PutMemberAnswer::Put(_)));
    let removal = MemberRemoval { business, owner, member, before: role };
    let answer = c.once("remove_member_1", store.remove_member(&Change::new(removal))).await.unwrap();
    assert_eq!(answer, RemoveMemberAnswer::Removed);
}
