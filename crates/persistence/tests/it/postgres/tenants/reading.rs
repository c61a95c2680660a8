//! What a tenant sees by every way there is, and everything else that they try.

use super::{Installation, Session, VIEWS};

#[tokio::test]
async fn a_session_that_says_nobody_sees_nothing() {
    let (_installation, mut reader) = Installation::with_ann_and_bob().await;
    for setting in ["RESET app.user_id", "SET app.user_id = ''", "SET app.user_id = 'nobody'"] {
        reader.run(setting).await.unwrap();
        for view in VIEWS {
            assert!(reader.owners(view).await.is_empty(), "{view} after {setting}");
        }
    }
}

#[tokio::test]
async fn a_tenant_sees_exactly_their_own_rows() {
    let (installation, mut reader) = Installation::with_ann_and_bob().await;
    // Saying another name shows that one's rows: whoever may say it is trusted with it.
    for user in ["ann", "bob"] {
        reader.is_for(user).await;
        for view in VIEWS {
            assert_eq!(reader.owners(view).await, [user], "{view}");
            let count =
                format!("SELECT count(*)::text FROM trunkline_tenant.{view} WHERE user_id = '{user}'");
            let theirs = reader.ask(&count).await.unwrap();
            assert_eq!(theirs, [installation.database.run(&[&count])], "{view}");
        }
    }
    // The same as the operator's own views say of him.
    reader.run("SET timezone = 'UTC'").await.unwrap();
    for view in ["wallets", "transactions"] {
        let rows = "SELECT string_agg(whole::text, ' ' ORDER BY whole::text) FROM";
        let seen = reader.ask(&format!("{rows} trunkline_tenant.{view} whole")).await.unwrap();
        let told = format!("{rows} trunkline.{view} whole WHERE user_id = 'bob'");
        assert_eq!(seen, [installation.database.run(&["SET timezone = 'UTC'", &told])], "{view}");
    }
}

