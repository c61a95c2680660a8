//! The audit as a service: once for a command, again and again for a server.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;
use trunkline_alarms::{Alarm, AlarmBoard, LoggedAlarms, Onset};
use trunkline_domain::Clock;

use crate::{LedgerAudit, LedgerReader, LedgerReport, WalletStoreError, measure};

/// How many faults the log names; the report and `trunkline ledger verify` name more.
const FAULTS_LOGGED: usize = 20;

/// Audits the ledger, and says what it found in the log and in metrics.
#[derive(Clone)]
pub struct LedgerAuditor {
    reader: Arc<dyn LedgerReader>,
    clock: Arc<dyn Clock>,
    alarms: Arc<dyn AlarmBoard>,
}

/// What the alarm about a ledger that does not balance is about.
const LEDGER: &str = "ledger";

impl LedgerAuditor {
    /// An auditor of what this reader reads, whose alarm is written into the log alone.
    pub fn new(reader: Arc<dyn LedgerReader>, clock: Arc<dyn Clock>) -> Self {
        Self { reader, clock, alarms: Arc::new(LoggedAlarms) }
    }

    /// The same auditor, with its alarm raised on this board.
    #[must_use]
    pub fn with_alarms(self, alarms: Arc<dyn AlarmBoard>) -> Self {
        Self { alarms, ..self }
    }

    /// Audits everything that the ledger holds at one moment. It only reads, and may be dropped at any await.
    pub async fn audit(&self) -> Result<LedgerReport, WalletStoreError> {
        let (started, at) = (Instant::now(), self.clock.now());
        let mut audit = LedgerAudit::new();
        if let Err(error) = self.reader.read_into(&mut audit).await {
            measure::not_audited();
            return Err(error);
        }
        let report = audit.finish();
        measure::audited(&report, at, started.elapsed());
        Ok(report)
    }

    /// Audits now and after every interval, until told to stop.
    pub async fn run(&self, interval: Duration, stop: CancellationToken) {
        let auditing = async {
            loop {
                self.audit_and_log().await;
                tokio::time::sleep(interval).await;
            }
        };
        stop.run_until_cancelled(auditing).await;
    }

    async fn audit_and_log(&self) {
        match self.audit().await {
            Ok(report) if report.is_balanced() => {
                let LedgerReport { accounts, transfers, .. } = report;
                tracing::debug!(accounts, transfers, "the ledger is whole");
                self.alarms.end(Alarm::LedgerUnbalanced, LEDGER);
            }
            Ok(report) => self.alarms.raise(faults_of(&report)),
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::error!(error, "the ledger could not be audited; it is tried again");
            }
        }
    }
}

/// Names the first faults in the log; the alarm sums them up.
fn faults_of(report: &LedgerReport) -> Onset {
    for fault in report.faults.iter().take(FAULTS_LOGGED) {
        tracing::error!(%fault, "the ledger is wrong");
    }
    let sentence = "the ledger does not balance; `trunkline ledger verify` names every row at fault";
    Onset::of(Alarm::LedgerUnbalanced, LEDGER, sentence)
        .with("faults", report.fault_count)
        .with("transfers", report.transfers)
}
