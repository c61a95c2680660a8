//! Alarms as whoever is on call hears of them: one signed message when one begins and one when it ends, whatever restarts
//! in between and however many servers there are.

use std::process::Output;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use trunkline_alarms::{DELIVERY_HEADER, SIGNATURE_HEADER, sign_webhook};
use trunkline_twilio_sim::{Fault, FaultAction};
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::engine::Engine;
use crate::stage::{SCALED, Stage};

const SECRET: &str = "hunter2-hunter2-hunter2";

/// How long anything may take to come true.
const PATIENCE: Duration = Duration::from_secs(20);

/// Whoever is on call.
struct OnCall(MockServer);

impl OnCall {
    async fn new() -> Self {
        Self(MockServer::start().await)
    }

    /// Answers so from now on.
    async fn answers(&self, status: u16) {
        self.0.reset().await;
        let answer = ResponseTemplate::new(status);
        Mock::given(method("POST")).respond_with(answer).mount(&self.0).await;
    }

    fn url(&self) -> String {
        format!("{}/hook?token=T0KEN", self.0.uri())
    }

    /// What was heard since the answer changed, each verified and with its delivery's id.
    async fn heard(&self) -> Vec<(String, Value)> {
        self.0.received_requests().await.unwrap().iter().map(verified).collect()
    }

    /// Waits until so many messages were heard.
    async fn wait_for(&self, count: usize, stage: &Stage) -> Vec<(String, Value)> {
        let waiting = async {
            loop {
                let heard = self.heard().await;
                if heard.len() >= count {
                    return heard;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let Ok(heard) = tokio::time::timeout(PATIENCE, waiting).await else {
            panic!("only {:?} was heard\n{}", self.heard().await, stage.server.log());
        };
        heard
    }
}

fn verified(request: &Request) -> (String, Value) {
    let header = |name: &str| request.headers.get(name).unwrap().to_str().unwrap().to_owned();
    let signature = header(SIGNATURE_HEADER);
    let second = signature.strip_prefix("t=").unwrap().split(',').next().unwrap().parse().unwrap();
    let at: DateTime<Utc> = DateTime::from_timestamp(second, 0).unwrap();
    assert_eq!(signature, sign_webhook(&SECRET.into(), at, &request.body));
    assert!((Utc::now() - at).abs() < TimeDelta::minutes(1), "{at}");
    (header(DELIVERY_HEADER), serde_json::from_slice(&request.body).unwrap())
}

async fn stage(engine: Engine, on_call: &OnCall) -> Stage {
    let url = on_call.url();
    let webhook = [("ALARM_WEBHOOK_URL", url.as_str()), ("ALARM_WEBHOOK_SECRET", SECRET)];
    Stage::on(engine, "25.00", &[&SCALED[..], &webhook[..]].concat()).await
}

/// An order whose number somebody renamed before its purchase could be seen: only a person can decide it.
pub(crate) async fn order_in_review(stage: &Stage) -> String {
    let twilio = stage.twilio();
    twilio.script(
        Fault::new(FaultAction::NeverAnswer { act: true }).on("POST", "*/IncomingPhoneNumbers/Local.json"),
    );
    let number = stage.free_number(0);
    let renaming = async {
        twilio.wait_for_owned(1).await;
        twilio.rename(&number, "somebody renamed this").unwrap();
    };
    let ((status, answer), ()) = tokio::join!(stage.buy(&number), renaming);
    assert_eq!(status.as_u16(), 202, "{answer}");
    let id = answer["order"]["id"].as_str().unwrap().to_owned();
    stage.wait_for_order(&id, "review").await;
    id
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.as_slice(), &output.stderr].concat()).into_owned()
}

fn settle(stage: &Stage, order: &str) {
    let sid = &stage.twilio().owned()[0].sid;
    let settled = stage.command(&["order", "settle", order, "--sid", sid, "--reason", "it is theirs"]);
    assert!(settled.status.success(), "{}", text(&settled));
}

// On two threads: the commands are waited for on one while the simulator answers them on the other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_onset_and_its_end_are_told_once_over_a_restart() {
    let on_call = OnCall::new().await;
    on_call.answers(503).await;
    let mut stage = stage(Engine::Sqlite, &on_call).await;
    let order = order_in_review(&stage).await;
    let before = on_call.wait_for(1, &stage).await.remove(0);
    stage.server.stop();
    let first_log = stage.server.log();

    on_call.answers(204).await;
    stage.restart();
    let (id, raised) = on_call.wait_for(1, &stage).await.remove(0);
    assert_eq!(id, before.0, "a repeat has the id of what it repeats");
    assert_eq!((&raised["alarm"], &raised["state"]), (&"order_in_review".into(), &"raised".into()));
    assert_eq!((&raised["subject"], &raised["endedAt"]), (&order.as_str().into(), &Value::Null));
    assert_eq!(raised["details"]["reason"], "strange_marker");
    assert_eq!(raised["runbook"], "docs/operations.md#order_in_review");
    let refused =
        stage.command(&["alarm", "end", "order_in_review", &order, "--reason", "I would rather not know"]);
    assert!(!refused.status.success() && text(&refused).contains("nothing is ended"), "{}", text(&refused));
    let open = text(&stage.command(&["alarm", "list"]));
    assert!(open.contains(&format!("order_in_review  {order}  open, raised 1 times")), "{open}");

    settle(&stage, &order);
    let heard = on_call.wait_for(2, &stage).await;
    assert_eq!(heard[1].1["state"], "ended");
    assert_eq!((&heard[1].1["id"], heard[1].1["endedAt"].is_string()), (&raised["id"], true));
    assert_ne!(heard[1].0, id);
    assert!(text(&stage.command(&["alarm", "list"])).contains("no alarm is open"));
    let all: Value =
        serde_json::from_slice(&stage.command(&["alarm", "list", "--all", "--json"]).stdout).unwrap();
    assert_eq!((all.as_array().unwrap().len(), &all[0]["end"]["reason"]), (1, &"told".into()));

    stage.server.stop();
    assert_eq!(on_call.heard().await.len(), 2, "and nothing more");
    let help = text(&stage.command(&["serve", "--help"]));
    for said in [first_log, stage.server.log(), help] {
        assert!(!said.contains("hunter2") && !said.contains("T0KEN"), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_tell_once() {
    let on_call = OnCall::new().await;
    on_call.answers(204).await;
    let mut stage = stage(Engine::Postgres, &on_call).await;
    let mut other = stage.replica();
    let order = order_in_review(&stage).await;
    on_call.wait_for(1, &stage).await;
    settle(&stage, &order);
    on_call.wait_for(2, &stage).await;
    stage.server.stop();
    other.stop();
    let heard = on_call.heard().await;
    let states: Vec<_> = heard.iter().map(|(_, message)| message["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["raised", "ended"]);
}
