//! The command line: commands with an example each, and every setting with its default.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use trunkline_domain::{Country, MarkUp};

use crate::settings::SettingArguments;

/// Sells phone numbers from prepaid wallets: searches, buys, holds and releases them at Twilio.
#[derive(Parser)]
#[command(
    name = "trunkline",
    version,
    after_help = "Example: try everything on your own machine, without an account anywhere:\n  trunkline sandbox\n\n\
                  Settings come from flags, then the environment, then the file named by --config, then the default."
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub settings: SettingArguments,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Run the server.
    #[command(
        after_help = "Example:\n  TWILIO_ACCOUNT_SID=AC... TWILIO_AUTH_TOKEN=... trunkline serve --public-url https://numbers.example.com\n\n\
                            Without Twilio settings the server starts, and whatever needs Twilio answers TWILIO_NOT_CONFIGURED."
    )]
    Serve(ServeArguments),
    /// Run the server with a simulated Twilio, a demo user and 25 dollars, all in one folder.
    #[command(
        after_help = "Example:\n  trunkline sandbox --data ./trunkline-sandbox\n  . ./trunkline-sandbox/sandbox.env\n\n\
                            The sandbox never reaches Twilio. It prints what to try. It reads settings from ./.env, too, \
                            where there is one; no other command does."
    )]
    Sandbox(SandboxArguments),
    /// Bring the database up to this version.
    #[command(
        after_help = "Example:\n  trunkline migrate --database-url sqlite:/var/lib/trunkline/trunkline.db\n\n\
                            `serve` does this at start, unless --no-migrate."
    )]
    Migrate,
    /// Make API keys.
    #[command(subcommand, after_help = "Example:\n  trunkline key create --operator")]
    Key(KeyCommand),
    /// Check a price file, or propose one.
    #[command(subcommand, after_help = "Example:\n  trunkline prices check prices.toml")]
    Prices(PricesCommand),
    /// Say what is wrong with the settings, the Twilio account, the prices and the public address, and what to do.
    #[command(after_help = "Example:\n  trunkline doctor\n  trunkline doctor --json\n\n\
                            It only reads: nothing is bought, changed or charged. It fails if it finds a problem; \
                            warnings alone are no failure.")]
    Doctor(DoctorArguments),
    /// Look at orders, and decide those that no machine can decide.
    #[command(
        subcommand,
        after_help = "Example:\n  trunkline order list --stuck\n\n\
                      The sandbox's orders: --database-url sqlite:trunkline-sandbox/trunkline.db"
    )]
    Order(OrderCommand),
    /// Compare the provider's numbers with ours, and our books with the ledger. Changes nothing.
    #[command(after_help = "Example:\n  trunkline reconcile\n  trunkline reconcile --json > report.json\n\n\
                            Exit status: 0 the books agree, 1 they do not, 2 they could not be compared. What is in \
                            flight, or younger than 15 minutes, is left for the next time.")]
    Reconcile(ReconcileArguments),
    /// Audit the ledger.
    #[command(subcommand, after_help = "Example:\n  trunkline ledger verify")]
    Ledger(LedgerCommand),
}

#[derive(Args)]
pub(crate) struct ServeArguments {
    /// Start only if the database is up to date, and change nothing in it otherwise.
    #[arg(long)]
    pub no_migrate: bool,
}

#[derive(Args)]
pub(crate) struct SandboxArguments {
    /// The folder for everything: database, simulated Twilio, prices, sandbox.env.
    #[arg(long, value_name = "DIR", default_value = "trunkline-sandbox")]
    pub data: PathBuf,
}

#[derive(Subcommand)]
pub(crate) enum KeyCommand {
    /// Make a key and print it, once. Works on an empty database and beside a running server.
    #[command(
        after_help = "Example:\n  trunkline key create --service --name \"billing portal\"\n  trunkline key create --user user123"
    )]
    Create(KeyCreateArguments),
}

#[derive(Args)]
#[group(skip)]
pub(crate) struct KeyCreateArguments {
    #[command(flatten)]
    pub holder: KeyHolderArguments,
    /// What the key is for; shown where keys are listed.
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
}

