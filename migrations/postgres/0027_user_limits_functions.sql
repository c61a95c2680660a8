-- What limits a user, and the opening of an order that keeps to it.
--
-- The lock on a user's limits comes between the claim on the phone number and the wallet. Every opening takes it, and so
-- does who changes the limits: of two orders of one user the second counts the first, in whatever currencies they are
-- paid; and a limit holds for every order that opens after its commit.

CREATE FUNCTION trunkline.lock_limits_1(p_user text) RETURNS void
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('trunkline limits of ' || p_user, 0));
END
$$;

-- What a user has, as far as limits count it. One statement, so that an order that becomes a number meanwhile counts once.
CREATE FUNCTION trunkline.limits_used_1(
    p_user text, p_at timestamptz, OUT numbers bigint, OUT purchases_today bigint, OUT released_recently bigint
)
LANGUAGE sql STABLE SET search_path = trunkline, pg_temp AS $$
    SELECT (SELECT count(*) FROM orders pending
            WHERE pending.user_id = p_user AND pending.state IN ('ordering', 'unresolved', 'review'))
         + (SELECT count(*) FROM business_numbers held
            WHERE held.user_id = p_user AND held.order_id IS NOT NULL AND held.status <> 'released'),
           (SELECT count(*) FROM orders today
            WHERE today.user_id = p_user AND today.opened_at >= date_trunc('day', p_at, 'UTC')
              AND today.state <> 'failed'),
           (SELECT count(*) FROM business_numbers given_back
            WHERE given_back.user_id = p_user AND given_back.order_id IS NOT NULL AND given_back.status = 'released'
              AND given_back.updated_at > p_at - interval '30 days')
$$;

-- The limit that this order exceeds; null where there is none. `p_limits` are those of everybody; what is set for the user
-- comes before them, and null in it is no limit.
CREATE FUNCTION trunkline.limit_reached_1(p_order trunkline.orders, p_limits jsonb, p_at timestamptz) RETURNS jsonb
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
DECLARE
    v_limits jsonb;
    v_highest numeric;
    v_used record;
    v_allowed bigint;
BEGIN
    PERFORM lock_limits_1(p_order.user_id);
    v_limits := p_limits || COALESCE(
        (SELECT own.limits FROM user_limits own WHERE own.user_id = p_order.user_id), '{}'::jsonb
    );
    IF jsonb_typeof(v_limits->'countries') = 'array' AND NOT v_limits->'countries' ? p_order.country_code THEN
        RETURN jsonb_build_object('countries', jsonb_build_object(
            'country', p_order.country_code, 'allowed', v_limits->'countries'
        ));
    END IF;
    IF jsonb_typeof(v_limits->'numberTypes') = 'array' AND NOT v_limits->'numberTypes' ? p_order.number_type THEN
        RETURN jsonb_build_object('number_types', jsonb_build_object(
            'number_type', p_order.number_type, 'allowed', v_limits->'numberTypes'
        ));
    END IF;
    IF jsonb_typeof(v_limits->'monthlyPrice') = 'object' THEN
        v_highest := (v_limits->'monthlyPrice'->>p_order.currency)::numeric;
        IF v_highest IS NULL OR p_order.monthly_cost > v_highest THEN
            RETURN jsonb_build_object('monthly_price', jsonb_build_object(
                'price', jsonb_build_object('amount', p_order.monthly_cost::text, 'currency', p_order.currency),
                'allowed', CASE WHEN v_highest IS NOT NULL THEN
                    jsonb_build_object('amount', v_highest::text, 'currency', p_order.currency) END
            ));
        END IF;
    END IF;
    IF v_limits->>'purchasesPerDay' IS NULL AND v_limits->>'numbers' IS NULL AND v_limits->>'churn' IS NULL THEN
        RETURN NULL;
    END IF;
    SELECT * INTO STRICT v_used FROM limits_used_1(p_order.user_id, p_at);
    v_allowed := (v_limits->>'purchasesPerDay')::bigint;
    IF v_used.purchases_today >= v_allowed THEN
        RETURN jsonb_build_object('purchases_per_day', jsonb_build_object('allowed', v_allowed));
    END IF;
    v_allowed := (v_limits->>'numbers')::bigint;
    IF v_used.numbers >= v_allowed THEN
        RETURN jsonb_build_object('numbers', jsonb_build_object('allowed', v_allowed));
    END IF;
    v_allowed := greatest(5, 2 * v_used.numbers);
    IF v_limits->>'churn' IS NOT NULL AND v_used.released_recently > v_allowed THEN
        RETURN jsonb_build_object('churn', jsonb_build_object(
            'released', v_used.released_recently, 'allowed', v_allowed
        ));
    END IF;
    RETURN NULL;
END
$$;

-- TX1 of a purchase, as `open_purchase_2`; and refused, with nothing kept under the request's key, where a limit of the
-- user is reached.
-- Outcomes: opened; refused, and ended (an answer of before), both with the end as the client hears it; limited, with the
-- limit; open, with its subject; other_command.
CREATE FUNCTION trunkline.open_purchase_3(
    p_order trunkline.orders, p_revenue uuid, p_description text, p_lease interval, p_send_window interval,
    p_daily_cap bigint, p_limits jsonb, p_request jsonb, p_events jsonb, p_audit jsonb, p_now timestamptz
) RETURNS TABLE (outcome text, subject uuid, document jsonb, order_row trunkline.orders)
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
DECLARE
    v_now timestamptz;
    v_paused jsonb;
    v_refusal jsonb;
    v_available numeric;
