//! The courier that posts notices to an address of the operator's, signed.
//!
//! The signature covers the moment and the body, so a receiver can refuse what was recorded and is sent again later. The
//! address may itself hold a secret, as those of chat services do: it is in no log and no error.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use reqwest::header::{CONTENT_TYPE, USER_AGENT};
use reqwest::{Client, Url, redirect};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde_json::{Map, Value};
use sha2::Sha256;
use trunkline_domain::{Clock, DeploymentId};
use uuid::Uuid;

use crate::{Alarm, Courier, DeliveryError, Notice, NoticeKind};

/// The header with the moment and the signature: `t=<seconds since 1970>,v1=<hex>`.
pub const SIGNATURE_HEADER: &str = "Trunkline-Signature";

/// The header with the delivery's id, which is the same for every repeat of it.
pub const DELIVERY_HEADER: &str = "Trunkline-Delivery";

/// How long a receiver has to answer.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Where notices are posted, and with what they are signed.
pub struct WebhookSettings {
    /// The address; see [`check_webhook_url`].
    pub url: Url,
    /// The secret that the receiver knows, too.
    pub secret: SecretString,
    /// The installation that speaks.
    pub deployment: DeploymentId,
}

/// An address that notices are not posted to. Its text is not repeated: it may hold a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WebhookUrlError {
    /// Neither encrypted nor on this machine.
    #[error(
        "write an address that begins with https:// (http:// only to this machine, such as http://127.0.0.1:9000)"
    )]
    NotEncrypted,
    /// A user or password in it would not be sent.
    #[error("leave user and password out of it: the signature says who is speaking")]
    Credentials,
}

/// Whether notices may be posted to an address: over https, or http that does not leave the machine.
pub fn check_webhook_url(url: &Url) -> Result<(), WebhookUrlError> {
    if !url.username().is_empty() || url.password().is_some() {
        return Err(WebhookUrlError::Credentials);
    }
    match url.scheme() {
        "https" => Ok(()),
        "http" if is_loopback(url) => Ok(()),
        _ => Err(WebhookUrlError::NotEncrypted),
    }
}

/// Whether the host is this machine, whatever a name server says.
fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || address.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// The signature of a body, as the header has it.
pub fn sign_webhook(secret: &SecretString, at: DateTime<Utc>, body: &[u8]) -> String {
    let at = at.timestamp();
    // HMAC takes a key of any length.
    let mac = <Hmac<Sha256> as KeyInit>::new_from_slice(secret.expose_secret().as_bytes());
    let bytes = mac.map(|mut mac| {
        mac.update(format!("{at}.").as_bytes());
        mac.update(body);
        mac.finalize().into_bytes()
    });
    format!("t={at},v1={}", bytes.map(hex::encode).unwrap_or_default())
}

/// Posts notices as JSON. Whatever is not 2xx within ten seconds is not delivered; redirects are not followed.
pub struct WebhookCourier {
    http: Client,
    settings: WebhookSettings,
    clock: Arc<dyn Clock>,
}

impl WebhookCourier {
    /// A client that fits: no redirects, no retries of its own, no proxy to this machine, and no roots of trust where
    /// there is no TLS, since asking for the system's fails on a machine that has none.
    pub fn http_client(url: &Url) -> Result<Client, reqwest::Error> {
        let mut builder = Client::builder()
            .redirect(redirect::Policy::none())
            .referer(false)
            .retry(reqwest::retry::never())
            .timeout(TIMEOUT);
        if is_loopback(url) {
            builder = builder.no_proxy();
        }
        builder = if url.scheme() == "https" { builder.https_only(true) } else { builder.tls_certs_only([]) };
        builder.build()
    }

    /// A courier to this address.
    pub fn new(http: Client, settings: WebhookSettings, clock: Arc<dyn Clock>) -> Self {
        Self { http, settings, clock }
    }

    async fn post(&self, notice: &Notice, body: Vec<u8>) -> Result<u16, reqwest::Error> {
        let signature = sign_webhook(&self.settings.secret, self.clock.now(), &body);
        let request = self
            .http
            .post(self.settings.url.clone())
            .timeout(TIMEOUT)
            .header(USER_AGENT, concat!("trunkline/", env!("CARGO_PKG_VERSION")))
            .header(CONTENT_TYPE, "application/json")
            .header(SIGNATURE_HEADER, signature)
            .header(DELIVERY_HEADER, notice.delivery_id())
            .body(body);
        let answer = request.send().await.map_err(reqwest::Error::without_url)?;
        Ok(answer.status().as_u16())
    }
}

#[async_trait]
impl Courier for WebhookCourier {
    async fn deliver(&self, notice: &Notice) -> Result<(), DeliveryError> {
        let unanswered = |error| DeliveryError::Unanswered(error);
        let body = serde_json::to_vec(&Message::of(notice, self.settings.deployment))
            .map_err(|error| unanswered(Box::new(error)))?;
        let status = self.post(notice, body).await.map_err(|error| unanswered(Box::new(error)))?;
        if (200..300).contains(&status) { Ok(()) } else { Err(DeliveryError::Refused { status }) }
    }
}

/// What is posted.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Message<'a> {
    id: Uuid,
    alarm: Alarm,
    state: NoticeKind,
    subject: &'a str,
    sentence: &'a str,
    details: &'a Map<String, Value>,
    raised_at: DateTime<Utc>,
    ended_at: Option<DateTime<Utc>>,
    times: u32,
    deployment: DeploymentId,
    runbook: String,
}

impl<'a> Message<'a> {
    /// The message of an onset says nothing of an end that has come meanwhile: that has a message of its own.
    fn of(notice: &'a Notice, deployment: DeploymentId) -> Self {
        let record = &notice.alarm;
        let ended_at = match notice.kind {
            NoticeKind::Raised => None,
            NoticeKind::Ended => record.end.map(|end| end.at),
        };
        Self {
            id: record.id,
            alarm: record.alarm,
            state: notice.kind,
            subject: &record.subject,
            sentence: &record.sentence,
            details: &record.details,
            raised_at: record.raised_at,
            ended_at,
            times: record.times,
            deployment,
            runbook: format!("docs/operations.md#{}", record.alarm),
        }
    }
}
