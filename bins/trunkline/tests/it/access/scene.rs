//! The callers, and the things of one owner that they ask for.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use chrono::{TimeDelta, Utc};
use reqwest::Method;
use serde_json::{Value, json};
use trunkline_stripe_sim::Simulator;

use super::rows::{Aim, Row};
use crate::payments::till::Till;
use crate::stage::{Stage, USER, make_key};

const STRANGER: &str = "mallory";
const MANAGER: &str = "mia";
const VIEWER: &str = "vera";
const REMOVED: &str = "rudi";

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Who {
    /// Without credentials.
    Nobody,
    /// With a key that was never made.
    Garbage,
    /// With a key of the owner's that has ended.
    Expired,
    /// With one that was revoked.
    Revoked,
    /// Whoever may, with a key for everything but what the route needs.
    Lacking,
    /// The user whose things they are.
    Owner,
    /// A manager of the owner's business.
    Manager,
    /// A viewer of it.
    Viewer,
    /// Who was its manager a moment ago.
    Removed,
    /// Another user.
    Stranger,
    /// A service, for the owner.
    Service,
    /// The same service, for the stranger.
    Elsewhere,
    /// An operator, who names the owner.
    Operator,
}

impl Who {
    pub(super) const ALL: [Self; 13] = [
        Self::Nobody,
        Self::Garbage,
        Self::Expired,
        Self::Revoked,
        Self::Lacking,
        Self::Owner,
        Self::Manager,
        Self::Viewer,
        Self::Removed,
        Self::Stranger,
        Self::Service,
        Self::Elsewhere,
        Self::Operator,
    ];
}

/// What a path is about; all of it is the owner's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Object {
    Nothing,
    /// An API key.
    Key,
    /// A business with a manager and a viewer.
    Business,
    /// Somebody else in such a business.
    Member,
    /// A number in the business that lives elsewhere.
    Number,
    /// A number in the business that was bought here.
    Bought,
    /// The order of it.
    Order,
    /// The owner.
    User,
    /// A number that somebody bought in Twilio's console.
    Foreign,
    /// A credit that waits for a second operator; the operator here has asked for it.
    Approval,
    /// A payment that can still be paid.
    Payment,
    /// The running month.
    Month,
}

impl Object {
    const ALL: [Self; 12] = [
        Self::Nothing,
        Self::Key,
        Self::Business,
        Self::Member,
        Self::Number,
        Self::Bought,
        Self::Order,
        Self::User,
        Self::Foreign,
        Self::Approval,
        Self::Payment,
        Self::Month,
    ];
}

