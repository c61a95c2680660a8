//! What opens once and passes: links, and sign-ins that go on at the identity provider; and the removal of what is past.

use std::time::Duration;

use secrecy::ExposeSecret;
use trunkline_domain::Change;
use uuid::Uuid;

use super::{SessionFixture, TIMES};
use crate::{
    Account, AccountState, AccountSwitch, AttemptAnswer, AttemptClaim, AttemptLimits, BeginAnswer, LinkToken,
    PendingSignIn, Proof, SecretHash, SessionToken, SweepOrder,
};

/// On two servers.
pub async fn a_link_is_spent_once_by_two_at_once(f: &SessionFixture) {
    let account = f.account("ann").await;
    let link = f.link(&account).await;
    let tokens = [SessionToken::generate(), SessionToken::generate()];
    let changes = tokens.each_ref().map(|token| f.start(&account, Proof::Link { link }, token, None));
    let (one, other) = tokio::join!(f.store.begin(&changes[0]), f.other.begin(&changes[1]));
    let answers = [one.unwrap(), other.unwrap()];
    assert!(
        answers.contains(&BeginAnswer::Begun) && answers.contains(&BeginAnswer::LinkSpent),
        "{answers:?}"
    );
    assert_eq!(f.store.sessions(account.id, TIMES).await.unwrap().len(), 1);
    assert_eq!(f.store.account_of_link(&link).await.unwrap(), None);
}

/// Nobody else's, and for a quarter of an hour.
pub async fn a_link_is_its_accounts_and_expires(f: &SessionFixture) {
    let (ann, bob) = (f.account("ann").await, f.account("bob").await);
    let link = f.link(&ann).await;
    let token = SessionToken::generate();
    let start = |account| f.start(account, Proof::Link { link }, &token, None);
    assert_eq!(f.store.begin(&start(&bob)).await.unwrap(), BeginAnswer::LinkSpent);
    (f.advance)(Duration::from_secs(899));
    assert_eq!(f.store.account_of_link(&link).await.unwrap().unwrap().id, ann.id);
    (f.advance)(Duration::from_secs(1));
    assert_eq!(f.store.account_of_link(&link).await.unwrap(), None);
    assert_eq!(f.store.begin(&start(&ann)).await.unwrap(), BeginAnswer::LinkSpent);
    assert!(f.resumed(&token).await.is_none());
}

/// A repeat says the same end.
pub async fn a_link_is_made_once_and_not_for_a_disabled_account(f: &SessionFixture) {
    let account = f.account("ann").await;
    let making = f.linking(&account, LinkToken::generate().hash());
    let end = f.store.create_link(&making).await.unwrap();
    assert_eq!(end, Some(f.clock.now() + Duration::from_mins(15)));
    (f.advance)(Duration::from_secs(1));
    assert_eq!(f.store.create_link(&making).await.unwrap(), end);
    assert_eq!(f.lines("account.link").await, 1);
    let state = AccountState::Disabled { since: f.clock.now() };
    f.store.switch_account(&Change::new(AccountSwitch { account: account.id, state })).await.unwrap();
    let making = f.linking(&account, LinkToken::generate().hash());
    assert_eq!(f.store.create_link(&making).await.unwrap(), None);
    assert_eq!(f.lines("account.link").await, 1);
}

fn pending(state: &str) -> PendingSignIn {
    PendingSignIn {
        state: SecretHash::of(state),
        browser: SecretHash::of("browser"),
        nonce: "nonce".to_owned(),
        verifier: "verifier".into(),
        return_to: "/dashboard/funds?add=25".to_owned(),
        lives: Duration::from_mins(10),
    }
}

/// On two servers; a state that is kept twice is the first one's.
pub async fn a_pending_sign_in_is_taken_once_by_two_at_once(f: &SessionFixture) {
    let kept = pending("state");
    f.store.keep_pending(&kept).await.unwrap();
    let late = PendingSignIn { nonce: "other".to_owned(), ..kept.clone() };
    f.store.keep_pending(&late).await.unwrap();
    let (one, other) = tokio::join!(
        f.store.take_pending(&kept.state, &kept.browser),
        f.other.take_pending(&kept.state, &kept.browser),
    );
    let taken: Vec<_> = [one.unwrap(), other.unwrap()].into_iter().flatten().collect();
    assert_eq!(taken.len(), 1);
    assert_eq!((taken[0].nonce.as_str(), taken[0].return_to.as_str()), ("nonce", "/dashboard/funds?add=25"));
    assert_eq!(taken[0].verifier.expose_secret(), "verifier");
    assert!(f.store.take_pending(&kept.state, &kept.browser).await.unwrap().is_none());
}

/// Another browser gets nothing, and takes nothing away.
pub async fn a_pending_sign_in_is_its_browsers_and_expires(f: &SessionFixture) {
    for state in ["one", "two"] {
        f.store.keep_pending(&pending(state)).await.unwrap();
    }
    let browser = SecretHash::of("browser");
    let take = async |state: &str, browser: &SecretHash| {
        f.store.take_pending(&SecretHash::of(state), browser).await.unwrap().is_some()
    };
    assert!(!take("one", &SecretHash::of("another browser")).await);
    (f.advance)(Duration::from_secs(599));
    assert!(take("one", &browser).await);
    (f.advance)(Duration::from_secs(1));
    assert!(!take("two", &browser).await);
}

/// And nothing else.
pub async fn what_is_past_is_removed_in_batches(f: &SessionFixture) {
    let account = f.account("ann").await;
    for n in 0..5 {
        f.sign_in(&account).await;
        f.store.keep_pending(&pending(&n.to_string())).await.unwrap();
        f.link(&account).await;
        attempt(f, &n.to_string()).await;
    }
    let order = SweepOrder { times: TIMES, attempts: Duration::from_hours(1), limit: 2 };
    assert_eq!(f.store.sweep(order).await.unwrap(), 0, "nothing is past");
    (f.advance)(TIMES.idle);
    let (lasting, other) = (f.sign_in(&account).await, f.add_later(&account).await);
    let mut swept = Vec::new();
    for _ in 0..4 {
        swept.push(f.store.sweep(order).await.unwrap());
    }
    assert_eq!(swept, [2, 2, 1, 0]);
    assert!(f.resumed(&lasting).await.is_some());
    assert_eq!(f.store.account_of_link(&other).await.unwrap().unwrap().id, account.id);
    let kept = pending("later");
    assert!(f.store.take_pending(&kept.state, &kept.browser).await.unwrap().is_some());
    assert!(matches!(attempt(f, "later").await, AttemptAnswer::Throttled { .. }));
}

impl SessionFixture {
    /// A link, a pending sign-in and an attempt that are not past; the link.
    async fn add_later(&self, account: &Account) -> SecretHash {
        self.store.keep_pending(&pending("later")).await.unwrap();
        assert_eq!(attempt(self, "later").await, AttemptAnswer::Claimed);
        self.link(account).await
    }
}

/// The only one that there may be.
async fn attempt(f: &SessionFixture, email: &str) -> AttemptAnswer {
    let limits = AttemptLimits { per_account: 1, per_address: 1, window: Duration::from_hours(1) };
    let claim = AttemptClaim { id: Uuid::now_v7(), email: SecretHash::of(email), network: None, limits };
    f.store.claim_attempt(&claim).await.unwrap()
}
