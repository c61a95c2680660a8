//! Adding, changing and removing members.

use serde_json::json;
use trunkline_domain::{BusinessId, UserId};
use trunkline_tenancy::{
    Member, MemberError, MemberRole, MockTenancyStore, PutMemberAnswer, PutMemberCommand, RemoveMemberAnswer,
    RemoveMemberCommand, Tenancy,
};
use uuid::Uuid;

use crate::world::{maria, noon, origin, tenancy, unknown};

const BAKERY: BusinessId = BusinessId::from_uuid(Uuid::from_u128(7));

fn ben() -> UserId {
    "ben".parse().unwrap()
}

fn member(role: MemberRole) -> Member {
    Member { user: ben(), role, added_at: noon() }
}

fn putting(member: UserId, role: MemberRole) -> PutMemberCommand {
    PutMemberCommand { business: BAKERY, owner: maria(), member, role, origin: origin() }
}

fn removing(member: UserId) -> RemoveMemberCommand {
    RemoveMemberCommand { business: BAKERY, owner: maria(), member, origin: origin() }
}

/// A store in which Ben is a member as this, or none.
fn with_ben(role: Option<MemberRole>) -> MockTenancyStore {
    let mut store = MockTenancyStore::new();
    store.expect_members().returning(move |owner, business| {
        assert_eq!((owner, business), (&maria(), BAKERY));
        Ok(Vec::from_iter(role.map(member)))
    });
    store
}

#[tokio::test]
async fn a_new_member_is_told_of_and_an_old_one_changed() {
    for (before, kind, action, repeated) in [
        (None, "member.added", "member.add", false),
        (Some(MemberRole::Viewer), "member.changed", "member.change", true),
    ] {
        let mut store = with_ben(before);
        store.expect_put_member().times(1).return_once(move |change| {
            let (event, line) = (&change.events[0], &change.audit[0]);
            assert_eq!((event.kind.as_str(), &event.user), (kind, &maria()));
            assert_eq!((line.action.as_str(), &line.user), (action, &Some(maria())));
            assert_eq!(line.subject, BAKERY.to_string());
            let expected = json!({ "member": "ben", "role": { "before": before, "after": "manager" } });
            assert_eq!(line.details, expected);
            assert_eq!((change.body.before, change.body.at_most), (before, Tenancy::MEMBERS_MAX));
            Ok(PutMemberAnswer::Put(member(MemberRole::Manager)))
        });
        let put = tenancy(store).put_member(putting(ben(), MemberRole::Manager)).await.unwrap();
        assert_eq!((put.value.role, put.repeated), (MemberRole::Manager, repeated));
    }
}

#[tokio::test]
async fn whoever_has_the_role_already_keeps_it_without_a_line() {
    let store = with_ben(Some(MemberRole::Viewer));
    let put = tenancy(store).put_member(putting(ben(), MemberRole::Viewer)).await.unwrap();
    assert!(put.repeated);
}

#[tokio::test]
async fn an_owner_is_neither_made_a_member_nor_removed() {
    let tenancy = tenancy(MockTenancyStore::new());
    let put = tenancy.put_member(putting(maria(), MemberRole::Viewer)).await;
    assert!(matches!(put, Err(MemberError::Owner)));
    assert!(matches!(tenancy.remove_member(removing(maria())).await, Err(MemberError::Owner)));
}

#[tokio::test]
async fn refusals_keep_their_meaning() {
    for (answer, words) in [
        (PutMemberAnswer::TooMany, "this business has 100 members, which is the most; remove one first"),
        (PutMemberAnswer::NotFound, "no such business"),
        (PutMemberAnswer::Stale, "somebody else changes this member at this moment"),
    ] {
        let mut store = with_ben(None);
        store.expect_put_member().returning(move |_| Ok(answer.clone()));
        let put = tenancy(store).put_member(putting(ben(), MemberRole::Viewer)).await;
        assert_eq!(put.unwrap_err().to_string(), words);
    }
    let gone = tenancy(with_ben(None)).remove_member(removing(ben())).await;
    assert!(matches!(gone, Err(MemberError::NotFound)));
}

/// What somebody else has changed meanwhile is seen anew, and the line says what was changed in the end.
#[tokio::test]
async fn a_change_that_has_seen_something_else_is_made_anew() {
    let mut store = MockTenancyStore::new();
    store.expect_members().times(1).return_once(|_, _| Ok(vec![member(MemberRole::Viewer)]));
    store.expect_remove_member().times(1).return_once(|_| Ok(RemoveMemberAnswer::Stale));
    store.expect_members().times(1).return_once(|_, _| Ok(vec![member(MemberRole::Manager)]));
    store.expect_remove_member().times(1).return_once(|_| Err(unknown()));
    store.expect_remove_member().times(1).return_once(|change| {
        assert_eq!(change.audit[0].details["role"], json!({ "before": "manager", "after": null }));
        assert_eq!(
            (change.body.before, change.events[0].kind.as_str()),
            (MemberRole::Manager, "member.removed")
        );
        Ok(RemoveMemberAnswer::Removed)
    });
    tenancy(store).remove_member(removing(ben())).await.unwrap();
}
