//! Which addresses what proves somebody may travel to and from.

use url::{Host, Url};

/// Whether nobody on the way can read or exchange what is said with this address: it is https, or on this machine.
pub fn is_confidential(url: &Url) -> bool {
    let is_loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    };
    url.scheme() == "https" || (url.scheme() == "http" && is_loopback)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_leaves_the_machine_is_encrypted() {
        let is_so = |url: &str| is_confidential(&url.parse().unwrap());
        for safe in
            ["https://id.example.com/", "http://localhost:9/", "http://127.0.0.1:1/keys", "http://[::1]:1/"]
        {
            assert!(is_so(safe), "{safe}");
        }
        for unsafe_ in ["http://id.example.com/", "http://localhost.example.com/", "ftp://127.0.0.1/"] {
            assert!(!is_so(unsafe_), "{unsafe_}");
        }
    }
}
