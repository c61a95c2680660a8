//! `trunkline notice`: whether mail to customers leaves.

use anyhow::{Context, bail};
use trunkline_domain::{Clock, IdSource, NoticeId, RandomIds, SystemClock};
use trunkline_notices::{EmailAddress, Mail, MailError, Mailer, test_message};

use crate::arguments::NoticeCommand;
use crate::command::say;
use crate::logging;
use crate::settings::{SettingArguments, Settings};
use crate::wiring::mailer;

/// Runs one notice command.
pub(crate) async fn run(arguments: &SettingArguments, command: NoticeCommand) -> anyhow::Result<()> {
    let settings = Settings::read(arguments)?;
    logging::install(&settings)?;
    match command {
        NoticeCommand::SendTest { to } => send_test(&settings, to).await,
    }
}

async fn send_test(settings: &Settings, to: EmailAddress) -> anyhow::Result<()> {
    let (Some(mailer), Some(mail)) = (mailer(settings)?, &settings.mail) else {
        bail!("no mail server is set, so nothing was sent: set SMTP_URL and MAIL_FROM");
    };
    let at = SystemClock.now();
    let content = test_message(at)?;
    let test = Mail { id: NoticeId::from_uuid(RandomIds.next()), to, content, at };
    let place = mail.server.place();
    match mailer.send(&test).await {
        Ok(()) => {
            say(format_args!("{place} has taken the message for {}; look into the mailbox", test.to));
            Ok(())
        }
        Err(error @ MailError::Refused(_)) => Err(error).context(format!("{place}: nothing was sent")),
        Err(error @ MailError::Deferred(_)) => Err(error)
            .context(format!("{place}: the message was probably not sent; a notice would be tried again")),
        Err(error @ MailError::Unusable(_)) => Err(error)
            .context(format!("{place}: nothing was sent; `trunkline doctor` tries the server step by step")),
    }
}
