//! Giving a number back.

use axum::http::StatusCode;
use trunkline_domain::{Currency, NumberStatus, OwnedNumber};
use trunkline_twilio_sim::{Fault, FaultAction};

use crate::services::user;
use crate::world::{BAKERY, World, usd};

const DELETE: &str = "DELETE";
const ANY: &str = "*";

fn path(number: &OwnedNumber) -> String {
    format!("/dashboard/numbers/{}/release", number.id)
}

fn deletions(world: &World) -> usize {
    world.simulator.admin().requests().iter().filter(|request| request.method == DELETE).count()
}

#[tokio::test]
async fn a_number_is_released_once_and_nothing_is_refunded() {
    let world = World::new().await;
    let number = world.buy("Front desk", Some(BAKERY)).await;
    let before = world.wallets.balance(&user("ann"), Currency::USD).await.unwrap();
    let page = world.look("ann", &path(&number)).await;
    page.is(StatusCode::OK)
        .says("What you paid for its current month is not refunded.")
        .says("the 1.50 USD a month are not charged any more")
        .says("Keep it");
    assert_eq!(deletions(&world), 0, "looking releases nothing");

    // The second click, the reload of what was sent, and the form of another tab.
    let other_tab = world.look("ann", &path(&number)).await;
    assert_ne!(page.value("key"), other_tab.value("key"));
    for shown in [&page, &page, &other_tab] {
        let sent = world.submit("ann", &path(&number), &[("key", shown.value("key"))]).await;
        let result = world.look("ann", sent.leads_to()).await;
        result.says("is released and not yours any more").says("not refunded").says_not("Keep it");
    }
    assert_eq!(deletions(&world), 1);
    assert!(world.simulator.admin().owned().is_empty());
    assert_eq!(world.stored(number.id).await.status, NumberStatus::Released);
    let after = world.wallets.balance(&user("ann"), Currency::USD).await.unwrap();
    assert_eq!((before, after.available().unwrap()), (after, usd("98.50")));
    world
        .look("ann", &format!("/dashboard/numbers/{}", number.id))
        .await
        .says("not yours any more")
        .says("Released, by");
}

#[tokio::test]
async fn a_form_without_its_key_releases_nothing() {
    let world = World::new().await;
    let number = world.buy("Front desk", Some(BAKERY)).await;
    for fields in [&[][..], &[("key", "again")]] {
        let page = world.submit("ann", &path(&number), fields).await;
        page.is(StatusCode::CONFLICT).says("Nothing was released");
    }
    world
        .submit("ben", &path(&number), &[("key", "00000000-0000-0000-0000-000000000001")])
        .await
        .is(StatusCode::NOT_FOUND);
    assert_eq!((deletions(&world), world.stored(number.id).await), (0, number));
}

#[tokio::test]
async fn a_primary_number_asks_for_another_one_first() {
    let world = World::new().await;
    let (first, second) = (world.buy("One", Some(BAKERY)).await, world.buy("Two", Some(BAKERY)).await);
    let primary = |number: &OwnedNumber| format!("/dashboard/numbers/{}/primary", number.id);
    world.submit("ann", &primary(&first), &[]).await.leads_to();
    let page = world.look("ann", &path(&first)).await;
    page.says("is the primary number of Bakery, so it cannot be released")
        .says(&second.phone_number.readable());
    let forced = [("key", "00000000-0000-0000-0000-000000000001")];
    let refused = world.submit("ann", &path(&first), &forced).await;
    refused
        .is(StatusCode::CONFLICT)
        .says("A primary number cannot be released.")
        .says("Make another one primary first");
    assert_eq!(deletions(&world), 0);

    // From there, the other one is made primary, and the release goes on.
    let id = page.value("release").to_owned();
    let moved = world.submit("ann", &primary(&second), &[("release", &id)]).await;
    let page = world.look("ann", moved.leads_to()).await;
    page.says("Release this number?");
    let sent = world.submit("ann", &path(&first), &[("key", page.value("key"))]).await;
    world.look("ann", sent.leads_to()).await.says("is released");
    // What leads elsewhere than to a number leads nowhere.
    let astray = world.submit("ann", &primary(&second), &[("release", "//evil.example/")]).await;
    assert_eq!(astray.leads_to(), format!("/dashboard/numbers/{}?done=primary", second.id));
}

#[tokio::test]
async fn a_release_in_doubt_is_followed_until_it_is_decided() {
    let world = World::new().await;
    let number = world.buy("Front desk", Some(BAKERY)).await;
    let silence = Fault::new(FaultAction::NeverAnswer { act: false }).on(DELETE, ANY).forever();
    world.simulator.admin().script(silence);
    let page = world.look("ann", &path(&number)).await;
    let sent = world.submit("ann", &path(&number), &[("key", page.value("key"))]).await;
    let address = sent.leads_to().to_owned();
    let progress = world.look("ann", &address).await;
    progress.says("We are waiting for the carrier").says("Look again");
    assert!(progress.html.contains("hx-trigger=\"every 2s\""), "{}", progress.html);
    world
        .look("ann", &format!("/dashboard/numbers/{}", number.id))
        .await
        .says("Being released")
        .says_not("Change it");

    world.simulator.admin().clear_faults();
    world.simulator.admin().drop_held();
    let decided = async {
        while world.stored(number.id).await.status == NumberStatus::Releasing {
            world.provisioning.run_once().await.unwrap();
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), decided).await.unwrap();
    let result = world.look("ann", &address).await;
    result.says("is released and not yours any more");
    assert!(!result.html.contains("hx-trigger"), "nothing is asked for any more");
    assert!(world.simulator.admin().owned().is_empty());
}

#[tokio::test]
async fn a_carrier_that_refuses_leaves_the_number_where_it_is() {
    let world = World::new().await;
    let number = world.buy("Front desk", Some(BAKERY)).await;
    let refusal = FaultAction::Refuse { status: 400, code: 21_000, message: None };
    world.simulator.admin().script(Fault::new(refusal).on(DELETE, ANY));
    let page = world.look("ann", &path(&number)).await;
    let refused = world.submit("ann", &path(&number), &[("key", page.value("key"))]).await;
    refused
        .is(StatusCode::BAD_GATEWAY)
        .says("The carrier refuses to take the number back.")
        .says("Release this number?");
    assert_ne!(refused.value("key"), page.value("key"), "the first key is spent");
    assert_eq!(world.stored(number.id).await.status, NumberStatus::Active);
    // Whoever followed the release hears it from the page that they look at.
    world
        .look("ann", &format!("{}?began=1", path(&number)))
        .await
        .says("The carrier did not take the number back.");
    let sent = world.submit("ann", &path(&number), &[("key", refused.value("key"))]).await;
    world.look("ann", sent.leads_to()).await.says("is released");
}

#[tokio::test]
async fn a_record_is_removed_and_the_carrier_is_not_asked() {
    let world = World::new().await;
    let number = world.record("ann", "+442079460018", "London").await;
    let page = world.look("ann", &path(&number)).await;
    page.says("Remove this record?")
        .says("Nothing is charged or refunded.")
        .says_not("goes back to the carrier");
    let sent = world.submit("ann", &path(&number), &[("key", page.value("key"))]).await;
    world.look("ann", sent.leads_to()).await.says("The number itself is where it was, at BT.");
    assert_eq!((deletions(&world), world.stored(number.id).await.status), (0, NumberStatus::Released));
}
