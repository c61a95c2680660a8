-- The transitions of payments.
--
-- A payment's row comes first and is locked by whoever changes it; then the wallet's, and the debt's beside it. What the
-- gateway says only ever grows, so news in any order leads to the same rows.

-- The states in their order: later ones come before earlier ones.
CREATE FUNCTION trunkline.payment_rank_1(p_state text) RETURNS integer
LANGUAGE sql IMMUTABLE SET search_path = trunkline, pg_temp AS $$
    SELECT array_position(ARRAY['opening', 'open', 'processing', 'expired', 'failed', 'completed'], p_state)
$$;

-- Writes a payment down, once per id and once per idempotency key. The turn of a user's payments comes after the request's:
-- of two opened at once the second counts the first.
-- Outcomes: opened (now or before), repeated (by the key), key_reused, cap_reached (with what is used).
CREATE FUNCTION trunkline.open_payment_1(
    p_payment trunkline.payment, p_daily_cap numeric, p_look_after interval, p_request jsonb, p_events jsonb,
    p_audit jsonb, p_now timestamptz
) RETURNS TABLE (outcome text, used numeric, payment_row trunkline.payment)
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
DECLARE
    v_id uuid := p_payment.id;
    v_known record;
    v_row trunkline.payment%ROWTYPE;
BEGIN
    PERFORM wait_for_turn_1(p_request, p_payment.id);
    outcome := 'opened';
    IF NOT EXISTS (SELECT FROM payment before WHERE before.id = p_payment.id) THEN
        SELECT known.outcome, known.subject INTO v_known FROM known_request_1(p_request, p_now) known;
        IF FOUND THEN
            IF v_known.outcome = 'other_command' THEN
                outcome := 'key_reused';
                RETURN NEXT;
                RETURN;
            END IF;
            outcome := 'repeated';
            v_id := v_known.subject;
        ELSE
            PERFORM pg_advisory_xact_lock(hashtextextended('trunkline payments of ' || p_payment.user_id, 0));
            IF p_daily_cap IS NOT NULL THEN
                SELECT COALESCE(sum(today.amount), 0) INTO used FROM payment today
                WHERE today.user_id = p_payment.user_id AND today.currency = p_payment.currency
                  AND today.opened_at >= date_trunc('day', p_payment.opened_at, 'UTC')
                  AND today.state IN ('opening', 'open', 'processing', 'completed');
                IF used + p_payment.amount > p_daily_cap THEN
                    outcome := 'cap_reached';
                    RETURN NEXT;
                    RETURN;
                END IF;
            END IF;
            INSERT INTO payment (id, user_id, kind, amount, currency, description, state, next_look_at, opened_at,
                                 updated_at)
            VALUES (p_payment.id, p_payment.user_id, p_payment.kind, p_payment.amount, p_payment.currency,
                    p_payment.description, 'opening', lease_time_1(p_now) + p_look_after, p_payment.opened_at,
                    p_payment.opened_at);
            PERFORM keep_request_1(p_request, p_payment.id, to_jsonb(p_payment.id), p_now);
            PERFORM tell_1(p_events, p_audit);
        END IF;
    END IF;
    SELECT made.* INTO STRICT v_row FROM payment made WHERE made.id = v_id;
    payment_row := v_row;
    RETURN NEXT;
END
$$;

-- Notes the page that the gateway opened; what is known since is not undone. Its only outcome is `noted`.
CREATE FUNCTION trunkline.note_payment_page_1(
    p_payment uuid, p_session text, p_page text, p_expires_at timestamptz, p_look_after interval, p_at timestamptz,
    p_events jsonb, p_audit jsonb, p_now timestamptz
) RETURNS TABLE (outcome text, payment_row trunkline.payment)
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
DECLARE
    v_row trunkline.payment%ROWTYPE;
BEGIN
    outcome := 'noted';
    UPDATE payment opened
    SET state = 'open', session_id = p_session, page_url = p_page, page_expires_at = p_expires_at, updated_at = p_at,
        next_look_at = lease_time_1(p_now) + p_look_after
    WHERE opened.id = p_payment AND opened.state = 'opening'
    RETURNING opened.* INTO v_row;
    IF FOUND THEN
        PERFORM tell_1(p_events, p_audit);
    ELSE
        UPDATE payment opened SET session_id = p_session, page_url = p_page, page_expires_at = p_expires_at
        WHERE opened.id = p_payment AND opened.page_url IS NULL;
        SELECT opened.* INTO STRICT v_row FROM payment opened WHERE opened.id = p_payment;
    END IF;
    payment_row := v_row;
    RETURN NEXT;
