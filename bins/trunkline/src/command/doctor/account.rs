//! The account: whether it lets us in, whether it may buy, whether it can pay, and whether our clocks agree.

use chrono::{DateTime, Utc};
use trunkline_domain::{Clock, Money};
use trunkline_provider::{AccountState, AccountStatus, ProviderAccount, ProviderError, Refusal};

use super::needs::told;
use super::report::{Finding, Report};

/// Twilio tells its time to the second, and an answer takes a moment: less than this is no skew.
const SKEW_OK_S: i64 = 5;
/// From here on what numbers were bought when is judged wrongly.
const SKEW_BAD_S: i64 = 60;

/// Whether the credentials work, and how far the clocks are apart. Answers whether to go on.
pub(super) async fn examine_credentials(
    account: &dyn ProviderAccount,
    clock: &dyn Clock,
    report: &mut Report,
) -> bool {
    let provider_time = match account.check_credentials().await {
        Ok(time) => time,
        Err(error) => {
            report.add(refused_credentials(&error));
            // It says itself why.
            if let ProviderError::Refused { reason: Refusal::AccountInactive, .. } = error {
                examine_standing(account, report).await;
            }
            return false;
        }
    };
    report.add(Finding::ok("credentials", "Twilio accepts them"));
    report.add(skew(provider_time, clock.now()));
    true
}

fn refused_credentials(error: &ProviderError) -> Finding {
    let finding = |message: &str| Finding::problem("credentials", message);
    match error {
        ProviderError::Unauthorized { .. } => finding("Twilio does not accept them").cured_by(
            "compare them with the first page of the Twilio Console; a new auth token counts once it is promoted, \
             credentials belong to one region, and a suspended account's are refused as well",
        ),
        ProviderError::Refused { reason: Refusal::TestCredentials, .. } => {
            finding("these are Twilio's test credentials, which can only pretend to buy")
                .cured_by("set the account's live credentials")
        }
        ProviderError::Refused { reason: Refusal::AccountInactive, .. } => {
            finding("Twilio knows them and refuses the account").cured_by("see the account's own line")
        }
        ProviderError::Refused { message, .. } => {
            Finding::problem("credentials", format!("Twilio refuses to list the account's numbers: {message}"))
                .cured_by("give the API key the right to read and write IncomingPhoneNumbers")
        }
        ProviderError::Unavailable { detail, .. } | ProviderError::OutcomeUnknown { detail, .. } => {
            Finding::problem("credentials", format!("they cannot be checked: {detail}"))
                .cured_by("check that this machine reaches Twilio (TWILIO_REGION and TWILIO_EDGE name the host), and https://status.twilio.com")
        }
        ProviderError::NotConfigured => finding("none are set").cured_by("set TWILIO_ACCOUNT_SID"),
    }
}

fn skew(provider: DateTime<Utc>, here: DateTime<Utc>) -> Finding {
    let seconds = here.signed_duration_since(provider).num_seconds().abs();
    let message = format!("this machine's clock is {seconds} s from Twilio's");
    let to_do = "let the machine's clock be set by NTP";
    if seconds <= SKEW_OK_S {
        Finding::ok("clock", "it agrees with Twilio's")
    } else if seconds <= SKEW_BAD_S {
        Finding::warning("clock", message).cured_by(to_do)
    } else {
        Finding::problem("clock", message).cured_by(to_do)
    }
}

/// Status, trial and money.
pub(super) async fn examine_standing(account: &dyn ProviderAccount, report: &mut Report) {
    match account.account_status().await {
        Ok(status) => report.add(standing(&status)),
        Err(ProviderError::Unauthorized { .. } | ProviderError::Refused { .. }) => report.add(
            Finding::warning("account", "these credentials may not read its status")
                .cured_by("nothing, if you know that it is active and no trial; a main API key or the auth token may read it"),
        ),
        Err(error) => report.add(
            Finding::warning("account", format!("its status cannot be read: {}", told(&error)))
                .cured_by("run the doctor again in a moment; see https://status.twilio.com"),
        ),
    }
    match account.balance().await {
        Ok(balance) if balance.is_positive() && buys_no_number(balance) => report.add(
            Finding::warning("balance", format!("{balance} at Twilio, which buys no number"))
                .cured_by("add funds in the Twilio Console and switch on auto-recharge"),
        ),
        Ok(balance) if balance.is_positive() => {
            report.add(Finding::ok("balance", format!("{balance} at Twilio")));
        }
        Ok(balance) => report.add(
            Finding::problem("balance", format!("{balance} at Twilio, which then refuses purchases"))
                .cured_by("add funds in the Twilio Console and switch on auto-recharge"),
        ),
        Err(error @ (ProviderError::Refused { .. } | ProviderError::Unauthorized { .. })) => report.add(
            Finding::warning("balance", format!("it cannot be read: {}", told(&error)))
                .cured_by("nothing, if this is a subaccount: the account above it pays"),
        ),
        Err(error) => report.add(
            Finding::warning("balance", format!("it cannot be read: {}", told(&error)))
                .cured_by("run the doctor again in a moment; see https://status.twilio.com"),
        ),
    }
}

/// No number costs less than one unit of the currency that Twilio bills in.
fn buys_no_number(balance: Money) -> bool {
    Money::parse("1", balance.currency()).is_ok_and(|one| balance.is_less_than(one) == Ok(true))
}

