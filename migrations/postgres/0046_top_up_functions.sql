-- The transitions of automatic top-ups.
--
-- Whoever locks more than one row takes the turn of a user's payments first, then the payment, the wallet and the top-up in
-- this order. A claim only reads the wallet, and reads it last: what was under way a moment before is in it by then.

-- The turn of a user's payments and top-ups.
CREATE FUNCTION trunkline.take_turn_of_payments_1(p_user text) RETURNS void
LANGUAGE sql VOLATILE SET search_path = trunkline, pg_temp AS $$
    SELECT pg_advisory_xact_lock(hashtextextended('trunkline payments of ' || p_user, 0))
$$;

-- Keeps who a user is at the gateway: the first one stays, but for one that is still `p_instead_of`.
CREATE FUNCTION trunkline.keep_top_up_customer_1(p_user text, p_customer text, p_instead_of text, p_at timestamptz)
RETURNS text
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
BEGIN
    INSERT INTO top_up_customer AS known (user_id, customer_id, made_at) VALUES (p_user, p_customer, p_at)
    ON CONFLICT (user_id) DO UPDATE SET customer_id = excluded.customer_id, made_at = excluded.made_at
    WHERE known.customer_id = p_instead_of;
    RETURN (SELECT known.customer_id FROM top_up_customer known WHERE known.user_id = p_user);
END
$$;

-- Makes void what a user has open in a currency, and has it looked at; all but `p_but`. Answers how many. The caller has taken
-- the turn.
CREATE FUNCTION trunkline.make_void_1(p_user text, p_currency text, p_but uuid, p_now timestamptz) RETURNS bigint
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
DECLARE
    v_count bigint;
BEGIN
    UPDATE top_up_setup earlier SET is_void = true, next_look_at = lease_time_1(p_now)
    WHERE earlier.user_id = p_user AND earlier.currency = p_currency AND earlier.state = 'open'
      AND NOT earlier.is_void AND earlier.id IS DISTINCT FROM p_but;
    GET DIAGNOSTICS v_count = ROW_COUNT;
    RETURN v_count;
END
$$;

-- Makes void what a user has open in a currency. Answers how many; of none nothing is told.
CREATE FUNCTION trunkline.void_top_up_setups_1(
    p_user text, p_currency text, p_events jsonb, p_audit jsonb, p_now timestamptz
) RETURNS bigint
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
DECLARE
    v_count bigint;
BEGIN
    PERFORM take_turn_of_payments_1(p_user);
    v_count := make_void_1(p_user, p_currency, NULL, p_now);
    IF v_count > 0 THEN
        PERFORM tell_1(p_events, p_audit);
    END IF;
    RETURN v_count;
END
$$;

-- Writes down a page on which a method is to be saved, once; what was begun before it is void.
CREATE FUNCTION trunkline.begin_top_up_setup_1(
    p_setup trunkline.top_up_setup, p_look_after interval, p_events jsonb, p_audit jsonb, p_now timestamptz
) RETURNS boolean
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
BEGIN
    PERFORM take_turn_of_payments_1(p_setup.user_id);
    INSERT INTO top_up_setup (id, user_id, currency, threshold, amount, monthly_cap, customer_id, session_id, state,
                              consent_version, consented_by, consented_at, expires_at, next_look_at)
    VALUES (p_setup.id, p_setup.user_id, p_setup.currency, p_setup.threshold, p_setup.amount, p_setup.monthly_cap,
            p_setup.customer_id, p_setup.session_id, 'open', p_setup.consent_version, p_setup.consented_by,
            p_setup.consented_at, p_setup.expires_at, lease_time_1(p_now) + p_look_after)
    ON CONFLICT (id) DO NOTHING;
    IF NOT FOUND THEN
        RETURN FALSE;
    END IF;
    PERFORM make_void_1(p_setup.user_id, p_setup.currency, p_setup.id, p_now);
    PERFORM tell_1(p_events, p_audit);
    RETURN TRUE;
END
$$;

