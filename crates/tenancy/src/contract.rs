//! The contract suites that every [`TenancyStore`] and [`AuditReader`](crate::AuditReader) must pass.
//!
//! ```ignore
//! async fn fixture() -> trunkline_tenancy::contract::TenancyFixture { /* a fresh, empty store */ }
//! trunkline_tenancy::tenancy_store_contract!(fixture);
//! // And, with an `async fn() -> AuditFixture`:
//! trunkline_tenancy::audit_reader_contract!(audit_fixture);
//! ```
//!
//! The macro makes one `#[tokio::test]` of each case, so a failure names what is broken. That a business in use is
//! not deleted needs numbers and orders, which this port does not have: a store tests it beside this suite.

#![expect(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a suite fails by panicking")]

mod audit;
mod keys;
mod members;
mod users;

use std::any::Any;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use trunkline_domain::{ApiKeyId, BusinessId, Change, UserId};

use crate::{
    ApiKey, ApiKeySecret, Business, BusinessCreation, BusinessDeletion, BusinessFilter, BusinessUpdate,
    CreateBusinessAnswer, CreateKeyAnswer, DeleteBusinessAnswer, KeyCreation, KeyHolder, KeyScope, KeyScopes,
    Scope, TenancyStore, UpdateBusinessAnswer, User, UserCreation,
};

pub use audit::{
    AuditFixture, a_history_is_oldest_first, a_line_reads_back_as_it_was_written, an_empty_trail_is_read,
    lines_are_found_by_action_and_by_time, lines_are_found_by_subject_and_by_user,
    lines_are_newest_first_in_pages,
};
pub use keys::{
    a_key_is_read_within_its_scope, a_revoked_key_is_revoked_once,
    a_rotated_key_has_one_successor_and_ends_after_the_overlap, a_use_is_noted_once_in_a_pause,
    a_user_has_so_many_open_keys_at_most, an_overlap_never_lengthens_a_keys_life,
    keys_are_listed_newest_first_in_pages, of_keys_that_are_made_at_once_no_more_are_added,
    what_has_ended_is_not_rotated,
};

pub use members::{
    a_change_of_a_member_that_has_seen_something_else_is_not_made, a_deleted_business_has_no_members_left,
    a_member_is_added_changed_and_removed, memberships_are_listed_latest_first_in_pages,
    of_members_that_are_added_at_once_no_more_are_added, only_the_owners_business_has_members,
    shares_are_those_of_one_owner_with_one_member,
};
pub use users::{
    a_user_is_added_once, users_are_found_by_a_part_of_their_id_or_address, users_are_listed_by_id_in_pages,
};

/// A fresh, empty store.
pub struct TenancyFixture {
    /// The store under test.
    pub store: Arc<dyn TenancyStore>,
    /// Whatever must live as long as the store, such as its folder.
    pub keep: Box<dyn Any + Send + Sync>,
}

/// Makes a test of every case of the suite; `$fixture` names an `async fn() -> TenancyFixture`.
#[macro_export]
macro_rules! tenancy_store_contract {
    ($fixture:path) => {
        $crate::tenancy_store_contract!(@each $fixture,
            a_user_is_added_once,
            users_are_listed_by_id_in_pages,
            users_are_found_by_a_part_of_their_id_or_address,
            a_business_is_added_once,
            a_business_id_belongs_to_one_owner,
            a_business_needs_its_owner,
            a_business_is_read_within_its_scope,
            businesses_are_listed_newest_first_in_pages,
            an_update_changes_what_it_names,
            only_the_owner_changes_and_deletes,
            a_deleted_business_is_gone,
            a_key_is_found_by_its_hash,
            a_key_brings_its_user_along,
            a_repeated_key_stays_as_it_is,
            a_key_is_read_within_its_scope,
            keys_are_listed_newest_first_in_pages,
            a_rotated_key_has_one_successor_and_ends_after_the_overlap,
            an_overlap_never_lengthens_a_keys_life,
            what_has_ended_is_not_rotated,
            a_revoked_key_is_revoked_once,
            a_use_is_noted_once_in_a_pause,
            a_user_has_so_many_open_keys_at_most,
            of_keys_that_are_made_at_once_no_more_are_added,
            a_member_is_added_changed_and_removed,
            a_change_of_a_member_that_has_seen_something_else_is_not_made,
            only_the_owners_business_has_members,
            a_deleted_business_has_no_members_left,
            shares_are_those_of_one_owner_with_one_member,
            memberships_are_listed_latest_first_in_pages,
            of_members_that_are_added_at_once_no_more_are_added,
        );
    };
    (@each $fixture:path, $($case:ident),+ $(,)?) => {
        $(
            #[tokio::test]
            async fn $case() {
                $crate::contract::$case(&$fixture().await).await;
            }
        )+
    };
}

