//! Recognising users by the tokens of an identity provider.

use std::sync::Arc;

use trunkline_domain::{Actor, RequestContext, UserId};
use trunkline_tenancy::{
    AuthenticationError, CreateUserAnswer, KeyScopes, MockTenancyStore, MockTokenVerifier, Newcomers,
    Principal, PrincipalKind, TokenError,
};

use crate::world::{maria, tenancy, unavailable, user};

const TOKEN: &str = "aaa.bbb.ccc";

fn verifier(answer: Result<UserId, TokenError>) -> Arc<MockTokenVerifier> {
    let mut verifier = MockTokenVerifier::new();
    verifier.expect_verify().withf(|token| token == TOKEN).return_once(move |_| answer);
    Arc::new(verifier)
}

fn context() -> RequestContext {
    RequestContext { id: Some("r-1".to_owned()), address: Some([203, 0, 113, 9].into()) }
}

async fn authenticate(
    store: MockTenancyStore,
    answer: Result<UserId, TokenError>,
    newcomers: Newcomers,
) -> Result<Principal, AuthenticationError> {
    tenancy(store).with_tokens(verifier(answer), newcomers).authenticate(TOKEN, &context()).await
}

#[tokio::test]
async fn a_good_token_is_its_subject_with_everything_a_user_may() {
    let mut store = MockTenancyStore::new();
    store.expect_user().returning(|id| Ok(Some(user(id.clone()))));
    let principal = authenticate(store, Ok(maria()), Newcomers::Refused).await.unwrap();
    assert_eq!(principal.kind, PrincipalKind::User { user: maria(), key: None });
    assert_eq!(principal.scopes, KeyScopes::OF_A_USER);
    assert_eq!(principal.actor(&maria()), Actor::User { user: maria(), key: None });
}

#[tokio::test]
async fn an_unknown_subject_stays_out_unless_newcomers_are_added() {
    let mut store = MockTenancyStore::new();
    store.expect_user().returning(|_| Ok(None));
    let refused = authenticate(store, Ok(maria()), Newcomers::Refused).await;
    assert!(matches!(refused, Err(AuthenticationError::UnknownUser)));

    let mut store = MockTenancyStore::new();
    store.expect_user().returning(|_| Ok(None));
    store.expect_create_user().times(1).returning(|change| {
        let line = &change.audit[0];
        assert_eq!(line.actor, Actor::User { user: maria(), key: None });
        assert_eq!(RequestContext { id: line.request_id.clone(), address: line.address }, context());
        // Another request of theirs was faster.
        Ok(CreateUserAnswer::Exists(change.body.user.clone()))
    });
    let added = authenticate(store, Ok(maria()), Newcomers::Added).await.unwrap();
    assert_eq!(added.kind, PrincipalKind::User { user: maria(), key: None });
}

#[tokio::test]
async fn what_cannot_be_looked_up_is_never_a_bad_token() {
    let refused = TokenError::Refused("expired".to_owned());
    let answer = authenticate(MockTenancyStore::new(), Err(refused), Newcomers::Added).await;
    assert!(matches!(answer, Err(AuthenticationError::Nobody)));
    let unavailable_keys = TokenError::Unavailable("no route".into());
    let answer = authenticate(MockTenancyStore::new(), Err(unavailable_keys), Newcomers::Added).await;
    assert!(matches!(answer, Err(AuthenticationError::KeysUnavailable(_))));
    let mut store = MockTenancyStore::new();
    store.expect_user().return_once(|_| Err(unavailable()));
    let answer = authenticate(store, Ok(maria()), Newcomers::Added).await;
    assert!(matches!(answer, Err(AuthenticationError::Store(_))));
}
