//! Limits with the real program: fifty purchases at once against a limit of three numbers, and an operator who raises it.

use futures::future::join_all;
use reqwest::StatusCode;
use rstest::rstest;
use trunkline_twilio_sim::NumberType;

use crate::engine::Engine;
use crate::stage::{Stage, USER};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_purchases_at_once_against_a_limit_of_three_numbers_buy_three(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let stage = Stage::on(engine, "100.00", &[("USER_MAX_NUMBERS", "3")]).await;
    let stock = stage.twilio().available("US", NumberType::Local);
    let answers = join_all(stock.iter().take(50).map(|number| stage.buy(&number.phone_number))).await;
    let count = |status, code: Option<&str>| {
        answers.iter().filter(|(had, answer)| *had == status && answer["code"].as_str() == code).count()
    };
    assert_eq!((answers.len(), count(StatusCode::OK, None)), (50, 3), "{answers:?}");
    assert_eq!(count(StatusCode::FORBIDDEN, Some("LIMIT_EXCEEDED")), 47, "{answers:?}");
    assert_eq!((stage.purchases_seen(), stage.numbers().await.len()), (3, 3));
    assert_eq!(stage.balance().await, ("95.50".to_owned(), "0.00".to_owned()), "nothing is held");

    let set = ["user", "limits", "set", USER, "--numbers", "4", "--reason", "ticket 7"];
    let raised = stage.command(&set);
    assert!(raised.status.success(), "{}", String::from_utf8_lossy(&raised.stderr));
    let said = String::from_utf8_lossy(&raised.stdout).into_owned();
    assert!(said.contains("4 (set for this user); 3 held or being bought"), "{said}");
    let (fourth, answer) = stage.buy(&stage.free_number(0)).await;
    assert_eq!(fourth, StatusCode::OK, "{answer}");
    let (fifth, answer) = stage.buy(&stage.free_number(0)).await;
    assert_eq!((fifth, answer["limit"].as_str()), (StatusCode::FORBIDDEN, Some("numbers")), "{answer}");
}
