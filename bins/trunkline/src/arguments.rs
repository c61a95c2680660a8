//! The command line: commands with an example each, and every setting with its default.

mod account;
mod approval;
mod audit;
mod import;
mod number;
mod order;
mod payment;
mod user;
mod wallet;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use trunkline_alarms::Alarm;
use trunkline_domain::{Country, MarkUp};
use trunkline_notices::EmailAddress;
use trunkline_tenancy::KeyScope;

pub(crate) use self::account::{AccountArguments, AccountCommand, AccountCreateArguments};
pub(crate) use self::approval::ApprovalCommand;
pub(crate) use self::audit::AuditArguments;
pub(crate) use self::import::ImportArguments;
pub(crate) use self::number::{AdoptArguments, NumberCommand};
pub(crate) use self::order::{OrderCommand, OrderListArguments};
pub(crate) use self::payment::{PaymentCommand, TopUpCommand};
pub(crate) use self::user::{LimitArguments, LimitsCommand, UserCommand};
pub(crate) use self::wallet::{WalletAmountArguments, WalletCommand, WalletDirectionArguments};
use crate::command::key::{End, Span};
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
    /// Make, list, rotate and revoke API keys.
    #[command(
        subcommand,
        after_help = "Example:\n  trunkline key create --operator\n  trunkline key list --user user123"
    )]
    Key(KeyCommand),
    /// Check a price file, or propose one.
    #[command(subcommand, after_help = "Example:\n  trunkline prices check prices.toml")]
    Prices(PricesCommand),
    /// Say what is wrong with the settings, the Twilio account, the prices, the public address and the mail server, and
    /// what to do.
    #[command(after_help = "Example:\n  trunkline doctor\n  trunkline doctor --json\n\n\
                            It only reads: nothing is bought, changed, charged or mailed. It fails if it finds a problem; \
                            warnings alone are no failure.")]
    Doctor(DoctorArguments),
    /// Try the mail to customers.
    #[command(subcommand, after_help = "Example:\n  trunkline notice send-test --to you@example.com")]
    Notice(NoticeCommand),
    /// Look at orders, and decide those that no machine can decide.
    #[command(
        subcommand,
        after_help = "Example:\n  trunkline order list --stuck\n\n\
                      The sandbox's orders: --database-url sqlite:trunkline-sandbox/trunkline.db"
    )]
    Order(OrderCommand),
    /// Look at numbers from both sides, and decide what no machine can decide about them.
    #[command(
        subcommand,
        after_help = "Example:\n  trunkline number list --review\n  trunkline number show +14152300101\n\n\
                      Every decision asks Twilio first, and is kept in the audit trail with its reason."
    )]
    Number(NumberCommand),
    /// Make accounts that sign in at the dashboard and keep them; look at what limits a user, and set it.
    #[command(
        subcommand,
        after_help = "Example:\n  trunkline user create --email ann@example.com --user user123\n  \
                      trunkline user sign-in-link --email ann@example.com\n  \
                      trunkline user limits set user123 --numbers 10 --reason \"contract of 3 March\""
    )]
    User(UserCommand),
    /// Look into a wallet, put money in, or correct a mistake.
    #[command(
        subcommand,
        after_help = "Example:\n  trunkline wallet show user123\n  \
                      trunkline wallet credit user123 25 USD --reason \"bank transfer of 3 March\"\n\n\
                      The sandbox's wallets: --database-url sqlite:trunkline-sandbox/trunkline.db"
    )]
    Wallet(WalletCommand),
    /// See what customers have paid at Stripe, and compare it with what is credited here.
    #[command(
        subcommand,
        after_help = "Example:\n  trunkline payment list user123\n  trunkline payment compare --days 30"
    )]
    Payment(PaymentCommand),
    /// See a customer's automatic top-up, and switch it off.
    #[command(
        subcommand,
        after_help = "Example:\n  trunkline top-up show user123 USD\n  \
                      trunkline top-up off user123 USD --reason \"the card is stolen\""
    )]
    TopUp(TopUpCommand),
    /// See what waits for a second operator, and approve or reject it.
    #[command(
        subcommand,
        after_help = "Example:\n  trunkline approval list\n  \
                      trunkline approval approve 01890a5d-ac96-774b-bcce-b302099a8057 --reason \"seen on the bank statement\"\n\n\
                      Above APPROVAL_ABOVE a credit or correction moves nothing until another operator approves it."
    )]
    Approval(ApprovalCommand),
    /// Compare the provider's numbers with ours, and our books with the ledger; repair what is safe to repair.
    #[command(after_help = "Example:\n  trunkline reconcile\n  trunkline reconcile --repair\n  \
                            trunkline reconcile --json > report.json\n\n\
                            Without --repair it changes nothing. With it, numbers that nobody has are given back, and \
                            names and addresses are set as our rows have them, where nobody else's are lost.\n\n\
                            Exit status: 0 the books agree, or agree again; 1 findings are left, or numbers of ours are \
                            on other accounts; 2 they could not be \
                            compared; 3 nothing was repaired, because it would be more than is usual: the number has to \
                            be typed back with --confirm. What is in flight, or younger than RECONCILE_AFTER_S, is left \
                            for the next time.")]
    Reconcile(ReconcileArguments),
    /// Say whether numbers are sold and how long Twilio's balance lasts; stop and start sales.
    #[command(
        subcommand,
        after_help = "Example:\n  trunkline sales status\n  trunkline sales stop --reason \"card fraud\""
    )]
    Sales(SalesCommand),
    /// See which alarms are open, and end one by hand.
    #[command(
        subcommand,
        after_help = "Example:\n  trunkline alarm list\n\n\
                      What each alarm means and what to do about it: docs/operations.md"
    )]
    Alarm(AlarmCommand),
    /// Read the audit trail: who did what, when, why, and what was there before. Newest first.
    #[command(after_help = "Example:\n  trunkline audit --user user123 --from 7d\n  \
                            trunkline audit --action wallet.adjust\n  \
                            trunkline audit --from 2027-01-01T00:00:00Z --to 2027-02-01T00:00:00Z --csv > january.csv\n\n\
                            It only reads. It shows everything, customers' names for their things too: what a customer \
                            may see of their own is what GET /api/audit answers to them.")]
    Audit(AuditArguments),
    /// Print the description of the HTTP API, an OpenAPI 3.1 document that clients are generated from.
    #[command(after_help = "Example:\n  trunkline openapi > openapi.json\n\n\
                            A running server has the same document at /api/openapi.json, and pages for people at /api/docs.")]
    Openapi,
    /// Say where calls and texts on the numbers go.
    #[command(subcommand, after_help = "Example:\n  trunkline webhooks repoint --dry-run")]
    Webhooks(WebhooksCommand),
    /// Move users, businesses, numbers, balances and history from the original system's database.
    #[command(after_help = import::HELP)]
    Import(ImportArguments),
    /// Look at the settings.
    #[command(subcommand, after_help = "Example:\n  trunkline config check")]
    Config(ConfigCommand),
    /// Copy a SQLite database to a file, verified, while its server runs.
    #[command(after_help = "Example:\n  trunkline backup /backups/trunkline-$(date +%F).db\n\n\
                            The copy is one file of one moment, which only you can read. It gets its name when it is \
                            whole: checked page by page, its ledger audited. A PostgreSQL database is copied by \
                            pg_dump; this says how.")]
    Backup(BackupArguments),
    /// Put a backup in the place of a SQLite database. The server must be stopped; the database before is kept.
    #[command(after_help = "Example:\n  trunkline restore /backups/trunkline-2026-05-17.db\n\n\
                            The backup is verified first and brought up to this version. It does not know what was \
                            bought since it was made; this says what to do then.")]
    Restore(RestoreArguments),
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
    #[arg(long, global = true, value_name = "DIR", default_value = "trunkline-sandbox")]
    pub data: PathBuf,
    #[command(subcommand)]
    pub command: Option<SandboxCommand>,
}

