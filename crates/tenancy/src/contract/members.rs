//! Members: the cases of the suite.

use std::sync::atomic::{AtomicU64, Ordering};

use trunkline_domain::{BusinessId, Change, Event, EventId, Origin, UserId};

use super::{TenancyFixture, add_user, ann, at, bob, business, business_id, create, delete};
use crate::{
    DeleteBusinessAnswer, Member, MemberPutting, MemberRemoval, MemberRole, Membership, MembershipFilter,
    PutMemberAnswer, RemoveMemberAnswer, Share,
};

const MANAGER: MemberRole = MemberRole::Manager;
const VIEWER: MemberRole = MemberRole::Viewer;

fn user(name: &str) -> UserId {
    name.parse().unwrap()
}

/// With an event of its own, as every change comes, so that a repeat is known from another one.
fn told<T>(body: T) -> Change<T> {
    static LAST: AtomicU64 = AtomicU64::new(0);
    let n = LAST.fetch_add(1, Ordering::Relaxed);
    let id: EventId = format!("00000000-0000-4000-9000-{n:012x}").parse().unwrap();
    let data = serde_json::Value::Null;
    let event = Event {
        id,
        kind: "member.changed".to_owned(),
        user: ann(),
        subject: "b".to_owned(),
        at: at(0),
        data,
    };
    Change::new(body).event(event).audit(Origin::system().audit("member.change", "b", Some(&ann()), at(0)))
}

fn putting(n: u8, member: &str, before: Option<MemberRole>, role: MemberRole) -> MemberPutting {
    let (business, member) = (business_id(n), user(member));
    MemberPutting { business, owner: ann(), member, before, role, at_most: 100, at: at(n.into()) }
}

async fn put(f: &TenancyFixture, putting: MemberPutting) -> PutMemberAnswer {
    f.store.put_member(&told(putting)).await.unwrap()
}

async fn add(f: &TenancyFixture, n: u8, member: &str, role: MemberRole) {
    let added = Member { user: user(member), role, added_at: at(n.into()) };
    assert_eq!(put(f, putting(n, member, None, role)).await, PutMemberAnswer::Put(added));
}

async fn remove(f: &TenancyFixture, owner: UserId, member: &str, before: MemberRole) -> RemoveMemberAnswer {
    let removal = MemberRemoval { business: business_id(1), owner, member: user(member), before };
    f.store.remove_member(&told(removal)).await.unwrap()
}

async fn members(f: &TenancyFixture, n: u8) -> Vec<(String, MemberRole)> {
    let members = f.store.members(&ann(), business_id(n)).await.unwrap();
    members.into_iter().map(|member| (member.user.to_string(), member.role)).collect()
}

/// Ann has two businesses, and Bob has one.
async fn with_businesses(f: &TenancyFixture) {
    add_user(f, &ann()).await;
    add_user(f, &bob()).await;
    for (n, owner) in [(1, ann()), (2, ann()), (3, bob())] {
        create(f, &business(n, &owner, 0)).await;
    }
}

/// Nobody need be a user to be a member; each change holds once, however often it is asked for.
pub async fn a_member_is_added_changed_and_removed(f: &TenancyFixture) {
    with_businesses(f).await;
    add(f, 1, "zoe", VIEWER).await;
    let first = told(putting(1, "mia", None, VIEWER));
    let mia = Member { user: user("mia"), role: VIEWER, added_at: at(1) };
    for _ in 0..2 {
        assert_eq!(f.store.put_member(&first).await.unwrap(), PutMemberAnswer::Put(mia.clone()));
    }
    let promotion = MemberPutting { at: at(9), ..putting(1, "mia", Some(VIEWER), MANAGER) };
    let mia = Member { role: MANAGER, ..mia };
    assert_eq!(put(f, promotion).await, PutMemberAnswer::Put(mia.clone()), "added when they were");
    assert_eq!(f.store.put_member(&first).await.unwrap(), PutMemberAnswer::Put(mia), "as they are now");
    // Added in the same moment: by their names.
    assert_eq!(members(f, 1).await, [("mia".to_owned(), MANAGER), ("zoe".to_owned(), VIEWER)]);

    let removal =
        MemberRemoval { business: business_id(1), owner: ann(), member: user("mia"), before: MANAGER };
    let removal = told(removal);
    for _ in 0..2 {
        assert_eq!(f.store.remove_member(&removal).await.unwrap(), RemoveMemberAnswer::Removed);
    }
    assert_eq!(members(f, 1).await, [("zoe".to_owned(), VIEWER)]);
    assert_eq!(f.store.put_member(&first).await.unwrap(), PutMemberAnswer::Stale, "it brings nobody back");
    add(f, 1, "mia", VIEWER).await;
    assert_eq!(
        f.store.remove_member(&removal).await.unwrap(),
        RemoveMemberAnswer::Removed,
        "that one is over"
    );
    assert_eq!(members(f, 1).await.len(), 2, "and takes nobody away who came back");
}

/// Its audit line would say what was not so.
pub async fn a_change_of_a_member_that_has_seen_something_else_is_not_made(f: &TenancyFixture) {
    with_businesses(f).await;
    add(f, 1, "mia", VIEWER).await;
    for before in [None, Some(MANAGER)] {
        assert_eq!(put(f, putting(1, "mia", before, MANAGER)).await, PutMemberAnswer::Stale);
    }
    assert_eq!(put(f, putting(1, "tom", Some(VIEWER), MANAGER)).await, PutMemberAnswer::Stale);
    assert_eq!(remove(f, ann(), "mia", MANAGER).await, RemoveMemberAnswer::Stale);
    assert_eq!(remove(f, ann(), "tom", VIEWER).await, RemoveMemberAnswer::Stale);
    assert_eq!(members(f, 1).await, [("mia".to_owned(), VIEWER)]);
}

