//! One client: draws an errand, runs it, writes down what it is told, and draws the next.

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use reqwest::Method;
use rust_decimal::Decimal;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::market::{Holding, Market};
use crate::api::{Api, Caller, NumberStatus, Request};
use crate::diary::{Deed, Diary, Told};
use crate::dice::Dice;
use crate::plan::users;

/// The pause between two errands.
const PAUSE: (Duration, Duration) = (Duration::from_millis(20), Duration::from_millis(400));

/// How often a wish is asked for with its key, and the pause between two times.
const ROUNDS_MAX: u64 = 12;
const ROUND_PAUSE: (Duration, Duration) = (Duration::from_millis(50), Duration::from_millis(500));

/// Of a hundred wishes, how many come with a key; of these, how many are asked for twice at once.
const KEYED: u64 = 65;
const TWICE_AT_ONCE: u64 = 12;

/// Of a hundred requests, how many are hung up on, and after how long.
const HUNG_UP: u64 = 6;
const IMPATIENCE: (Duration, Duration) = (Duration::from_millis(5), Duration::from_millis(400));

/// More of the stock than this in users' hands, and clients mostly release.
const FULL_PERCENT: usize = 50;

/// A credit, in cents.
const CREDIT_CENTS: (u64, u64) = (200, 1_500);

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Errand {
    /// Buy a number.
    Buy,
    /// Two users want the same number in the same moment.
    Race,
    /// Try for a number that another deployment has on the same account.
    Trespass,
    /// Give a number back.
    Release,
    /// Give a number back twice in the same moment.
    ReleaseTwice,
    /// Give a number back while another user buys it.
    HandOver,
    /// The operator adds money.
    Credit,
    /// See what the users really hold: purchases whose answer was lost are among it.
    LookAround,
}

const USUAL: [(u64, Errand); 8] = [
    (44, Errand::Buy),
    (8, Errand::Race),
    (2, Errand::Trespass),
    (20, Errand::Release),
    (5, Errand::ReleaseTwice),
    (7, Errand::HandOver),
    (10, Errand::Credit),
    (4, Errand::LookAround),
];

/// One client.
pub(crate) struct Shopper {
    client: usize,
    errands: u64,
    dice: Dice,
    api: Api,
    market: Arc<Market>,
    diary: Arc<Diary>,
}

impl Shopper {
    pub(crate) fn new(client: usize, seed: u64, api: Api, market: Arc<Market>, diary: Arc<Diary>) -> Self {
        let dice = Dice::stream(seed, "client", u64::try_from(client).unwrap_or_default());
        Self { client, errands: 0, dice, api, market, diary }
    }

    /// Runs errands until told to stop; the one in hand is finished.
    pub(crate) async fn shop(mut self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let errand = self.draw();
            self.run(errand).await;
            tokio::time::sleep(self.dice.time(PAUSE.0, PAUSE.1)).await;
        }
    }

    fn draw(&mut self) -> Errand {
        let is_full = self.market.percent_held() > FULL_PERCENT;
        let drawn = self.dice.weighed(&USUAL).copied().unwrap_or(Errand::Buy);
        if is_full && matches!(drawn, Errand::Buy | Errand::Race) { Errand::Release } else { drawn }
    }

    async fn run(&mut self, errand: Errand) {
        let user = self.user();
        match errand {
            Errand::Buy => {
                if let Some(number) = self.market.free(&mut self.dice) {
                    self.wish(&user, Deed::Buy { phone_number: number }).run().await;
                }
            }
            Errand::Race => {
                if let Some(number) = self.market.free(&mut self.dice) {
                    let deed = Deed::Buy { phone_number: number };
                    let other = self.user();
                    let wishes = (self.wish(&user, deed.clone()), self.wish(&other, deed));
                    tokio::join!(wishes.0.run(), wishes.1.run());
                }
            }
            Errand::Trespass => {
                if let Some(number) = self.market.forbidden(&mut self.dice) {
                    self.wish(&user, Deed::Buy { phone_number: number }).run().await;
                }
            }
            Errand::Release | Errand::ReleaseTwice | Errand::HandOver => self.give_back(errand).await,
            Errand::Credit => {
                let cents = self.dice.between(CREDIT_CENTS.0, CREDIT_CENTS.1);
                let amount = Decimal::new(i64::try_from(cents).unwrap_or_default(), 2);
                self.wish(&user, Deed::Credit { amount }).run().await;
            }
            Errand::LookAround => {
                if let Ok(numbers) = self.api.numbers_in(NumberStatus::Active).await {
                    self.market.learn_all(numbers);
                }
            }
        }
    }

    async fn give_back(&mut self, errand: Errand) {
        let Some(Holding { number, user, phone_number }) = self.market.held(&mut self.dice) else { return };
        let release = Deed::Release { number: number.clone() };
        self.market.forget(&number);
        let first = self.wish(&user, release.clone());
        let other = self.user();
        match errand {
            Errand::ReleaseTwice => {
                let second = self.wish(&user, release);
                tokio::join!(first.run(), second.run());
            }
            Errand::HandOver => {
                let purchase = self.wish(&other, Deed::Buy { phone_number });
                tokio::join!(first.run(), purchase.run());
            }
            _ => first.run().await,
        }
    }

    fn user(&mut self) -> String {
        self.dice.pick(&users()).cloned().unwrap_or_default()
    }

    /// A wish, begun in the diary, with dice of its own. Its name is what it is known by everywhere: the display name of
    /// its number, the reason of its credit, its idempotency key.
    fn wish(&mut self, user: &str, deed: Deed) -> Wish {
        self.errands += 1;
        let name = format!("client-{}-wish-{}", self.client, self.errands);
        self.diary.begin(&name, user, deed.clone());
        let mut dice = Dice::new(self.dice.next());
        let is_keyed = dice.chance(KEYED);
        let request = request(&name, user, &deed, is_keyed);
        let (api, market, diary) = (self.api.clone(), Arc::clone(&self.market), Arc::clone(&self.diary));
        Wish { name, user: user.to_owned(), deed, request, dice, api, market, diary }
    }
}

