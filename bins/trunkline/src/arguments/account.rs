//! The arguments of `trunkline user` about accounts that sign in at the dashboard.

use clap::{Args, Subcommand};
use trunkline_domain::UserId;
use trunkline_tenancy::Email;

#[derive(Subcommand)]
pub(crate) enum AccountCommand {
    /// Make an account that signs in at the dashboard.
    #[command(after_help = "Example:\n  trunkline user create --email ann@example.com --user user123\n  \
                      trunkline user create --operator --email olga@example.com < password.txt\n  \
                      trunkline user create --operator --subject 'auth0|5f7c8ec7c33c6c004bbafe82'\n\n\
                      The password is asked for, without showing it; where standard input is no terminal, it is the first \
                      line of that. It has 12 characters at least. With --subject none is asked for: whoever has the subject \
                      at the identity provider signs in there.\n\n\
                      An operator's account has an API key of its own, whose secret nobody knows: the audit trail names \
                      it, and `trunkline key revoke` ends everything that the account may.")]
    Create(AccountCreateArguments),
    /// Set another password. It ends every session and link of the account.
    #[command(after_help = "Example:\n  trunkline user password --email ann@example.com\n\n\
                            The password is asked for as by `trunkline user create`.")]
    Password(AccountArguments),
    /// Let an account open nothing any more; its sessions and links end at once, at every server.
    #[command(after_help = "Example:\n  trunkline user disable --email ann@example.com\n\n\
                            API keys and tokens of the same user go on working: `trunkline key revoke`.")]
    Disable(AccountArguments),
    /// Let an account that was disabled sign in again.
    #[command(after_help = "Example:\n  trunkline user enable --email ann@example.com")]
    Enable(AccountArguments),
    /// List the accounts, oldest first.
    #[command(after_help = "Example:\n  trunkline user list")]
    List,
    /// Print a link that signs an account in once, within fifteen minutes.
    #[command(after_help = "Example:\n  trunkline user sign-in-link --email ann@example.com\n\n\
                            Whoever opens it first is signed in. It is under PUBLIC_URL, so run it with the server's settings.")]
    SignInLink(AccountArguments),
    /// List the sessions of an account, newest first, and end them.
    #[command(after_help = "Example:\n  trunkline user sessions --email ann@example.com\n  \
                            trunkline user sessions --email ann@example.com --end")]
    Sessions {
        #[command(flatten)]
        account: AccountArguments,
        /// End all of them.
        #[arg(long)]
        end: bool,
    },
}

#[derive(Args)]
#[group(skip)]
pub(crate) struct AccountCreateArguments {
    /// What they type to sign in.
    #[arg(long, value_name = "ADDRESS", required_unless_present = "subject")]
    pub email: Option<Email>,
    /// Who they are at the identity provider: its `sub`.
    #[arg(long, value_name = "SUB")]
    pub subject: Option<UserId>,
    /// Whose account it is. A user who is not there is added; without this it is a new one, with the subject as their id,
    /// or a random one.
    #[arg(long, value_name = "ID", conflicts_with = "operator")]
    pub user: Option<UserId>,
    /// Make it an operator's instead: they may do everything.
    #[arg(long)]
    pub operator: bool,
}

/// Which account.
#[derive(Args)]
#[group(required = true, multiple = false)]
pub(crate) struct AccountArguments {
    /// The account with this e-mail address, whatever the capitals.
    #[arg(long, value_name = "ADDRESS")]
    pub email: Option<Email>,
    /// The account with this subject at the identity provider.
    #[arg(long, value_name = "SUB")]
    pub subject: Option<UserId>,
}
