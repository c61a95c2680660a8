//! Everything about a number, for programs.

use serde_json::{Value, json};
use trunkline_domain::WebhookUrls;
use trunkline_provisioning::port::{NumberFile, OrphanFile, OrphanStage};
use trunkline_provisioning::{Advice, AtProvider, NumberDossier};

/// The whole answer of `show --json`.
pub(super) fn dossier(dossier: &NumberDossier) -> Value {
    let order = dossier.marked_order.as_ref().map(|order| order.state.as_str());
    let marker = dossier
        .marker
        .map(|marker| json!({ "deployment": marker.deployment, "order": marker.order, "orderState": order }));
    json!({
        "rows": dossier.files.numbers.iter().map(row).collect::<Vec<_>>(),
        "orphans": dossier.files.orphans.iter().map(orphan).collect::<Vec<_>>(),
        "atProvider": at_provider(&dossier.at_provider),
        "marker": marker,
        "advice": advice(&dossier.advice),
    })
}

fn row(NumberFile { number, release_attempts }: &NumberFile) -> Value {
    json!({
        "id": number.id,
        "phoneNumber": number.phone_number,
        "status": number.status,
        "review": number.review,
        "releaseAttempts": release_attempts,
        "userId": number.user,
        "businessId": number.business,
        "displayName": number.display_name,
        "countryCode": number.country,
        "numberType": number.kind.as_str(),
        "monthlyCost": number.monthly_cost,
        "orderId": number.order,
        "accountSid": number.identity.as_ref().map(|identity| &identity.account),
        "numberSid": number.identity.as_ref().map(|identity| &identity.number),
        "webhooks": webhooks(&number.webhooks),
        "purchasedAt": number.purchased_at,
        "updatedAt": number.updated_at,
    })
}

fn webhooks(webhooks: &WebhookUrls) -> Value {
    let WebhookUrls { voice_url, sms_url, status_callback_url } = webhooks;
    json!({ "voiceUrl": voice_url, "smsUrl": sms_url, "statusCallbackUrl": status_callback_url })
}

fn orphan(file: &OrphanFile) -> Value {
    let review = match file.stage {
        OrphanStage::Review(reason) => Some(reason),
        OrphanStage::Releasing | OrphanStage::Released => None,
    };
    json!({
        "numberSid": file.orphan.identity.number,
        "accountSid": file.orphan.identity.account,
        "phoneNumber": file.orphan.phone_number,
        "orderId": file.orphan.order,
        "stage": file.stage.as_str(),
        "review": review,
        "attempts": file.attempts,
        "updatedAt": file.updated_at,
    })
}

fn at_provider(at_provider: &AtProvider) -> Value {
    match at_provider {
        AtProvider::Held(found) => json!({
            "answer": "held",
            "accountSid": found.identity.account,
            "numberSid": found.identity.number,
            "phoneNumber": found.phone_number,
            "friendlyName": found.friendly_name,
            "webhooks": webhooks(&found.webhooks),
            "createdAt": found.date_created,
        }),
        AtProvider::Absent { account } => json!({ "answer": "absent", "accountSid": account }),
        AtProvider::NotAsked => json!({ "answer": "not_asked" }),
        AtProvider::Unknown(error) => json!({ "answer": "unknown", "why": error.to_string() }),
    }
}

fn advice(advice: &Advice) -> Value {
    json!({
        "name": advice.as_str(),
        "of": advice.of(),
        "differences": advice.differences(),
        "toDo": advice.to_do(),
    })
}
