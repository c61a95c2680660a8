//! An operator at the dashboard: an order that no machine can decide, and a number that somebody set up otherwise.

use serde_json::Value;
use trunkline_twilio_sim::OwnedNumber;

use super::Desk;
use crate::alarms::order_in_review;
use crate::stage::{SCALED, Stage};

/// What is found of a number by a reconciliation that changes nothing.
fn findings_of(stage: &Stage, sid: &str) -> Vec<Value> {
    let output = stage.command(&["reconcile", "--json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let is_of = |finding: &&Value| ["held", "booked"].iter().any(|side| finding[side]["numberSid"] == sid);
    report["findings"].as_array().unwrap().iter().filter(is_of).cloned().collect()
}

/// No pass of the server's own compares or repairs meanwhile: what the page shows is what its operator asked for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_settles_a_stuck_order_and_repairs_a_finding() {
    let mut settings = SCALED.to_vec();
    settings.retain(|(name, _)| *name != "PASS_INTERVAL_S");
    let desk = Desk::operating(&settings).await;
    let (stage, browser) = (&desk.till.stage, &desk.browser);
    let order = order_in_review(stage).await;
    let sid = stage.twilio().owned()[0].sid.clone();

    browser.press("Orders").await;
    browser.sees("Waits for you").await;
    browser.press("+1").await;
    browser.sees("1.50 USD is held in user123's wallet").await;
    browser.press("The number was bought").await;
    // What Twilio has under the number is proposed.
    let proposed = browser.find("//*[@id = 'settle-numberSid']").await.prop("value").await.unwrap();
    assert_eq!(proposed.as_deref(), Some(&*sid));
    browser.type_in("Why", "Twilio case 118").await;
    browser.press("Complete it and charge").await;
    browser.sees("The order is completed").await;
    assert_eq!(stage.order(&order).await["status"], "completed");
    assert_eq!(stage.balance().await, ("23.50".to_owned(), "0.00".to_owned()));
    assert_eq!(stage.numbers().await[0]["twilio_sid"], &*sid);

    // Somebody takes the address for calls away from another number, in the Console.
    let number = stage.free_number(0);
    assert_eq!(stage.buy(&number).await.0.as_u16(), 200);
    let ours = stage.twilio().owned().into_iter().find(|owned| owned.phone_number == number).unwrap();
    stage.set_at_twilio(&ours.sid, &[("VoiceUrl", "")]).await;
    browser.press("Reconciliation").await;
    browser.press("Look now").await;
    browser.sees("Its address for calls is empty").await;
    let finding = format!("//section[contains(., '{}')]", &*ours.sid);
    browser.find(&format!("{finding}//summary")).await.click().await.unwrap();
    browser.find(&format!("{finding}//button")).await.click().await.unwrap();
    browser.sees("Repaired.").await;
    let now = stage.twilio().owned().into_iter().find(|owned| owned.phone_number == number).unwrap();
    let set_up = |owned: OwnedNumber| (owned.voice_url, owned.sms_url, owned.friendly_name);
    assert_eq!(set_up(now), set_up(ours.clone()), "it is set up as it was");
    assert_eq!(findings_of(stage, &ours.sid), Vec::<Value>::new());
    desk.till.verify_ledger();
}
