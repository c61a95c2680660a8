//! Where the mail server is and how it is spoken to, as the setting says it in one URL.

use std::net::IpAddr;
use std::str::FromStr;

use percent_encoding::percent_decode_str;
use secrecy::SecretString;
use url::{Host, Url};

/// Where mail is handed over.
#[derive(Debug, Clone)]
pub struct SmtpServer {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) tls: Tls,
    pub(super) login: Option<Login>,
}

/// Who we are there.
#[derive(Debug, Clone)]
pub(super) struct Login {
    pub(super) user: String,
    pub(super) password: SecretString,
}

/// When the connection is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// From its first byte: `smtps://`.
    FromTheStart,
    /// By STARTTLS, or nothing is sent: `smtp://`.
    Required,
    /// By STARTTLS where the server offers it, which whoever sits between can hide: `?tls=opportunistic`.
    IfOffered,
    /// Not at all: `?tls=none`.
    Never,
}

/// A URL of no mail server. It repeats nothing of the URL, which may hold a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SmtpUrlError {
    /// It cannot be read.
    #[error(
        "this is no URL such as smtp://user:password@mail.example.com:587 or smtps://user:password@mail.example.com"
    )]
    Unreadable,
    /// Not of mail.
    #[error(
        "it begins with smtp:// (port 587, encrypted by STARTTLS) or smtps:// (port 465, encrypted from the start)"
    )]
    Scheme,
    /// A password alone, or a user alone.
    #[error(
        "a user needs a password and a password a user: smtp://user:password@host; write characters such as @ and / in them as %40 and %2F"
    )]
    Login,
    /// Unknown words behind the question mark.
    #[error(
        "behind the ? stands nothing but tls=required, tls=opportunistic or tls=none, and only with smtp://"
    )]
    Query,
    /// A path.
    #[error("nothing stands behind the host and port, but ?tls=required, ?tls=opportunistic or ?tls=none")]
    Path,
    /// A password in the clear.
    #[error(
        "a password is sent over an encrypted connection only, unless the server is this machine: use tls=required or smtps://"
    )]
    PasswordInTheClear,
}

impl SmtpServer {
    /// Where it is, without a login, for people.
    pub fn place(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    /// When the connection is encrypted.
    pub const fn tls(&self) -> Tls {
        self.tls
    }
}

impl FromStr for SmtpServer {
    type Err = SmtpUrlError;

    fn from_str(text: &str) -> Result<Self, SmtpUrlError> {
        let url: Url = text.trim().parse().map_err(|_| SmtpUrlError::Unreadable)?;
        let (port, by_scheme) = match url.scheme() {
            "smtp" => (587, Tls::Required),
            "smtps" => (465, Tls::FromTheStart),
            _ => return Err(SmtpUrlError::Scheme),
        };
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or(SmtpUrlError::Unreadable)?;
        // A name of another scheme than http's is not parsed for an address in it.
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return Err(SmtpUrlError::Path);
        }
        let tls = match url.query() {
            None => by_scheme,
            Some(query) if by_scheme == Tls::Required => match query {
                "tls=required" => Tls::Required,
                "tls=opportunistic" => Tls::IfOffered,
                "tls=none" => Tls::Never,
                _ => return Err(SmtpUrlError::Query),
            },
            Some(_) => return Err(SmtpUrlError::Query),
        };
        let login = login(&url)?;
        match tls {
            Tls::Never | Tls::IfOffered if login.is_some() && !is_this_machine(&host) => {
                return Err(SmtpUrlError::PasswordInTheClear);
            }
            Tls::FromTheStart | Tls::Required | Tls::IfOffered | Tls::Never => {}
        }
        Ok(Self { host, port: url.port().unwrap_or(port), tls, login })
    }
}

fn login(url: &Url) -> Result<Option<Login>, SmtpUrlError> {
    let decoded = |text: &str| {
        let text = percent_decode_str(text).decode_utf8().map_err(|_| SmtpUrlError::Login)?;
        Ok(text.into_owned())
    };
    match (url.username(), url.password()) {
        ("", None) => Ok(None),
        ("", Some(_)) | (_, None) => Err(SmtpUrlError::Login),
        (user, Some(password)) => {
            Ok(Some(Login { user: decoded(user)?, password: decoded(password)?.into() }))
        }
    }
}

fn is_this_machine(host: &str) -> bool {
    let address = match Host::parse(host) {
        Ok(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
        Ok(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
        Ok(Host::Domain(_)) | Err(_) => host.parse().ok(),
    };
    address.map_or(host == "localhost", |address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use secrecy::ExposeSecret;

    use super::*;

    #[rstest]
    #[case("smtp://ann:pass@mail.example.com", "mail.example.com:587", Tls::Required)]
    #[case("smtp://ann:pass@mail.example.com:2525?tls=required", "mail.example.com:2525", Tls::Required)]
    #[case("smtps://ann:pass@mail.example.com/", "mail.example.com:465", Tls::FromTheStart)]
    #[case("smtp://relay.internal:25?tls=none", "relay.internal:25", Tls::Never)]
    #[case("smtp://relay.internal:25?tls=opportunistic", "relay.internal:25", Tls::IfOffered)]
    #[case("smtp://ann:pass@127.0.0.1:1025?tls=none", "127.0.0.1:1025", Tls::Never)]
    #[case("smtp://ann:pass@localhost:1025?tls=opportunistic", "localhost:1025", Tls::IfOffered)]
    #[case("smtp://[::1]:1025?tls=none", "::1:1025", Tls::Never)]
    fn urls_of_mail_servers_are_read(#[case] url: &str, #[case] place: &str, #[case] tls: Tls) {
        let server: SmtpServer = url.parse().unwrap();
        assert_eq!((server.place().as_str(), server.tls()), (place, tls));
        assert!(!format!("{server:?}").contains("pass\""), "it is not printed");
    }

    #[test]
    fn a_login_may_hold_any_character() {
        let server: SmtpServer = "smtp://ann%40example.com:p%3A%2F%40s@mail.example.com".parse().unwrap();
        let login = server.login.unwrap();
        assert_eq!((login.user.as_str(), login.password.expose_secret()), ("ann@example.com", "p:/@s"));
    }

    #[rstest]
    #[case("mail.example.com:587", SmtpUrlError::Scheme)]
    #[case("hunter2", SmtpUrlError::Unreadable)]
    #[case("https://mail.example.com", SmtpUrlError::Scheme)]
    #[case("smtp://ann@mail.example.com", SmtpUrlError::Login)]
    #[case("smtp://:hunter2@mail.example.com", SmtpUrlError::Login)]
    #[case("smtp://mail.example.com?tls=maybe", SmtpUrlError::Query)]
    #[case("smtps://mail.example.com?tls=none", SmtpUrlError::Query)]
    #[case("smtp://mail.example.com/hunter2", SmtpUrlError::Path)]
    #[case("smtp://ann:hunter2@mail.example.com?tls=none", SmtpUrlError::PasswordInTheClear)]
    #[case("smtp://ann:hunter2@mail.example.com?tls=opportunistic", SmtpUrlError::PasswordInTheClear)]
    #[case("smtp://ann:hunter2@127.0.0.1.example.com?tls=none", SmtpUrlError::PasswordInTheClear)]
    fn others_are_refused_and_never_repeated(#[case] url: &str, #[case] why: SmtpUrlError) {
        let error = url.parse::<SmtpServer>().unwrap_err();
        assert_eq!(error, why);
        assert!(!error.to_string().contains("hunter2"));
    }
}
