//! Faults of the API.

use serde_json::json;
use trunkline_stripe_sim::{Fault, FaultAction, HangAct, RequestOutcome};

use crate::bench::{Bench, PAYMENT, reply};

fn sessions(bench: &Bench) -> usize {
    bench.admin.state()["sessions"].as_array().unwrap().len()
}

fn script(bench: &Bench, action: FaultAction) {
    bench.admin.script(Fault::new(action).on("POST", "/v1/checkout/sessions")).unwrap();
}

#[tokio::test]
async fn a_connection_is_cut_before_or_after_acting() {
    for (action, made) in [(FaultAction::ActThenReset, 1), (FaultAction::ResetBeforeActing, 0)] {
        let bench = Bench::start().await;
        script(&bench, action);
        let keyed = || bench.posting("/v1/checkout/sessions", PAYMENT).header("idempotency-key", "k");
        assert!(keyed().send().await.is_err(), "no answer");
        assert_eq!(sessions(&bench), made);
        assert_eq!(bench.admin.requests()[0].outcome, RequestOutcome::Reset);
        let again = reply(keyed()).await;
        assert_eq!((again.status, sessions(&bench)), (200, 1));
        assert_eq!(again.headers.contains_key("idempotent-replayed"), made == 1);
    }
}

#[tokio::test]
async fn a_failure_after_acting_is_kept_or_not() {
    for (action, then) in [(FaultAction::ActThen500, 200), (FaultAction::ActThenKept500, 500)] {
        let bench = Bench::start().await;
        script(&bench, action);
        let keyed = || bench.posting("/v1/checkout/sessions", PAYMENT).header("idempotency-key", "k");
        reply(keyed()).await.refused(500, "api_error", None);
        assert_eq!((reply(keyed()).await.status, sessions(&bench)), (then, 1));
    }
}

#[tokio::test]
async fn a_refusal_does_nothing() {
    let bench = Bench::start().await;
    let refuse = FaultAction::Refuse { status: 429, retry_after_s: Some(3) };
    bench.admin.script(Fault::new(refuse).on("POST", "/v1/checkout").after(1).times(1)).unwrap();
    bench.session().await;
    let limited = bench.post("/v1/checkout/sessions", PAYMENT).await;
    limited.refused(429, "invalid_request_error", Some("rate_limit"));
    assert_eq!(limited.headers["retry-after"], "3");
    bench.session().await;
    assert_eq!(sessions(&bench), 2);
    assert_eq!(bench.admin.state()["struck"], json!({ "status 429": 1 }));
}

#[tokio::test]
async fn a_request_hangs_until_it_is_released_or_dropped() {
    let bench = Bench::start().await;
    for (act, release, made) in [
        (HangAct::First, true, 1),
        (HangAct::Later, true, 2),
        (HangAct::Never, true, 2),
        (HangAct::First, false, 3),
    ] {
        script(&bench, FaultAction::Hang { act });
        bench.admin.clear_requests();
        let waiting = tokio::spawn(bench.posting("/v1/checkout/sessions", PAYMENT).send());
        bench.admin.wait_for_request("POST", "/v1/checkout", 1).await;
        if release {
            bench.admin.release_held();
        } else {
            bench.admin.drop_held();
        }
        let answered = waiting.await.unwrap().is_ok();
        assert_eq!((answered, sessions(&bench)), (release && act != HangAct::Never, made), "{act:?}");
    }
}

#[tokio::test]
async fn a_late_request_is_acted_on_after_its_client_has_gone() {
    let bench = Bench::start().await;
    script(&bench, FaultAction::Hang { act: HangAct::Later });
    let waiting = tokio::spawn(bench.posting("/v1/checkout/sessions", PAYMENT).send());
    bench.admin.wait_for_request("POST", "/v1/checkout", 1).await;
    waiting.abort();
    bench.admin.release_held();
    while sessions(&bench) == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(sessions(&bench), 1);
}

#[tokio::test]
async fn a_shutdown_does_not_wait_for_what_hangs() {
    let bench = Bench::start().await;
    script(&bench, FaultAction::Hang { act: HangAct::First });
    let waiting = tokio::spawn(bench.posting("/v1/checkout/sessions", PAYMENT).send());
    bench.admin.wait_for_request("POST", "/v1/checkout", 1).await;
    bench.simulator.shutdown().await;
    assert!(waiting.await.unwrap().is_err());
}
