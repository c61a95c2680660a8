//! The browser at the other end, as far as it tells.

use std::net::IpAddr;

use trunkline_domain::{Actor, Origin, RequestContext};

/// The longest name of a browser that is kept, in characters.
const USER_AGENT_MAX: usize = 200;

/// From where somebody signs in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Client {
    user_agent: Option<String>,
    /// The request with which they do, its address included.
    pub request: RequestContext,
}

impl Client {
    /// A client by its request and what it calls itself (`User-Agent`), of which 200 legible characters are kept.
    pub fn new(request: RequestContext, user_agent: Option<&str>) -> Self {
        let legible = |text: &str| -> String {
            text.trim().chars().filter(|c| !c.is_control()).take(USER_AGENT_MAX).collect()
        };
        Self { user_agent: user_agent.map(legible).filter(|name| !name.is_empty()), request }
    }

    /// Its address, as far as the proxies before the server are believed.
    pub const fn address(&self) -> Option<IpAddr> {
        self.request.address
    }

    /// What it calls itself.
    pub fn user_agent(&self) -> Option<&str> {
        self.user_agent.as_deref()
    }

    /// The origin of what somebody does at it.
    pub(crate) fn origin(&self, actor: Actor) -> Origin {
        Origin { actor, context: self.request.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_a_browser_is_cut_and_legible() {
        let named = |name: &str| Client::new(RequestContext::NONE, Some(name));
        assert_eq!(named(&"x".repeat(500)).user_agent().map(str::len), Some(200));
        assert_eq!(named(" Firefox\u{1b}[2J ").user_agent(), Some("Firefox[2J"));
        assert_eq!(named(" \n").user_agent(), None);
    }
}
