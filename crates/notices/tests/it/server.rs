//! A small mail server on loopback, which speaks the protocol on a real socket and keeps what it took. It can be told to
//! fail as real ones do.

use std::sync::{Arc, Mutex};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// The login that the server takes.
pub(crate) const LOGIN: (&str, &str) = ("ann@example.com", "p:/@s");

/// How the server behaves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Manner {
    /// It takes everything.
    #[default]
    Takes,
    /// It turns the first attempt of every recipient away, as greylisting does.
    Greylists,
    /// It knows no such recipient.
    KnowsNobody,
    /// It lets nobody send as our sender.
    RefusesSender,
    /// It does not take what is said after DATA.
    RefusesContent,
    /// It takes the first message and dies before it says so.
    DiesBeforeItAnswers,
    /// It cannot encrypt.
    CannotEncrypt,
}

/// A message that the server has taken.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub(crate) from: String,
    pub(crate) to: Vec<String>,
    pub(crate) text: String,
    pub(crate) was_encrypted: bool,
    pub(crate) was_logged_in: bool,
}

/// The running server.
pub(crate) struct Server {
    pub(crate) port: u16,
    /// Who signed its certificate, which is for `localhost`.
    pub(crate) authority_pem: String,
    kept: Arc<Mutex<Kept>>,
}

#[derive(Default)]
struct Kept {
    received: Vec<Received>,
    /// How many recipients were named.
    recipients: usize,
    /// How many connections were made.
    connections: usize,
}

struct House {
    manner: Manner,
    acceptor: TlsAcceptor,
    kept: Arc<Mutex<Kept>>,
}

impl Server {
    /// A server to which clients speak STARTTLS.
    pub(crate) async fn start(manner: Manner) -> Self {
        Self::listen(manner, false).await
    }

    /// One that is encrypted from the first byte.
    pub(crate) async fn start_encrypted() -> Self {
        Self::listen(Manner::Takes, true).await
    }

    async fn listen(manner: Manner, is_encrypted: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (acceptor, authority_pem) = certificate();
        let kept = Arc::<Mutex<Kept>>::default();
        let house = Arc::new(House { manner, acceptor, kept: Arc::clone(&kept) });
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let house = Arc::clone(&house);
                house.kept.lock().unwrap().connections += 1;
                tokio::spawn(async move {
                    if is_encrypted {
                        let Ok(stream) = house.acceptor.accept(stream).await else { return };
                        house.serve(BufReader::new(stream), true, true).await;
                    } else {
                        house.welcome(stream).await;
                    }
                });
            }
        });
        Self { port, authority_pem, kept }
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.kept.lock().unwrap().received.clone()
    }

    pub(crate) fn connections(&self) -> usize {
        self.kept.lock().unwrap().connections
    }
}

/// How a conversation over one kind of stream ends.
enum End {
    Gone,
    StartTls,
}

impl House {
    async fn welcome(&self, stream: TcpStream) {
        let mut stream = BufReader::new(stream);
        if let End::StartTls = self.converse(&mut stream, false, true).await {
            let Ok(stream) = self.acceptor.accept(stream.into_inner()).await else { return };
            self.serve(BufReader::new(stream), true, false).await;
        }
    }

