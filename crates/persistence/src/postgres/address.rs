//! Where a database is, and who we are there.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use sqlx::postgres::{PgConnectOptions, PgSslMode};
use url::Url;

/// What PostgreSQL shows as the name of our connections, where the address names no other.
const APPLICATION: &str = "trunkline";

/// The address of a PostgreSQL database, `postgres://user:password@host:port/database`. Its texts leave the password
/// out.
#[derive(Clone)]
pub struct PostgresAddress {
    connect: PgConnectOptions,
}

/// Text that is no address of a PostgreSQL database. It may hold a password, so values of it are not repeated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PostgresAddressError {
    /// It begins otherwise, or ends too early.
    #[error("write {FORM}")]
    Form,
    /// What follows the host is no port; often a password with a character that ends it.
    #[error("the port is not a number up to 65535, or {ENCODE}")]
    Port,
    /// A character of the password has ended it, and the rest is taken for something else.
    #[error("something is where it does not belong, or {ENCODE}")]
    Password,
    /// No database is named. PostgreSQL would take the one with the user's name.
    #[error("the database's name is missing: write {FORM}")]
    NoDatabase,
    /// A parameter that nobody knows. Were it ignored, a misspelt `sslmode` would switch TLS checks off.
    #[error("the parameter `{name}` is not known; known are {KNOWN_PARAMETERS}")]
    UnknownParameter {
        /// As it was written.
        name: String,
    },
    /// A parameter with a value that it cannot have.
    #[error("the parameter {name} must be {wanted}")]
    Value {
        /// Which.
        name: &'static str,
        /// What it can be.
        wanted: &'static str,
    },
}

/// How an address is written.
const FORM: &str = "postgres://user:password@host:port/database";

const ENCODE: &str =
    "a password has characters in it that end it too early: write : / ? # @ as %3A %2F %3F %23 %40";

const KNOWN_PARAMETERS: &str = "sslmode, sslrootcert, sslcert, sslkey, host, hostaddr, port, dbname, user, password, \
     application_name, options, options[name], statement-cache-capacity";

/// Refuses what the driver would ignore, and says what it would only call wrong.
fn check_parameter(name: &str, value: &str) -> Result<(), PostgresAddressError> {
    let must = |is_good, name, wanted| {
        if is_good { Ok(()) } else { Err(PostgresAddressError::Value { name, wanted }) }
    };
    match name {
        "sslmode" | "ssl-mode" => must(
            value.parse::<PgSslMode>().is_ok(),
            "sslmode",
            "one of disable, allow, prefer, require, verify-ca, verify-full",
        ),
        "hostaddr" => must(value.parse::<IpAddr>().is_ok(), "hostaddr", "an IP address"),
        "port" => must(value.parse::<u16>().is_ok(), "port", "a number up to 65535"),
        "statement-cache-capacity" => {
            must(value.parse::<usize>().is_ok(), "statement-cache-capacity", "a number")
        }
        "sslrootcert" | "ssl-root-cert" | "ssl-ca" | "sslcert" | "ssl-cert" | "sslkey" | "ssl-key"
        | "host" | "dbname" | "user" | "password" | "application_name" | "options" => Ok(()),
        _ if name.starts_with("options[") && name.ends_with(']') => Ok(()),
        _ => Err(PostgresAddressError::UnknownParameter { name: name.to_owned() }),
    }
}

impl PostgresAddress {
    /// How the driver connects.
    pub(super) fn connect(&self) -> PgConnectOptions {
        self.connect.clone()
    }
}

impl PostgresAddress {
    /// What PostgreSQL's own programs are told to reach the same database, without a password: they ask for it, or
    /// find it in `PGPASSWORD` or `~/.pgpass`.
    pub fn program_flags(&self) -> String {
        let host = self
            .connect
            .get_socket()
            .map_or_else(|| self.connect.get_host().to_owned(), |folder| folder.display().to_string());
        let flags = [
            ("host", host),
            ("port", self.connect.get_port().to_string()),
            ("username", self.connect.get_username().to_owned()),
            ("dbname", self.connect.get_database().unwrap_or_default().to_owned()),
        ];
        flags.map(|(flag, value)| format!("--{flag}={}", shell_word(&value))).join(" ")
    }
}

/// A value as a shell takes it for one word.
fn shell_word(value: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+=,".contains(c);
    if !value.is_empty() && value.chars().all(plain) {
        return value.to_owned();
    }
    format!("'{}'", value.replace('\'', r"'\''"))
}

impl FromStr for PostgresAddress {
    type Err = PostgresAddressError;