/// Bob's rows, by whatever a tenant may write themselves.
#[tokio::test]
async fn no_way_of_asking_shows_another_tenants_rows() {
    let (installation, mut reader) = Installation::with_ann_and_bob().await;
    let number = "SELECT id::text FROM trunkline.business_numbers WHERE user_id = 'bob'";
    let number = installation.database.run(&[number]);
    reader.is_for("ann").await;
    reader.run("CREATE TEMP VIEW mine AS SELECT * FROM trunkline_tenant.business_numbers").await.unwrap();
    reader
        .run(
            "CREATE FUNCTION pg_temp.look() RETURNS SETOF text LANGUAGE plpgsql AS $$
             BEGIN RETURN QUERY SELECT user_id FROM trunkline_tenant.orders; END $$;
             CREATE FUNCTION pg_temp.leak(whose text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS $$
             BEGIN IF whose <> 'ann' THEN RAISE EXCEPTION 'seen: %', whose; END IF; RETURN true; END $$",
        )
        .await
        .unwrap();
    let by_id = format!("SELECT user_id FROM trunkline_tenant.business_numbers WHERE id = '{number}'");
    assert!(reader.ask(&by_id).await.unwrap().is_empty());
    for question in [
        "SELECT DISTINCT user_id FROM mine",
        "SELECT DISTINCT pg_temp.look()",
        "SELECT DISTINCT t.user_id FROM trunkline_tenant.transactions t
         RIGHT JOIN trunkline_tenant.business_numbers n ON n.id = t.number_id OR n.user_id <> t.user_id
         WHERE t.user_id IS NOT NULL",
        "SELECT DISTINCT user_id FROM trunkline_tenant.audit WHERE pg_temp.leak(user_id)",
        "SELECT DISTINCT user_id FROM trunkline_tenant.wallets WHERE pg_temp.leak(user_id)",
        "SELECT DISTINCT user_id FROM trunkline_tenant.transactions WHERE pg_temp.leak(user_id)",
    ] {
        assert_eq!(reader.ask(question).await.unwrap(), ["ann"], "{question}");
    }
    let copied = "COPY (SELECT DISTINCT user_id FROM trunkline_tenant.orders) TO STDOUT";
    let mut copy = sqlx::postgres::PgConnection::copy_out_raw(&mut reader.0, copied).await.unwrap();
    let mut text = Vec::new();
    while let Some(part) = futures::StreamExt::next(&mut copy).await {
        text.extend_from_slice(&part.unwrap());
    }
    drop(copy);
    assert_eq!(String::from_utf8(text).unwrap(), "ann\n");
}

/// Names of the session's own that stand before PostgreSQL's are not what the rule asks.
#[tokio::test]
async fn a_search_path_changes_nothing() {
    let (_installation, mut reader) = Installation::with_ann_and_bob().await;
    reader.is_for("ann").await;
    reader
        .run(
            "CREATE FUNCTION pg_temp.current_setting(text, boolean) RETURNS text LANGUAGE sql AS $$ SELECT 'bob' $$;
             CREATE FUNCTION pg_temp.yes(text, text) RETURNS boolean LANGUAGE sql AS $$ SELECT true $$;
             CREATE OPERATOR pg_temp.= (LEFTARG = text, RIGHTARG = text, FUNCTION = pg_temp.yes);
             CREATE TEMP TABLE account (id uuid, kind text, user_id text);
             SET search_path = pg_temp, pg_catalog, trunkline_tenant",
        )
        .await
        .unwrap();
    for view in VIEWS {
        assert_eq!(reader.owners(view).await, ["ann"], "{view}");
    }
}

#[tokio::test]
async fn a_tenant_writes_nothing() {
    let (_installation, mut reader) = Installation::with_ann_and_bob().await;
    reader.is_for("ann").await;
    for view in VIEWS {
        for statement in [
            format!("INSERT INTO trunkline_tenant.{view} SELECT * FROM trunkline_tenant.{view}"),
            format!("UPDATE trunkline_tenant.{view} SET user_id = 'bob'"),
            format!("DELETE FROM trunkline_tenant.{view}"),
            format!("TRUNCATE trunkline_tenant.{view}"),
            format!("ALTER VIEW trunkline_tenant.{view} RESET (security_invoker)"),
        ] {
            let refusal = reader.run(&statement).await.unwrap_err();
            let ours = [
                "permission denied",
                "must be owner",
                "is not a table",
                "cannot update",
                "cannot insert",
                "cannot delete",
            ];
            assert!(ours.iter().any(|words| refusal.contains(words)), "{statement}: {refusal}");
        }
    }
    for statement in [
        "CREATE TABLE trunkline_tenant.mine (n int)",
        "CREATE TABLE trunkline.mine (n int)",
        "CREATE SCHEMA auth",
        "SET ROLE trunkline_app",
        "SET ROLE trunkline_owner",
        "SET row_security = off; SELECT * FROM trunkline_tenant.orders",
        "ALTER TABLE trunkline.orders DISABLE ROW LEVEL SECURITY",
        "DROP POLICY tenant_reads ON trunkline.orders",
        "COPY (SELECT 1) TO PROGRAM 'true'",
    ] {
        reader.denied(statement).await;
    }
}

/// The tables themselves, whatever is in them, and every function.
#[tokio::test]
async fn a_tenant_can_use_nothing_of_the_servers_own_schema() {
    let (installation, mut reader) = Installation::with_ann_and_bob().await;
    reader.is_for("ann").await;
    let names = "SELECT format('%I', relname) FROM pg_class
        WHERE relnamespace = 'trunkline'::regnamespace AND relkind IN ('r', 'v')";
    let tables = installation.database.run(&[names]);
    assert!(tables.lines().count() > 14, "{tables}");
    for table in tables.lines() {
        for statement in ["SELECT 1 FROM", "TRUNCATE", "DELETE FROM"] {
            reader.denied(&format!("{statement} trunkline.{table}")).await;
        }
    }
    let calls = "SELECT format('SELECT trunkline.%I(%s)', proname,
            (SELECT string_agg(format('NULL::%s', format_type(type, NULL)), ', ' ORDER BY place)
             FROM unnest(proargtypes) WITH ORDINALITY AS argument (type, place)))
        FROM pg_proc WHERE pronamespace = 'trunkline'::regnamespace AND prorettype <> 'trigger'::regtype";
    let calls = installation.database.run(&[calls]);
    assert!(calls.lines().count() > 30, "{calls}");
    for call in calls.lines() {
        reader.denied(call).await;
    }
    // Were the schema opened by mistake, the functions and tables would still be shut.
    installation.database.run(&["GRANT USAGE ON SCHEMA trunkline TO trunkline_tenant"]);
    for call in calls.lines().filter(|call| !call.contains("tenant_1(")) {
        reader.denied(call).await;
    }
    for secret in [
        "SELECT hash FROM trunkline.api_keys",
        "SELECT id FROM trunkline.users",
        "SELECT fingerprint FROM trunkline.request",
        "SELECT lease FROM trunkline.orders",
        "SELECT release_lease FROM trunkline.business_numbers",
        "SELECT debit_account FROM trunkline.transfer",
        "SELECT report FROM trunkline.reconciliation",
        "SELECT data FROM trunkline.outbox_event",
        "SELECT phone_number FROM trunkline.number_claim",
        "SELECT balance_usd FROM trunkline.wallets",
        "SELECT amount FROM trunkline.transactions",
    ] {
        reader.denied(secret).await;
    }
    let question = "SELECT DISTINCT user_id FROM trunkline.account";
    assert_eq!(reader.ask(question).await.unwrap(), ["ann"], "rows are theirs all the same");
}

/// The operator's own words and keys are not in the lines that a tenant reads.
#[tokio::test]
async fn an_operators_words_stay_inside() {
    let (installation, mut reader) = Installation::with_ann_and_bob().await;
    installation.database.run(&[
        r#"INSERT INTO trunkline.audit (actor, action, subject, user_id, at, reason, details)
           VALUES ('{"kind": "operator", "key": "0190"}', 'wallet.credit', 'x', 'ann', now(), 'they shouted', '{"a": 1}'),
                  ('{"kind": "user", "user": "ann", "key": null}', 'number.update', 'y', 'ann', now(), 'mine', '{"b": 2, "calls": [{"says": "twilio"}]}'),
                  ('{"kind": "system"}', 'orphan.release', 'z', NULL, now(), NULL, '{}')"#,
    ]);
    reader.is_for("ann").await;
    let lines = "SELECT concat_ws(' ', actor, action, reason, details) FROM trunkline_tenant.audit
        WHERE subject IN ('x', 'y', 'z') ORDER BY sequence";
    let seen = reader.ask(lines).await.unwrap();
    assert_eq!(seen, ["operator wallet.credit", r#"user number.update mine {"b": 2}"#]);
    Session::assert_denied("actor", reader.run("SELECT actor FROM trunkline.audit").await);
}
