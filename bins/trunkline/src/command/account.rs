//! `trunkline user create` and its neighbours: accounts that sign in at the dashboard.

use anyhow::{Context, anyhow, bail};
use chrono::{DateTime, Utc};
use trunkline_domain::{IdSource, RandomIds, UserId};
use trunkline_sessions::{
    Account, AccountError, AccountHolder, AccountState, AccountToCreate, CreateAccountCommand, SessionView,
    SignInLink, WhoseAccount,
};

use crate::arguments::{AccountArguments, AccountCommand, AccountCreateArguments};
use crate::command::{legible, origin, password, remark, say};
use crate::settings::Settings;
use crate::wiring::Parts;

/// How many accounts are read at once.
const PAGE: u16 = 100;

/// Runs one command about accounts.
pub(super) async fn act(settings: &Settings, parts: &Parts, command: AccountCommand) -> anyhow::Result<()> {
    match command {
        AccountCommand::Create(arguments) => create(parts, arguments).await,
        AccountCommand::Password(which) => {
            let account = find(parts, which).await?;
            if account.email.is_none() {
                bail!(
                    "{} signs in at the identity provider, and has no e-mail address to type with a password; nothing \
                     was changed",
                    account.name()
                );
            }
            let password = password::ask().await?;
            parts.sessions.set_password(&account, password, &origin()).await.map_err(told)?;
            say(format_args!(
                "{}: the password is set; every session and link from before has ended",
                account.name()
            ));
            Ok(())
        }
        AccountCommand::Disable(which) => {
            let account = find(parts, which).await?;
            parts.sessions.disable(&account, &origin()).await?;
            say(format_args!("{}: disabled; its sessions and links have ended", account.name()));
            Ok(())
        }
        AccountCommand::Enable(which) => {
            let account = find(parts, which).await?;
            parts.sessions.enable(&account, &origin()).await?;
            say(format_args!("{}: enabled; it can sign in", account.name()));
            Ok(())
        }
        AccountCommand::List => list(parts).await,
        AccountCommand::SignInLink(which) => link(settings, parts, which).await,
        AccountCommand::Sessions { account, end: false } => show(parts, account).await,
        AccountCommand::Sessions { account, end: true } => {
            let account = find(parts, account).await?;
            let ended = parts.sessions.end_all(&account, &origin()).await?;
            say(format_args!("{}: {} sessions ended", account.name(), ended.0));
            Ok(())
        }
    }
}

async fn create(parts: &Parts, arguments: AccountCreateArguments) -> anyhow::Result<()> {
    let AccountCreateArguments { email, subject, user, operator } = arguments;
    let password = if subject.is_none() { Some(password::ask().await?) } else { None };
    let whose = if operator {
        WhoseAccount::Operator
    } else {
        WhoseAccount::User(match user.or_else(|| subject.clone()) {
            Some(user) => user,
            None => RandomIds.next().to_string().parse().context("an id of ours is no user's id")?,
        })
    };
    let account = AccountToCreate { whose, email, subject, password };
    let made = parts.sessions.create_account(CreateAccountCommand { account, origin: origin() }).await;
    let made = made.map_err(told)?;
    say(format_args!("{}: made, and can sign in", made.name()));
    say(match &made.holder {
        AccountHolder::User(user) => format!("It is user {user}."),
        AccountHolder::Operator { key } => {
            format!(
                "It is an operator, in the audit trail with key {key}; `trunkline key revoke {key}` ends it."
            )
        }
    });
    Ok(())
}

async fn find(parts: &Parts, which: AccountArguments) -> anyhow::Result<Account> {
    let found = match which {
        AccountArguments { email: Some(email), .. } => parts.sessions.account_by_email(email).await,
        AccountArguments { subject: Some(subject), .. } => parts.sessions.account_by_subject(subject).await,
        AccountArguments { email: None, subject: None } => bail!("name the account: --email or --subject"),
    };
    found.map_err(told)
}

/// A failure with what is certain about it, and what to do.
fn told(error: AccountError) -> anyhow::Error {
    match error {
        AccountError::NotFound | AccountError::EmailTaken | AccountError::SubjectTaken => {
            anyhow!("{error}, and nothing was changed: `trunkline user list` shows the accounts")
        }
        AccountError::Nameless | AccountError::Password(_) => anyhow!("{error}; nothing was changed"),
        AccountError::Users(_) | AccountError::Store(_) => {
            anyhow::Error::new(error).context("look with `trunkline user list` what holds now")
        }
    }
}

async fn list(parts: &Parts) -> anyhow::Result<()> {
    let mut after = None;
    loop {
        let page = parts.sessions.accounts(after, PAGE).await?;
        for account in &page {
            say(described(account));
        }
        match (after, page.last()) {
            (None, None) => {
                say("no accounts yet: `trunkline user create --email ADDRESS` makes one");
                return Ok(());
            }
            (Some(_), None) => return Ok(()),
            (_, Some(last)) => after = Some(last.id),
        }
    }
}

/// One account, on a line.
fn described(account: &Account) -> String {
    let holder = match &account.holder {
        AccountHolder::User(user) => format!("user {user}"),
        AccountHolder::Operator { key } => format!("operator, key {key}"),
    };
    let state = match account.state {
        AccountState::Enabled => String::new(),
        AccountState::Disabled { since } => format!("  disabled since {}", minute(since)),
    };
    let ways: Vec<String> = [
        account.password.as_ref().map(|_| "password".to_owned()),
        account.subject.as_ref().map(|subject: &UserId| format!("subject {subject}")),
    ]
    .into_iter()
    .flatten()
    .collect();
    format!("{}  {holder}  [{}]  made {}{state}", account.name(), ways.join(", "), minute(account.created_at))
}

async fn link(settings: &Settings, parts: &Parts, which: AccountArguments) -> anyhow::Result<()> {
    let account = find(parts, which).await?;
    let link = parts.sessions.make_link(&account, &origin()).await;
    let link = match link {
        Ok(link) => link,
        Err(AccountError::NotFound) => {
            bail!("{} is disabled, so there is no link; `trunkline user enable` first", account.name())
        }
        Err(error) => return Err(told(error)),
    };
    let base = if let Some(url) = &settings.public_url {
        url.as_str().trim_end_matches('/').to_owned()
    } else {
        remark("PUBLIC_URL is not set; the link is for a browser on the server's machine");
        format!("http://{}", settings.listen)
    };
    say(format_args!("{base}{}{}", SignInLink::PATH, link.token.expose()));
    remark(format_args!(
        "it signs {} in, once, until {}; whoever opens it first",
        account.name(),
        minute(link.expires_at)
    ));
    Ok(())
}

async fn show(parts: &Parts, which: AccountArguments) -> anyhow::Result<()> {
    let account = find(parts, which).await?;
    let sessions = parts.sessions.sessions_of_account(&account).await?;
    if sessions.is_empty() {
        say(format_args!("{}: no sessions", account.name()));
    }
    for session in &sessions {
        say(line(session));
    }
    Ok(())
}

fn line(session: &SessionView) -> String {
    let address =
        session.address.map_or_else(|| "an unknown address".to_owned(), |address| address.to_string());
    let browser = session.user_agent.as_deref().map(legible);
    format!(
        "{}  by {}  since {}  used {}  from {address}  {}",
        session.id,
        session.method.as_str(),
        minute(session.started_at),
        minute(session.last_seen_at),
        browser.unwrap_or_default()
    )
}

fn minute(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%d %H:%MZ").to_string()
}
