//! What can go wrong with a purchase, and that it ends with one number and one charge, or none of either.

use reqwest::{Method, StatusCode};
use rstest::rstest;
use serde_json::Value;
use tempfile::NamedTempFile;
use trunkline_domain::PriceBook;
use trunkline_twilio_sim::{Acting, Fault, FaultAction, GB_BUNDLE_SID, NumberType};

use crate::engine::Engine;
use crate::stage::{SCALED, Stage, purchase_body};

const PURCHASE: &str = "*/IncomingPhoneNumbers/Local.json";

fn order_id(answer: &Value) -> String {
    answer["order"]["id"].as_str().unwrap_or_else(|| panic!("no order in {answer}")).to_owned()
}

/// One number here and at Twilio, one charge.
async fn assert_one_and_one(stage: &Stage, phone_number: &str) {
    let numbers = stage.numbers().await;
    assert_eq!(numbers.len(), 1);
    assert_eq!(numbers[0]["phone_number"], phone_number);
    let owned = stage.twilio().owned();
    assert_eq!(owned.len(), 1);
    assert_eq!(numbers[0]["twilio_sid"], *owned[0].sid);
    assert_eq!(stage.balance().await, ("23.50".to_owned(), "0.00".to_owned()));
}

/// A price file in which one kind of British number has the simulator's approved bundle.
fn prices_with_bundle(section: &str) -> NamedTempFile {
    let prices =
        PriceBook::embedded_text().replace(section, &format!("{section}\nbundle_sid = \"{GB_BUNDLE_SID}\""));
    let file = NamedTempFile::new().unwrap();
    std::fs::write(file.path(), prices).unwrap();
    file
}

/// No number here or at Twilio, no charge, nothing held.
async fn assert_none_of_either(stage: &Stage) {
    assert_eq!(stage.numbers().await, Vec::<Value>::new());
    assert_eq!(stage.twilio().owned(), []);
    assert_eq!(stage.balance().await, ("25.00".to_owned(), "0.00".to_owned()));
}

#[rstest]
#[tokio::test]
async fn too_little_money_is_told_and_nothing_is_sent(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let stage = Stage::on(engine, "1.00", &[]).await;
    let (status, answer) = stage.buy(&stage.free_number(0)).await;
    assert_eq!(status, StatusCode::PAYMENT_REQUIRED);
    assert_eq!(answer["code"], "INSUFFICIENT_BALANCE");
    assert_eq!(answer["requiredAmount"].to_string(), "1.50");
    assert_eq!(answer["availableAmount"].to_string(), "1.00");
    assert_eq!(answer["charged"], "no");
    assert_eq!(stage.purchases_seen(), 0);
}

#[rstest]
#[tokio::test]
async fn a_number_that_is_gone_costs_nothing(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let stage = Stage::on(engine, "25.00", &[]).await;
    let refuse = FaultAction::Refuse { status: 400, code: 21422, message: None };
    stage.twilio().script(Fault::new(refuse).on("POST", PURCHASE));
    let (status, answer) = stage.buy(&stage.free_number(0)).await;
    assert_eq!((status, answer["code"].as_str()), (StatusCode::GONE, Some("NUMBER_UNAVAILABLE")));
    assert_eq!(answer["charged"], "no");
    assert_none_of_either(&stage).await;
    let transactions = stage.transactions().await;
    assert_eq!(transactions[0]["status"], "failed", "the hold is void");
}

#[rstest]
#[tokio::test]
async fn a_lost_answer_is_found_again(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let stage = Stage::on(engine, "25.00", &[]).await;
    stage.twilio().script(Fault::new(FaultAction::ActThenReset).on("POST", PURCHASE));
    let phone_number = stage.free_number(0);
    let (status, answer) = stage.buy(&phone_number).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!(stage.purchases_seen(), 1, "a purchase is sent once");
    assert_one_and_one(&stage, &phone_number).await;
}

#[rstest]
#[tokio::test]
async fn an_answer_that_never_comes_is_decided_once_twilio_answers_again(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let stage = Stage::on(engine, "25.00", &SCALED).await;
    stage.twilio().script(Fault::new(FaultAction::NeverAnswer { act: true }).on("POST", PURCHASE));
    let looks = Fault::new(FaultAction::Status { status: 503, retry_after_s: None });
    let phone_number = stage.free_number(0);
    // The look before the purchase is answered; every later one is not, until Twilio is well again.
    stage.twilio().script(looks.on("GET", "*/IncomingPhoneNumbers.json").nth(2).forever());
    let (status, answer) = stage.buy(&phone_number).await;
    assert_eq!((status, answer["code"].as_str()), (StatusCode::ACCEPTED, Some("ORDER_PENDING")));
    assert_eq!((answer["success"].as_bool(), answer["charged"].as_str()), (Some(false), Some("held")));
    assert_eq!(stage.balance().await, ("23.50".to_owned(), "1.50".to_owned()));

    stage.twilio().clear_faults();
    let order = stage.wait_for_order(&order_id(&answer), "completed").await;
    assert_eq!(order["charged"], "yes");
    assert_eq!(stage.purchases_seen(), 1);
    assert_one_and_one(&stage, &phone_number).await;
}