-- Hands pages that are due to be asked about to one caller, until `p_again` has passed.
CREATE FUNCTION trunkline.due_top_up_setups_1(p_again interval, p_limit bigint, p_now timestamptz)
RETURNS SETOF trunkline.top_up_setup
LANGUAGE sql VOLATILE SET search_path = trunkline, pg_temp AS $$
    UPDATE top_up_setup handed SET next_look_at = lease_time_1(p_now) + p_again
    FROM (
        SELECT due.id FROM top_up_setup due
        WHERE due.next_look_at IS NOT NULL AND due.next_look_at <= lease_time_1(p_now)
        ORDER BY due.next_look_at LIMIT p_limit
        FOR NO KEY UPDATE SKIP LOCKED
    ) due
    WHERE handed.id = due.id
    RETURNING handed.*
$$;

-- A method that nobody needs any more is to be forgotten.
CREATE FUNCTION trunkline.let_method_go_1(p_method text, p_now timestamptz) RETURNS void
LANGUAGE sql VOLATILE SET search_path = trunkline, pg_temp AS $$
    INSERT INTO top_up_leaving (method_id, next_look_at) VALUES (p_method, lease_time_1(p_now)) ON CONFLICT DO NOTHING
$$;

-- Ends a page, once; `p_method` is null where nothing was saved. What was saved on one that is void is forgotten. Outcomes:
-- on, ended (now without a method or void, or before). In turn: beside another page of a user without a top-up there is no
-- row yet that could be locked, and the method that is replaced would be overlooked.
CREATE FUNCTION trunkline.end_top_up_setup_1(
    p_setup uuid, p_user text, p_wallet uuid, p_debt uuid, p_method text, p_label text, p_at timestamptz, p_events jsonb,
    p_audit jsonb, p_now timestamptz
) RETURNS TABLE (outcome text, top_up_row trunkline.top_up)
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
DECLARE
    v_setup top_up_setup%ROWTYPE;
    v_before text;
    v_row top_up%ROWTYPE;
BEGIN
    PERFORM take_turn_of_payments_1(p_user);
    outcome := 'ended';
    UPDATE top_up_setup ended
    SET state = CASE WHEN p_method IS NULL THEN 'expired' ELSE 'saved' END, next_look_at = NULL
    WHERE ended.id = p_setup AND ended.state = 'open'
    RETURNING ended.* INTO v_setup;
    IF NOT FOUND OR p_method IS NULL THEN
        RETURN NEXT;
        RETURN;
    END IF;
    SELECT known.method_id INTO v_before FROM top_up known
    WHERE known.user_id = v_setup.user_id AND known.currency = v_setup.currency
    FOR NO KEY UPDATE;
    IF v_setup.is_void THEN
        IF v_before IS DISTINCT FROM p_method THEN
            PERFORM let_method_go_1(p_method, p_now);
        END IF;
        RETURN NEXT;
        RETURN;
    END IF;
    INSERT INTO top_up AS known (user_id, currency, wallet_id, debt_id, threshold, amount, monthly_cap, state,
                                 customer_id, method_id, method_label, consent_version, consented_by, consented_at,
                                 next_look_at, version, updated_at)
    VALUES (v_setup.user_id, v_setup.currency, p_wallet, p_debt, v_setup.threshold, v_setup.amount,
            v_setup.monthly_cap, 'on', v_setup.customer_id, p_method, p_label, v_setup.consent_version,
            v_setup.consented_by, v_setup.consented_at, lease_time_1(p_now), 1, p_at)
    ON CONFLICT (user_id, currency) DO UPDATE SET
        threshold = excluded.threshold, amount = excluded.amount, monthly_cap = excluded.monthly_cap, state = 'on',
        customer_id = excluded.customer_id, method_id = excluded.method_id, method_label = excluded.method_label,
        consent_version = excluded.consent_version, consented_by = excluded.consented_by,
        consented_at = excluded.consented_at, declines = 0,
        next_look_at = greatest(excluded.next_look_at, known.cool_until), version = known.version + 1,
        updated_at = excluded.updated_at
    RETURNING known.* INTO STRICT v_row;
    DELETE FROM top_up_leaving gone WHERE gone.method_id = p_method;
    IF v_before <> p_method THEN
        PERFORM let_method_go_1(v_before, p_now);
    END IF;
    PERFORM tell_1(p_events, p_audit);
    outcome := 'on';
    top_up_row := v_row;
    RETURN NEXT;
END
$$;

