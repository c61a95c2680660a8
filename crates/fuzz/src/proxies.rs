//! `X-Forwarded-For`: whatever is written there, nobody is taken for somebody whom no trusted proxy has named.

use std::net::{IpAddr, SocketAddr};

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use trunkline_http::TrustedProxies;
use trunkline_http::fuzz::client_address;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// An address that no input has to be about.
const STRANGER: &str = "203.0.113.254";

/// The input is the list of trusted proxies, the address of the connection, and the header's lines, in a line each.
pub(crate) fn run(input: &[u8]) {
    let mut lines = input.split(|byte| *byte == b'\n');
    let mut line = || String::from_utf8_lossy(lines.next().unwrap_or_default()).into_owned();
    let Ok(proxies) = line().parse::<TrustedProxies>() else { return };
    let Ok(peer) = line().trim().parse::<IpAddr>() else { return };
    let forwarded: Vec<_> = lines.filter_map(|line| HeaderValue::from_bytes(line).ok()).collect();
    let peer = SocketAddr::new(peer, 4_711);
    let client = seen(&proxies, peer, &forwarded);

    let named = forwarded.iter().filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(','));
    let is_named =
        named.filter_map(|hop| hop.trim().parse::<IpAddr>().ok()).any(|hop| hop.to_canonical() == client);
    assert!(client == peer.ip().to_canonical() || is_named, "{client} comes from nowhere");
    if !is_trusted(&proxies, peer.ip()) {
        assert_eq!(client, peer.ip().to_canonical(), "a stranger is believed");
    }
    // What somebody writes before what the proxies wrote changes nothing, unless it is all of proxies.
    let mut longer = forwarded.clone();
    longer.insert(0, HeaderValue::from_static(STRANGER));
    let after = seen(&proxies, peer, &longer);
    assert!(after == client || is_trusted(&proxies, client), "{client} became {after} by its own word");
}

fn seen(proxies: &TrustedProxies, peer: SocketAddr, forwarded: &[HeaderValue]) -> IpAddr {
    let headers: HeaderMap = forwarded.iter().map(|line| (FORWARDED_FOR, line.clone())).collect();
    client_address(proxies, peer, &headers).expect("a request with a connection comes from somewhere")
}

/// A proxy is trusted whose word about a stranger is believed.
fn is_trusted(proxies: &TrustedProxies, address: IpAddr) -> bool {
    let stranger: IpAddr = STRANGER.parse().expect("an address");
    let said = seen(proxies, SocketAddr::new(address, 4_711), &[HeaderValue::from_static(STRANGER)]);
    said == stranger && address.to_canonical() != stranger
}
