//! The beginning, the use and the end of sessions.

use std::time::Duration;

use chrono::TimeDelta;
use trunkline_domain::Change;
use trunkline_tenancy::{KeyCreation, KeyHolder, Principal, RotateKeyAnswer};

use super::{SessionFixture, TIMES, user};
use crate::{
    Account, AccountLookup, AccountState, AccountSwitch, BeginAnswer, Ended, Ending, Proof, SecretHash,
    SessionEnding, SessionToken, SignInMethod,
};

/// How precise the last use is in the suite.
const PAUSE: TimeDelta = TimeDelta::minutes(1);

/// With everything that its holder is to everybody else.
pub async fn a_session_is_found_by_its_token(f: &SessionFixture) {
    let account = f.account("ann").await;
    let (token, now) = (f.sign_in(&account).await, f.clock.now());
    let live = f.resumed(&token).await.unwrap();
    assert_eq!((live.account, live.name.as_str()), (account.id, "ann@example.com"));
    assert_eq!(live.principal, Principal::of_signed_in_user(user("ann")));
    assert_eq!(live.method, SignInMethod::Oidc);
    assert_eq!((live.started_at, live.last_seen_at, live.read_at), (now, now, now));
    assert!(f.resumed(&SessionToken::generate()).await.is_none());

    let operator = f.operator("olga", None).await;
    let token = f.sign_in(&operator).await;
    let key = operator.holder.key().unwrap();
    let principal = Principal::of_signed_in_operator(key, KeyHolder::Operator.scopes(), None);
    assert_eq!(f.resumed(&token).await.unwrap().principal, principal);
}

/// One session, one line.
pub async fn beginning_is_repeated_harmlessly(f: &SessionFixture) {
    let account = f.account("ann").await;
    let (token, link) = (SessionToken::generate(), f.link(&account).await);
    let change = f.start(&account, Proof::Link { link }, &token, None);
    for _ in 0..2 {
        assert_eq!(f.store.begin(&change).await.unwrap(), BeginAnswer::Begun);
    }
    assert_eq!(f.store.sessions(account.id, TIMES).await.unwrap().len(), 1);
    assert_eq!(f.lines("session.sign_in").await, 1);
}

/// So whoever had the old token, or planted it, has nothing.
pub async fn signing_in_ends_the_session_before(f: &SessionFixture) {
    let (ann, bob) = (f.account("ann").await, f.account("bob").await);
    let (before, apart) = (f.sign_in(&ann).await, f.sign_in(&ann).await);
    let token = SessionToken::generate();
    let change = f.start(&bob, Proof::Oidc, &token, Some(&before));
    assert_eq!(f.store.begin(&change).await.unwrap(), BeginAnswer::Begun);
    assert!(f.resumed(&before).await.is_none());
    assert!(f.resumed(&token).await.is_some() && f.resumed(&apart).await.is_some());
}

/// Whatever its sign-in has looked at before.
pub async fn nothing_begins_at_an_account_that_is_closed_or_has_changed(f: &SessionFixture) {
    let account = f.account("ann").await;
    let begin = async |account: &Account| {
        let token = SessionToken::generate();
        let answer = f.store.begin(&f.start(account, Proof::Oidc, &token, None)).await.unwrap();
        (answer, f.resumed(&token).await.is_some())
    };
    let changed = Account { revision: 2, ..account.clone() };
    assert_eq!(begin(&changed).await, (BeginAnswer::Closed, false));
    let nobody = Account { id: SessionFixture::account_id(), ..account.clone() };
    assert_eq!(begin(&nobody).await, (BeginAnswer::Closed, false));
    let state = AccountState::Disabled { since: f.clock.now() };
    f.store.switch_account(&Change::new(AccountSwitch { account: account.id, state })).await.unwrap();
    let disabled = f.store.account(&AccountLookup::Id(account.id)).await.unwrap().unwrap();
    assert_eq!(begin(&disabled).await, (BeginAnswer::Closed, false));

    let operator = f.operator("olga", None).await;
    f.revoke(operator.holder.key().unwrap()).await;
    assert_eq!(begin(&operator).await, (BeginAnswer::Closed, false));
    assert_eq!(f.lines("session.sign_in").await, 0);
}

/// At the moment that its idle time is over.
pub async fn a_session_without_use_ends(f: &SessionFixture) {
    let token = f.sign_in(&f.account("ann").await).await;
    (f.advance)(Duration::from_secs(3_599));
    let live = f.resumed(&token).await.unwrap();
    (f.advance)(Duration::from_secs(1));
    assert!(f.resumed(&token).await.is_none());
    assert!(f.store.sessions(live.account, TIMES).await.unwrap().is_empty());
}

/// However busy it is.
pub async fn a_session_that_is_used_ends_all_the_same(f: &SessionFixture) {
    let token = f.sign_in(&f.account("ann").await).await;
    let step = Duration::from_mins(45);
    for _ in 0..3 {
        (f.advance)(step);
        let live = f.resumed(&token).await.unwrap();
        f.store.note_seen(live.id, PAUSE).await.unwrap();
    }
    (f.advance)(Duration::from_secs(2_699));
    assert!(f.resumed(&token).await.is_some());
    (f.advance)(Duration::from_secs(1));
    assert!(f.resumed(&token).await.is_none());
}

