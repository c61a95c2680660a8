//! From where a request comes, as far as that can be believed.
//!
//! The address of the connection is a fact; `X-Forwarded-For` is the word of whoever sent it. So it is read from its end,
//! and only as far as those who wrote it are proxies of the operator's.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use axum::http::{Extensions, HeaderMap, HeaderName};
use ipnet::IpNet;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The other end of the connection, which [`serve`](crate::serve()) notes on each request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Peer(pub(crate) SocketAddr);

/// Addresses whose word about other addresses is believed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    /// Nobody.
    pub const NONE: Self = Self(Vec::new());

    fn trust(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }

    /// Whose request it is, for counting. Requests without a connection come from nowhere in particular.
    pub(super) fn client(&self, extensions: &Extensions, headers: &HeaderMap) -> IpAddr {
        neighbourhood(self.address(extensions, headers).unwrap_or(Ipv6Addr::UNSPECIFIED.into()))
    }

    /// From where a request comes; `None` without a connection, as tests make it.
    pub(crate) fn address(&self, extensions: &Extensions, headers: &HeaderMap) -> Option<IpAddr> {
        let Peer(peer) = extensions.get::<Peer>()?;
        let mut client = peer.ip().to_canonical();
        let lines = headers.get_all(FORWARDED_FOR).iter().rev();
        let hops = lines.flat_map(|line| line.to_str().unwrap_or_default().rsplit(','));
        for hop in hops {
            if !self.trust(client) {
                break;
            }
            let Some(address) = address_in(hop.trim()) else { break };
            client = address.to_canonical();
        }
        Some(client)
    }
}

/// An address as proxies write it: some with the port that it came from.
fn address_in(hop: &str) -> Option<IpAddr> {
    hop.parse().or_else(|_| hop.parse().map(|peer: SocketAddr| peer.ip())).ok()
}

/// An address as it is counted: whoever has one of IPv6 has a whole network of them.
fn neighbourhood(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => {
            let network = u128::from(address) & (u128::MAX << 64);
            IpAddr::V6(network.into())
        }
    }
}

/// A list of addresses and networks, as `10.0.0.1, 192.168.0.0/16`.
impl FromStr for TrustedProxies {
    type Err = ipnet::AddrParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let network = |part: &str| match part.trim().parse::<IpAddr>() {
            Ok(address) => Ok(IpNet::from(address)),
            Err(_) => part.trim().parse(),
        };
        text.split(',').map(network).collect::<Result<_, _>>().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use rstest::rstest;

    use super::*;

    #[rstest]
    // Strangers are not believed.
    #[case("203.0.113.9", &["198.51.100.1"], "203.0.113.9")]
    // A proxy is, for what it wrote itself, which stands last.
    #[case("10.0.0.1", &["198.51.100.1"], "198.51.100.1")]
    #[case("10.0.0.1", &["6.6.6.6, 198.51.100.1"], "198.51.100.1")]
    #[case("10.0.0.1", &["6.6.6.6", "198.51.100.1"], "198.51.100.1")]
    // One proxy behind another.
    #[case("10.0.0.1", &["6.6.6.6, 198.51.100.1, 192.168.7.7"], "198.51.100.1")]
    #[case("10.0.0.1", &["192.168.7.7"], "192.168.7.7")]
    // What cannot be read ends it.
    #[case("10.0.0.1", &["6.6.6.6, unknown"], "10.0.0.1")]
    #[case("10.0.0.1", &[], "10.0.0.1")]
    // Some write the port, too.
    #[case("10.0.0.1", &["198.51.100.1:4711"], "198.51.100.1")]
    #[case("10.0.0.1", &["6.6.6.6, [2001:db8:1:2:3:4:5:6]:4711"], "2001:db8:1:2:3:4:5:6")]
    // The same address in other words, and a network of IPv6.
    #[case("::ffff:10.0.0.1", &["::ffff:198.51.100.1"], "198.51.100.1")]
    #[case("10.0.0.1", &["2001:db8:1:2:3:4:5:6"], "2001:db8:1:2:3:4:5:6")]
    fn who_asks(#[case] peer: &str, #[case] forwarded: &[&str], #[case] expected: &str) {
        let counted_as = if expected.contains("2001") { "2001:db8:1:2::" } else { expected };
        let proxies: TrustedProxies = "10.0.0.1, 192.168.0.0/16".parse().unwrap();
        let (mut extensions, mut headers) = (Extensions::new(), HeaderMap::new());
        extensions.insert(Peer(SocketAddr::new(peer.parse().unwrap(), 4711)));
        for line in forwarded {
            headers.append(FORWARDED_FOR, HeaderValue::from_str(line).unwrap());
        }
        let address = proxies.address(&extensions, &headers).unwrap();
        let counted = proxies.client(&extensions, &headers);
        assert_eq!([address, counted], [expected, counted_as].map(|text| text.parse::<IpAddr>().unwrap()));
    }

    #[test]
    fn a_list_is_read_whole_or_not_at_all() {
        assert!("10.0.0.0/8, nonsense".parse::<TrustedProxies>().is_err());
        assert!("10.0.0.0/33".parse::<TrustedProxies>().is_err());
    }
}
