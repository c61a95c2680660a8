//! Browsers: which front ends may call, and what every answer tells a browser not to do.

use axum::http::StatusCode;

use crate::world::{Answer, Call, Key, World};

const FRONT_END: &str = "https://app.example.com";
const PATH: &str = "/api/numbers/purchase";

fn open_to_a_front_end() -> World {
    World { cors: &[FRONT_END, "http://localhost:5173"], ..World::new() }
}

fn preflight(origin: &str) -> Call {
    let headers = "authorization,content-type,idempotency-key,trunkline-user";
    Call::new("OPTIONS", PATH)
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", headers)
}

fn listed<'a>(answer: &'a Answer, name: &str) -> Vec<&'a str> {
    let mut list: Vec<_> = answer.header(name).unwrap_or_default().split(',').map(str::trim).collect();
    list.sort_unstable();
    list
}

#[tokio::test]
async fn a_listed_front_end_is_told_what_it_may_send() {
    for origin in [FRONT_END, "http://localhost:5173"] {
        let answer = open_to_a_front_end().answer(preflight(origin)).await;
        assert!(answer.status.is_success(), "{answer:?}");
        assert_eq!(answer.header("access-control-allow-origin"), Some(origin));
        assert_eq!(
            listed(&answer, "access-control-allow-methods"),
            ["DELETE", "GET", "PATCH", "POST", "PUT"]
        );
        let headers = ["authorization", "content-type", "idempotency-key", "trunkline-user"];
        assert_eq!(listed(&answer, "access-control-allow-headers"), headers);
        assert_eq!(answer.header("access-control-allow-credentials"), None);
        assert!(answer.header("access-control-max-age").is_some());
        assert!(answer.headers.get_all("vary").iter().any(|vary| vary.to_str().unwrap().contains("origin")));
    }
}

#[tokio::test]
async fn a_listed_front_end_reads_answers_and_refusals() {
    for (call, status) in [
        (Call::get("/healthz"), StatusCode::OK),
        (Call::get("/api/businesses"), StatusCode::UNAUTHORIZED),
        (Call::post(PATH, "{}").key(Key::Ann), StatusCode::BAD_REQUEST),
        (Call::get("/api/nowhere").key(Key::Ann), StatusCode::NOT_FOUND),
        // The wallet's mock is told nothing and panics.
        (Call::get("/api/wallet/balance").key(Key::Ann), StatusCode::INTERNAL_SERVER_ERROR),
    ] {
        let answer = open_to_a_front_end().answer(call.header("origin", FRONT_END)).await;
        assert_eq!(answer.status, status);
        assert_eq!(answer.header("access-control-allow-origin"), Some(FRONT_END), "{status}");
        let exposed = listed(&answer, "access-control-expose-headers");
        assert_eq!(exposed, ["location", "retry-after", "x-request-id"], "{status}");
    }
}

#[tokio::test]
async fn nobody_else_is_told_anything() {
    let strangers = [
        "https://evil.example.com",
        "http://app.example.com",
        "https://app.example.com:8443",
        "https://app.example.com.evil.example",
        "null",
        "*",
    ];
    for origin in strangers {
        for call in [preflight(origin), Call::get("/healthz").header("origin", origin)] {
            let answer = open_to_a_front_end().answer(call).await;
            assert_eq!(answer.header("access-control-allow-origin"), None, "{origin}");
        }
    }
}

#[tokio::test]
async fn without_a_list_there_is_no_cors() {
    let answer = World::new().answer(preflight(FRONT_END)).await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
    let answers = [answer, World::new().answer(Call::get("/healthz").header("origin", FRONT_END)).await];
    for answer in answers {
        assert!(answer.headers.keys().all(|name| !name.as_str().starts_with("access-control-")));
    }
}

#[tokio::test]
async fn every_answer_is_armoured() {
    let calls = || {
        [
            Call::get("/healthz"),
            Call::get("/api/businesses"),
            Call::get("/api/nowhere"),
            Call::new("PUT", "/api/numbers").key(Key::Ann),
            Call::get("/api/wallet/balance").key(Key::Ann),
            Call::new("POST", "/api/voice-agent/handle-call").form("CallSid=CA1"),
        ]
    };
    for call in calls() {
        let answer = World::new().answer(call).await;
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cache-control", "no-store"),
            ("x-frame-options", "DENY"),
            ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
            ("strict-transport-security", "max-age=31536000"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{name} of {}", answer.status);
        }
    }
    for public_url in [None, Some("http://localhost:8080")] {
        for call in calls() {
            let answer = World { public_url, ..World::new() }.answer(call).await;
            assert_eq!(answer.header("strict-transport-security"), None, "{public_url:?}");
        }
    }
}

const BROWSER: &str = "text/html,application/xhtml+xml,*/*;q=0.8";

/// Nobody who looks at a page is shown a document for programs; whoever asks the API is, whatever they accept.
#[tokio::test]
async fn a_problem_on_the_way_to_a_page_is_a_page() {
    let answer = World::new().answer(Call::get("/dashbord?b").header("accept", BROWSER)).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"));
    let id = answer.header("x-request-id").unwrap();
    assert!(answer.body.starts_with("<!doctype html>") && answer.body.contains(id), "{}", answer.body);
    for (path, accept) in [("/dashbord", "application/json"), ("/api/nowhere", BROWSER)] {
        let answer = World::new().answer(Call::get(path).header("accept", accept).key(Key::Ann)).await;
        assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{path}");
    }
}
