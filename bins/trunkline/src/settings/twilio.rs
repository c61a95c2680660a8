//! The settings about Twilio: the account, how to log in to it, and where it is reached.
//!
//! The account's own auth token is always needed, whoever logs in: Twilio signs webhooks with it.

use secrecy::SecretString;
use trunkline_domain::AccountSid;
use trunkline_twilio::{Credentials, check_base_url, regional_base_url};
use url::Url;

use super::read::Reader;

/// The Twilio account.
pub(crate) struct TwilioSettings {
    pub account_sid: AccountSid,
    /// The account's own token, with which its webhooks are signed.
    pub auth_token: SecretString,
    /// The one that comes next, or came before, while tokens are being changed.
    pub secondary_auth_token: Option<SecretString>,
    pub credentials: Credentials,
    pub base_url: Option<Url>,
}

impl TwilioSettings {
    /// An account that is logged in to with its own token.
    pub(crate) fn new(account_sid: AccountSid, auth_token: SecretString, base_url: Option<Url>) -> Self {
        let credentials = Credentials::AuthToken(auth_token.clone());
        Self { account_sid, credentials, auth_token, secondary_auth_token: None, base_url }
    }

    /// The tokens that webhooks may be signed with.
    pub(crate) fn webhook_auth_tokens(&self) -> Vec<SecretString> {
        [Some(&self.auth_token), self.secondary_auth_token.as_ref()].into_iter().flatten().cloned().collect()
    }
}

