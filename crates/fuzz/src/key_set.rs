//! The identity provider's published keys: a document of any bytes is read or refused, lets in nobody whose key is not in
//! it, and is never taken for a bad token where it is the document that is bad.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::de::IgnoredAny;
use serde_json::Value;
use trunkline_domain::Clock;
use trunkline_identity::{JwtVerifier, KeySource, KeyTimes, TokenSettings};
use trunkline_tenancy::{TokenError, TokenVerifier};

use crate::loopback::{Answer, Loopback};
use crate::token::{AUDIENCE, ISSUER};

/// A good token until 2100, proved by the key `a`, which is the example of RFC 7515, A.3.
const TOKEN: &str = "eyJhbGciOiJFUzI1NiIsImtpZCI6ImEifQ.eyJpc3MiOiJodHRwczovL2lkLmV4YW1wbGUuY29tLyIsImF1ZCI6Im51bWJlcnMiLCJzdWIiOiJtYXJpYSIsImV4cCI6NDEwMjQ0NDgwMH0.spVhYJ_9hn7hFV46_AiHAepF3KxuXIDXC3hhON60XyPMtyitDgqcxsqymgquJk3jJpCeMep2LS-U98jzMqO24g";
/// The two coordinates of that key.
const KEY: [(&str, &str); 2] = [
    ("x", "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"),
    ("y", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"),
];

/// The input is the document that the provider publishes.
pub(crate) fn run(input: &[u8]) {
    thread_local! {
        static ISSUING: Issuing = Issuing::start();
    }
    ISSUING.with(|issuing| {
        // Half a character in what nobody needs spoils a document for this reader only.
        let document = serde_json::from_slice::<Value>(input);
        match issuing.judge(input) {
            Ok(user) => {
                assert_eq!(user, "maria");
                assert!(
                    document.is_err() || has_the_key(&document.unwrap_or_default()),
                    "a stranger's key proves"
                );
            }
            Err(TokenError::Refused(_)) => {
                let is_json = serde_json::from_slice::<IgnoredAny>(input).is_ok();
                let is_set = document.map_or(is_json, |document| document["keys"].is_array());
                assert!(is_set, "what is no set of keys makes a token a bad one");
            }
            Err(TokenError::Unavailable(_)) => {}
        }
    });
}

/// A verifier, and the server that it asks for keys.
struct Issuing {
    server: Loopback,
    clock: Arc<Later>,
    verifier: JwtVerifier,
}

impl Issuing {
    fn start() -> Self {
        let server = Loopback::start();
        let clock = Arc::new(Later(Mutex::new(DateTime::UNIX_EPOCH)));
        let settings = TokenSettings {
            issuer: ISSUER.to_owned(),
            audience: AUDIENCE.to_owned(),
            keys: KeySource::Published(server.url.clone()),
        };
        let verifier = JwtVerifier::with_times(settings, clock.clone(), KeyTimes::default());
        Self { server, clock, verifier: verifier.expect("a client for the keys") }
    }

    /// The verdict on the good token, by these keys and none that were held before.
    fn judge(&self, document: &[u8]) -> Result<String, TokenError> {
        self.clock.leave(KeyTimes::default().stale_for);
        let published = Answer { status: 200, body: document.to_vec() };
        let verdict = self.server.answering(vec![published], self.verifier.verify(TOKEN));
        verdict.map(|user| user.to_string())
    }
}

fn has_the_key(document: &Value) -> bool {
    let keys = document["keys"].as_array().map(Vec::as_slice).unwrap_or_default();
    keys.iter().any(|key| key["kid"] == "a" && KEY.iter().all(|(name, value)| key[name] == *value))
}

/// A clock by which every set of keys is too old when the next one is asked for.
struct Later(Mutex<DateTime<Utc>>);

impl Later {
    fn leave(&self, time: Duration) {
        let mut now = self.0.lock().expect("nobody panics with the clock in hand");
        *now += TimeDelta::from_std(time).expect("a day or so") + TimeDelta::days(1);
    }
}

impl Clock for Later {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().expect("nobody panics with the clock in hand")
    }
}
