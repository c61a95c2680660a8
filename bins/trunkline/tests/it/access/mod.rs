//! Every route against everybody who may knock at it.
//!
//! `rows.rs` says for each route what each caller hears; `scene.rs` has the callers and the things they ask for. The routes
//! are those of the server's own description, so a route without a row fails here. Whoever is refused changes nothing: the
//! whole database is compared. And what belongs to others answers as what does not exist, in its text and in its time.

mod rows;
mod scene;
mod time;

use std::collections::BTreeSet;
use std::fmt::Write;

use crate::engine::Engine;
use crate::payments::till::Till;
use crate::stage::Stage;
use rows::{Row, rows};
use scene::{Scene, Who};

/// Strangers are not counted, who are many here; and what is above a sum waits for a second operator.
const SETTINGS: [(&str, &str); 2] = [("ADDRESS_RATE_LIMIT", "0"), ("APPROVAL_ABOVE", "1000.00 USD")];

/// Pages for people, which are not part of the description.
const PAGES: [&str; 4] = ["get /api/docs", "get /api/docs/", "get /payment/done", "get /payment/cancelled"];

/// What a cell says, and what was heard, where that differs.
fn differs(row: &Row, who: Who, heard: &str) -> String {
    format!("{} {} as {who:?}: expected {}, heard {heard}", row.method, row.path, row.expected(who))
}

#[tokio::test]
async fn every_route_has_a_row() {
    let stage = Stage::new("0").await;
    let description = stage.get("/api/openapi.json").await;
    let mut routes: BTreeSet<String> = PAGES.into_iter().map(str::to_owned).collect();
    for (path, methods) in description["paths"].as_object().unwrap() {
        routes.extend(methods.as_object().unwrap().keys().map(|method| format!("{method} {path}")));
    }
    let mut tabled = BTreeSet::new();
    for row in rows() {
        let route = format!("{} {}", row.method.as_str().to_lowercase(), row.path);
        assert!(tabled.insert(route.clone()), "{route} has two rows");
    }
    assert_eq!(routes, tabled, "the server's routes, and the rows");
}

/// On PostgreSQL, where the whole database is easily compared. What the handlers ask of their stores is the same on both.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_refused_changes_nothing_and_everybody_else_is_served() {
    let scene = Scene::new(Till::on(Engine::Postgres, "500.00", &SETTINGS).await).await;
    let mut wrong = String::new();
    let mut before = scene.fingerprint();
    for row in rows() {
        let target = scene.shared(row.object).clone();
        for who in Who::ALL.into_iter().filter(|who| row.expected(*who) >= 400) {
            let (status, body) = scene.ask(&row, who, &target).await;
            if status != row.expected(who) {
                writeln!(wrong, "{}", differs(&row, who, &format!("{status} {body}"))).unwrap();
            }
        }
        let after = scene.fingerprint();
        if before != after {
            let changed: Vec<_> = after.difference(&before).collect();
            writeln!(wrong, "{} {}: somebody was refused, and there is {changed:?}", row.method, row.path)
                .unwrap();
        }
        before = after;
    }
    for row in rows() {
        for who in Who::ALL.into_iter().filter(|who| row.expected(*who) < 400) {
            let target = scene.fresh(row.object).await;
            let (status, body) = scene.ask(&row, who, &target).await;
            if status != row.expected(who) {
                writeln!(wrong, "{}", differs(&row, who, &format!("{status} {body}"))).unwrap();
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}
