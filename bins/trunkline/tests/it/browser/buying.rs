//! A customer buys a number at the dashboard.

use reqwest::Method;
use trunkline_twilio_sim::{AccountType, Fault, FaultAction};

use super::Desk;
use super::driver::Scripts;
use crate::stage::ACCOUNT_SID;

const PURCHASE: &str = "*/IncomingPhoneNumbers/Local.json";

impl Desk {
    /// From the list of numbers to the sum of the first one that a search finds; answers which number that is.
    async fn choose_a_number(&self) -> String {
        self.browser.press("Buy phone number").await;
        self.browser.type_in("Area code", "415").await;
        self.browser.press("Search").await;
        self.browser.sees("to choose from").await;
        self.browser.press("Choose").await;
        self.browser.type_in("Display name", "Front desk").await;
        self.browser.press("Show what it costs").await;
        self.browser.sees("Charged today").await;
        let place = self.browser.client.current_url().await.unwrap();
        place.query_pairs().find(|(name, _)| name == "number").unwrap().1.into_owned()
    }

    /// One number, bought once.
    async fn has_bought(&self, number: &str) {
        let numbers = self.till.stage.numbers().await;
        assert_eq!(numbers.len(), 1, "{numbers:?}");
        assert_eq!(numbers[0]["phone_number"], number);
        assert_eq!(numbers[0]["display_name"], "Front desk");
        let owned = self.till.stage.twilio().owned();
        assert_eq!(owned.len(), 1, "{owned:?}");
    }

