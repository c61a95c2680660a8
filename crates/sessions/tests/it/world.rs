//! Accounts, services, and a store of one account whose sign-ins go well.

use std::sync::{Arc, Mutex};

use chrono::{DateTime, TimeDelta, Utc};
use trunkline_domain::{Clock, RandomIds, RequestContext, SessionId, SignInAccountId, UserId};
use trunkline_sessions::{
    Account, AccountHolder, AccountState, BeginAnswer, Client, Costs, IdentityProvider, LiveSession,
    MockSessionStore, Passwords, PendingSignIn, SessionParts, SessionSettings, SessionStart, Sessions,
    SignInMethod, TakenSignIn,
};
use trunkline_tenancy::{MockTenancyStore, Principal, Tenancy};
use uuid::Uuid;

pub(crate) const PASSWORD: &str = "correct horse battery";

/// A clock that the test moves.
#[derive(Clone)]
pub(crate) struct Hand(Arc<Mutex<DateTime<Utc>>>);

impl Hand {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(Utc::now())))
    }

    pub(crate) fn move_on(&self, by: TimeDelta) {
        *self.0.lock().unwrap() += by;
    }
}

impl Clock for Hand {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap()
    }
}

pub(crate) fn maria() -> UserId {
    "maria".parse().unwrap()
}

/// Somebody at a browser.
pub(crate) fn browser() -> Client {
    let request = RequestContext { id: None, address: Some("192.0.2.7".parse().unwrap()) };
    Client::new(request, Some("Firefox"))
}

/// Maria's account, with a password and a subject.
pub(crate) async fn account() -> Account {
    Account {
        id: SignInAccountId::from_uuid(Uuid::now_v7()),
        email: Some("maria@example.com".parse().unwrap()),
        subject: Some(maria()),
        holder: AccountHolder::User(maria()),
        password: Some(Passwords::new(Costs::ForTests).hash_new(PASSWORD.into()).await.unwrap()),
        state: AccountState::Enabled,
        revision: 7,
        created_at: Utc::now(),
    }
}

pub(crate) fn sessions(
    store: MockSessionStore,
    tenancy: MockTenancyStore,
    oidc: Option<Arc<dyn IdentityProvider>>,
    settings: SessionSettings,
) -> Sessions {
    let (clock, ids) = (Arc::new(Hand::new()), Arc::new(RandomIds));
    let parts = SessionParts {
        store: Arc::new(store),
        tenancy: Tenancy::new(Arc::new(tenancy), Arc::<Hand>::clone(&clock), Arc::<RandomIds>::clone(&ids)),
        passwords: Passwords::new(Costs::ForTests),
        oidc,
        clock,
        ids,
    };
    Sessions::new(parts, settings)
}

/// Of whoever needs no tenants and no provider.
pub(crate) fn over(store: MockSessionStore) -> Sessions {
    sessions(store, MockTenancyStore::new(), None, SessionSettings::default())
}

pub(crate) fn live(start: &SessionStart) -> LiveSession {
    let now = Utc::now();
    LiveSession {
        id: start.session,
        account: start.account,
        principal: Principal::of_signed_in_user(maria()),
        name: "maria@example.com".to_owned(),
        method: start.proof.method(),
        started_at: now,
        last_seen_at: now,
        read_at: now,
    }
}

pub(crate) fn live_since(last_seen: TimeDelta) -> LiveSession {
    let now = Utc::now();
    LiveSession {
        id: SessionId::from_uuid(Uuid::now_v7()),
        account: SignInAccountId::from_uuid(Uuid::now_v7()),
        principal: Principal::of_signed_in_user(maria()),
        name: "maria@example.com".to_owned(),
        method: SignInMethod::Password,
        started_at: now - last_seen,
        last_seen_at: now - last_seen,
        read_at: now,
    }
}

/// Lets sessions begin; what began is kept for the test to look at.
pub(crate) fn begins(store: &mut MockSessionStore) -> Arc<Mutex<Vec<SessionStart>>> {
    let begun = Arc::new(Mutex::new(Vec::new()));
    let (kept, read) = (Arc::clone(&begun), Arc::clone(&begun));
    store.expect_begin().returning(move |change| {
        kept.lock().unwrap().push(change.body.clone());
        Ok(BeginAnswer::Begun)
    });
    store.expect_resume().returning(move |token, _| {
        let begun: std::sync::MutexGuard<'_, Vec<SessionStart>> = read.lock().unwrap();
        Ok(begun.iter().find(|start| start.token == *token).map(live))
    });
    begun
}

/// Keeps sign-ins that go on at the provider, as a store does.
pub(crate) fn keeps_pending(store: &mut MockSessionStore) {
    let pending: Arc<Mutex<Vec<PendingSignIn>>> = Arc::default();
    let kept = Arc::clone(&pending);
    store.expect_keep_pending().returning(move |new| {
        kept.lock().unwrap().push(new.clone());
        Ok(())
    });
    store.expect_take_pending().returning(move |state, browser| {
        let mut pending = pending.lock().unwrap();
        let found = pending.iter().position(|kept| kept.state == *state && kept.browser == *browser);
        Ok(found.map(|place| {
            let PendingSignIn { nonce, verifier, return_to, .. } = pending.remove(place);
            TakenSignIn { nonce, verifier, return_to }
        }))
    });
}
