//! Twilio's answers, by the adapter and its HTTP client. It is no stranger that sends these, but money hangs on how they
//! are read: nothing is ever *absent*, *gone* or *refused* by the word of an answer that does not plainly say so.

use serde_json::Value;
use trunkline_domain::{Country, NumberType, PhoneNumber, ProviderIdentity, RegulatoryIds, WebhookUrls};
use trunkline_provider::{
    NumberProvider, NumberPurchase, ProviderAccount, ProviderError, ReleaseAnswer, SearchQuery, Sighting,
};
use trunkline_twilio::{BreakerPolicy, RetryPolicy, TwilioClient, TwilioConfig};

use crate::loopback::{Answer, Loopback};

/// Stands between the pages of a list.
const NEXT_PAGE: &str = "\n---\n";
const NUMBER: &str = "+14152300101";
const ACCOUNT: &str = "AC00000000000000000000000000000001";
const SID: &str = "PN00000000000000000000000000000001";

/// The input is a question and a status in its first line, and the body of the answer after it; further pages of a list
/// follow after a line of `---`.
pub(crate) fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let (head, bodies) = text.split_once('\n').unwrap_or((&text, ""));
    let (question, status) = head.split_once(' ').unwrap_or((head, ""));
    // The statuses that are no end of an answer are the client's business.
    let status = status.trim().parse().ok().filter(|status| (200..600).contains(status)).unwrap_or(200);
    let answers: Vec<_> = bodies
        .split(NEXT_PAGE)
        .enumerate()
        .map(|(page, body)| Answer { status: if page == 0 { status } else { 200 }, body: body.into() })
        .collect();
    thread_local! {
        static TWILIO: Twilio = Twilio::start();
    }
    TWILIO.with(|twilio| twilio.ask(question, answers));
}

/// The adapter, and the server that it takes for Twilio.
struct Twilio {
    server: Loopback,
    client: TwilioClient,
    identity: ProviderIdentity,
    number: PhoneNumber,
}

impl Twilio {
    fn start() -> Self {
        let server = Loopback::start();
        let account: trunkline_domain::AccountSid = ACCOUNT.parse().expect("an account's id");
        let mut config = TwilioConfig::new(account.clone(), "secret".into());
        config.base_url = server.url.clone();
        config.retry = RetryPolicy { max_retries: 0, ..RetryPolicy::default() };
        // Nothing that an answer does may decide about the next one.
        config.breaker = BreakerPolicy { outages: u32::MAX, ..BreakerPolicy::default() };
        let http = TwilioClient::http_client(&config).expect("a client without certificates");
        let number = SID.parse().expect("a number's id");
        Self {
            server,
            client: TwilioClient::new(http, config),
            identity: ProviderIdentity { account, number },
            number: NUMBER.parse().expect("a phone number"),
        }
    }

    fn ask(&self, question: &str, answers: Vec<Answer>) {
        let told = answers.clone();
        match question {
            "look" => looked(&told, &self.answer(answers, self.client.look(&self.number)), &self.number),
            "fetch" => match self.answer(answers, self.client.fetch(&self.identity)) {
                Ok(None) => says_not_found(&told),
                Ok(Some(_)) => assert!(is_success(&told)),
                Err(error) => failed(&told, &error),
            },
            "release" => match self.answer(answers, self.client.release(&self.identity)) {
                Ok(ReleaseAnswer::Released) => assert_eq!(told[0].status, 204),
                Ok(ReleaseAnswer::Gone) => says_not_found(&told),
                Err(error) => failed(&told, &error),
            },
            "buy" => match self.answer(answers, self.client.buy(&self.purchase())) {
                Ok(bought) => {
                    assert!(matches!(told[0].status, 200 | 201));
                    is_in(&told[0], &bought.number.identity.number.to_string());
                }
                Err(error) => failed(&told, &error),
            },
            "list" => match self.answer(answers, self.client.list()) {
                Ok(listing) if listing.complete => complete(&told, listing.numbers.len()),
                Ok(_) => {}
                Err(error) => failed(&told, &error),
            },
            "search" => {
                let query = SearchQuery::new(Country::US, NumberType::Local);
                let found = self.answer(answers, self.client.search(&query));
                assert!(found.is_err() || is_success(&told));
            }
            "balance" => {
                let balance = self.answer(answers, self.client.balance());
                assert!(balance.is_err() || is_success(&told));
            }
            "costs" => {
                let costs = self.answer(answers, self.client.number_costs(Country::US));
                assert!(costs.is_err() || is_success(&told));
            }
            "bundles" => {
                let bundles = self.answer(answers, self.client.bundles(Country::US, NumberType::Local));
                assert!(bundles.is_err() || is_success(&told));
            }
            _ => {
                let addresses = self.answer(answers, self.client.addresses());
                assert!(addresses.is_err() || is_success(&told));
            }
        }
    }

