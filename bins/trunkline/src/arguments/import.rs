//! `trunkline import`, on the command line.

use clap::Args;
use trunkline_persistence::PostgresAddress;

/// How it is used, after the flags.
pub(super) const HELP: &str = "\
Example:
  export IMPORT_FROM=postgres://reader:PASSWORD@db.example.com:5432/postgres
  trunkline migrate
  trunkline import --dry-run
  trunkline import
  trunkline ledger verify

It reads business_v2, business_numbers, wallets and transactions as of one moment and writes nothing there. Users, \
businesses and numbers keep their ids; every balance becomes one transfer out of the account of opening balances; history \
becomes lines that are only read. Each number is looked for at Twilio first, and what is not certain is reported and left \
where it is. Calls and texts go on to where they go now, until `trunkline webhooks repoint`.

Run it as often as you like: what is here is compared and never moved again. After an interruption it goes on.

Exit status: 0 everything is here as the original has it; 1 something is not, and the report says what; 2 it was not made \
to its end. Step by step: docs/migrating.md";

#[derive(Args)]
pub(crate) struct ImportArguments {
    /// The original's database. Better in the environment, because others see a command's arguments.
    #[arg(
        long,
        env = "IMPORT_FROM",
        hide_env_values = true,
        value_name = "postgres://USER:PASSWORD@HOST/DATABASE",
        value_parser = address
    )]
    pub from: PostgresAddress,
    /// The schema that has the original's tables.
    #[arg(long, value_name = "NAME", default_value = "public")]
    pub schema: String,
    /// Report what would be moved, and write nothing at all.
    #[arg(long)]
    pub dry_run: bool,
    /// Answer with JSON: {"dryRun", "users", "businesses", "numbers", "balances", "lines": {"moved", "here", "differ",
    /// "left"}, "sums": [{"currency", "original", "moved", "here", "changedSince", "left", "ledger"}], "findings":
    /// [{"kind", "user", "subject", "message"}], "found"}.
    #[arg(long)]
    pub json: bool,
}

/// Says what is wrong without repeating what may be a password.
fn address(text: &str) -> Result<PostgresAddress, String> {
    text.parse().map_err(|error: trunkline_persistence::PostgresAddressError| error.to_string())
}
