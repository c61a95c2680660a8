//! Recording a number that lives elsewhere.

use axum::http::StatusCode;
use trunkline_domain::{NumberId, NumberKind};
use trunkline_provisioning::port::{NumberFilter, NumberStore, Scope};

use crate::services::user;
use crate::world::{BAKERY, World};

const PATH: &str = "/dashboard/numbers/record";

fn recorded(address: &str) -> NumberId {
    let id = address.strip_prefix("/dashboard/numbers/").unwrap().strip_suffix("?done=recorded").unwrap();
    id.parse().unwrap()
}

#[tokio::test]
async fn a_number_is_recorded_once_however_often_the_form_is_sent() {
    let world = World::new().await;
    let form = world.look("ann", PATH).await;
    form.is(StatusCode::OK).says("nothing is charged for it").says("Bakery");
    assert_eq!(form.value("currency"), "USD");
    let bakery = BAKERY.to_string();
    let fields = [
        ("phoneNumber", "020 7946 0018"),
        ("countryCode", "GB"),
        ("displayName", " London "),
        ("provider", "BT"),
        ("businessId", &bakery),
        ("numberType", "vanity"),
        ("monthlyCost", "4,10"),
        ("currency", "GBP"),
        ("notes", "since 2009"),
    ];
    let first = world.submit("ann", PATH, &fields).await;
    let again = world.submit("ann", PATH, &fields).await;
    assert_eq!(first.leads_to(), again.leads_to());
    let stored = world.stored(recorded(first.leads_to())).await;
    assert_eq!((stored.phone_number.as_str(), stored.kind), ("+442079460018", NumberKind::Vanity));
    assert_eq!((stored.monthly_cost.to_string(), stored.business), ("4.10 GBP".to_owned(), Some(BAKERY)));
    let page = world.look("ann", first.leads_to()).await;
    page.says("The number is recorded. Nothing was charged.").says("Lives at BT").says("4.10 GBP");
    let all = world.store.numbers(&NumberFilter::of(Scope::User(user("ann")), 10)).await.unwrap();
    assert_eq!(all.total, 1);
}

#[tokio::test]
async fn mistakes_stand_at_their_fields_and_nothing_typed_is_lost() {
    let world = World::new().await;
    let fields =
        [("phoneNumber", "12"), ("displayName", "London"), ("provider", "Twilio"), ("notes", "<b>keep</b>")];
    let page = world.submit("ann", PATH, &fields).await;
    page.is(StatusCode::BAD_REQUEST).says("nothing was done").says("Not a phone number");
    assert_eq!((page.value("phoneNumber"), page.value("displayName")), ("12", "London"));
    assert!(page.html.contains("keep") && !page.html.contains("<b>keep"), "{}", page.html);

    let fields = [
        ("phoneNumber", "+442079460018"),
        ("displayName", "London"),
        ("provider", "BT"),
        ("monthlyCost", "a lot"),
    ];
    let page = world.submit("ann", PATH, &fields).await;
    page.is(StatusCode::BAD_REQUEST).says("This is not an amount, such as 4.10.");
    assert!(page.html.contains("id=\"monthlyCost-mistake\""));
    let all = world.store.numbers(&NumberFilter::of(Scope::Everyone, 10)).await.unwrap();
    assert_eq!(all.total, 0);
}

#[tokio::test]
async fn a_number_that_they_have_already_is_shown_to_them() {
    let world = World::new().await;
    let number = world.record("ann", "+442079460018", "London").await;
    let fields = [("phoneNumber", "+442079460018"), ("displayName", "Another name"), ("provider", "BT")];
    let page = world.submit("ann", PATH, &fields).await;
    page.is(StatusCode::CONFLICT).says("You have this number already.");
    assert!(page.html.contains(&format!("href=\"/dashboard/numbers/{}\"", number.id)));
    assert_eq!(page.value("displayName"), "Another name");
}
