//! Members of a business, to the real program: the owner's wallet pays, a member sees that business alone, and whoever is
//! removed is out from the answer on.

use reqwest::{Method, StatusCode};
use rstest::rstest;
use serde_json::{Value, json};

use crate::engine::Engine;
use crate::stage::{Stage, USER, make_key, purchase_body};

const MANAGER: &str = "mia";

struct Shop {
    stage: Stage,
    /// The manager's own key.
    manager: String,
    /// Two of the owner's: the first is shared.
    businesses: [String; 2],
}

impl Shop {
    async fn on(engine: Engine) -> Self {
        let stage = Stage::on(engine, "25.00", &[]).await;
        let manager = make_key(&stage.folder, &stage.place.url, &["--user", MANAGER]);
        let mut businesses = Vec::new();
        for name in ["Bakery", "Florist"] {
            let (status, made) =
                stage.ask(Method::POST, "/api/businesses", Some(json!({ "name": name }))).await;
            assert_eq!(status, StatusCode::CREATED, "{made}");
            businesses.push(made["business"]["id"].as_str().unwrap().to_owned());
        }
        Self { stage, manager, businesses: businesses.try_into().unwrap() }
    }

    async fn put(&self, role: &str) -> StatusCode {
        let path = format!("/api/businesses/{}/members/{MANAGER}", self.businesses[0]);
        self.stage.ask(Method::PUT, &path, Some(json!({ "role": role }))).await.0
    }

    async fn manager_asks(&self, method: Method, path: &str, body: Option<Value>) -> (StatusCode, Value) {
        self.stage.ask_as(&self.manager, method, path, body).await
    }

    fn body_for(&self, business: usize, nth: usize) -> Value {
        let mut body = purchase_body(&self.stage.free_number(nth));
        body["businessId"] = json!(self.businesses[business]);
        body
    }

    /// What the manager is answered who aims at these, one after the other.
    async fn codes(&self, paths: &[(Method, String)]) -> Vec<String> {
        let mut codes = Vec::new();
        for (method, path) in paths {
            let body = (*method == Method::PATCH).then(|| json!({ "notes": "x" }));
            let (status, answer) = self.manager_asks(method.clone(), path, body).await;
            codes.push(format!("{} {}", status.as_u16(), answer["code"].as_str().unwrap_or("ok")));
        }
        codes
    }
}

#[rstest]
#[tokio::test]
async fn a_member_has_the_owners_business_until_they_are_removed(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let shop = Shop::on(engine).await;
    let (stage, purchase) = (&shop.stage, "/api/numbers/purchase");
    let (status, _) = shop.manager_asks(Method::POST, purchase, Some(shop.body_for(0, 0))).await;
    assert_eq!(status, StatusCode::NOT_FOUND, "a stranger");
    assert_eq!((shop.put("manager").await, shop.put("manager").await), (StatusCode::CREATED, StatusCode::OK));

    // The owner pays, holds, and reads who it was.
    let key = [("Idempotency-Key", "mias")];
    let body = shop.body_for(0, 0);
    let bought = stage.ask_with(&shop.manager, Method::POST, purchase, Some(body.clone()), &key).await;
    assert_eq!(bought.0, StatusCode::OK, "{}", bought.1);
    let id = bought.1["number"]["id"].as_str().unwrap().to_owned();
    assert_eq!(bought.1["number"]["user_id"], USER);
    assert_eq!(stage.balance().await.0, "23.50");
    let again = stage.ask_with(&shop.manager, Method::POST, purchase, Some(body.clone()), &key).await;
    assert_eq!((again.0, &again.1["number"]["id"], stage.purchases_seen()), (StatusCode::OK, &json!(id), 1));
    let line = stage.get("/api/audit?action=order.open").await["lines"][0].clone();
    assert_eq!(
        (&line["actor"]["userId"], &line["actor"]["keyId"]),
        (&json!(MANAGER), &Value::Null),
        "{line}"
    );

    // The owner's other business and money stay out of sight.
    let elsewhere = stage.ask(Method::POST, purchase, Some(shop.body_for(1, 1))).await;
    let elsewhere = elsewhere.1["number"]["id"].as_str().unwrap().to_owned();
    let reach = [
        (Method::GET, format!("/api/numbers/{elsewhere}")),
        (Method::DELETE, format!("/api/numbers/{elsewhere}/release")),
        (Method::GET, format!("/api/businesses/{}", shop.businesses[1])),
        (Method::GET, format!("/api/wallet/balance?userId={USER}")),
        (Method::PATCH, format!("/api/numbers/{id}")),
    ];
    let expected =
        ["404 NUMBER_NOT_FOUND", "404 NUMBER_NOT_FOUND", "404 BUSINESS_NOT_FOUND", "403 FORBIDDEN", "200 ok"];
    assert_eq!(shop.codes(&reach).await, expected);
    let (_, list) = shop.manager_asks(Method::GET, &format!("/api/numbers?userId={USER}"), None).await;
    assert_eq!((&list["total"], &list["numbers"][0]["id"]), (&json!(1), &json!(id)));
    let (_, memberships) = shop.manager_asks(Method::GET, "/api/memberships", None).await;
    assert_eq!(memberships["memberships"][0]["ownerId"], USER, "{memberships}");

    // What they may only look at takes no number from them, and says so.
    let path = format!("/api/businesses/{}/members/{MANAGER}", shop.businesses[1]);
    assert_eq!(stage.ask(Method::PUT, &path, Some(json!({ "role": "viewer" }))).await.0, StatusCode::CREATED);
    let moved = Some(json!({ "businessId": shop.businesses[1] }));
    let (status, answer) = shop.manager_asks(Method::PATCH, &format!("/api/numbers/{id}"), moved).await;
    assert_eq!((status, &answer["code"]), (StatusCode::FORBIDDEN, &json!("FORBIDDEN")), "{answer}");
    assert_eq!(stage.ask(Method::DELETE, &path, None).await.0, StatusCode::OK);

    // A viewer looks.
    assert_eq!(shop.put("viewer").await, StatusCode::OK);
    let reach = [
        (Method::GET, format!("/api/numbers/{id}")),
        (Method::PATCH, format!("/api/numbers/{id}")),
        (Method::DELETE, format!("/api/numbers/{id}/release")),
    ];
    assert_eq!(shop.codes(&reach).await, ["200 ok", "403 FORBIDDEN", "403 FORBIDDEN"]);

    // Whoever is removed is out at once, with the old key too.
    let path = format!("/api/businesses/{}/members/{MANAGER}", shop.businesses[0]);
    assert_eq!(stage.ask(Method::DELETE, &path, None).await.0, StatusCode::OK);
    assert_eq!(shop.codes(&reach).await, ["404 NUMBER_NOT_FOUND"; 3]);
    let again = stage.ask_with(&shop.manager, Method::POST, purchase, Some(body), &key).await;
    assert_eq!((again.0, &again.1["code"]), (StatusCode::NOT_FOUND, &json!("BUSINESS_NOT_FOUND")));
    let (_, memberships) = shop.manager_asks(Method::GET, "/api/memberships", None).await;
    assert_eq!(memberships["memberships"], json!([]));
    let (status, answer) = stage.ask(Method::DELETE, &path, None).await;
    assert_eq!((status, &answer["code"]), (StatusCode::NOT_FOUND, &json!("MEMBER_NOT_FOUND")));
}
