//! Lists and their pages.

use serde_json::json;

use crate::bench::{Bench, column};

#[tokio::test]
async fn pages_follow_one_another_newest_first() {
    let bench = Bench::start().await;
    let mut made = Vec::new();
    for _ in 0..12 {
        made.push(bench.session().await);
    }
    made.reverse();
    let first = bench.found("/v1/checkout/sessions").await;
    assert_eq!((&first["object"], &first["has_more"]), (&json!("list"), &json!(true)));
    assert_eq!(column(&first, "id"), made[..10]);
    let rest = bench.found(&format!("/v1/checkout/sessions?limit=5&starting_after={}", made[9])).await;
    assert_eq!((column(&rest, "id").as_slice(), &rest["has_more"]), (&made[10..], &json!(false)));
    let before = bench.found(&format!("/v1/checkout/sessions?limit=2&ending_before={}", made[4])).await;
    assert_eq!((column(&before, "id").as_slice(), &before["has_more"]), (&made[2..4], &json!(true)));
    for wrong in ["limit=0", "limit=101", "starting_after=cs_test_1", "limit=ten"] {
        let refused = bench.get(&format!("/v1/checkout/sessions?{wrong}")).await;
        assert_eq!(refused.status, 400, "{wrong}");
    }
}

#[tokio::test]
async fn lists_are_narrowed() {
    let bench = Bench::start().await;
    let early = bench.session().await;
    let long_ago = bench.admin.now();
    bench.admin.advance(3_600_000);
    let intent = bench.paid().await;
    let ids = |path: String| {
        let bench = &bench;
        async move { column(&bench.found(&path).await, "id") }
    };
    assert_eq!(ids(format!("/v1/checkout/sessions?created[lte]={long_ago}")).await, [early.as_str()]);
    assert_eq!(ids("/v1/checkout/sessions?status=open".to_owned()).await, [early.as_str()]);
    assert_eq!(
        ids(format!("/v1/checkout/sessions?created[gt]={long_ago}&payment_intent={intent}")).await.len(),
        1
    );
    assert_eq!(ids(format!("/v1/payment_intents?created[gte]={long_ago}")).await, [intent.as_str()]);
    assert_eq!(ids("/v1/events?type=payment_intent.succeeded".to_owned()).await.len(), 1);
    assert_eq!(
        ids("/v1/events?types[]=payment_intent.succeeded&types[]=charge.refunded".to_owned()).await.len(),
        1
    );
    let path = "/v1/checkout/sessions?status=complete&expand[]=data.payment_intent&expand[]=data.line_items";
    let expanded = bench.found(path).await;
    assert_eq!(expanded["data"][0]["payment_intent"]["id"], intent);
    assert_eq!(expanded["data"][0]["line_items"]["data"][0]["amount_total"], 2500);
}