END
$$;

-- How much of a credit no reversal has undone.
CREATE FUNCTION trunkline.left_of_credit_1(p_credit uuid) RETURNS numeric
LANGUAGE sql STABLE SET search_path = trunkline, pg_temp AS $$
    SELECT made.amount - COALESCE((
        SELECT sum(CASE WHEN undone.credit_account = made.credit_account THEN -undone.amount ELSE undone.amount END)
        FROM transfer undone WHERE undone.reverses_id = made.id
    ), 0)
    FROM transfer made WHERE made.id = p_credit
$$;

-- Takes money of a payment back: what is available pays, and the rest is lent to the wallet first, so held money is not
-- touched. More than is left of the credit is taken as a post, because a reversal undoes no more than there was.
CREATE FUNCTION trunkline.take_back_1(
    p_taking jsonb, p_credit uuid, p_user text, p_accounts jsonb, p_currency text, p_at timestamptz
) RETURNS void
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
DECLARE
    v_amount CONSTANT numeric := (p_taking->>'amount')::numeric;
    v_wallet CONSTANT uuid := (p_accounts->>'wallet')::uuid;
    v_debt CONSTANT uuid := (p_accounts->>'debt')::uuid;
    v_clearing CONSTANT uuid := (p_accounts->>'clearing')::uuid;
    v_funding CONSTANT uuid := (p_accounts->>'funding')::uuid;
    v_before record;
    v_owed record;
    v_short numeric;
    v_is_left boolean;
BEGIN
    SELECT wallet.posted, wallet.held, wallet.version INTO STRICT v_before FROM account wallet
    WHERE wallet.id = v_wallet AND wallet.kind = 'wallet'
    FOR NO KEY UPDATE;
    v_short := greatest(0, v_amount - (v_before.posted - v_before.held));
    v_is_left := left_of_credit_1(p_credit) >= v_amount;
    IF v_short > 0 THEN
        PERFORM ensure_account_1(v_clearing, 'clearing', NULL, p_currency, p_at);
        PERFORM ensure_account_1(v_debt, 'debt', p_user, p_currency, p_at);
        UPDATE account debt SET posted = debt.posted + v_short, version = debt.version + 1, updated_at = p_at
        WHERE debt.id = v_debt
        RETURNING debt.posted, debt.held, debt.version INTO STRICT v_owed;
        INSERT INTO transfer (id, kind, debit_account, credit_account, amount, currency, description, wallet_id,
                              wallet_version, posted_after, held_after, created_at)
        VALUES ((p_taking->'lent'->>0)::uuid, 'post', v_debt, v_clearing, v_short, p_currency,
                p_taking->>'lent_description', v_debt, v_owed.version, v_owed.posted, v_owed.held, p_at),
               ((p_taking->'lent'->>1)::uuid, 'post', v_clearing, v_wallet, v_short, p_currency,
                p_taking->>'lent_description', v_wallet, v_before.version + 1, v_before.posted + v_short,
                v_before.held, p_at);
        v_before.version := v_before.version + 1;
    END IF;
    -- Lent and taken in one: what is available never rises on the way, so nothing of it pays the debt that it makes.
    UPDATE account wallet
    SET posted = wallet.posted + v_short - v_amount, version = v_before.version + 1, updated_at = p_at
    WHERE wallet.id = v_wallet;
    INSERT INTO transfer (id, kind, debit_account, credit_account, amount, currency, reverses_id, description,
                          wallet_id, wallet_version, posted_after, held_after, created_at)
    VALUES ((p_taking->'taken'->>'transfer')::uuid, CASE WHEN v_is_left THEN 'reversal' ELSE 'post' END, v_wallet,
            v_funding, v_amount, p_currency, CASE WHEN v_is_left THEN p_credit END, p_taking->'taken'->>'description',
            v_wallet, v_before.version + 1, v_before.posted + v_short - v_amount, v_before.held, p_at);
    INSERT INTO payment_taking (id, payment_id, kind, amount, currency, taken_transfer, taken_at)
    VALUES (p_taking->>'id', p_credit, p_taking->>'kind', v_amount, p_currency,
            (p_taking->'taken'->>'transfer')::uuid, p_at);
    PERFORM tell_1(p_taking->'taken'->'events', p_taking->'taken'->'audit');
