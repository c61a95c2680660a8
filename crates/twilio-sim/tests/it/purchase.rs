//! Buying and releasing: what is sold, what is refused, and what a race decides.

use futures::future::join_all;
use serde_json::json;
use trunkline_twilio_sim::{Bundle, BundleStatus, GB_BUNDLE_SID, NumberType, Rebuy, SimulatorConfig};

use crate::bench::{ACCOUNT, Bench, TOKEN};

const NUMBERS: &str = "/IncomingPhoneNumbers.json";

#[tokio::test]
async fn a_purchase_answers_every_field() {
    let bench = Bench::start().await;
    let number = bench.any_number().await;
    let form = [
        ("PhoneNumber", number.as_str()),
        ("FriendlyName", "Reception tl1:x:y"),
        ("VoiceUrl", "https://app.example.com/voice?business=1"),
        ("VoiceMethod", "get"),
        ("SmsUrl", "http://127.0.0.1:8080/sms"),
        ("StatusCallback", "https://app.example.com/status"),
        ("SomethingNew", "is ignored"),
    ];
    let bought = bench.post(NUMBERS, &form).await;
    assert_eq!(bought.status, 201);
    let body = &bought.body;
    let sid = body["sid"].as_str().unwrap();
    assert!(sid.len() == 34 && sid.starts_with("PN"), "{sid}");
    let date = body["date_created"].as_str().unwrap();
    assert!(date.ends_with(" +0000") && date.len() == "Thu, 30 Jul 2015 23:19:04 +0000".len(), "{date}");
    let expected = json!({
        "account_sid": ACCOUNT, "address_sid": null, "address_requirements": "none",
        "api_version": "2010-04-01", "beta": false, "bundle_sid": null,
        "capabilities": { "voice": true, "sms": true, "mms": true, "fax": false },
        "date_created": date, "date_updated": date, "emergency_status": "Inactive",
        "emergency_address_sid": null, "emergency_address_status": "unregistered",
        "friendly_name": "Reception tl1:x:y", "identity_sid": null, "origin": "twilio",
        "phone_number": number, "sid": sid, "sms_application_sid": null,
        "sms_fallback_method": "POST", "sms_fallback_url": "", "sms_method": "POST",
        "sms_url": "http://127.0.0.1:8080/sms", "status": "in-use",
        "status_callback": "https://app.example.com/status", "status_callback_method": "POST",
        "trunk_sid": null, "type": "local",
        "uri": format!("/2010-04-01/Accounts/{ACCOUNT}/IncomingPhoneNumbers/{sid}.json"),
        "voice_application_sid": null, "voice_caller_id_lookup": false,
        "voice_fallback_method": "POST", "voice_fallback_url": "", "voice_method": "GET",
        "voice_receive_mode": "voice", "voice_url": "https://app.example.com/voice?business=1",
    });
    assert_eq!(*body, expected);
    assert_eq!(bench.get(&format!("/IncomingPhoneNumbers/{sid}.json")).await.body, expected);

    let request_id = bought.headers["twilio-request-id"].to_str().unwrap();
    assert!(request_id.starts_with("RQ") && request_id.len() == 34, "{request_id}");
    assert!(bought.headers.contains_key("date"));
    assert_eq!(bought.headers["twilio-concurrent-requests"], "1");

    let owned = bench.admin.owned();
    assert_eq!(owned.len(), 1);
    assert_eq!((owned[0].sid.as_str(), owned[0].phone_number.as_str()), (sid, number.as_str()));
    assert_eq!(owned[0].number_type, NumberType::Local);
}

#[tokio::test]
async fn each_sub_resource_sells_its_own_type() {
    let bench = Bench::start().await;
    let shelves = [
        ("US", "Local"),
        ("US", "TollFree"),
        ("CA", "Local"),
        ("CA", "TollFree"),
        ("GB", "Local"),
        ("GB", "TollFree"),
        ("GB", "Mobile"),
    ];
    for (country, path) in shelves {
        let number = bench.search(&format!("{country}/{path}.json?PageSize=1")).await.remove(0);
        let mut form = vec![("PhoneNumber", number.as_str())];
        if country == "GB" {
            form.push(("BundleSid", GB_BUNDLE_SID));
        }
        for wrong in ["Local", "TollFree", "Mobile"].into_iter().filter(|wrong| *wrong != path) {
            let answer = bench.post(&format!("/IncomingPhoneNumbers/{wrong}.json"), &form).await;
            answer.assert_refused(400, 21458);
        }
        let answer = bench.post(&format!("/IncomingPhoneNumbers/{path}.json"), &form).await;
        assert_eq!(answer.status, 201, "{country} {path}: {:?}", answer.body);
        let kind = match path {
            "Local" => "local",
            "TollFree" => "toll-free",
            _ => "mobile",
        };
        assert_eq!(answer.body.get("type"), None, "only the list of all types tells it");
        let sid = answer.body["sid"].as_str().unwrap();
        assert_eq!(bench.get(&format!("/IncomingPhoneNumbers/{sid}.json")).await.body["type"], kind);
    }
    assert_eq!(bench.admin.owned().len(), shelves.len());
}

