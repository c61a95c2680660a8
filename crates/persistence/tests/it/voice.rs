//! The directory that calls are looked up in.

use trunkline_domain::{Change, NumberStatus, OwnedNumber};
use trunkline_provisioning::contract::fixture::{ann, bob, business, phone};
use trunkline_provisioning::port::{NumberRecording, NumberUpdate, ReleaseEnd};
use trunkline_voice::{CalledNumber, NumberDirectory};

use crate::fixture::Database;

#[tokio::test]
async fn calls_find_the_live_number_that_holds_the_claim() {
    let database = Database::new().await;
    let store = database.open().await;
    let f = database.changes(&store);
    f.numbers.record(&Change::new(NumberRecording { number: f.record_of(&bob(), 1) })).await.unwrap();
    assert_eq!(store.find(&phone(1)).await.unwrap(), None, "anybody can type a number in");

    let bought = f.buy(&ann(), 1).await;
    let switched_off = OwnedNumber { business: Some(business(1)), is_active: false, ..bought.clone() };
    f.numbers.update(&Change::new(NumberUpdate { number: switched_off })).await.unwrap();
    let mut called = CalledNumber {
        number: bought.id,
        user: ann(),
        business: Some(business(1)),
        is_active: false,
        status: NumberStatus::Active,
    };
    assert_eq!(store.find(&phone(1)).await.unwrap(), Some(called.clone()));

    f.releases.begin(&f.release_of(&bought)).await.unwrap();
    called.status = NumberStatus::Releasing;
    assert_eq!(store.find(&phone(1)).await.unwrap(), Some(called));
    f.releases.finish(&Change::new(ReleaseEnd { number: bought.id, at: f.now() })).await.unwrap();
    assert_eq!(store.find(&phone(1)).await.unwrap(), None);
}
