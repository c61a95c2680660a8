//! A low balance with the real program: a mail to the customer, once, whatever is bought and restarted afterwards.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use reqwest::{Method, StatusCode};
use rstest::rstest;
use serde_json::{Value, json};

use crate::engine::Engine;
use crate::stage::Stage;

/// How long anything may take to come true.
const PATIENCE: Duration = Duration::from_secs(20);

/// A mail server on loopback that takes everything.
struct MailServer {
    port: u16,
    taken: Arc<Mutex<Vec<String>>>,
}

impl MailServer {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let taken = Arc::<Mutex<Vec<String>>>::default();
        let kept = Arc::clone(&taken);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A client that goes away in the middle has said all that it will.
                let _ = converse(stream, &kept);
            }
        });
        Self { port, taken }
    }

    fn taken(&self) -> Vec<String> {
        self.taken.lock().unwrap().clone()
    }
}

fn converse(mut stream: TcpStream, taken: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    stream.write_all(b"220 localhost ESMTP of a test\r\n")?;
    let mut message = String::new();
    while let Some(line) = lines.next().transpose()? {
        if line.starts_with("DATA") {
            stream.write_all(b"354 go on\r\n")?;
            for line in lines.by_ref() {
                let line = line?;
                if line == "." {
                    break;
                }
                message.push_str(&line);
                message.push('\n');
            }
            taken.lock().unwrap().push(std::mem::take(&mut message));
        } else if line.starts_with("RCPT") {
            message.push_str(&line);
            message.push('\n');
        }
        stream.write_all(if line.starts_with("QUIT") { b"221 bye\r\n" } else { b"250 ok\r\n" })?;
    }
    Ok(())
}

/// Waits until the user's notices are like this.
async fn wait_for_notices(stage: &Stage, wanted: impl Fn(&[Value]) -> bool) -> Vec<Value> {
    let waiting = async {
        loop {
            let listed = stage.get("/api/wallet/notices").await["notices"].as_array().unwrap().clone();
            if wanted(&listed) {
                return listed;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let Ok(listed) = tokio::time::timeout(PATIENCE, waiting).await else {
        panic!("{}\n{}", stage.get("/api/wallet/notices").await, stage.server.log());
    };
    listed
}

async fn buy(stage: &Stage) {
    let (status, answer) = stage.buy(&stage.free_number(0)).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_customer_has_mail_once_when_the_balance_gets_low(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let mail = MailServer::start();
    let url = format!("smtp://127.0.0.1:{}?tls=none", mail.port);
    let settings = [
        ("SMTP_URL", url.as_str()),
        ("MAIL_FROM", "Acme <billing@example.com>"),
        ("LOW_BALANCE_AT", "3 USD"),
    ];
    let mut stage = Stage::on(engine, "25.00", &settings).await;
    let shown = stage.get("/api/wallet/alerts").await;
    let heard = [&shown["thresholds"], &shown["source"], &shown["mail"]].map(Value::to_string);
    assert_eq!(heard, ["[3.00]", "\"everybody\"", "\"no_address\""]);
    let own = json!({ "currency": "USD", "thresholds": [24, 22.5], "email": "money@example.com" });
    let (status, set) = stage.ask(Method::PUT, "/api/wallet/alerts", Some(own)).await;
    assert_eq!((status, &set["mail"]), (StatusCode::OK, &json!("ready")), "{set}");

    buy(&stage).await;
    let told =
        wait_for_notices(&stage, |listed| listed.first().is_some_and(|one| one["mail"] == "sent")).await;
    assert_eq!((told.len(), &told[0]["subject"]), (1, &json!("Your balance fell below 24.00 USD")));
    let message = mail.taken().remove(0);
    for said in
        ["RCPT TO:<money@example.com>", "From: Acme <billing@example.com>", "you could spend 23.50 USD"]
    {
        assert!(message.replace("=\n", "").contains(said), "{said} is not in: {message}");
    }
    assert!(message.contains(told[0]["id"].as_str().unwrap()), "the message has the notice's id");

    stage.server.stop();
    let first_log = stage.server.log();
    stage.restart();
    buy(&stage).await;
    let told = wait_for_notices(&stage, |listed| listed.len() == 2 && listed[0]["mail"] == "sent").await;
    assert_eq!(told[0]["subject"], "Your balance fell below 22.50 USD", "and nothing more of the first");
    let test = stage.command(&["notice", "send-test", "--to", "you@example.com"]);
    assert!(test.status.success(), "{}", String::from_utf8_lossy(&test.stderr));
    assert_eq!(mail.taken().len(), 3);
    for log in [first_log, stage.server.log()] {
        assert!(log.contains("a customer is told") && !log.contains("money@example.com"), "{log}");
    }
}
