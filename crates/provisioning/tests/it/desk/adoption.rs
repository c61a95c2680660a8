//! Numbers that the account holds, and nobody here has.

use rstest::rstest;
use serde_json::json;
use trunkline_domain::{
    Actor, BusinessId, Change, Currency, DeploymentId, NumberStatus, NumberType, Order, OrderId, OrderState,
    Origin, OwnedNumber, ReviewReason, WebhookUrls,
};
use trunkline_provider::{ProviderError, ProviderNumber};
use trunkline_provisioning::port::{
    AdoptAnswer, Adoption, ClaimHolder, NumberFiles, Restoration, RestoreAnswer,
};
use trunkline_provisioning::{
    AdoptCommand, AdoptedNumber, AdoptedSettings, AdoptionPrice, Marker, NumberDecisionError,
};
use uuid::Uuid;

use super::{called, filed, in_review};
use crate::asked::Log;
use crate::fixture::{
    acknowledgement_lost, deployment, failed, identity, marker, number, order, outcome_unknown,
    provider_number, usd, user, webhooks,
};
use crate::stage::Stage;

fn command() -> AdoptCommand {
    AdoptCommand {
        number_sid: identity().number,
        user: user(),
        business: None,
        display_name: None,
        country: None,
        currency: Currency::USD,
        from_deployment: None,
        from_order: None,
        reason: "ticket 7".parse().unwrap(),
        origin: Origin::command_line(),
    }
}

/// A stage with a provider that holds this, and a store that adopts whatever it is asked to.
fn holding(found: ProviderNumber) -> (Stage, Log<Change<Adoption>>) {
    let mut stage = Stage::new();
    stage.decisions.expect_files().returning(|_| Ok(NumberFiles::default()));
    stage.provider.expect_fetch().returning(move |_| Ok(Some(found.clone())));
    let log = Log::default();
    let noted = Log::clone(&log);
    stage.decisions.expect_adopt().returning(move |change| {
        noted.note(change);
        Ok(AdoptAnswer::Adopted(change.body.number.clone()))
    });
    (stage, log)
}

async fn adopt(stage: Stage, command: AdoptCommand) -> Result<AdoptedNumber, NumberDecisionError> {
    stage.open().provisioning.adopt_number(command).await
}

#[tokio::test(start_paused = true)]
async fn the_order_of_our_own_marker_is_made_again_under_its_id() {
    let (stage, adopted) = holding(provider_number());
    let answer = adopt(stage, command()).await.unwrap();
    assert_eq!(answer.price, AdoptionPrice::Charged(usd("1.50")));
    assert!(matches!(answer.settings, AdoptedSettings::Right), "its marker is right as it is");
    let change = adopted.only();
    let Adoption { order: made, hold, capture, number } = &change.body;
    assert_eq!((made.id, made.state, made.number), (order().id, OrderState::Completed, Some(number.id)));
    assert_eq!((made.charge, hold.amount, hold.order), (usd("1.50"), usd("1.50"), made.id));
    assert_eq!((capture.hold, capture.number), (hold.hold, number.id));
    assert_eq!((number.order, number.display_name.as_str()), (Some(made.id), "Front desk"));
    assert_eq!((number.identity.clone(), number.webhooks.clone()), (Some(identity()), webhooks()));
    let audit = &change.audit[0];
    assert_eq!((audit.action.as_str(), audit.reason.as_deref()), ("number.adopt", Some("ticket 7")));
    assert_eq!(audit.actor, Actor::CommandLine { login: None });
    assert_eq!(audit.details["charge"], json!(usd("1.50")));
    assert_eq!(change.events[0].kind, "number.adopted");
    let step = &change.audit[1];
    assert_eq!((step.action.as_str(), step.subject.clone()), ("order.adopt", made.id.to_string()));
    assert_eq!(
        (step.reason.as_deref(), &step.actor),
        (Some("ticket 7"), &audit.actor),
        "a step of its order"
    );
}

#[tokio::test(start_paused = true)]
async fn a_number_from_the_console_gets_an_order_a_name_and_our_addresses() {
    let found = ProviderNumber { webhooks: WebhookUrls::default(), ..called("(415) 230-0101") };
    let (stage, adopted) = holding(found);
    let configured = stage.asked.configured.clone();
    let answer = adopt(stage, command()).await.unwrap();
    assert!(matches!(answer.settings, AdoptedSettings::Set));
    let fresh = adopted.only().body.order.id;
    let (whose, settings) = configured.only();
    let name =
        Marker { deployment: deployment(), order: fresh }.friendly_name(&"(415) 230-0101".parse().unwrap());
    assert_eq!((whose, settings.friendly_name), (identity(), Some(name)));
    assert_eq!(settings.webhooks, Some(webhooks()));
}