#[tokio::test]
async fn what_is_no_number_or_not_for_sale_is_refused() {
    let bench = Bench::start().await;
    let number = bench.any_number().await;
    let without_plus = number.trim_start_matches('+');
    for (text, code) in [
        ("33", 21421),
        ("", 21421),
        (without_plus, 21421),
        ("+1415555", 21421),
        ("+14155550199", 21422),
        ("+4930123456", 21422),
    ] {
        bench.post(NUMBERS, &[("PhoneNumber", text)]).await.assert_refused(400, code);
    }
    bench.post(NUMBERS, &[]).await.assert_refused(400, 21421);

    // A plus that is not escaped arrives as a blank, as at every server that reads forms.
    let raw = bench
        .request(reqwest::Method::POST, NUMBERS)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(format!("PhoneNumber={number}"));
    crate::bench::reply(raw).await.assert_refused(400, 21421);

    // A body that is not a form has no parameters.
    let json = bench.request(reqwest::Method::POST, NUMBERS).json(&json!({ "PhoneNumber": number }));
    crate::bench::reply(json).await.assert_refused(400, 21421);
    assert!(bench.admin.owned().is_empty());
}

#[tokio::test]
async fn an_area_code_buys_the_first_number_there() {
    let bench = Bench::start().await;
    let first = bench.search("US/Local.json?AreaCode=212").await.remove(0);
    let bought = bench.post(NUMBERS, &[("AreaCode", "212")]).await;
    assert_eq!((bought.status, bought.body["phone_number"].as_str()), (201, Some(first.as_str())));
    bench.post(NUMBERS, &[("AreaCode", "999")]).await.assert_refused(400, 21452);
    bench.post(NUMBERS, &[("AreaCode", "2x2")]).await.assert_refused(400, 21451);
    let sub = bench.post("/IncomingPhoneNumbers/Local.json", &[("AreaCode", "212")]).await;
    sub.assert_refused(400, 21457);
}

#[tokio::test]
async fn buying_an_owned_number_is_an_update() {
    let bench = Bench::start().await;
    let number = bench.any_number().await;
    let first = bench.buy(&number).await;
    let again = bench.post(NUMBERS, &[("PhoneNumber", &number), ("FriendlyName", "mine now")]).await;
    assert_eq!(again.status, 201);
    assert_eq!(again.body["sid"], first["sid"]);
    assert_eq!(again.body["date_created"], first["date_created"]);
    assert_eq!(again.body["friendly_name"], "mine now");
    assert_eq!(bench.admin.owned().len(), 1);
    assert_eq!(bench.admin.owned()[0].friendly_name, "mine now");
}

#[tokio::test]
async fn buying_an_owned_number_can_be_refused_instead() {
    let mut config = SimulatorConfig::new(ACCOUNT, TOKEN);
    config.rebuy = Rebuy::Refuse;
    let bench = Bench::with(config).await;
    let number = bench.any_number().await;
    bench.buy(&number).await;
    let again = bench.post(NUMBERS, &[("PhoneNumber", &number), ("FriendlyName", "mine now")]).await;
    again.assert_refused(400, 21422);
    assert_ne!(bench.admin.owned()[0].friendly_name, "mine now");
}

#[tokio::test]
async fn magic_numbers_work_and_are_not_kept() {
    let bench = Bench::start().await;
    bench.post(NUMBERS, &[("PhoneNumber", "+15005550000")]).await.assert_refused(400, 21422);
    bench.post(NUMBERS, &[("PhoneNumber", "+15005550001")]).await.assert_refused(400, 21421);
    bench.post(NUMBERS, &[("AreaCode", "533")]).await.assert_refused(400, 21452);
    for (name, value) in [("PhoneNumber", "+15005550006"), ("AreaCode", "500")] {
        let good = bench.post(NUMBERS, &[(name, value), ("VoiceUrl", "https://e.example/v")]).await;
        assert_eq!(good.status, 201);
        assert_eq!(good.body["phone_number"], "+15005550006");
        assert_eq!(good.body["friendly_name"], "(500) 555-0006");
        assert_eq!(good.body["voice_url"], "https://e.example/v");
    }
    let local = bench.post("/IncomingPhoneNumbers/Local.json", &[("PhoneNumber", "+15005550006")]).await;
    assert_eq!(local.status, 201);
    assert!(bench.admin.owned().is_empty());
    assert!(bench.listed("").await.is_empty());
}

