-- The transitions of an order. `p_from` lists the states that the transition may leave; leases are compared by token,
-- and whoever gave one up (`leased_until` is null) has no say any more.

-- Why a phone number that somebody deals with is not for this user; null when nobody deals with it any more.
CREATE FUNCTION trunkline.claim_refusal_1(p_phone_number text, p_user text) RETURNS jsonb
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
DECLARE
    v_claim record;
BEGIN
    SELECT claim.state, claim.order_id, holder.user_id = p_user AS is_own, number.id AS number_id
    INTO v_claim
    FROM number_claim claim
    JOIN orders holder ON holder.id = claim.order_id
    LEFT JOIN business_numbers number ON number.order_id = claim.order_id
    WHERE claim.phone_number = p_phone_number;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    RETURN CASE
        WHEN v_claim.state IN ('cooling', 'orphan') THEN jsonb_build_object('refusal', 'cooling_down')
        WHEN NOT v_claim.is_own THEN jsonb_build_object('refusal', 'taken_by_other')
        WHEN v_claim.state = 'ordering'
            THEN jsonb_build_object('refusal', 'already_ordering', 'order', v_claim.order_id)
        ELSE jsonb_build_object('refusal', 'already_owned', 'number', v_claim.number_id)
    END;
END
$$;

-- TX1 of a purchase: order, claim, hold and request, or a refusal and nothing else. The order's times, its lease and
-- `send_by` are made here; everything else of the row comes with the change.
-- Outcomes: opened; refused, and ended (an answer of before), both with the end as the client hears it; open, with its
-- subject; other_command.
CREATE FUNCTION trunkline.open_purchase_1(
    p_order trunkline.orders, p_revenue uuid, p_description text, p_lease interval, p_send_window interval,
    p_request jsonb, p_events jsonb, p_audit jsonb, p_now timestamptz
) RETURNS TABLE (outcome text, subject uuid, document jsonb, order_row trunkline.orders)
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
DECLARE
    v_now timestamptz;
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

-- TX2 of a purchase that succeeded: the number row appears, the claim passes to it, the hold is captured. Accepted from
-- anybody, because it carries evidence.
-- Outcomes: settled, settled_before (both with the number), settled_otherwise, order_failed, conflict.
CREATE FUNCTION trunkline.settle_purchase_1(
    p_order uuid, p_from text[], p_number trunkline.business_numbers, p_hold uuid, p_capture uuid, p_end jsonb,
    p_at timestamptz, p_events jsonb, p_audit jsonb, p_now timestamptz
) RETURNS TABLE (outcome text, number_row trunkline.business_numbers)
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
DECLARE
    v_order record;
