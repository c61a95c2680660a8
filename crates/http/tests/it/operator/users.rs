//! Who the customers are.

use axum::http::StatusCode;
use insta::assert_snapshot;
use trunkline_tenancy::{User, UserPage};

use crate::sample::{ann, at};
use crate::world::{Call, Key, World};

#[tokio::test]
async fn users_are_found_a_page_at_a_time() {
    let mut world = World::new();
    world.tenancy.expect_users().times(1).return_once(|filter| {
        assert_eq!(filter.search.as_ref().unwrap().text(), "example.com");
        assert_eq!((filter.after.as_ref(), filter.limit), (Some(&ann()), 1));
        let cleo = User {
            id: "cleo".parse().unwrap(),
            email: Some("cleo@example.com".parse().unwrap()),
            created_at: at(0),
        };
        Ok(UserPage { users: vec![cleo.clone()], next: Some(cleo.id) })
    });
    let path = "/api/operator/users?search=Example.com&cursor=ann&limit=1";
    assert_snapshot!(world.answer(Call::get(path).key(Key::Operator)).await.picture());
}

#[tokio::test]
async fn what_nobody_can_be_found_by_is_a_mistake() {
    let path = format!("/api/operator/users?search={}&limit=0", "a".repeat(256));
    let answer = World::new().answer(Call::get(&path).key(Key::Operator)).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(answer.fields(), ["limit", "search"]);
}

#[tokio::test]
async fn one_user_is_shown_and_an_unknown_one_is_not_found() {
    let shown = World::new().answer(Call::get("/api/operator/users/ann").key(Key::Operator)).await;
    assert_snapshot!(shown.picture());
    let absent = World::new().answer(Call::get("/api/operator/users/nobody-here").key(Key::Operator)).await;
    assert_eq!((absent.status, absent.code().as_str()), (StatusCode::NOT_FOUND, "USER_NOT_FOUND"));
}