#[derive(Subcommand)]
pub(crate) enum SandboxCommand {
    /// Move the running sandbox's time ahead, the server's and the simulated Twilio's together.
    #[command(after_help = "Example:\n  trunkline sandbox advance 31d\n\n\
                            It says what fell due: the months that Twilio charged, and what recovery took over. There is \
                            no way back; the time is kept over a restart. Purchases that are on their way are waited for.")]
    Advance(AdvanceArguments),
}

#[derive(Args)]
pub(crate) struct AdvanceArguments {
    /// How far, with a unit: s, m, h, d or w.
    #[arg(value_name = "TIME", value_parser = crate::command::sandbox::parse_span)]
    pub by: Duration,
}

#[derive(Subcommand)]
pub(crate) enum KeyCommand {
    /// Make a key and print it, once. Works on an empty database and beside a running server.
    #[command(
        after_help = "Example:\n  trunkline key create --service --name \"billing portal\"\n  trunkline key create --user user123\n  \
                      trunkline key create --user user123 --scope read --scope manage --expires 90d"
    )]
    Create(KeyCreateArguments),
    /// List keys, newest first, with what they are for and when they were last used. Secrets are kept nowhere.
    #[command(after_help = "Example:\n  trunkline key list\n  trunkline key list --user user123")]
    List(KeyListArguments),
    /// Make a key's successor and print it, once; the old key ends after an overlap.
    #[command(
        after_help = "Example:\n  trunkline key rotate 01890a5d-ac96-774b-bcce-b302099a8057 --overlap 12h\n\n\
                      The successor has the same holder, name and scopes. If a key has leaked, revoke it instead."
    )]
    Rotate {
        /// The key's id, as `trunkline key list` shows it.
        id: String,
        /// How long the old key still opens what it did: days, hours or minutes, up to 30d; 0 ends it at once.
        #[arg(long, value_name = "TIME", default_value = "1d")]
        overlap: Span,
        /// When the new key ends: after a length of time, or at a moment [default: when the old one would have].
        #[arg(long, value_name = "TIME")]
        expires: Option<End>,
    },
    /// End a key at once, on every server. What it has made stays: list the keys of its holder.
    #[command(after_help = "Example:\n  trunkline key revoke 01890a5d-ac96-774b-bcce-b302099a8057")]
    Revoke {
        /// The key's id, as `trunkline key list` shows it.
        id: String,
    },
}

