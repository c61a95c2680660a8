//! Requests as metrics: by the route's pattern, and never by what a stranger writes into a path or method.

use std::collections::BTreeSet;

use metrics_util::debugging::DebuggingRecorder;
use trunkline_http::describe_metrics;

use crate::world::{Call, Key, World};

#[tokio::test]
async fn requests_are_measured_by_route_method_and_status() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let _recording = metrics::set_default_local_recorder(&recorder);
    describe_metrics();
    for call in [
        Call::get("/healthz"),
        Call::get("/healthz"),
        Call::get("/api/orders/one"),
        Call::get("/api/orders/two").key(Key::Ann),
        Call::new("PUT", "/api/numbers").key(Key::Ann),
        Call::get("/wp-login.php"),
        Call::get("/.env"),
        Call::new("BREW", "/coffee"),
        Call::new("STEEP", "/tea"),
    ] {
        World::new().answer(call).await;
    }
    let mut series = BTreeSet::new();
    for (key, _, description, _) in snapshotter.snapshot().into_vec() {
        assert_eq!(key.key().name(), "trunkline_http_request_duration_seconds");
        assert!(description.is_some(), "it has no description");
        let labels = key.key().labels().map(|label| label.value().to_owned()).collect::<Vec<_>>();
        series.insert(labels.join(" "));
    }
    let expected = [
        "/api/numbers PUT 405",
        "/api/orders/{id} GET 401",
        "/api/orders/{id} GET 404",
        "/healthz GET 200",
        "unmatched GET 404",
        "unmatched other 404",
    ];
    assert_eq!(series, expected.map(str::to_owned).into());
}
