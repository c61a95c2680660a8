//! The settings about load: how often callers may ask, who is believed about addresses, and how much is done at once.

use std::num::NonZeroU32;

use trunkline_http::{Rate, RateSettings};

use super::read::Reader;

/// Requests a second of a caller, unless set; and how many at once.
const CALLER: (u32, u32) = (100, 200);
/// Attempts a second of an address, unless set. Twice as many may come at once.
const ADDRESS: u32 = 20;
/// Requests that are answered at once, and connections, unless set.
const REQUESTS_AT_ONCE: usize = 512;
const CONNECTIONS: usize = 4_096;

/// How much a server takes on.
#[derive(Debug)]
pub(crate) struct LoadSettings {
    pub rates: RateSettings,
    pub requests_at_once: usize,
    pub connections: usize,
}

impl Reader<'_> {
    pub(super) fn load(&mut self) -> LoadSettings {
        let per_second = self.count("rate_limit").unwrap_or(CALLER.0);
        let burst = self.count("rate_limit_burst").unwrap_or(CALLER.1.max(per_second));
        let address = self.count("address_rate_limit").unwrap_or(ADDRESS);
        let proxies = self
            .parsed("trusted_proxies", "a list of addresses and networks, such as 10.0.0.1,192.168.0.0/16");
        LoadSettings {
            rates: RateSettings {
                per_caller: rate(per_second, burst),
                per_address: rate(address, address.saturating_mul(2)),
                trusted_proxies: proxies.unwrap_or_default(),
            },
            requests_at_once: self.positive("requests_at_once", REQUESTS_AT_ONCE),
            connections: self.positive("max_connections", CONNECTIONS),
        }
    }

    fn count(&mut self, name: &str) -> Option<u32> {
        self.parsed(name, "a whole number, or 0 for no limit")
    }

    fn positive(&mut self, name: &str, default: usize) -> usize {
        let value = self.parsed(name, "a whole number above zero").unwrap_or(default);
        if value == 0 {
            self.mistakes.push(format!("{}: must be more than zero", name.to_uppercase()));
        }
        value
    }
}

/// No limit where the rate is zero; the burst is at least one request.
fn rate(per_second: u32, burst: u32) -> Option<Rate> {
    let burst = NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN);
    NonZeroU32::new(per_second).map(|per_second| Rate { per_second, burst })
}

#[cfg(test)]
mod tests {
    use super::super::{SettingArguments, Settings};
    use super::*;

    #[test]
    fn by_default_callers_and_strangers_are_limited_and_nobody_is_trusted() {
        let load = Settings::read(&SettingArguments::default()).unwrap().load;
        assert_eq!((load.rates.per_caller, load.rates.per_address), (rate(100, 200), rate(20, 40)));
        assert_eq!(load.rates.trusted_proxies, "".parse().unwrap_or_default());
    }

    #[test]
    fn zero_is_no_limit_and_a_high_rate_has_its_burst() {
        let off = SettingArguments {
            rate_limit: Some("0".to_owned()),
            address_rate_limit: Some("0".to_owned()),
            ..SettingArguments::default()
        };
        let load = Settings::read(&off).unwrap().load;
        assert_eq!((load.rates.per_caller, load.rates.per_address), (None, None));
        let high = SettingArguments { rate_limit: Some("5000".to_owned()), ..SettingArguments::default() };
        assert_eq!(Settings::read(&high).unwrap().load.rates.per_caller, rate(5_000, 5_000));
    }

    #[test]
    fn mistakes_are_named_together() {
        let wrong = SettingArguments {
            rate_limit: Some("-1".to_owned()),
            rate_limit_burst: Some("many".to_owned()),
            address_rate_limit: Some("x".to_owned()),
            trusted_proxies: Some("10.0.0.0/99".to_owned()),
            requests_at_once: Some("0".to_owned()),
            max_connections: Some("none".to_owned()),
            ..SettingArguments::default()
        };
        let error = Settings::read(&wrong).err().unwrap().to_string();
        for name in [
            "RATE_LIMIT:",
            "RATE_LIMIT_BURST",
            "ADDRESS_RATE_LIMIT",
            "TRUSTED_PROXIES",
            "REQUESTS_AT_ONCE",
            "MAX_CONNECTIONS",
        ] {
            assert!(error.contains(name), "{name} is not in: {error}");
        }
    }
}