fn standing(status: &AccountStatus) -> Finding {
    let AccountStatus { account, friendly_name, .. } = status;
    let place = match &status.parent {
        Some(parent) => format!("{account} ({friendly_name}), a subaccount of {parent},"),
        None => format!("{account} ({friendly_name})"),
    };
    match &status.state {
        AccountState::Active if status.trial => {
            Finding::warning("account", format!("{place} is on trial: it may own one number"))
                .cured_by("upgrade it before you sell numbers")
        }
        AccountState::Active => Finding::ok("account", format!("{place} is active")),
        AccountState::Suspended => Finding::problem("account", format!("{place} is suspended"))
            .cured_by("see the notice in the Twilio Console; often a payment has failed"),
        AccountState::Closed => {
            Finding::problem("account", format!("{place} is closed")).cured_by("use another account")
        }
        AccountState::Other(word) => {
            Finding::warning("account", format!("{place} is \"{word}\", which we do not know"))
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use trunkline_domain::Currency;
    use trunkline_provider::MockProviderAccount;

    use super::super::report::Level;
    use super::*;

    struct At(i64);

    impl Clock for At {
        fn now(&self) -> DateTime<Utc> {
            DateTime::from_timestamp(self.0, 0).unwrap()
        }
    }

    fn refused(reason: Refusal) -> ProviderError {
        ProviderError::Refused { reason, code: None, message: "Twilio's sentence".to_owned() }
    }

    #[rstest]
    #[case(0, Level::Ok)]
    #[case(-5, Level::Ok)]
    #[case(-30, Level::Warning)]
    #[case(90, Level::Problem)]
    #[tokio::test]
    async fn clocks_that_disagree_are_named(#[case] offset: i64, #[case] level: Level) {
        let mut account = MockProviderAccount::new();
        account.expect_check_credentials().return_once(|| Ok(At(1_000).now()));
        let mut report = Report::default();
        assert!(examine_credentials(&account, &At(1_000 + offset), &mut report).await);
        assert_eq!((report.findings[0].level, report.findings[1].level), (Level::Ok, level));
    }

    #[rstest]
    #[case(ProviderError::Unauthorized { code: Some(20003) }, "does not accept")]
    #[case(refused(Refusal::TestCredentials), "test credentials")]
    #[case(refused(Refusal::AccountRestricted), "Twilio's sentence")]
    #[case(ProviderError::Unavailable { retry_after: None, detail: "no route".into(), source: None }, "no route")]
    #[tokio::test]
    async fn credentials_that_do_not_work_end_the_examination(
        #[case] error: ProviderError,
        #[case] words: &str,
    ) {
        let mut account = MockProviderAccount::new();
        account.expect_check_credentials().return_once(|| Err(error));
        let mut report = Report::default();
        assert!(!examine_credentials(&account, &At(0), &mut report).await);
        assert!(report.findings[0].message.contains(words) && report.findings[0].to_do.is_some());
        assert!(!report.is_ok());
    }

    /// Twilio refuses a suspended account's reads, and still says that it is suspended.
    #[tokio::test]
    async fn a_suspended_account_has_its_own_line() {
        let mut account = MockProviderAccount::new();
        account.expect_check_credentials().return_once(|| Err(refused(Refusal::AccountInactive)));
        account.expect_account_status().return_once(|| Ok(status(AccountState::Suspended, false)));
        account.expect_balance().return_once(|| Err(refused(Refusal::AccountInactive)));
        let mut report = Report::default();
        assert!(!examine_credentials(&account, &At(0), &mut report).await);
        let line = report.findings.iter().find(|finding| finding.check == "account").unwrap();
        assert!(line.message.contains("suspended") && line.to_do.is_some(), "{line:?}");
    }

    fn status(state: AccountState, trial: bool) -> AccountStatus {
        let account = format!("AC{}", "0".repeat(32)).parse().unwrap();
        AccountStatus { account, friendly_name: "Bakery".into(), state, trial, parent: None }
    }

    #[rstest]
    #[case(status(AccountState::Active, false), "10", [Level::Ok, Level::Ok])]
    #[case(status(AccountState::Active, false), "0.30", [Level::Ok, Level::Warning])]
    #[case(status(AccountState::Active, true), "0", [Level::Warning, Level::Problem])]
    #[case(status(AccountState::Suspended, false), "-1", [Level::Problem, Level::Problem])]
    #[case(status(AccountState::Closed, false), "1", [Level::Problem, Level::Ok])]
    #[case(status(AccountState::Other("x".into()), false), "1", [Level::Warning, Level::Ok])]
    #[tokio::test]
    async fn standing_and_money_are_judged(
        #[case] status: AccountStatus,
        #[case] balance: &str,
        #[case] levels: [Level; 2],
    ) {
        let money = Money::parse(balance, Currency::USD).unwrap();
        let mut account = MockProviderAccount::new();
        account.expect_account_status().return_once(|| Ok(status));
        account.expect_balance().return_once(move || Ok(money));
        let mut report = Report::default();
        examine_standing(&account, &mut report).await;
        assert_eq!([report.findings[0].level, report.findings[1].level], levels);
    }

    #[tokio::test]
    async fn what_a_key_may_not_read_is_only_a_warning() {
        let mut account = MockProviderAccount::new();
        account.expect_account_status().return_once(|| Err(ProviderError::Unauthorized { code: None }));
        account.expect_balance().return_once(|| Err(refused(Refusal::Other)));
        let mut report = Report::default();
        examine_standing(&account, &mut report).await;
        assert!(report.is_ok() && report.findings.iter().all(|finding| finding.level == Level::Warning));
    }
}
