//! What outlives the simulator.

use trunkline_stripe_sim::{Simulator, SimulatorConfig, SimulatorError, WebhookSettings};

use crate::{
    bench::{Bench, KEY, text},
    endpoint::Endpoint,
};

#[tokio::test]
async fn objects_clock_and_untold_events_outlive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let endpoint = Endpoint::start().await;
    let mut config = SimulatorConfig::new(KEY);
    config.state_file = Some(folder.path().join("stripe.json"));
    config.webhooks = WebhookSettings::to(&endpoint.url, "whsec_1");
    let bench = Bench::with(config.clone()).await;
    bench.admin.pause_webhooks();
    bench.admin.advance(3_600_000);
    let intent = bench.paid().await;
    let (before, now) = (bench.admin.state(), bench.admin.now());
    bench.simulator.shutdown().await;
    assert_eq!(endpoint.letters().len(), 0);

    let again = Bench::with(config).await;
    assert!(again.admin.now() >= now, "the clock goes on");
    again.admin.wait_for_webhooks().await;
    assert_eq!(endpoint.letters().len(), 2, "what was not told is told now");
    let after = again.admin.state();
    for kind in ["sessions", "paymentIntents", "charges", "balance"] {
        assert_eq!(after[kind], before[kind]);
    }
    assert_ne!(again.paid().await, intent, "no identifier comes twice");
    assert_eq!(text(&again.admin.events()[0]["delivery"]["fate"]), "delivered");
}

#[tokio::test]
async fn a_file_of_somebody_else_is_not_touched() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.json");
    std::fs::write(&path, "[1, 2]").unwrap();
    let mut config = SimulatorConfig::new(KEY);
    config.state_file = Some(path.clone());
    let refused = Simulator::start(([127, 0, 0, 1], 0).into(), config).await;
    assert!(matches!(refused, Err(SimulatorError::StateFileContent { .. })), "{refused:?}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "[1, 2]");
}
