//! The servers' role, which does not own its tables: nothing is slower or different for it.

use trunkline_provisioning::contract::fixture::{ann, bob};

use super::Installation;

/// What servers ask most, in the forms in which they ask it.
const QUESTIONS: [&str; 8] = [
    "SELECT * FROM trunkline.orders WHERE user_id = 'ann' AND id = '00000000-0000-4000-8000-000000000001'",
    "SELECT * FROM trunkline.orders WHERE state IN ('ordering', 'unresolved')
     ORDER BY opened_at, id LIMIT 10 FOR UPDATE SKIP LOCKED",
    "SELECT * FROM trunkline.business_numbers WHERE user_id = 'ann'
     AND (created_at, id) < (now(), '00000000-0000-4000-8000-000000000001') ORDER BY created_at DESC, id DESC LIMIT 20",
    "SELECT * FROM trunkline.business_numbers WHERE phone_number = '+14152300101' AND status <> 'released'",
    "SELECT t.* FROM trunkline.account a JOIN trunkline.transfer t ON t.wallet_id = a.id
     WHERE a.user_id = 'ann' AND a.currency = 'USD' AND a.kind = 'wallet' ORDER BY t.wallet_version DESC LIMIT 20",
    "UPDATE trunkline.account SET held = held + 1, version = version + 1
     WHERE id = '00000000-0000-4000-8000-000000000001' AND posted - held >= 1 RETURNING posted, held, version",
    "UPDATE trunkline.orders SET state = 'unresolved' WHERE id = '00000000-0000-4000-8000-000000000001'
     AND lease = 3 AND state = 'ordering' RETURNING *",
    "SELECT state, count(*), min(opened_at) FROM trunkline.orders GROUP BY state",
];

#[tokio::test]
async fn its_query_plans_are_the_same_with_and_without_row_level_security() {
    let installation = Installation::new().await;
    installation.live(&[ann(), bob()]).await;
    let database = &installation.database;
    // Plans of tables with many rows, which an empty one would not show.
    database.run(&[
        "INSERT INTO trunkline.account (id, kind, user_id, currency, created_at)
         SELECT gen_random_uuid(), 'wallet', 'user' || n, 'USD', now() FROM generate_series(1, 3000) n",
        "INSERT INTO trunkline.business_numbers (id, user_id, phone_number, display_name, country_code, number_type, status,
             provider, purchase_date, monthly_cost, currency, capabilities, version, created_at, updated_at)
         SELECT gen_random_uuid(), 'user' || n, '+1415' || (5550000 + n), 'x', 'US', 'local', 'active', 'other', now(), 1,
             'USD', '{}', 1, now(), now() FROM generate_series(1, 3000) n",
        "ANALYZE",
    ]);
    let plans = || {
        let explain = |question: &&str| {
            database.run(&["SET ROLE trunkline_app", &format!("EXPLAIN (COSTS OFF) {question}")])
        };
        QUESTIONS.iter().map(explain).collect::<Vec<_>>()
    };
    let restricted = plans();
    for table in ["orders", "business_numbers", "account", "transfer", "audit", "businesses"] {
        database.run(&[&format!("ALTER TABLE trunkline.{table} DISABLE ROW LEVEL SECURITY")]);
    }
    assert_eq!(restricted, plans());
    assert!(restricted.iter().any(|plan| plan.contains("Index Scan using business_numbers_by_phone")));
}

/// A tenant's question is answered by way of their own rows, however many there are of others.
#[tokio::test]
async fn a_tenants_own_question_uses_the_index() {
    let (installation, mut reader) = Installation::with_ann_and_bob().await;
    reader.is_for("ann").await;
    installation.database.run(&["ANALYZE"]);
    reader.run("SET enable_seqscan = off").await.unwrap();
    for (view, index) in [
        ("orders", "orders_of_user"),
        // By the user as well, with what a list sums up.
        ("business_numbers", "business_numbers_summed"),
        ("audit", "audit_of_user"),
        ("businesses", "businesses_of_user"),
        ("balances", "account_of_user"),
    ] {
        let plan =
            reader.ask(&format!("EXPLAIN (COSTS OFF) SELECT * FROM trunkline_tenant.{view}")).await.unwrap();
        assert!(plan.iter().any(|line| line.contains(index)), "{view}: {plan:#?}");
    }
}