#[tokio::test]
async fn a_british_number_needs_an_approved_bundle_of_its_country_and_type() {
    let bundle = |last: u8, country: &str, number_type, status| Bundle {
        sid: format!("BU{last:032x}"),
        country: country.to_owned(),
        number_type,
        status,
    };
    let mut config = SimulatorConfig::new(ACCOUNT, TOKEN);
    config.approved_bundles.extend([
        bundle(1, "GB", NumberType::Mobile, BundleStatus::InReview),
        bundle(2, "GB", NumberType::Local, BundleStatus::TwilioApproved),
        bundle(3, "IE", NumberType::Mobile, BundleStatus::TwilioApproved),
    ]);
    let bench = Bench::with(config).await;
    let number = bench.search("GB/Mobile.json?PageSize=1").await.remove(0);

    let without = bench.post(NUMBERS, &[("PhoneNumber", &number)]).await;
    without.assert_refused(400, 21649);
    assert_eq!(
        without.message(),
        "Bundle required and not provided for country: [GB] and numberType: [MOBILE]"
    );
    let sid = |last: u8| format!("BU{last:032x}");
    for (bundle_sid, words) in [
        (sid(1), "status is not twilio-approved"),
        (sid(2), "does not have the correct regulation type"),
        (sid(3), "does not have the correct regulation type"),
        (sid(9), "was not found"),
    ] {
        let answer = bench.post(NUMBERS, &[("PhoneNumber", &number), ("BundleSid", &bundle_sid)]).await;
        answer.assert_refused(400, 21649);
        assert!(answer.message().contains(words), "{}", answer.message());
    }
    let bought = bench.post(NUMBERS, &[("PhoneNumber", &number), ("BundleSid", GB_BUNDLE_SID)]).await;
    assert_eq!(bought.status, 201);
    assert_eq!(bought.body["bundle_sid"], GB_BUNDLE_SID);
}

#[tokio::test]
async fn a_number_without_texts_refuses_an_sms_url() {
    let bench = Bench::start().await;
    let number = bench.search("GB/Local.json?PageSize=1").await.remove(0);
    let form = [("PhoneNumber", number.as_str()), ("BundleSid", GB_BUNDLE_SID)];
    let refused = bench.post(NUMBERS, &[&form[..], &[("SmsUrl", "https://e.example/sms")]].concat()).await;
    refused.assert_refused(400, 21407);
    let bought = bench.post(NUMBERS, &[&form[..], &[("SmsUrl", "")]].concat()).await;
    assert_eq!(bought.status, 201, "an empty URL is none");
    let sid = bought.body["sid"].as_str().unwrap();
    let update =
        bench.post(&format!("/IncomingPhoneNumbers/{sid}.json"), &[("SmsUrl", "https://e.example/s")]).await;
    update.assert_refused(400, 21407);
}

#[tokio::test]
async fn a_released_number_is_gone_and_can_be_bought_again() {
    let bench = Bench::start().await;
    let number = bench.any_number().await;
    let first = bench.buy(&number).await;
    let path = format!("/IncomingPhoneNumbers/{}.json", first["sid"].as_str().unwrap());
    let released = bench.delete(&path).await;
    assert_eq!((released.status, &released.body), (204, &json!(null)));
    bench.delete(&path).await.assert_refused(404, 20404);
    bench.get(&path).await.assert_refused(404, 20404);
    bench.post(&path, &[("FriendlyName", "x")]).await.assert_refused(404, 20404);
    let second = bench.buy(&number).await;
    assert_ne!(second["sid"], first["sid"], "a SID is never used twice");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_twenty_buyers_one_creates_the_number() {
    for rebuy in [Rebuy::Update, Rebuy::Refuse] {
        let mut config = SimulatorConfig::new(ACCOUNT, TOKEN);
        config.rebuy = rebuy;
        let bench = Bench::with(config).await;
        let number = bench.any_number().await;
        let form = [("PhoneNumber", number.as_str())];
        let answers = join_all((0..20).map(|_| bench.post(NUMBERS, &form))).await;
        let created: Vec<_> = answers.iter().filter(|answer| answer.status == 201).collect();
        let owned = bench.admin.owned();
        assert_eq!(owned.len(), 1);
        assert!(created.iter().all(|answer| answer.body["sid"] == owned[0].sid.as_str()));
        assert_eq!(created.len(), if rebuy == Rebuy::Update { 20 } else { 1 });
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hundreds_of_requests_at_once_are_all_right() {
    let bench = Bench::start().await;
    let numbers = bench.search("US/Local.json?PageSize=1000&ExcludeAllAddressRequired=true").await;
    let bought = join_all(numbers.iter().map(|number| async {
        let bought = bench.buy(number).await;
        let path = format!("/IncomingPhoneNumbers/{}.json", bought["sid"].as_str().unwrap());
        assert_eq!(bench.get(&path).await.body, bought);
        path
    }))
    .await;
    assert_eq!(bench.admin.owned().len(), numbers.len());
    assert!(bench.search("US/Local.json?ExcludeAllAddressRequired=true").await.is_empty());
    let released = join_all(bought.iter().map(|path| bench.delete(path))).await;
    assert!(released.iter().all(|answer| answer.status == 204));
    assert!(bench.admin.owned().is_empty());
    assert_eq!(bench.search("US/Local.json?PageSize=1000&ExcludeAllAddressRequired=true").await, numbers);
}
