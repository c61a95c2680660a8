//! `AvailablePhoneNumbers`: rows, filters, and what is not sold.

use serde_json::json;
use trunkline_twilio_sim::NumberType;

use crate::bench::{ACCOUNT, Bench, texts};

#[tokio::test]
async fn a_row_has_every_field_as_the_live_api_spells_it() {
    let bench = Bench::start().await;
    let found = bench.get("/AvailablePhoneNumbers/US/Local.json?AreaCode=415").await;
    let keys: Vec<_> = found.body.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["available_phone_numbers", "uri"], "a further key breaks Twilio's Python SDK");
    let uri = format!("/2010-04-01/Accounts/{ACCOUNT}/AvailablePhoneNumbers/US/Local.json?AreaCode=415");
    assert_eq!(found.body["uri"], uri);

    let row = &found.body["available_phone_numbers"][0];
    let number = row["phone_number"].as_str().unwrap();
    let expected_name = format!("(415) {}-{}", &number[5..8], &number[8..]);
    assert_eq!(
        *row,
        json!({
            "friendly_name": expected_name, "phone_number": number, "lata": "722",
            "locality": "San Francisco", "rate_center": "SNFC CNTRL",
            "latitude": "37.774900", "longitude": "-122.419400", "region": "CA", "postal_code": "94102",
            "iso_country": "US", "address_requirements": "none", "beta": false,
            "capabilities": { "voice": true, "SMS": true, "MMS": true },
        })
    );

    let mobile = bench.get("/AvailablePhoneNumbers/GB/Mobile.json?PageSize=1").await;
    let row = &mobile.body["available_phone_numbers"][0];
    assert_eq!(row["friendly_name"], row["phone_number"]);
    assert_eq!(row["locality"], json!(null));
    assert_eq!(row["address_requirements"], "none", "a search does not tell of bundles");
    assert_eq!(row["capabilities"], json!({ "voice": true, "SMS": true, "MMS": false }));
}

#[tokio::test]
async fn an_answer_has_30_rows_unless_asked_otherwise() {
    let bench = Bench::start().await;
    assert_eq!(bench.search("US/Local.json").await.len(), 30);
    assert_eq!(bench.search("US/Local.json?PageSize=3").await.len(), 3);
    let all = bench.search("US/Local.json?PageSize=1000").await;
    assert_eq!(all.len(), bench.admin.available("US", NumberType::Local).len());
    assert!(bench.search("US/Local.json?Page=1").await.is_empty(), "there is one page");
    bench.get("/AvailablePhoneNumbers/US/Local.json?PageSize=1001").await.assert_refused(400, 20007);
    bench.get("/AvailablePhoneNumbers/US/Local.json?PageSize=many").await.assert_refused(400, 20422);
}

type Check = fn(&serde_json::Value) -> bool;

/// How a query picks from the US local numbers, or from another shelf.
async fn rows(bench: &Bench, query: &str) -> Vec<serde_json::Value> {
    let found = bench.get(&format!("/AvailablePhoneNumbers/{query}&PageSize=1000")).await;
    assert_eq!(found.status, 200, "{query}: {:?}", found.body);
    found.body["available_phone_numbers"].as_array().unwrap().clone()
}

