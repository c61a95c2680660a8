//! What changes something at Twilio: buying, configuring, releasing. Only the provisioning sagas may call these.
//!
//! Invariant: anything short of Twilio's clear answer is [`ProviderError::OutcomeUnknown`].

use reqwest::{Method, StatusCode};
use trunkline_domain::{NumberType, ProviderIdentity, WebhookUrls};
use trunkline_provider::{
    Bought, NumberPurchase, NumberSettings, ProviderError, ProviderNumber, ReleaseAnswer,
};

use crate::classification::Meaning;
use crate::deadline::Deadline;
use crate::failure::Failure;
use crate::operation::Operation;
use crate::owned::{number_url, read_number};
use crate::transport::{Parameter, Request, Transport};

/// The name of a type's resource below `AvailablePhoneNumbers/{country}` and `IncomingPhoneNumbers`.
pub(crate) const fn type_resource(number_type: NumberType) -> &'static str {
    match number_type {
        NumberType::Local => "Local",
        NumberType::TollFree => "TollFree",
        NumberType::Mobile => "Mobile",
    }
}

/// Buys a number through the resource of its type, so that Twilio refuses it under a wrong one.
pub(crate) async fn buy(transport: &Transport, purchase: &NumberPurchase) -> Result<Bought, ProviderError> {
    let resource = format!("IncomingPhoneNumbers/{}.json", type_resource(purchase.number_type));
    let request = Request {
        operation: Operation::Buy,
        method: Method::POST,
        url: transport.url(&purchase.account, &resource),
        form: purchase_form(purchase),
    };
    let answer = transport.send(&request, transport.deadline()).await?;
    if !matches!(answer.status, StatusCode::OK | StatusCode::CREATED) {
        let detail = format!("Twilio answered a purchase with {}", answer.status.as_u16());
        return Err(Failure::unreadable(Operation::Buy, detail).into());
    }
    Ok(Bought { number: read_number(Operation::Buy, &answer)? })
}

fn purchase_form(purchase: &NumberPurchase) -> Vec<Parameter> {
    let mut form = vec![
        ("PhoneNumber", purchase.phone_number.as_str().to_owned()),
        ("FriendlyName", purchase.friendly_name.clone()),
    ];
    let webhooks = &purchase.webhooks;
    if let Some(url) = &webhooks.voice_url {
        form.extend([("VoiceUrl", url.clone()), ("VoiceMethod", "POST".to_owned())]);
    }
    if let Some(url) = &webhooks.sms_url {
        form.extend([("SmsUrl", url.clone()), ("SmsMethod", "POST".to_owned())]);
    }
    if let Some(url) = &webhooks.status_callback_url {
        form.extend([("StatusCallback", url.clone()), ("StatusCallbackMethod", "POST".to_owned())]);
    }
    if let Some(sid) = &purchase.regulatory.address_sid {
        form.push(("AddressSid", sid.clone()));
    }
    if let Some(sid) = &purchase.regulatory.bundle_sid {
        form.push(("BundleSid", sid.clone()));
    }
    form
}

/// Whether a change of settings clears the address for texts, which a number without texts refuses to hear of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum UnsetSmsUrl {
    Cleared,
    LeftOut,
}

/// Changes settings. A number that takes no texts refuses even an empty `SmsUrl`; that refusal is certain, so the
/// rest is sent again without it.
pub(crate) async fn configure(
    transport: &Transport,
    identity: &ProviderIdentity,
    settings: &NumberSettings,
) -> Result<ProviderNumber, ProviderError> {
    let deadline = transport.deadline();
    let outcome = post_settings(transport, identity, settings, UnsetSmsUrl::Cleared, deadline).await;
    let clears_sms_url = settings.webhooks.as_ref().is_some_and(|webhooks| webhooks.sms_url.is_none());
    match outcome {
        Err(failure) if clears_sms_url && failure.meaning() == Meaning::TakesNoTexts => {
            Ok(post_settings(transport, identity, settings, UnsetSmsUrl::LeftOut, deadline).await?)
        }
        outcome => Ok(outcome?),
    }
}

async fn post_settings(
    transport: &Transport,
    identity: &ProviderIdentity,
    settings: &NumberSettings,
    unset_sms_url: UnsetSmsUrl,
    deadline: Deadline,
) -> Result<ProviderNumber, Failure> {
    let request = Request {
        operation: Operation::Configure,
        method: Method::POST,
        url: number_url(transport, identity),
        form: settings_form(settings, unset_sms_url),
    };
    let answer = transport.send(&request, deadline).await?;
    read_number(Operation::Configure, &answer)
}

fn settings_form(settings: &NumberSettings, unset_sms_url: UnsetSmsUrl) -> Vec<Parameter> {
    let mut form = Vec::new();
    if let Some(name) = &settings.friendly_name {
        form.push(("FriendlyName", name.clone()));
    }
    let Some(WebhookUrls { voice_url, sms_url, status_callback_url }) = &settings.webhooks else {
        return form;
    };
    // An empty value clears a setting.
    form.push(("VoiceUrl", voice_url.clone().unwrap_or_default()));
    form.push(("StatusCallback", status_callback_url.clone().unwrap_or_default()));
    if sms_url.is_some() || unset_sms_url == UnsetSmsUrl::Cleared {
        form.push(("SmsUrl", sms_url.clone().unwrap_or_default()));
    }
    for (url, method) in
        [(voice_url, "VoiceMethod"), (sms_url, "SmsMethod"), (status_callback_url, "StatusCallbackMethod")]
    {
        if url.is_some() {
            form.push((method, "POST".to_owned()));
        }
    }
    form
}

/// Gives a number back by id, in the account that is part of its identity.
pub(crate) async fn release(
    transport: &Transport,
    identity: &ProviderIdentity,
) -> Result<ReleaseAnswer, ProviderError> {
    let request = Request {
        operation: Operation::Release,
        method: Method::DELETE,
        url: number_url(transport, identity),
        form: Vec::new(),
    };
    match transport.send(&request, transport.deadline()).await {
        Ok(answer) if answer.status == StatusCode::NO_CONTENT => Ok(ReleaseAnswer::Released),
        Ok(answer) => {
            let detail = format!("Twilio answered a release with {}", answer.status.as_u16());
            Err(Failure::unreadable(Operation::Release, detail).into())
        }
        Err(failure) if failure.meaning() == Meaning::NotFound => Ok(ReleaseAnswer::Gone),
        Err(failure) => Err(failure.into()),
    }
}