/// And a session that is gone has no use.
pub async fn a_use_is_noted_once_in_a_pause(f: &SessionFixture) {
    let token = f.sign_in(&f.account("ann").await).await;
    let begun = f.resumed(&token).await.unwrap();
    let seen = async |by: u64| {
        (f.advance)(Duration::from_secs(by));
        f.store.note_seen(begun.id, PAUSE).await.unwrap();
        (f.resumed(&token).await.unwrap().last_seen_at - begun.started_at).num_seconds()
    };
    assert_eq!([seen(59).await, seen(1).await, seen(59).await, seen(1).await], [0, 60, 60, 120]);
}

/// With the revocation's commit.
pub async fn a_revoked_key_ends_its_operators_sessions(f: &SessionFixture) {
    let (olga, oleg) = (f.operator("olga", None).await, f.operator("oleg", None).await);
    let (ended, apart) = (f.sign_in(&olga).await, f.sign_in(&oleg).await);
    f.revoke(olga.holder.key().unwrap()).await;
    assert!(f.resumed(&ended).await.is_none() && f.resumed(&apart).await.is_some());
}

/// Its secret is nobody's, and a successor would be somebody's that outlives the account. Another operator's key has one.
pub async fn an_accounts_key_has_no_successor(f: &SessionFixture) {
    let olga = f.operator("olga", None).await;
    let token = f.sign_in(&olga).await;
    assert_eq!(f.rotate(olga.holder.key().unwrap()).await, RotateKeyAnswer::OfAnAccount);
    assert!(f.resumed(&token).await.is_some(), "nothing has changed");
    let other = f.operator_key(None);
    let creation = KeyCreation { key: other.clone(), open_at_most: 3 };
    f.tenancy.create_key(&Change::new(creation)).await.unwrap();
    assert_eq!(f.rotate(other.id).await, RotateKeyAnswer::Rotated);
}

/// By the store's clock.
pub async fn a_key_that_expires_ends_its_operators_sessions(f: &SessionFixture) {
    let token = f.sign_in(&f.operator("olga", Some(Duration::from_mins(10))).await).await;
    (f.advance)(Duration::from_secs(599));
    let principal = f.resumed(&token).await.unwrap().principal;
    assert_eq!(principal.ends_at, Some(f.clock.now() + Duration::from_secs(1)));
    (f.advance)(Duration::from_secs(1));
    assert!(f.resumed(&token).await.is_none());
}

/// One account's, with from where and how they began.
pub async fn sessions_are_listed_newest_first(f: &SessionFixture) {
    let account = f.account("ann").await;
    f.sign_in(&f.account("bob").await).await;
    let mut begun = Vec::new();
    for _ in 0..3 {
        begun.push(f.resumed(&f.sign_in(&account).await).await.unwrap().id);
        (f.advance)(Duration::from_secs(1));
    }
    begun.reverse();
    let listed = f.store.sessions(account.id, TIMES).await.unwrap();
    assert_eq!(listed.iter().map(|view| view.id).collect::<Vec<_>>(), begun);
    let first = &listed[0];
    assert_eq!(first.address, Some("192.0.2.7".parse().unwrap()));
    assert_eq!((first.user_agent.as_deref(), first.method), (Some("Firefox"), SignInMethod::Oidc));
}

/// And nobody ends another account's.
pub async fn ending_ends_what_it_names_and_nothing_else(f: &SessionFixture) {
    let (ann, bob) = (f.account("ann").await, f.account("bob").await);
    let tokens = [f.sign_in(&ann).await, f.sign_in(&ann).await, f.sign_in(&ann).await];
    let theirs = f.sign_in(&bob).await;
    let their_id = f.resumed(&theirs).await.unwrap().id;
    let ids = [f.resumed(&tokens[0]).await.unwrap().id, f.resumed(&tokens[1]).await.unwrap().id];
    let end = async |which: Ending| {
        let change = Change::new(SessionEnding { account: ann.id, which });
        f.store.end(&change.audit(f.line("session.end", ann.id))).await.unwrap()
    };
    assert_eq!(end(Ending::One(their_id)).await, Ended(0));
    assert_eq!([end(Ending::One(ids[0])).await, end(Ending::One(ids[0])).await], [Ended(1), Ended(0)]);
    assert_eq!(end(Ending::AllBut(ids[1])).await, Ended(1));
    let mut left = Vec::new();
    for token in &tokens {
        left.push(f.resumed(token).await.is_some());
    }
    assert_eq!(left, [false, true, false]);
    assert_eq!([end(Ending::All).await, end(Ending::All).await], [Ended(1), Ended(0)]);
    assert!(f.resumed(&theirs).await.is_some());
    assert_eq!(f.lines("session.end").await, 3, "what ends nothing is not told");
    assert!(f.store.resume(&SecretHash::of("nothing"), TIMES).await.unwrap().is_none());
}