#[tokio::test]
async fn each_filter_keeps_what_fits_and_nothing_else() {
    let bench = Bench::start().await;
    let all = rows(&bench, "US/Local.json?").await.len();
    let table: [(&str, Check); 16] = [
        ("AreaCode=415", |row| row["phone_number"].as_str().unwrap().starts_with("+1415")),
        ("Contains=%2B1212", |row| row["phone_number"].as_str().unwrap().starts_with("+1212")),
        ("Contains=77", |row| row["phone_number"].as_str().unwrap().contains("77")),
        ("Contains=415*******", |row| row["phone_number"].as_str().unwrap().starts_with("+1415")),
        ("InRegion=ny", |row| row["region"] == "NY"),
        ("InLocality=San%20Francisco", |row| row["locality"] == "San Francisco"),
        ("InPostalCode=94607", |row| row["locality"] == "Oakland"),
        ("InRateCenter=boston&InLata=128", |row| row["locality"] == "Boston"),
        ("SmsEnabled=true", |row| row["capabilities"]["SMS"] == true),
        ("MmsEnabled=false", |row| row["capabilities"]["MMS"] == false),
        ("ExcludeAllAddressRequired=true", |row| row["address_requirements"] == "none"),
        ("ExcludeLocalAddressRequired=true", |row| row["address_requirements"] != "local"),
        ("ExcludeForeignAddressRequired=true", |row| row["address_requirements"] != "foreign"),
        ("Beta=false", |row| row["beta"] == false),
        ("NearLatLong=37.77,-122.42&Distance=10", |row| {
            row["locality"] == "San Francisco" || row["locality"] == "Oakland"
        }),
        ("NearNumber=%2B12122345678", |row| row["region"] == "NY" && row["locality"] != "Buffalo"),
    ];
    for (query, fits) in table {
        let kept = rows(&bench, &format!("US/Local.json?{query}")).await;
        assert!(!kept.is_empty() && kept.len() < all, "{query} keeps {} of {all}", kept.len());
        assert!(kept.iter().all(fits), "{query}");
        let expected = rows(&bench, "US/Local.json?").await.into_iter().filter(fits).count();
        assert_eq!(kept.len(), expected, "{query}");
    }
    assert_eq!(rows(&bench, "US/Local.json?Unheard=of").await.len(), all, "unknown parameters are ignored");
    assert!(rows(&bench, "GB/Local.json?SmsEnabled=true").await.is_empty());
    assert!(!rows(&bench, "US/TollFree.json?AreaCode=833").await.is_empty());
    assert!(!rows(&bench, "GB/Local.json?InLocality=london").await.is_empty());
    assert!(rows(&bench, "US/Local.json?AreaCode=999").await.is_empty(), "nothing found is an empty list");
}

#[tokio::test]
async fn a_filter_that_makes_no_sense_is_refused() {
    let bench = Bench::start().await;
    for (query, code) in [
        ("AreaCode=41", 21451),
        ("AreaCode=abc", 21451),
        ("Contains=4", 20422),
        ("Contains=41%2B5", 20422),
        ("SmsEnabled=perhaps", 20422),
        ("NearLatLong=somewhere", 20422),
        ("NearNumber=%2B442071234567", 21421),
        ("NearLatLong=1,1&Distance=501", 20422),
    ] {
        let answer = bench.get(&format!("/AvailablePhoneNumbers/US/Local.json?{query}")).await;
        answer.assert_refused(400, code);
    }
}

#[tokio::test]
async fn a_type_that_a_country_has_not_is_not_found() {
    let bench = Bench::start().await;
    for path in ["US/Mobile", "CA/Mobile", "US/National", "GB/Voip", "FR/Local", "us/Local"] {
        bench.get(&format!("/AvailablePhoneNumbers/{path}.json")).await.assert_refused(404, 20404);
    }
    bench.post("/AvailablePhoneNumbers/US/Local.json", &[]).await.assert_refused(405, 20004);
}

#[tokio::test]
async fn countries_name_what_they_have() {
    let bench = Bench::start().await;
    let list = bench.get("/AvailablePhoneNumbers.json").await;
    assert_eq!(texts(&list.body["countries"], "country_code"), ["US", "CA", "GB"]);
    let base = format!("/2010-04-01/Accounts/{ACCOUNT}/AvailablePhoneNumbers/GB");
    let expected = json!({
        "country_code": "GB", "country": "United Kingdom", "uri": format!("{base}.json"), "beta": false,
        "subresource_uris": {
            "local": format!("{base}/Local.json"),
            "toll_free": format!("{base}/TollFree.json"),
            "mobile": format!("{base}/Mobile.json"),
        },
    });
    assert_eq!(bench.get("/AvailablePhoneNumbers/GB.json").await.body, expected);
    assert_eq!(list.body["countries"][2], expected);
    bench.get("/AvailablePhoneNumbers/ZZ.json").await.assert_refused(404, 20404);
}

#[tokio::test]
async fn a_bought_number_leaves_the_search_and_a_released_one_returns() {
    let bench = Bench::start().await;
    let before = bench.search("US/Local.json?PageSize=1000").await;
    let bought = bench.buy(&before[3]).await;
    let during = bench.search("US/Local.json?PageSize=1000").await;
    assert_eq!(during.len() + 1, before.len());
    assert!(!during.contains(&before[3]));
    let sid = bought["sid"].as_str().unwrap();
    assert_eq!(bench.delete(&format!("/IncomingPhoneNumbers/{sid}.json")).await.status, 204);
    assert_eq!(bench.search("US/Local.json?PageSize=1000").await, before);
}