#[tokio::test(start_paused = true)]
async fn a_number_that_is_not_set_up_is_adopted_all_the_same() {
    let (mut stage, adopted) = holding(called("Sales"));
    stage.provider.expect_configure().returning(|_, _| Err(outcome_unknown()));
    let answer = adopt(stage, command()).await.unwrap();
    assert!(matches!(answer.settings, AdoptedSettings::NotSet(ProviderError::OutcomeUnknown { .. })));
    assert_eq!(adopted.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn another_deployments_number_is_taken_only_from_exactly_that_one() {
    let theirs = DeploymentId::from_uuid(Uuid::from_u128(77));
    let their_order = OrderId::from_uuid(Uuid::from_u128(7));
    let found = called(&format!("Sales {}", Marker { deployment: theirs, order: their_order }));
    for from_deployment in [None, Some(deployment()), Some(DeploymentId::from_uuid(Uuid::from_u128(78)))] {
        let (stage, adopted) = holding(found.clone());
        let answer = adopt(stage, AdoptCommand { from_deployment, ..command() }).await;
        let Err(NumberDecisionError::OtherDeployment { deployment }) = answer else { panic!("{answer:?}") };
        assert_eq!((deployment, adopted.count()), (theirs, 0));
    }
    let (stage, adopted) = holding(found);
    adopt(stage, AdoptCommand { from_deployment: Some(theirs), ..command() }).await.unwrap();
    assert_ne!(adopted.only().body.order.id, their_order, "their order is not ours");
}

#[rstest]
#[case(failed(trunkline_domain::FailureReason::NeverArrived))]
#[case(Order { state: OrderState::Completed, ..order() })]
#[tokio::test(start_paused = true)]
async fn the_number_of_an_order_that_ended_without_it_is_taken_only_by_name(#[case] ended: Order) {
    let ended = Order { id: OrderId::from_uuid(Uuid::from_u128(7)), ..ended };
    let found = called(&format!("Sales {}", Marker { order: ended.id, ..marker() }));
    for from_order in [None, Some(OrderId::from_uuid(Uuid::from_u128(77)))] {
        let (stage, adopted) = holding(found.clone());
        stage.standing.put_order(&ended);
        let answer = adopt(stage, AdoptCommand { from_order, ..command() }).await;
        assert!(matches!(answer, Err(NumberDecisionError::OtherOrder { .. })), "{answer:?}");
        assert_eq!(adopted.count(), 0);
    }
    let (stage, adopted) = holding(found);
    stage.standing.put_order(&ended);
    let answer = adopt(stage, AdoptCommand { from_order: Some(ended.id), ..command() }).await.unwrap();
    assert!(matches!(answer.settings, AdoptedSettings::Set), "its marker is the new order's");
    assert_ne!(adopted.only().body.order.id, ended.id);
}

#[rstest]
#[case(OrderState::Ordering)]
#[case(OrderState::Unresolved)]
#[case(OrderState::Review)]
#[tokio::test(start_paused = true)]
async fn an_order_that_is_not_decided_comes_first(#[case] state: OrderState) {
    let (stage, adopted) = holding(provider_number());
    stage.standing.put_order(&Order { state, ..order() });
    let answer = adopt(stage, AdoptCommand { from_order: Some(order().id), ..command() }).await;
    assert!(matches!(answer, Err(NumberDecisionError::OrderUndecided { .. })));
    assert_eq!(adopted.count(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_marker_that_is_not_there_is_not_taken_for_granted() {
    let from_order = Some(order().id);
    let (stage, _) = holding(called("Sales"));
    let answer = adopt(stage, AdoptCommand { from_order, ..command() }).await;
    assert!(matches!(answer, Err(NumberDecisionError::Validation { field: "from", .. })));
    let (stage, _) = holding(provider_number());
    let answer = adopt(stage, AdoptCommand { from_order, ..command() }).await;
    assert!(matches!(answer, Err(NumberDecisionError::Validation { field: "from", .. })), "no such order");
}

#[tokio::test(start_paused = true)]
async fn what_the_provider_does_not_say_it_has_is_not_adopted() {
    let mut stage = Stage::new();
    stage.decisions.expect_files().returning(|_| Ok(NumberFiles::default()));
    stage.provider.expect_fetch().times(1).returning(|_| Ok(None));
    stage.provider.expect_fetch().times(1).returning(|_| Err(outcome_unknown()));
    let scene = stage.open();
    let absent = scene.provisioning.adopt_number(command()).await;
    assert!(matches!(absent, Err(NumberDecisionError::Evidence(_))));
    let unknown = scene.provisioning.adopt_number(command()).await;
    assert!(matches!(unknown, Err(NumberDecisionError::Provider(_))));
}

#[tokio::test(start_paused = true)]
async fn a_lost_acknowledgement_of_an_adoption_is_asked_for_again_unchanged() {
    let mut stage = Stage::new();
    stage.decisions.expect_files().returning(|_| Ok(NumberFiles::default()));
    stage.provider.expect_fetch().returning(|_| Ok(Some(provider_number())));
    let asked: Log<Change<Adoption>> = Log::default();
    let noted = Log::clone(&asked);
    stage.decisions.expect_adopt().times(2).returning(move |change| {
        noted.note(change);
        if noted.count() == 1 {
            return Err(acknowledgement_lost());
        }
        Ok(AdoptAnswer::Adopted(change.body.number.clone()))
    });
    assert!(adopt(stage, command()).await.is_ok());
    assert_eq!(asked.all()[0], asked.all()[1]);
}

#[tokio::test(start_paused = true)]
async fn an_adoption_that_was_cut_off_is_made_up_for_and_charged_once() {
    let mut stage = filed(vec![number()], Vec::new());
    stage.provider.expect_fetch().returning(|_| Ok(Some(called("Sales"))));
    let configured = stage.asked.configured.clone();
    let answer = adopt(stage, command()).await.unwrap();
    assert_eq!((answer.number, answer.price), (number(), AdoptionPrice::TheirsBefore));
    assert_eq!(configured.only().1.friendly_name, Some(provider_number().friendly_name));
}

#[rstest]
#[case(OwnedNumber { user: "bob".parse().unwrap(), ..number() })]
#[case(OwnedNumber { status: NumberStatus::Released, ..number() })]
#[case(in_review(ReviewReason::AttemptsSpent))]
#[tokio::test(start_paused = true)]
async fn a_number_that_a_row_has_is_not_adopted(#[case] row: OwnedNumber) {
    let answer = adopt(filed(vec![row], Vec::new()), command()).await;
    assert!(matches!(answer, Err(NumberDecisionError::Known(_))));
}

#[tokio::test(start_paused = true)]
async fn the_books_refusals_are_told() {
    let (required, available) = (usd("1.50"), usd("0.20"));
    let order = order().id;
    for answer in [
        AdoptAnswer::InsufficientBalance { required, available },
        AdoptAnswer::Claimed { order, holder: ClaimHolder::Orphan },
        AdoptAnswer::OrderExists,
    ] {
        let mut stage = Stage::new();
        stage.decisions.expect_files().returning(|_| Ok(NumberFiles::default()));
        stage.provider.expect_fetch().returning(|_| Ok(Some(provider_number())));
        stage.provider.expect_configure().never();
        let given = answer.clone();
        stage.decisions.expect_adopt().returning(move |_| Ok(given.clone()));
        let refusal = adopt(stage, command()).await;
        let fits = matches!(
            (&answer, &refusal),
            (AdoptAnswer::InsufficientBalance { .. }, Err(NumberDecisionError::InsufficientBalance { .. }))
                | (AdoptAnswer::Claimed { .. }, Err(NumberDecisionError::Claimed { .. }))
                | (AdoptAnswer::OrderExists, Err(NumberDecisionError::Overtaken))
        );
        assert!(fits, "{answer:?}: {refusal:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn price_and_type_are_the_numbers_own() {
    let toll_free = ProviderNumber {
        phone_number: "+18332300101".parse().unwrap(),
        number_type: Some(NumberType::TollFree),
        ..called("Sales")
    };
    let (stage, adopted) = holding(toll_free.clone());
    let country = Some("CA".parse().unwrap());
    adopt(stage, AdoptCommand { country, ..command() }).await.unwrap();
    let order = adopted.only().body.order;
    assert_eq!((order.country.as_str(), order.number_type), ("CA", NumberType::TollFree));
    let (stage, _) = holding(toll_free);
    let country = Some("GB".parse().unwrap());
    let answer = adopt(stage, AdoptCommand { country, ..command() }).await;
    assert!(matches!(answer, Err(NumberDecisionError::Validation { field: "countryCode", .. })));
    let (stage, _) = holding(provider_number());
    let answer = adopt(stage, AdoptCommand { currency: Currency::INR, ..command() }).await;
    assert!(matches!(answer, Err(NumberDecisionError::PricingUnavailable { .. })));
    let (mut stage, adopted) = holding(provider_number());
    stage.businesses.expect_owner_of().returning(|_| Ok(Some("bob".parse().unwrap())));
    let business = Some(BusinessId::from_uuid(Uuid::from_u128(9)));
    let answer = adopt(stage, AdoptCommand { business, ..command() }).await;
    assert!(matches!(answer, Err(NumberDecisionError::BusinessNotFound)));
    assert_eq!(adopted.count(), 0);
}

/// The order that bought the very number, which no row has any more.
fn paid() -> Order {
    let (number_sid, number) = (Some(identity().number), Some(number().id));
    Order { state: OrderState::Completed, number_sid, number, ..order() }
}

/// A stage with that order, and a store that puts back whatever it is asked to.
fn lost(found: ProviderNumber) -> (Stage, Log<Change<Restoration>>) {
    let (mut stage, _) = holding(found);
    stage.standing.put_order(&paid());
    let log = Log::default();
    let noted = Log::clone(&log);
    stage.decisions.expect_restore().returning(move |change| {
        noted.note(change);
        Ok(RestoreAnswer::Restored(change.body.number.clone()))
    });
    (stage, log)
}

#[rstest]
#[case(provider_number())]
#[case(called("renamed in the Console"))]
#[tokio::test(start_paused = true)]
async fn a_number_that_its_order_has_paid_for_is_put_back(#[case] found: ProviderNumber) {
    let (stage, restored) = lost(found);
    let answer = adopt(stage, AdoptCommand { from_order: Some(order().id), ..command() }).await.unwrap();
    assert_eq!(answer.price, AdoptionPrice::PaidFor(order().id));
    let change = restored.only();
    let row = &change.body.number;
    assert_eq!((Some(row.id), row.order, &row.user), (paid().number, Some(order().id), &user()));
    assert_eq!((row.identity.clone(), row.monthly_cost), (Some(identity()), order().monthly_cost));
    assert_eq!((&row.display_name, row.purchased_at), (&order().display_name, order().updated_at));
    let lines: Vec<_> =
        change.audit.iter().map(|line| (line.action.as_str(), line.reason.as_deref())).collect();
    assert_eq!(lines, [("number.restore", Some("ticket 7")), ("order.restore_number", Some("ticket 7"))]);
    assert_eq!(change.audit[1].subject, order().id.to_string());
}

#[tokio::test(start_paused = true)]
async fn a_number_that_is_paid_for_is_nobody_elses_and_never_sold_twice() {
    let bob = "bob".parse().unwrap();
    for attempt in [
        command(),
        AdoptCommand { user: bob, from_order: Some(order().id), ..command() },
        AdoptCommand { from_order: Some(OrderId::from_uuid(Uuid::from_u128(77))), ..command() },
    ] {
        let (stage, restored) = lost(provider_number());
        let answer = adopt(stage, attempt).await;
        let Err(NumberDecisionError::PaidFor { order: paid, user: theirs }) = answer else {
            panic!("{answer:?}")
        };
        assert_eq!((paid, theirs, restored.count()), (order().id, user(), 0));
    }
    // Without a marker only the claim tells.
    let mut stage = Stage::new();
    stage.decisions.expect_files().returning(|_| Ok(NumberFiles::default()));
    stage.provider.expect_fetch().returning(|_| Ok(Some(called("Sales"))));
    stage.standing.put_order(&paid());
    let (order, holder) = (order().id, ClaimHolder::Number);
    stage.decisions.expect_adopt().returning(move |_| Ok(AdoptAnswer::Claimed { order, holder }));
    let answer = adopt(stage, command()).await;
    assert!(matches!(answer, Err(NumberDecisionError::PaidFor { .. })), "{answer:?}");
}

#[tokio::test(start_paused = true)]
async fn what_speaks_against_putting_a_number_back_is_told() {
    let ask = || AdoptCommand { from_order: Some(order().id), ..command() };
    let other = ProviderNumber { phone_number: "+14152300999".parse().unwrap(), ..provider_number() };
    let (stage, restored) = lost(other);
    assert!(matches!(adopt(stage, ask()).await, Err(NumberDecisionError::Evidence(_))));
    assert_eq!(restored.count(), 0);
    let (mut stage, _) = holding(provider_number());
    stage.standing.put_order(&paid());
    stage.decisions.expect_restore().returning(|_| Ok(RestoreAnswer::NotCharged));
    assert!(matches!(adopt(stage, ask()).await, Err(NumberDecisionError::NotCharged { .. })));
}
