//! The description of the API against the routes: every answer of every test here has to be one that it has.
//!
//! The check is stricter than clients need to be: a member that the description does not name is a mistake, too.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use axum::http::{Method, StatusCode};
use jsonschema::{Draft, Validator};
use serde_json::{Map, Value, json};
use trunkline_http::{ErrorCode, api_description};

use crate::world::{Answer, Call, World};

/// The headers on which clients act, so that they have to be described where they are sent.
const HEADERS: [(&str, &str); 3] =
    [("location", "Location"), ("retry-after", "Retry-After"), ("www-authenticate", "WWW-Authenticate")];

/// The codes of paths that are not described, since there are none.
const OF_NO_OPERATION: [ErrorCode; 2] = [ErrorCode::NotFound, ErrorCode::MethodNotAllowed];

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(&api_description()).unwrap());

/// The components, with no object open to members that it does not name.
static STRICT: LazyLock<Value> = LazyLock::new(|| {
    let mut components = DOCUMENT["components"].clone();
    close(&mut components);
    components
});

fn close(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.values_mut().for_each(close);
            if members.contains_key("properties") && members["type"] == "object" {
                members.entry("additionalProperties").or_insert(Value::Bool(false));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn document() -> &'static Value {
    &DOCUMENT
}

/// An operation of the description, with its path and its method in small letters.
fn operations() -> impl Iterator<Item = (&'static str, &'static str, &'static Value)> {
    let paths = DOCUMENT["paths"].as_object().unwrap().iter();
    paths.flat_map(|(path, item)| {
        let item = item.as_object().unwrap().iter();
        item.map(move |(method, operation)| (path.as_str(), method.as_str(), operation))
    })
}

/// The operation that answers a request.
fn operation(method: &Method, path: &str) -> Option<&'static Value> {
    let method = method.as_str().to_ascii_lowercase();
    let fits = |template: &str| {
        let (parts, asked) = (template.split('/'), path.split('/'));
        parts.clone().count() == asked.clone().count()
            && parts.zip(asked).all(|(part, asked)| part.starts_with('{') || part == asked)
    };
    // The literal path comes before the one with a parameter, as in the router.
    let mut templates: Vec<_> =
        DOCUMENT["paths"].as_object().unwrap().keys().filter(|path| fits(path)).collect();
    templates.sort_by_key(|template| template.contains('{'));
    DOCUMENT["paths"][templates.first()?.as_str()].get(method)
}