    fn from_str(text: &str) -> Result<Self, PostgresAddressError> {
        if !["postgres://", "postgresql://"].iter().any(|scheme| text.starts_with(scheme)) {
            return Err(PostgresAddressError::Form);
        }
        let url = Url::parse(text).map_err(|error| match error {
            url::ParseError::InvalidPort => PostgresAddressError::Port,
            _ => PostgresAddressError::Form,
        })?;
        // What a password is cut into must not be repeated as a name.
        let is_cut = |text: &str| text.contains('@');
        if is_cut(url.path()) || url.query().is_some_and(is_cut) || url.fragment().is_some() {
            return Err(PostgresAddressError::Password);
        }
        url.query_pairs().try_for_each(|(name, value)| check_parameter(&name, &value))?;
        let connect: PgConnectOptions = text.parse().map_err(|_| PostgresAddressError::Form)?;
        if connect.get_database().is_none() {
            return Err(PostgresAddressError::NoDatabase);
        }
        let connect = match connect.get_application_name() {
            Some(_) => connect,
            None => connect.application_name(APPLICATION),
        };
        Ok(Self { connect })
    }
}

impl fmt::Display for PostgresAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at ", self.connect.get_database().unwrap_or_default())?;
        match self.connect.get_socket() {
            Some(folder) => write!(f, "{}", folder.display()),
            None => write!(f, "{}:{}", self.connect.get_host(), self.connect.get_port()),
        }
    }
}

impl fmt::Debug for PostgresAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PostgresAddress({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_shows_the_password() {
        let address: PostgresAddress = "postgres://ann:s3cret@db.example.com:5433/shop".parse().unwrap();
        assert_eq!(address.to_string(), "shop at db.example.com:5433");
        assert_eq!(format!("{address:?}"), "PostgresAddress(shop at db.example.com:5433)");
        let local: PostgresAddress = "postgresql://ann@localhost/shop?host=/var/run".parse().unwrap();
        assert_eq!(local.to_string(), "shop at /var/run");
        let flags = address.program_flags();
        assert_eq!(flags, "--host=db.example.com --port=5433 --username=ann --dbname=shop");
        assert!(local.program_flags().starts_with("--host=/var/run --port=5432 "));
    }

    #[test]
    fn a_value_is_one_word_to_a_shell() {
        assert_eq!(shell_word("it's here"), r"'it'\''s here'");
        assert_eq!(shell_word("plain-1.example"), "plain-1.example");
        assert_eq!(shell_word(""), "''");
    }

    fn refusal(text: &str) -> String {
        let refusal = text.parse::<PostgresAddress>().unwrap_err();
        let said = format!("{refusal:?} {refusal}");
        assert!(!said.contains("s3cret"), "{said}");
        refusal.to_string()
    }

    #[test]
    fn what_is_no_address_is_refused_without_repeating_it() {
        for (wrong, what) in [
            ("mysql://ann:s3cret@localhost/shop", "postgres://user"),
            ("postgres://ann:s3cret@host:port/shop", "the port"),
            ("postgres://ann:s3cret@host:99999/shop", "the port"),
            ("postgres://ann:s3cret/x@host/shop", "the port"),
            ("postgres://ann:s3cret@localhost", "the database's name is missing"),
            ("postgres://ann:s3cret@localhost/?sslmode=require", "the database's name is missing"),
        ] {
            assert!(refusal(wrong).contains(what), "{wrong}: {}", refusal(wrong));
        }
    }

    #[test]
    fn parameters_that_the_driver_would_ignore_are_refused_by_name() {
        let said = refusal("postgres://ann:s3cret@db/shop?sslmod=verify-full");
        assert!(said.starts_with("the parameter `sslmod` is not known; known are sslmode,"), "{said}");
        let said = refusal("postgres://ann@db/shop?options[a=s3cret");
        assert!(said.contains("`options[a`"), "{said}");
        for (wrong, what) in [
            ("sslmode=s3cret", "sslmode must be one of disable,"),
            ("ssl-mode=s3cret", "sslmode must be one of disable,"),
            ("hostaddr=s3cret", "hostaddr must be an IP address"),
            ("port=s3cret", "port must be a number"),
            ("statement-cache-capacity=s3cret", "statement-cache-capacity must be a number"),
        ] {
            let said = refusal(&format!("postgres://ann@db/shop?{wrong}"));
            assert!(said.contains(what), "{wrong}: {said}");
        }
        for good in [
            "sslmode=verify-full&sslrootcert=/etc/ssl/ca.pem",
            "application_name=a&options=-c%20geqo=off&options[search_path]=x&statement-cache-capacity=5",
            "host=/var/run&port=5433&user=ann&password=s3cret&dbname=shop",
        ] {
            format!("postgres://ann@db/shop?{good}").parse::<PostgresAddress>().unwrap();
        }
    }

    /// Some characters in a password end it: what follows looks like a path, or like parameters.
    #[test]
    fn the_rest_of_a_password_is_not_taken_for_anything_else() {
        for rest in ["/s3cret@h", "?s3cret@h", "?x=s3cret@h", "?s3cret&x@h", "?s3cret=1&x@h", "#s3cret@h"] {
            let said = refusal(&format!("postgres://ann:12{rest}/shop"));
            assert!(said.contains("%3A %2F %3F %23 %40"), "{said}");
        }
    }
}
