//! Members of businesses, as tenants read of them: to be a member shows who is one to both sides, and nothing else.

use super::{Installation, Session, VIEWS};

const SEEN: &str = "SELECT user_id || ' ' || role FROM trunkline_tenant.members ORDER BY 1";

#[tokio::test]
async fn a_membership_is_seen_by_the_owner_and_the_member_alone() {
    let (installation, mut reader) = Installation::with_ann_and_bob().await;
    installation.database.run(&["INSERT INTO trunkline.members (business_id, user_id, role, added_at)
         SELECT business.id, member.name, member.role, now()
         FROM trunkline.businesses business,
              (VALUES ('bob', 'manager'), ('mia', 'viewer')) AS member (name, role)
         WHERE business.user_id = 'ann'"]);
    for (user, seen) in [
        ("ann", vec!["bob manager", "mia viewer"]),
        ("bob", vec!["bob manager"]),
        ("mia", vec!["mia viewer"]),
        ("zoe", vec![]),
    ] {
        reader.is_for(user).await;
        assert_eq!(reader.ask(SEEN).await.unwrap(), seen, "{user}");
    }
    reader.run("RESET app.user_id").await.unwrap();
    assert_eq!(reader.ask(SEEN).await.unwrap(), Vec::<String>::new());

    // Bob manages Ann's numbers over the API; the tables show him his own.
    reader.is_for("bob").await;
    for view in VIEWS {
        assert_eq!(reader.owners(view).await, ["bob"], "{view}");
    }
    for statement in [
        "INSERT INTO trunkline_tenant.members SELECT business_id, 'eve', 'manager', added_at FROM trunkline_tenant.members",
        "UPDATE trunkline_tenant.members SET role = 'manager'",
        "DELETE FROM trunkline_tenant.members",
    ] {
        Session::assert_denied(statement, reader.run(statement).await);
    }
}