#[derive(Args)]
pub(crate) struct KeyListArguments {
    /// Only one user's.
    #[arg(long, value_name = "ID")]
    pub user: Option<String>,
    /// At most so many.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=100))]
    pub limit: u16,
}

#[derive(Args)]
#[group(skip)]
pub(crate) struct KeyCreateArguments {
    #[command(flatten)]
    pub holder: KeyHolderArguments,
    /// What the key is for; shown where keys are listed.
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// What the key may be used for; may be repeated: read, manage, trade, keys; a service's also users, an operator's
    /// users, credit and operate but not trade [default: all that its holder may do]
    #[arg(long, value_name = "SCOPE")]
    pub scope: Vec<KeyScope>,
    /// When the key ends: after a length of time such as 90d, or at a moment such as 2027-01-31T12:00:00Z [default: never]
    #[arg(long, value_name = "TIME")]
    pub expires: Option<End>,
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

#[derive(Subcommand)]
pub(crate) enum NoticeCommand {
    /// Send a message in the form of a notice, to see that mail leaves and what it looks like. No customer is told.
    #[command(after_help = "Example:\n  trunkline notice send-test --to you@example.com\n\n\
                            It goes by SMTP_URL and comes from MAIL_FROM. `trunkline doctor` tries the server and sends nothing.")]
    SendTest {
        /// To whom.
        #[arg(long, value_name = "ADDRESS")]
        to: EmailAddress,
    },
}

#[derive(Args)]
pub(crate) struct ReconcileArguments {
    /// Repair what may be repaired. Everything else is reported.
    #[arg(long)]
    pub repair: bool,
    /// Repair although it is more than is usual: exactly so many findings, as the command said before.
    #[arg(long, value_name = "N", requires = "repair")]
    pub confirm: Option<u64>,
    /// Answer with the whole report as JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Subcommand)]
pub(crate) enum WebhooksCommand {
    /// Point every number to the present public address: first at Twilio, then here.
    #[command(
        after_help = "Example:\n  trunkline webhooks repoint --public-url https://numbers.example.com --dry-run\n  \
                      trunkline webhooks repoint --public-url https://numbers.example.com\n\n\
                      It takes the numbers that point elsewhere, so after an interruption it is simply run again. \
                      Exit status: 0 all are right, 1 some were not repointed and are listed with the reason, 2 \
                      nothing was done."
    )]
    Repoint(RepointArguments),
}

