//! What strangers' bytes reach and no caller of this crate can name otherwise, for tests that make such bytes up.

use std::net::{IpAddr, SocketAddr};

use axum::http::{Extensions, HeaderMap};

use crate::TrustedProxies;
use crate::rate::Peer;

/// From where a request comes that has these headers and came over a connection from `peer`.
pub fn client_address(proxies: &TrustedProxies, peer: SocketAddr, headers: &HeaderMap) -> Option<IpAddr> {
    let mut extensions = Extensions::new();
    extensions.insert(Peer(peer));
    proxies.address(&extensions, headers)
}
