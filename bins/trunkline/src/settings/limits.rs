//! The settings about limits: what holds every customer back of whom an operator has set nothing else, and where operators
//! need a second one.

use std::num::NonZeroU32;

use trunkline_provisioning::{ChurnLimit, UserLimits};
use trunkline_wallet::ApprovalSums;

use super::read::Reader;

impl Reader<'_> {
    /// What limits everybody; nothing until set.
    pub(super) fn user_limits(&mut self) -> UserLimits {
        UserLimits {
            numbers: self.count_or_off("user_max_numbers"),
            purchases_per_day: self.count_or_off("user_max_purchases_per_day"),
            monthly_price: self.parsed(
                "user_max_monthly_price",
                "amounts above zero with their currencies, such as 20.00 USD, 1500.00 INR, one for each currency",
            ),
            countries: self.parsed("user_countries", "a list of ISO country codes, such as US,CA"),
            number_types: self.parsed("user_number_types", "a list of local, toll_free, mobile"),
            churn: self.churn_limit(),
        }
    }

    /// Above which sums an operator needs another one; nowhere until set.
    pub(super) fn approval_sums(&mut self) -> Option<ApprovalSums> {
        self.parsed(
            "approval_above",
            "amounts with their currencies, such as 500.00 USD, 40000.00 INR, one for each currency and none below zero",
        )
    }

    fn count_or_off(&mut self, name: &str) -> Option<NonZeroU32> {
        self.parsed(name, "a whole number, or 0 for no limit").and_then(NonZeroU32::new)
    }

    fn churn_limit(&mut self) -> Option<ChurnLimit> {
        match self.source.text("user_churn_limit") {
            Some("on") => Some(ChurnLimit),
            None | Some("off") => None,
            Some(other) => {
                self.mistakes.push(format!("USER_CHURN_LIMIT: `{other}` is neither on nor off"));
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{SettingArguments, Settings};
    use super::*;

    fn read(arguments: &SettingArguments) -> Result<UserLimits, String> {
        Settings::read(arguments).map(|settings| settings.user_limits).map_err(|error| error.to_string())
    }

    #[test]
    fn they_are_off_until_set() {
        assert_eq!(read(&SettingArguments::default()), Ok(UserLimits::NONE));
        let off = SettingArguments {
            user_max_numbers: Some("0".to_owned()),
            user_churn_limit: Some("off".to_owned()),
            ..SettingArguments::default()
        };
        assert_eq!(read(&off), Ok(UserLimits::NONE));
    }

    #[test]
    fn each_is_read_as_it_is_written() {
        let set = SettingArguments {
            user_max_numbers: Some("3".to_owned()),
            user_max_purchases_per_day: Some("5".to_owned()),
            user_max_monthly_price: Some("20.00 USD, 1500 INR".to_owned()),
            user_countries: Some("us, CA".to_owned()),
            user_number_types: Some("local,toll-free".to_owned()),
            user_churn_limit: Some("on".to_owned()),
            ..SettingArguments::default()
        };
        let expected = UserLimits {
            numbers: NonZeroU32::new(3),
            purchases_per_day: NonZeroU32::new(5),
            monthly_price: "20 USD, 1500 INR".parse().ok(),
            countries: "CA, US".parse().ok(),
            number_types: "local, toll_free".parse().ok(),
            churn: Some(ChurnLimit),
        };
        assert_eq!(read(&set), Ok(expected));
    }

    #[test]
    fn the_sums_of_approvals_are_off_until_set() {
        let read = |text: Option<&str>| {
            let set =
                SettingArguments { approval_above: text.map(str::to_owned), ..SettingArguments::default() };
            let settings = Settings::read(&set).map_err(|error| error.to_string());
            settings.map(|settings| settings.approval_above.map(|sums| sums.to_string()))
        };
        assert_eq!(read(None), Ok(None));
        assert_eq!(read(Some("500 USD,0 INR")), Ok(Some("0.00 INR, 500.00 USD".to_owned())));
        assert!(read(Some("500")).unwrap_err().contains("APPROVAL_ABOVE"));
    }

    #[test]
    fn mistakes_are_named_together() {
        let wrong = SettingArguments {
            user_max_numbers: Some("-1".to_owned()),
            user_max_purchases_per_day: Some("many".to_owned()),
            user_max_monthly_price: Some("20".to_owned()),
            user_countries: Some("XX".to_owned()),
            user_number_types: Some("fancy".to_owned()),
            user_churn_limit: Some("yes".to_owned()),
            ..SettingArguments::default()
        };
        let error = read(&wrong).unwrap_err();
        for name in
            ["NUMBERS", "PURCHASES_PER_DAY", "MONTHLY_PRICE", "COUNTRIES", "NUMBER_TYPES", "CHURN_LIMIT"]
        {
            assert!(error.contains(name), "{name} is not in: {error}");
        }
    }
}
