//! Attempts to sign in.

use std::net::IpAddr;
use std::time::Duration;

use trunkline_domain::Change;
use uuid::Uuid;

use super::SessionFixture;
use crate::{
    AttemptAnswer, AttemptClaim, AttemptFailure, AttemptLimits, BeginAnswer, Proof, SecretHash, SessionToken,
};

const LIMITS: AttemptLimits =
    AttemptLimits { per_account: 3, per_address: 5, window: Duration::from_mins(15) };

fn claim(email: &str, network: &str) -> AttemptClaim {
    let network = network.parse::<IpAddr>().ok();
    AttemptClaim { id: Uuid::now_v7(), email: SecretHash::of(email), network, limits: LIMITS }
}

impl SessionFixture {
    async fn attempt(&self, email: &str, network: &str) -> AttemptAnswer {
        self.store.claim_attempt(&claim(email, network)).await.unwrap()
    }
}

fn wait(seconds: u64) -> AttemptAnswer {
    AttemptAnswer::Throttled { retry_after: Duration::from_secs(seconds) }
}

/// There is room again when the oldest is out of the window; what is refused is not counted.
pub async fn no_more_attempts_are_claimed_than_may_be(f: &SessionFixture) {
    for _ in 0..3 {
        assert_eq!(f.attempt("ann", "").await, AttemptAnswer::Claimed);
        (f.advance)(Duration::from_mins(1));
    }
    assert_eq!([f.attempt("ann", "").await, f.attempt("ann", "").await], [wait(720), wait(720)]);
    assert_eq!(f.attempt("bob", "").await, AttemptAnswer::Claimed, "another account's are its own");
    (f.advance)(Duration::from_mins(12));
    let again = claim("ann", "");
    for _ in 0..2 {
        assert_eq!(f.store.claim_attempt(&again).await.unwrap(), AttemptAnswer::Claimed, "counted once");
    }
    assert_eq!(f.attempt("ann", "").await, wait(60));
}

/// Whatever accounts they are of; those from nowhere known are not.
pub async fn attempts_are_counted_by_address_too(f: &SessionFixture) {
    for n in 0..5 {
        assert_eq!(f.attempt(&format!("user{n}"), "192.0.2.7").await, AttemptAnswer::Claimed);
    }
    assert_eq!(f.attempt("user9", "192.0.2.7").await, wait(900));
    assert_eq!(f.attempt("user9", "192.0.2.8").await, AttemptAnswer::Claimed);
    assert_eq!(f.attempt("user9", "").await, AttemptAnswer::Claimed);
}

/// Of ten at once as many are judged as of ten after each other.
pub async fn attempts_at_once_on_two_servers_are_counted_together(f: &SessionFixture) {
    let claims: Vec<AttemptClaim> = (0..10).map(|_| claim("ann", "192.0.2.7")).collect();
    let attempts = claims.iter().enumerate().map(|(n, claim)| {
        let store = if n % 2 == 0 { &f.store } else { &f.other };
        store.claim_attempt(claim)
    });
    let answers = futures::future::join_all(attempts).await;
    let claimed =
        answers.into_iter().filter(|answer| *answer.as_ref().unwrap() == AttemptAnswer::Claimed).count();
    assert_eq!(claimed, 3);
}

/// Of that account alone, and only a password's success does: it is what was guessed at.
pub async fn success_forgets_the_accounts_failures(f: &SessionFixture) {
    let account = f.account("ann").await;
    for _ in 0..3 {
        f.attempt("ann", "192.0.2.7").await;
    }
    f.attempt("bob", "192.0.2.7").await;
    f.sign_in(&account).await;
    assert_eq!(f.attempt("ann", "192.0.2.7").await, wait(900), "the provider has not seen the password");
    let (proof, token) = (Proof::Password { email: SecretHash::of("ann") }, SessionToken::generate());
    let begun = f.store.begin(&f.start(&account, proof, &token, None)).await.unwrap();
    assert_eq!(begun, BeginAnswer::Begun);
    for _ in 0..3 {
        assert_eq!(f.attempt("ann", "192.0.2.7").await, AttemptAnswer::Claimed);
    }
    assert_eq!(f.attempt("cleo", "192.0.2.7").await, AttemptAnswer::Claimed);
    assert_eq!(f.attempt("cleo", "192.0.2.7").await, wait(900), "bob's still counts");
}

/// With its line.
pub async fn a_failure_is_noted_once(f: &SessionFixture) {
    let claim = claim("ann", "");
    let failure = Change::new(AttemptFailure { attempt: claim.id }).audit(f.line("session.failed", "ann"));
    assert!(!f.store.note_failure(&failure).await.unwrap(), "nobody has claimed it");
    f.store.claim_attempt(&claim).await.unwrap();
    assert!(f.store.note_failure(&failure).await.unwrap());
    assert!(!f.store.note_failure(&failure).await.unwrap());
    assert_eq!(f.lines("session.failed").await, 1);
}
