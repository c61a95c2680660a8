//! Mail by SMTP, in steps: reach the server, encrypt, log in, hand the message over. Each step has its own meaning when it
//! fails, which a client that does all at once cannot tell: a server that refuses our password refuses no customer.
//!
//! *Invariants*: a password goes over an encrypted connection, or to this machine; nothing here repeats it, or an address
//! of a customer; a message is handed over at most once per call; everything ends within [`PATIENCE`].

mod message;
mod server;

use std::time::Duration;

use async_trait::async_trait;
use lettre::message::Mailbox;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{
    AsyncSmtpConnection, Certificate, TlsParameters, TlsParametersBuilder,
};
use lettre::transport::smtp::commands::{Data, Mail as MailFrom, Rcpt};
use lettre::transport::smtp::extension::ClientId;
use secrecy::ExposeSecret;

use crate::{Mail, MailError, Mailer};

pub use self::server::{SmtpServer, SmtpUrlError, Tls};

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(10);

/// How long one message may take, whatever the server does.
const PATIENCE: Duration = Duration::from_secs(45);

/// How long a server is waited for that is told good-bye.
const GOODBYE: Duration = Duration::from_secs(1);

/// From whom mail comes: a name and an address, or an address alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender(Mailbox);

/// Text that is no sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no sender such as `Acme Numbers <billing@example.com>`, with an address in ASCII")]
pub struct SenderError;

impl std::str::FromStr for Sender {
    type Err = SenderError;

    fn from_str(text: &str) -> Result<Self, SenderError> {
        let is_one_line = !text.chars().any(char::is_control);
        let mailbox = text
            .trim()
            .parse::<Mailbox>()
            .ok()
            .filter(|mailbox| is_one_line && mailbox.email.to_string().is_ascii());
        mailbox.map(Self).ok_or(SenderError)
    }
}

impl Sender {
    /// The part of the address behind the @: our name in front of mail servers, and in the names of messages.
    fn domain(&self) -> &str {
        self.0.email.domain()
    }
}

/// Speaks to one mail server.
#[derive(Clone)]
pub struct SmtpMailer {
    server: SmtpServer,
    from: Sender,
    tls: Option<TlsParameters>,
}

/// Why a mailer cannot be made on this machine.
#[derive(Debug, thiserror::Error)]
#[error("TLS cannot be spoken from this machine")]
pub struct SmtpMailerError(#[source] lettre::transport::smtp::Error);

/// How far it is to the mail server, for whoever examines an installation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reached {
    /// Whether the connection is encrypted.
    pub is_encrypted: bool,
    /// Whether a login was asked for and taken.
    pub is_logged_in: bool,
}

/// Something that went wrong while nothing was sent yet.
type Unusable = Box<dyn std::error::Error + Send + Sync>;

/// What the mail server, or the way to it, said: once. The client's own errors say it again in their sources.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Said(String);

impl Said {
    fn of(error: &lettre::transport::smtp::Error) -> Unusable {
        let text = error.to_string();
        let mut parts: Vec<&str> = text.split(": ").collect();
        parts.dedup();
        Box::new(Self(parts.join(": ")))
    }
}

/// Nothing came back in time.
#[derive(Debug, thiserror::Error)]
#[error("the mail server did not answer within {} seconds", PATIENCE.as_secs())]
struct Silence;

impl SmtpMailer {
    /// A mailer that trusts the machine's certificate authorities.
    pub fn new(server: SmtpServer, from: Sender) -> Result<Self, SmtpMailerError> {
        Self::trusting(server, from, None)
    }

    /// The same, which also trusts a certificate authority of one's own.
    pub fn trusting(
        server: SmtpServer,
        from: Sender,
        authority: Option<Certificate>,
    ) -> Result<Self, SmtpMailerError> {
        let tls = match server.tls {
            Tls::Never => None,
            Tls::FromTheStart | Tls::Required | Tls::IfOffered => {
                let builder = TlsParameters::builder(server.host.clone());
                let builder = authority.into_iter().fold(builder, TlsParametersBuilder::add_root_certificate);
                Some(builder.build_rustls().map_err(SmtpMailerError)?)
            }
        };
        Ok(Self { server, from, tls })
    }