/// What stands in a path for its parameters.
pub(super) type Target = Vec<(&'static str, String)>;

/// A server with everybody and everything.
pub(super) struct Scene {
    pub(super) stage: Stage,
    _stripe: Simulator,
    /// The business that the manager and the viewer are in.
    pub(super) business: String,
    order: String,
    bought: String,
    keys: BTreeMap<Who, String>,
    /// Keys that lack a scope each.
    lacking: BTreeMap<&'static str, String>,
    shared: BTreeMap<Object, Target>,
    counter: AtomicUsize,
}

impl Scene {
    pub(super) async fn new(till: Till) -> Self {
        let Till { stage, stripe } = till;
        let keys = Self::keys(&stage).await;
        let lacking = Self::lacking(&stage);
        let mut scene = Self {
            stage,
            _stripe: stripe,
            business: String::new(),
            order: String::new(),
            bought: String::new(),
            keys,
            lacking,
            shared: BTreeMap::new(),
            counter: AtomicUsize::new(0),
        };
        scene.business = scene.staffed_business().await;
        let purchase = json!({
            "phoneNumber": scene.for_sale(), "displayName": "Front desk", "businessId": scene.business,
        });
        let bought = scene.done(Method::POST, "/api/numbers/purchase", purchase).await;
        scene.bought = bought["number"]["id"].as_str().unwrap().to_owned();
        let orders = scene.stage.get("/api/orders").await;
        scene.order = orders["orders"][0]["id"].as_str().unwrap().to_owned();
        for object in Object::ALL {
            let target = scene.fresh(object).await;
            scene.shared.insert(object, target);
        }
        scene
    }

    async fn keys(stage: &Stage) -> BTreeMap<Who, String> {
        let key = |holder: &[&str]| make_key(&stage.folder, &stage.place.url, holder);
        let service = key(&["--service"]);
        let mut keys = BTreeMap::from([
            (Who::Owner, stage.user.clone()),
            (Who::Operator, stage.operator.clone()),
            (Who::Service, service.clone()),
            (Who::Elsewhere, service),
        ]);
        for (who, user) in [
            (Who::Manager, MANAGER),
            (Who::Viewer, VIEWER),
            (Who::Removed, REMOVED),
            (Who::Stranger, STRANGER),
        ] {
            keys.insert(who, key(&["--user", user]));
        }
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let soon = Utc::now() + TimeDelta::seconds(2);
        let (_, ending) =
            stage.ask(Method::POST, "/api/keys", Some(json!({ "expiresAt": soon.to_rfc3339() }))).await;
        let (_, revoked) = stage.ask(Method::POST, "/api/keys", Some(json!({}))).await;
        keys.insert(Who::Expired, text(&ending["secret"]));
        keys.insert(Who::Revoked, text(&revoked["secret"]));
        let path = format!("/api/keys/{}", text(&revoked["key"]["id"]));
        assert_eq!(stage.ask(Method::DELETE, &path, None).await.0, 200);
        // What was never made looks like a key; the last characters of one that was made are changed.
        let mut garbage = stage.user.clone();
        let last = if garbage.ends_with('A') { "B" } else { "A" };
        garbage.replace_range(garbage.len() - 1.., last);
        keys.insert(Who::Garbage, garbage);
        while stage.ask_as(&keys[&Who::Expired], Method::GET, "/api/pricing", None).await.0 != 401 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        keys
    }

    fn lacking(stage: &Stage) -> BTreeMap<&'static str, String> {
        let kinds = [
            (&["--user", USER][..], &["read", "manage", "trade", "keys"][..]),
            (&["--service"], &["users"]),
            (&["--operator"], &["credit", "operate"]),
        ];
        let mut lacking = BTreeMap::new();
        for (holder, scopes) in kinds {
            for scope in scopes {
                let others: &[&str] = match holder[0] {
                    "--user" => &["read", "manage", "trade", "keys"],
                    "--service" => &["read", "manage", "trade", "keys", "users"],
                    _ => &["read", "manage", "keys", "users", "credit", "operate"],
                };
                let mut arguments = holder.to_vec();
                arguments.extend(others.iter().filter(|other| *other != scope).flat_map(|o| ["--scope", *o]));
                lacking.insert(*scope, make_key(&stage.folder, &stage.place.url, &arguments));
            }
        }
        lacking
    }

    /// What everybody who is refused asks for.
    pub(super) fn shared(&self, object: Object) -> &Target {
        &self.shared[&object]
    }

    /// One of its own for somebody who is not refused.
    pub(super) async fn fresh(&self, object: Object) -> Target {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        match object {
            Object::Nothing => vec![],
            Object::Key => {
                let made = self.done(Method::POST, "/api/keys", json!({})).await;
                vec![("{id}", text(&made["key"]["id"]))]
            }
            Object::Business => vec![("{id}", self.staffed_business().await)],
            Object::Member => {
                let member = self.next("member");
                self.put_member(&self.business, &member, "manager").await;
                vec![("{id}", self.business.clone()), ("{userId}", member)]
            }
            Object::Number => {
                let number = self.done(Method::POST, "/api/numbers", self.record()).await;
                let id = text(&number["number"]["id"]);
                vec![("{id}", id.clone()), ("{name}", id)]
            }
            Object::Bought => vec![("{name}", self.bought.clone())],
            Object::Order => vec![("{id}", self.order.clone())],
            Object::User => vec![("{id}", USER.to_owned()), ("{userId}", USER.to_owned())],
            Object::Foreign => vec![("numberSid", self.foreign().await)],
            Object::Approval => vec![("{id}", self.approval().await)],
            Object::Payment => {
                let path = "/api/payment/create-checkout-session";
                let opened = self.done(Method::POST, path, json!({ "amount": 5, "currency": "USD" })).await;
                vec![("{id}", text(&opened["paymentId"]))]
            }
            Object::Month => vec![("{month}", Utc::now().format("%Y-%m").to_string())],
        }
    }

    /// A business with a manager, a viewer, and somebody who was its manager.
    async fn staffed_business(&self) -> String {
        let made = self.done(Method::POST, "/api/businesses", json!({ "name": "Corner Bakery" })).await;
        let id = made["business"]["id"].as_str().unwrap().to_owned();
        for (member, role) in [(MANAGER, "manager"), (VIEWER, "viewer"), (REMOVED, "manager")] {
            self.put_member(&id, member, role).await;
        }
        let removed = format!("/api/businesses/{id}/members/{REMOVED}");
        assert_eq!(self.stage.ask(Method::DELETE, &removed, None).await.0, 200);
        id
    }

    async fn put_member(&self, business: &str, member: &str, role: &str) {
        let path = format!("/api/businesses/{business}/members/{member}");
        self.done(Method::PUT, &path, json!({ "role": role })).await;
    }

    /// A credit above the sum for which one operator is enough.
    async fn approval(&self) -> String {
        let credit = json!({ "userId": USER, "amount": 2000, "currency": "USD", "reason": "for the test" });
        let (status, answer) =
            self.stage.ask_as(&self.stage.operator, Method::POST, "/api/wallet/credits", Some(credit)).await;
        assert_eq!(status, 202, "{answer}");
        answer["approval"]["id"].as_str().unwrap().to_owned()
    }

    /// What the owner does and may do.
    async fn done(&self, method: Method, path: &str, body: Value) -> Value {
        let (status, answer) = self.stage.ask(method, path, Some(body)).await;
        assert!(status.is_success(), "{path}: {answer}");
        answer
    }

    /// A name that was not used before.
    pub(super) fn next(&self, what: &str) -> String {
        format!("{what}-{}", self.counter.fetch_add(1, Ordering::Relaxed))
    }

    /// A number that Twilio has for sale, another one each time.
    pub(super) fn for_sale(&self) -> String {
        self.stage.free_number(self.counter.fetch_add(1, Ordering::Relaxed) % 20)
    }

    /// The body that records a number which lives elsewhere, another one each time.
    pub(super) fn record(&self) -> Value {
        let line = self.counter.fetch_add(1, Ordering::Relaxed);
        json!({
            "phoneNumber": format!("+1212736{line:04}"),
            "displayName": "Elsewhere",
            "businessId": self.business,
            "provider": "other",
        })
    }

    /// A number that somebody bought in Twilio's console.
    async fn foreign(&self) -> String {
        let number = self.for_sale();
        self.stage.buy_at_twilio(&number, "bought by hand").await;
        let owned = self.stage.twilio().owned();
        owned.into_iter().find(|owned| owned.phone_number == number).unwrap().sid
    }

    /// The answer to somebody: its status, and its text without what differs between any two answers.
    pub(super) async fn ask(&self, row: &Row, who: Who, target: &Target) -> (u16, String) {
        let mut path = row.path.to_owned();
        for (parameter, value) in target {
            path = path.replace(parameter, value);
        }
        if row.aim == Aim::Query {
            path = format!("{path}?userId={USER}");
        }
        let key = match who {
            Who::Nobody => None,
            Who::Lacking => Some(row.needs.map_or(&self.stage.user, |scope| &self.lacking[scope])),
            _ => Some(&self.keys[&who]),
        };
        let named = match who {
            Who::Service | Who::Operator => Some(USER),
            Who::Elsewhere => Some(STRANGER),
            // A key of a service or an operator that lacks a scope is refused for that, whomever it names.
            _ => None,
        };
        let (status, mut body) =
            self.stage.send(key.map(String::as_str), named, &row.method, &path, row.body(self, target)).await;
        if let Some(body) = body.as_object_mut() {
            body.remove("requestId");
        }
        let mut text = body.to_string();
        for (_, value) in target {
            text = text.replace(value, "ID");
        }
        (status, text)
    }

    /// What every table has, without what changes by itself: when keys were last used, and how far the watch over balances has
    /// looked.
    pub(super) fn fingerprint(&self) -> BTreeSet<String> {
        let tables = "SELECT tablename || ' ' || md5(query_to_xml(format(
                          'SELECT to_jsonb(t) - ''last_used_at'' FROM trunkline.%I t ORDER BY 1', tablename),
                          true, false, '')::text)
                      FROM pg_tables
                      WHERE schemaname = 'trunkline' AND tablename NOT IN ('wallet_moved', 'wallet_watch')";
        self.stage.place.run(&[tables]).lines().map(str::to_owned).collect()
    }
}
