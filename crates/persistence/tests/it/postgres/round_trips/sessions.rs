//! The transitions of accounts and sessions.

use std::time::Duration;

use chrono::TimeDelta;
use trunkline_domain::{Change, SessionId, SignInAccountId};
use trunkline_persistence::PostgresStore;
use trunkline_provisioning::contract::Fixture;
use trunkline_provisioning::contract::fixture::ann;
use trunkline_sessions::{
    Account, AccountCreation, AccountHolder, AccountState, AccountSwitch, AttemptClaim, AttemptFailure,
    AttemptLimits, BeginAnswer, CreateAccountAnswer, Ended, Ending, LinkCreation, PasswordHash,
    PasswordSetting, PendingSignIn, Proof, SecretHash, SessionEnding, SessionStart, SessionStore,
    SessionTimes, SetPasswordAnswer, SweepOrder,
};

use super::Counter;

/// An account, an attempt at it, a link, a session, another password, and the end of it all.
pub(super) async fn sessions(store: &PostgresStore, f: &Fixture, c: &mut Counter) {
    let account = Account {
        id: SignInAccountId::from_uuid(f.id()),
        email: Some(format!("{}@example.com", f.id()).parse().unwrap()),
        subject: None,
        holder: AccountHolder::User(ann()),
        password: None,
        state: AccountState::Enabled,
        revision: 1,
        created_at: f.now(),
    };
    let creation = Change::new(AccountCreation { account: account.clone(), key: None });
    let made = c.once("create_sign_in_account_1", store.create_account(&creation)).await.unwrap();
    assert_eq!(made, CreateAccountAnswer::Created);

    let email = SecretHash::of(&account.id.to_string());
    let limits = AttemptLimits { per_account: 9, per_address: 9, window: Duration::from_mins(15) };
    let claim = AttemptClaim { id: f.id(), email, network: Some("192.0.2.7".parse().unwrap()), limits };
    c.once("claim_sign_in_attempt_1", store.claim_attempt(&claim)).await.unwrap();
    let failure = Change::new(AttemptFailure { attempt: claim.id });
    assert!(c.once("note_sign_in_failure_1", store.note_failure(&failure)).await.unwrap());

    let link = SecretHash::of(&f.id().to_string());
    let making = LinkCreation { link, account: account.id, lives: Duration::from_mins(15) };
    c.once("create_sign_in_link_1", store.create_link(&Change::new(making))).await.unwrap().unwrap();
    let token = SecretHash::of(&f.id().to_string());
    let session = SessionId::from_uuid(f.id());
    let start = SessionStart {
        session,
        token,
        account: account.id,
        revision: 1,
        proof: Proof::Link { link },
        replaces: Some(link),
        address: None,
        user_agent: None,
    };
    let begun = c.once("begin_session_1", store.begin(&Change::new(start))).await.unwrap();
    assert_eq!(begun, BeginAnswer::Begun);
    let times = SessionTimes::default();
    c.once("FROM trunkline.session held", store.resume(&token, times)).await.unwrap().unwrap();
    c.once("UPDATE trunkline.session", store.note_seen(session, TimeDelta::zero())).await.unwrap();

    let password = PasswordHash::from_stored("none".to_owned());
    let (account, keep) = (account.id, Some(session));
    let setting = PasswordSetting { account, password, seen: None, keep, forget: Some(email) };
    let set = c.once("set_sign_in_password_1", store.set_password(&Change::new(setting))).await.unwrap();
    assert_eq!(set, SetPasswordAnswer::Set);
    let ending = Change::new(SessionEnding { account, which: Ending::All });
    assert_eq!(c.once("end_sessions_1", store.end(&ending)).await.unwrap(), Ended(1));
    let switch = AccountSwitch { account, state: AccountState::Disabled { since: f.now() } };
    c.once("switch_sign_in_account_1", store.switch_account(&Change::new(switch))).await.unwrap();

    passing(store, c, link, token).await;
}

/// A sign-in at the provider, and the removal of what is past.
async fn passing(store: &PostgresStore, c: &mut Counter, state: SecretHash, browser: SecretHash) {
    let pending = PendingSignIn {
        state,
        browser,
        nonce: "nonce".to_owned(),
        verifier: "verifier".into(),
        return_to: "/".to_owned(),
        lives: Duration::from_mins(10),
    };
    c.once("INSERT INTO trunkline.sign_in_pending", store.keep_pending(&pending)).await.unwrap();
    let taken = c.once("DELETE FROM trunkline.sign_in_pending", store.take_pending(&state, &browser)).await;
    assert!(taken.unwrap().is_some());
    let order = SweepOrder { times: SessionTimes::default(), attempts: Duration::from_hours(1), limit: 10 };
    c.once("sweep_sessions_1", store.sweep(order)).await.unwrap();
}
