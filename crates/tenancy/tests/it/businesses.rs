//! Adding, changing and deleting businesses.

use rstest::rstest;
use serde_json::json;
use trunkline_domain::BusinessId;
use trunkline_tenancy::{
    AddBusinessCommand, Business, BusinessError, BusinessFilter, BusinessPage, ChangeBusinessCommand,
    CreateBusinessAnswer, DeleteBusinessAnswer, DeleteBusinessCommand, MockTenancyStore, Scope,
    UpdateBusinessAnswer,
};
use uuid::Uuid;

use crate::world::{maria, noon, origin, tenancy, unavailable, unknown};

fn bakery() -> BusinessId {
    BusinessId::from_uuid(Uuid::from_u64_pair(9, 9))
}

fn adding(id: Option<BusinessId>) -> AddBusinessCommand {
    AddBusinessCommand {
        id,
        owner: maria(),
        name: "Corner Bakery".parse().unwrap(),
        time_zone: Some("Europe/Lisbon".parse().unwrap()),
        origin: origin(),
    }
}

#[tokio::test]
async fn a_business_keeps_the_id_that_its_owner_brings() {
    let mut store = MockTenancyStore::new();
    store.expect_create_business().times(1).return_once(|change| {
        assert_eq!(
            (change.events[0].kind.as_str(), change.audit[0].action.as_str()),
            ("business.created", "business.create")
        );
        assert_eq!(change.audit[0].user, Some(maria()));
        let after = json!({ "name": "Corner Bakery", "timeZone": "Europe/Lisbon" });
        assert_eq!(change.audit[0].details, json!({ "after": after }));
        Ok(CreateBusinessAnswer::Created(change.body.business.clone()))
    });
    let added = tenancy(store).add_business(adding(Some(bakery()))).await.unwrap();
    assert_eq!((added.value.id, added.repeated), (bakery(), false));
    assert_eq!((added.value.owner, added.value.created_at), (maria(), noon()));
}

#[tokio::test]
async fn a_business_without_an_id_keeps_its_new_one_through_a_repeat() {
    let mut store = MockTenancyStore::new();
    store.expect_create_business().times(1).return_once(|_| Err(unknown()));
    store
        .expect_create_business()
        .times(1)
        .return_once(|change| Ok(CreateBusinessAnswer::Exists(change.body.business.clone())));
    let added = tenancy(store).add_business(adding(None)).await.unwrap();
    assert_eq!(added.value.id, BusinessId::from_uuid(Uuid::from_u64_pair(0, 1)));
}

#[tokio::test]
async fn repeats_are_bounded() {
    let mut store = MockTenancyStore::new();
    store.expect_create_business().times(3).returning(|_| Err(unknown()));
    assert!(matches!(tenancy(store).add_business(adding(None)).await, Err(BusinessError::Store(_))));

    let mut store = MockTenancyStore::new();
    store.expect_create_business().times(1).return_once(|_| Err(unavailable()));
    assert!(matches!(tenancy(store).add_business(adding(None)).await, Err(BusinessError::Store(_))));
}

#[tokio::test]
async fn refusals_keep_their_meaning() {
    let mut store = MockTenancyStore::new();
    store.expect_create_business().times(1).return_once(|_| Ok(CreateBusinessAnswer::IdTaken));
    store.expect_create_business().times(1).return_once(|_| Ok(CreateBusinessAnswer::OwnerNotFound));
    let tenancy = tenancy(store);
    assert!(matches!(tenancy.add_business(adding(Some(bakery()))).await, Err(BusinessError::IdTaken)));
    assert!(matches!(tenancy.add_business(adding(None)).await, Err(BusinessError::OwnerNotFound)));
}

fn stored() -> Business {
    let AddBusinessCommand { owner, name, time_zone, .. } = adding(None);
    Business { id: bakery(), owner, name, time_zone, created_at: noon(), updated_at: noon() }
}

/// Maria's bakery is there, and nobody else's.
fn with_the_bakery() -> MockTenancyStore {
    let mut store = MockTenancyStore::new();
    store.expect_business().times(1).returning(|scope, id| {
        let hers = *scope == Scope::User(maria()) && id == bakery();
        Ok(hers.then(stored))
    });
    store
}

#[tokio::test]
async fn a_change_says_only_what_changes() {
    let mut store = with_the_bakery();
    store.expect_update_business().times(1).return_once(|change| {
        assert_eq!((change.body.business, &change.body.owner), (bakery(), &maria()));
        assert_eq!((&change.body.name, change.body.time_zone), (&None, Some(None)));
        let before = json!({ "name": "Corner Bakery", "timeZone": "Europe/Lisbon" });
        let after = json!({ "name": "Corner Bakery", "timeZone": null });
        assert_eq!(change.audit[0].details, json!({ "before": before, "after": after }));
        Ok(UpdateBusinessAnswer::NotFound)
    });
    let command = ChangeBusinessCommand {
        business: bakery(),
        owner: maria(),
        name: None,
        time_zone: Some(None),
        origin: origin(),
    };
    assert!(matches!(tenancy(store).change_business(command).await, Err(BusinessError::NotFound)));
}

#[rstest]
#[case(DeleteBusinessAnswer::Deleted, "deleted")]
#[case(DeleteBusinessAnswer::NotFound, "no such business")]
#[case(DeleteBusinessAnswer::InUse, "the business has live numbers or open orders")]
#[tokio::test]
async fn a_business_in_use_stays(#[case] answer: DeleteBusinessAnswer, #[case] words: &str) {
    let mut store = with_the_bakery();
    store.expect_delete_business().times(1).return_once(move |change| {
        let before = json!({ "name": "Corner Bakery", "timeZone": "Europe/Lisbon" });
        assert_eq!(change.audit[0].details, json!({ "before": before }));
        Ok(answer)
    });
    let command = DeleteBusinessCommand { business: bakery(), owner: maria(), origin: origin() };
    let end = tenancy(store).delete_business(command).await;
    assert_eq!(end.map_or_else(|error| error.to_string(), |()| "deleted".to_owned()), words);
}

#[tokio::test]
async fn a_business_that_is_not_theirs_is_neither_changed_nor_deleted() {
    let mut store = MockTenancyStore::new();
    store.expect_business().times(2).returning(|_, _| Ok(None));
    let tenancy = tenancy(store);
    let (business, owner, origin) = (bakery(), maria(), origin());
    let deletion = DeleteBusinessCommand { business, owner: owner.clone(), origin: origin.clone() };
    assert!(matches!(tenancy.delete_business(deletion).await, Err(BusinessError::NotFound)));
    let change = ChangeBusinessCommand { business, owner, name: None, time_zone: None, origin };
    assert!(matches!(tenancy.change_business(change).await, Err(BusinessError::NotFound)));
}

#[tokio::test]
async fn pages_are_bounded() {
    let mut store = MockTenancyStore::new();
    store.expect_businesses().times(1).return_once(|filter| {
        assert_eq!(filter.limit, 100);
        Ok(BusinessPage { businesses: Vec::new(), next: None })
    });
    let filter = BusinessFilter { scope: Scope::Everyone, only: None, after: None, limit: 5_000 };
    tenancy(store).businesses(&filter).await.unwrap();
}
