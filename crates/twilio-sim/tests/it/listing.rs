//! Lists of owned numbers: filters and pages.

use serde_json::{Value, json};
use trunkline_twilio_sim::GB_BUNDLE_SID;

use crate::bench::{ACCOUNT, Bench, reply, texts};

/// Buys the first so many numbers of the US, oldest first.
async fn bought(bench: &Bench, count: usize) -> Vec<String> {
    let numbers = bench.search(&format!("US/Local.json?PageSize={count}")).await;
    for number in &numbers {
        bench.buy(number).await;
    }
    numbers
}

#[tokio::test]
async fn an_empty_list_has_every_field() {
    let bench = Bench::start().await;
    let path = format!("/2010-04-01/Accounts/{ACCOUNT}/IncomingPhoneNumbers.json");
    let list = bench.get("/IncomingPhoneNumbers.json").await;
    assert_eq!(
        list.body,
        json!({
            "incoming_phone_numbers": [], "page": 0, "page_size": 50, "start": 0, "end": 0,
            "uri": format!("{path}?PageSize=50&Page=0"),
            "first_page_uri": format!("{path}?PageSize=50&Page=0"),
            "previous_page_uri": null, "next_page_uri": null,
        })
    );
}

#[tokio::test]
async fn pages_show_each_number_once_newest_first() {
    let bench = Bench::start().await;
    let mut expected = bought(&bench, 7).await;
    expected.reverse();

    let mut seen = Vec::new();
    let mut pages: Vec<Value> = Vec::new();
    let mut next = Some(format!("/2010-04-01/Accounts/{ACCOUNT}/IncomingPhoneNumbers.json?PageSize=3"));
    while let Some(uri) = next {
        let request = bench
            .client
            .get(format!("{}{uri}", bench.simulator.url()))
            .basic_auth(ACCOUNT, Some(crate::bench::TOKEN));
        let page = reply(request).await.body;
        seen.extend(texts(&page["incoming_phone_numbers"], "phone_number"));
        next = page["next_page_uri"].as_str().map(str::to_owned);
        pages.push(page);
        if pages.len() == 1 {
            // What happens between two pages neither repeats nor hides the other numbers.
            let newest = bench.admin.available("US", trunkline_twilio_sim::NumberType::Local);
            bench.buy(&newest[0].phone_number).await;
            bench.admin.console_release(&seen[1]).unwrap();
        }
    }
    assert_eq!(seen, expected);
    let shape: Vec<_> =
        pages.iter().map(|page| [page["page"].clone(), page["start"].clone(), page["end"].clone()]).collect();
    assert_eq!(shape, [[0, 0, 2], [1, 3, 5], [2, 6, 6]].map(|row| row.map(Value::from)));
    assert_eq!(pages[0]["previous_page_uri"], json!(null));
    assert!(pages[1]["previous_page_uri"].as_str().unwrap().ends_with("PageSize=3&Page=0"));
}

#[tokio::test]
async fn a_page_can_be_asked_for_by_its_index() {
    let bench = Bench::start().await;
    let mut numbers = bought(&bench, 5).await;
    numbers.reverse();
    assert_eq!(bench.listed("?PageSize=2&Page=1").await, numbers[2..4]);
    assert_eq!(bench.listed("?PageSize=2&Page=2").await, numbers[4..]);
    assert!(bench.listed("?PageSize=2&Page=3").await.is_empty());
    for query in ["?PageSize=1001", "?PageSize=0", "?PageSize=x", "?PageToken=nonsense"] {
        let list = bench.get(&format!("/IncomingPhoneNumbers.json{query}")).await;
        let code = if query == "?PageSize=1001" { 20007 } else { 20422 };
        list.assert_refused(400, code);
    }
}

#[tokio::test]
async fn filters_pick_by_part_of_the_number_and_by_whole_name() {
    let bench = Bench::start().await;
    let numbers = bought(&bench, 4).await;
    bench.admin.rename(&numbers[0], "Front desk").unwrap();
    bench.admin.rename(&numbers[1], "Front desk 2").unwrap();

    let exact = numbers[2].replace('+', "%2B");
    assert_eq!(bench.listed(&format!("?PhoneNumber={exact}")).await, [numbers[2].as_str()]);
    let part = &numbers[2][4..12];
    assert_eq!(bench.listed(&format!("?PhoneNumber={part}")).await, [numbers[2].as_str()]);
    let any_end = format!("?PhoneNumber={}****", &numbers[2][..8].replace('+', "%2B"));
    assert_eq!(bench.listed(&any_end).await, [numbers[2].as_str()]);
    assert_eq!(bench.listed("?PhoneNumber=%2B1").await.len(), 4);
    assert!(bench.listed("?PhoneNumber=%2B44").await.is_empty());
    bench.get("/IncomingPhoneNumbers.json?PhoneNumber=what%3F").await.assert_refused(400, 20422);

    assert_eq!(bench.listed("?FriendlyName=Front%20desk").await, [numbers[0].as_str()]);
    assert!(bench.listed("?FriendlyName=front").await.is_empty());
    assert!(bench.listed("?Origin=hosted").await.is_empty());
    assert_eq!(bench.listed("?Origin=twilio&Beta=false").await.len(), 4);

    let list = bench.get("/IncomingPhoneNumbers.json?PhoneNumber=%2B1&PageSize=2").await.body;
    assert!(
        list["next_page_uri"].as_str().unwrap().contains("?PhoneNumber=%2B1&PageSize=2&Page=1&PageToken=PA"),
        "a link repeats the filters"
    );
}

#[tokio::test]
async fn a_sub_resource_lists_its_own_type() {
    let bench = Bench::start().await;
    let local = bought(&bench, 1).await.remove(0);
    let mobile = bench.search("GB/Mobile.json?PageSize=1").await.remove(0);
    let form = [("PhoneNumber", mobile.as_str()), ("BundleSid", GB_BUNDLE_SID)];
    assert_eq!(bench.post("/IncomingPhoneNumbers/Mobile.json", &form).await.status, 201);
    for (path, expected) in [("Local", vec![local]), ("Mobile", vec![mobile]), ("TollFree", vec![])] {
        let list = bench.get(&format!("/IncomingPhoneNumbers/{path}.json")).await.body;
        assert_eq!(texts(&list["incoming_phone_numbers"], "phone_number"), expected, "{path}");
    }
}
