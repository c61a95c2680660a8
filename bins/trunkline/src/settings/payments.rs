//! The settings about payments: Stripe's account, and how much customers may pay.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use trunkline_alarms::check_webhook_url;
use trunkline_payments::{PaymentBounds, Sums};
use url::Url;

use super::definition;
use super::definition::Unset;
use super::read::Reader;

/// When a payment of which nothing is heard is asked about, and how often again.
const LOOK_AFTER: Duration = Duration::from_mins(5);

/// How long after an automatic top-up nothing more is charged.
const TOP_UP_COOL_DOWN: Duration = Duration::from_hours(1);

/// The least of it.
const TOP_UP_COOL_DOWN_MIN: Duration = Duration::from_mins(1);

/// Stripe's account, and the bounds of payments.
pub(crate) struct PaymentSettings {
    pub secret_key: SecretString,
    /// What events may be signed with; two while one is being changed for the other.
    pub webhook_secrets: Vec<SecretString>,
    /// Where Stripe's API is served, where that is not Stripe itself.
    pub api_url: Option<Url>,
    pub bounds: PaymentBounds,
    pub look_after: Duration,
    /// How long after an automatic top-up nothing more is charged.
    pub top_up_cool_down: Duration,
}

impl Reader<'_> {
    /// Stripe's account, where one is set. Customers come back from its pages to the public address.
    pub(super) fn payments(&mut self) -> Option<PaymentSettings> {
        const SETTINGS: [&str; 2] = ["stripe_secret_key", "stripe_webhook_secret"];
        let api_url = self.stripe_api_url();
        let bounds = self.payment_bounds();
        let look_after = self.interval("payment_look_after_s", LOOK_AFTER);
        let top_up_cool_down = self.top_up_cool_down();
        let set = SETTINGS.into_iter().find(|name| self.source.text(name).is_some())?;
        let secret_key = self.needed("stripe_secret_key", set).map(SecretString::from);
        let secrets = self.needed("stripe_webhook_secret", set);
        self.needed("public_url", set);
        let webhook_secrets = secrets.iter().flat_map(|secrets| secrets.split(','));
        if secret_key.as_ref().is_some_and(|key| !is_secret_key(key)) {
            // What it is may be a secret in the wrong place, so it is not repeated.
            self.mistakes
                .push("STRIPE_SECRET_KEY: write a secret or restricted key, sk_… or rk_…".to_owned());
        }
        let webhook_secrets: Vec<SecretString> = webhook_secrets
            .map(str::trim)
            .filter(|secret| !secret.is_empty())
            .map(SecretString::from)
            .collect();
        if secrets.is_some() && webhook_secrets.is_empty() {
            self.mistakes
                .push("STRIPE_WEBHOOK_SECRET: write the endpoint's signing secret, whsec_…".to_owned());
        }
        Some(PaymentSettings {
            secret_key: secret_key?,
            webhook_secrets,
            api_url,
            bounds: bounds?,
            look_after,
            top_up_cool_down,
        })
    }

    /// Less than a minute is no brake.
    fn top_up_cool_down(&mut self) -> Duration {
        let cool_down = self.seconds("top_up_cool_down_s").unwrap_or(TOP_UP_COOL_DOWN);
        if cool_down < TOP_UP_COOL_DOWN_MIN {
            self.mistakes.push("TOP_UP_COOL_DOWN_S: must be 60 or more".to_owned());
        }
        cool_down
    }

    /// The key goes there with every request, so it leaves the machine only encrypted.
    fn stripe_api_url(&mut self) -> Option<Url> {
        let url = self.url("stripe_api_url")?;
        let is_safe = check_webhook_url(&url).is_ok();
        if !is_safe {
            self.mistakes
                .push("STRIPE_API_URL: only an address on this machine is reached without https".to_owned());
        }
        is_safe.then_some(url)
    }

    fn payment_bounds(&mut self) -> Option<PaymentBounds> {
        let least = self.sums_or_default("payment_minimum")?;
        let most = self.sums_or_default("payment_maximum")?;
        let daily = match self.source.text("payment_daily_maximum") {
            Some("off") => None,
            Some(_) => Some(self.sums_or_default("payment_daily_maximum")?),
            // Of the default's, those that are taken.
            None => self.sums_or_default("payment_daily_maximum")?.within(&least),
        };
        PaymentBounds::new(least, most, daily)
            .map_err(|error| self.mistakes.push(format!("PAYMENT_MINIMUM, PAYMENT_MAXIMUM: {error}")))
            .ok()
    }

    fn sums_or_default(&mut self, name: &str) -> Option<Sums> {
        if self.source.text(name).is_some() {
            return self.parsed(
                name,
                "amounts above zero with their currencies, such as 5.00 USD, 100.00 INR, one for each currency",
            );
        }
        match definition(name)?.default {
            Unset::Value(text) => text.parse().ok(),
            Unset::Words(_) | Unset::Nothing => None,
        }
    }
}

