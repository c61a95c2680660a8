//! What Twilio serves on `numbers.twilio.com` and `pricing.twilio.com`, here under the same address.

use reqwest::Method;
use serde_json::{Value, json};
use trunkline_twilio_sim::{Bundle, BundleStatus, GB_BUNDLE_SID, NumberType};

use crate::bench::{ACCOUNT, Bench, Reply, TOKEN, reply, texts};

async fn get(bench: &Bench, path: &str) -> Reply {
    reply(bench.request_as(ACCOUNT, TOKEN, Method::GET, path)).await
}

async fn results(bench: &Bench, path: &str) -> Vec<Value> {
    let list = get(bench, &format!("/v2/RegulatoryCompliance/{path}")).await;
    assert_eq!(list.status, 200, "{path}: {:?}", list.body);
    list.body["results"].as_array().unwrap().clone()
}

#[tokio::test]
async fn prices_are_decimal_strings_by_country_and_type() {
    let bench = Bench::start().await;
    let british = get(&bench, "/v1/PhoneNumbers/Countries/GB").await.body;
    assert_eq!((&british["country"], &british["price_unit"]), (&json!("United Kingdom"), &json!("USD")));
    assert_eq!(
        british["phone_number_prices"],
        json!([
            { "number_type": "local", "base_price": "1.15", "current_price": "1.15" },
            { "number_type": "mobile", "base_price": "2.50", "current_price": "2.50" },
            { "number_type": "toll free", "base_price": "2.70", "current_price": "2.70" },
        ])
    );
    let unknown = get(&bench, "/v1/PhoneNumbers/Countries/XX").await;
    assert_eq!((unknown.status, &unknown.body["phone_number_prices"]), (200, &Value::Null));

    let mut page = get(&bench, "/v1/PhoneNumbers/Countries?PageSize=5").await.body;
    let mut countries = texts(&page["countries"], "iso_country");
    while let Some(next) = page["meta"]["next_page_url"].as_str() {
        let path = next.strip_prefix(&bench.simulator.url()).expect("a link leads back to the simulator");
        page = get(&bench, path).await.body;
        countries.extend(texts(&page["countries"], "iso_country"));
    }
    assert_eq!(countries.len(), 16);
    assert!(["US", "CA", "GB"].iter().all(|country| countries.iter().any(|listed| listed == country)));
    let post = reply(bench.request_as(ACCOUNT, TOKEN, Method::POST, "/v1/PhoneNumbers/Countries/US")).await;
    post.assert_refused(405, 20004);
}

#[tokio::test]
async fn regulations_say_what_a_country_asks_for() {
    let bench = Bench::start().await;
    assert_eq!(results(&bench, "Regulations").await.len(), 6);
    assert!(results(&bench, "Regulations?IsoCountry=US").await.is_empty());
    let mobile = results(&bench, "Regulations?IsoCountry=GB&NumberType=mobile&EndUserType=business").await;
    assert_eq!(mobile.len(), 1);
    assert_eq!(mobile[0]["friendly_name"], "United Kingdom: Mobile - Business");
    assert_eq!(mobile[0]["requirements"]["end_user"][0]["type"], "business");
    let sid = mobile[0]["sid"].as_str().unwrap();
    assert_eq!(get(&bench, &format!("/v2/RegulatoryCompliance/Regulations/{sid}")).await.body, mobile[0]);
    let toll_free = results(&bench, "Regulations?NumberType=toll-free&EndUserType=individual").await;
    assert_eq!(toll_free[0]["number_type"], "toll-free");
    get(&bench, "/v2/RegulatoryCompliance/Regulations/RN1").await.assert_refused(404, 20404);
    get(&bench, "/v2/RegulatoryCompliance/EndUsers").await.assert_refused(404, 20404);
}

#[tokio::test]
async fn bundles_tell_their_status_and_regulation() {
    let bench = Bench::start().await;
    let all = results(&bench, "Bundles").await;
    assert_eq!(all.len(), 1, "one SID is one bundle");
    assert_eq!((&all[0]["sid"], &all[0]["status"]), (&json!(GB_BUNDLE_SID), &json!("twilio-approved")));
    let mobile = results(&bench, "Bundles?IsoCountry=GB&NumberType=mobile&Status=twilio-approved").await;
    let regulation = mobile[0]["regulation_sid"].as_str().unwrap();
    let regulation = get(&bench, &format!("/v2/RegulatoryCompliance/Regulations/{regulation}")).await.body;
    assert_eq!(regulation["number_type"], "mobile");
    assert!(results(&bench, "Bundles?Status=draft").await.is_empty());
    assert!(results(&bench, "Bundles?IsoCountry=DE").await.is_empty());

    let sid = "BU00000000000000000000000000000001";
    let bundle =
        |status| Bundle { sid: sid.into(), country: "GB".into(), number_type: NumberType::Mobile, status };
    bench.admin.set_bundle(bundle(BundleStatus::PendingReview));
    let fetched = get(&bench, &format!("/v2/RegulatoryCompliance/Bundles/{sid}")).await.body;
    assert_eq!(fetched["status"], "pending-review");
    assert!(results(&bench, &format!("Bundles/{sid}/ItemAssignments")).await.is_empty());
    let number = bench.search("GB/Mobile.json?PageSize=1").await.remove(0);
    let form = [("PhoneNumber", number.as_str()), ("BundleSid", sid)];
    bench.post("/IncomingPhoneNumbers.json", &form).await.assert_refused(400, 21649);
    let url = format!("{}/_sim/bundles", bench.simulator.url());
    let body = json!({ "sid": sid, "country": "GB", "numberType": "mobile", "status": "twilio-approved" });
    assert_eq!(reply(bench.client.post(url).json(&body)).await.status, 200);
    assert_eq!(bench.post("/IncomingPhoneNumbers.json", &form).await.status, 201);
    assert_eq!(results(&bench, &format!("Bundles?BundleSids={sid}")).await.len(), 1);
    bench.admin.set_bundle(bundle(BundleStatus::TwilioRejected));
    assert_eq!(bench.admin.bundles().iter().filter(|bundle| bundle.sid == sid).count(), 1);
    get(&bench, "/v2/RegulatoryCompliance/Bundles/BU9").await.assert_refused(404, 20404);
}