/// Makes a test of every case of the audit trail's suite; `$fixture` names an `async fn() -> AuditFixture`.
#[macro_export]
macro_rules! audit_reader_contract {
    ($fixture:path) => {
        $crate::tenancy_store_contract!(@each $fixture,
            an_empty_trail_is_read,
            a_line_reads_back_as_it_was_written,
            lines_are_newest_first_in_pages,
            lines_are_found_by_subject_and_by_user,
            lines_are_found_by_action_and_by_time,
            a_history_is_oldest_first,
        );
    };
}

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_780_000_000, 500_000).unwrap() + TimeDelta::seconds(seconds)
}

fn ann() -> UserId {
    "ann".parse().unwrap()
}

fn bob() -> UserId {
    "bob".parse().unwrap()
}

fn business_id(n: u8) -> BusinessId {
    format!("00000000-0000-4000-8000-0000000000{n:02x}").parse().unwrap()
}

fn business(n: u8, owner: &UserId, seconds: i64) -> Business {
    Business {
        id: business_id(n),
        owner: owner.clone(),
        name: format!("Shop {n}").parse().unwrap(),
        time_zone: Some("Europe/London".parse().unwrap()),
        created_at: at(seconds),
        updated_at: at(seconds),
    }
}

fn key(n: u8, holder: KeyHolder) -> ApiKey {
    let id: ApiKeyId = format!("00000000-0000-4000-8000-0000000000{n:02x}").parse().unwrap();
    let hash = ApiKeySecret::generate().hash();
    ApiKey {
        id,
        hash,
        scopes: holder.scopes(),
        holder,
        name: Some("laptop".to_owned()),
        created_at: at(0),
        expires_at: None,
        last_used_at: None,
        revoked_at: None,
        replaces: None,
    }
}

async fn add_user(f: &TenancyFixture, id: &UserId) -> User {
    let user = User { id: id.clone(), email: Some("a@example.com".parse().unwrap()), created_at: at(0) };
    f.store.create_user(&Change::new(UserCreation { user: user.clone() })).await.unwrap();
    user
}

async fn create(f: &TenancyFixture, business: &Business) -> CreateBusinessAnswer {
    f.store.create_business(&Change::new(BusinessCreation { business: business.clone() })).await.unwrap()
}

async fn delete(f: &TenancyFixture, business: BusinessId, owner: &UserId) -> DeleteBusinessAnswer {
    let deletion = BusinessDeletion { business, owner: owner.clone(), at: at(9) };
    f.store.delete_business(&Change::new(deletion)).await.unwrap()
}

async fn create_key(f: &TenancyFixture, key: &ApiKey) {
    let creation = KeyCreation { key: key.clone(), open_at_most: 50 };
    assert_eq!(f.store.create_key(&Change::new(creation)).await.unwrap(), CreateKeyAnswer::Created);
}

/// A second one with the id and the owner finds the first, as it is.
pub async fn a_business_is_added_once(f: &TenancyFixture) {
    add_user(f, &ann()).await;
    let first = business(1, &ann(), 0);
    assert_eq!(create(f, &first).await, CreateBusinessAnswer::Created(first.clone()));
    assert_eq!(create(f, &first).await, CreateBusinessAnswer::Exists(first.clone()));
    let renamed = Business { name: "Other".parse().unwrap(), time_zone: None, ..first.clone() };
    assert_eq!(create(f, &renamed).await, CreateBusinessAnswer::Exists(first.clone()));
    assert_eq!(f.store.business(&Scope::Everyone, first.id).await.unwrap(), Some(first));
}

