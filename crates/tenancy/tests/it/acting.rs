//! With whose things a caller works.

use trunkline_domain::{ApiKeyId, UserId};
use trunkline_tenancy::{
    ActingError, Action, AddUserCommand, CreateUserAnswer, Denial, KeyScope, KeyScopes, MockTenancyStore,
    Naming, Principal, PrincipalKind, Scope,
};
use uuid::Uuid;

use crate::world::{maria, origin, tenancy, unavailable, unknown, user};

const KEY: ApiKeyId = ApiKeyId::from_uuid(Uuid::nil());
const SERVICE: PrincipalKind = PrincipalKind::Service { key: KEY };
const OPERATOR: PrincipalKind = PrincipalKind::Operator { key: KEY };

fn principal(kind: PrincipalKind) -> Principal {
    Principal { kind, scopes: KeyScopes::EVERY, ends_at: None }
}

fn naming(user: &UserId) -> Naming<'_> {
    Naming { header: Some(user), stated: None }
}

#[tokio::test]
async fn a_user_is_not_looked_up() {
    let tenancy = tenancy(MockTenancyStore::new());
    let me = principal(PrincipalKind::User { user: maria(), key: Some(KEY) });
    let scope = tenancy.acting(&me, Action::Trade, Naming::default()).await.unwrap();
    assert_eq!(scope, Scope::User(maria()));
}

#[tokio::test]
async fn whom_a_service_names_must_exist() {
    let mut store = MockTenancyStore::new();
    store.expect_user().returning(|id| Ok((*id == maria()).then(|| user(maria()))));
    let tenancy = tenancy(store);
    let service = principal(SERVICE);
    let known = tenancy.acting(&service, Action::Trade, naming(&maria())).await.unwrap();
    assert_eq!(known, Scope::User(maria()));
    let stranger = "stranger".parse().unwrap();
    let answer = tenancy.acting(&service, Action::Trade, naming(&stranger)).await;
    assert!(matches!(answer, Err(ActingError::UserNotFound)));
}

#[tokio::test]
async fn what_is_denied_is_not_looked_up_either() {
    let tenancy = tenancy(MockTenancyStore::new());
    let service = principal(SERVICE);
    let credit = tenancy.acting(&service, Action::Credit, naming(&maria())).await;
    assert!(matches!(credit, Err(ActingError::Denied(Denial::Forbidden))));
    let nobody = tenancy.acting(&service, Action::Read, Naming::default()).await;
    assert!(matches!(nobody, Err(ActingError::Denied(Denial::NobodyNamed))));
}

#[tokio::test]
async fn a_key_without_the_scope_is_not_looked_up_either() {
    let tenancy = tenancy(MockTenancyStore::new());
    let reader = Principal { scopes: KeyScopes::NONE.with(KeyScope::Read), ..principal(SERVICE) };
    let answer = tenancy.acting(&reader, Action::Trade, naming(&maria())).await;
    assert!(matches!(answer, Err(ActingError::Denied(Denial::Lacks(KeyScope::Trade)))));
}

#[tokio::test]
async fn an_operator_reads_everybodys_things() {
    let tenancy = tenancy(MockTenancyStore::new());
    let operator = principal(OPERATOR);
    let scope = tenancy.acting(&operator, Action::Read, Naming::default()).await.unwrap();
    assert_eq!(scope, Scope::Everyone);
}

#[tokio::test]
async fn a_failing_store_does_not_make_a_user_unknown() {
    let mut store = MockTenancyStore::new();
    store.expect_user().return_once(|_| Err(unavailable()));
    let service = principal(SERVICE);
    let answer = tenancy(store).acting(&service, Action::Read, naming(&maria())).await;
    assert!(matches!(answer, Err(ActingError::Store(_))));
}

#[tokio::test]
async fn adding_a_user_again_changes_nothing() {
    let mut store = MockTenancyStore::new();
    store.expect_create_user().times(1).return_once(|_| Err(unknown()));
    store.expect_create_user().times(1).return_once(|change| {
        assert_eq!(change.audit[0].action, "user.create");
        assert_eq!(change.events[0].kind, "user.created");
        Ok(CreateUserAnswer::Exists(change.body.user.clone()))
    });
    let command = AddUserCommand { id: maria(), email: None, origin: origin() };
    let added = tenancy(store).add_user(command).await.unwrap();
    assert!(added.repeated);
    assert_eq!(added.value, user(maria()));
}