#[rstest]
#[tokio::test]
async fn a_purchase_that_never_arrived_gives_the_money_back(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let stage = Stage::on(engine, "25.00", &SCALED).await;
    stage.twilio().script(Fault::new(FaultAction::NeverAnswer { act: false }).on("POST", PURCHASE));
    let (status, answer) = stage.buy(&stage.free_number(0)).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{answer}");
    let order = stage.wait_for_order(&order_id(&answer), "failed").await;
    assert_eq!(
        (order["code"].as_str(), order["charged"].as_str()),
        (Some("PROVIDER_UNAVAILABLE"), Some("no"))
    );
    assert_eq!(stage.purchases_seen(), 1);
    assert_none_of_either(&stage).await;
}

#[rstest]
#[tokio::test]
async fn an_undecided_order_survives_a_crash(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let mut stage = Stage::on(engine, "25.00", &SCALED).await;
    stage.twilio().script(Fault::new(FaultAction::NeverAnswer { act: true }).on("POST", PURCHASE));
    let phone_number = stage.free_number(0);
    let http = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
    let request = http
        .post(format!("{}/api/numbers/purchase", stage.server.url))
        .bearer_auth(&stage.user)
        .json(&purchase_body(&phone_number));
    let caller = tokio::spawn(request.send());
    stage.twilio().wait_for_owned(1).await;
    stage.server.kill();
    assert!(caller.await.unwrap().is_err(), "the caller hears nothing");

    stage.restart();
    let orders = stage.get("/api/orders").await;
    let id = orders["orders"][0]["id"].as_str().unwrap().to_owned();
    stage.wait_for_order(&id, "completed").await;
    assert_eq!(stage.purchases_seen(), 1, "recovery never buys");
    assert_one_and_one(&stage, &phone_number).await;
}

#[tokio::test]
async fn a_toll_free_number_is_not_bought_as_local() {
    let stage = Stage::new("25.00").await;
    let number = stage.available("US", NumberType::TollFree, 0);
    let mut body = purchase_body(&number);
    body["numberType"] = "local".into();
    let (status, answer) = stage.ask(Method::POST, "/api/numbers/purchase", Some(body)).await;
    assert_eq!((status, answer["code"].as_str()), (StatusCode::BAD_REQUEST, Some("VALIDATION_FAILED")));
    assert_eq!(stage.purchases_seen(), 0);
    assert_none_of_either(&stage).await;
}

#[tokio::test]
async fn britain_asks_for_a_bundle_and_gets_it_from_the_price_file() {
    let stage = Stage::new("25.00").await;
    let number = stage.available("GB", NumberType::Mobile, 0);
    let (status, answer) = stage.buy(&number).await;
    assert_eq!(
        (status, answer["code"].as_str()),
        (StatusCode::UNPROCESSABLE_ENTITY, Some("BUNDLE_REQUIRED"))
    );
    let detail = answer["detail"].as_str().unwrap();
    assert!(detail.contains("bundle_sid") && detail.contains("one is approved"), "{answer}");
    assert_none_of_either(&stage).await;

    let file = prices_with_bundle("[GB.mobile]");
    let stage = Stage::with("25.00", &[("PRICE_FILE", file.path().to_str().unwrap())]).await;
    let (status, answer) = stage.buy(&stage.available("GB", NumberType::Mobile, 0)).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!(answer["transaction"]["amount"].to_string(), "3.00");
}

#[tokio::test]
async fn a_number_without_texts_gets_no_address_for_texts() {
    let file = prices_with_bundle("[GB.local]");
    let stage = Stage::with("25.00", &[("PRICE_FILE", file.path().to_str().unwrap())]).await;
    let (status, answer) = stage.buy(&stage.available("GB", NumberType::Local, 0)).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!(answer["number"]["sms_url"], Value::Null);
    assert!(answer["number"]["voice_url"].is_string());
}

#[tokio::test]
async fn a_number_that_the_console_bought_between_look_and_purchase_is_not_taken() {
    let stage = Stage::new("25.00").await;
    let twilio = stage.twilio();
    // Longer than the provider's clock is coarse, so that the update can be told from the making.
    twilio.script(Fault::new(FaultAction::Delay { ms: 3_500, act: Acting::Later }).on("POST", PURCHASE));
    let number = stage.free_number(0);
    let console = async {
        twilio.wait_for_request("POST", PURCHASE, 1).await;
        twilio.console_purchase(&number, "The operator's own").unwrap();
    };
    let ((status, answer), ()) = tokio::join!(stage.buy(&number), console);
    assert_eq!((status, answer["charged"].as_str()), (StatusCode::ACCEPTED, Some("held")), "{answer}");
    assert_eq!(answer["order"]["status"], "review");
    assert_eq!(
        stage.numbers().await,
        Vec::<Value>::new(),
        "it is the operator's, and nobody can release it here"
    );
    assert!(stage.server.log().contains("purchase_hit_owned_number"), "an alarm");
}

#[tokio::test]
async fn a_number_that_was_moved_to_a_subaccount_is_not_called_released() {
    let stage = Stage::new("25.00").await;
    stage.buy(&stage.free_number(0)).await;
    let number = stage.numbers().await.remove(0);
    stage.move_to_subaccount(number["twilio_sid"].as_str().unwrap()).await;
    let path = format!("/api/numbers/{}/release", number["id"].as_str().unwrap());
    let (status, _) = stage.ask(Method::DELETE, &path, None).await;
    assert_eq!(status, StatusCode::ACCEPTED);
    assert_eq!(stage.numbers().await[0]["status"], "review");
    assert_eq!(stage.twilio().owned().len(), 1, "it lives on");
}