-- Replaces the terms and the state of one version, and the consent where there is a new one. Outcomes: changed, other_version.
CREATE FUNCTION trunkline.change_top_up_1(
    p_user text, p_currency text, p_version integer, p_threshold numeric, p_amount numeric, p_monthly_cap numeric,
    p_state text, p_keep_method boolean, p_consent jsonb, p_at timestamptz, p_events jsonb, p_audit jsonb, p_now timestamptz
) RETURNS TABLE (outcome text, top_up_row trunkline.top_up)
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
DECLARE
    v_before top_up%ROWTYPE;
    v_row top_up%ROWTYPE;
BEGIN
    PERFORM take_turn_of_payments_1(p_user);
    SELECT known.* INTO v_before FROM top_up known WHERE known.user_id = p_user AND known.currency = p_currency
    FOR NO KEY UPDATE;
    IF FOUND AND v_before.version = p_version + 1 AND was_told_1(p_events, p_audit) THEN
        outcome := 'changed';
        top_up_row := v_before;
        RETURN NEXT;
        RETURN;
    END IF;
    IF NOT FOUND OR v_before.version <> p_version THEN
        outcome := 'other_version';
        RETURN NEXT;
        RETURN;
    END IF;
    UPDATE top_up known
    SET threshold = p_threshold, amount = p_amount, monthly_cap = p_monthly_cap, state = p_state,
        method_id = CASE WHEN p_keep_method THEN known.method_id END,
        method_label = CASE WHEN p_keep_method THEN known.method_label END,
        consent_version = COALESCE((p_consent->>'version')::integer, known.consent_version),
        consented_by = COALESCE(p_consent->'by', known.consented_by),
        consented_at = COALESCE((p_consent->>'at')::timestamptz, known.consented_at),
        declines = CASE WHEN p_state = 'on' AND known.state <> 'on' THEN 0 ELSE known.declines END,
        next_look_at = greatest(lease_time_1(p_now), known.cool_until), version = known.version + 1, updated_at = p_at
    WHERE known.user_id = p_user AND known.currency = p_currency
    RETURNING known.* INTO STRICT v_row;
    IF NOT p_keep_method AND v_before.method_id IS NOT NULL THEN
        PERFORM let_method_go_1(v_before.method_id, p_now);
    END IF;
    PERFORM tell_1(p_events, p_audit);
    outcome := 'changed';
    top_up_row := v_row;
    RETURN NEXT;
END
$$;

-- Whether something keeps an amount from being charged, and what; `p_own` is the payment that would charge it, where it is
-- written down already. What is under way is read before the wallet: a payment that is credited in between is counted in one
-- of the two, and never in neither. What was claimed in one month and credited in the next counts in the later one.
CREATE FUNCTION trunkline.brake_of_top_up_1(
    p_top_up trunkline.top_up, p_amount numeric, p_own uuid, p_daily_cap numeric, p_day timestamptz, p_month timestamptz
) RETURNS text
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
DECLARE
    v_sums record;
    v_available numeric;
BEGIN
    SELECT
        COALESCE(bool_or(made.kind = 'top_up' AND made.state IN ('opening', 'open', 'processing')), false) AS is_in_flight,
        COALESCE(sum(made.amount) FILTER (
            WHERE made.kind = 'top_up' AND (made.opened_at >= p_month OR made.credited_at >= p_month)
              AND made.state NOT IN ('expired', 'failed')
        ), 0) AS this_month,
        COALESCE(sum(made.amount) FILTER (
            WHERE made.opened_at >= p_day AND made.state NOT IN ('expired', 'failed')
        ), 0) AS today,
        COALESCE(sum(made.amount) FILTER (WHERE made.state = 'processing'), 0) AS on_its_way
    INTO v_sums
    FROM payment made
    WHERE made.user_id = p_top_up.user_id AND made.currency = p_top_up.currency AND made.id IS DISTINCT FROM p_own
      AND (made.opened_at >= least(p_month, p_day) OR made.credited_at >= p_month
           OR made.state IN ('opening', 'open', 'processing'));
    IF v_sums.is_in_flight THEN
        RETURN 'in_flight';
    END IF;
    IF v_sums.this_month + p_amount > p_top_up.monthly_cap THEN
        RETURN 'monthly_cap';
    END IF;
    IF v_sums.today + p_amount > p_daily_cap THEN
        RETURN 'daily_cap';
    END IF;
    IF EXISTS (SELECT FROM account debt WHERE debt.id = p_top_up.debt_id AND debt.posted > 0) THEN
        RETURN 'in_debt';
    END IF;
    SELECT wallet.posted - wallet.held INTO v_available FROM account wallet WHERE wallet.id = p_top_up.wallet_id;
    IF COALESCE(v_available, 0) + v_sums.on_its_way >= p_top_up.threshold THEN
        RETURN 'enough';
    END IF;
    RETURN NULL;
