//! A customer gives a number back at the dashboard.

use reqwest::Method;
use serde_json::json;

use super::Desk;
use super::driver::Scripts;

impl Desk {
    /// Buys a number beside the browser and opens its page; answers its id.
    async fn open_a_number(&self, business: Option<&str>) -> String {
        let stage = &self.till.stage;
        let purchase = json!({
            "phoneNumber": stage.free_number(0), "displayName": "Front desk", "businessId": business,
        });
        let (_, bought) = stage.ask(Method::POST, "/api/numbers/purchase", Some(purchase)).await;
        let id = bought["number"]["id"].as_str().unwrap().to_owned();
        self.browser.go(&format!("{}/dashboard/numbers/{id}", stage.server.url)).await;
        id
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_number_is_released_after_it_is_said_what_becomes_of_the_money() {
    let desk = Desk::signed_in("25", Scripts::On).await;
    desk.open_a_number(None).await;
    desk.browser.press("Release this number").await;
    desk.browser.sees("is not refunded").await;
    assert_eq!(desk.till.stage.twilio().owned().len(), 1, "looking at the question releases nothing");
    desk.browser.press("Release +1").await;
    desk.browser.sees("is released and not yours any more").await;
    assert_eq!(desk.till.stage.twilio().owned(), []);
    assert_eq!(desk.till.stage.balance().await, ("23.50".to_owned(), "0.00".to_owned()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_primary_number_is_not_released() {
    let desk = Desk::signed_in("25", Scripts::On).await;
    let stage = &desk.till.stage;
    let (_, business) = stage.ask(Method::POST, "/api/businesses", Some(json!({ "name": "Bakery" }))).await;
    let business = business["business"]["id"].as_str().unwrap().to_owned();
    let id = desk.open_a_number(Some(&business)).await;
    desk.browser.press("Make primary").await;
    desk.browser.sees("This is the primary number").await;
    desk.browser.go(&format!("{}/dashboard/numbers/{id}/release", stage.server.url)).await;
    desk.browser.sees("so it cannot be released").await;
    assert_eq!(stage.twilio().owned().len(), 1);
}