    async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        mut stream: BufReader<S>,
        encrypted: bool,
        greets: bool,
    ) {
        self.converse(&mut stream, encrypted, greets).await;
    }

    async fn converse<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: &mut BufReader<S>,
        encrypted: bool,
        greets: bool,
    ) -> End {
        if greets {
            say(stream, "220 localhost ESMTP of a test").await;
        }
        let (mut from, mut to, mut logged_in) = (String::new(), Vec::new(), false);
        while let Some(line) = read_line(stream).await {
            let verb = line.split_whitespace().next().unwrap_or_default().to_ascii_uppercase();
            match verb.as_str() {
                "EHLO" => {
                    say(stream, "250-localhost").await;
                    if !encrypted && self.manner != Manner::CannotEncrypt {
                        say(stream, "250-STARTTLS").await;
                    }
                    say(stream, "250 AUTH PLAIN LOGIN").await;
                }
                "STARTTLS" => {
                    say(stream, "220 go ahead").await;
                    return End::StartTls;
                }
                "AUTH" => {
                    logged_in = line.ends_with(&plain(LOGIN));
                    say(stream, if logged_in { "235 welcome" } else { "535 5.7.8 who are you" }).await;
                }
                "MAIL" => {
                    from = line;
                    let refuses = self.manner == Manner::RefusesSender;
                    say(stream, if refuses { "550 5.7.1 you may not send as this" } else { "250 ok" }).await;
                }
                "RCPT" => {
                    to.push(line);
                    let answer = self.answer_recipient();
                    say(stream, answer).await;
                }
                "DATA" => {
                    say(stream, "354 go on").await;
                    let text = read_message(stream).await;
                    if self.manner == Manner::RefusesContent {
                        say(stream, "554 5.6.0 we do not want this").await;
                        continue;
                    }
                    let (from, to) = (std::mem::take(&mut from), std::mem::take(&mut to));
                    let message =
                        Received { from, to, text, was_encrypted: encrypted, was_logged_in: logged_in };
                    let is_first = self.keep(message);
                    if self.manner == Manner::DiesBeforeItAnswers && is_first {
                        return End::Gone;
                    }
                    say(stream, "250 taken").await;
                }
                "QUIT" => {
                    say(stream, "221 bye").await;
                    return End::Gone;
                }
                _ => say(stream, "500 what").await,
            }
        }
        End::Gone
    }

    /// Keeps a message, and says whether it is the first.
    fn keep(&self, message: Received) -> bool {
        let mut kept = self.kept.lock().unwrap();
        kept.received.push(message);
        kept.received.len() == 1
    }

    fn answer_recipient(&self) -> &'static str {
        let mut kept = self.kept.lock().unwrap();
        kept.recipients += 1;
        match self.manner {
            Manner::KnowsNobody => "550 5.1.1 no such user here",
            Manner::Greylists if kept.recipients == 1 => "451 4.7.1 come again later",
            Manner::Takes
            | Manner::Greylists
            | Manner::RefusesSender
            | Manner::RefusesContent
            | Manner::DiesBeforeItAnswers
            | Manner::CannotEncrypt => "250 ok",
        }
    }
}

async fn say<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut BufReader<S>, line: &str) {
    let _ = stream.write_all(format!("{line}\r\n").as_bytes()).await;
    let _ = stream.flush().await;
}

async fn read_line<S: AsyncBufRead + Unpin>(stream: &mut S) -> Option<String> {
    let mut line = String::new();
    match stream.read_line(&mut line).await {
        Ok(0) | Err(_) => None,
        Ok(_) => Some(line.trim_end().to_owned()),
    }
}

/// Up to the line that is a dot, with the dots undone that the client has doubled.
async fn read_message<S: AsyncBufRead + Unpin>(stream: &mut S) -> String {
    let mut text = String::new();
    while let Some(line) = read_line(stream).await {
        if line == "." {
            break;
        }
        text.push_str(line.strip_prefix('.').unwrap_or(&line));
        text.push_str("\r\n");
    }
    text
}

/// AUTH PLAIN's answer: both texts, each after a NUL, in base64.
fn plain((user, password): (&str, &str)) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(format!("\0{user}\0{password}"))
}

/// A certificate for `localhost`, and who signed it.
fn certificate() -> (TlsAcceptor, String) {
    let authority_key = KeyPair::generate().unwrap();
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority_pem = authority.self_signed(&authority_key).unwrap().pem();
    let issuer = Issuer::new(authority, authority_key);
    let key = KeyPair::generate().unwrap();
    let own = CertificateParams::new(["localhost".to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
    let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder().with_no_client_auth();
    let config = config.with_single_cert(vec![own.der().clone()], private).unwrap();
    (TlsAcceptor::from(Arc::new(config)), authority_pem)
}