END
$$;

-- Claims a charge, or says what keeps it. Outcomes: claimed (now or before), changed, cooling_down, and those of
-- `brake_of_top_up_1`.
CREATE FUNCTION trunkline.claim_top_up_1(
    p_payment trunkline.payment, p_version integer, p_daily_cap numeric, p_day timestamptz, p_month timestamptz,
    p_cool_down interval, p_pause interval, p_look_after interval, p_events jsonb, p_audit jsonb, p_now timestamptz
) RETURNS text
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
DECLARE
    v_row top_up%ROWTYPE;
    v_brake text;
BEGIN
    PERFORM take_turn_of_payments_1(p_payment.user_id);
    IF EXISTS (SELECT FROM payment before WHERE before.id = p_payment.id) THEN
        RETURN 'claimed';
    END IF;
    SELECT known.* INTO v_row FROM top_up known
    WHERE known.user_id = p_payment.user_id AND known.currency = p_payment.currency
    FOR NO KEY UPDATE;
    v_brake := CASE
        WHEN v_row.state IS DISTINCT FROM 'on' OR v_row.version <> p_version THEN 'changed'
        WHEN v_row.cool_until > lease_time_1(p_now) THEN 'cooling_down'
        ELSE brake_of_top_up_1(v_row, v_row.amount, NULL, p_daily_cap, p_day, p_month)
    END;
    IF v_brake IS NOT NULL THEN
        UPDATE top_up kept SET next_look_at = greatest(kept.next_look_at, lease_time_1(p_now) + p_pause)
        WHERE kept.user_id = p_payment.user_id AND kept.currency = p_payment.currency AND kept.version = p_version;
        RETURN v_brake;
    END IF;
    INSERT INTO payment (id, user_id, kind, amount, currency, description, state, next_look_at, opened_at, updated_at)
    VALUES (p_payment.id, p_payment.user_id, 'top_up', v_row.amount, v_row.currency, p_payment.description, 'opening',
            lease_time_1(p_now) + p_look_after, p_payment.opened_at, p_payment.opened_at);
    INSERT INTO top_up_charge (payment_id, customer_id, method_id, method_label, claimed_at)
    VALUES (p_payment.id, v_row.customer_id, v_row.method_id, v_row.method_label, lease_time_1(p_now));
    UPDATE top_up claimed
    SET cool_until = lease_time_1(p_now) + p_cool_down, next_look_at = lease_time_1(p_now) + p_cool_down
    WHERE claimed.user_id = v_row.user_id AND claimed.currency = v_row.currency;
    PERFORM tell_1(p_events, p_audit);
    RETURN 'claimed';
END
$$;

-- Leaves a top-up of this version alone for a while.
CREATE FUNCTION trunkline.leave_top_up_alone_1(
    p_user text, p_currency text, p_version integer, p_pause interval, p_now timestamptz
) RETURNS boolean
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
BEGIN
    UPDATE top_up kept SET next_look_at = greatest(kept.next_look_at, lease_time_1(p_now) + p_pause)
    WHERE kept.user_id = p_user AND kept.currency = p_currency AND kept.version = p_version;
    RETURN FOUND;
END
$$;

