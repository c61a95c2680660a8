//! The settings about signing in at the dashboard: how long sessions last, and the identity provider at which people sign
//! in.

use secrecy::SecretString;
use trunkline_identity::is_confidential;
use trunkline_sessions::{OidcSettings, SessionSettings, SessionTimes};

use super::read::Reader;

impl Reader<'_> {
    /// How sessions are kept.
    pub(super) fn sessions(&mut self) -> SessionSettings {
        let usual = SessionTimes::default();
        let times = SessionTimes {
            idle: self.interval("session_idle_s", usual.idle),
            max: self.interval("session_max_s", usual.max),
        };
        SessionSettings { times, newcomers: self.newcomers("oidc_create_users") }
    }

    /// The identity provider, all of it or nothing. Browsers come back from it to the public address.
    pub(super) fn oidc(&mut self) -> Option<OidcSettings> {
        const SETTINGS: [&str; 3] = ["oidc_issuer", "oidc_client_id", "oidc_client_secret"];
        let given = SETTINGS.into_iter().find(|name| self.source.text(name).is_some());
        let newcomers =
            (self.source.text("oidc_create_users") == Some("true")).then_some("oidc_create_users");
        let set = given.or(newcomers)?;
        let issuer = self.needed("oidc_issuer", set);
        let client_id = self.needed("oidc_client_id", set);
        let client_secret = self.needed("oidc_client_secret", set).map(SecretString::from);
        self.needed("public_url", set);
        let url = if issuer.is_some() { self.url("oidc_issuer") } else { None };
        if url.is_some_and(|url| !is_confidential(&url)) {
            self.mistakes.push("OIDC_ISSUER: must be https, unless it is on this machine".to_owned());
        }
        Some(OidcSettings { issuer: issuer?, client_id: client_id?, client_secret: client_secret? })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rstest::rstest;
    use trunkline_tenancy::Newcomers;

    use super::*;
    use crate::settings::{SettingArguments, Settings};

    fn read(change: impl FnOnce(&mut SettingArguments)) -> anyhow::Result<Settings> {
        let mut arguments = SettingArguments {
            oidc_issuer: Some("https://id.example.com/realms/shop".to_owned()),
            oidc_client_id: Some("numbers".to_owned()),
            oidc_client_secret: Some("hunter2".to_owned()),
            public_url: Some("https://numbers.example.com".to_owned()),
            ..SettingArguments::default()
        };
        change(&mut arguments);
        Settings::read(&arguments)
    }

    #[test]
    fn people_sign_in_with_passwords_until_a_provider_is_set() {
        let unset = Settings::read(&SettingArguments::default()).unwrap();
        assert!(unset.oidc.is_none());
        assert_eq!(unset.sessions.times, SessionTimes::default());
        let set = read(|arguments| arguments.session_idle_s = Some("900".to_owned())).unwrap();
        assert_eq!(set.oidc.unwrap().issuer, "https://id.example.com/realms/shop");
        assert_eq!(set.sessions.times.idle, Duration::from_mins(15));
        assert_eq!(set.sessions.newcomers, Newcomers::Refused);
        let open = read(|arguments| arguments.oidc_create_users = Some("true".to_owned())).unwrap();
        assert_eq!(open.sessions.newcomers, Newcomers::Added);
    }

    #[rstest]
    #[case(|a: &mut SettingArguments| a.oidc_issuer = None, "OIDC_ISSUER: missing")]
    #[case(|a: &mut SettingArguments| a.oidc_client_id = None, "OIDC_CLIENT_ID: missing")]
    #[case(|a: &mut SettingArguments| a.oidc_client_secret = None, "OIDC_CLIENT_SECRET: missing")]
    #[case(|a: &mut SettingArguments| a.public_url = None, "PUBLIC_URL: missing")]
    #[case(|a: &mut SettingArguments| a.oidc_issuer = Some("http://id.example.com".into()), "OIDC_ISSUER: must be https")]
    #[case(|a: &mut SettingArguments| a.oidc_create_users = Some("yes".into()), "OIDC_CREATE_USERS: `yes`")]
    #[case(|a: &mut SettingArguments| a.session_idle_s = Some("0".into()), "SESSION_IDLE_S: must be more than zero")]
    #[case(|a: &mut SettingArguments| a.session_max_s = Some("700000".into()), "SESSION_MAX_S")]
    fn half_a_configuration_is_a_mistake(#[case] change: fn(&mut SettingArguments), #[case] what: &str) {
        let error = read(change).err().unwrap().to_string();
        assert!(error.contains(what) && !error.contains("hunter2"), "{error}");
    }

    #[test]
    fn whoever_lets_newcomers_in_says_from_where() {
        let alone =
            SettingArguments { oidc_create_users: Some("true".into()), ..SettingArguments::default() };
        assert!(Settings::read(&alone).err().unwrap().to_string().contains("OIDC_ISSUER: missing"));
    }
}
