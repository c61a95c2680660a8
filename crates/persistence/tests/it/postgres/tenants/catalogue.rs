//! A walk through the catalogue: whatever a migration adds is either the tenants' by a rule, or not theirs at all.

use trunkline_testkit::Database;

use super::{Installation, MEMBERS, VIEWS};

/// Tables that know users and that no tenant reads, and why.
const NOT_FOR_TENANTS: [(&str, &str); 12] = [
    ("api_keys", "hashes of secrets"),
    ("request", "fingerprints of what was asked, and stored answers"),
    ("outbox_event", "for the operator's other systems"),
    ("approval", "between operators; what comes of it is a transfer"),
    ("user_limits", "what an operator has set; a refusal says it"),
    ("notice", "addresses, and where mail stands; the API shows what concerns them"),
    ("wallet_alert", "addresses; the API shows and sets them"),
    ("top_up", "names at the gateway, and a consent; the API shows what concerns them"),
    ("top_up_customer", "names at the gateway"),
    ("top_up_setup", "names at the gateway; what comes of it is a top-up"),
    ("sign_in_account", "hashes of passwords"),
    ("imported_line", "a history from elsewhere, from which no balance follows; the API shows it"),
];

/// Everything that is amiss: a sentence each, with what to do.
fn complaints(database: &Database) -> Vec<String> {
    let mut complaints = Vec::new();
    let listed = |question: &str| database.run(&[question]);
    let unruled = listed(
        "SELECT relname FROM pg_class t
         WHERE relnamespace = 'trunkline'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f')
           AND has_any_column_privilege('trunkline_tenant', oid, 'SELECT, INSERT, UPDATE, REFERENCES')
           AND NOT (relrowsecurity AND EXISTS (
               SELECT 1 FROM pg_policy WHERE polrelid = t.oid AND polname = 'tenant_reads' AND NOT polpermissive
                   AND polroles = ARRAY['trunkline_tenant'::regrole::oid]))",
    );
    complaints.extend(
        unruled.lines().map(|table| format!("{table}: tenants have rights on it and no rule restricts them")),
    );
    let forgotten = listed(
        "SELECT relname FROM pg_class t JOIN pg_attribute c ON c.attrelid = t.oid AND c.attname = 'user_id'
         WHERE relnamespace = 'trunkline'::regnamespace AND relkind IN ('r', 'p')
           AND NOT has_any_column_privilege('trunkline_tenant', t.oid, 'SELECT')",
    );
    let known = |table: &&str| NOT_FOR_TENANTS.iter().any(|(name, _)| name == table);
    complaints.extend(forgotten.lines().filter(|table| !known(table)).map(|table| {
        format!("{table}: it knows users; give tenants a view and a rule (open_to_tenants_), or name it in NOT_FOR_TENANTS")
    }));
    let writable = listed(
        "SELECT n.nspname || '.' || relname FROM pg_class t JOIN pg_namespace n ON n.oid = relnamespace
         WHERE n.nspname IN ('trunkline', 'trunkline_tenant') AND relkind IN ('r', 'p', 'v', 'm', 'f')
           AND (has_table_privilege('trunkline_tenant', t.oid, 'INSERT, UPDATE, DELETE, TRUNCATE, TRIGGER')
                OR has_any_column_privilege('trunkline_tenant', t.oid, 'INSERT, UPDATE'))",
    );
    complaints.extend(writable.lines().map(|table| format!("{table}: tenants may write it")));
    let callable = listed(
        "SELECT proname FROM pg_proc WHERE pronamespace = 'trunkline'::regnamespace AND proname <> 'tenant_1'
           AND has_function_privilege('trunkline_tenant', oid, 'EXECUTE')",
    );
    complaints.extend(
        callable.lines().map(|name| format!("{name}: tenants may call it; grant_rights_ forgets it")),
    );
    let trusting = listed(
        "SELECT relname FROM pg_class WHERE relnamespace = 'trunkline_tenant'::regnamespace
           AND NOT (relkind = 'v' AND 'security_invoker=true' = ANY (coalesce(reloptions, '{}')))",
    );
    complaints.extend(
        trusting.lines().map(|view| format!("{view}: it asks with its owner's rights, not its reader's")),
    );
    let usable = listed(
        "SELECT 1 WHERE has_schema_privilege('trunkline_tenant', 'trunkline', 'USAGE')
             OR has_schema_privilege('trunkline_tenant', 'trunkline_tenant', 'CREATE')",
    );
    complaints.extend(usable.lines().map(|_| "schemas: tenants may name tables, or make views".to_owned()));
    complaints
}

#[tokio::test]
async fn what_a_migration_adds_is_a_tenants_by_a_rule_or_not_at_all() {
    let installation = Installation::new().await;
    let database = &installation.database;
    assert_eq!(complaints(database), Vec::<String>::new());
    let views =
        "SELECT relname FROM pg_class WHERE relnamespace = 'trunkline_tenant'::regnamespace ORDER BY 1";
    let mut expected: Vec<&str> = VIEWS.into_iter().chain([MEMBERS]).collect();
    expected.sort_unstable();
    assert_eq!(database.run(&[views]), expected.join("\n"));
    for (table, _) in NOT_FOR_TENANTS {
        assert_eq!(
            database.run(&[&format!("SELECT 1 FROM pg_class WHERE oid = 'trunkline.{table}'::regclass")]),
            "1"
        );
    }
}

/// The walk finds what it is for.
#[tokio::test]
async fn the_walk_finds_each_mistake() {
    let installation = Installation::new().await;
    let database = &installation.database;
    for (mistake, found, undone) in [
        ("CREATE TABLE trunkline.later (user_id text)", "later: it knows users", "DROP TABLE trunkline.later"),
        (
            "CREATE TABLE trunkline.plain (n int); GRANT SELECT ON trunkline.plain TO trunkline_tenant",
            "plain: tenants have rights",
            "DROP TABLE trunkline.plain",
        ),
        (
            "CREATE TABLE trunkline.open (n int); ALTER TABLE trunkline.open ENABLE ROW LEVEL SECURITY;
             CREATE POLICY tenant_reads ON trunkline.open USING (true); GRANT SELECT (n) ON trunkline.open TO PUBLIC",
            "open: tenants have rights",
            "DROP TABLE trunkline.open",
        ),
        (
            "CREATE FUNCTION trunkline.later_1() RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "later_1: tenants may call it",
            "DROP FUNCTION trunkline.later_1()",
        ),
        (
            "CREATE VIEW trunkline_tenant.later AS SELECT user_id FROM trunkline.orders",
            "later: it asks with its owner's rights",
            "DROP VIEW trunkline_tenant.later",
        ),
        (
            "GRANT UPDATE (notes) ON trunkline_tenant.business_numbers TO trunkline_tenant",
            "trunkline_tenant.business_numbers: tenants may write it",
            "REVOKE UPDATE (notes) ON trunkline_tenant.business_numbers FROM trunkline_tenant",
        ),
        (
            "GRANT USAGE ON SCHEMA trunkline TO PUBLIC",
            "schemas: tenants may name tables",
            "REVOKE USAGE ON SCHEMA trunkline FROM PUBLIC",
        ),
    ] {
        database.run(&[mistake]);
        let complaints = complaints(database);
        assert!(complaints.iter().any(|line| line.contains(found)), "{mistake}: {complaints:?}");
        database.run(&[undone]);
    }
    assert_eq!(complaints(database), Vec::<String>::new());
}
