//! What is tortured: the real program on a real database, and the simulated Twilio that it talks to.

mod database;
mod fleet;
mod process;
mod twilio;

use std::path::{Path, PathBuf};

use anyhow::Context;
use trunkline_twilio_sim::{Admin, Simulator};

pub(crate) use database::Engine;
pub(crate) use fleet::{Doors, Fleet, LedgerVerdict};
pub(crate) use twilio::{HeldNumber, Sale, held, sales};

use crate::api::Api;
use crate::plan::{FIRST_CREDIT, TIMES, users};
use database::Database;
use process::Program;

/// Everything that runs.
pub(crate) struct Stage {
    pub(crate) simulator: Simulator,
    pub(crate) fleet: Fleet,
    pub(crate) api: Api,
    /// The numbers that clients may buy.
    pub(crate) stock: Vec<String>,
    /// The numbers of another deployment on the same account.
    pub(crate) neighbours: Vec<HeldNumber>,
}

impl Stage {
    /// Starts everything, makes the users and gives each of them some money. `folder` keeps what the programs leave.
    pub(crate) async fn start(
        engine: Engine,
        program: &Path,
        folder: &Path,
        seed: u64,
    ) -> anyhow::Result<Self> {
        let simulator = twilio::start(seed).await?;
        let stock = twilio::stock(&simulator.admin());
        let neighbours = twilio::settle_neighbours(&simulator.admin(), &stock, seed)?;
        let database = Database::start(engine, folder).await?;
        let program = Program {
            path: program.to_path_buf(),
            folder: folder.to_path_buf(),
            environment: environment(&database.url(), &simulator.url()),
        };
        let operator_key = program.make_key("--operator").await?;
        let service_key = program.make_key("--service").await?;
        let fleet = Fleet::start(program, database, engine.replicas()).await?;
        let api = Api::new(fleet.doors(), operator_key, service_key)?;
        for user in users() {
            api.add_user(&user).await?;
            api.credit(&user, FIRST_CREDIT, "to begin with", Some("first-credit")).await?;
        }
        Ok(Self { simulator, fleet, api, stock, neighbours })
    }

    pub(crate) fn twilio(&self) -> Admin {
        self.simulator.admin()
    }
}

fn environment(database_url: &str, twilio_url: &str) -> Vec<(String, String)> {
    let settings = [
        ("LISTEN", "127.0.0.1:0"),
        ("RATE_LIMIT", "0"),
        ("PUBLIC_URL", "https://numbers.example.com"),
        ("DATABASE_URL", database_url),
        ("TWILIO_BASE_URL", twilio_url),
        ("TWILIO_ACCOUNT_SID", twilio::ACCOUNT_SID),
        ("TWILIO_AUTH_TOKEN", twilio::AUTH_TOKEN),
    ];
    settings.iter().chain(&TIMES).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// The program beside this one, where Cargo puts both.
pub(crate) fn program_beside_us() -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe().context("where this program is")?;
    Ok(own.with_file_name("trunkline"))
}
