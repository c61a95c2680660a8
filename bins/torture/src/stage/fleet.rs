//! The servers over one database: killed, started again, and asked to verify their ledger.

use std::sync::{Arc, PoisonError, RwLock};

use anyhow::Context;
use futures::future::try_join_all;

use super::database::Database;
use super::process::{Process, Program};
use crate::plan::Target;

/// The addresses of the servers, shared with whoever calls them. A dead server keeps its address until it has another:
/// who calls it then hears nothing, as in life.
#[derive(Clone, Default)]
pub(crate) struct Doors(Arc<RwLock<Vec<String>>>);

impl Doors {
    /// All addresses.
    pub(crate) fn all(&self) -> Vec<String> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, replica: usize, url: &str) {
        let mut doors = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if doors.len() <= replica {
            doors.resize(replica + 1, url.to_owned());
        }
        if let Some(door) = doors.get_mut(replica) {
            url.clone_into(door);
        }
    }
}

/// Where the last audit that found faults is kept.
const AUDIT: &str = "ledger-verify.txt";

/// What the program's own audit says about its ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LedgerVerdict {
    /// Every balance is the fold of its transfers, and everything adds up.
    Balanced,
    /// What it says is wrong, in one line.
    Faulty(String),
}

/// The servers, the database, and how often each was killed.
pub(crate) struct Fleet {
    program: Program,
    database: Database,
    replicas: Vec<Option<Process>>,
    doors: Doors,
    /// SIGKILLs of servers, starts of servers, and crashes of the database.
    pub(crate) kills: u64,
    pub(crate) starts: u64,
    pub(crate) database_kills: u64,
}

impl Fleet {
    pub(super) async fn start(program: Program, database: Database, replicas: usize) -> anyhow::Result<Self> {
        let mut fleet = Self {
            program,
            database,
            replicas: (0..replicas).map(|_| None).collect(),
            doors: Doors::default(),
            kills: 0,
            starts: 0,
            database_kills: 0,
        };
        fleet.start_again().await?;
        Ok(fleet)
    }

    pub(crate) fn doors(&self) -> Doors {
        self.doors.clone()
    }

    /// Kills what is to be struck, in this moment.
    pub(crate) async fn strike(&mut self, target: Target) -> anyhow::Result<()> {
        match target {
            Target::Replica(replica) => self.kill(replica).await,
            Target::EveryReplica => self.kill_all().await,
            Target::Database => self.crash_database().await,
            Target::DatabaseAndReplica(replica) => {
                self.crash_database().await?;
                self.kill(replica).await
            }
        }
    }

    /// Kills every server that runs.
    pub(crate) async fn kill_all(&mut self) -> anyhow::Result<()> {
        for replica in 0..self.replicas.len() {
            self.kill(replica).await?;
        }
        Ok(())
    }

    async fn kill(&mut self, replica: usize) -> anyhow::Result<()> {
        if let Some(process) = self.replicas.get_mut(replica).and_then(Option::take) {
            process.kill().await?;
            self.kills += 1;
        }
        Ok(())
    }

    async fn crash_database(&mut self) -> anyhow::Result<()> {
        self.database.crash().await?;
        self.database_kills += 1;
        Ok(())
    }

    /// Starts the database if the strike has stopped it, then every server that does not run, all at once.
    pub(crate) async fn recover_from(&mut self, target: Target) -> anyhow::Result<()> {
        match target {
            Target::Replica(_) | Target::EveryReplica => {}
            Target::Database | Target::DatabaseAndReplica(_) => self.database.start_again().await?,
        }
        self.start_again().await
    }

    /// Starts every server that does not run, all at once.
    pub(crate) async fn start_again(&mut self) -> anyhow::Result<()> {
        let program = &self.program;
        let down = self.replicas.iter().enumerate().filter(|(_, process)| process.is_none());
        let starts = down.map(|(replica, _)| async move {
            let log = format!("server-{}.log", replica + 1);
            let process = program.serve(&log).await.with_context(|| format!("server {}", replica + 1))?;
            anyhow::Ok((replica, process))
        });
        for (replica, process) in try_join_all(starts).await? {
            self.doors.set(replica, &process.url);
            self.starts += 1;
            if let Some(place) = self.replicas.get_mut(replica) {
                *place = Some(process);
            }
        }
        Ok(())
    }

    /// Ends an order under review, as the operator does: `trunkline order void`.
    pub(crate) async fn void(&self, order: &str) -> anyhow::Result<()> {
        let output =
            self.program.run(&["order", "void", order, "--reason", "the torture found it absent"]).await?;
        let said = String::from_utf8_lossy(&output.stderr);
        anyhow::ensure!(output.status.success(), "the operator cannot void order {order}: {said}");
        Ok(())
    }

    /// Lets the program audit its ledger, beside the running servers: `trunkline ledger verify`.
    pub(crate) async fn verify_ledger(&self) -> anyhow::Result<LedgerVerdict> {
        let output = self.program.run(&["ledger", "verify"]).await?;
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said).trim().to_owned();
        match output.status.code() {
            Some(0) => Ok(LedgerVerdict::Balanced),
            Some(1) => {
                std::fs::write(self.program.folder.join(AUDIT), &said)?;
                let verdict = said.lines().last().unwrap_or_default();
                Ok(LedgerVerdict::Faulty(format!("{verdict} {AUDIT} names the rows.")))
            }
            _ => anyhow::bail!("the ledger cannot be verified ({}): {said}", output.status),
        }
    }
}
