//! Users.

use trunkline_domain::{Change, UserId};

use super::{TenancyFixture, ann, at};
use crate::{CreateUserAnswer, User, UserCreation, UserFilter};

/// A second one with the id finds the first, as it is.
pub async fn a_user_is_added_once(f: &TenancyFixture) {
    assert_eq!(f.store.user(&ann()).await.unwrap(), None);
    let user = User { id: ann(), email: Some("ann@example.com".parse().unwrap()), created_at: at(0) };
    let change = Change::new(UserCreation { user: user.clone() });
    assert_eq!(f.store.create_user(&change).await.unwrap(), CreateUserAnswer::Created(user.clone()));
    assert_eq!(f.store.create_user(&change).await.unwrap(), CreateUserAnswer::Exists(user.clone()));
    let other = Change::new(UserCreation { user: User { email: None, created_at: at(5), ..user.clone() } });
    assert_eq!(f.store.create_user(&other).await.unwrap(), CreateUserAnswer::Exists(user.clone()));
    assert_eq!(f.store.user(&ann()).await.unwrap(), Some(user));
}

/// Capital letters come before small ones, and a cursor need not be anybody's id.
pub async fn users_are_listed_by_id_in_pages(f: &TenancyFixture) {
    for id in ["ben", "Zoe", "ann", "auth0|6543", "Ann"] {
        add(f, id, None).await;
    }
    let mut filter = UserFilter { search: None, after: None, limit: 2 };
    let mut seen = Vec::new();
    loop {
        let page = f.store.users(&filter).await.unwrap();
        seen.push(ids(&page.users));
        filter.after = page.next;
        if filter.after.is_none() {
            break;
        }
    }
    assert_eq!(seen, [vec!["Ann", "Zoe"], vec!["ann", "auth0|6543"], vec!["ben"]]);
    let from_between = UserFilter { after: Some("b".parse().unwrap()), limit: 10, ..filter };
    assert_eq!(ids(&f.store.users(&from_between).await.unwrap().users), ["ben"]);
}

/// Of letters A to Z it does not matter whether they are capital; nothing in the text stands for something else.
pub async fn users_are_found_by_a_part_of_their_id_or_address(f: &TenancyFixture) {
    add(f, "auth0|6543", Some("Ann@Example.com")).await;
    add(f, "b_n", Some("ben@example.org")).await;
    add(f, "ben", None).await;
    for (text, found) in [
        ("EXAMPLE", vec!["auth0|6543", "b_n"]),
        ("ann@example.com", vec!["auth0|6543"]),
        ("0|65", vec!["auth0|6543"]),
        ("b_n", vec!["b_n"]),
        ("ben", vec!["b_n", "ben"]),
        ("%", vec![]),
    ] {
        let filter = UserFilter { search: Some(text.parse().unwrap()), after: None, limit: 10 };
        assert_eq!(ids(&f.store.users(&filter).await.unwrap().users), found, "{text}");
    }
    let after = UserFilter {
        search: Some("example".parse().unwrap()),
        after: Some("auth0|6543".parse().unwrap()),
        limit: 1,
    };
    let page = f.store.users(&after).await.unwrap();
    assert_eq!((ids(&page.users), page.next), (vec!["b_n".to_owned()], None));
}

async fn add(f: &TenancyFixture, id: &str, email: Option<&str>) {
    let id: UserId = id.parse().unwrap();
    let email = email.map(|email| email.parse().unwrap());
    let change = Change::new(UserCreation { user: User { id, email, created_at: at(0) } });
    f.store.create_user(&change).await.unwrap();
}

fn ids(users: &[User]) -> Vec<String> {
    users.iter().map(|user| user.id.to_string()).collect()
}
