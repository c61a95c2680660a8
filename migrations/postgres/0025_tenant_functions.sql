-- Users who read the database themselves: through Supabase, PostgREST or a reporting tool, as the role
-- `trunkline_tenant`. They see their own rows through the views of the schema `trunkline_tenant`, and write nothing.
--
-- The role may use nothing of the schema `trunkline`: it cannot name a table or call a function there. Row-level security
-- on the tables below the views decides which rows are theirs. Every other role is let through by a policy that is
-- always true, and by its grants, as before: the servers' role notices nothing, whatever it is called.

-- Who reads: `app.user_id`, which whoever opened the session has set, or `auth.uid()`, where the database has that function
-- and the role may call it, as Supabase has. Null where neither says anybody, and where the two disagree: then no row is
-- anybody's. Every name is looked for where it belongs, whatever the session's search path.
CREATE FUNCTION trunkline.tenant_1() RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_named text := nullif(pg_catalog.current_setting('app.user_id', true), '');
    v_signed_in text;
BEGIN
    IF EXISTS (
        SELECT 1
        FROM pg_catalog.pg_proc routine
        JOIN pg_catalog.pg_namespace place ON place.oid = routine.pronamespace
        WHERE place.nspname = 'auth' AND routine.proname = 'uid' AND routine.pronargs = 0
          AND pg_catalog.has_schema_privilege(place.oid, 'USAGE')
          AND pg_catalog.has_function_privilege(routine.oid, 'EXECUTE')
    ) THEN
        EXECUTE 'SELECT auth.uid()::text' INTO v_signed_in;
    END IF;
    IF v_named <> v_signed_in THEN
        RETURN NULL;
    END IF;
    RETURN coalesce(v_named, v_signed_in);
END
$$;

