//! How far a member reaches: with whose things, in which businesses, and where not at all.

use std::future::ready;

use rstest::rstest;
use trunkline_domain::{ApiKeyId, BusinessId, UserId};
use trunkline_tenancy::{
    ActingError, Action, Denial, KeyScopes, MemberRole, MockTenancyStore, Naming, Place, Principal,
    PrincipalKind, Reach, Role, Share, Tenancy,
};
use uuid::Uuid;

use crate::world::{maria, tenancy, unavailable, user};

const MANAGER: MemberRole = MemberRole::Manager;
const VIEWER: MemberRole = MemberRole::Viewer;
const KEY: ApiKeyId = ApiKeyId::from_uuid(Uuid::nil());

fn ben() -> UserId {
    "ben".parse().unwrap()
}

fn shop(n: u128) -> BusinessId {
    BusinessId::from_uuid(Uuid::from_u128(n))
}

fn share(n: u128, role: MemberRole) -> Share {
    Share { business: shop(n), role }
}

/// In two of Maria's businesses Ben is a member: he manages the first and looks at the second. In the third he is nothing.
fn shared() -> Tenancy {
    let mut store = MockTenancyStore::new();
    store.expect_user().returning(|id| Ok((*id != maria()).then(|| user(id.clone()))));
    store.expect_shares().returning(|owner, member| {
        let theirs = *owner == maria() && *member == ben();
        Ok(if theirs { vec![share(1, MANAGER), share(2, VIEWER)] } else { Vec::new() })
    });
    tenancy(store)
}

fn principal(kind: PrincipalKind) -> Principal {
    Principal { kind, scopes: KeyScopes::EVERY, ends_at: None }
}

fn as_user(user: UserId) -> Principal {
    principal(PrincipalKind::User { user, key: Some(KEY) })
}

fn marias(n: u128) -> Place {
    Place { owner: maria(), business: Some(shop(n)) }
}

async fn reach_of(
    caller: &Principal,
    action: Action,
    header: Option<&UserId>,
    place: Option<Place>,
) -> Result<Option<Reach>, ActingError> {
    shared().reach_of(caller, action, Naming { header, stated: None }, ready(Ok(place))).await
}

fn of_ben(shares: &[Share]) -> Reach {
    Reach::Shared { member: ben(), owner: maria(), shares: shares.to_vec() }
}

/// By each action, in the business that Ben manages, in the one that he sees, and in the one where he is nothing.
#[rstest]
#[case(Action::Read, [Some(true), Some(true), None])]
#[case(Action::ManageNumbers, [Some(true), Some(false), None])]
#[case(Action::Trade, [Some(true), Some(false), None])]
#[case(Action::Manage, [Some(false), Some(false), None])]
#[case(Action::ReadAccount, [Some(false), Some(false), None])]
#[case(Action::Leave, [Some(true), Some(true), None])]
#[tokio::test]
async fn a_member_does_what_their_role_allows(#[case] action: Action, #[case] expected: [Option<bool>; 3]) {
    for (n, expected) in [1, 2, 3].into_iter().zip(expected) {
        // By themselves, and through a service that acts for them.
        let service = principal(PrincipalKind::Service { key: KEY });
        for (caller, header) in [(as_user(ben()), None), (service, Some(ben()))] {
            let reach = reach_of(&caller, action, header.as_ref(), Some(marias(n))).await;
            match expected {
                Some(true) => {
                    let reach = reach.unwrap().unwrap();
                    assert_eq!((reach.owner().unwrap(), reach.acting().unwrap()), (&maria(), &ben()));
                    assert!(reach.within().unwrap().contains(&shop(n)));
                    let roles = [Some(Role::Manager), Some(Role::Viewer)];
                    assert_eq!(reach.role_in(shop(n)), roles[usize::try_from(n).unwrap() - 1]);
                }
                Some(false) => {
                    assert!(matches!(reach, Err(ActingError::Denied(Denial::Forbidden))), "{action:?} {n}");
                }
                None => assert_eq!(reach.unwrap(), None, "{action:?} {n}"),
            }
        }
    }
}

#[tokio::test]
async fn a_manager_reaches_all_businesses_of_the_owner_that_they_manage() {
    let reach = reach_of(&as_user(ben()), Action::Trade, None, Some(marias(1))).await.unwrap().unwrap();
    assert_eq!(reach, of_ben(&[share(1, MANAGER)]), "and none that they only see");
    let reach = reach_of(&as_user(ben()), Action::Read, None, Some(marias(2))).await.unwrap().unwrap();
    assert_eq!(reach, of_ben(&[share(1, MANAGER), share(2, VIEWER)]));
}

/// What is in no business, or nowhere, is nobody's but its owner's.
#[tokio::test]
async fn what_is_in_no_business_is_shared_with_nobody() {
    for place in [None, Some(Place { owner: maria(), business: None })] {
        for header in [None, Some(maria())] {
            let reach = reach_of(&as_user(ben()), Action::Read, header.as_ref(), place.clone()).await;
            assert_eq!(reach.unwrap(), None);
        }
    }
    let own = Some(Place { owner: ben(), business: None });
    let reach = reach_of(&as_user(ben()), Action::Trade, None, own).await.unwrap();
    assert_eq!(reach, Some(Reach::Own(ben())));
}

