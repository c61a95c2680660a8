//! What operators watch and decide.

mod audit;
mod customers;
mod numbers;
mod orders;
mod overview;
mod reconciliation;

use axum::http::{StatusCode, header};

use crate::house::House;

const PAGES: [&str; 7] = [
    "/operator",
    "/operator/balance",
    "/operator/alarms",
    "/operator/approvals",
    "/operator/users",
    "/operator/prices",
    "/operator/audit",
];

#[tokio::test]
async fn operators_alone_see_these_pages() {
    let house = House::without_stripe().await;
    for page in PAGES.into_iter().chain(["/operator/users/ann", "/operator/audit.csv"]) {
        assert_eq!(house.get("operator", page).await.status, StatusCode::OK, "{page}");
        let customer = house.get("ann", page).await;
        assert_eq!(customer.status, StatusCode::FORBIDDEN, "{page}");
        customer.says("Only operators of this service see this page");
        let stranger = house.get_as_a_stranger(page).await;
        assert_eq!(stranger.status, StatusCode::SEE_OTHER, "{page}");
        assert!(stranger.headers[header::LOCATION].to_str().unwrap().starts_with("/sign-in"), "{page}");
    }
    for page in ["/operator", "/operator/alarms", "/operator/approvals", "/operator/users/ann"] {
        let forged = house.post("ann", page, &[("do", "stop"), ("reason", "mine")]).await;
        assert_eq!(forged.status, StatusCode::FORBIDDEN, "{page}");
    }
}

#[tokio::test]
async fn everybody_begins_where_they_have_most_to_do() {
    let house = House::without_stripe().await;
    assert_eq!(house.get("operator", "/").await.leads_to(), "/operator");
    assert_eq!(house.get("ann", "/").await.leads_to(), "/dashboard/numbers");
    house.get("ann", "/dashboard/numbers").await.does_not_say("href=\"/operator\"");
    for page in [
        "/dashboard/funds",
        "/dashboard/numbers/buy",
        "/dashboard/numbers/record",
        "/dashboard/settings/limits",
    ] {
        let refused = house.get("operator", page).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{page}");
        refused.says("This is a page for customers");
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_on_a_page() {
    let house = House::without_stripe().await;
    for page in ["/operator/users/%ff", "/operator/orders?state=a&state=b"] {
        let refused = house.get("operator", page).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{page}");
        refused.says("<h1>").says("What your browser sent cannot be read, so nothing was done.");
    }
}

#[tokio::test]
async fn a_price_stands_with_what_is_left_of_it() {
    let house = House::without_stripe().await;
    let page = house.get("operator", "/operator/prices").await;
    page.says("United States").says("1.50\u{a0}USD").says("1.15\u{a0}USD").says("0.35\u{a0}USD (23 %)");
    page.says("Not known").says("nothing stops a price below it");
}

#[tokio::test]
async fn nobody_but_operators_gets_in() {
    let house = House::without_stripe().await;
    let id = "01890a5d-ac96-774b-bcce-b302099a8057";
    let (order, number) = (format!("/operator/orders/{id}"), format!("/operator/numbers/{id}"));
    for path in
        ["/operator/orders", order.as_str(), "/operator/reconciliation", "/operator/numbers", number.as_str()]
    {
        let seen = house.get("ann", path).await;
        assert_eq!(seen.status, StatusCode::FORBIDDEN, "{path}");
        seen.says("Only operators of this service see this page.");
        let next = path.replace('/', "%2F");
        assert_eq!(house.get_as_a_stranger(path).await.leads_to(), format!("/sign-in?next={next}"));
    }
    let decision = [("do", "void"), ("reason", "because")];
    for path in [order.as_str(), number.as_str(), "/operator/reconciliation"] {
        assert_eq!(house.post("ann", path, &decision).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    for path in [order.as_str(), number.as_str()] {
        assert_eq!(house.get("operator", path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}