impl Reader<'_> {
    /// The Twilio account, where one is set.
    pub(super) fn twilio(&mut self) -> Option<TwilioSettings> {
        const SETTINGS: [&str; 7] = [
            "twilio_account_sid",
            "twilio_auth_token",
            "twilio_auth_token_secondary",
            "twilio_api_key",
            "twilio_api_secret",
            "twilio_parent_account_sid",
            "twilio_parent_auth_token",
        ];
        let base_url = self.twilio_base_url();
        let set = SETTINGS.into_iter().find(|name| self.source.text(name).is_some())?;
        let sid = self.needed("twilio_account_sid", set);
        let token = self.needed("twilio_auth_token", set).map(SecretString::from);
        let credentials = self.credentials();
        sid?;
        let account_sid = self.parsed("twilio_account_sid", "AC and 32 hexadecimal digits")?;
        let secondary_auth_token = self.source.text("twilio_auth_token_secondary").map(SecretString::from);
        let settings =
            TwilioSettings { secondary_auth_token, ..TwilioSettings::new(account_sid, token?, base_url) };
        Some(match credentials {
            Some(credentials) => TwilioSettings { credentials, ..settings },
            None => settings,
        })
    }

    /// What logs in instead of the account's own token; `None` for that token.
    fn credentials(&mut self) -> Option<Credentials> {
        let key = self.pair("twilio_api_key", "twilio_api_secret");
        let parent = self.pair("twilio_parent_account_sid", "twilio_parent_auth_token");
        match (key, parent) {
            (None, None) => None,
            (Some(secret), None) => {
                // The text may be a secret in the wrong place, so it is not repeated.
                let sid = self.source.text("twilio_api_key").and_then(|text| text.parse().ok());
                if sid.is_none() {
                    self.mistakes.push("TWILIO_API_KEY: write SK and 32 hexadecimal digits".to_owned());
                }
                Some(Credentials::ApiKey { sid: sid?, secret })
            }
            (None, Some(auth_token)) => {
                let account_sid = self.parsed("twilio_parent_account_sid", "AC and 32 hexadecimal digits")?;
                Some(Credentials::Parent { account_sid, auth_token })
            }
            (Some(_), Some(_)) => {
                self.mistakes.push(
                    "TWILIO_API_KEY and TWILIO_PARENT_ACCOUNT_SID: set one of them; \
                     a parent account's API keys do not reach its subaccounts"
                        .to_owned(),
                );
                None
            }
        }
    }

    /// The secret of a name and a secret that belong together.
    fn pair(&mut self, name: &'static str, secret: &'static str) -> Option<SecretString> {
        let set = [name, secret].into_iter().find(|name| self.source.text(name).is_some())?;
        let name = self.needed(name, set);
        let secret = self.needed(secret, set);
        name.and(secret).map(SecretString::from)
    }

    /// A setting without which another one is of no use.
    pub(super) fn needed(&mut self, name: &str, other: &str) -> Option<String> {
        let text = self.source.text(name).map(str::to_owned);
        if text.is_none() {
            let (name, other) = (name.to_uppercase(), other.to_uppercase());
            self.mistakes.push(format!("{name}: missing; it belongs to {other}"));
        }
        text
    }

    fn twilio_base_url(&mut self) -> Option<Url> {
        let url = self.url("twilio_base_url");
        let region = self.source.text("twilio_region");
        let edge = self.source.text("twilio_edge");
        let (url, name) = match (url, region.or(edge)) {
            (Some(_), Some(_)) => {
                self.mistakes.push(
                    "TWILIO_BASE_URL: leave it out where TWILIO_REGION or TWILIO_EDGE says the host"
                        .to_owned(),
                );
                return None;
            }
            (None, None) => return None,
            (Some(url), None) => (check_base_url(&url).map(|()| url), "TWILIO_BASE_URL"),
            (None, Some(_)) => (regional_base_url(region, edge), "TWILIO_REGION"),
        };
        url.map_err(|error| self.mistakes.push(format!("{name}: {error}"))).ok()
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::super::{SettingArguments, Settings};
    use super::*;

    fn arguments() -> SettingArguments {
        SettingArguments {
            twilio_account_sid: Some(format!("AC{}", "0".repeat(32))),
            twilio_auth_token: Some("token".to_owned()),
            public_url: Some("https://numbers.example.com".to_owned()),
            ..SettingArguments::default()
        }
    }

    fn read(arguments: &SettingArguments) -> TwilioSettings {
        Settings::read(arguments).unwrap().twilio.unwrap()
    }

    #[track_caller]
    fn mistake(arguments: &SettingArguments) -> String {
        Settings::read(arguments).err().unwrap().to_string()
    }

    #[test]
    fn the_accounts_own_token_logs_in_unless_something_else_does() {
        assert!(matches!(read(&arguments()).credentials, Credentials::AuthToken(_)));
        let key = SettingArguments {
            twilio_api_key: Some(format!("SK{}", "1".repeat(32))),
            twilio_api_secret: Some("key".to_owned()),
            ..arguments()
        };
        assert!(matches!(read(&key).credentials, Credentials::ApiKey { .. }));
        let parent = SettingArguments {
            twilio_parent_account_sid: Some(format!("AC{}", "2".repeat(32))),
            twilio_parent_auth_token: Some("parent".to_owned()),
            ..arguments()
        };
        assert!(matches!(read(&parent).credentials, Credentials::Parent { .. }));
        let both = SettingArguments {
            twilio_api_key: key.twilio_api_key,
            twilio_api_secret: key.twilio_api_secret,
            ..parent
        };
        assert!(mistake(&both).contains("set one of them"));
    }

    #[test]
    fn halves_of_a_pair_are_named_and_secrets_never() {
        let half = SettingArguments { twilio_api_secret: Some("hunter2".to_owned()), ..arguments() };
        assert!(mistake(&half).contains("TWILIO_API_KEY: missing; it belongs to TWILIO_API_SECRET"));
        let swapped = SettingArguments { twilio_api_key: Some("hunter2".to_owned()), ..half };
        assert!(mistake(&swapped).contains("TWILIO_API_KEY") && !mistake(&swapped).contains("hunter2"));
        let no_token = SettingArguments {
            twilio_auth_token: None,
            twilio_api_key: Some(format!("SK{}", "1".repeat(32))),
            ..swapped
        };
        assert!(mistake(&no_token).contains("TWILIO_AUTH_TOKEN: missing"));
    }

    #[rstest]
    #[case(Some("ie1"), Some("dublin"), Some("https://api.dublin.ie1.twilio.com/"))]
    #[case(None, Some("ashburn"), Some("https://api.ashburn.us1.twilio.com/"))]
    #[case(None, None, None)]
    fn a_region_and_an_edge_say_the_host(
        #[case] region: Option<&str>,
        #[case] edge: Option<&str>,
        #[case] host: Option<&str>,
    ) {
        let (twilio_region, twilio_edge) = (region.map(str::to_owned), edge.map(str::to_owned));
        let settings = read(&SettingArguments { twilio_region, twilio_edge, ..arguments() });
        assert_eq!(settings.base_url.as_ref().map(Url::as_str), host);
    }

    #[test]
    fn short_regional_names_are_refused() {
        let region = SettingArguments { twilio_region: Some("ie1".to_owned()), ..arguments() };
        let url = SettingArguments {
            twilio_base_url: Some("https://api.ie1.twilio.com".to_owned()),
            ..arguments()
        };
        for short in [region, url] {
            assert!(mistake(&short).contains("set an edge"), "{}", mistake(&short));
        }
    }
}
