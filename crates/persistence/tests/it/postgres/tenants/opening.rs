//! Who may make the role, and what becomes of an installation where nobody has.

use trunkline_domain::Change;
use trunkline_persistence::{PostgresOptions, PostgresStore};
use trunkline_provisioning::contract::fixture::{ann, bob};
use trunkline_tenancy::{TenancyStore, User, UserCreation};
use trunkline_testkit::{Cluster, Durability};

use super::Installation;

const ROLES: &str = "SELECT count(*) FROM pg_roles WHERE rolname = 'trunkline_tenant'";
const RESTRICTED: &str =
    "SELECT count(*) FROM pg_class WHERE relnamespace = 'trunkline'::regnamespace AND relrowsecurity";

#[tokio::test]
async fn the_migration_makes_the_role_where_it_may() {
    let cluster = Cluster::start(Durability::Fast);
    let (first, second) = (cluster.server().empty_database(), cluster.server().empty_database());
    let migrate =
        async |url: String| PostgresStore::migrate(&PostgresOptions::new(url.parse().unwrap())).await;
    // A role belongs to both databases, so one of two that migrate at once finds it there.
    let (one, other) = tokio::join!(migrate(first.url()), migrate(second.url()));
    one.unwrap();
    other.unwrap();
    for database in [first, second] {
        assert_eq!(database.run(&[ROLES, RESTRICTED]), "1\n9");
    }
}

#[tokio::test]
async fn where_nobody_may_make_roles_all_else_works_and_the_role_can_follow() {
    let installation = Installation::without_the_tenants_role();
    installation.migrate().await;
    let database = &installation.database;
    assert_eq!(database.run(&[ROLES, RESTRICTED]), "0\n0", "nothing has changed for anybody");
    installation.live(&[ann(), bob()]).await;

    // As documentation and notice say.
    let again = ["SET ROLE trunkline_owner", "SELECT trunkline.grant_rights_3()"];
    database.run(&again);
    assert_eq!(database.run(&[RESTRICTED]), "0");
    database
        .run(&["CREATE ROLE trunkline_tenant NOLOGIN", "CREATE ROLE reader LOGIN IN ROLE trunkline_tenant"]);
    database.run(&again);
    database.run(&again);
    assert_eq!(database.run(&[RESTRICTED]), "9");
    let mut reader = installation.session("reader").await;
    reader.is_for("ann").await;
    assert_eq!(reader.owners("orders").await, ["ann"]);
}

/// An owner of the tables who may make no schemas any more.
#[tokio::test]
async fn where_no_schema_may_be_made_all_else_works() {
    let installation = Installation::without_the_tenants_role();
    installation.migrate().await;
    let database = &installation.database;
    let again = ["SET ROLE trunkline_owner", "SELECT trunkline.grant_rights_3()"];
    database.run(&[
        "CREATE ROLE trunkline_tenant NOLOGIN",
        &format!(r#"REVOKE CREATE ON DATABASE "{}" FROM trunkline_owner"#, database.name()),
    ]);
    database.run(&again);
    assert_eq!(database.run(&[RESTRICTED]), "0");
    database.run(&["CREATE SCHEMA trunkline_tenant AUTHORIZATION trunkline_owner"]);
    database.run(&again);
    assert_eq!(database.run(&[RESTRICTED]), "9");
}

/// Servers go on through an upgrade: whoever may write the tables may call the functions, those of later migrations too.
#[tokio::test]
async fn the_servers_role_keeps_its_functions_and_nobody_else_has_any() {
    let installation = Installation::new().await;
    let database = &installation.database;
    database.run(&[
        "CREATE ROLE stranger",
        "CREATE ROLE other_servers",
        "GRANT INSERT ON trunkline.orders TO other_servers",
        "SET ROLE trunkline_owner",
        "CREATE FUNCTION trunkline.of_a_later_migration_1() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "SELECT trunkline.grant_rights_3()",
    ]);
    let may = |role: &str| {
        database.run(&[&format!(
            "SELECT count(*) FILTER (WHERE has_function_privilege('{role}', oid, 'EXECUTE')) || ' of ' || count(*) FROM pg_proc
             WHERE pronamespace = 'trunkline'::regnamespace AND proname <> 'tenant_1'"
        )])
    };
    let all = may("trunkline_owner");
    let (owned, functions) = all.split_once(" of ").unwrap();
    assert_eq!(owned, functions);
    for server in ["trunkline_app", "other_servers"] {
        assert_eq!(may(server), all, "{server}");
    }
    for other in ["stranger", "trunkline_tenant", "reader"] {
        assert_eq!(may(other), format!("0 of {functions}"), "{other}");
    }
    let store = PostgresStore::open(installation.options("trunkline_app")).await.unwrap();
    let user = User { id: ann(), email: None, created_at: chrono::Utc::now() };
    store.create_user(&Change::new(UserCreation { user })).await.unwrap();
}
