//! Metrics for Prometheus: the recorder that all crates speak to, and the listener on which it is read.
//!
//! The listener is apart from the API's, because what it shows is for the operator alone. Reading it asks the
//! database nothing.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use metrics::{describe_gauge, gauge};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use trunkline_http::ConnectionLimits;

/// Prometheus' text format.
const TEXT_FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";
/// How often what histograms were told is put into their buckets: until then each value is kept.
const UPKEEP: Duration = Duration::from_secs(5);
/// Who reads metrics: a scraper or two, and a person.
const CONNECTIONS: usize = 16;
/// How long a scrape may still take when the server stops.
const DRAIN: Duration = Duration::from_secs(1);

/// From a commit to the longest wait of a purchase.
const SECONDS: [f64; 14] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];
/// Up to the most that one commit takes.
const CHANGES: [f64; 8] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0];

/// The metrics of this process, and the address on which they are read.
pub(crate) struct Exporter {
    listener: TcpListener,
    handle: PrometheusHandle,
}

impl Exporter {
    /// Binds the address and installs the recorder. Only the binary does that; the crates merely speak.
    pub(crate) async fn start(address: SocketAddr) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(address).await.with_context(|| {
            format!("{address} cannot be listened on for metrics; choose another with --metrics-listen")
        })?;
        let handle = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)
            .and_then(|builder| {
                builder.set_buckets_for_metric(Matcher::Suffix("_changes".to_owned()), &CHANGES)
            })
            .and_then(PrometheusBuilder::install_recorder)
            .context("metrics cannot be set up")?;
        describe();
        tracing::info!("metrics at http://{}/metrics", listener.local_addr()?);
        Ok(Self { listener, handle })
    }

    /// Answers until told to stop.
    pub(crate) async fn serve(self, stop: CancellationToken) {
        let Self { listener, handle } = self;
        let limits =
            ConnectionLimits { connections: CONNECTIONS, drain: DRAIN, ..ConnectionLimits::default() };
        let reading = handle.clone();
        let page = get(async move || ([(CONTENT_TYPE, TEXT_FORMAT)], reading.render()));
        let router = Router::new().route("/metrics", page);
        let upkeep = async {
            loop {
                tokio::time::sleep(UPKEEP).await;
                handle.run_upkeep();
            }
        };
        tokio::select! {
            () = trunkline_http::serve(listener, router, limits, stop) => {}
            () = upkeep => {}
        }
    }
}

fn describe() {
    trunkline_alarms::describe_metrics();
    trunkline_http::describe_metrics();
    trunkline_notices::describe_metrics();
    trunkline_persistence::describe_metrics();
    trunkline_provider::describe_metrics();
    trunkline_provisioning::describe_metrics();
    trunkline_wallet::describe_metrics();
    describe_gauge!("trunkline_build_info", "Always 1; the version of this binary is its label.");
    gauge!("trunkline_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1);
}
