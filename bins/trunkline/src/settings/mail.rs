//! The settings about telling customers: the mail server and our address, and at which balances everybody is told.
//!
//! The URL holds a password, so it is never repeated.

use trunkline_notices::{DefaultThresholds, Sender, SmtpServer};

use super::read::Reader;

/// How mail is sent.
pub(crate) struct MailSettings {
    pub server: SmtpServer,
    pub from: Sender,
}

impl Reader<'_> {
    /// The mail server and from whom mail comes, where they are set.
    pub(super) fn mail(&mut self) -> Option<MailSettings> {
        const SETTINGS: [&str; 2] = ["smtp_url", "mail_from"];
        let set = SETTINGS.into_iter().find(|name| self.source.text(name).is_some())?;
        let (url, from) = (self.needed("smtp_url", set), self.needed("mail_from", set));
        let server = url.and_then(|url| match url.parse() {
            Ok(server) => Some(server),
            Err(mistake) => {
                self.mistakes.push(format!("SMTP_URL: {mistake}"));
                None
            }
        });
        let from = from.and_then(|from| match from.parse() {
            Ok(sender) => Some(sender),
            Err(mistake) => {
                self.mistakes.push(format!("MAIL_FROM: {mistake}"));
                None
            }
        });
        Some(MailSettings { server: server?, from: from? })
    }

    /// At which balances everybody is told who has set nothing.
    pub(super) fn default_thresholds(&mut self) -> DefaultThresholds {
        let Some(text) = self.source.text("low_balance_at") else { return DefaultThresholds::NONE };
        match text.parse() {
            Ok(thresholds) => thresholds,
            Err(mistake) => {
                self.mistakes.push(format!(
                    "LOW_BALANCE_AT: {mistake}; write amounts with their currencies, such as 5.00 USD, 400.00 INR"
                ));
                DefaultThresholds::NONE
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::super::{SettingArguments, Settings};

    fn arguments(url: Option<&str>, from: Option<&str>, at: Option<&str>) -> SettingArguments {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        SettingArguments {
            smtp_url: owned(url),
            mail_from: owned(from),
            low_balance_at: owned(at),
            ..SettingArguments::default()
        }
    }

    #[test]
    fn nobody_is_told_until_set() {
        let settings = Settings::read(&arguments(None, None, None)).unwrap();
        assert!(settings.mail.is_none() && settings.low_balance_at.to_string().is_empty());
    }

    #[test]
    fn a_server_and_a_sender_are_taken_together() {
        let url = "smtp://ann:hunter2@mail.example.com";
        let set = arguments(Some(url), Some("Acme <billing@example.com>"), Some("5 USD, 1 USD"));
        let settings = Settings::read(&set).unwrap();
        assert_eq!(settings.mail.unwrap().server.place(), "mail.example.com:587");
        assert_eq!(settings.low_balance_at.to_string(), "5.00 USD, 1.00 USD");
    }

    #[rstest]
    #[case(Some("smtp://ann:hunter2@mail.example.com"), None, None, "MAIL_FROM: missing")]
    #[case(None, Some("billing@example.com"), None, "SMTP_URL: missing")]
    #[case(
        Some("smtp://ann:hunter2@mail.example.com?tls=none"),
        Some("billing@example.com"),
        None,
        "SMTP_URL: a password"
    )]
    #[case(Some("smtp://mail.example.com"), Some("hunter2"), None, "MAIL_FROM: this is no sender")]
    #[case(None, None, Some("5"), "LOW_BALANCE_AT: `5` is not an amount and a currency")]
    fn mistakes_say_what_to_write_and_repeat_no_secret(
        #[case] url: Option<&str>,
        #[case] from: Option<&str>,
        #[case] at: Option<&str>,
        #[case] what: &str,
    ) {
        let error = Settings::read(&arguments(url, from, at)).err().unwrap().to_string();
        assert!(error.contains(what), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
    }
}
