//! The audit as a service: what it tells its metrics, and that it goes on.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};
use tokio_util::sync::CancellationToken;
use trunkline_wallet::{LedgerAuditor, MockLedgerReader, WalletStoreError, describe_metrics};

use crate::world::{Noon, noon};

fn auditor(reader: MockLedgerReader) -> LedgerAuditor {
    LedgerAuditor::new(Arc::new(reader), Arc::new(Noon))
}

/// What gauges and counters were told, by name, as it would be written. Asking forgets it.
fn told(snapshotter: &Snapshotter) -> BTreeMap<String, String> {
    let values = snapshotter.snapshot().into_vec().into_iter();
    let told = values.filter_map(|(key, _, _, value)| {
        let value = match value {
            DebugValue::Gauge(value) => value.to_string(),
            DebugValue::Counter(value) => value.to_string(),
            DebugValue::Histogram(_) => return None,
        };
        Some((key.key().name().to_owned(), value))
    });
    told.collect()
}

#[tokio::test]
async fn the_verdict_is_told_with_its_time() {
    for (spoiled, verdict) in [(false, "1"), (true, "0")] {
        let mut reader = MockLedgerReader::new();
        reader.expect_read_into().return_once(move |audit| {
            if spoiled {
                audit.unreadable("transfer x".to_owned(), "nonsense".to_owned());
            }
            Ok(())
        });
        let recorder = DebuggingRecorder::new();
        let snapshotter = recorder.snapshotter();
        let _recording = metrics::set_default_local_recorder(&recorder);
        describe_metrics();
        let report = auditor(reader).audit().await.unwrap();
        assert_eq!(report.is_balanced(), !spoiled);
        let told = told(&snapshotter);
        assert_eq!(told["trunkline_ledger_balanced"], verdict);
        let checked = &told["trunkline_ledger_checked_timestamp_seconds"];
        assert_eq!(*checked, noon().timestamp().to_string());
    }
}

#[tokio::test]
async fn an_audit_that_could_not_be_made_is_no_verdict() {
    let mut reader = MockLedgerReader::new();
    reader.expect_read_into().return_once(|_| Err(WalletStoreError::Unavailable("down".into())));
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let _recording = metrics::set_default_local_recorder(&recorder);
    assert!(auditor(reader).audit().await.is_err());
    let told = told(&snapshotter);
    assert_eq!(told["trunkline_ledger_check_failures_total"], "1");
    assert!(!told.contains_key("trunkline_ledger_balanced"));
}

#[tokio::test(start_paused = true)]
async fn it_is_made_again_and_again_until_told_to_stop() {
    let (count, stop) = (Arc::new(AtomicU32::new(0)), CancellationToken::new());
    let mut reader = MockLedgerReader::new();
    let (counting, stopping) = (Arc::clone(&count), stop.clone());
    reader.expect_read_into().returning(move |_| match counting.fetch_add(1, Ordering::Relaxed) {
        0 => Err(WalletStoreError::Unavailable("down".into())),
        1 => Ok(()),
        _ => {
            stopping.cancel();
            Ok(())
        }
    });
    let started = tokio::time::Instant::now();
    auditor(reader).run(Duration::from_hours(1), stop).await;
    assert_eq!(count.load(Ordering::Relaxed), 3);
    assert_eq!(started.elapsed().as_secs(), 2 * 3_600);
}
