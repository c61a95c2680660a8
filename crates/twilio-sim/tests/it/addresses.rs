//! Addresses: made, checked, tidied, listed; and the numbers that ask for one.

use serde_json::{Value, json};
use trunkline_twilio_sim::{AddressRequirements, GB_BUNDLE_SID};

use crate::bench::{Bench, Reply, texts};

const ADDRESSES: &str = "/Addresses.json";
const NUMBERS: &str = "/IncomingPhoneNumbers.json";
const OFFICE: [(&str, &str); 6] = [
    ("CustomerName", "Ada Lovelace"),
    ("Street", "1 Market St"),
    ("City", "San Francisco"),
    ("Region", "CA"),
    ("PostalCode", "94105"),
    ("IsoCountry", "US"),
];

/// Makes the office, with some of its parameters replaced and others added.
async fn make(bench: &Bench, changes: &[(&str, &str)]) -> Reply {
    let kept = OFFICE.iter().filter(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
    let form: Vec<_> = kept.chain(changes).copied().collect();
    bench.post(ADDRESSES, &form).await
}

#[tokio::test]
async fn an_address_is_made_changed_listed_and_deleted() {
    let bench = Bench::start().await;
    let made = make(&bench, &[("FriendlyName", "Office"), ("StreetSecondary", "Suite 3")]).await;
    assert_eq!(made.status, 201, "{:?}", made.body);
    let sid = made.body["sid"].as_str().unwrap();
    let path = format!("/Addresses/{sid}.json");
    assert_eq!(bench.get(&path).await.body, made.body);
    assert_eq!((&made.body["validated"], &made.body["verified"]), (&json!(true), &json!(false)));
    assert_eq!(
        (&made.body["iso_country"], &made.body["street_secondary"]),
        (&json!("US"), &json!("Suite 3"))
    );

    let changed =
        bench.post(&path, &[("City", "Oakland"), ("PostalCode", "94607"), ("IsoCountry", "GB")]).await;
    assert_eq!((changed.status, &changed.body["city"]), (200, &json!("Oakland")));
    assert_eq!(changed.body["iso_country"], "US", "an address never moves to another country");
    bench.post(&path, &[("City", " ")]).await.assert_refused(400, 21238);
    assert_eq!(bench.get(&path).await.body["city"], "Oakland", "a refusal changes nothing");

    let other = make(&bench, &[("CustomerName", "Grace"), ("EmergencyEnabled", "true")]).await;
    let listed = async |query: &str| {
        let list = bench.get(&format!("{ADDRESSES}{query}")).await;
        assert_eq!(list.status, 200, "{query}: {:?}", list.body);
        texts(&list.body["addresses"], "sid")
    };
    let both = [other.body["sid"].as_str().unwrap().to_owned(), sid.to_owned()];
    assert_eq!(listed("").await, both);
    assert_eq!(listed("?FriendlyName=Office").await, both[1..]);
    assert_eq!(listed("?CustomerName=Grace").await, both[..1]);
    assert_eq!(listed("?EmergencyEnabled=true&IsoCountry=US").await, both[..1]);
    assert!(listed("?IsoCountry=GB").await.is_empty());
    assert_eq!(listed("?PageSize=1&Page=1").await, both[1..]);

    assert_eq!(bench.delete(&path).await.status, 204);
    bench.get(&path).await.assert_refused(404, 20404);
    bench.delete(&path).await.assert_refused(404, 20404);
}

#[tokio::test]
async fn what_is_no_address_is_refused() {
    let bench = Bench::start().await;
    for (name, _) in OFFICE {
        make(&bench, &[(name, "")]).await.assert_refused(400, 21238);
    }
    for country in ["us", "USA", "1A"] {
        make(&bench, &[("IsoCountry", country)]).await.assert_refused(400, 21238);
    }
    make(&bench, &[("CustomerName", &"x".repeat(65))]).await.assert_refused(400, 21238);
    make(&bench, &[("FriendlyName", &"x".repeat(65))]).await.assert_refused(400, 20002);
    for wrong in [("Region", "XX"), ("PostalCode", "9410"), ("PostalCode", "SW1A 1AA"), ("Street", "Market")]
    {
        make(&bench, &[wrong]).await.assert_refused(400, 21628);
    }
    make(&bench, &[("IsoCountry", "GB"), ("PostalCode", "94105")]).await.assert_refused(400, 21628);
    assert_eq!(bench.get(ADDRESSES).await.body["addresses"], json!([]));
}

#[tokio::test]
async fn an_untidy_address_is_tidied_or_the_tidy_one_suggested() {
    let bench = Bench::start().await;
    let untidy = [("Street", "1  Market   St"), ("Region", "ca")];
    let tidied = make(&bench, &untidy).await;
    assert_eq!((&tidied.body["street"], &tidied.body["region"]), (&json!("1 Market St"), &json!("CA")));
    let refused = make(&bench, &[&untidy[..], &[("AutoCorrectAddress", "false")]].concat()).await;
    refused.assert_refused(400, 21629);
    assert!(refused.message().contains("1 Market St, San Francisco, CA 94105"), "{}", refused.message());

    let toronto = [("IsoCountry", "CA"), ("Region", "on"), ("PostalCode", "m5h2n2")];
    assert_eq!(make(&bench, &toronto).await.body["postal_code"], "M5H 2N2");
    let paris = [("IsoCountry", "FR"), ("Region", "Paris"), ("PostalCode", "75001")];
    assert_eq!(make(&bench, &paris).await.body["validated"], false, "nothing is known of France");
}

#[tokio::test]
async fn a_number_asks_for_an_address_in_the_right_place() {
    let bench = Bench::start().await;
    let (home, abroad) = (bench.address("US").await, bench.address("GB").await);
    let nowhere = "AD00000000000000000000000000000001";
    let table: [(AddressRequirements, &str, &str, Option<u32>); 4] = [
        (AddressRequirements::Any, &home, &abroad, None),
        (AddressRequirements::Any, &abroad, &home, None),
        (AddressRequirements::Local, &home, &abroad, Some(21615)),
        (AddressRequirements::Foreign, &abroad, &home, Some(21631)),
    ];
    for (requirements, good, other, refusal) in table {
        let number = bench.number_requiring(requirements);
        let buy = async |address: &str| {
            bench.post(NUMBERS, &[("PhoneNumber", &number), ("AddressSid", address)]).await
        };
        bench.post(NUMBERS, &[("PhoneNumber", &number)]).await.assert_refused(400, 21631);
        buy("AD1").await.assert_refused(400, 21613);
        buy(nowhere).await.assert_refused(400, 21613);
        if let Some(code) = refusal {
            buy(other).await.assert_refused(400, code);
        }
        let bought = buy(good).await;
        assert_eq!((bought.status, &bought.body["address_sid"]), (201, &json!(good)), "{:?}", bought.body);
    }
}

#[tokio::test]
async fn an_owned_number_keeps_the_address_and_the_bundle_that_it_needs() {
    let bench = Bench::start().await;
    let (home, abroad) = (bench.address("US").await, bench.address("GB").await);
    let number = bench.number_requiring(AddressRequirements::Local);
    let bought = bench.post(NUMBERS, &[("PhoneNumber", &number), ("AddressSid", &home)]).await.body;
    let path = format!("/IncomingPhoneNumbers/{}.json", bought["sid"].as_str().unwrap());
    bench.post(&path, &[("AddressSid", "")]).await.assert_refused(400, 21631);
    bench.post(&path, &[("AddressSid", &abroad)]).await.assert_refused(400, 21615);
    let second = bench.address("US").await;
    assert_eq!(bench.post(&path, &[("AddressSid", &second)]).await.body["address_sid"], second.as_str());
    bench
        .post(&path, &[("EmergencyAddressSid", &second.replace("AD", "AF"))])
        .await
        .assert_refused(400, 21613);
    assert_eq!(bench.post(&path, &[("FriendlyName", "x")]).await.body["address_sid"], second.as_str());

    let dependent = bench.get(&format!("/Addresses/{second}/DependentPhoneNumbers.json")).await;
    assert_eq!(texts(&dependent.body["dependent_phone_numbers"], "phone_number"), [number]);
    bench.delete(&format!("/Addresses/{second}.json")).await.assert_refused(409, 20409);
    assert_eq!(bench.delete(&format!("/Addresses/{home}.json")).await.status, 204);
    assert_eq!(bench.delete(&path).await.status, 204);
    assert_eq!(bench.delete(&format!("/Addresses/{second}.json")).await.status, 204);

    let british = bench.search("GB/Mobile.json?PageSize=1").await.remove(0);
    let form = [("PhoneNumber", british.as_str()), ("BundleSid", GB_BUNDLE_SID)];
    let bought = bench.post(NUMBERS, &form).await.body;
    let path = format!("/IncomingPhoneNumbers/{}.json", bought["sid"].as_str().unwrap());
    bench.post(&path, &[("BundleSid", "")]).await.assert_refused(400, 21649);
    assert_eq!(bench.get(&path).await.body["bundle_sid"], GB_BUNDLE_SID);
}

#[tokio::test]
async fn a_number_bought_at_the_console_without_an_address_can_still_be_changed() {
    let bench = Bench::start().await;
    let number = bench.number_requiring(AddressRequirements::Any);
    let sid = bench.admin.console_purchase(&number, "by hand").unwrap().sid;
    let path = format!("/IncomingPhoneNumbers/{sid}.json");
    let changed = bench.post(&path, &[("VoiceUrl", "https://e.example/voice")]).await;
    assert_eq!((changed.status, &changed.body["address_sid"]), (200, &Value::Null));
}
