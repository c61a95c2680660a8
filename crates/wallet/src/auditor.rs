//! The audit as a service: once for a command, again and again for a server.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;
use trunkline_domain::Clock;

use crate::{LedgerAudit, LedgerReader, LedgerReport, WalletStoreError, measure};

/// How many faults the log names; the report and `trunkline ledger verify` name more.
const FAULTS_LOGGED: usize = 20;

/// Audits the ledger, and says what it found in the log and in metrics.
#[derive(Clone)]
pub struct LedgerAuditor {
    reader: Arc<dyn LedgerReader>,
    clock: Arc<dyn Clock>,
}

impl LedgerAuditor {
    /// An auditor of what this reader reads.
    pub fn new(reader: Arc<dyn LedgerReader>, clock: Arc<dyn Clock>) -> Self {
        Self { reader, clock }
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
            }
            Ok(report) => log_faults(&report),
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::error!(error, "the ledger could not be audited; it is tried again");
            }
        }
    }
}

fn log_faults(report: &LedgerReport) {
    for fault in report.faults.iter().take(FAULTS_LOGGED) {
        tracing::error!(%fault, "the ledger is wrong");
    }
    tracing::error!(
        alarm = "ledger_unbalanced",
        faults = report.fault_count,
        transfers = report.transfers,
        "the ledger does not balance; `trunkline ledger verify` names every row at fault"
    );
}
