//! What every client asked for and what it was told, to be held against the end.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rust_decimal::Decimal;
use serde_json::Value;

use crate::api::Heard;

/// What a client wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Deed {
    /// A phone number.
    Buy { phone_number: String },
    /// A number of the user's gone, by its id.
    Release { number: String },
    /// Money in the user's wallet.
    Credit { amount: Decimal },
}

/// One wish, and every answer to it. A keyed one is asked for again with the same key until it is decided.
#[derive(Debug, Clone)]
pub(crate) struct Attempt {
    /// A name of its own: the display name of the number that is bought, or the reason of the credit.
    pub name: String,
    pub user: String,
    pub deed: Deed,
    /// The answers, round after round. The requests of one round were under way together; a round begins after the
    /// one before has ended.
    pub rounds: Vec<Vec<Told>>,
}

/// What a client was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Told {
    /// 200: the number is theirs, and this transaction paid for it.
    Bought { number: String, transaction: String },
    /// 202: not decided yet.
    Pending { order: String },
    /// 200: the number is given back.
    Released,
    /// 202: not decided yet.
    Releasing,
    /// 201 or 200: the money is there.
    Credited { transaction: String },
    /// A problem document, with what it says of money and of an order.
    Refused { status: u16, code: String, charged: Option<String>, order: Option<String> },
    /// No answer: the server died, or was dead.
    Nothing,
    /// No answer, because the client did not wait for it. The server may be at work still.
    HungUp,
    /// An answer that makes no sense.
    Garbled { status: u16, body: String },
}

impl Told {
    /// Reads an answer to a deed.
    pub(crate) fn read(deed: &Deed, heard: Heard) -> Self {
        let Heard::Answer { status, body } = heard else { return Self::Nothing };
        let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        let told = match (deed, status) {
            (Deed::Buy { .. }, 200) => {
                (|| Some(Self::Bought { number: text("/number/id")?, transaction: text("/transaction/id")? }))(
                )
            }
            (Deed::Buy { .. }, 202) => text("/order/id").map(|order| Self::Pending { order }),
            (Deed::Release { .. }, 200) => Some(Self::Released),
            (Deed::Release { .. }, 202) => Some(Self::Releasing),
            (Deed::Credit { .. }, 200 | 201) => {
                text("/transaction/id").map(|transaction| Self::Credited { transaction })
            }
            (_, 400..) => text("/code").map(|code| Self::Refused {
                status,
                code,
                charged: text("/charged"),
                order: text("/orderId"),
            }),
            _ => None,
        };
        told.unwrap_or_else(|| Self::Garbled { status, body: body.to_string() })
    }

    /// Whether asking again could bring another answer to the same wish.
    pub(crate) fn is_open(&self) -> bool {
        match self {
            Self::Bought { .. } | Self::Released | Self::Credited { .. } | Self::Garbled { .. } => false,
            Self::Pending { .. } | Self::Releasing | Self::Nothing | Self::HungUp => true,
            Self::Refused { status, code, .. } => *status >= 500 || code == "IDEMPOTENCY_IN_PROGRESS",
        }
    }

    /// Whether it promises that nothing was taken and nothing will be.
    pub(crate) fn is_free_of_charge(&self) -> bool {
        matches!(self, Self::Refused { charged: Some(charged), .. } if charged == "no")
    }
}

impl Attempt {
    /// Every answer, in the order of the rounds.
    pub(crate) fn told(&self) -> impl Iterator<Item = &Told> {
        self.rounds.iter().flatten()
    }

    /// The number of the purchase, if one was acknowledged.
    pub(crate) fn bought(&self) -> Option<&str> {
        self.told().find_map(|told| match told {
            Told::Bought { number, .. } => Some(number.as_str()),
            _ => None,
        })
    }

    /// Whether the last word was that nothing is charged, and no earlier request can still be under way.
    pub(crate) fn ended_free_of_charge(&self) -> bool {
        let is_last_word = |round: &Vec<Told>| !round.is_empty() && round.iter().all(Told::is_free_of_charge);
        let hung_up = self.told().any(|told| *told == Told::HungUp);
        !hung_up && self.rounds.last().is_some_and(is_last_word)
    }
}

/// The diary of all clients.
#[derive(Default)]
pub(crate) struct Diary {
    attempts: Mutex<BTreeMap<String, Attempt>>,
}

impl Diary {
    /// Begins an attempt. Its name must be new.
    pub(crate) fn begin(&self, name: &str, user: &str, deed: Deed) {
        let (name, user) = (name.to_owned(), user.to_owned());
        self.lock().insert(name.clone(), Attempt { name, user, deed, rounds: Vec::new() });
    }

    /// Notes what a round of requests was told.
    pub(crate) fn note(&self, name: &str, round: Vec<Told>) {
        if let Some(attempt) = self.lock().get_mut(name) {
            attempt.rounds.push(round);
        }
    }

    /// Everything so far, by name.
    pub(crate) fn attempts(&self) -> BTreeMap<String, Attempt> {
        self.lock().clone()
    }

    /// How many purchases were wished for.
    pub(crate) fn purchases(&self) -> usize {
        self.lock().values().filter(|attempt| matches!(attempt.deed, Deed::Buy { .. })).count()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Attempt>> {
        self.attempts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn buy() -> Deed {
        Deed::Buy { phone_number: "+14152008224".to_owned() }
    }

    fn read(deed: &Deed, status: u16, body: Value) -> Told {
        Told::read(deed, Heard::Answer { status, body })
    }

    fn refused(charged: &str) -> Told {
        let body = json!({ "code": "PROVIDER_UNAVAILABLE", "charged": charged });
        read(&buy(), 503, body)
    }

    #[test]
    fn answers_are_read_for_what_they_promise() {
        let bought = read(&buy(), 200, json!({ "number": { "id": "n" }, "transaction": { "id": "t" } }));
        assert_eq!(bought, Told::Bought { number: "n".into(), transaction: "t".into() });
        assert_eq!(read(&buy(), 202, json!({ "order": { "id": "o" } })), Told::Pending { order: "o".into() });
        let release = Deed::Release { number: "n".into() };
        assert_eq!(read(&release, 200, json!({ "success": true })), Told::Released);
        assert!(refused("no").is_free_of_charge() && !refused("held").is_free_of_charge());
        assert!(matches!(read(&buy(), 200, json!({})), Told::Garbled { status: 200, .. }));
        assert_eq!(Told::read(&buy(), Heard::Nothing), Told::Nothing);
    }

    #[test]
    fn the_last_word_counts_unless_a_request_may_be_under_way() {
        let attempt = |rounds| Attempt { name: "a".into(), user: "u".into(), deed: buy(), rounds };
        assert!(attempt(vec![vec![Told::Nothing], vec![refused("no")]]).ended_free_of_charge());
        assert!(!attempt(vec![vec![Told::HungUp], vec![refused("no")]]).ended_free_of_charge());
        assert!(!attempt(vec![vec![refused("no"), refused("held")]]).ended_free_of_charge());
        assert!(!attempt(vec![vec![refused("no")], vec![Told::Nothing]]).ended_free_of_charge());
        assert!(!attempt(vec![]).ended_free_of_charge());
    }
}
