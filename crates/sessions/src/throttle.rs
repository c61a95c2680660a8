//! How many attempts to sign in may fail.
//!
//! Attempts are counted in the database, so at all its servers together, before the password is looked at; those that
//! succeed are forgotten again. An account's are counted by the address that was typed, whether or not anybody has it.

use std::net::IpAddr;
use std::time::Duration;

use uuid::Uuid;

use crate::{AttemptClaim, AttemptLimits, Client, SecretHash};

/// What may fail within the window, of one account and from one address.
const LIMITS: AttemptLimits =
    AttemptLimits { per_account: 10, per_address: 30, window: Duration::from_mins(15) };

/// An attempt by this address of an account. It is counted under a hash: people type other things there, too.
pub(crate) fn claim(attempt: Uuid, email: SecretHash, from: &Client) -> AttemptClaim {
    AttemptClaim { id: attempt, email, network: from.address().map(neighbourhood), limits: LIMITS }
}

/// Who is counted as one: an IPv4 address, or the 64 bits of an IPv6 network, of which one household has all addresses.
fn neighbourhood(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(long) => match long.to_ipv4_mapped() {
            Some(short) => IpAddr::V4(short),
            None => IpAddr::V6((u128::from(long) & (u128::MAX << 64)).into()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_household_is_counted_as_one() {
        let of = |text: &str| neighbourhood(text.parse().unwrap()).to_string();
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:2"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_eq!((of("192.0.2.7").as_str(), of("::ffff:192.0.2.7").as_str()), ("192.0.2.7", "192.0.2.7"));
    }
}
