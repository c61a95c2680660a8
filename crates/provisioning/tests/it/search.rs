//! Searching: hits with our prices, and what is told where there are none.

use trunkline_domain::{Country, Currency, NumberType, PriceBook, ProvisioningNeeds};
use trunkline_provider::{ProviderError, Refusal, SearchQuery};
use trunkline_provisioning::{CurrentPrices, PricedNumber, SearchCommand, SearchError};

use crate::fixture::{available, outcome_unknown, refused, usd};
use crate::stage::Stage;

fn search() -> SearchCommand {
    let query =
        SearchQuery { area_code: Some("415".to_owned()), ..SearchQuery::new(Country::US, NumberType::Local) };
    SearchCommand { query, currency: Currency::USD }
}

fn mobile() -> SearchCommand {
    SearchCommand { query: SearchQuery::new(Country::US, NumberType::Mobile), ..search() }
}

#[tokio::test(start_paused = true)]
async fn hits_carry_the_prices_in_force() {
    let mut stage = Stage::new();
    stage
        .provider
        .expect_search()
        .withf(|query| *query == search().query)
        .returning(|_| Ok(vec![available()]));
    let scene = stage.open();
    let priced = |monthly: &str, setup: &str| PricedNumber {
        number: available(),
        monthly: usd(monthly),
        setup: usd(setup),
        on_file: ProvisioningNeeds::default(),
    };
    assert_eq!(scene.provisioning.search(search()).await.unwrap(), [priced("1.50", "0")]);
    let bundle = "BU00000000000000000000000000000001";
    let book = "[US.local]\nmonthly = { USD = \"2.50\" }\nsetup = { USD = \"0.75\" }\nbundle_sid = ";
    scene.prices.replace(PriceBook::parse(&format!("{book}\"{bundle}\"")).unwrap());
    let on_file = ProvisioningNeeds { bundle_sid: Some(bundle.to_owned()), address_sid: None };
    let found = scene.provisioning.search(search()).await.unwrap();
    assert_eq!(found, [PricedNumber { on_file, ..priced("2.50", "0.75") }]);
    assert_eq!(scene.provisioning.prices().offers().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn nothing_found_is_an_empty_list_and_no_list_is_longer_than_asked() {
    let mut stage = Stage::new();
    stage.provider.expect_search().times(1).returning(|_| Ok(Vec::new()));
    stage.provider.expect_search().times(1).returning(|_| Ok(vec![available(); 30]));
    let scene = stage.open();
    assert_eq!(scene.provisioning.search(search()).await.unwrap(), []);
    assert_eq!(scene.provisioning.search(search()).await.unwrap().len(), 20);
}

#[tokio::test(start_paused = true)]
async fn what_has_no_price_is_not_searched_for() {
    let mut stage = Stage::new();
    stage.provider.expect_search().times(0);
    let scene = stage.open();
    let rupees = SearchCommand { currency: Currency::INR, ..search() };
    match scene.provisioning.search(rupees).await {
        Err(SearchError::PricingUnavailable { country, number_type, currency }) => {
            assert_eq!((country, number_type, currency), (Country::US, NumberType::Local, Currency::INR));
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_type_that_the_country_has_not_names_those_that_can_be_bought() {
    let mut stage = Stage::new();
    stage.prices = CurrentPrices::new(
        PriceBook::parse("[US.local]\nmonthly = { USD = \"1\" }\n[US.mobile]\nmonthly = { USD = \"1\" }")
            .unwrap(),
    );
    stage.provider.expect_search().returning(|_| Err(refused(Refusal::TypeNotOffered, 20404)));
    stage
        .provider
        .expect_types_offered()
        .times(1)
        .returning(|_| Ok(vec![NumberType::Local, NumberType::TollFree]));
    stage.provider.expect_types_offered().returning(|_| Err(outcome_unknown()));
    let scene = stage.open();
    for expected in [vec![NumberType::Local], Vec::new()] {
        match scene.provisioning.search(mobile()).await {
            Err(SearchError::TypeUnsupported { country, number_type, supported }) => {
                assert_eq!((country, number_type), (Country::US, NumberType::Mobile));
                assert_eq!(supported, expected, "priced and offered");
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_filter_that_the_country_does_not_know_is_named() {
    let mut stage = Stage::new();
    let reason = Refusal::Filter { field: "in_lata", message: "only in the US and Canada".to_owned() };
    stage.provider.expect_search().return_once(|_| Err(refused(reason, 20001)));
    let scene = stage.open();
    match scene.provisioning.search(search()).await {
        Err(SearchError::Filter { field, message }) => {
            assert_eq!((field, message.as_str()), ("in_lata", "only in the US and Canada"));
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn the_providers_other_failures_are_told_as_they_are() {
    let mut stage = Stage::new();
    stage.provider.expect_search().returning(|_| Err(ProviderError::NotConfigured));
    let scene = stage.open();
    let answer = scene.provisioning.search(search()).await;
    assert!(matches!(answer, Err(SearchError::Provider(ProviderError::NotConfigured))));
}
