//! Where mail goes: an address that a mail server takes as it is.

use std::fmt;
use std::str::FromStr;

use lettre::Address;

/// An e-mail address in ASCII, as RFC 5321 carries it without extensions. Its `Debug` hides it, since logs are read by
/// more people than mail is.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EmailAddress(String);

/// Text that is no address to which mail can be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be an e-mail address such as ann@example.com, in ASCII and of at most {} characters; write a domain with other \
     letters in its xn-- form",
    EmailAddress::MAX_CHARS
)]
pub struct EmailAddressError;

impl EmailAddress {
    /// The longest address, in characters: what SMTP can carry.
    pub const MAX_CHARS: usize = 254;

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for EmailAddress {
    type Err = EmailAddressError;

    /// Blanks around it are dropped.
    fn from_str(text: &str) -> Result<Self, EmailAddressError> {
        let text = text.trim();
        let is_plain = text.is_ascii() && text.len() <= Self::MAX_CHARS;
        match text.parse::<Address>() {
            Ok(address) if is_plain => Ok(Self(address.to_string())),
            Ok(_) | Err(_) => Err(EmailAddressError),
        }
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmailAddress(..)")
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("ann@example.com")]
    #[case(" ann.lee+phone@mail.example.co.uk ")]
    #[case("ann@xn--bcher-kva.example")]
    fn addresses_are_taken(#[case] text: &str) {
        let address: EmailAddress = text.parse().unwrap();
        assert_eq!(address.as_str(), text.trim());
        assert!(!format!("{address:?}").contains("ann"), "logs do not tell it");
    }

    #[rstest]
    #[case("")]
    #[case("ann")]
    #[case("ann@")]
    #[case("@example.com")]
    #[case("ann@example.com\r\nBcc: eve@example.com")]
    #[case("ann@example.com, eve@example.com")]
    #[case("Ann <ann@example.com>")]
    #[case("ann@bücher.example")]
    #[case("änn@example.com")]
    fn anything_else_is_not(#[case] text: &str) {
        assert_eq!(text.parse::<EmailAddress>(), Err(EmailAddressError));
    }

    #[test]
    fn no_address_is_longer_than_smtp_carries() {
        let domain = ["d".repeat(60).as_str(); 4].join(".");
        assert!(format!("{}@{domain}", "a".repeat(20)).parse::<EmailAddress>().is_err());
    }
}
