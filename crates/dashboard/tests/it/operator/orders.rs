//! Orders that no machine can decide.

use axum::http::StatusCode;
use trunkline_domain::{Order, OrderState};

use crate::world::{World, usd};

const ORDERS: &str = "/operator/orders";

fn path(order: &Order) -> String {
    format!("{ORDERS}/{}", order.id)
}

#[tokio::test]
async fn an_order_that_waits_is_told_and_completed() {
    let world = World::new().await;
    let order = world.order_in_review().await;
    let sid = world.simulator.admin().owned()[0].sid.clone();
    world.look("operator", ORDERS).await.says("Waits for you held under another name").says("1.50 USD");
    let page = world.look("operator", &path(&order)).await;
    page.says("under a name that is not this purchase's")
        .says("1.50 USD is held in ann's wallet")
        .says(&format!("Twilio says now: Our account has it as {sid}, named “somebody renamed this”"))
        .says("Handed to an operator: held under another name")
        .says("Opened: 1.50 USD held");
    assert!(page.html.contains(&format!("value=\"{sid}\"")), "the id that Twilio says is proposed");

    // Nothing is lost of what was typed.
    let other = format!("PN{}", "7".repeat(32));
    let unexplained = [("do", "settle"), ("numberSid", other.as_str()), ("reason", "")];
    let refused = world.submit("operator", &path(&order), &unexplained).await;
    refused.is(StatusCode::BAD_REQUEST).says("nothing was done").says("This is required.");
    assert!(refused.html.contains(&format!("value=\"{other}\"")));
    let strange = [("do", "settle"), ("numberSid", other.as_str()), ("reason", "case 118")];
    let refused = world.submit("operator", &path(&order), &strange).await;
    refused.is(StatusCode::CONFLICT).says("has no number PN7").says("the money is still held");
    assert!(refused.html.contains("value=\"case 118\"") && refused.html.contains("id=\"settle\" open"));
    assert_eq!(world.order(order.id).await.state, OrderState::Review);
    assert_eq!(world.money().await, (usd("98.50"), usd("1.50")));

    let right = [("do", "settle"), ("numberSid", sid.as_str()), ("reason", "case 118")];
    let done = world.submit("operator", &path(&order), &right).await;
    let page = world.look("operator", done.leads_to()).await;
    page.says("The order is completed: the customer has the number")
        .says("“case 118”")
        .says("1.50 USD was taken from ann's wallet.")
        .says_not("Decide");
    let stored = world.order(order.id).await;
    assert_eq!(stored.state, OrderState::Completed);
    assert_eq!(stored.number_sid.unwrap().as_str(), sid);
    assert_eq!(world.money().await, (usd("98.50"), usd("0")));
    // Another window still shows it as it was.
    let late = world.submit("operator", &path(&order), &right).await;
    late.is(StatusCode::CONFLICT).says("The order is completed. Nothing was changed");
}

#[tokio::test]
async fn an_order_fails_only_once_its_number_is_gone() {
    let world = World::new().await;
    let order = world.order_in_review().await;
    let void = [("do", "void"), ("reason", "it was ours")];
    let refused = world.submit("operator", &path(&order), &void).await;
    refused
        .is(StatusCode::CONFLICT)
        .says("settle the order with it, or release it at the provider first")
        .says("the money is still held");
    assert!(refused.html.contains("value=\"it was ours\""));
    assert_eq!(world.money().await, (usd("98.50"), usd("1.50")));

    world.simulator.admin().console_release(order.phone_number.as_str()).unwrap();
    let done = world.submit("operator", &path(&order), &void).await;
    let page = world.look("operator", done.leads_to()).await;
    page.says("nothing was charged, and the money is free again").says("An operator decided");
    assert_eq!(world.order(order.id).await.state, OrderState::Failed);
    assert_eq!(world.money().await, (usd("100"), usd("0")));
}

#[tokio::test]
async fn orders_are_found_by_where_they_stand_and_whose_they_are() {
    let world = World::new().await;
    world.look("operator", ORDERS).await.says("Nothing waits: every order is decided.");
    let number = world.buy("Front desk", None).await;
    let readable = number.phone_number.readable();
    world.look("operator", ORDERS).await.says("Nothing waits");
    for (query, is_there) in [
        ("state=all", true),
        ("state=completed&userId=ann", true),
        ("state=completed&userId=ben", false),
        ("state=failed", false),
    ] {
        let page = world.look("operator", &format!("{ORDERS}?{query}")).await;
        page.is(StatusCode::OK);
        assert_eq!(page.text().contains(&readable), is_there, "{query}");
    }
    let page = world.look("operator", &format!("{ORDERS}?userId=a+b")).await;
    page.is(StatusCode::BAD_REQUEST);
    assert!(page.html.contains("id=\"userId-mistake\"") && page.html.contains("value=\"a b\""));
}