-- The rule of one table: which rows are the tenant's. Nothing of it is done twice.
CREATE FUNCTION trunkline.restrict_tenants_1(p_table text, p_theirs text, p_columns text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    EXECUTE format('GRANT SELECT (%s) ON trunkline.%I TO trunkline_tenant', p_columns, p_table);
    IF EXISTS (
        SELECT 1 FROM pg_policy WHERE polrelid = format('trunkline.%I', p_table)::regclass AND polname = 'tenant_reads'
    ) THEN
        RETURN;
    END IF;
    EXECUTE format('CREATE POLICY as_granted ON trunkline.%I USING (true) WITH CHECK (true)', p_table);
    EXECUTE format(
        'CREATE POLICY tenant_reads ON trunkline.%I AS RESTRICTIVE FOR SELECT TO trunkline_tenant USING (%s)',
        p_table, p_theirs
    );
    -- Even where somebody grants more than they should.
    EXECUTE format(
        'CREATE POLICY tenant_inserts_nothing ON trunkline.%I AS RESTRICTIVE FOR INSERT TO trunkline_tenant
         WITH CHECK (false)', p_table
    );
    EXECUTE format(
        'CREATE POLICY tenant_updates_nothing ON trunkline.%I AS RESTRICTIVE FOR UPDATE TO trunkline_tenant
         USING (false)', p_table
    );
    EXECUTE format(
        'CREATE POLICY tenant_deletes_nothing ON trunkline.%I AS RESTRICTIVE FOR DELETE TO trunkline_tenant
         USING (false)', p_table
    );
    EXECUTE format('ALTER TABLE trunkline.%I ENABLE ROW LEVEL SECURITY', p_table);
END
$$;

-- What a tenant reads. Each view asks with the rights of whoever reads it.
CREATE FUNCTION trunkline.make_tenant_views_1() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    CREATE OR REPLACE VIEW trunkline_tenant.businesses WITH (security_invoker = true) AS
    SELECT id, user_id, name, time_zone, created_at, updated_at FROM trunkline.businesses;

    CREATE OR REPLACE VIEW trunkline_tenant.business_numbers WITH (security_invoker = true) AS
    SELECT id, user_id, business_id, phone_number, display_name, country_code, number_type, status, is_primary,
           is_active, provider, purchase_date, monthly_cost::numeric(19, 6) AS monthly_cost, currency, capabilities,
           notes, twilio_sid, twilio_account_sid, voice_url, sms_url, status_callback_url, created_at, updated_at
    FROM trunkline.business_numbers;

    CREATE OR REPLACE VIEW trunkline_tenant.orders WITH (security_invoker = true) AS
    SELECT id, user_id, business_id, state AS status, phone_number, display_name, country_code, number_type,
           charge::numeric(19, 6) AS amount, currency, number_id, opened_at AS created_at, updated_at
    FROM trunkline.orders;

    -- One row for each currency, where `wallets` has dollars and rupees side by side.
    CREATE OR REPLACE VIEW trunkline_tenant.balances WITH (security_invoker = true) AS
    SELECT user_id, currency, (posted - held)::numeric(19, 6) AS available, held::numeric(19, 6) AS held, created_at,
           updated_at
    FROM trunkline.account
    WHERE kind = 'wallet';

    CREATE OR REPLACE VIEW trunkline_tenant.wallets WITH (security_invoker = true) AS
    SELECT user_id,
           COALESCE(SUM(available) FILTER (WHERE currency = 'USD'), 0)::numeric(19, 6) AS balance_usd,
           COALESCE(SUM(held) FILTER (WHERE currency = 'USD'), 0)::numeric(19, 6) AS held_usd,
           COALESCE(SUM(available) FILTER (WHERE currency = 'INR'), 0)::numeric(19, 6) AS balance_inr,
           COALESCE(SUM(held) FILTER (WHERE currency = 'INR'), 0)::numeric(19, 6) AS held_inr,
           MIN(created_at) AS created_at,
           MAX(updated_at) AS updated_at
    FROM trunkline_tenant.balances
    WHERE currency IN ('USD', 'INR')
    GROUP BY user_id;

    CREATE OR REPLACE VIEW trunkline_tenant.transactions WITH (security_invoker = true) AS
    SELECT begun.id,
           wallet.user_id,
           CASE WHEN begun.kind = 'post' AND begun.credit_account = begun.wallet_id THEN 'credit' ELSE 'debit' END
               AS type,
           begun.amount::numeric(19, 6) AS amount,
           begun.currency,
           begun.description,
           CASE
               WHEN EXISTS (SELECT 1 FROM trunkline.transfer undone WHERE undone.reverses_id IN (begun.id, ended.id))
                   THEN 'refunded'
               WHEN begun.kind = 'hold' AND ended.id IS NULL THEN 'pending'
               WHEN ended.kind = 'void' THEN 'failed'
               ELSE 'completed'
           END AS status,
           begun.order_id,
           COALESCE(ended.number_id, begun.number_id) AS number_id,
           begun.created_at,
           COALESCE(ended.created_at, begun.created_at) AS updated_at
    FROM trunkline.transfer begun
    JOIN trunkline.account wallet ON wallet.id = begun.wallet_id
    LEFT JOIN trunkline.transfer ended ON ended.pending_id = begun.id
    WHERE begun.kind IN ('post', 'hold');

    -- What was done to whatever is theirs. An operator's reasons, with which key somebody came, and what the provider
    -- said stay inside.
    CREATE OR REPLACE VIEW trunkline_tenant.audit WITH (security_invoker = true) AS
    SELECT sequence,
           user_id,
           actor ->> 'kind' AS actor,
           action,
           subject,
           at,
           CASE WHEN actor ->> 'kind' IN ('user', 'service') THEN reason END AS reason,
           CASE WHEN actor ->> 'kind' IN ('user', 'service') THEN details - '{calls,callsLeftOut}'::text[] END AS details,
           request_id
    FROM trunkline.audit
    WHERE user_id IS NOT NULL;
END
$$;

-- Makes the role and what it may read, as far as whoever calls this may. Answers what is missing, or nothing where all is
-- there.
CREATE FUNCTION trunkline.open_to_tenants_1() RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    c_own CONSTANT text := 'user_id = (SELECT trunkline.tenant_1())';
BEGIN
    BEGIN
        IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'trunkline_tenant') THEN
            CREATE ROLE trunkline_tenant NOLOGIN;
        END IF;
    EXCEPTION
        -- Roles belong to all databases of a server: another one's migration came first.
        WHEN duplicate_object OR unique_violation THEN NULL;
        WHEN insufficient_privilege THEN
            RETURN 'a user who may create roles must run: CREATE ROLE trunkline_tenant NOLOGIN';
    END;
    BEGIN
        IF to_regnamespace('trunkline_tenant') IS NULL THEN
            CREATE SCHEMA trunkline_tenant;
        END IF;
    EXCEPTION WHEN insufficient_privilege THEN
        RETURN format(
            'a user who may create schemas must run: CREATE SCHEMA trunkline_tenant AUTHORIZATION %I', current_user
        );
    END;
    PERFORM trunkline.make_tenant_views_1();
    IF EXISTS (
        SELECT 1 FROM pg_class
        WHERE relnamespace = 'trunkline'::regnamespace AND NOT relrowsecurity
          AND relname IN ('orders', 'business_numbers', 'account', 'transfer', 'audit', 'businesses')
    ) THEN
        -- At once, and in the order in which the transitions take rows: no server waits for us while we wait for it.
        LOCK TABLE trunkline.orders, trunkline.business_numbers, trunkline.account, trunkline.transfer, trunkline.audit,
            trunkline.businesses;
    END IF;
    PERFORM trunkline.restrict_tenants_1('orders', c_own,
        'id, user_id, business_id, state, phone_number, display_name, country_code, number_type, charge, currency,
         number_id, opened_at, updated_at');
    PERFORM trunkline.restrict_tenants_1('business_numbers', c_own,
        'id, user_id, business_id, phone_number, display_name, country_code, number_type, status, is_primary, is_active,
         provider, purchase_date, monthly_cost, currency, capabilities, notes, twilio_sid, twilio_account_sid, voice_url,
         sms_url, status_callback_url, created_at, updated_at');
    PERFORM trunkline.restrict_tenants_1('account', 'kind = ''wallet'' AND ' || c_own,
        'id, kind, user_id, currency, posted, held, created_at, updated_at');
    PERFORM trunkline.restrict_tenants_1('transfer',
        'wallet_id = ANY (ARRAY(SELECT wallet.id FROM trunkline.account wallet WHERE wallet.kind = ''wallet'' AND wallet.'
            || c_own || '))',
        'id, kind, credit_account, amount, currency, pending_id, reverses_id, order_id, number_id, description, wallet_id,
         created_at');
    PERFORM trunkline.restrict_tenants_1('audit', c_own,
        'sequence, actor, action, subject, user_id, at, reason, details, request_id');
    PERFORM trunkline.restrict_tenants_1('businesses', c_own, 'id, user_id, name, time_zone, created_at, updated_at');
    GRANT USAGE ON SCHEMA trunkline_tenant TO trunkline_tenant;
    GRANT SELECT ON ALL TABLES IN SCHEMA trunkline_tenant TO trunkline_tenant;
    GRANT EXECUTE ON FUNCTION trunkline.tenant_1() TO trunkline_tenant;
    RETURN NULL;
END
$$;

-- Who may do what here; `trunkline migrate` calls it after every migration, so that a later one need not think of it.
-- PostgreSQL lets everybody call a new function. Here only those may who may write the tables that functions write: the
-- servers' role, whatever it is called, and the owner.
CREATE FUNCTION trunkline.grant_rights_1() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_server name;
    v_missing text;
BEGIN
    FOR v_server IN
        SELECT DISTINCT grantee.rolname
        FROM pg_class place
        CROSS JOIN LATERAL aclexplode(place.relacl) granted
        JOIN pg_roles grantee ON grantee.oid = granted.grantee
        WHERE place.oid = 'trunkline.orders'::regclass AND granted.privilege_type = 'INSERT'
          AND granted.grantee <> place.relowner
    LOOP
        EXECUTE format('GRANT EXECUTE ON ALL ROUTINES IN SCHEMA trunkline TO %I', v_server);
    END LOOP;
    REVOKE EXECUTE ON ALL ROUTINES IN SCHEMA trunkline FROM PUBLIC;
    v_missing := trunkline.open_to_tenants_1();
    IF v_missing IS NOT NULL THEN
        RAISE NOTICE 'nothing is readable by tenants yet, and nothing else is amiss: %; then run, as the owner: SELECT trunkline.grant_rights_1()', v_missing;
    END IF;
END
$$;