END
$$;

-- Gives again what was taken, in the same kind of row. The wallet's row calls for what is owed to be paid out of it.
CREATE FUNCTION trunkline.give_again_1(p_taking jsonb, p_at timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
DECLARE
    v_transfer CONSTANT uuid := (p_taking->'returned'->>'transfer')::uuid;
    v_taken record;
    v_after record;
BEGIN
    SELECT taken.kind, taken.debit_account, taken.credit_account, taken.amount, taken.currency, taken.reverses_id
    INTO STRICT v_taken
    FROM payment_taking known JOIN transfer taken ON taken.id = known.taken_transfer
    WHERE known.id = p_taking->>'id';
    UPDATE account wallet
    SET posted = wallet.posted + v_taken.amount, version = wallet.version + 1, updated_at = p_at
    WHERE wallet.id = v_taken.debit_account
    RETURNING wallet.posted, wallet.held, wallet.version INTO STRICT v_after;
    INSERT INTO transfer (id, kind, debit_account, credit_account, amount, currency, reverses_id, description,
                          wallet_id, wallet_version, posted_after, held_after, created_at)
    VALUES (v_transfer, v_taken.kind, v_taken.credit_account, v_taken.debit_account, v_taken.amount, v_taken.currency,
            v_taken.reverses_id, p_taking->'returned'->>'description', v_taken.debit_account, v_after.version,
            v_after.posted, v_after.held, p_at);
    UPDATE payment_taking known SET returned_transfer = v_transfer, returned_at = p_at WHERE known.id = p_taking->>'id';
    PERFORM tell_1(p_taking->'returned'->'events', p_taking->'returned'->'audit');
END
$$;

-- Applies what the gateway says of a payment. `p_payment` is what is said of it, and what is written down where it is not
-- known; `p_credit` is null where nothing was paid. What is applied already is left, whatever else comes with it.
-- Outcomes: stands (with whether money moved now), other_user, too_large; the last two move nothing.
CREATE FUNCTION trunkline.assess_payment_1(
    p_payment trunkline.payment, p_credit jsonb, p_accounts jsonb, p_takings jsonb, p_failed jsonb,
    p_look_after interval, p_at timestamptz, p_now timestamptz
) RETURNS TABLE (outcome text, moved boolean, payment_row trunkline.payment)
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
DECLARE
    v_row trunkline.payment%ROWTYPE;
    v_before text;
    v_after record;
    v_taking jsonb;
BEGIN
    INSERT INTO payment (id, user_id, kind, amount, currency, description, state, next_look_at, opened_at, updated_at)
    VALUES (p_payment.id, p_payment.user_id, p_payment.kind, p_payment.amount, p_payment.currency,
            p_payment.description, 'opening', lease_time_1(p_now) + p_look_after, p_at, p_at)
    ON CONFLICT (id) DO NOTHING;
    SELECT known.* INTO STRICT v_row FROM payment known WHERE known.id = p_payment.id FOR NO KEY UPDATE;
    moved := false;
    IF v_row.user_id <> p_payment.user_id THEN
        outcome := 'other_user';
        RETURN NEXT;
        RETURN;
    END IF;
    v_before := v_row.state;
    IF p_credit IS NOT NULL AND v_before <> 'completed' THEN
        PERFORM ensure_account_1((p_accounts->>'funding')::uuid, 'funding', NULL, p_payment.paid_currency, p_at);
        PERFORM ensure_account_1((p_accounts->>'wallet')::uuid, 'wallet', p_payment.user_id, p_payment.paid_currency, p_at);
        UPDATE account wallet
        SET posted = wallet.posted + p_payment.paid_amount, version = wallet.version + 1, updated_at = p_at
        WHERE wallet.id = (p_accounts->>'wallet')::uuid
          AND wallet.posted + p_payment.paid_amount <= 9223372036854.775807
        RETURNING wallet.posted, wallet.held, wallet.version INTO v_after;
        IF NOT FOUND THEN
            outcome := 'too_large';
            payment_row := v_row;
            RETURN NEXT;
            RETURN;
        END IF;
        INSERT INTO transfer (id, kind, debit_account, credit_account, amount, currency, description, wallet_id,
                              wallet_version, posted_after, held_after, created_at)
        VALUES (p_payment.id, 'post', (p_accounts->>'funding')::uuid, (p_accounts->>'wallet')::uuid,
                p_payment.paid_amount, p_payment.paid_currency, v_row.description, (p_accounts->>'wallet')::uuid,
                v_after.version, v_after.posted, v_after.held, p_at);
        PERFORM tell_1(p_credit->'events', p_credit->'audit');
        moved := true;
    END IF;
    IF payment_rank_1(p_payment.state) > payment_rank_1(v_before)
        OR (p_payment.session_id IS NOT NULL AND v_row.session_id IS NULL)
        OR (p_payment.intent_id IS NOT NULL AND v_row.intent_id IS NULL)
        OR (p_payment.decline IS NOT NULL AND v_row.decline IS DISTINCT FROM p_payment.decline)
    THEN
        UPDATE payment known
        SET state = CASE WHEN payment_rank_1(p_payment.state) > payment_rank_1(known.state) THEN p_payment.state
                         ELSE known.state END,
            next_look_at = CASE
                WHEN greatest(payment_rank_1(p_payment.state), payment_rank_1(known.state)) <= 3
                    THEN COALESCE(known.next_look_at, lease_time_1(p_now) + p_look_after)
            END,
            session_id = COALESCE(known.session_id, p_payment.session_id),
            intent_id = COALESCE(known.intent_id, p_payment.intent_id),
            decline = COALESCE(p_payment.decline, known.decline),
            paid_amount = CASE WHEN moved THEN p_payment.paid_amount ELSE known.paid_amount END,
            paid_currency = CASE WHEN moved THEN p_payment.paid_currency ELSE known.paid_currency END,
            credited_at = CASE WHEN moved THEN p_at ELSE known.credited_at END,
            updated_at = p_at
        WHERE known.id = p_payment.id
        RETURNING known.* INTO STRICT v_row;
        IF v_before IN ('opening', 'open', 'processing') AND v_row.state IN ('expired', 'failed') THEN
            PERFORM tell_1(p_failed->'events', p_failed->'audit');
        END IF;
    END IF;
    IF v_row.state = 'completed' THEN
        FOR v_taking IN SELECT taking FROM jsonb_array_elements(p_takings) AS taking LOOP
            IF NOT EXISTS (SELECT FROM payment_taking known WHERE known.id = v_taking->>'id') THEN
                PERFORM take_back_1(v_taking, p_payment.id, v_row.user_id, p_accounts, v_row.paid_currency, p_at);
                moved := true;
            END IF;
            IF v_taking->'returned' <> 'null' AND EXISTS (
                SELECT FROM payment_taking known WHERE known.id = v_taking->>'id' AND known.returned_transfer IS NULL
            ) THEN
                PERFORM give_again_1(v_taking, p_at);
                moved := true;
            END IF;
        END LOOP;
    END IF;
    outcome := 'stands';
    payment_row := v_row;
    RETURN NEXT;
END
$$;

-- Hands payments that are due to be asked about to one caller, until `p_again` has passed.
CREATE FUNCTION trunkline.due_payments_1(p_again interval, p_limit bigint, p_now timestamptz)
RETURNS SETOF trunkline.payment
LANGUAGE sql VOLATILE SET search_path = trunkline, pg_temp AS $$
    UPDATE payment handed SET next_look_at = lease_time_1(p_now) + p_again
    FROM (
        SELECT due.id FROM payment due
        WHERE due.next_look_at IS NOT NULL AND due.next_look_at <= lease_time_1(p_now)
        ORDER BY due.next_look_at LIMIT p_limit
        FOR NO KEY UPDATE SKIP LOCKED
    ) due
    WHERE handed.id = due.id
    RETURNING handed.*
$$;

-- What a tenant reads, with payments. Each view asks with the rights of whoever reads it.
CREATE FUNCTION trunkline.make_tenant_views_3() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    CREATE OR REPLACE VIEW trunkline_tenant.payments WITH (security_invoker = true) AS
    SELECT id, user_id, kind, state AS status, amount::numeric(19, 6) AS amount, currency,
           paid_amount::numeric(19, 6) AS paid_amount, paid_currency, description, opened_at AS created_at, updated_at
    FROM trunkline.payment;

    CREATE OR REPLACE VIEW trunkline_tenant.transactions WITH (security_invoker = true) AS
    SELECT begun.id,
           wallet.user_id,
           CASE WHEN begun.kind <> 'hold' AND begun.credit_account = begun.wallet_id THEN 'credit' ELSE 'debit' END
               AS type,
           begun.amount::numeric(19, 6) AS amount,
           begun.currency,
           begun.description,
           CASE
               WHEN begun.amount <= (
                   SELECT SUM(CASE WHEN undone.credit_account = begun.credit_account THEN -undone.amount
                                   ELSE undone.amount END)
                   FROM trunkline.transfer undone WHERE undone.reverses_id IN (begun.id, ended.id)
               ) THEN 'refunded'
               WHEN begun.amount <= (
                   SELECT SUM(taken.amount) FROM trunkline.payment_taking taken
                   WHERE taken.payment_id = begun.id AND taken.returned_at IS NULL
               ) THEN 'refunded'
               WHEN begun.kind = 'hold' AND ended.id IS NULL THEN 'pending'
               WHEN ended.kind = 'void' THEN 'failed'
               ELSE 'completed'
           END AS status,
           begun.order_id,
           COALESCE(ended.number_id, begun.number_id) AS number_id,
           begun.created_at,
           COALESCE(ended.created_at, begun.created_at) AS updated_at
    FROM trunkline.transfer begun
    JOIN trunkline.account wallet ON wallet.id = begun.wallet_id AND wallet.kind = 'wallet'
    LEFT JOIN trunkline.transfer ended ON ended.pending_id = begun.id
    WHERE begun.kind IN ('post', 'hold', 'reversal')
    UNION ALL
    SELECT id, user_id, 'credit', amount::numeric(19, 6), currency, description,
           CASE WHEN state IN ('opening', 'open', 'processing') THEN 'pending' ELSE 'failed' END,
           NULL::uuid, NULL::uuid, opened_at, updated_at
    FROM trunkline.payment
    WHERE state <> 'completed';
END
$$;

-- As `open_to_tenants_2`, and payments. Answers what is missing, or nothing where all is there.
CREATE FUNCTION trunkline.open_to_tenants_3() RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_missing text := trunkline.open_to_tenants_2();
BEGIN
    IF v_missing IS NOT NULL THEN
        RETURN v_missing;
    END IF;
    PERFORM trunkline.make_tenant_views_3();
    PERFORM trunkline.restrict_tenants_1('payment', 'user_id = (SELECT trunkline.tenant_1())',
        'id, user_id, kind, state, amount, currency, paid_amount, paid_currency, description, opened_at, updated_at');
    -- Which payments are theirs is asked under the rule of that table.
    PERFORM trunkline.restrict_tenants_1('payment_taking',
        'payment_id = ANY (ARRAY(SELECT mine.id FROM trunkline.payment mine
                                 WHERE mine.user_id = (SELECT trunkline.tenant_1())))',
        'payment_id, amount, returned_at');
    GRANT SELECT ON trunkline_tenant.payments TO trunkline_tenant;
    RETURN NULL;
END
$$;

-- As `grant_rights_2`, with the tenants' views of this release. Who may do what here; `trunkline migrate` calls it after
-- every migration, so that a later one need not think of it.
-- PostgreSQL lets everybody call a new function. Here only those may who may write the tables that functions write: the
-- servers' role, whatever it is called, and the owner.
CREATE FUNCTION trunkline.grant_rights_3() RETURNS void
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
    v_missing := trunkline.open_to_tenants_3();
    IF v_missing IS NOT NULL THEN
        RAISE NOTICE 'nothing is readable by tenants yet, and nothing else is amiss: %; then run, as the owner: SELECT trunkline.grant_rights_3()', v_missing;
    END IF;
END
$$;
