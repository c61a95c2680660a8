//! What the description says of requests, compared with what is read of them: which members a route asks for, which it
//! requires, which names and how much it takes. And every example of a body is read without a mistake.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};
use trunkline_domain::{ApiKeyId, BusinessId, Currency, NoticeId, PaymentId};

use super::document;
use crate::HttpSettings;
use crate::extract::{Fields, Input};
use crate::problem::Mistake;
use crate::routes::operator::{
    alarms, approvals, limits, numbers as held, orders as bought, reconciliations, sales, users as customers,
    wallet as books,
};
use crate::routes::{
    Page, audit, businesses, keys, members, notices, numbers, orders, payments, purchase, search, statements,
    top_ups, users, wallet,
};

/// Which members were asked for, and what was wrong with them.
type Read = fn(Map<String, Value>) -> (BTreeSet<String>, Vec<Mistake>);

fn read<T: Input>(members: Map<String, Value>) -> (BTreeSet<String>, Vec<Mistake>) {
    let mut fields = Fields::of_object(members);
    let _ = T::read(&mut fields, &HttpSettings::new(Currency::USD));
    fields.heard()
}

/// What reads the body of each operation that has one.
const BODIES: [(&str, Read); 29] = [
    ("addUser", read::<users::NewUser>),
    ("makeKey", read::<keys::NewKey>),
    ("rotateKey", read::<keys::Rotation>),
    ("putMember", read::<members::Standing>),
    ("approve", read::<approvals::Decision>),
    ("reject", read::<approvals::Decision>),
    ("addBusiness", read::<businesses::NewBusiness>),
    ("changeBusiness", read::<businesses::BusinessChange>),
    ("searchNumbers", read::<search::Search>),
    ("buyNumber", read::<purchase::Purchase>),
    ("recordNumber", read::<numbers::NewRecord>),
    ("changeNumber", read::<numbers::NumberChange>),
    ("creditWallet", read::<wallet::NewCredit>),
    ("createCheckoutSession", read::<payments::NewCheckout>),
    ("setUpAutoTopUp", read::<top_ups::NewTopUp>),
    ("changeAutoTopUp", read::<top_ups::TopUpChange>),
    ("replaceAlerts", read::<notices::NewAlerts>),
    ("endAlarm", read::<alarms::AlarmEnd>),
    ("replaceLimits", read::<limits::Replacement>),
    ("adoptNumber", read::<held::NewAdoption>),
    ("writeNumberOff", read::<held::NewWriteOff>),
    ("releaseReviewed", read::<held::ReviewEnd>),
    ("keepNumber", read::<held::ReviewEnd>),
    ("settleOrder", read::<bought::Settlement>),
    ("voidOrder", read::<bought::Voiding>),
    ("reconcile", read::<reconciliations::NewReconciliation>),
    ("stopSales", read::<sales::Switch>),
    ("startSales", read::<sales::Switch>),
    ("adjustWallet", read::<books::NewAdjustment>),
];

/// What reads the query of each operation that has one.
const QUERIES: [(&str, Read); 25] = [
    ("listKeys", read::<Page<ApiKeyId>>),
    ("listAudit", read::<audit::AuditQuery>),
    ("listBusinesses", read::<Page<BusinessId>>),
    ("listMemberships", read::<Page<BusinessId>>),
    ("listApprovals", read::<approvals::ApprovalQuery>),
    ("listNumbers", read::<numbers::NumberQuery>),
    ("listOrders", read::<orders::OrderQuery>),
    ("showBalance", read::<wallet::BalanceQuery>),
    ("listPayments", read::<Page<PaymentId>>),
    ("listWallets", read::<wallet::WhoseQuery>),
    ("showOwnLimits", read::<wallet::WhoseQuery>),
    ("listTransactions", read::<wallet::TransactionQuery>),
    ("listStatements", read::<statements::StatementListQuery>),
    ("showStatement", read::<statements::StatementQuery>),
    ("showAlerts", read::<wallet::BalanceQuery>),
    ("showAutoTopUp", read::<wallet::BalanceQuery>),
    ("removeAutoTopUp", read::<wallet::BalanceQuery>),
    ("listNotices", read::<Page<NoticeId>>),
    ("listAlarms", read::<alarms::AlarmQuery>),
    ("listUsers", read::<customers::UserQuery>),
    ("showSales", read::<sales::SalesQuery>),
    ("listOperatorNumbers", read::<held::OperatorNumberQuery>),
    ("listOperatorOrders", read::<bought::OperatorOrderQuery>),
    ("listReconciliations", read::<reconciliations::ReportQuery>),
    ("showWallet", read::<books::CurrencyQuery>),
];

/// Members whose length is checked by the service behind the route.
const CHECKED_LATER: [(&str, &str); 2] = [("makeKey", "name"), ("creditWallet", "reason")];

/// What an operation takes, by name, and which of it is required.
#[derive(Default)]
struct Taken {
    members: BTreeMap<String, Value>,
    required: BTreeSet<String>,
    example: Option<Value>,
}