BEGIN
    SELECT guard.state, guard.user_id, guard.phone_number, guard.hold_id, guard.twilio_sid INTO v_order
    FROM orders guard WHERE guard.id = p_order
    FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no order %', p_order;
    END IF;
    IF v_order.state <> ALL (p_from) THEN
        outcome := CASE
            WHEN v_order.state = 'failed' THEN 'order_failed'
            WHEN v_order.twilio_sid = p_number.twilio_sid THEN 'settled_before'
            ELSE 'settled_otherwise'
        END;
        RETURN QUERY SELECT settle_purchase_1.outcome, CASE outcome WHEN 'settled_before' THEN number END
        FROM orders ended LEFT JOIN business_numbers number ON number.id = ended.number_id
        WHERE ended.id = p_order;
        RETURN;
    END IF;
    IF (p_number.order_id, p_number.user_id, p_number.phone_number, p_hold)
        IS DISTINCT FROM (p_order, v_order.user_id, v_order.phone_number, v_order.hold_id) THEN
        RAISE EXCEPTION 'the settlement of order % is about something else', p_order;
    END IF;
    outcome := 'conflict';
    -- The order's lock keeps its claim where it is.
    IF NOT EXISTS (
        SELECT 1 FROM number_claim claim
        WHERE claim.phone_number = v_order.phone_number AND claim.order_id = p_order
    ) THEN
        RETURN NEXT;
        RETURN;
    END IF;
    INSERT INTO business_numbers (
        id, user_id, business_id, phone_number, display_name, country_code, number_type, status, is_primary, is_active,
        provider, purchase_date, monthly_cost, currency, capabilities, notes, twilio_sid, twilio_account_sid, voice_url,
        sms_url, status_callback_url, order_id, review_reason, version, created_at, updated_at
    ) VALUES (
        p_number.id, p_number.user_id, p_number.business_id, p_number.phone_number, p_number.display_name,
        p_number.country_code, p_number.number_type, p_number.status, p_number.is_primary, p_number.is_active,
        p_number.provider, p_number.purchase_date, p_number.monthly_cost, p_number.currency, p_number.capabilities,
        p_number.notes, p_number.twilio_sid, p_number.twilio_account_sid, p_number.voice_url, p_number.sms_url,
        p_number.status_callback_url, p_number.order_id, p_number.review_reason, p_number.version, p_number.created_at,
        p_number.updated_at
    ) ON CONFLICT (twilio_sid) DO NOTHING;
    IF NOT FOUND THEN
        RETURN NEXT;
        RETURN;
    END IF;
    UPDATE orders
    SET state = 'completed', twilio_sid = p_number.twilio_sid, number_id = p_number.id, review_reason = NULL,
        leased_until = NULL, next_look_at = NULL, updated_at = p_at
    WHERE id = p_order;
    UPDATE number_claim SET state = 'owned' WHERE order_id = p_order AND state = 'ordering';
    PERFORM resolve_hold_1(p_hold, p_order, 'capture', p_capture, p_number.id, p_at);
    PERFORM end_request_1('purchase', p_order, p_end, p_now);
    PERFORM tell_1(p_events, p_audit);
    RETURN QUERY SELECT 'settled', made FROM business_numbers made WHERE made.id = p_number.id;
END
$$;

-- TX2 of a purchase that came to nothing: the hold is voided, the claim freed (`p_claim` is 'free') or left cooling
-- ('cool'). A worker needs its lease; without one (null) it is an operator, who may end what nobody works on.
-- Outcomes: applied, stale; both with the order.
CREATE FUNCTION trunkline.abort_purchase_1(
    p_order uuid, p_lease bigint, p_failure jsonb, p_claim text, p_hold uuid, p_void uuid, p_end jsonb,
    p_at timestamptz, p_events jsonb, p_audit jsonb, p_now timestamptz
) RETURNS TABLE (outcome text, order_row trunkline.orders)
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
DECLARE
    v_order record;
    v_now timestamptz;
    v_may boolean;
BEGIN
    SELECT guard.state, guard.lease, guard.leased_until INTO v_order
    FROM orders guard WHERE guard.id = p_order
    FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no order %', p_order;
    END IF;
    v_now := lease_time_1(p_now);
    v_may := CASE
        WHEN p_lease IS NOT NULL THEN
            v_order.state IN ('ordering', 'unresolved')
            AND v_order.lease = p_lease AND v_order.leased_until IS NOT NULL
        WHEN v_order.state = 'unresolved' THEN v_order.leased_until IS NULL OR v_order.leased_until <= v_now
        ELSE v_order.state = 'review'
    END;
    IF v_may THEN
        UPDATE orders
        SET state = 'failed', failure = p_failure, review_reason = NULL, leased_until = NULL, next_look_at = NULL,
            updated_at = p_at
        WHERE id = p_order;
        IF p_claim = 'cool' THEN
            UPDATE number_claim SET state = 'cooling', cooling_since = v_now
            WHERE order_id = p_order AND state = 'ordering';
        ELSE
            DELETE FROM number_claim WHERE order_id = p_order AND state = 'ordering';
        END IF;
        PERFORM resolve_hold_1(p_hold, p_order, 'void', p_void, NULL, p_at);
        PERFORM end_request_1('purchase', p_order, p_end, p_now);
        PERFORM tell_1(p_events, p_audit);
    END IF;
    -- Applied now, or by this very change before: its void stands in the journal.
    outcome := CASE
        WHEN v_may OR (v_order.state = 'failed' AND EXISTS (SELECT 1 FROM transfer done WHERE done.id = p_void))
            THEN 'applied'
        ELSE 'stale'
    END;
    RETURN QUERY SELECT abort_purchase_1.outcome, after FROM orders after WHERE after.id = p_order;
END
$$;