fn resolved(value: &'static Value) -> &'static Value {
    match value["$ref"].as_str() {
        Some(reference) => DOCUMENT.pointer(reference.trim_start_matches('#')).unwrap(),
        None => value,
    }
}

/// Collects the schemas that a schema refers to, and those that they refer to.
fn collect(value: &Value, schemas: &mut Map<String, Value>) {
    match value {
        Value::Object(members) => {
            let name = members.get("$ref").and_then(Value::as_str);
            if let Some(name) = name.and_then(|reference| reference.strip_prefix("#/components/schemas/"))
                && !schemas.contains_key(name)
            {
                let schema = &STRICT["schemas"][name];
                schemas.insert(name.to_owned(), schema.clone());
                collect(schema, schemas);
            }
            members.values().for_each(|member| collect(member, schemas));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, schemas)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// What validates against a schema of the document. It holds no more of the document than it needs: tests make many.
fn validator(schema: &Value) -> Validator {
    let mut schemas = Map::new();
    collect(schema, &mut schemas);
    let mut root = Map::new();
    root.insert("allOf".to_owned(), json!([schema]));
    root.insert("components".to_owned(), json!({ "schemas": schemas }));
    let options = jsonschema::options().with_draft(Draft::Draft202012).should_validate_formats(true);
    options.build(&Value::Object(root)).unwrap()
}

/// Panics if the description does not have this answer to this request.
pub(crate) fn check(method: &Method, path: &str, answer: &Answer) {
    let Some(operation) = operation(method, path) else { return };
    let asked = format!("{method} {path} answers {}", answer.status);
    let response = operation["responses"].get(answer.status.as_str());
    let response =
        resolved(response.unwrap_or_else(|| panic!("{asked}, which is not described: {}", answer.body)));
    for (sent, described) in HEADERS {
        let known = response["headers"].get(described).is_some();
        assert!(answer.header(sent).is_none() || known, "{asked}, and {described} is not described");
    }
    let Some(content) = response["content"].as_object() else {
        assert_eq!(answer.body, "", "{asked}");
        return;
    };
    let kind = answer.header("content-type").unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default();
    let schema = content.get(kind).unwrap_or_else(|| panic!("{asked} as {kind:?}, which is not described"));
    if kind.ends_with("json") {
        let body = answer.json();
        let mistakes: Vec<_> = validator(&schema["schema"])
            .iter_errors(&body)
            .map(|error| format!("{} at {}", error, error.instance_path()))
            .collect();
        assert!(mistakes.is_empty(), "{asked} otherwise than described: {mistakes:#?}\n{}", answer.body);
    }
}

#[test]
fn every_code_is_an_answer_to_something_with_its_status() {
    let mut described = BTreeSet::new();
    for (path, method, operation) in operations() {
        for (status, response) in operation["responses"].as_object().unwrap() {
            let response = resolved(response);
            let schema = &response["content"]["application/problem+json"]["schema"];
            let codes = schema["allOf"][1]["properties"]["code"]["enum"].as_array().cloned();
            for code in codes.unwrap_or_default() {
                let code = ErrorCode::ALL.iter().find(|known| code == known.as_str()).unwrap();
                assert_eq!(code.status().as_str(), status, "{method} {path}: {}", code.as_str());
                described.insert(*code);
            }
        }
    }
    // They are no failures, so they have bodies of their own.
    described.extend([ErrorCode::OrderPending, ErrorCode::ApprovalRequired]);
    let missing = ErrorCode::ALL.iter().filter(|code| !described.contains(code)).copied();
    assert_eq!(missing.collect::<Vec<_>>(), OF_NO_OPERATION);
}

#[test]
fn every_operation_has_a_name_of_its_own_and_says_what_it_is() {
    let mut names = BTreeSet::new();
    for (path, method, operation) in operations() {
        let name = operation["operationId"].as_str().unwrap();
        assert!(names.insert(name), "{name} is the name of two operations");
        assert!(operation["summary"].is_string() && operation["tags"][0].is_string(), "{method} {path}");
    }
}

/// Whoever looks for what has changed looks at the file; whoever has no server generates a client from it.
#[test]
fn the_document_in_the_repository_is_this_one() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
    let kept = std::fs::read_to_string(file).unwrap_or_default();
    let is_same = kept.trim_end() == api_description();
    assert!(
        is_same,
        "docs/openapi.json is another description. Make it again: trunkline openapi > docs/openapi.json"
    );
}

#[tokio::test]
async fn the_document_is_open_to_everybody_and_the_same_as_the_command_prints() {
    let answer = World::new().answer(Call::get("/api/openapi.json")).await;
    assert_eq!((answer.status, &answer.json()), (StatusCode::OK, document()));
    assert_eq!(answer.json()["openapi"], "3.1.0");
}

/// The pages load nothing from anywhere else, and their policy says so to the browser.
#[tokio::test]
async fn the_pages_are_served_whole_and_may_load_nothing_from_elsewhere() {
    let front = World::new().answer(Call::get("/api/docs")).await;
    assert_eq!(
        (front.status, front.header("location")),
        (StatusCode::PERMANENT_REDIRECT, Some("/api/docs/"))
    );
    let index = World::new().answer(Call::get("/api/docs/")).await;
    assert_eq!(index.header("content-type"), Some("text/html"));
    let policy = index.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'") && policy.contains("script-src 'self';"), "{policy}");
    assert!(!index.body.contains("https://") && !index.body.contains("http://"), "{}", index.body);
    for loaded in
        index.body.split(['"', '\'']).filter(|text| [".js", ".css"].iter().any(|end| text.ends_with(end)))
    {
        let path = format!("/api/docs/{}", loaded.trim_start_matches("./"));
        assert_eq!(World::new().answer(Call::get(&path)).await.status, StatusCode::OK, "{path}");
    }
    let settings = World::new().answer(Call::get("/api/docs/swagger-initializer.js")).await;
    assert!(settings.body.contains("../openapi.json"), "{}", settings.body);
    let nothing = World::new().answer(Call::get("/api/docs/../secret")).await;
    assert_eq!((nothing.status, nothing.code().as_str()), (StatusCode::NOT_FOUND, "NOT_FOUND"));
}

/// The examples of bodies are read by what reads the bodies (`description/agreement.rs`); here they, and those of answers,
/// are what their schemas say.
#[test]
fn every_example_is_what_its_schema_says() {
    let mut seen = 0;
    for (path, method, operation) in operations() {
        let answers = operation["responses"].as_object().unwrap().values().map(resolved);
        for content in
            answers.chain([&operation["requestBody"]]).map(|part| &part["content"]["application/json"])
        {
            let Some(example) = content.get("example") else { continue };
            let errors =
                validator(&content["schema"]).iter_errors(example).map(|e| e.to_string()).collect::<Vec<_>>();
            assert!(errors.is_empty(), "{method} {path}: {errors:#?}");
            seen += 1;
        }
    }
    assert!(seen > 40, "{seen} examples");
}