fn resolved<'d>(document: &'d Value, schema: &'d Value) -> &'d Value {
    if let Some(reference) = schema["$ref"].as_str() {
        return resolved(document, document.pointer(reference.trim_start_matches('#')).unwrap());
    }
    match schema["oneOf"].as_array() {
        Some(choice) if choice.len() == 2 && choice[1]["type"] == "null" => resolved(document, &choice[0]),
        _ => schema,
    }
}

/// Bodies and queries by operation, out of the document.
fn described() -> (Value, BTreeMap<String, Taken>, BTreeMap<String, Taken>) {
    let document = serde_json::to_value(document()).unwrap();
    let (mut bodies, mut queries) = (BTreeMap::new(), BTreeMap::new());
    let items = document["paths"].as_object().unwrap().values();
    for operation in items.flat_map(|item| item.as_object().unwrap().values()) {
        let id = operation["operationId"].as_str().unwrap();
        let content = &operation["requestBody"]["content"]["application/json"];
        // What a webhook sends is Stripe's, and is read after its signature.
        if content.is_object() && id != "handlePaymentEvent" {
            let schema = resolved(&document, &content["schema"]);
            let member =
                |(name, schema): (&String, &Value)| (name.clone(), resolved(&document, schema).clone());
            let required = schema["required"].as_array().into_iter().flatten();
            bodies.insert(
                id.to_owned(),
                Taken {
                    members: schema["properties"].as_object().unwrap().iter().map(member).collect(),
                    required: required.map(|name| name.as_str().unwrap().to_owned()).collect(),
                    example: content.get("example").cloned(),
                },
            );
        }
        for parameter in
            operation["parameters"].as_array().into_iter().flatten().filter(|p| p["in"] == "query")
        {
            let taken: &mut Taken = queries.entry(id.to_owned()).or_default();
            let (name, schema) = (parameter["name"].as_str().unwrap(), &parameter["schema"]);
            taken.members.insert(name.to_owned(), resolved(&document, schema).clone());
        }
    }
    (document, bodies, queries)
}

/// Values that a schema takes, and values that it just does not take.
fn samples(schema: &Value) -> (Vec<Value>, Vec<Value>) {
    if let Some(names) = schema["enum"].as_array().filter(|_| schema["type"] == "string") {
        return (names.clone(), vec![json!("no-such-name")]);
    }
    if let (Some(least), Some(most)) = (schema["minimum"].as_u64(), schema["maximum"].as_u64()) {
        let below = least.checked_sub(1).map(|below| json!(below));
        return (vec![json!(least), json!(most)], below.into_iter().chain([json!(most + 1)]).collect());
    }
    match schema["maxLength"].as_u64().and_then(|most| usize::try_from(most).ok()) {
        Some(most) if schema["pattern"].is_null() => {
            (vec![json!("a".repeat(most))], vec![json!("a".repeat(most + 1))])
        }
        _ => (Vec::new(), Vec::new()),
    }
}

fn compare(read_by: &[(&str, Read)], described: &BTreeMap<String, Taken>) {
    let named: BTreeSet<&str> = read_by.iter().map(|(id, _)| *id).collect();
    assert_eq!(described.keys().map(String::as_str).collect::<BTreeSet<_>>(), named);
    for (id, read) in read_by {
        let taken = &described[*id];
        let (asked, mistakes) = read(Map::new());
        assert_eq!(
            asked,
            taken.members.keys().cloned().collect(),
            "{id} asks for other members than are described"
        );
        let required = mistakes.iter().filter(|mistake| mistake.message == "is required");
        assert_eq!(
            required.map(|mistake| mistake.field.clone()).collect::<BTreeSet<_>>(),
            taken.required,
            "{id}"
        );
        for (name, schema) in &taken.members {
            let complaint = |value: &Value| {
                let (_, mistakes) = read([(name.clone(), value.clone())].into_iter().collect());
                mistakes.into_iter().find(|mistake| mistake.field == *name)
            };
            let (good, bad) = samples(schema);
            for value in good {
                assert_eq!(complaint(&value), None, "{id} refuses {value}, which is described");
            }
            for value in bad.iter().filter(|_| !CHECKED_LATER.contains(&(id, name))) {
                assert!(complaint(value).is_some(), "{id} takes {value} as {name}, which is not described");
            }
        }
    }
}

#[test]
fn what_is_described_of_bodies_is_what_is_read() {
    let (_, bodies, _) = described();
    compare(&BODIES, &bodies);
}

#[test]
fn what_is_described_of_queries_is_what_is_read() {
    let (_, _, queries) = described();
    compare(&QUERIES, &queries);
}

#[test]
fn every_body_has_an_example_that_is_read_without_a_mistake() {
    let (_, bodies, _) = described();
    for (id, read) in BODIES {
        let example = bodies[id].example.as_ref().and_then(Value::as_object);
        let example = example.unwrap_or_else(|| panic!("{id} has no example of its body")).clone();
        let (_, mistakes) = read(example);
        assert!(mistakes.is_empty(), "{id}: {mistakes:?}");
    }
}
