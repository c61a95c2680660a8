//! Signing in with a password or a link, and what of it the store is asked.

use std::time::Duration;

use chrono::TimeDelta;
use trunkline_domain::SessionId;
use trunkline_sessions::{
    Account, AccountState, AttemptAnswer, BeginAnswer, LinkToken, MockSessionStore, NewSession,
    PasswordSignIn, Proof, SecretHash, SessionStoreError, SessionToken, Sessions, SetPasswordAnswer,
    SignInError,
};
use uuid::Uuid;

use crate::world::{PASSWORD, account, begins, browser, live_since, over};

fn typed(email: &str, password: &str, replaces: Option<&SessionToken>) -> PasswordSignIn {
    let replaces = replaces.cloned();
    PasswordSignIn { email: email.to_owned(), password: password.into(), from: browser(), replaces }
}

/// A store that has this account alone, and room for attempts.
fn store_of(account: Option<Account>) -> MockSessionStore {
    let mut store = MockSessionStore::new();
    store.expect_claim_attempt().times(1).returning(|_| Ok(AttemptAnswer::Claimed));
    store.expect_account().returning(move |_| Ok(account.clone()));
    store
}

async fn sign_in(sessions: &Sessions, email: &str, password: &str) -> Result<NewSession, SignInError> {
    sessions.sign_in(typed(email, password, None)).await
}

#[tokio::test]
async fn the_right_password_begins_a_session_in_place_of_the_one_before() {
    let (account, before) = (account().await, SessionToken::generate());
    let mut store = store_of(Some(account.clone()));
    let begun = begins(&mut store);
    let new = over(store).sign_in(typed(" Maria@Example.com ", PASSWORD, Some(&before))).await.unwrap();
    let begun = begun.lock().unwrap();
    assert_eq!((begun.len(), begun[0].account, begun[0].revision), (1, account.id, 7));
    assert_eq!((begun[0].token, begun[0].replaces), (new.token.hash(), Some(before.hash())));
    assert_eq!(begun[0].proof, Proof::Password { email: SecretHash::of("maria@example.com") });
    assert_eq!((begun[0].address, begun[0].user_agent.as_deref()), (browser().address(), Some("Firefox")));
    assert_eq!(new.session.ends_at - new.session.started_at, TimeDelta::days(7));
}

/// And none of them begins anything. The trail has a line where there is an account.
#[tokio::test]
async fn nobody_learns_whether_it_was_the_address_the_password_or_the_account() {
    let enabled = account().await;
    let disabled = Account { state: AccountState::Disabled { since: enabled.created_at }, ..enabled.clone() };
    let without = Account { password: None, ..enabled.clone() };
    for (known, email, password, lines) in [
        (None, "nobody@example.com", PASSWORD, 0),
        (None, "no address at all", PASSWORD, 0),
        (Some(enabled), "maria@example.com", "wrong horse battery", 1),
        (Some(disabled), "maria@example.com", PASSWORD, 1),
        (Some(without), "maria@example.com", PASSWORD, 1),
    ] {
        let mut store = store_of(known);
        store
            .expect_note_failure()
            .times(1)
            .withf(move |change| change.audit.len() == lines)
            .returning(|_| Ok(true));
        let error = sign_in(&over(store), email, password).await.unwrap_err();
        assert!(matches!(error, SignInError::Wrong), "{email}: {error:?}");
    }
}

/// Whoever guesses gets no work out of us, and no look at the account.
#[tokio::test]
async fn an_attempt_without_room_is_not_judged() {
    let mut store = MockSessionStore::new();
    let retry_after = Duration::from_secs(61);
    store.expect_claim_attempt().times(1).returning(move |_| Ok(AttemptAnswer::Throttled { retry_after }));
    let error = sign_in(&over(store), "maria@example.com", PASSWORD).await.unwrap_err();
    assert!(error.to_string().ends_with("try again in 2 minutes"), "{error}");
}

/// The account was disabled while its password was looked at.
#[tokio::test]
async fn an_account_that_closes_meanwhile_is_a_wrong_password() {
    let mut store = store_of(Some(account().await));
    store.expect_begin().returning(|_| Ok(BeginAnswer::Closed));
    store.expect_note_failure().times(1).returning(|_| Ok(true));
    let error = sign_in(&over(store), "maria@example.com", PASSWORD).await.unwrap_err();
    assert!(matches!(error, SignInError::Wrong), "{error:?}");
}

