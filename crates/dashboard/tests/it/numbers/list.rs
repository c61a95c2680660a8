//! The table of numbers.

use axum::http::StatusCode;
use trunkline_tenancy::MemberRole;

use crate::world::{BAKERY, World};

#[tokio::test]
async fn whoever_has_no_numbers_hears_what_to_do_first() {
    let world = World::new().await;
    let page = world.look("ann", "/dashboard/numbers").await;
    page.is(StatusCode::OK).says("You have no numbers yet.").says("Find your first number");
    assert!(page.html.contains("href=\"/dashboard/numbers/record\""));
}

#[tokio::test]
async fn the_table_shows_what_is_ones_own_with_totals() {
    let world = World::new().await;
    let bought = world.buy("Front desk", Some(BAKERY)).await;
    world.record("ann", "+442079460018", "London <office>").await;
    world.record("ben", "+442079460019", "Ben's").await;
    let primary = format!("/dashboard/numbers/{}/primary", bought.id);
    world.submit("ann", &primary, &[]).await.leads_to();

    let page = world.look("ann", "/dashboard/numbers").await;
    page.is(StatusCode::OK)
        .says("2 numbers, 4.00 USD a month")
        .says("+44 20 7946 0018 London <office>")
        .says("Lives at BT")
        .says(&format!(
            "{} Primary Front desk Bakery US · Local Calls, Texts, Pictures Active",
            bought.phone_number.readable()
        ))
        .says_not("Ben's");
    assert_eq!(page.headers["cache-control"], "no-store");

    let operators = world.look("operator", "/dashboard/numbers").await;
    operators.says("3 numbers, 6.50 USD a month").says("Ben's ben").says_not("Buy phone number");
}

#[tokio::test]
async fn numbers_are_found_by_digits_name_and_kind() {
    let world = World::new().await;
    world.record("ann", "+442079460018", "London").await;
    world.record("ann", "+33142685300", "Paris").await;
    for (query, found, left_out) in [
        ("search=020+7946", "London", "Paris"),
        ("search=pari", "Paris", "London"),
        ("countryCode=FR", "Paris", "London"),
        ("search=33&countryCode=&numberType=&businessId=&status=active", "Paris", "London"),
    ] {
        let page = world.look("ann", &format!("/dashboard/numbers?{query}")).await;
        page.says("1 number, 2.50 USD a month");
        let table = page.html.split_once("<tbody>").unwrap().1;
        assert!(table.contains(found) && !table.contains(left_out), "{query}: {table}");
    }
    let page = world.look("ann", "/dashboard/numbers?search=%22%3E%3Cb&numberType=mobile").await;
    page.says("No number is like that.").says("0 numbers");
    assert_eq!(page.value("search"), "&#34;&#62;&#60;b");
    assert!(page.html.contains("<option value=\"mobile\" selected>"), "{}", page.html);
}

#[tokio::test]
async fn what_cannot_be_looked_for_is_said_at_its_filter() {
    let world = World::new().await;
    let page = world.look("ann", "/dashboard/numbers?search=desk&countryCode=XX").await;
    page.is(StatusCode::BAD_REQUEST).says("`XX` is not an ISO 3166-1 alpha-2 country code.");
    assert_eq!(page.value("search"), "desk");
    assert!(page.html.contains("aria-describedby=\"countryCode-mistake\""));
}

#[tokio::test]
async fn pages_follow_each_other_and_say_where_they_are() {
    let world = World::new().await;
    for n in 0..51 {
        world.record("ann", &format!("+44207946{:04}", 1_000 + n), "Desk").await;
    }
    let first = world.look("ann", "/dashboard/numbers?search=desk").await;
    first.says("51 numbers, 127.50 USD a month").says("1–50 of 51");
    assert_eq!(first.html.matches("data-label=\"Number\"").count(), 50);
    let (before, _) = first.html.split_once("\" rel=\"next\"").unwrap();
    let next = before.rsplit_once("href=\"").unwrap().1.replace("&#38;", "&");
    assert!(next.starts_with("/dashboard/numbers?search=desk&cursor="), "{next}");

    let second = world.look("ann", &next).await;
    second.says("51 numbers").says("51–51 of 51").says("+44 20 7946 1000").says_not("Next page");
    assert!(second.html.contains("<a href=\"/dashboard/numbers?search=desk\">To the first page</a>"));
}

#[tokio::test]
async fn a_member_sees_the_numbers_of_the_business() {
    let world = World::new().await;
    world.buy("Front desk", Some(BAKERY)).await;
    let asked = format!("/dashboard/numbers?businessId={BAKERY}");
    world.look("ben", &asked).await.says("No number is like that.").says_not("Bakery");
    world.share_with_ben(MemberRole::Viewer).await;
    world.look("ben", &asked).await.says("Front desk").says("Bakery");
}
