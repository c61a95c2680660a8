//! A file with every request and its answer, for tools that compare them with Twilio's description of its API. One
//! JSON object a line; several simulators, in several processes too, may append to one file.
//!
//! No credential is written: neither the `Authorization` header nor the password of an account that an answer tells.

use std::{
    fs::{File, OpenOptions},
    io::Write,
    path::PathBuf,
    sync::{Mutex, PoisonError},
};

use serde::Serialize;
use serde_json::{Value, json};

use crate::{answer::Answer, call::Call, error::SimulatorError};

/// Names the file where the configuration does not. This one setting is read from the environment, because a run of
/// tests starts many simulators in many places.
const VARIABLE: &str = "TWILIO_SIM_RECORD";

/// The file.
pub(crate) struct Recorder {
    file: Mutex<File>,
}

/// A request that waits for what becomes of it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Exchange {
    method: String,
    path: String,
    query: String,
    user_agent: String,
    content_type: String,
    body: String,
    /// A fault script decided about it.
    scripted: bool,
}

impl Recorder {
    /// The recorder that was asked for, if any was.
    pub(crate) fn open(record_file: Option<PathBuf>) -> Result<Option<Self>, SimulatorError> {
        let named = || std::env::var_os(VARIABLE).filter(|path| !path.is_empty()).map(PathBuf::from);
        let Some(path) = record_file.or_else(named) else { return Ok(None) };
        let file = OpenOptions::new()
            .append(true)
            .create(true)
            .open(&path)
            .map_err(|source| SimulatorError::RecordFile { path, source })?;
        Ok(Some(Self { file: Mutex::new(file) }))
    }

    /// Writes a request with its answer; `None` if it got none, or not a whole one.
    pub(crate) fn write(&self, exchange: &Exchange, answer: Option<&Answer>) {
        let answer = answer.map(|answer| {
            let body = without_password(answer.body());
            json!({ "status": answer.status, "contentType": answer.content_type(), "body": body })
        });
        let mut line = json!({ "request": exchange, "answer": answer }).to_string();
        line.push('\n');
        // One write a line, so that lines of several processes do not mix.
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = file.write_all(line.as_bytes()) {
            tracing::error!(%error, "a request was not recorded");
        }
    }
}

impl Exchange {
    pub(crate) fn of(call: &Call, scripted: bool) -> Self {
        Self {
            method: call.method.clone(),
            path: call.path.clone(),
            query: call.raw_query.clone(),
            user_agent: call.user_agent.clone(),
            content_type: call.content_type.clone(),
            body: call.body.clone(),
            scripted,
        }
    }
}

/// The body without the password of an account.
fn without_password(body: &str) -> String {
    const FIELD: &str = "auth_token";
    if !body.contains(FIELD) {
        return body.to_owned();
    }
    match serde_json::from_str(body) {
        Ok(Value::Object(mut fields)) => {
            if let Some(token) = fields.get_mut(FIELD).filter(|token| token.is_string()) {
                *token = json!("left out");
            }
            Value::Object(fields).to_string()
        }
        _ => body.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_not_written() {
        assert_eq!(without_password(r#"{"auth_token":"secret"}"#), r#"{"auth_token":"left out"}"#);
        assert_eq!(without_password(r#"{"auth_token":null}"#), r#"{"auth_token":null}"#);
        assert_eq!(without_password("[]"), "[]");
    }
}