#[derive(Args)]
pub(crate) struct RepointArguments {
    /// Say what would change, and change nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Answer with the whole report as JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Subcommand)]
pub(crate) enum ConfigCommand {
    /// Print every setting with its value and where that comes from, and name every mistake.
    #[command(after_help = "Example:\n  trunkline config check --config /etc/trunkline/trunkline.toml\n\n\
                            Secrets are not printed. Exit status: 0 if a server would start with it, 1 if not. Nothing is \
                            asked of Twilio or the database: `trunkline doctor` does that.")]
    Check,
    /// Print the page that describes every setting.
    #[command(after_help = "Example:\n  trunkline config docs > docs/configuration.md")]
    Docs {
        /// Print .env.example instead.
        #[arg(long)]
        env: bool,
    },
}

#[derive(Args)]
pub(crate) struct BackupArguments {
    /// Where the copy goes.
    pub file: PathBuf,
    /// Replace a file of that name; it is replaced by a whole copy, or not at all.
    #[arg(long)]
    pub force: bool,
    /// Answer with JSON: {"path", "bytes", "schemaVersion", "deployment", "orders", "newestOrderAt", "numbers",
    /// "accounts", "transfers", "copiedInMs", "verifiedInMs"}.
    #[arg(long)]
    pub json: bool,
}

#[derive(Args)]
pub(crate) struct RestoreArguments {
    /// The backup.
    pub file: PathBuf,
    /// Take it although it is of another installation, of a newer program, or its ledger does not balance.
    #[arg(long)]
    pub force: bool,
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
pub(crate) enum SalesCommand {
    /// Say whether numbers are sold now, and show the balance, the coming fees and the day's purchases.
    #[command(after_help = "Example:\n  trunkline sales status\n  trunkline sales status --json\n\n\
                      It only reads. Floor and limit are those of the settings that it runs with, so run it with the \
                      server's.")]
    Status {
        /// Answer with JSON: {"open", "stop", "pause", "floor", "balance", "comingFees", "left", "renewals", "unpriced",
        /// "unreadable", "purchasesToday", "purchasesPerDay"}.
        #[arg(long)]
        json: bool,
    },
    /// Sell nothing from now on, at any server of this database.
    #[command(after_help = "Example:\n  trunkline sales stop --reason \"card fraud\"\n\n\
                      Purchases answer SALES_PAUSED before anything is held. Those that have begun go on to their end; \
                      releases, calls and texts go on.")]
    Stop {
        /// Why, for the audit trail and for whoever asks for the status.
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// End a stop, so that numbers are sold again.
    #[command(after_help = "Example:\n  trunkline sales start --reason \"cards are checked\"\n\n\
                      A pause because Twilio's balance is too low is not ended by this: it ends by itself after a top-up.")]
    Start {
        /// Why, for the audit trail.
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
}

#[derive(Subcommand)]
pub(crate) enum AlarmCommand {
    /// List the open alarms, those that began last first.
    #[command(after_help = "Example:\n  trunkline alarm list\n  trunkline alarm list --all --json")]
    List {
        /// Those that have ended, too: the latest thousand are remembered.
        #[arg(long)]
        all: bool,
        /// Answer with JSON: a list of {"id", "alarm", "subject", "sentence", "details", "raisedAt", "lastRaisedAt",
        /// "times", "end": {"at", "reason"}}.
        #[arg(long)]
        json: bool,
        /// At most so many.
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=1000))]
        limit: u16,
    },
    /// End an open alarm that does not end by itself. One whose cause is seen to stand is not ended.
    #[command(
        after_help = "Example:\n  trunkline alarm end recovery_panicked 01890a5d-ac96-774b-bcce-b302099a8057 \
                            --reason \"reported, fixed in 1.4.2\"\n\n\
                            The audit trail keeps who ended it and why. No money and no number is touched."
    )]
    End {
        /// The alarm's name, as `trunkline alarm list` shows it.
        #[arg(value_parser = alarm_of)]
        name: Alarm,
        /// What it is about, as `trunkline alarm list` shows it.
        subject: String,
        /// Why it is ended.
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
}

/// Reads an alarm's name; the error has all of them.
fn alarm_of(name: &str) -> Result<Alarm, String> {
    Alarm::from_name(name).ok_or_else(|| {
        let names: Vec<&str> = Alarm::ALL.into_iter().map(Alarm::as_str).collect();
        format!("there is no such alarm; there are {}", names.join(", "))
    })
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