/// Whether a text has the form of a key that may take payments; a publishable one (`pk_`) may not.
fn is_secret_key(key: &SecretString) -> bool {
    let key = key.expose_secret();
    let is_plain = key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    is_plain && (key.starts_with("sk_") || key.starts_with("rk_"))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use trunkline_domain::{Currency, Money};

    use super::super::{SettingArguments, Settings};
    use super::*;

    fn arguments() -> SettingArguments {
        SettingArguments {
            stripe_secret_key: Some("sk_test_hunter2".to_owned()),
            stripe_webhook_secret: Some("whsec_one, whsec_two".to_owned()),
            public_url: Some("https://numbers.example.com".to_owned()),
            ..SettingArguments::default()
        }
    }

    fn read(arguments: &SettingArguments) -> Result<Option<PaymentSettings>, String> {
        Settings::read(arguments).map(|settings| settings.payments).map_err(|error| error.to_string())
    }

    #[test]
    fn payments_are_off_until_set_and_secrets_can_be_changed() {
        assert!(read(&SettingArguments::default()).unwrap().is_none());
        let settings = read(&arguments()).unwrap().unwrap();
        assert_eq!((settings.webhook_secrets.len(), settings.look_after.as_secs()), (2, 300));
        let usd = |amount| Money::parse(amount, Currency::USD).unwrap();
        assert!(settings.bounds.check(usd("5")).is_ok() && settings.bounds.check(usd("4.99")).is_err());
        assert_eq!(settings.bounds.daily_cap(Currency::USD), Some(usd("2000")));
    }

    #[test]
    fn other_currencies_take_the_place_of_the_defaults() {
        let euros = SettingArguments {
            payment_minimum: Some("5 EUR".to_owned()),
            payment_maximum: Some("500 EUR".to_owned()),
            ..arguments()
        };
        let bounds = read(&euros).unwrap().unwrap().bounds;
        let euros = Money::parse("5", "EUR".parse().unwrap()).unwrap();
        assert!(bounds.check(euros).is_ok() && bounds.daily_cap(euros.currency()).is_none());
        assert!(bounds.check(Money::parse("5", Currency::USD).unwrap()).is_err());
    }

    #[rstest]
    #[case(|a: &mut SettingArguments| a.stripe_webhook_secret = None, "STRIPE_WEBHOOK_SECRET: missing")]
    #[case(|a: &mut SettingArguments| a.stripe_webhook_secret = Some(",".to_owned()), "STRIPE_WEBHOOK_SECRET: write")]
    #[case(|a: &mut SettingArguments| a.stripe_secret_key = Some("pk_test_hunter2".to_owned()), "STRIPE_SECRET_KEY: write")]
    #[case(|a: &mut SettingArguments| a.stripe_api_url = Some("http://169.254.169.254".to_owned()), "STRIPE_API_URL: only")]
    #[case(|a: &mut SettingArguments| a.public_url = None, "PUBLIC_URL: missing; it belongs to STRIPE_SECRET_KEY")]
    #[case(|a: &mut SettingArguments| a.payment_minimum = Some("5".to_owned()), "PAYMENT_MINIMUM")]
    #[case(|a: &mut SettingArguments| a.payment_maximum = Some("1 USD, 900 INR".to_owned()), "above the most")]
    #[case(|a: &mut SettingArguments| a.payment_look_after_s = Some("0".to_owned()), "PAYMENT_LOOK_AFTER_S")]
    fn mistakes_say_what_to_write_and_repeat_no_secret(
        #[case] spoil: fn(&mut SettingArguments),
        #[case] what: &str,
    ) {
        let mut wrong = arguments();
        spoil(&mut wrong);
        let error = read(&wrong).err().unwrap();
        assert!(error.contains(what) && !error.contains("hunter2"), "{error}");
    }
}
