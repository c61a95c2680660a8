//! Somebody whom nobody knows: they are led to where one signs in, and counted by their address.

use axum::http::StatusCode;

use crate::house::House;

#[tokio::test]
async fn whom_nobody_knows_is_led_to_the_sign_in() {
    let house = House::without_stripe().await;
    for (path, next) in [
        ("/dashboard/funds?currency=USD", "/sign-in?next=%2Fdashboard%2Ffunds%3Fcurrency%3DUSD"),
        ("/dashboard/settings/keys", "/sign-in?next=%2Fdashboard%2Fsettings%2Fkeys"),
    ] {
        assert_eq!(house.get_as_a_stranger(path).await.leads_to(), next);
    }
}

#[tokio::test]
async fn who_asks_again_and_again_waits_and_nobody_else_does() {
    let house = House::without_stripe().await;
    let mut answers = 0;
    while house.get_as_a_stranger("/sign-in").await.status == StatusCode::OK {
        answers += 1;
        assert!(answers < 1_000, "strangers are not counted");
    }
    let refused = house.get_as_a_stranger("/sign-in").await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(house.get("ann", "/dashboard/funds").await.status, StatusCode::OK);
}
