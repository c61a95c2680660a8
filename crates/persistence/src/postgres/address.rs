//! Where a database is, and who we are there.

use std::fmt;
use std::str::FromStr;

use sqlx::postgres::PgConnectOptions;

/// What PostgreSQL shows as the name of our connections, where the address names no other.
const APPLICATION: &str = "trunkline";

/// The address of a PostgreSQL database, `postgres://user:password@host:port/database`. Its texts leave the password
/// out.
#[derive(Clone)]
pub struct PostgresAddress {
    connect: PgConnectOptions,
}

/// Text that is no address of a PostgreSQL database. It may hold a password, so it is not repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("write postgres://user:password@host:port/database")]
pub struct PostgresAddressError;

impl PostgresAddress {
    /// How the driver connects.
    pub(super) fn connect(&self) -> PgConnectOptions {
        self.connect.clone()
    }
}

impl FromStr for PostgresAddress {
    type Err = PostgresAddressError;

    fn from_str(url: &str) -> Result<Self, PostgresAddressError> {
        let is_ours = ["postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme));
        let connect: PgConnectOptions = url.parse().map_err(|_| PostgresAddressError)?;
        if !is_ours || connect.get_database().is_none() {
            return Err(PostgresAddressError);
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
    }

    #[test]
    fn what_is_no_address_is_refused_without_repeating_it() {
        for wrong in
            ["mysql://ann@localhost/shop", "postgres://ann:s3cret@host:port/shop", "postgres://ann@localhost"]
        {
            let refusal = wrong.parse::<PostgresAddress>().unwrap_err();
            assert!(!format!("{refusal:?} {refusal}").contains("s3cret"));
        }
    }
}