#[derive(Args)]
#[group(required = true, multiple = false)]
pub(crate) struct KeyHolderArguments {
    /// For an operator: reads across users, credits wallets, makes users.
    #[arg(long)]
    pub operator: bool,
    /// For a service, which names the user it acts for in each request.
    #[arg(long)]
    pub service: bool,
    /// For one user, who is made if there is none with this id.
    #[arg(long, value_name = "ID")]
    pub user: Option<String>,
}

#[derive(Args)]
pub(crate) struct DoctorArguments {
    /// Answer with JSON: {"ok", "findings": [{"level", "check", "message", "toDo"}]}.
    #[arg(long)]
    pub json: bool,
}

#[derive(Args)]
pub(crate) struct ReconcileArguments {
    /// Answer with the whole report as JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Subcommand)]
pub(crate) enum PricesCommand {
    /// Say everything that is wrong with a price file, or what it sells.
    #[command(
        after_help = "Example:\n  trunkline prices check prices.toml\n\nA running server reads its file again on SIGHUP; a bad file keeps the old prices."
    )]
    Check {
        /// The file.
        file: PathBuf,
    },
    /// Propose a price file: what Twilio charges this account, and a mark-up on top.
    #[command(after_help = "Example:\n  trunkline prices propose --markup 30% > proposed.toml\n  \
                            trunkline prices propose --markup 30% --country IE --country DE\n\n\
                            It covers the countries of the present prices and those you name. Bundles, addresses, \
                            set-up prices and prices in other currencies are carried over.")]
    Propose {
        /// What to put on top of Twilio's prices, in percent.
        #[arg(long, value_name = "PERCENT", allow_hyphen_values = true)]
        markup: MarkUp,
        /// A country to add, by its ISO code; may be repeated.
        #[arg(long, value_name = "CODE")]
        country: Vec<Country>,
    },
}

#[derive(Subcommand)]
pub(crate) enum OrderCommand {
    /// List orders, newest first.
    #[command(after_help = "Example:\n  trunkline order list --stuck")]
    List {
        /// Only those that are not decided: ordering, unresolved or in review.
        #[arg(long)]
        stuck: bool,
        /// At most so many.
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=100))]
        limit: u16,
    },
    /// Show one order.
    #[command(after_help = "Example:\n  trunkline order show 01890a5d-ac96-774b-bcce-b302099a8057")]
    Show {
        /// The order's id.
        id: String,
    },
    /// Decide that an order bought this number: it is completed and charged. Twilio must confirm it.
    #[command(
        after_help = "Example:\n  trunkline order settle 01890a5d-ac96-774b-bcce-b302099a8057 --sid PN..."
    )]
    Settle {
        /// The order's id.
        id: String,
        /// The number's id at Twilio.
        #[arg(long, value_name = "PN...")]
        sid: String,
    },
    /// Decide that an order bought nothing: it fails, and the money is free again. Twilio must confirm it.
    #[command(after_help = "Example:\n  trunkline order void 01890a5d-ac96-774b-bcce-b302099a8057")]
    Void {
        /// The order's id.
        id: String,
    },
}

#[derive(Subcommand)]
pub(crate) enum LedgerCommand {
    /// Recompute every balance from the journal, and name the rows that do not fit.
    #[command(after_help = "Example:\n  trunkline ledger verify\n  trunkline ledger verify --json\n\n\
                      It only reads, and runs beside a server. Exit status: 0 if the ledger balances, 1 if it does \
                      not, 2 if that could not be found out.")]
    Verify {
        /// Answer with JSON: {"balanced", "accounts", "transfers", "faultCount", "faults", "currencies"}.
        #[arg(long)]
        json: bool,
    },
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn every_command_has_a_sentence_and_an_example() {
        fn visit(command: &clap::Command) {
            for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
                assert!(sub.get_about().is_some(), "{} has no sentence", sub.get_name());
                let example = sub.get_after_help().is_some_and(|text| text.to_string().contains("Example"));
                assert!(example, "{} has no example", sub.get_name());
                visit(sub);
            }
        }
        visit(&Arguments::command());
    }
}