/// One wish of a user's, asked for until it is decided or the client has had enough.
struct Wish {
    name: String,
    user: String,
    deed: Deed,
    request: Request,
    dice: Dice,
    api: Api,
    market: Arc<Market>,
    diary: Arc<Diary>,
}

impl Wish {
    async fn run(mut self) {
        let is_keyed = self.request.key.is_some();
        let rounds = if is_keyed { ROUNDS_MAX } else { 1 };
        for _ in 0..rounds {
            let at_once = if is_keyed && self.dice.chance(TWICE_AT_ONCE) { 2 } else { 1 };
            let doors: Vec<(usize, Option<Duration>)> = (0..at_once).map(|_| self.door()).collect();
            let told = join_all(doors.into_iter().map(|(door, patience)| self.ask(door, patience))).await;
            self.remember(&told);
            let is_decided = told.iter().any(|told| !told.is_open());
            self.diary.note(&self.name, told);
            if is_decided {
                return;
            }
            tokio::time::sleep(self.dice.time(ROUND_PAUSE.0, ROUND_PAUSE.1)).await;
        }
    }

    /// To which server the next request goes, and how long its client waits if it does not wait to the end.
    fn door(&mut self) -> (usize, Option<Duration>) {
        let door = self.dice.index(usize::MAX);
        let patience = self.dice.time(IMPATIENCE.0, IMPATIENCE.1);
        (door, self.dice.chance(HUNG_UP).then_some(patience))
    }

    async fn ask(&self, door: usize, patience: Option<Duration>) -> Told {
        let asked = self.api.send(&self.request, door);
        match patience {
            None => Told::read(&self.deed, asked.await),
            Some(patience) => match tokio::time::timeout(patience, asked).await {
                Ok(heard) => Told::read(&self.deed, heard),
                Err(_) => Told::HungUp,
            },
        }
    }

    fn remember(&self, told: &[Told]) {
        let Deed::Buy { phone_number } = &self.deed else { return };
        for told in told {
            if let Told::Bought { number, .. } = told {
                let (user, phone_number) = (self.user.clone(), phone_number.clone());
                self.market.learn(Holding { number: number.clone(), user, phone_number });
            }
        }
    }
}

fn request(name: &str, user: &str, deed: &Deed, is_keyed: bool) -> Request {
    let (method, path, body, caller) = match deed {
        Deed::Buy { phone_number } => {
            let body = json!({ "phoneNumber": phone_number, "displayName": name });
            let path = "/api/numbers/purchase".to_owned();
            (Method::POST, path, Some(body), Caller::For(user.to_owned()))
        }
        Deed::Release { number } => {
            let path = format!("/api/numbers/{number}/release");
            (Method::DELETE, path, None, Caller::For(user.to_owned()))
        }
        Deed::Credit { amount } => {
            let amount = amount.to_string();
            let body = json!({ "userId": user, "amount": amount, "currency": "USD", "reason": name });
            (Method::POST, "/api/wallet/credits".to_owned(), Some(body), Caller::Operator)
        }
    };
    Request { method, path, body, caller, key: is_keyed.then(|| name.to_owned()) }
}
