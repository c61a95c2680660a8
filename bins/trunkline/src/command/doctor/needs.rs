//! The prices against the account: what each priced country and type still needs, and whether it is sold under cost.

use std::collections::{BTreeMap, BTreeSet};

use trunkline_domain::{Clock, Country, NumberCost, NumberType, PriceBook};
use trunkline_provider::{
    AccountAddress, AddressRequirement, MissingNeed, NumberProvider, ProviderAccount, ProviderError, Refusal,
    RegulatoryFacts, SearchQuery,
};

use super::report::{Finding, Report};

/// Examines every country and type that has a price.
pub(super) async fn examine(
    numbers: &dyn NumberProvider,
    account: &dyn ProviderAccount,
    prices: &PriceBook,
    clock: &dyn Clock,
    report: &mut Report,
) {
    let addresses = account.addresses().await;
    report.add(match &addresses {
        Ok(addresses) => known_addresses(addresses),
        Err(error) => unread("addresses", "the account's addresses", error),
    });
    let addresses = addresses.as_deref().ok();
    let mut types: BTreeMap<Country, BTreeSet<NumberType>> = BTreeMap::new();
    for offer in prices.offers() {
        types.entry(offer.country).or_default().insert(offer.number_type);
    }
    for (country, types) in types {
        let costs = account.number_costs(country).await;
        for number_type in types {
            let desk = Desk { numbers, account, prices, clock, addresses, country, number_type };
            desk.examine_needs(report).await;
            if let Ok(costs) = &costs {
                desk.examine_cost(costs, report);
            }
        }
        if let Err(error) = costs {
            report.add(unread(&format!("{country} cost"), "what Twilio charges", &error));
        }
    }
}

fn known_addresses(addresses: &[AccountAddress]) -> Finding {
    let good = addresses.iter().filter(|address| address.validated).count();
    match addresses.len() {
        0 => Finding::ok("addresses", "the account has none; some countries ask for one"),
        all => Finding::ok("addresses", format!("the account has {all}, of them {good} validated")),
    }
}

/// One country and type under examination.
struct Desk<'a> {
    numbers: &'a dyn NumberProvider,
    account: &'a dyn ProviderAccount,
    prices: &'a PriceBook,
    clock: &'a dyn Clock,
    addresses: Option<&'a [AccountAddress]>,
    country: Country,
    number_type: NumberType,
}

impl Desk<'_> {
    fn name(&self) -> String {
        format!("{} {}", self.country, self.number_type)
    }

    async fn examine_needs(&self, report: &mut Report) {
        let requirements = match self.requirements().await {
            Ok(requirements) => requirements,
            Err(finding) => return report.add(finding),
        };
        let regulations = self.account.regulations(self.country, self.number_type).await;
        let set = self.prices.needs(self.country, self.number_type);
        let mut facts = RegulatoryFacts {
            country: self.country,
            set: &set,
            requirements: &requirements,
            addresses: self.addresses,
            regulations: regulations.as_deref().ok(),
            bundles: None,
        };
        let bundles = if facts.concerns_bundles() {
            self.account.bundles(self.country, self.number_type).await
        } else {
            Ok(Vec::new())
        };
        facts.bundles = bundles.as_deref().ok();
        let missing = facts.missing(self.clock.now());
        if let Some(error) = regulations.as_ref().err().or(bundles.as_ref().err()) {
            report.add(unread(&self.name(), "what they ask for", error));
        } else if missing.is_empty() && self.addresses.is_some() {
            report.add(Finding::ok(self.name(), "nothing is missing"));
        }
        for need in missing {
            let found = match &need {
                MissingNeed::Address(_) if requirements.contains(&AddressRequirement::None) => {
                    Finding::warning(self.name(), format!("some of them cannot be sold: {need}"))
                }
                MissingNeed::Address(_)
                | MissingNeed::AddressUnknown(_)
                | MissingNeed::AddressUnfit(..)
                | MissingNeed::BundleNotSet(_)
                | MissingNeed::Bundle(_)
                | MissingNeed::BundleUnknown(_)
                | MissingNeed::BundleNotGood(..) => Finding::problem(self.name(), need.to_string()),
            };
            report.add(found.cured_by(self.cure(&need)));
        }
    }

    /// Whose addresses the numbers on offer want, as far as one search shows; empty where nothing is on offer.
    async fn requirements(&self) -> Result<BTreeSet<AddressRequirement>, Finding> {
        let limit = SearchQuery::MAX_LIMIT;
        let query = SearchQuery { limit, ..SearchQuery::new(self.country, self.number_type) };
        match self.numbers.search(&query).await {
            Ok(hits) => Ok(hits.iter().map(|hit| hit.address_requirement).collect()),
            Err(ProviderError::Refused { reason: Refusal::TypeNotOffered, .. }) => {
                let message = "it has a price, and Twilio has no such numbers: customers are told so";
                Err(Finding::warning(self.name(), message)
                    .cured_by(format!("nothing, or remove [{}.{}]", self.country, self.number_type)))
            }
            Err(error) => Err(unread(&self.name(), "what is on offer", &error)),
        }
    }

    fn cure(&self, need: &MissingNeed) -> String {
        let place = format!("[{}.{}] of the price file", self.country, self.number_type);
        match need {
            MissingNeed::Address(_) => {
                "create the address in the Twilio Console under Phone Numbers, Manage, Addresses".to_owned()
            }
            MissingNeed::AddressUnknown(_) | MissingNeed::AddressUnfit(..) => {
                format!("set another address_sid in {place}, or remove it to let the account's own be chosen")
            }
            MissingNeed::BundleNotSet(sid) => format!("set bundle_sid = \"{sid}\" in {place}"),
            MissingNeed::Bundle(None) => format!(
                "create a bundle in the Twilio Console under Phone Numbers, Regulatory Compliance; \
                 once it is approved, set bundle_sid in {place}"
            ),
            MissingNeed::Bundle(Some(_)) => format!(
                "see the bundle in the Twilio Console under Phone Numbers, Regulatory Compliance; \
                 once it is approved, set bundle_sid in {place}"
            ),
            MissingNeed::BundleNotGood(..) => format!(
                "see the bundle in the Twilio Console under Phone Numbers, Regulatory Compliance; until it is \
                 approved, remove [{}.{}] so that nobody is offered what cannot be bought",
                self.country, self.number_type
            ),
            MissingNeed::BundleUnknown(_) => {
                format!("set a bundle_sid of this country and type in {place}")
            }
        }
    }

    fn examine_cost(&self, costs: &[NumberCost], report: &mut Report) {
        let Some(cost) = costs.iter().find(|cost| cost.number_type == self.number_type) else { return };
        let offer = self.prices.offer(self.country, self.number_type, cost.monthly.currency());
        let Some(price) = offer.map(|offer| offer.monthly) else { return };
        if price.is_less_than(cost.monthly) == Ok(true) {
            let message = format!("sold for {price} a month, and Twilio charges {}", cost.monthly);
            let to_do = "raise the price; trunkline prices propose --markup 30% says how far";
            report.add(Finding::warning(self.name(), message).cured_by(to_do));
        }
    }
}

