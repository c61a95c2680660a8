//! Several servers on one PostgreSQL database.

use futures::future::join_all;
use reqwest::{Method, StatusCode};
use trunkline_twilio_sim::{Fault, FaultAction};

use crate::engine::Engine;
use crate::stage::{SCALED, Stage, purchase_body};

const PURCHASE: &str = "*/IncomingPhoneNumbers/Local.json";

#[tokio::test]
async fn one_purchase_repeated_fifty_times_over_two_servers_is_one() {
    let stage = Stage::on(Engine::Postgres, "25.00", &[]).await;
    let other = stage.replica();
    let number = stage.free_number(0);
    let repeats = (0..50).map(|n| {
        let server = if n % 2 == 0 { &stage.server } else { &other };
        let key = [("Idempotency-Key", "one-purchase")];
        let (path, body) = ("/api/numbers/purchase", purchase_body(&number));
        let stage = &stage;
        async move { stage.ask_server(server, &stage.user, Method::POST, path, Some(body), &key).await }
    });
    let answers = join_all(repeats).await;
    assert_eq!(answers[0].0, StatusCode::OK, "{}", answers[0].1);
    for answer in &answers {
        assert_eq!(answer, &answers[0]);
    }
    assert_eq!(stage.purchases_seen(), 1);
    assert_eq!(stage.twilio().owned().len(), 1);
    assert_eq!(stage.numbers().await.len(), 1);
    assert_eq!(stage.balance().await, ("23.50".to_owned(), "0.00".to_owned()));
}

#[tokio::test]
async fn money_for_seven_is_spent_once_over_two_servers() {
    let stage = Stage::on(Engine::Postgres, "10.50", &[]).await;
    let other = stage.replica();
    let numbers: Vec<String> = (0..20).map(|nth| stage.free_number(nth)).collect();
    let purchases = numbers.iter().enumerate().map(|(n, number)| {
        let server = if n % 2 == 0 { &stage.server } else { &other };
        let body = Some(purchase_body(number));
        stage.ask_server(server, &stage.user, Method::POST, "/api/numbers/purchase", body, &[])
    });
    let answers = join_all(purchases).await;
    let bought = answers.iter().filter(|(status, _)| *status == StatusCode::OK).count();
    let refused = answers.iter().filter(|(status, _)| *status == StatusCode::PAYMENT_REQUIRED).count();
    assert_eq!((bought, refused), (7, 13), "{answers:?}");
    assert_eq!(stage.twilio().owned().len(), 7);
    assert_eq!(stage.balance().await, ("0.00".to_owned(), "0.00".to_owned()));
}

/// The server that has sent a purchase dies; within one lease another takes its order over and settles it.
#[tokio::test]
async fn the_order_of_a_dead_server_is_finished_by_another() {
    let mut stage = Stage::on(Engine::Postgres, "25.00", &SCALED).await;
    let other = stage.replica();
    stage.twilio().script(Fault::new(FaultAction::NeverAnswer { act: true }).on("POST", PURCHASE));
    let number = stage.free_number(0);
    let dying = async {
        stage.twilio().wait_for_owned(1).await;
        stage.server.signal(nix::sys::signal::Signal::SIGKILL);
    };
    let client = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
    let request = client
        .post(format!("{}/api/numbers/purchase", stage.server.url))
        .bearer_auth(&stage.user)
        .json(&purchase_body(&number));
    let (answer, ()) = tokio::join!(request.send(), dying);
    assert!(answer.is_err(), "the caller hears nothing");
    stage.server = other;
    let orders = stage.get("/api/orders").await;
    let id = orders["orders"][0]["id"].as_str().unwrap().to_owned();
    stage.wait_for_order(&id, "completed").await;
    assert_eq!(stage.purchases_seen(), 1, "recovery never buys");
    assert_eq!(stage.numbers().await.len(), 1);
    assert_eq!(stage.balance().await, ("23.50".to_owned(), "0.00".to_owned()));
}

#[tokio::test]
async fn servers_that_start_at_once_on_an_empty_database_all_start() {
    let database = trunkline_testkit::Server::shared().empty_database();
    let folder = tempfile::tempdir().unwrap();
    let servers: Vec<_> = (0..3)
        .map(|_| {
            let mut command = crate::process::command("trunkline", folder.path());
            command.arg("serve").envs([("DATABASE_URL", database.url().as_str()), ("LISTEN", "127.0.0.1:0")]);
            std::thread::spawn(|| crate::process::Process::start(command))
        })
        .collect();
    for server in servers {
        server.join().unwrap().stop();
    }
    assert_eq!(database.run(&["SELECT count(*) FROM trunkline.deployment"]), "1");
    let left = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
    database.wait_for(left, "0");
}
