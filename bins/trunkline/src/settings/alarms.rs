//! The settings about telling of alarms: where they are posted, and with what they are signed.
//!
//! The address may hold a secret, as those of chat services do, so neither is ever repeated.

use secrecy::SecretString;
use trunkline_alarms::check_webhook_url;
use url::Url;

use super::read::Reader;

/// The shortest secret that is not guessed.
const SECRET_MIN: usize = 16;

/// Where alarms are posted.
pub(crate) struct AlarmWebhook {
    pub url: Url,
    pub secret: SecretString,
}

impl Reader<'_> {
    /// The address and its secret, where they are set.
    pub(super) fn alarm_webhook(&mut self) -> Option<AlarmWebhook> {
        const SETTINGS: [&str; 2] = ["alarm_webhook_url", "alarm_webhook_secret"];
        let set = SETTINGS.into_iter().find(|name| self.source.text(name).is_some())?;
        let url = self.needed("alarm_webhook_url", set);
        let secret = self.needed("alarm_webhook_secret", set);
        if secret.as_ref().is_some_and(|secret| secret.chars().count() < SECRET_MIN) {
            self.mistakes.push(format!(
                "ALARM_WEBHOOK_SECRET: at least {SECRET_MIN} characters are needed; `openssl rand -hex 32` makes a good one"
            ));
        }
        let url = self.webhook_url(&url?)?;
        Some(AlarmWebhook { url, secret: secret?.into() })
    }

    fn webhook_url(&mut self, text: &str) -> Option<Url> {
        let mistake = match text.parse::<Url>() {
            Ok(url) => match check_webhook_url(&url) {
                Ok(()) => return Some(url),
                Err(mistake) => mistake.to_string(),
            },
            Err(_) => "this is no URL; write one such as https://alarms.example.com/trunkline".to_owned(),
        };
        self.mistakes.push(format!("ALARM_WEBHOOK_URL: {mistake}"));
        None
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use secrecy::ExposeSecret;

    use super::super::{SettingArguments, Settings};

    const SECRET: &str = "hunter2-hunter2-hunter2";

    fn arguments(url: Option<&str>, secret: Option<&str>) -> SettingArguments {
        let (alarm_webhook_url, alarm_webhook_secret) = (url.map(str::to_owned), secret.map(str::to_owned));
        SettingArguments { alarm_webhook_url, alarm_webhook_secret, ..SettingArguments::default() }
    }

    #[test]
    fn it_is_off_until_set() {
        assert!(Settings::read(&arguments(None, None)).unwrap().alarm_webhook.is_none());
    }

    #[rstest]
    #[case("https://alarms.example.com/hook?token=1")]
    #[case("http://127.0.0.1:9000/hook")]
    #[case("http://localhost:9000/hook")]
    #[case("http://[::1]:9000/")]
    fn an_address_with_its_secret_is_taken(#[case] url: &str) {
        let webhook = Settings::read(&arguments(Some(url), Some(SECRET))).unwrap().alarm_webhook.unwrap();
        assert_eq!((webhook.url.as_str(), webhook.secret.expose_secret()), (url, SECRET));
    }

    #[rstest]
    #[case(Some("http://alarms.example.com/T0KEN"), Some(SECRET), "begins with https://")]
    #[case(Some("http://127.0.0.1.example.com/T0KEN"), Some(SECRET), "begins with https://")]
    #[case(Some("ftp://127.0.0.1/T0KEN"), Some(SECRET), "begins with https://")]
    #[case(Some("https://ann:T0KEN@example.com"), Some(SECRET), "leave user and password out")]
    #[case(Some("T0KEN"), Some(SECRET), "no URL")]
    #[case(Some("https://example.com/T0KEN"), Some("hunter2"), "at least 16 characters")]
    #[case(Some("https://example.com/T0KEN"), None, "ALARM_WEBHOOK_SECRET: missing")]
    #[case(None, Some(SECRET), "ALARM_WEBHOOK_URL: missing")]
    fn mistakes_say_what_to_write_and_repeat_nothing(
        #[case] url: Option<&str>,
        #[case] secret: Option<&str>,
        #[case] what: &str,
    ) {
        let error = Settings::read(&arguments(url, secret)).err().unwrap().to_string();
        assert!(error.contains(what), "{error}");
        assert!(!error.contains("hunter2") && !error.contains("T0KEN"), "{error}");
    }
}