/// Somebody else's business does not exist, with or without members.
pub async fn only_the_owners_business_has_members(f: &TenancyFixture) {
    with_businesses(f).await;
    add(f, 1, "mia", VIEWER).await;
    assert_eq!(put(f, putting(3, "mia", None, VIEWER)).await, PutMemberAnswer::NotFound, "Bob's");
    assert_eq!(put(f, putting(9, "mia", None, VIEWER)).await, PutMemberAnswer::NotFound, "nobody's");
    assert_eq!(remove(f, bob(), "mia", VIEWER).await, RemoveMemberAnswer::NotFound);
    assert_eq!(f.store.members(&bob(), business_id(1)).await.unwrap(), []);
    assert_eq!(members(f, 3).await, []);
    assert_eq!(members(f, 1).await.len(), 1);
}

/// Also where somebody else uses its id again.
pub async fn a_deleted_business_has_no_members_left(f: &TenancyFixture) {
    with_businesses(f).await;
    add(f, 1, "mia", MANAGER).await;
    add(f, 2, "mia", VIEWER).await;
    assert_eq!(delete(f, business_id(1), &ann()).await, DeleteBusinessAnswer::Deleted);
    let left = [Share { business: business_id(2), role: VIEWER }];
    assert_eq!(f.store.shares(&ann(), &user("mia")).await.unwrap(), left);
    create(f, &business(1, &bob(), 5)).await;
    assert_eq!(f.store.shares(&bob(), &user("mia")).await.unwrap(), []);
    assert_eq!(f.store.members(&bob(), business_id(1)).await.unwrap(), []);
}

/// Neither another owner's nor another member's.
pub async fn shares_are_those_of_one_owner_with_one_member(f: &TenancyFixture) {
    with_businesses(f).await;
    add(f, 2, "mia", VIEWER).await;
    add(f, 1, "mia", MANAGER).await;
    add(f, 1, "tom", VIEWER).await;
    assert_eq!(put(f, MemberPutting { owner: bob(), ..putting(3, "mia", None, VIEWER) }).await, {
        PutMemberAnswer::Put(Member { user: user("mia"), role: VIEWER, added_at: at(3) })
    });
    let share = |n: u8, role| Share { business: business_id(n), role };
    let shares = async |owner: &UserId, member: &str| f.store.shares(owner, &user(member)).await.unwrap();
    assert_eq!(shares(&ann(), "mia").await, [share(1, MANAGER), share(2, VIEWER)]);
    assert_eq!(shares(&ann(), "tom").await, [share(1, VIEWER)]);
    assert_eq!(shares(&bob(), "mia").await, [share(3, VIEWER)]);
    assert_eq!(shares(&bob(), "tom").await, []);
    assert_eq!(shares(&ann(), "ann").await, [], "an owner is no member");
}

/// Pages join without a gap or a double; where somebody is no member there is no place in their list.
pub async fn memberships_are_listed_latest_first_in_pages(f: &TenancyFixture) {
    with_businesses(f).await;
    create(f, &business(4, &ann(), 0)).await;
    // Two share a moment: the id decides between them.
    for (n, seconds, role) in [(1, 5, VIEWER), (2, 7, MANAGER), (4, 5, VIEWER)] {
        put(f, MemberPutting { at: at(seconds), ..putting(n, "mia", None, role) }).await;
    }
    add(f, 1, "tom", MANAGER).await;
    let mut seen: Vec<BusinessId> = Vec::new();
    let mut filter = MembershipFilter { member: user("mia"), after: None, limit: 2 };
    loop {
        let page = f.store.memberships(&filter).await.unwrap();
        seen.extend(page.memberships.iter().map(|membership| membership.business));
        filter.after = page.next;
        if filter.after.is_none() {
            break;
        }
    }
    assert_eq!(seen, [2, 4, 1].map(business_id));
    let strange = MembershipFilter { after: Some(business_id(3)), ..filter };
    assert!(f.store.memberships(&strange).await.unwrap().memberships.is_empty());
    let toms = MembershipFilter { member: user("tom"), after: None, limit: 10 };
    let expected = Membership {
        business: business_id(1),
        name: "Shop 1".parse().unwrap(),
        owner: ann(),
        role: MANAGER,
        added_at: at(1),
    };
    assert_eq!(f.store.memberships(&toms).await.unwrap().memberships, [expected]);
}

/// Whatever the order in which they arrive, one is the last that fits; who is there already needs no room.
pub async fn of_members_that_are_added_at_once_no_more_are_added(f: &TenancyFixture) {
    with_businesses(f).await;
    add(f, 2, "mia", VIEWER).await;
    let mut adding = tokio::task::JoinSet::new();
    for n in 0..8 {
        let store = std::sync::Arc::clone(&f.store);
        let change = told(MemberPutting { at_most: 3, ..putting(1, &format!("member{n}"), None, VIEWER) });
        adding.spawn(async move { store.put_member(&change).await.unwrap() });
    }
    let answers = adding.join_all().await;
    let added = answers.iter().filter(|answer| matches!(answer, PutMemberAnswer::Put(_))).count();
    assert_eq!((added, members(f, 1).await.len()), (3, 3), "{answers:?}");
    assert!(answers.iter().all(|a| matches!(a, PutMemberAnswer::Put(_) | PutMemberAnswer::TooMany)));
    let known = members(f, 1).await[0].0.clone();
    let change = MemberPutting { at_most: 1, ..putting(1, &known, Some(VIEWER), MANAGER) };
    assert!(matches!(put(f, change).await, PutMemberAnswer::Put(_)));
}
