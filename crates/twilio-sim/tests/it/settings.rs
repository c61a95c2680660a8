//! The settings of an owned number: what an update changes, and what it refuses without changing anything.

use serde_json::json;

use crate::bench::{Bench, Reply};

const APPLICATION: &str = "AP00000000000000000000000000000001";
const TRUNK: &str = "TK00000000000000000000000000000001";

/// Buys a number and gives its path.
async fn bought(bench: &Bench) -> String {
    let number = bench.any_number().await;
    format!("/IncomingPhoneNumbers/{}.json", bench.buy(&number).await["sid"].as_str().unwrap())
}

#[tokio::test]
async fn an_update_changes_what_is_named_and_nothing_else() {
    let bench = Bench::start().await;
    let path = bought(&bench).await;
    let before = bench.get(&path).await.body;
    let changes = [
        ("VoiceUrl", "https://e.example/voice"),
        ("VoiceFallbackUrl", "https://e.example/fallback"),
        ("SmsMethod", "GET"),
        ("VoiceCallerIdLookup", "true"),
        ("EmergencyStatus", "Active"),
    ];
    let updated = bench.post(&path, &changes).await;
    assert_eq!(updated.status, 200);
    let mut expected = before.clone();
    expected["voice_url"] = json!("https://e.example/voice");
    expected["voice_fallback_url"] = json!("https://e.example/fallback");
    expected["sms_method"] = json!("GET");
    expected["voice_caller_id_lookup"] = json!(true);
    expected["emergency_status"] = json!("Active");
    expected["date_updated"] = updated.body["date_updated"].clone();
    assert_eq!(updated.body, expected);

    let cleared = bench.post(&path, &[("VoiceUrl", ""), ("VoiceFallbackUrl", "")]).await;
    assert_eq!(cleared.body["voice_url"], "", "an empty value clears a URL");
}

#[tokio::test]
async fn a_friendly_name_has_1_to_64_characters() {
    let bench = Bench::start().await;
    let path = bought(&bench).await;
    let longest = "é".repeat(64);
    assert_eq!(bench.post(&path, &[("FriendlyName", &longest)]).await.body["friendly_name"], longest);
    bench.post(&path, &[("FriendlyName", "")]).await.assert_refused(400, 20002);
    bench.post(&path, &[("FriendlyName", &"a".repeat(65))]).await.assert_refused(400, 20002);
    assert_eq!(bench.get(&path).await.body["friendly_name"], longest);
}

#[tokio::test]
async fn a_bad_setting_is_refused_and_nothing_changes() {
    let bench = Bench::start().await;
    let path = bought(&bench).await;
    let before = bench.get(&path).await.body;
    let table: [(&[(&str, &str)], u32); 14] = [
        (&[("VoiceUrl", "not a url")], 21402),
        (&[("SmsUrl", "ftp://e.example/")], 21402),
        (&[("StatusCallback", "/relative")], 21402),
        (&[("VoiceUrl", "https://")], 21402),
        (&[("VoiceMethod", "PUT")], 21403),
        (&[("VoiceFallbackUrl", "https://e.example/")], 21405),
        (&[("SmsFallbackUrl", "https://e.example/")], 21406),
        (&[("VoiceApplicationSid", "AP1")], 21420),
        (&[("AddressSid", "XX1")], 21613),
        (&[("BundleSid", "nonsense")], 20422),
        (&[("TrunkSid", "nonsense")], 20422),
        (&[("VoiceReceiveMode", "telex")], 20422),
        (&[("EmergencyStatus", "active")], 20422),
        (&[("VoiceCallerIdLookup", "maybe")], 20422),
    ];
    for (form, code) in table {
        let good_too = [&[("FriendlyName", "half an update")], form].concat();
        let answer: Reply = bench.post(&path, &good_too).await;
        answer.assert_refused(400, code);
        assert_eq!(bench.get(&path).await.body, before, "{form:?}");
    }
}

#[tokio::test]
async fn a_trunk_and_an_application_exclude_each_other() {
    let bench = Bench::start().await;
    let path = bought(&bench).await;
    bench.post(&path, &[("VoiceApplicationSid", APPLICATION)]).await;
    let trunked = bench.post(&path, &[("TrunkSid", TRUNK)]).await.body;
    assert_eq!((&trunked["trunk_sid"], &trunked["voice_application_sid"]), (&json!(TRUNK), &json!(null)));
    let applied = bench.post(&path, &[("VoiceApplicationSid", APPLICATION)]).await.body;
    assert_eq!(
        (&applied["trunk_sid"], &applied["voice_application_sid"]),
        (&json!(null), &json!(APPLICATION))
    );
}

#[tokio::test]
async fn an_owned_number_knows_three_methods() {
    let bench = Bench::start().await;
    let path = bought(&bench).await;
    let put = crate::bench::reply(bench.request(reqwest::Method::PUT, &path)).await;
    put.assert_refused(405, 20004);
    bench.delete("/IncomingPhoneNumbers.json").await.assert_refused(405, 20004);
}