    fn answer<T>(&self, answers: Vec<Answer>, asking: impl Future<Output = T>) -> T {
        self.server.answering(answers, asking)
    }

    fn purchase(&self) -> NumberPurchase {
        NumberPurchase {
            phone_number: self.number.clone(),
            country: Country::US,
            number_type: NumberType::Local,
            account: self.identity.account.clone(),
            friendly_name: "tl1:x:y".to_owned(),
            webhooks: WebhookUrls::default(),
            regulatory: RegulatoryIds::default(),
        }
    }
}

fn looked(told: &[Answer], looked: &Result<Sighting, ProviderError>, number: &PhoneNumber) {
    match looked {
        Ok(Sighting { number: Some(seen), .. }) => {
            assert_eq!(seen.phone_number, *number, "another number was seen");
            assert!(is_success(told));
        }
        Ok(Sighting { number: None, .. }) => {
            let named = |row: &Value| row["phone_number"].as_str().is_some_and(|named| named == NUMBER);
            for row in whole_list(told).unwrap_or_default() {
                assert!(!named(&row), "absent, and it stands there");
                assert!(row["phone_number"].is_string(), "absent, by a row that does not say what it is");
            }
        }
        Err(error) => failed(told, error),
    }
}

/// A complete list has every row of its pages.
fn complete(told: &[Answer], read: usize) {
    let rows = whole_list(told).map_or(read, |rows| rows.len());
    assert_eq!(rows, read, "a list that is called complete lacks rows");
}

/// The rows of all pages up to the one that says that it is the last. `None` where this reader is stricter than one that
/// skips what it does not need.
fn whole_list(told: &[Answer]) -> Option<Vec<Value>> {
    assert!(is_success(told), "a list by the word of a {}", told[0].status);
    let mut rows = Vec::new();
    for answer in told {
        let page: Value = serde_json::from_slice(&answer.body).ok()?;
        rows.extend(page["incoming_phone_numbers"].as_array().expect("a page has rows").iter().cloned());
        let next =
            page.as_object().and_then(|page| page.get("next_page_uri")).expect("a page says what follows");
        if next.as_str().is_none_or(str::is_empty) {
            return Some(rows);
        }
    }
    panic!("a list without an end is called whole")
}

/// A failure of which it is certain that nothing was done is one that Twilio has named, or one that needs no name.
fn failed(told: &[Answer], error: &ProviderError) {
    let code = |body: &[u8]| serde_json::from_slice::<Value>(body).ok()?["code"].as_u64();
    let has_code = code(&told[0].body).is_some();
    match error {
        ProviderError::Refused { .. } | ProviderError::Unauthorized { .. } => {
            assert!((400..500).contains(&told[0].status) && has_code, "{error} by {told:?}");
        }
        ProviderError::Unavailable { .. } => {
            assert!((400..500).contains(&told[0].status), "{error} by {told:?}");
        }
        ProviderError::NotConfigured => panic!("{error}"),
        ProviderError::OutcomeUnknown { .. } => {}
    }
}

/// A bare 404 may be a proxy's.
fn says_not_found(told: &[Answer]) {
    let body: Value = serde_json::from_slice(&told[0].body).expect("Twilio's own words are JSON");
    assert_eq!((told[0].status, body["code"].as_u64()), (404, Some(20_404)), "gone, by {told:?}");
}

fn is_success(told: &[Answer]) -> bool {
    (200..300).contains(&told[0].status)
}

/// What is read of an answer stands in it.
fn is_in(answer: &Answer, text: &str) {
    let body: Value = serde_json::from_slice(&answer.body).expect("an answer that was read is JSON");
    assert_eq!(body["sid"], text);
}
