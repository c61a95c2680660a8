//! Reconciliations beside a load of purchases and releases, with limits and lists that break off: whatever is under way
//! meanwhile, no disagreement is found where there is none.
//!
//! A few runs here; `scripts/reconcile-under-load --runs 500` makes as many as it is asked for.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use trunkline_twilio_sim::{Fault, FaultAction};

use crate::engine::Engine;
use crate::stage::{SCALED, Stage, purchase_body};

/// How many reconciliations are made.
const RUNS: &str = "TRUNKLINE_RECONCILE_RUNS";

/// Customers that buy and give back all the time.
const CUSTOMERS: usize = 4;

#[derive(Default)]
struct Load {
    bought: AtomicU64,
    released: AtomicU64,
    over: AtomicBool,
}

/// Buys and gives back until it is over; every third number is kept for a while.
async fn customer(stage: Arc<Stage>, load: Arc<Load>, which: usize) {
    let mut kept = Vec::new();
    for round in 0.. {
        if load.over.load(Ordering::Relaxed) {
            return;
        }
        let number = stage.free_number(which * 12 + round % 12);
        let path = "/api/numbers/purchase";
        let (_, answer) = stage.ask(Method::POST, path, Some(purchase_body(&number))).await;
        if let Some(id) = answer["number"]["id"].as_str().or(answer["numberId"].as_str()) {
            load.bought.fetch_add(1, Ordering::Relaxed);
            kept.push(id.to_owned());
        }
        if kept.len() > 2 {
            let path = format!("/api/numbers/{}/release", kept.remove(0));
            stage.ask(Method::DELETE, &path, None).await;
            load.released.fetch_add(1, Ordering::Relaxed);
        }
    }
}

fn script_weather(stage: &Stage) {
    let by_chance = |percent, seed, action| Fault::new(action).by_chance(percent, seed);
    let limited = || FaultAction::Status { status: 429, retry_after_s: None };
    let broken = || FaultAction::Status { status: 503, retry_after_s: None };
    let any = "*/IncomingPhoneNumbers*";
    for fault in [
        by_chance(10, 1, limited()).on("GET", any),
        by_chance(5, 2, limited()).on("POST", any),
        by_chance(5, 3, limited()).on("DELETE", any),
        by_chance(5, 4, broken()).on("GET", "*/IncomingPhoneNumbers.json"),
        by_chance(5, 5, FaultAction::TruncatedBody).on("GET", "*/IncomingPhoneNumbers.json"),
        by_chance(3, 6, FaultAction::ActThenReset).on("DELETE", any),
    ] {
        stage.twilio().script(fault.forever());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_false_finding_beside_purchases_and_releases() {
    let runs: u64 = std::env::var(RUNS).ok().and_then(|text| text.parse().ok()).unwrap_or(8);
    let mut environment = SCALED.to_vec();
    environment.retain(|(name, _)| !["PASS_INTERVAL_S", "RECONCILE_AFTER_S"].contains(name));
    environment.extend([("PASS_INTERVAL_S", "3600"), ("RECONCILE_AFTER_S", "1")]);
    let stage = Arc::new(Stage::on(Engine::Sqlite, "100000.00", &environment).await);
    script_weather(&stage);
    let load = Arc::new(Load::default());
    let customers: Vec<_> = (0..CUSTOMERS)
        .map(|which| tokio::spawn(customer(Arc::clone(&stage), Arc::clone(&load), which)))
        .collect();
    let (mut whole, mut broken, mut compared, mut skipped) = (0, 0, 0, 0);
    for run in 0..runs {
        let asked = Arc::clone(&stage);
        let output =
            tokio::task::spawn_blocking(move || asked.command(&["reconcile", "--json"])).await.unwrap();
        match output.status.code() {
            // The list broke off, or could not be begun.
            Some(2) => broken += 1,
            status => {
                let report: Value = serde_json::from_slice(&output.stdout).unwrap();
                assert_eq!((status, &report["found"]), (Some(0), &json!(0)), "run {run}: {report:#}");
                whole += 1;
                compared += report["compared"].as_u64().unwrap();
                skipped += report["skipped"].as_u64().unwrap();
            }
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    load.over.store(true, Ordering::Relaxed);
    for customer in customers {
        customer.await.unwrap();
    }
    let (bought, released) = (load.bought.load(Ordering::Relaxed), load.released.load(Ordering::Relaxed));
    println!(
        "{runs} runs: {whole} whole, {broken} broken off; no false finding. {compared} rows compared, {skipped} left for \
         later, beside {bought} purchases and {released} releases."
    );
    assert!(whole > 0 && bought > 0, "{whole} whole runs beside {bought} purchases");
}