    async fn has_bought_nothing(&self) {
        assert_eq!(self.till.stage.numbers().await.len(), 0);
        assert_eq!(self.till.stage.twilio().owned(), []);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_number_is_searched_for_chosen_and_bought() {
    let desk = Desk::signed_in_with("25", Scripts::On, &[("BALANCE_CHECK_INTERVAL_S", "0.2")]).await;
    let number = desk.choose_a_number().await;
    desk.browser.sees("23.50 USD").await;
    desk.browser.press("Purchase for").await;
    desk.browser.sees("Front desk").await;
    desk.has_bought(&number).await;
    assert_eq!(desk.till.stage.balance().await, ("23.50".to_owned(), "0.00".to_owned()));
    // Everybody is told that the account is on trial, on every page from the next look at it on.
    desk.till.stage.twilio().set_account_type(ACCOUNT_SID, AccountType::Trial).unwrap();
    desk.browser.sees_at_last("is on trial").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_scripts_a_number_is_bought_as_well() {
    let desk = Desk::signed_in("25", Scripts::Off).await;
    let number = desk.choose_a_number().await;
    desk.browser.press("Purchase for").await;
    desk.browser.sees("Front desk").await;
    desk.has_bought(&number).await;
}

/// The sum is shown in two windows, and both are sent; one is sent again by reloading, and by going back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn double_clicks_reloads_and_the_back_button_buy_once() {
    let desk = Desk::signed_in("25", Scripts::Off).await;
    let number = desk.choose_a_number().await;
    let sum = desk.browser.client.current_url().await.unwrap();
    desk.browser.press("Purchase for").await;
    desk.browser.sees("Front desk").await;
    desk.browser.client.refresh().await.unwrap();
    desk.browser.client.back().await.unwrap();
    desk.browser.sees("Charged today").await;
    assert_eq!(desk.browser.client.current_url().await.unwrap(), sum);
    desk.browser.press("Purchase for").await;
    desk.browser.sees("Front desk").await;
    desk.has_bought(&number).await;
    assert_eq!(desk.till.stage.balance().await.0, "23.50");
}

/// Two sendings that are on their way at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_form_that_is_sent_twice_at_once_buys_once() {
    let desk = Desk::signed_in("25", Scripts::On).await;
    let number = desk.choose_a_number().await;
    let send = "const form = document.querySelector('form[data-once]');
        const body = () => new URLSearchParams(new FormData(form));
        for (let n = 0; n < 2; n++) fetch(form.action, { method: 'POST', body: body() });
        HTMLFormElement.prototype.submit.call(form);";
    desk.browser.run(send).await;
    desk.browser.sees("Front desk").await;
    desk.has_bought(&number).await;
    assert_eq!(desk.till.stage.balance().await.0, "23.50");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_little_money_leads_to_funds_and_back_to_the_same_choice() {
    let desk = Desk::signed_in("0", Scripts::On).await;
    let number = desk.choose_a_number().await;
    desk.browser.sees("Your balance is 1.50 USD short").await;
    desk.has_bought_nothing().await;
    desk.browser.press("Add funds").await;
    desk.pay_on_the_page_that_opens().await;
    desk.browser.press("Continue").await;
    desk.browser.sees("Charged today").await;
    desk.browser.press("Purchase for").await;
    desk.browser.sees("Front desk").await;
    desk.has_bought(&number).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_number_that_was_taken_keeps_the_search_and_offers_others() {
    let desk = Desk::signed_in("25", Scripts::On).await;
    let number = desk.choose_a_number().await;
    let gone = FaultAction::Refuse { status: 400, code: 21422, message: None };
    desk.till.stage.twilio().script(Fault::new(gone).on("POST", PURCHASE));
    desk.browser.press("Purchase for").await;
    desk.browser.sees("cannot be had any more").await;
    desk.browser.sees("You were not charged").await;
    desk.has_bought_nothing().await;
    assert!(desk.browser.place().await.contains("areaCode=415"));
    desk.browser.press("Choose").await;
    // What was typed for the number that is gone is kept for the next one.
    let name = desk.browser.field("Display name").await;
    assert_eq!(name.prop("value").await.unwrap().as_deref(), Some("Front desk"));
    desk.browser.press("Show what it costs").await;
    desk.browser.press("Purchase for").await;
    desk.browser.sees("Front desk").await;
    let bought = desk.till.stage.numbers().await;
    assert_ne!(bought[0]["phone_number"], number, "the first one is gone");
}

/// Twilio sells and does not say so: the page tells how it stands, and by itself how it ends.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_in_doubt_is_decided_before_ones_eyes() {
    // Reconciliations look at Twilio's numbers too. None comes between, so the looks that are counted below are the order's.
    let settings = [&crate::stage::SCALED[..], &[("PASS_INTERVAL_S", "3600")]].concat();
    let desk = Desk::signed_in_with("25", Scripts::On, &settings).await;
    let number = desk.choose_a_number().await;
    let twilio = desk.till.stage.twilio();
    twilio.script(Fault::new(FaultAction::NeverAnswer { act: true }).on("POST", PURCHASE));
    // The look before the purchase is answered; every later one is not, until Twilio is well again.
    let looks = Fault::new(FaultAction::Status { status: 503, retry_after_s: None });
    twilio.script(looks.on("GET", "*/IncomingPhoneNumbers.json").nth(2).forever());
    desk.browser.press("Purchase for").await;
    desk.browser.sees("not told us yet").await;
    desk.browser.sees("is held in the wallet").await;
    twilio.clear_faults();
    desk.browser.sees("The number is yours").await;
    desk.browser.press("Go to the number").await;
    desk.browser.sees("Front desk").await;
    desk.has_bought(&number).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_typed_survives_the_end_of_a_session() {
    let desk = Desk::signed_in("25", Scripts::On).await;
    let number = desk.choose_a_number().await;
    let ended = desk.till.stage.command(&["user", "sessions", "--email", super::EMAIL, "--end"]);
    assert!(ended.status.success(), "{ended:?}");
    desk.browser.press("Purchase for").await;
    desk.browser.sees("What you typed is kept").await;
    desk.has_bought_nothing().await;
    desk.type_credentials().await;
    desk.browser.press("Send it now").await;
    desk.browser.sees("Front desk").await;
    desk.has_bought(&number).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_number_is_bought_with_the_keyboard_alone() {
    let desk = Desk::signed_in("25", Scripts::On).await;
    let browser = &desk.browser;
    browser.tab_to("Buy phone number").await;
    browser.keys("\u{e007}").await;
    browser.sees("Choose a country").await;
    browser.tab_to("Search").await;
    browser.keys("\u{e007}").await;
    browser.sees("to choose from").await;
    browser.tab_to("Choose").await;
    browser.keys("\u{e007}").await;
    browser.sees("How you tell it").await;
    browser.tab_to("Show what it costs").await;
    browser.keys("\u{e007}").await;
    browser.sees("Charged today").await;
    browser.tab_to("Purchase for").await;
    browser.keys("\u{e007}").await;
    browser.sees("is yours").await;
    assert_eq!(desk.till.stage.numbers().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_customers_things_are_not_there() {
    let desk = Desk::signed_in("25", Scripts::On).await;
    let stage = &desk.till.stage;
    let other = crate::stage::make_key(&stage.folder, &stage.place.url, &["--user", "somebody-else"]);
    let credit =
        serde_json::json!({ "userId": "somebody-else", "amount": "25", "currency": "USD", "reason": "x" });
    stage.ask_as(&stage.operator, Method::POST, "/api/wallet/credits", Some(credit)).await;
    let purchase = serde_json::json!({ "phoneNumber": stage.free_number(0), "displayName": "Theirs" });
    let (_, bought) = stage.ask_as(&other, Method::POST, "/api/numbers/purchase", Some(purchase)).await;
    let (_, orders) = stage.ask_as(&other, Method::GET, "/api/orders", None).await;
    for (path, id) in [("numbers", &bought["number"]["id"]), ("numbers/orders", &orders["orders"][0]["id"])] {
        desk.browser.go(&format!("{}/dashboard/{path}/{}", stage.server.url, id.as_str().unwrap())).await;
        desk.browser.sees("There is no such page").await;
    }
}