/// An id that somebody else brought is taken.
pub async fn a_business_id_belongs_to_one_owner(f: &TenancyFixture) {
    add_user(f, &ann()).await;
    add_user(f, &bob()).await;
    create(f, &business(1, &ann(), 0)).await;
    assert_eq!(create(f, &business(1, &bob(), 0)).await, CreateBusinessAnswer::IdTaken);
}

/// No business of nobody.
pub async fn a_business_needs_its_owner(f: &TenancyFixture) {
    assert_eq!(create(f, &business(1, &ann(), 0)).await, CreateBusinessAnswer::OwnerNotFound);
    assert_eq!(f.store.business(&Scope::Everyone, business_id(1)).await.unwrap(), None);
}

/// Another user's business does not exist.
pub async fn a_business_is_read_within_its_scope(f: &TenancyFixture) {
    add_user(f, &ann()).await;
    let mine = business(1, &ann(), 0);
    create(f, &mine).await;
    let scopes = [(Scope::User(ann()), true), (Scope::User(bob()), false), (Scope::Everyone, true)];
    for (scope, is_there) in scopes {
        let found = f.store.business(&scope, mine.id).await.unwrap();
        assert_eq!(found, is_there.then(|| mine.clone()), "{scope:?}");
        let filter = BusinessFilter { scope, only: None, after: None, limit: 10 };
        let page = f.store.businesses(&filter).await.unwrap();
        assert_eq!(page.businesses.len(), usize::from(is_there));
    }
    assert_eq!(f.store.owner_of_business(mine.id).await.unwrap(), Some(ann()));
    assert_eq!(f.store.owner_of_business(business_id(2)).await.unwrap(), None);
}

/// Pages join without a gap or a double; a stranger's cursor finds nothing.
pub async fn businesses_are_listed_newest_first_in_pages(f: &TenancyFixture) {
    add_user(f, &ann()).await;
    add_user(f, &bob()).await;
    create(f, &business(99, &bob(), 0)).await;
    // Two share each moment: the id decides between them.
    for n in 1..=5 {
        create(f, &business(n, &ann(), i64::from(n / 2))).await;
    }
    let mut seen = Vec::new();
    let mut filter = BusinessFilter { scope: Scope::User(ann()), only: None, after: None, limit: 2 };
    loop {
        let page = f.store.businesses(&filter).await.unwrap();
        seen.extend(page.businesses.iter().map(|business| business.id));
        filter.after = page.next;
        if filter.after.is_none() {
            break;
        }
    }
    assert_eq!(seen, [5, 4, 3, 2, 1].map(business_id));
    let strange = BusinessFilter { after: Some(business_id(99)), limit: 10, ..filter.clone() };
    assert!(f.store.businesses(&strange).await.unwrap().businesses.is_empty());

    // Some of them alone: whose they are counts as before, and so does a cursor outside of them.
    let some = vec![business_id(4), business_id(2), business_id(99)];
    let some = BusinessFilter { only: Some(some), after: None, limit: 10, ..filter };
    let page = f.store.businesses(&some).await.unwrap();
    let found: Vec<BusinessId> = page.businesses.iter().map(|business| business.id).collect();
    assert_eq!(found, [4, 2].map(business_id));
    let outside = BusinessFilter { after: Some(business_id(3)), ..some.clone() };
    assert!(f.store.businesses(&outside).await.unwrap().businesses.is_empty());
    let none = BusinessFilter { only: Some(Vec::new()), ..some };
    assert!(f.store.businesses(&none).await.unwrap().businesses.is_empty());
}

