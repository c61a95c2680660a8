//! Who may call from outside: the identity provider whose tokens are accepted (who issues them, for whom, and what
//! proves it), and the browser front ends.

use secrecy::SecretString;
use trunkline_http::AllowedOrigin;
use trunkline_identity::{KeySource, TokenSettings, is_confidential};
use trunkline_tenancy::Newcomers;

use super::read::Reader;

/// Tokens of an identity provider, where it is configured.
pub(crate) struct IdentitySettings {
    pub tokens: TokenSettings,
    /// What becomes of a token's subject who is no user yet.
    pub newcomers: Newcomers,
}

/// The shortest secret of HS256: as many bits as its hash has (RFC 7518, 3.2).
const SECRET_MIN: usize = 32;

impl Reader<'_> {
    /// All of it or nothing: half a configuration is a mistake, never an open door.
    pub(super) fn identity(&mut self) -> Option<IdentitySettings> {
        let issuer = self.source.text("jwt_issuer").map(str::to_owned);
        let audience = self.source.text("jwt_audience").map(str::to_owned);
        let source = self.key_source();
        let newcomers = self.newcomers("jwt_create_users");
        let is_wanted = ["jwt_issuer", "jwt_audience", "jwt_jwks_url", "jwt_hs256_secret"]
            .iter()
            .any(|name| self.source.text(name).is_some());
        if !is_wanted && newcomers == Newcomers::Refused {
            return None;
        }
        for (name, value) in [("JWT_ISSUER", &issuer), ("JWT_AUDIENCE", &audience)] {
            if value.is_none() {
                self.mistakes.push(format!("{name}: missing; tokens need JWT_ISSUER and JWT_AUDIENCE"));
            }
        }
        let tokens = TokenSettings { issuer: issuer?, audience: audience?, keys: source? };
        Some(IdentitySettings { tokens, newcomers })
    }

    fn key_source(&mut self) -> Option<KeySource> {
        let secret = self.source.text("jwt_hs256_secret").map(str::to_owned);
        let is_url_set = self.source.text("jwt_jwks_url").is_some();
        let any = secret.is_some()
            || is_url_set
            || self.source.text("jwt_issuer").is_some()
            || self.source.text("jwt_audience").is_some();
        match (is_url_set, secret) {
            (true, Some(_)) => {
                self.mistakes.push(
                    "JWT_JWKS_URL, JWT_HS256_SECRET: set one; with both, a token could choose how it is checked"
                        .to_owned(),
                );
                None
            }
            (true, None) => self.key_url(),
            (false, Some(secret)) if secret.len() < SECRET_MIN => {
                self.mistakes.push(format!("JWT_HS256_SECRET: has fewer than {SECRET_MIN} characters"));
                None
            }
            (false, Some(secret)) => Some(KeySource::Shared(SecretString::from(secret))),
            (false, None) => {
                if any {
                    self.mistakes.push(
                        "JWT_JWKS_URL: missing; tokens need it, or JWT_HS256_SECRET, to be checked"
                            .to_owned(),
                    );
                }
                None
            }
        }
    }

    /// Keys that anybody on the way could exchange prove nothing.
    fn key_url(&mut self) -> Option<KeySource> {
        let url = self.url("jwt_jwks_url")?;
        if !is_confidential(&url) {
            self.mistakes.push("JWT_JWKS_URL: must be https, unless it is on this machine".to_owned());
            return None;
        }
        Some(KeySource::Published(url))
    }

    /// The browser front ends that may call.
    pub(super) fn origins(&mut self) -> Vec<AllowedOrigin> {
        let text = self.source.text("cors_allowed_origins").unwrap_or_default();
        let named = text.split(',').map(str::trim).filter(|origin| !origin.is_empty());
        let read = named.map(str::parse::<AllowedOrigin>);
        read.filter_map(|origin| {
            origin.map_err(|error| self.mistakes.push(format!("CORS_ALLOWED_ORIGINS: {error}"))).ok()
        })
        .collect()
    }

    /// What becomes of subjects whom nobody has added, by a setting that says whether they are.
    pub(super) fn newcomers(&mut self, name: &str) -> Newcomers {
        match self.source.text(name) {
            None | Some("false") => Newcomers::Refused,
            Some("true") => Newcomers::Added,
            Some(other) => {
                self.mistakes.push(format!("{}: `{other}` is neither true nor false", name.to_uppercase()));
                Newcomers::Refused
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{SettingArguments, Settings};

    fn read(change: impl FnOnce(&mut SettingArguments)) -> anyhow::Result<Settings> {
        let mut arguments = SettingArguments {
            jwt_issuer: Some("https://id.example.com/".to_owned()),
            jwt_audience: Some("numbers".to_owned()),
            jwt_jwks_url: Some("https://id.example.com/keys".to_owned()),
            ..SettingArguments::default()
        };
        change(&mut arguments);
        Settings::read(&arguments)
    }

    fn mistake(change: impl FnOnce(&mut SettingArguments)) -> String {
        read(change).err().unwrap().to_string()
    }

    #[test]
    fn tokens_are_off_until_they_are_configured() {
        assert!(Settings::read(&SettingArguments::default()).unwrap().identity.is_none());
        let identity = read(|_| {}).unwrap().identity.unwrap();
        assert_eq!(identity.newcomers, Newcomers::Refused);
    }

    #[test]
    fn half_a_configuration_is_a_mistake() {
        assert!(mistake(|a| a.jwt_issuer = None).contains("JWT_ISSUER"));
        assert!(mistake(|a| a.jwt_audience = None).contains("JWT_AUDIENCE"));
        assert!(mistake(|a| a.jwt_jwks_url = None).contains("JWT_JWKS_URL"));
        let alone = SettingArguments { jwt_create_users: Some("true".into()), ..SettingArguments::default() };
        assert!(Settings::read(&alone).err().unwrap().to_string().contains("JWT_ISSUER"));
        assert!(mistake(|a| a.jwt_create_users = Some("yes".into())).contains("JWT_CREATE_USERS"));
    }

    #[test]
    fn one_way_of_checking_and_a_safe_one() {
        let secret = "a".repeat(32);
        assert!(mistake(|a| a.jwt_hs256_secret = Some(secret.clone())).contains("set one"));
        let short = mistake(|a| {
            a.jwt_jwks_url = None;
            a.jwt_hs256_secret = Some("hunter2".into());
        });
        assert!(short.contains("JWT_HS256_SECRET") && !short.contains("hunter2"));
        assert!(mistake(|a| a.jwt_jwks_url = Some("http://id.example.com/keys".into())).contains("https"));
        for local in ["http://localhost:9999/certs", "http://127.0.0.1:1/certs", "http://[::1]:1/certs"] {
            assert!(read(|a| a.jwt_jwks_url = Some(local.into())).is_ok(), "{local}");
        }
    }
}
