//! What operators decide at the dashboard, and that nobody else gets there.

mod numbers;
mod orders;
mod reconciliation;

use axum::http::StatusCode;

use crate::house::House;

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