#[tokio::test]
async fn a_change_whose_outcome_is_unknown_is_repeated_as_it_was() {
    let mut store = store_of(Some(account().await));
    let mut asked = Vec::new();
    store.expect_begin().times(3).returning(move |change| {
        asked.push(change.clone());
        assert!(asked.iter().all(|first| first == change));
        Err(SessionStoreError::OutcomeUnknown("cut".into()))
    });
    let error = sign_in(&over(store), "maria@example.com", PASSWORD).await.unwrap_err();
    assert!(matches!(error, SignInError::Store(SessionStoreError::OutcomeUnknown(_))), "{error:?}");
}

#[tokio::test]
async fn a_link_begins_a_session_once() {
    let (link, account) = (LinkToken::generate(), account().await);
    let mut store = MockSessionStore::new();
    store.expect_account_of_link().returning(move |_| Ok(Some(account.clone())));
    let begun = begins(&mut store);
    over(store).redeem_link(link.expose(), browser(), None).await.unwrap();
    assert_eq!(begun.lock().unwrap()[0].proof, Proof::Link { link: link.hash() });

    let mut spent = MockSessionStore::new();
    spent.expect_account_of_link().times(1).returning(|_| Ok(None));
    let spent = over(spent);
    for token in [link.expose(), "not even a token"] {
        let error = spent.redeem_link(token, browser(), None).await.unwrap_err();
        assert!(matches!(error, SignInError::LinkSpent), "{error:?}");
    }
}

#[tokio::test]
async fn a_use_is_noted_when_the_last_one_is_a_minute_old_and_matters_to_nobody() {
    for (age, times) in [(59, 0), (60, 1)] {
        let mut store = MockSessionStore::new();
        store.expect_resume().returning(move |_, _| Ok(Some(live_since(TimeDelta::seconds(age)))));
        store
            .expect_note_seen()
            .times(times)
            .returning(|_, _| Err(SessionStoreError::Unavailable("gone".into())));
        assert!(over(store).resume(&SessionToken::generate()).await.unwrap().is_some());
    }
}

#[tokio::test]
async fn what_a_page_asks_by_itself_is_no_use() {
    let mut store = MockSessionStore::new();
    store.expect_resume().returning(|_, _| Ok(Some(live_since(TimeDelta::minutes(10)))));
    store.expect_note_seen().times(0);
    assert!(over(store).resume_unused(&SessionToken::generate()).await.unwrap().is_some());
}

/// "I cannot look" is no "nobody".
#[tokio::test]
async fn a_store_that_cannot_be_asked_signs_nobody_out() {
    let mut store = MockSessionStore::new();
    store.expect_resume().returning(|_, _| Err(SessionStoreError::Unavailable("gone".into())));
    assert!(over(store).resume(&SessionToken::generate()).await.is_err());
}

#[tokio::test]
async fn changing_a_password_needs_the_old_one_and_keeps_this_session() {
    let account = account().await;
    let mut store = store_of(Some(account.clone()));
    let session = SessionId::from_uuid(Uuid::now_v7());
    store.expect_set_password().times(1).returning(move |change| {
        assert_eq!((change.body.seen, change.body.keep), (Some(7), Some(session)));
        Ok(SetPasswordAnswer::Set)
    });
    store.expect_resume().returning(move |_, _| {
        Ok(Some(trunkline_sessions::LiveSession { id: session, ..live_since(TimeDelta::zero()) }))
    });
    let sessions = over(store);
    let held = sessions.resume(&SessionToken::generate()).await.unwrap().unwrap();
    let new = "another long password".into();
    sessions.change_password(&held, PASSWORD.into(), new, &browser()).await.unwrap();

    let mut store = store_of(Some(account));
    store.expect_note_failure().times(1).returning(|_| Ok(true));
    let refused = over(store);
    let new = "another long password".into();
    let answer = refused.change_password(&held, "wrong".into(), new, &browser()).await;
    assert!(matches!(answer, Err(SignInError::Wrong)), "{answer:?}");
}
