//! What a number of the original becomes, row by row.

use chrono::TimeDelta;
use serde_json::json;
use trunkline_domain::ProviderIdentity;

use super::*;

const ID: &str = "00000000-0000-4000-8000-000000000001";
const SID: &str = "PN00000000000000000000000000000001";

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_780_000_000, 0).unwrap()
}

fn row(columns: &Value) -> OriginalRow {
    let mut all =
        json!({ "id": ID, "phone_number": "(415) 230-0101", "country_code": "US", "twilio_sid": SID });
    for (name, value) in columns.as_object().unwrap() {
        all[name] = value.clone();
    }
    OriginalRow { owner: None, columns: all.as_object().unwrap().clone() }
}

fn draft(columns: &Value) -> Draft {
    match read(&row(columns)) {
        Read::Draft(draft) => *draft,
        other => panic!("{other:?}"),
    }
}

fn account() -> AccountSid {
    "AC0123456789abcdef0123456789abcdef".parse().unwrap()
}

fn at_twilio() -> ProviderNumber {
    ProviderNumber {
        identity: ProviderIdentity { account: account(), number: SID.parse().unwrap() },
        phone_number: "+14152300101".parse().unwrap(),
        friendly_name: "old label".to_owned(),
        number_type: Some(NumberType::Local),
        capabilities: Capabilities { voice: true, ..Capabilities::default() },
        webhooks: WebhookUrls {
            voice_url: Some("https://old.example/".to_owned()),
            ..WebhookUrls::default()
        },
        date_created: now() - TimeDelta::days(200),
        date_updated: now() - TimeDelta::days(100),
    }
}

fn built(columns: &Value) -> Result<OldNumber, String> {
    let prices = PriceBook::embedded().unwrap();
    let terms = Terms { currency: Currency::USD, prices: &prices, now: now() };
    let business = ID.parse().unwrap();
    draft(columns).build(Some(&at_twilio()), &"ann".parse().unwrap(), &[business], &terms)
}

#[test]
fn twilio_says_what_a_number_is_and_the_original_whose() {
    let old = built(
        &json!({ "display_name": "Desk", "monthly_cost": 1.15, "purchase_date": "2026-01-31T09:00:00Z",
                             "business_id": ID, "is_primary": true, "notes": "n" }),
    )
    .unwrap();
    let NumberImport { number, order } = &old.import;
    assert_eq!((number.id.to_string().as_str(), number.phone_number.as_str()), (ID, "+14152300101"));
    assert_eq!(
        (number.webhooks.clone(), number.capabilities),
        (at_twilio().webhooks, at_twilio().capabilities)
    );
    assert!(number.is_primary && number.is_imported() && old.adjusted.is_empty());
    assert_eq!(number.purchased_at.to_rfc3339(), "2026-01-31T09:00:00+00:00");
    assert_eq!((number.monthly_cost.to_string().as_str(), old.priced_by), ("1.15 USD", PricedBy::Original));
    let order = order.as_ref().unwrap();
    assert_eq!(
        (order.charge.micros(), order.state, order.number),
        (0, OrderState::Completed, Some(number.id))
    );
}

#[test]
fn a_price_is_the_originals_or_the_price_files() {
    for (columns, price) in [
        (json!({ "monthly_cost": null }), Ok("1.50 USD")),
        (json!({ "monthly_cost": 0 }), Ok("1.50 USD")),
        (json!({ "monthly_cost": 90, "currency": "inr" }), Ok("90.00 INR")),
        (
            json!({ "currency": "inr" }),
            Err("the original has no price for it, and the price file none for US local in INR"),
        ),
        (json!({ "monthly_cost": -1 }), Err("its monthly cost is -1.00 USD")),
        (json!({ "monthly_cost": "free" }), Err("its monthly cost `free` is no amount")),
    ] {
        let built = built(&columns).map(|old| old.import.number.monthly_cost.to_string());
        assert_eq!(built, price.map(str::to_owned).map_err(str::to_owned), "{columns}");
    }
}

#[test]
fn months_are_counted_from_a_day_that_is_known() {
    let anchor = |columns: &Value| built(columns).unwrap().import.number.purchased_at;
    assert_eq!(anchor(&json!({})), at_twilio().date_created, "the day on which Twilio charges");
    assert_eq!(anchor(&json!({ "purchase_date": "2999-01-01" })), at_twilio().date_created);
    assert_eq!(anchor(&json!({ "created_at": "2026-02-01" })).to_rfc3339(), "2026-02-01T00:00:00+00:00");
}

#[test]
fn what_cannot_stay_as_it_was_is_said() {
    let other = "00000000-0000-4000-8000-00000000000f";
    let old =
        built(&json!({ "display_name": "x".repeat(65), "business_id": other, "is_primary": true })).unwrap();
    assert_eq!(old.import.number.display_name.as_str(), "+14152300101");
    assert_eq!((old.import.number.business, old.import.number.is_primary), (None, false));
    assert_eq!(old.adjusted.len(), 4, "price, business, primary, name: {:?}", old.adjusted);
    assert!(!built(&json!({ "status": "Inactive" })).unwrap().import.number.is_active);
}

#[test]
fn only_what_is_held_can_be_moved() {
    assert_eq!(read(&row(&json!({ "status": "released" }))), Read::GivenBack);
    assert!(matches!(read(&row(&json!({ "status": "pending" }))), Read::Left(_)));
    assert!(matches!(read(&row(&json!({ "phone_number": "12" }))), Read::Left(_)));
    assert!(matches!(read(&row(&json!({ "twilio_sid": "PN1" }))), Read::Left(_)));
    assert!(matches!(read(&row(&json!({ "id": 7 }))), Read::Left(_)));
    let place = |columns: &Value| draft(columns).place;
    let elsewhere = Place::Elsewhere { provider: "carrier".to_owned() };
    assert_eq!(place(&json!({ "provider": "carrier", "twilio_sid": null })), elsewhere);
    assert!(matches!(place(&json!({ "provider": "Twilio" })), Place::Twilio { sid: Some(_), .. }));
    assert!(matches!(place(&json!({ "twilio_sid": null })), Place::Twilio { sid: None, .. }));
}

#[test]
fn silence_and_absence_are_told_apart() {
    let draft = draft(&json!({}));
    let why =
        |sighted: Sighted| held(&draft, sighted, &account()).map(|held| held.friendly_name).unwrap_err();
    let other = ProviderNumber { phone_number: "+14152300199".parse().unwrap(), ..at_twilio() };
    assert!(why(Sighted::Held(Box::new(other))).contains("is +14152300199 at Twilio"));
    assert!(why(Sighted::Absent).contains("does not have it any more"));
    assert!(
        why(Sighted::Unanswered("timeout".to_owned())).contains("did not say whether it has it (timeout)")
    );
    assert!(why(Sighted::ElsewhereBy(account())).contains("it is on account"));
    assert!(held(&draft, Sighted::Held(Box::new(at_twilio())), &account()).is_ok());
}
