//! Numbers from both sides, and what is decided about them.

use axum::http::StatusCode;
use trunkline_domain::{Currency, NumberStatus, Origin};
use trunkline_provisioning::ReleaseCommand;
use trunkline_twilio_sim::{Fault, FaultAction};

use crate::services::user;
use crate::world::{World, usd};

const NUMBERS: &str = "/operator/numbers";

fn path(name: &str) -> String {
    format!("{NUMBERS}/{}", name.replace('+', "%2B"))
}

#[tokio::test]
async fn a_number_that_the_account_has_is_given_to_a_customer() {
    let world = World::new().await;
    let phone_number = world.free_number();
    let bought = world.simulator.admin().console_purchase(&phone_number, "Lobby").unwrap();
    let sid = bought.sid.clone();
    let found = world.look("operator", &format!("{NUMBERS}?name={}", phone_number.replace('+', "%2B"))).await;
    let page = world.look("operator", found.leads_to()).await;
    page.says("Our account has this number, and nobody has it here.")
        .says("Nobody has it, and nobody had it.")
        .says("Name there Lobby")
        .says("The customer is charged for it as for a purchase");
    assert_eq!(page.value("numberSid"), sid);

    let typed = |who| {
        [
            ("do", "adopt"),
            ("numberSid", sid.as_str()),
            ("userId", who),
            ("displayName", "Front desk"),
            ("currency", "USD"),
            ("reason", "case 118"),
        ]
    };
    let refused = world.submit("operator", &path(&sid), &typed("ben")).await;
    refused.is(StatusCode::PAYMENT_REQUIRED).says("1.50 USD").says("credit the wallet first");
    assert!(refused.html.contains("value=\"Front desk\"") && refused.html.contains("value=\"ben\""));
    let refused = world.submit("operator", &path(&sid), &typed("")).await;
    refused.is(StatusCode::BAD_REQUEST).says("This is required.");
    assert!(refused.html.contains("id=\"adopt-userId-mistake\""), "{}", refused.html);

    let done = world.submit("operator", &path(&sid), &typed("ann")).await;
    let page = world.look("operator", done.leads_to()).await;
    page.says("was charged for it as for a purchase").says("Customer ann").says("Nothing is to be done");
    assert_eq!(world.money().await, (usd("98.50"), usd("0")));
    let owned = world.simulator.admin().owned();
    assert!(owned[0].friendly_name.starts_with("Front desk"), "{owned:?}");
    assert_eq!(owned[0].voice_url, "https://numbers.example.com/voice");
}

#[tokio::test]
async fn only_what_twilio_does_not_have_is_written_off() {
    let world = World::new().await;
    let number = world.buy("Front desk", None).await;
    let (page, write_off) = (path(&number.id.to_string()), [("do", "write-off"), ("reason", "it is gone")]);
    world.look("operator", &page).await.says("both sides agree").says_not("Write it off");
    let refused = world.submit("operator", &page, &write_off).await;
    refused.is(StatusCode::CONFLICT).says("Nothing was changed");
    assert_eq!(world.stored(number.id).await, number);

    world.simulator.admin().console_release(number.phone_number.as_str()).unwrap();
    let seen = world.look("operator", &page).await;
    seen.says("they pay for what does not ring").says("What they paid is not refunded by this");
    let done = world.submit("operator", &page, &write_off).await;
    world.look("operator", done.leads_to()).await.says("The number is written off").says("Released");
    assert_eq!(world.stored(number.id).await.status, NumberStatus::Released);
    assert_eq!(world.money().await, (usd("98.50"), usd("0")), "nothing is refunded");
}

#[tokio::test]
async fn a_release_that_waits_is_given_up_or_tried_again() {
    let world = World::new().await;
    world.look("operator", NUMBERS).await.says("No release waits for a decision.");
    let numbers = [world.buy("Kept", None).await, world.buy("Given back", None).await];
    let silence = Fault::new(FaultAction::NeverAnswer { act: false }).on("DELETE", "*").forever();
    world.simulator.admin().script(silence);
    for number in &numbers {
        let command = ReleaseCommand {
            user: user("ann"),
            within: None,
            number: number.id,
            request: None,
            origin: Origin::system(),
        };
        world.provisioning.release(command).await.unwrap();
    }
    let reason = "a backup was restored".parse().unwrap();
    world.provisioning.stop_releases(reason, Origin::command_line()).await.unwrap();
    world.simulator.admin().clear_faults();
    world.simulator.admin().drop_held();

    let [kept, given_back] = &numbers;
    world
        .look("operator", NUMBERS)
        .await
        .says(&kept.phone_number.readable())
        .says(&given_back.phone_number.readable())
        .says("releases were stopped");
    let page = path(&kept.id.to_string());
    world
        .look("operator", &page)
        .await
        .says("ann gave this number up")
        .says("it costs 1.50 USD a month again");
    let unexplained = world.submit("operator", &page, &[("do", "keep"), ("reason", " ")]).await;
    unexplained.is(StatusCode::BAD_REQUEST).says("This is required.");
    let done = world.submit("operator", &page, &[("do", "keep"), ("reason", "they want it")]).await;
    world.look("operator", done.leads_to()).await.says("The number is active again");
    assert_eq!(world.stored(kept.id).await.status, NumberStatus::Active);

    let page = path(&given_back.id.to_string());
    let done = world.submit("operator", &page, &[("do", "release"), ("reason", "nobody wants it")]).await;
    world.look("operator", done.leads_to()).await.says("The number is given back.");
    assert_eq!(world.stored(given_back.id).await.status, NumberStatus::Released);
    let left = world.simulator.admin().owned();
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].phone_number, kept.phone_number.as_str());
    let balance = world.wallets.balance(&user("ann"), Currency::USD).await.unwrap();
    assert_eq!(balance.available().unwrap(), usd("97.00"));
}

#[tokio::test]
async fn what_is_no_number_leads_nowhere() {
    let world = World::new().await;
    let page = world.look("operator", &format!("{NUMBERS}?name=Front+desk")).await;
    page.is(StatusCode::BAD_REQUEST).says("This is no number");
    assert!(page.html.contains("value=\"Front desk\""));
    world.look("operator", &path("Front-desk")).await.is(StatusCode::NOT_FOUND);
    let free = path(&world.free_number());
    world.look("operator", &free).await.says("Our account does not have it.").says_not("Decide");
    world.submit("operator", &free, &[("do", "sell"), ("reason", "because")]).await.is(StatusCode::NOT_FOUND);
}
