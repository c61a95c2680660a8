//! The two books compared by an operator. A command waits for its end, and the simulated Stripe has to answer meanwhile.

use serde_json::Value;
use trunkline_stripe_sim::{DisputeKind, RefundFate};

use super::till::{Till, standing};

fn compare(till: &Till, flags: &[&str]) -> (Option<i32>, String) {
    let output = till.stage.command(&[&["payment", "compare"], flags].concat());
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
}

/// Nothing that Stripe did was heard of here; the comparison names it, and mends it once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_missed_is_found_and_made_good() {
    let till = Till::new("0").await;
    let (heard, refunded) = (till.pay("10.00").await, till.pay("20.00").await);
    till.told().await;
    assert_eq!(compare(&till, &[]).0, Some(0));

    till.bank().pause_webhooks();
    let missed = till.open("40.00").await;
    till.bank().pay(&missed.session).unwrap();
    till.bank().refund(&refunded.session, Some(500), RefundFate::Succeeded).unwrap();
    let dispute =
        till.bank().dispute(&heard.session, None, "fraudulent", DisputeKind::NeedsResponse).unwrap();
    till.bank().win(dispute["id"].as_str().unwrap()).unwrap();

    let (status, said) = compare(&till, &[]);
    assert_eq!(status, Some(1), "{said}");
    assert!(said.contains(&format!("not credited  {}  40.00 USD", missed.payment)), "{said}");
    assert!(said.contains(&format!("not taken     {}", refunded.payment)), "{said}");
    assert!(said.contains("THE BOOKS DIFFER: 3 findings."), "{said}");
    assert_eq!(till.standing().await, standing("30.00", "0.00", "0.00"), "only looked at");
    let shown = till.stage.command(&["payment", "show", &missed.payment, "--json"]);
    let shown: Value = serde_json::from_slice(&shown.stdout).unwrap();
    assert_eq!((&shown["agrees"], shown["stripe"]["status"].as_str()), (&Value::Bool(false), Some("paid")));

    let (status, said) = compare(&till, &["--repair"]);
    assert_eq!(status, Some(0), "{said}");
    assert!(said.contains("The books agree now: 3 mended."), "{said}");
    assert_eq!(till.standing().await, standing("65.00", "0.00", "0.00"));
    assert_eq!(compare(&till, &["--repair"]).0, Some(0));
    assert_eq!(till.standing().await, standing("65.00", "0.00", "0.00"));
    till.bank().resume_webhooks();
    till.told().await;
    assert_eq!(
        till.standing().await,
        standing("65.00", "0.00", "0.00"),
        "what was told late changes nothing"
    );
    till.verify_ledger();
}

/// A credit that Stripe knows nothing of is told, raises an alarm, and is left to the operator.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_credit_that_nobody_paid_is_left_to_the_operator() {
    let till = Till::new("0").await;
    let page = till.pay("10.00").await;
    till.told().await;
    till.bank().reset();
    let (status, said) = compare(&till, &["--repair"]);
    assert_eq!(status, Some(1), "{said}");
    assert!(said.contains(&format!("NOT PAID      {}  10.00 USD credited", page.payment)), "{said}");
    assert_eq!(till.standing().await, standing("10.00", "0.00", "0.00"));
    let alarms = till.stage.command(&["alarm", "list"]);
    let alarms = String::from_utf8(alarms.stdout).unwrap();
    assert!(alarms.contains("payment_contradicts") && alarms.contains(&page.payment), "{alarms}");
}

/// A backup that is older than a payment: what Stripe knows of it is enough to credit it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_that_the_database_has_lost_is_credited_from_its_mark() {
    let mut till = Till::new("0").await;
    let database = till.stage.folder.path().join("trunkline.db");
    till.stage.server.stop();
    let copy = std::fs::read(&database).unwrap();
    till.stage.restart();
    till.tell(&till.stage.server);
    till.pay("10.00").await;
    till.told().await;
    till.stage.server.stop();
    for part in ["trunkline.db-wal", "trunkline.db-shm"] {
        let _ = std::fs::remove_file(till.stage.folder.path().join(part));
    }
    std::fs::write(&database, copy).unwrap();
    till.bank().pause_webhooks();
    till.stage.restart();
    // The server compares as soon as it serves; the command does the same.
    assert_eq!(compare(&till, &["--repair"]).0, Some(0));
    assert_eq!(till.standing().await, standing("10.00", "0.00", "0.00"));
    till.verify_ledger();
}
