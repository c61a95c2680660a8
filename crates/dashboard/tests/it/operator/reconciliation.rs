//! Comparing the books at the dashboard, and repairing what is found.

use axum::http::StatusCode;
use trunkline_domain::OwnedNumber;
use trunkline_twilio_sim::{Fault, FaultAction};

use crate::page::Page;
use crate::world::World;

const PATH: &str = "/operator/reconciliation";
const OURS: &str = "https://numbers.example.com/voice";

/// Compares, and shows what came of it.
async fn look_now(world: &World) -> Page {
    let done = world.submit("operator", PATH, &[("do", "look")]).await;
    world.look("operator", done.leads_to()).await
}

/// A number of Ann's whose calls somebody pointed nowhere.
async fn drifted(world: &World, name: &str) -> OwnedNumber {
    let number = world.buy(name, None).await;
    let sms = "https://numbers.example.com/sms";
    world.simulator.admin().repoint(number.phone_number.as_str(), "", sms).unwrap();
    number
}

fn voice_url(world: &World, number: &OwnedNumber) -> String {
    let owned = world.simulator.admin().owned();
    let owned = owned.iter().find(|owned| owned.phone_number == number.phone_number.as_str());
    owned.unwrap().voice_url.clone()
}

fn sid(number: &OwnedNumber) -> &str {
    number.identity.as_ref().unwrap().number.as_str()
}

#[tokio::test]
async fn one_finding_is_repaired_and_the_others_are_told() {
    let world = World::new().await;
    world.look("operator", PATH).await.says("The books have not been compared yet.");
    look_now(&world).await.says("The books agree.").says("Nothing was changed.");
    let (first, second) = (drifted(&world, "One").await, drifted(&world, "Two").await);
    let page = look_now(&world).await;
    page.says("The books disagree: 2 findings.")
        .says("A number that is set up otherwise")
        .says("Its address for calls is empty and should be “https://numbers.example.com/voice”.")
        .says("Repair 2 findings");
    assert_eq!((voice_url(&world, &first), voice_url(&world, &second)), (String::new(), String::new()));

    let done = world.submit("operator", PATH, &[("do", "repair-one"), ("numberSid", sid(&first))]).await;
    let page = world.look("operator", done.leads_to()).await;
    page.says("What came of the repair stands at its finding.")
        .says("Repaired.")
        .says("The books disagree: 1 finding of 2 left.")
        .says("Repair 1 finding");
    assert_eq!((voice_url(&world, &first).as_str(), voice_url(&world, &second)), (OURS, String::new()));

    let done = world.submit("operator", PATH, &[("do", "repair")]).await;
    world.look("operator", done.leads_to()).await.says("The books agree again: every finding was repaired.");
    assert_eq!(voice_url(&world, &second), OURS);
}

#[tokio::test]
async fn what_is_more_than_usual_is_typed_before_it_is_repaired() {
    let world = World::new().await;
    let mut numbers = Vec::new();
    for name in ["One", "Two", "Three", "Four"] {
        numbers.push(drifted(&world, name).await);
    }
    look_now(&world).await.says("How many repairs do you confirm?");
    for typed in ["", "3"] {
        let done = world.submit("operator", PATH, &[("do", "repair"), ("confirm", typed)]).await;
        world.look("operator", done.leads_to()).await.says("Nothing was repaired").says("4 findings");
    }
    let refused = world.submit("operator", PATH, &[("do", "repair"), ("confirm", "four")]).await;
    refused.is(StatusCode::BAD_REQUEST).says("nothing was done");
    assert!(
        refused.html.contains("value=\"four\"") && refused.html.contains("id=\"repair-confirm-mistake\"")
    );
    assert!(numbers.iter().all(|number| voice_url(&world, number).is_empty()));
    let done = world.submit("operator", PATH, &[("do", "repair"), ("confirm", "4")]).await;
    world.look("operator", done.leads_to()).await.says("Repaired 4, left alone 0, failed 0.");
    assert!(numbers.iter().all(|number| voice_url(&world, number) == OURS));
}

#[tokio::test]
async fn what_a_person_decides_is_offered_beside_its_finding() {
    let world = World::new().await;
    let gone = world.buy("Gone", None).await;
    world.simulator.admin().console_release(gone.phone_number.as_str()).unwrap();
    let other = world.free_number();
    let foreign = world.simulator.admin().console_purchase(&other, "Lobby").unwrap();
    let page = look_now(&world).await;
    page.says("A customer's number that Twilio does not have")
        .says("The customer pays for what does not ring.")
        .says("A number that was not bought here");
    for form in [format!("/operator/numbers/{}", gone.id), format!("/operator/numbers/{}", &*foreign.sid)] {
        assert!(page.html.contains(&format!("action=\"{form}\"")), "{form} is in {}", page.html);
    }
    // An older report only tells.
    let first = page.html.split("href=\"/operator/reconciliation?begun=").nth(1).unwrap();
    let first = first.split('"').next().unwrap().to_owned();
    look_now(&world).await;
    let older = world.look("operator", &format!("{PATH}?begun={first}")).await;
    older.says("An older report").says("Lobby").says_not("Write it off");
    assert!(!older.html.contains("action=\"/operator/numbers/"));
    for begun in ["yesterday", "2026-01-01T00:00:00Z"] {
        world.look("operator", &format!("{PATH}?begun={begun}")).await.is(StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn without_an_answer_nothing_is_compared() {
    let world = World::new().await;
    let silence = Fault::new(FaultAction::Status { status: 503, retry_after_s: None });
    world.simulator.admin().script(silence.on("GET", "*/IncomingPhoneNumbers.json").forever());
    let refused = world.submit("operator", PATH, &[("do", "look")]).await;
    refused.is(StatusCode::SERVICE_UNAVAILABLE).says("Nothing was compared, and nothing changed");
    world.look("operator", PATH).await.says("The books have not been compared yet.");
}
