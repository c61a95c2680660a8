//! One number, and what its user changes of it.

use axum::http::StatusCode;
use trunkline_domain::OwnedNumber;
use trunkline_tenancy::MemberRole;

use crate::page::Page;
use crate::services::user;
use crate::world::{BAKERY, CAFE, World};

fn path(number: &OwnedNumber) -> String {
    format!("/dashboard/numbers/{}", number.id)
}

/// The form as the page shows it, with some fields typed over.
async fn save(world: &World, who: &str, number: &OwnedNumber, typed: &[(&str, &str)]) -> Page {
    let shown = world.look(who, &path(number)).await;
    send(world, who, number, &shown, typed).await
}

async fn send(world: &World, who: &str, number: &OwnedNumber, shown: &Page, typed: &[(&str, &str)]) -> Page {
    let business = number.business.map(|id| id.to_string()).unwrap_or_default();
    let mut fields = vec![
        ("seen", shown.value("seen")),
        ("displayName", number.display_name.as_str()),
        ("businessId", business.as_str()),
        ("isActive", "yes"),
        ("notes", ""),
    ];
    for (name, value) in typed {
        fields.retain(|(other, _)| other != name);
        fields.push((name, value));
    }
    world.submit(who, &path(number), &fields).await
}

#[tokio::test]
async fn a_number_says_what_it_is_and_what_happened_to_it() {
    let world = World::new().await;
    let number = world.buy("Front desk", Some(BAKERY)).await;
    let saved =
        save(&world, "ann", &number, &[("displayName", "Back office"), ("businessId", &CAFE.to_string())])
            .await;
    assert_eq!(saved.leads_to(), format!("{}?done=saved", path(&number)));

    let page = world.look("ann", saved.leads_to()).await;
    page.is(StatusCode::OK)
        .says("Saved.")
        .says(&number.phone_number.readable())
        .says("Calls and texts are answered.")
        .says("Business Café & Bar")
        .says("Country and type United States of America, Local")
        .says("Can do Calls, Texts, Pictures Cannot do Fax")
        .says("A month 1.50 USD")
        .says("Renamed to “Back office”, moved to Café & Bar, by you")
        .says("Bought, by the system");
    assert!(page.text().contains(" GMT") || page.text().contains(" BST"), "times are the business's");
    let stored = world.stored(number.id).await;
    assert_eq!((stored.display_name.as_str(), stored.business), ("Back office", Some(CAFE)));
}

#[tokio::test]
async fn what_was_typed_stays_when_it_is_refused() {
    let world = World::new().await;
    let number = world.buy("Front desk", Some(BAKERY)).await;
    let notes = "n".repeat(2_001);
    let refused = save(&world, "ann", &number, &[("displayName", "Window"), ("notes", &notes)]).await;
    refused.is(StatusCode::BAD_REQUEST).says("nothing was done").says("Notes have at most 2,000 characters.");
    assert_eq!(refused.value("displayName"), "Window");
    assert!(refused.html.contains(&notes) && refused.html.contains("id=\"notes-mistake\""));
    assert_eq!(world.stored(number.id).await, number);
}

#[tokio::test]
async fn what_somebody_else_saved_meanwhile_is_not_overwritten() {
    let world = World::new().await;
    let number = world.buy("Front desk", Some(BAKERY)).await;
    let shown = world.look("ann", &path(&number)).await;
    save(&world, "ann", &number, &[("notes", "Rings twice")]).await.leads_to();
    let late = send(&world, "ann", &number, &shown, &[("displayName", "Window")]).await;
    late.is(StatusCode::CONFLICT).says("changed after the page was shown, so nothing was saved");
    assert_eq!(late.value("displayName"), "Window");
    assert_eq!(world.stored(number.id).await.display_name, number.display_name);
    // What is sent again from there is saved.
    let again = [("displayName", "Window"), ("notes", "Rings twice")];
    send(&world, "ann", &number, &late, &again).await.leads_to();
    let stored = world.stored(number.id).await;
    assert_eq!((stored.display_name.as_str(), stored.notes.as_deref()), ("Window", Some("Rings twice")));
}