/// Something that could not be asked. That alone stops no sale.
fn unread(check: &str, what: &str, error: &ProviderError) -> Finding {
    let finding = Finding::warning(check, format!("{what} cannot be read: {}", told(error)));
    finding.cured_by(match error {
        ProviderError::Refused { .. } | ProviderError::Unauthorized { .. } => {
            "let the API key read it, or look it up in the Twilio Console"
        }
        ProviderError::Unavailable { .. } | ProviderError::OutcomeUnknown { .. } => {
            "run the doctor again in a moment; see https://status.twilio.com"
        }
        ProviderError::NotConfigured => "set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN",
    })
}

/// The provider's own sentence where it gave one, for the operator.
pub(super) fn told(error: &ProviderError) -> String {
    match error {
        ProviderError::Refused { message, .. } => message.clone(),
        ProviderError::Unavailable { detail, .. } | ProviderError::OutcomeUnknown { detail, .. } => {
            detail.clone()
        }
        ProviderError::Unauthorized { .. } | ProviderError::NotConfigured => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use trunkline_domain::{BundleStatus, Capabilities, Money, SystemClock};
    use trunkline_provider::{AvailableNumber, Bundle, MockNumberProvider, MockProviderAccount, Regulation};

    use super::super::report::Level;
    use super::*;

    fn hit(requirement: AddressRequirement) -> AvailableNumber {
        AvailableNumber {
            phone_number: "+447400123456".parse().unwrap(),
            friendly_name: String::new(),
            locality: None,
            region: None,
            country: Country::GB,
            capabilities: Capabilities::default(),
            address_requirement: requirement,
        }
    }

    fn offering(requirements: &'static [AddressRequirement]) -> MockNumberProvider {
        let mut numbers = MockNumberProvider::new();
        numbers.expect_search().returning(|_| Ok(requirements.iter().copied().map(hit).collect()));
        numbers
    }

    fn account(asks: bool, bundles: Vec<Bundle>, cost: &'static str) -> MockProviderAccount {
        let mut account = MockProviderAccount::new();
        account.expect_addresses().return_once(|| Ok(Vec::new()));
        account.expect_bundles().return_once(|_, _| Ok(bundles));
        account.expect_regulations().return_once(move |_, _| {
            let asks_for = if asks { vec!["Business".to_owned()] } else { Vec::new() };
            Ok(vec![Regulation { name: String::new(), end_user: "business".into(), asks_for }])
        });
        account.expect_number_costs().return_once(move |country| {
            let monthly = Money::parse(cost, trunkline_domain::Currency::USD).unwrap();
            Ok(vec![NumberCost { country, number_type: NumberType::Mobile, monthly }])
        });
        account
    }

    fn approved() -> Bundle {
        Bundle {
            sid: format!("BU{}", "1".repeat(32)).parse().unwrap(),
            friendly_name: String::new(),
            country: Country::GB,
            number_type: NumberType::Mobile,
            status: BundleStatus::Approved,
            valid_until: None,
        }
    }

    async fn examined(numbers: MockNumberProvider, account: MockProviderAccount) -> Report {
        let prices = PriceBook::parse("[GB.mobile]\nmonthly = { USD = \"3.00\" }").unwrap();
        let mut report = Report::default();
        examine(&numbers, &account, &prices, &SystemClock, &mut report).await;
        report
    }

    #[tokio::test]
    async fn a_type_that_needs_nothing_is_well() {
        let report =
            examined(offering(&[AddressRequirement::None]), account(false, Vec::new(), "2.50")).await;
        assert_eq!(report.findings.last(), Some(&Finding::ok("GB mobile", "nothing is missing")));
    }

    #[tokio::test]
    async fn each_need_is_a_problem_with_its_cure() {
        let offered = &[AddressRequirement::None, AddressRequirement::Local];
        let report = examined(offering(offered), account(true, vec![approved()], "2.50")).await;
        let wrong: Vec<_> = report.findings.iter().filter(|finding| finding.level != Level::Ok).collect();
        assert_eq!([wrong[0].level, wrong[1].level], [Level::Warning, Level::Problem]);
        assert!(wrong[0].message.contains("some of them") && wrong[0].message.contains("in the country"));
        let cure = wrong[1].to_do.as_deref().unwrap();
        assert!(cure.contains(&"1".repeat(32)) && cure.contains("[GB.mobile]"), "{cure}");
    }

    #[tokio::test]
    async fn every_kind_of_address_that_is_wanted_is_examined() {
        let offered = &[AddressRequirement::Foreign, AddressRequirement::Local];
        let report = examined(offering(offered), account(false, Vec::new(), "2.50")).await;
        let problems: Vec<_> =
            report.findings.iter().filter(|finding| finding.level == Level::Problem).collect();
        assert_eq!(problems.len(), 2, "{problems:?}");
    }

    /// A key that may not read addresses does not hide what is known without them.
    #[tokio::test]
    async fn unread_addresses_hide_nothing_else() {
        let mut account = MockProviderAccount::new();
        account.expect_addresses().return_once(|| Err(ProviderError::Unauthorized { code: Some(20003) }));
        account.expect_bundles().return_once(|_, _| Ok(Vec::new()));
        account.expect_regulations().return_once(|_, _| {
            let asks_for = vec!["Business".to_owned()];
            Ok(vec![Regulation { name: String::new(), end_user: "business".into(), asks_for }])
        });
        account.expect_number_costs().return_once(|country| {
            let monthly = Money::parse("3.01", trunkline_domain::Currency::USD).unwrap();
            Ok(vec![NumberCost { country, number_type: NumberType::Mobile, monthly }])
        });
        let report = examined(offering(&[AddressRequirement::Any]), account).await;
        let levels: Vec<_> = report.findings.iter().map(|finding| finding.level).collect();
        assert_eq!(levels, [Level::Warning, Level::Problem, Level::Warning], "{:?}", report.findings);
    }

    #[tokio::test]
    async fn a_price_under_cost_is_named() {
        let report = examined(offering(&[]), account(false, Vec::new(), "3.01")).await;
        let last = report.findings.last().unwrap();
        assert_eq!((last.level, last.check.as_str()), (Level::Warning, "GB mobile"));
        assert!(last.message.contains("3.01"), "{}", last.message);
    }

    #[tokio::test]
    async fn a_type_that_is_not_offered_is_only_a_warning() {
        let mut numbers = MockNumberProvider::new();
        numbers.expect_search().returning(|_| {
            let message = "not found".to_owned();
            Err(ProviderError::Refused { reason: Refusal::TypeNotOffered, code: Some(20404), message })
        });
        let report = examined(numbers, account(false, Vec::new(), "1")).await;
        assert!(report.is_ok());
        assert!(report.findings.last().unwrap().message.contains("no such numbers"));
    }

    #[tokio::test]
    async fn what_cannot_be_read_is_not_taken_for_well() {
        let mut account = MockProviderAccount::new();
        account.expect_addresses().return_once(|| Ok(Vec::new()));
        account.expect_bundles().return_once(|_, _| Err(ProviderError::NotConfigured));
        account.expect_regulations().return_once(|_, _| Err(ProviderError::NotConfigured));
        account.expect_number_costs().return_once(|_| Err(ProviderError::NotConfigured));
        let report = examined(offering(&[AddressRequirement::None]), account).await;
        let warnings = report.findings.iter().filter(|finding| finding.level == Level::Warning).count();
        assert_eq!(warnings, 2, "{report:?}");
        assert!(report.findings.iter().all(|finding| finding.message != "nothing is missing"), "{report:?}");
    }
}