/// The rest stays; a time zone can be cleared.
pub async fn an_update_changes_what_it_names(f: &TenancyFixture) {
    add_user(f, &ann()).await;
    let before = business(1, &ann(), 0);
    create(f, &before).await;
    let (business, owner) = (before.id, ann());
    let name = Some("Corner Bakery".parse().unwrap());
    let rename = BusinessUpdate { business, owner: owner.clone(), name, time_zone: None, at: at(5) };
    let renamed = Business { name: "Corner Bakery".parse().unwrap(), updated_at: at(5), ..before };
    let answer = f.store.update_business(&Change::new(rename)).await.unwrap();
    assert_eq!(answer, UpdateBusinessAnswer::Updated(renamed.clone()));
    let clear = BusinessUpdate { business, owner, name: None, time_zone: Some(None), at: at(6) };
    let cleared = Business { time_zone: None, updated_at: at(6), ..renamed };
    let answer = f.store.update_business(&Change::new(clear)).await.unwrap();
    assert_eq!(answer, UpdateBusinessAnswer::Updated(cleared.clone()));
    assert_eq!(f.store.business(&Scope::Everyone, business).await.unwrap(), Some(cleared));
}

/// To anybody else it does not exist.
pub async fn only_the_owner_changes_and_deletes(f: &TenancyFixture) {
    add_user(f, &ann()).await;
    add_user(f, &bob()).await;
    let mine = business(1, &ann(), 0);
    create(f, &mine).await;
    let name = Some("Mine now".parse().unwrap());
    let update = BusinessUpdate { business: mine.id, owner: bob(), name, time_zone: None, at: at(5) };
    let answer = f.store.update_business(&Change::new(update)).await.unwrap();
    assert_eq!(answer, UpdateBusinessAnswer::NotFound);
    assert_eq!(delete(f, mine.id, &bob()).await, DeleteBusinessAnswer::NotFound);
    assert_eq!(f.store.business(&Scope::Everyone, mine.id).await.unwrap(), Some(mine));
}

/// And its id can be used again.
pub async fn a_deleted_business_is_gone(f: &TenancyFixture) {
    add_user(f, &ann()).await;
    let mine = business(1, &ann(), 0);
    create(f, &mine).await;
    assert_eq!(delete(f, mine.id, &ann()).await, DeleteBusinessAnswer::Deleted);
    assert_eq!(f.store.business(&Scope::Everyone, mine.id).await.unwrap(), None);
    assert_eq!(delete(f, mine.id, &ann()).await, DeleteBusinessAnswer::NotFound);
    assert_eq!(create(f, &mine).await, CreateBusinessAnswer::Created(mine));
}

/// With all its parts, revoked or not.
pub async fn a_key_is_found_by_its_hash(f: &TenancyFixture) {
    add_user(f, &ann()).await;
    let keys = [
        key(1, KeyHolder::User { user: ann() }),
        key(2, KeyHolder::Service),
        ApiKey { name: None, revoked_at: Some(at(7)), ..key(3, KeyHolder::Operator) },
        ApiKey {
            scopes: KeyScopes::NONE.with(KeyScope::Trade).with(KeyScope::Read),
            expires_at: Some(at(60)),
            ..key(4, KeyHolder::User { user: ann() })
        },
    ];
    for key in &keys {
        create_key(f, key).await;
        assert_eq!(f.store.key_by_hash(&key.hash).await.unwrap().as_ref(), Some(key));
    }
    assert_eq!(f.store.key_by_hash(&ApiKeySecret::generate().hash()).await.unwrap(), None);
}

/// The first key of an empty database has a user to belong to.
pub async fn a_key_brings_its_user_along(f: &TenancyFixture) {
    create_key(f, &key(1, KeyHolder::User { user: ann() })).await;
    let user = f.store.user(&ann()).await.unwrap();
    assert_eq!(user, Some(User { id: ann(), email: None, created_at: at(0) }));
    let known = add_user(f, &bob()).await;
    create_key(f, &key(2, KeyHolder::User { user: bob() })).await;
    assert_eq!(f.store.user(&bob()).await.unwrap(), Some(known), "who is there stays as they are");
}

/// A key with an id that exists changes nothing.
pub async fn a_repeated_key_stays_as_it_is(f: &TenancyFixture) {
    let first = key(1, KeyHolder::Service);
    create_key(f, &first).await;
    create_key(f, &first).await;
    let other = key(1, KeyHolder::Operator);
    create_key(f, &other).await;
    assert_eq!(f.store.key_by_hash(&first.hash).await.unwrap(), Some(first));
    assert_eq!(f.store.key_by_hash(&other.hash).await.unwrap(), None);
}