#[tokio::test]
async fn a_form_that_is_sent_twice_saves_once() {
    let world = World::new().await;
    let number = world.buy("Front desk", Some(BAKERY)).await;
    let (shown, bakery) = (world.look("ann", &path(&number)).await, BAKERY.to_string());
    for _ in 0..2 {
        let fields = [
            ("seen", shown.value("seen")),
            ("displayName", "Front desk"),
            ("businessId", &bakery),
            ("notes", "a\r\nb"),
        ];
        world.submit("ann", &path(&number), &fields).await.leads_to();
    }
    let stored = world.stored(number.id).await;
    assert_eq!((stored.version, stored.is_active), (number.version + 1, false));
    assert_eq!(stored.notes.as_deref(), Some("a\nb"));
    world.look("ann", &path(&number)).await.says("answered as not in service");
}

#[tokio::test]
async fn the_primary_mark_passes_to_another_number() {
    let world = World::new().await;
    let (first, second) = (world.buy("One", Some(BAKERY)).await, world.buy("Two", Some(BAKERY)).await);
    for number in [&first, &second] {
        let done = world.submit("ann", &format!("{}/primary", path(number)), &[]).await;
        world.look("ann", done.leads_to()).await.says("This is the primary number of its business now.");
    }
    assert!(world.stored(second.id).await.is_primary && !world.stored(first.id).await.is_primary);
    // The box is not shown, and a form that says otherwise is refused.
    let (shown, bakery) = (world.look("ann", &path(&second)).await, BAKERY.to_string());
    let fields = [("seen", shown.value("seen")), ("displayName", "Two"), ("businessId", &bakery)];
    let off = world.submit("ann", &path(&second), &fields).await;
    off.is(StatusCode::CONFLICT).says("A primary number cannot be inactive.");

    let loose = world.buy("Three", None).await;
    world.look("ann", &path(&loose)).await.says("Put this one into a business first.");
    let refused = world.submit("ann", &format!("{}/primary", path(&loose)), &[]).await;
    refused.is(StatusCode::BAD_REQUEST);
    assert!(!world.stored(loose.id).await.is_primary);
}

#[tokio::test]
async fn another_tenants_number_is_no_page() {
    let world = World::new().await;
    let number = world.buy("Front desk", Some(BAKERY)).await;
    for who in ["ben", "nobody-known"] {
        for address in [path(&number), format!("{}/release", path(&number))] {
            let page = world.look(who, &address).await;
            page.is(StatusCode::NOT_FOUND).says("There is no such page").says_not("Front desk");
        }
        let typed = [("displayName", "Mine"), ("seen", "0")];
        world.submit(who, &path(&number), &typed).await.is(StatusCode::NOT_FOUND);
        world.submit(who, &format!("{}/primary", path(&number)), &[]).await.is(StatusCode::NOT_FOUND);
    }
    world.look("ann", "/dashboard/numbers/7").await.is(StatusCode::NOT_FOUND);
    assert_eq!(world.stored(number.id).await, number);
}

#[tokio::test]
async fn members_do_what_their_role_lets_them() {
    let world = World::new().await;
    let number = world.buy("Front desk", Some(BAKERY)).await;
    world.share_with_ben(MemberRole::Viewer).await;
    let page = world.look("ben", &path(&number)).await;
    page.says("Owner ann").says_not("Change it").says_not("Release this number");
    let typed =
        [("displayName", "Mine"), ("seen", "0"), ("isActive", "yes"), ("businessId", &BAKERY.to_string())];
    let seen = number.updated_at.timestamp_micros().to_string();
    let typed = typed.map(|(name, value)| if name == "seen" { (name, seen.as_str()) } else { (name, value) });
    world.submit("ben", &path(&number), &typed).await.is(StatusCode::FORBIDDEN);
    assert_eq!(world.stored(number.id).await, number);

    world.share_with_ben(MemberRole::Manager).await;
    let page = world.look("ben", &path(&number)).await;
    page.says("Change it").says_not("Café");
    assert!(!page.html.contains("<option value=\"\">None</option>"), "a member takes no number out");
    world.submit("ben", &path(&number), &typed).await.leads_to();
    let stored = world.stored(number.id).await;
    assert_eq!((stored.display_name.as_str(), &stored.user), ("Mine", &user("ann")));
}

#[tokio::test]
async fn an_operator_looks_on() {
    let world = World::new().await;
    let number = world.buy("Front desk", Some(BAKERY)).await;
    let page = world.look("operator", &path(&number)).await;
    page.is(StatusCode::OK).says("Owner ann").says("History").says_not("Change it").says_not("Release this");
}