-- Before a claimed charge is sent, each time. Outcomes: send (it is written down as perhaps sent, now or before), look (it is
-- perhaps at the gateway and may not be sent again), stands (ended, withdrawn now, or known to the gateway), unknown.
-- Only what has no row of `top_up_send` is certainly not at the gateway, and only that is withdrawn; the cool-down that
-- its claim set ends with it, since no card was asked, but not where the gateway refuses: it would refuse the next one, too.
-- Ages go by the clock that wrote the rows; one that is negative is not known, and then nothing is sent.
CREATE FUNCTION trunkline.begin_top_up_send_1(
    p_payment uuid, p_user text, p_send uuid, p_brake text, p_daily_cap numeric, p_day timestamptz, p_month timestamptz,
    p_repeat_within interval, p_pause interval, p_events jsonb, p_audit jsonb, p_at timestamptz, p_now timestamptz
) RETURNS TABLE (
    outcome text, first_at timestamptz, last_at timestamptz, now_at timestamptz, charge_row trunkline.top_up_charge,
    payment_row trunkline.payment
)
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
DECLARE
    v_payment payment%ROWTYPE;
    v_charge top_up_charge%ROWTYPE;
    v_top_up top_up%ROWTYPE;
    v_brake text;
BEGIN
    PERFORM take_turn_of_payments_1(p_user);
    now_at := lease_time_1(p_now);
    SELECT known.* INTO v_payment FROM payment known
    WHERE known.id = p_payment AND known.user_id = p_user AND known.kind = 'top_up'
    FOR NO KEY UPDATE;
    SELECT known.* INTO v_charge FROM top_up_charge known WHERE known.payment_id = v_payment.id;
    IF v_charge.payment_id IS NULL THEN
        outcome := 'unknown';
        RETURN NEXT;
        RETURN;
    END IF;
    charge_row := v_charge;
    payment_row := v_payment;
    IF v_payment.state <> 'opening' THEN
        outcome := 'stands';
        RETURN NEXT;
        RETURN;
    END IF;
    IF EXISTS (SELECT FROM top_up_send before WHERE before.id = p_send) THEN
        outcome := 'send';
        RETURN NEXT;
        RETURN;
    END IF;
    SELECT min(sent.begun_at), max(sent.begun_at) INTO first_at, last_at
    FROM top_up_send sent WHERE sent.payment_id = p_payment;
    SELECT known.* INTO v_top_up FROM top_up known
    WHERE known.user_id = v_payment.user_id AND known.currency = v_payment.currency
    FOR NO KEY UPDATE;
    v_brake := CASE
        WHEN p_brake IS NOT NULL THEN p_brake
        WHEN v_top_up.state IS DISTINCT FROM 'on' OR v_top_up.method_id <> v_charge.method_id
            OR v_top_up.amount <> v_payment.amount
            OR now_at - COALESCE(first_at, v_charge.claimed_at) NOT BETWEEN interval '0' AND p_repeat_within
        THEN 'changed'
        ELSE brake_of_top_up_1(v_top_up, v_payment.amount, p_payment, p_daily_cap, p_day, p_month)
    END;
    IF v_brake IS NULL THEN
        INSERT INTO top_up_send (id, payment_id, begun_at) VALUES (p_send, p_payment, now_at);
        outcome := 'send';
    ELSIF first_at IS NOT NULL THEN
        outcome := 'look';
    ELSE
        UPDATE payment known SET state = 'failed', decline = 'withdrawn', next_look_at = NULL, updated_at = p_at
        WHERE known.id = p_payment RETURNING known.* INTO STRICT v_payment;
        UPDATE top_up freed
        SET cool_until = CASE WHEN p_brake = 'refused' THEN freed.cool_until END,
            next_look_at = CASE WHEN p_brake = 'refused' THEN freed.next_look_at ELSE now_at + p_pause END
        WHERE freed.user_id = v_payment.user_id AND freed.currency = v_payment.currency;
        PERFORM tell_1(p_events, p_audit);
        payment_row := v_payment;
        outcome := 'stands';
    END IF;
    RETURN NEXT;
END
$$;

-- What was perhaps sent was certainly not.
CREATE FUNCTION trunkline.note_top_up_unsent_1(p_payment uuid, p_send uuid) RETURNS boolean
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
BEGIN
    DELETE FROM top_up_send sent WHERE sent.id = p_send AND sent.payment_id = p_payment;
    RETURN FOUND;
END
$$;