BEGIN
    PERFORM wait_for_turn_1(p_request, p_order.id);
    RETURN QUERY SELECT 'opened', before.id, NULL::jsonb, before FROM orders before WHERE before.id = p_order.id;
    IF FOUND THEN
        RETURN;
    END IF;
    RETURN QUERY
    SELECT known.outcome, known.subject, known.document, NULL::orders FROM known_request_1(p_request, p_now) known;
    IF FOUND THEN
        RETURN;
    END IF;
    v_paused := sales_paused_1(p_daily_cap, p_now);
    IF v_paused IS NOT NULL THEN
        document := jsonb_build_object('end', 'refused', 'refusal', 'sales_paused', 'why', v_paused);
        outcome := 'refused';
        RETURN NEXT;
        RETURN;
    END IF;
    LOOP
        INSERT INTO number_claim (phone_number, order_id, state)
        VALUES (p_order.phone_number, p_order.id, 'ordering')
        ON CONFLICT (phone_number) DO NOTHING;
        EXIT WHEN FOUND;
        v_refusal := claim_refusal_1(p_order.phone_number, p_order.user_id);
        -- Freed between the two statements, if there is none.
        EXIT WHEN v_refusal IS NOT NULL;
    END LOOP;
    v_now := lease_time_1(p_now);
    IF v_refusal IS NULL THEN
        document := limit_reached_1(p_order, p_limits, v_now);
        IF document IS NOT NULL THEN
            DELETE FROM number_claim WHERE order_id = p_order.id;
            outcome := 'limited';
            RETURN NEXT;
            RETURN;
        END IF;
        v_available := place_hold_1(
            p_order.hold_id, p_order.wallet_id, p_revenue, p_order.charge, p_order.currency, p_order.id, p_description,
            v_now
        );
        IF v_available IS NOT NULL THEN
            DELETE FROM number_claim WHERE order_id = p_order.id;
            v_refusal := jsonb_build_object(
                'refusal', 'insufficient_balance',
                'required', jsonb_build_object('amount', p_order.charge::text, 'currency', p_order.currency),
                'available', jsonb_build_object('amount', v_available::text, 'currency', p_order.currency)
            );
        END IF;
    END IF;
    IF v_refusal IS NOT NULL THEN
        document := jsonb_build_object('end', 'refused') || v_refusal;
        outcome := 'refused';
        PERFORM keep_request_1(p_request, p_order.id, document, p_now);
        RETURN NEXT;
        RETURN;
    END IF;
    INSERT INTO orders (id, user_id, business_id, phone_number, display_name, country_code, number_type, charge,
                        monthly_cost, currency, twilio_account_sid, wallet_id, hold_id, state, send_by, lease,
                        leased_until, opened_at, updated_at)
    VALUES (p_order.id, p_order.user_id, p_order.business_id, p_order.phone_number, p_order.display_name,
            p_order.country_code, p_order.number_type, p_order.charge, p_order.monthly_cost, p_order.currency,
            p_order.twilio_account_sid, p_order.wallet_id, p_order.hold_id, 'ordering', v_now + p_send_window, 1,
            v_now + p_lease, v_now, v_now);
    PERFORM keep_request_1(p_request, p_order.id, NULL, p_now);
    PERFORM tell_1(p_events, p_audit);
    RETURN QUERY SELECT 'opened', made.id, NULL::jsonb, made FROM orders made WHERE made.id = p_order.id;
END
$$;

-- What an operator sets for one user, whole.
-- Outcomes: set, now or by this very change before; moved: somebody else has changed it since it was read.
CREATE FUNCTION trunkline.set_user_limits_1(
    p_user text, p_limits jsonb, p_version integer, p_at timestamptz, p_events jsonb, p_audit jsonb
) RETURNS text
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
BEGIN
    PERFORM lock_limits_1(p_user);
    IF was_told_1(p_events, p_audit) THEN
        RETURN 'set';
    END IF;
    INSERT INTO user_limits (user_id, limits, version, updated_at)
    SELECT p_user, p_limits, 1, p_at WHERE p_version = 0
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        UPDATE user_limits SET limits = p_limits, version = version + 1, updated_at = p_at
        WHERE user_id = p_user AND version = p_version;
    END IF;
    IF NOT FOUND THEN
        RETURN 'moved';
    END IF;
    PERFORM tell_1(p_events, p_audit);
    RETURN 'set';
END
$$;

-- What callers have asked for at all servers together: a running sum for each, so that servers learn of each other. It is
-- not kept over a crash; then sums begin at zero again.
CREATE UNLOGGED TABLE trunkline.rate_use (
    subject    text NOT NULL PRIMARY KEY,
    requests   bigint NOT NULL,
    updated_at timestamptz NOT NULL
);

-- Adds to the sums of these subjects, and answers with what each comes to. Rows are locked in the order of their subjects.
-- Now and then it forgets sums that nobody has added to for an hour.
CREATE FUNCTION trunkline.settle_rates_1(p_subjects text[], p_requests bigint[])
RETURNS TABLE (subject text, requests bigint)
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
BEGIN
    IF random() < 0.01 THEN
        DELETE FROM rate_use forgotten
        WHERE forgotten.ctid IN (
            SELECT idle.ctid FROM rate_use idle
            WHERE idle.updated_at < clock_timestamp() - interval '1 hour'
            LIMIT 1000 FOR UPDATE SKIP LOCKED
        );
    END IF;
    RETURN QUERY
    INSERT INTO rate_use AS known (subject, requests, updated_at)
    SELECT asked.subject, asked.requests, clock_timestamp()
    FROM unnest(p_subjects, p_requests) AS asked(subject, requests)
    ORDER BY asked.subject
    ON CONFLICT ON CONSTRAINT rate_use_pkey DO UPDATE
    SET requests = known.requests + excluded.requests, updated_at = excluded.updated_at
    RETURNING known.subject, known.requests;
END
$$;