-- Leaves an order undecided until later, and gives the lease up.
-- Outcomes: applied, stale; both with the order.
CREATE FUNCTION trunkline.park_purchase_1(
    p_order uuid, p_from text[], p_lease bigint, p_next_look_in interval, p_first_absent_at timestamptz,
    p_unanswered bigint, p_at timestamptz, p_events jsonb, p_audit jsonb, p_now timestamptz
) RETURNS TABLE (outcome text, order_row trunkline.orders)
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
DECLARE
    v_order record;
BEGIN
    SELECT guard.state, guard.lease, guard.leased_until IS NOT NULL AS is_leased, guard.updated_at INTO v_order
    FROM orders guard WHERE guard.id = p_order
    FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no order %', p_order;
    END IF;
    outcome := 'applied';
    IF v_order.state = ANY (p_from) AND v_order.lease = p_lease AND v_order.is_leased THEN
        UPDATE orders
        SET state = 'unresolved', leased_until = NULL, next_look_at = lease_time_1(p_now) + p_next_look_in,
            first_absent_at = p_first_absent_at, unanswered = p_unanswered, updated_at = p_at
        WHERE id = p_order;
        PERFORM tell_1(p_events, p_audit);
    ELSIF (v_order.state, v_order.lease, v_order.updated_at) <> ('unresolved', p_lease, p_at) OR v_order.is_leased THEN
        -- Not this very change, applied before.
        outcome := 'stale';
    END IF;
    RETURN QUERY SELECT park_purchase_1.outcome, after FROM orders after WHERE after.id = p_order;
END
$$;

-- Hands an order to an operator. Its money stays held and its claim stays taken.
-- Outcomes: applied, stale; both with the order.
CREATE FUNCTION trunkline.refer_purchase_1(
    p_order uuid, p_from text[], p_lease bigint, p_reason text, p_number_sid text, p_at timestamptz,
    p_events jsonb, p_audit jsonb
) RETURNS TABLE (outcome text, order_row trunkline.orders)
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
DECLARE
    v_order record;
BEGIN
    SELECT guard.state, guard.lease, guard.leased_until IS NOT NULL AS is_leased, guard.review_reason, guard.updated_at
    INTO v_order
    FROM orders guard WHERE guard.id = p_order
    FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no order %', p_order;
    END IF;
    outcome := 'applied';
    IF v_order.state = ANY (p_from) AND v_order.lease = p_lease AND v_order.is_leased THEN
        UPDATE orders
        SET state = 'review', review_reason = p_reason, twilio_sid = COALESCE(p_number_sid, twilio_sid),
            leased_until = NULL, next_look_at = NULL, updated_at = p_at
        WHERE id = p_order;
        PERFORM tell_1(p_events, p_audit);
    ELSIF v_order.is_leased OR (v_order.review_reason, v_order.lease, v_order.updated_at)
        IS DISTINCT FROM (p_reason, p_lease, p_at) THEN
        outcome := 'stale';
    END IF;
    RETURN QUERY SELECT refer_purchase_1.outcome, after FROM orders after WHERE after.id = p_order;
END
$$;

-- Notes on a failed order that the provider turned out to hold a number for it. An order keeps the first such number;
-- the release of the orphan itself is a transition of its own.
-- Outcomes: applied, stale; both with the order.
CREATE FUNCTION trunkline.record_late_success_1(
    p_order uuid, p_number_sid text, p_at timestamptz, p_events jsonb, p_audit jsonb
) RETURNS TABLE (outcome text, order_row trunkline.orders)
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
DECLARE
    v_order record;
BEGIN
    SELECT guard.state, guard.twilio_sid INTO v_order
    FROM orders guard WHERE guard.id = p_order
    FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no order %', p_order;
    END IF;
    outcome := 'applied';
    IF v_order.state <> 'failed' OR v_order.twilio_sid <> p_number_sid THEN
        outcome := 'stale';
    ELSIF v_order.twilio_sid IS NULL THEN
        UPDATE orders SET twilio_sid = p_number_sid, updated_at = p_at WHERE id = p_order;
        PERFORM tell_1(p_events, p_audit);
    END IF;
    RETURN QUERY SELECT record_late_success_1.outcome, after FROM orders after WHERE after.id = p_order;
END
$$;