-- As `assess_payment_1`, and counts what came of a top-up's charge in the same transaction that moves its payment on: a
-- decline of the method that the top-up still has, or a credit, which forgets the declines. `p_switch_off` is null where
-- the payment is no top-up's or no card has declined.
-- What is said of another intent than the payment's changes nothing (other_intent), unless it was paid and the payment is not
-- credited yet: then it becomes the payment's.
CREATE FUNCTION trunkline.assess_payment_2(
    p_payment trunkline.payment, p_credit jsonb, p_accounts jsonb, p_takings jsonb, p_failed jsonb,
    p_switch_off jsonb, p_look_after interval, p_at timestamptz, p_now timestamptz
) RETURNS TABLE (outcome text, moved boolean, payment_row trunkline.payment)
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
DECLARE
    v_known payment%ROWTYPE;
    v_before text;
    v_said record;
    v_after payment%ROWTYPE;
    v_charge record;
    v_declines integer;
    v_state text;
BEGIN
    SELECT known.* INTO v_known FROM payment known WHERE known.id = p_payment.id FOR NO KEY UPDATE;
    v_before := v_known.state;
    IF v_known.user_id = p_payment.user_id AND v_known.intent_id <> p_payment.intent_id
        AND (v_before = 'completed' OR p_credit IS NULL)
    THEN
        outcome := 'other_intent';
        moved := false;
        payment_row := v_known;
        RETURN NEXT;
        RETURN;
    END IF;
    SELECT said.outcome, said.moved, said.payment_row INTO STRICT v_said
    FROM assess_payment_1(p_payment, p_credit, p_accounts, p_takings, p_failed, p_look_after, p_at, p_now) said;
    outcome := v_said.outcome;
    moved := v_said.moved;
    payment_row := v_said.payment_row;
    v_after := v_said.payment_row;
    IF outcome = 'stands' AND v_before <> 'completed' AND v_after.state = 'completed'
        AND v_after.intent_id <> p_payment.intent_id
    THEN
        UPDATE payment known SET intent_id = p_payment.intent_id WHERE known.id = v_after.id
        RETURNING known.* INTO STRICT v_after;
        payment_row := v_after;
    END IF;
    IF outcome = 'stands' AND v_after.kind = 'top_up' AND v_before <> v_after.state THEN
        SELECT known.method_id INTO v_charge FROM top_up_charge known WHERE known.payment_id = v_after.id;
        IF v_after.state = 'completed' THEN
            UPDATE top_up counted SET declines = 0
            WHERE counted.user_id = v_after.user_id AND counted.currency = v_after.currency
              AND counted.method_id = v_charge.method_id;
        ELSIF v_after.state = 'failed' AND v_before IN ('opening', 'open', 'processing') AND p_switch_off IS NOT NULL THEN
            UPDATE top_up counted SET declines = counted.declines + 1
            WHERE counted.user_id = v_after.user_id AND counted.currency = v_after.currency
              AND counted.method_id = v_charge.method_id
            RETURNING counted.declines, counted.state INTO v_declines, v_state;
            IF v_state = 'on' AND v_declines >= (p_switch_off->>'declines')::integer THEN
                UPDATE top_up counted SET state = 'declined', version = counted.version + 1, updated_at = p_at
                WHERE counted.user_id = v_after.user_id AND counted.currency = v_after.currency;
                PERFORM put_notices_1(p_switch_off->'notices');
                PERFORM tell_1(p_switch_off->'events', p_switch_off->'audit');
            END IF;
        END IF;
    END IF;
    RETURN NEXT;
END
$$;

-- Hands methods that are to be forgotten to one caller, until `p_again` has passed.
CREATE FUNCTION trunkline.due_top_up_leavings_1(p_again interval, p_limit bigint, p_now timestamptz)
RETURNS SETOF text
LANGUAGE sql VOLATILE SET search_path = trunkline, pg_temp AS $$
    UPDATE top_up_leaving handed SET next_look_at = lease_time_1(p_now) + p_again
    FROM (
        SELECT due.method_id FROM top_up_leaving due WHERE due.next_look_at <= lease_time_1(p_now)
        ORDER BY due.next_look_at LIMIT p_limit
        FOR NO KEY UPDATE SKIP LOCKED
    ) due
    WHERE handed.method_id = due.method_id
    RETURNING handed.method_id
$$;

-- The gateway has forgotten a method.
CREATE FUNCTION trunkline.note_forgotten_1(p_method text) RETURNS boolean
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
BEGIN
    DELETE FROM top_up_leaving gone WHERE gone.method_id = p_method;
    RETURN FOUND;
END
$$;