#[tokio::test]
async fn whoever_names_an_owner_reaches_that_owners_things_alone() {
    let (ben, owner) = (as_user(ben()), Some(maria()));
    let reach = reach_of(&ben, Action::Trade, owner.as_ref(), Some(marias(1))).await.unwrap();
    assert_eq!(reach, Some(of_ben(&[share(1, MANAGER)])));
    let own = Some(Place { owner: "ben".parse().unwrap(), business: Some(shop(1)) });
    assert_eq!(reach_of(&ben, Action::Trade, owner.as_ref(), own).await.unwrap(), None);
    let strangers = Some("tom".parse().unwrap());
    for place in [Some(marias(1)), Some(marias(3)), None] {
        let reach = reach_of(&ben, Action::Read, strangers.as_ref(), place).await;
        assert!(matches!(reach, Err(ActingError::Denied(Denial::Forbidden))), "a member of nothing of Tom's");
    }
}

#[tokio::test]
async fn lists_are_ones_own_until_an_owner_is_named() {
    let tenancy = shared();
    let ben_calls = as_user(ben());
    let own = tenancy.reach(&ben_calls, Action::Read, Naming::default()).await.unwrap();
    assert_eq!((own.within(), own), (None, Reach::Own(ben())));
    let maria = maria();
    let naming = Naming { header: None, stated: Some(&maria) };
    let shared = tenancy.reach(&ben_calls, Action::Read, naming).await.unwrap();
    assert_eq!(shared, of_ben(&[share(1, MANAGER), share(2, VIEWER)]));
    let traded = tenancy.reach(&ben_calls, Action::Trade, naming).await.unwrap();
    assert_eq!(traded, of_ben(&[share(1, MANAGER)]));
    for (caller, action) in
        [(as_user("tom".parse().unwrap()), Action::Read), (ben_calls, Action::ReadAccount)]
    {
        let reach = tenancy.reach(&caller, action, naming).await;
        assert!(matches!(reach, Err(ActingError::Denied(Denial::Forbidden))), "{action:?}");
    }
}

#[tokio::test]
async fn an_owner_needs_no_membership_and_an_operator_no_place() {
    let store = MockTenancyStore::new();
    let tenancy = tenancy(store);
    let place = ready(Ok::<_, ActingError>(Some(marias(1))));
    let own = tenancy.reach_of(&as_user(maria()), Action::Manage, Naming::default(), place).await.unwrap();
    assert_eq!(own.as_ref().and_then(|own| own.role_in(shop(1))), Some(Role::Owner));
    assert_eq!(own, Some(Reach::Own(maria())));
    let leaving = ready(Ok::<_, ActingError>(Some(marias(1))));
    let leaving = tenancy.reach_of(&as_user(maria()), Action::Leave, Naming::default(), leaving).await;
    assert!(matches!(leaving, Err(ActingError::Denied(Denial::Forbidden))));

    let operator = principal(PrincipalKind::Operator { key: KEY });
    let nobody_asks = async { panic!("an operator's reach does not depend on a place") };
    let reach =
        tenancy.reach_of::<ActingError>(&operator, Action::Read, Naming::default(), nobody_asks).await;
    let reach = reach.unwrap().unwrap();
    assert_eq!((reach.role_in(shop(1)), &reach), (None, &Reach::Everyone));
    assert!(matches!(reach.owner(), Err(Denial::NobodyNamed)));
}

#[tokio::test]
async fn what_is_denied_asks_neither_for_a_place_nor_for_members() {
    let tenancy = tenancy(MockTenancyStore::new());
    let reader = Principal { scopes: KeyScopes::NONE, ..as_user(ben()) };
    let nobody_asks = async { panic!("it was denied before") };
    let reach = tenancy.reach_of::<ActingError>(&reader, Action::Read, Naming::default(), nobody_asks).await;
    assert!(matches!(reach, Err(ActingError::Denied(Denial::Lacks(_)))));
}

/// A look-up that failed is no membership, and no absence of one.
#[tokio::test]
async fn members_that_cannot_be_asked_for_let_nobody_in() {
    let mut store = MockTenancyStore::new();
    store.expect_shares().returning(|_, _| Err(unavailable()));
    let tenancy = tenancy(store);
    let place = ready(Ok::<_, ActingError>(Some(marias(1))));
    let reach = tenancy.reach_of(&as_user(ben()), Action::Read, Naming::default(), place).await;
    assert!(matches!(reach, Err(ActingError::Store(_))));
    let maria = maria();
    let naming = Naming { header: Some(&maria), stated: None };
    let reach = tenancy.reach(&as_user(ben()), Action::Read, naming).await;
    assert!(matches!(reach, Err(ActingError::Store(_))));
}

/// Memberships are asked for once, whether a thing is in somebody's business, in none of theirs, or nowhere: what is out of
/// reach takes as long as what does not exist.
#[tokio::test]
async fn what_is_out_of_reach_takes_the_same_way_as_what_does_not_exist() {
    for place in [Some(marias(3)), Some(Place { owner: maria(), business: None }), None] {
        let mut store = MockTenancyStore::new();
        store.expect_shares().times(1).returning(|_, _| Ok(Vec::new()));
        let naming = Naming { header: None, stated: None };
        let place = ready(Ok::<_, ActingError>(place));
        let reach = tenancy(store).reach_of(&as_user(ben()), Action::Read, naming, place).await;
        assert_eq!(reach.unwrap(), None);
    }
}