    /// Goes as far as one can without sending anything, and says good-bye.
    pub async fn reach(&self) -> Result<Reached, MailError> {
        let reached = async {
            let mut connection = self.connect().await?;
            let reached = Reached {
                is_encrypted: connection.is_encrypted(),
                is_logged_in: self.server.login.is_some(),
            };
            say_goodbye(&mut connection).await;
            Ok(reached)
        };
        in_time(reached).await.map_err(MailError::Unusable)
    }

    /// Reaches the server, encrypts and logs in.
    async fn connect(&self) -> Result<AsyncSmtpConnection, Unusable> {
        let SmtpServer { host, port, tls, login } = &self.server;
        let hello = ClientId::Domain(self.from.domain().to_owned());
        let from_the_start = self.tls.clone().filter(|_| *tls == Tls::FromTheStart);
        let at = (host.as_str(), *port);
        let connection =
            AsyncSmtpConnection::connect_tokio1(at, Some(CONNECT), &hello, from_the_start, None).await;
        let mut connection = connection.map_err(|error| Said::of(&error))?;
        let encrypts = match tls {
            Tls::Never | Tls::FromTheStart => false,
            Tls::Required => true,
            Tls::IfOffered => connection.can_starttls(),
        };
        if let Some(tls) = self.tls.clone().filter(|_| encrypts) {
            connection.starttls(tls, &hello).await.map_err(|error| Said::of(&error))?;
        }
        if let Some(login) = login {
            let credentials = Credentials::new(login.user.clone(), login.password.expose_secret().to_owned());
            let login = connection.auth(&[Mechanism::Plain, Mechanism::Login], &credentials).await;
            login.map_err(|error| Said::of(&error))?;
        }
        Ok(connection)
    }

    async fn hand_over(&self, mail: &Mail) -> Result<(), MailError> {
        let message = message::written(mail, &self.from.0).map_err(MailError::Refused)?;
        let mut connection = in_time(self.connect()).await.map_err(MailError::Unusable)?;
        let taken = in_time(async {
            // That we may not send as this sender is no customer's fault.
            let from = MailFrom::new(Some(self.from.0.email.clone()), Vec::new());
            if let Err(error) = connection.command(from).await {
                return Ok(Err(if error.is_permanent() {
                    unusable(&error)
                } else {
                    MailError::Deferred(Said::of(&error))
                }));
            }
            let recipient = Rcpt::new(message.to, Vec::new());
            if let Err(error) = connection.command(recipient).await {
                return Ok(Err(judged(&error)));
            }
            if let Err(error) = connection.command(Data).await {
                return Ok(Err(judged(&error)));
            }
            Ok(connection.message(&message.text).await.map(drop).map_err(|error| judged(&error)))
        });
        let taken = match taken.await {
            Ok(taken) => taken,
            Err(silence) => Err(MailError::Deferred(silence)),
        };
        say_goodbye(&mut connection).await;
        taken
    }
}

#[async_trait]
impl Mailer for SmtpMailer {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        self.hand_over(mail).await
    }
}

fn unusable(error: &lettre::transport::smtp::Error) -> MailError {
    MailError::Unusable(Said::of(error))
}

/// What an answer to a message, or none, means: only a server's clear no is for good.
fn judged(error: &lettre::transport::smtp::Error) -> MailError {
    if error.is_permanent() {
        MailError::Refused(Said::of(error))
    } else {
        MailError::Deferred(Said::of(error))
    }
}

async fn in_time<T>(work: impl Future<Output = Result<T, Unusable>>) -> Result<T, Unusable> {
    tokio::time::timeout(PATIENCE, work).await.unwrap_or_else(|_| Err(Box::new(Silence)))
}

/// What was said is said; a server that does not answer any more is left alone.
async fn say_goodbye(connection: &mut AsyncSmtpConnection) {
    let _ = tokio::time::timeout(GOODBYE, connection.quit()).await;
}
