//! A webhook endpoint that writes down what it gets.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use serde_json::Value;

use crate::bench::text;

pub(crate) struct Endpoint {
    pub(crate) url: String,
    got: Arc<Got>,
}

#[derive(Default)]
struct Got {
    letters: Mutex<Vec<Letter>>,
    /// What the next deliveries are answered, before 200 to all others.
    answers: Mutex<VecDeque<u16>>,
}

#[derive(Clone)]
pub(crate) struct Letter {
    pub(crate) signature: String,
    pub(crate) body: String,
}

impl Letter {
    pub(crate) fn event(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

impl Endpoint {
    pub(crate) async fn start() -> Self {
        Self::answering(&[]).await
    }

    pub(crate) async fn answering(answers: &[u16]) -> Self {
        let got = Arc::new(Got::default());
        got.answers.lock().unwrap().extend(answers);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let routes = Router::new().route("/hook", post(take)).with_state(Arc::clone(&got));
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self { url, got }
    }

    pub(crate) fn letters(&self) -> Vec<Letter> {
        self.got.letters.lock().unwrap().clone()
    }

    /// The types of what came, in the order in which it came.
    pub(crate) fn types(&self) -> Vec<String> {
        self.letters().iter().map(|letter| text(&letter.event()["type"])).collect()
    }

    /// The identifiers of what came.
    pub(crate) fn ids(&self) -> Vec<String> {
        self.letters().iter().map(|letter| text(&letter.event()["id"])).collect()
    }
}

async fn take(State(got): State<Arc<Got>>, headers: HeaderMap, body: String) -> StatusCode {
    let signature = headers.get("stripe-signature").unwrap().to_str().unwrap().to_owned();
    got.letters.lock().unwrap().push(Letter { signature, body });
    let answer = got.answers.lock().unwrap().pop_front();
    StatusCode::from_u16(answer.unwrap_or(200)).unwrap()
}
